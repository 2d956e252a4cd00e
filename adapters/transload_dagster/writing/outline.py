"""The definitions of one code location that a translation amounts to, as forms of Dagster's calls.

`source` renders them, `runtime` carries them out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from transload.adapter import Translation
from transload.carry import KEY, Carried, key_of
from transload.forms import Constant, Form, form
from transload.model.assets import Asset, Column
from transload.model.graph import AssetGraph
from transload.model.identity import AssetId, uri_of
from transload.model.jobs import Flow, Job, Schedule
from transload.model.partitions import Partitions, TimePartitions
from transload.model.triggers import AnyOf, Cron
from transload_dagster.codecs import mappings, metadata, partitions, policies, triggers
from transload_dagster.codecs.conditions import labels_of
from transload_dagster.codecs.stubs import STUB
from transload_dagster.names import TOOL, is_default_op, written_uri
from transload_dagster.support import inputs_of, is_external

_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_.-]+")
"""Dagster divides the text of a key at slashes."""

PARTITIONED: Final = "dagster.build_schedule_from_partitioned_job"

_RESULT: Final = "dagster.MaterializeResult"


@dataclass(frozen=True)
class Decorated:
    """A decorated stub: `decorator` is the form of the decorator, `parameters` those of the function, `body` the message of the stub."""

    name: str
    decorator: Form
    body: str
    parameters: tuple[str, ...] = ()
    asset: AssetId | None = None
    returns: str | None = _RESULT


@dataclass(frozen=True)
class Outline:
    """The definitions of a code location, each kind in the order of the graph. `flows` gives the asset job and its schedules."""

    graph: AssetGraph
    carried: Carried

    @cached_property
    def external(self) -> tuple[tuple[Asset, Form], ...]:
        """Assets that no stub of this code location computes."""
        jobs = {write.asset: job for job in self.graph.jobs if is_external(job) for write in job.writes}
        return tuple(
            (asset, self._spec(asset, jobs.get(asset.id)))
            for asset in self.graph.assets
            if asset.id in jobs or asset.id not in self.graph.writers
        )

    @cached_property
    def all_external(self) -> tuple[Form, ...]:
        """All assets, as if something else made every one of them."""
        inputs = {
            write.asset: (job, upstream)
            for job in self.graph.jobs
            for write, upstream in zip(job.writes, inputs_of(job), strict=True)
        }
        return tuple(self._spec(asset, *inputs.get(asset.id, (None, None))) for asset in self.graph.assets)

    @cached_property
    def jobs(self) -> tuple[Decorated, ...]:
        """The stubs that compute assets."""
        return tuple(
            self._asset(job) if is_default_op(job, self.graph) else self._multi_asset(job)
            for job in self.graph.jobs
            if not is_external(job)
        )

    @cached_property
    def checks(self) -> tuple[Decorated, ...]:
        """The stubs that check assets."""
        checks = []
        for asset in self.graph.assets:
            for check in asset.checks:
                decorator = form(
                    "dagster.asset_check",
                    asset=self.key(asset.id),
                    name=check.name,
                    description=check.description,
                    blocking=check.blocking or None,
                    additional_deps=[self.key(read) for read in check.reads] or None,
                    metadata={key: metadata.native(value) for key, value in check.metadata.items()} or None,
                )
                name = f"{'_'.join(asset.names[TOOL])}_{check.name}"
                body = f"{STUB}the body of the check {check.name} of {uri_of(asset.id)} is to be moved here."
                checks.append(Decorated(name, decorator, body, asset=asset.id, returns="dagster.AssetCheckResult"))
        return tuple(checks)

    @cached_property
    def flows(self) -> tuple[tuple[Form, tuple[Form, ...]], ...]:
        """Asset jobs, each with its schedules."""
        flows = []
        for flow in self.graph.flows:
            assets = [write.asset for name in flow.jobs for write in self.graph.job[name].writes]
            asset_job = form(
                "dagster.define_asset_job",
                name=flow.names[TOOL][0],
                selection=Form("dagster.AssetSelection.assets", tuple(map(self.key, assets))),
                description=flow.description,
                tags=dict(flow.tags) or None,
            )
            first, *others = [self.graph.asset[asset].partitions for asset in assets]
            shared = first if all(definition == first for definition in others) else None
            flows.append((asset_job, tuple(_schedule(flow, schedule, shared) for schedule in flow.schedules)))
        return tuple(flows)

    def key(self, asset: AssetId) -> Form | str:
        """The key of an asset; of one part, its text, which Dagster takes wherever it takes a key (`CoercibleToAssetKey`)."""
        parts = self.graph.asset[asset].names[TOOL]
        if len(parts) == 1 and _PLAIN_KEY.fullmatch(parts[0]):
            return parts[0]
        return Form("dagster.AssetKey", (list(parts),))

    def _fields(self, asset: Asset) -> dict[str, Any]:
        definition = None if asset.partitions is None else partitions.definition(asset.partitions)
        return {
            "description": asset.description,
            "group_name": asset.group,
            "owners": list(asset.owners) or None,
            "tags": dict(asset.tags) or None,
            "kinds": set(asset.kinds) or None,
            "code_version": asset.code_version,
            "metadata": self._metadata(asset) or None,
            "partitions_def": definition,
            "freshness_policy": policies.freshness_form(asset.freshness) if asset.freshness else None,
            "automation_condition": triggers.condition(asset.trigger, self.key, labels_of(asset.native.get(TOOL, {})))
            if asset.trigger
            else None,
        }

    def _metadata(self, asset: Asset) -> dict[str, Any]:
        carried = self.carried.assets.get(key_of(asset.names[TOOL]))
        sources = {
            column: [
                form("dagster.TableColumnDep", asset_key=self.key(source.asset), column_name=source.column)
                for source in column_sources
            ]
            for column, column_sources in asset.column_lineage.items()
        }
        special = {
            metadata.URI: written_uri(asset),
            metadata.URL: metadata.native(metadata.tagged("url", asset.url)) if asset.url is not None else None,
            metadata.COLUMN_SCHEMA: form("dagster.TableSchema", columns=[_column(column) for column in asset.columns])
            if asset.columns
            else None,
            metadata.COLUMN_LINEAGE: form("dagster.TableColumnLineage", sources) if sources else None,
            KEY: dict(carried) if carried else None,
        }
        plain = {key: metadata.native(value) for key, value in asset.metadata.items()}
        return {**plain, **{key: value for key, value in special.items() if value is not None}}

    def _spec(
        self, asset: Asset, job: Job | None, deps: Sequence[AssetId] | None = None, *, skippable: bool = False
    ) -> Form:
        reads = self._deps(job, [read.asset for read in job.reads] if deps is None else deps) if job else None
        return form(
            "dagster.AssetSpec",
            self.key(asset.id),
            deps=reads or None,
            skippable=skippable or None,
            **self._fields(asset),
        )

    def _deps(self, job: Job, assets: Iterable[AssetId]) -> list[Form | str]:
        mapped = {read.asset: read.mapping for read in job.reads}
        deps: list[Form | str] = []
        for asset in assets:
            key, mapping = self.key(asset), mapped.get(asset)
            if mapping is not None:
                key = form("dagster.AssetDep", key, partition_mapping=mappings.mapping_form(mapping))
            deps.append(key)
        return deps

    def _asset(self, job: Job) -> Decorated:
        (write,) = job.writes
        asset = self.graph.asset[write.asset]
        arguments = [read.argument for read in job.reads if read.argument]
        ins: dict[str, Form] = {}
        for read in job.reads:
            # Dagster itself takes an argument for the asset of that name, so that only another key or a mapping needs an `AssetIn`.
            implied = read.mapping is None and self.graph.asset[read.asset].names[TOOL] == (read.argument,)
            if read.argument and not implied:
                mapping = mappings.mapping_form(read.mapping) if read.mapping else None
                ins[read.argument] = form("dagster.AssetIn", key=self.key(read.asset), partition_mapping=mapping)
        deps = self._deps(job, [read.asset for read in job.reads if not read.argument])
        decorator = form(
            "dagster.asset",
            key=self.key(asset.id),
            ins=ins or None,
            deps=deps or None,
            **self._fields(asset),
            output_required=False if write.optional else None,
            **_op_fields(job),
        )
        return Decorated(job.names[TOOL][0], decorator, self._body(job), tuple(arguments), asset.id)

    def _multi_asset(self, job: Job) -> Decorated:
        specs = [
            self._spec(self.graph.asset[write.asset], job, inputs, skippable=write.optional)
            for write, inputs in zip(job.writes, inputs_of(job), strict=True)
        ]
        decorator = form(
            "dagster.multi_asset", name=job.names[TOOL][0], description=job.description, specs=specs, **_op_fields(job)
        )
        return Decorated(
            job.names[TOOL][0],
            decorator,
            self._body(job),
            asset=job.writes[0].asset,
            returns=_RESULT if len(specs) == 1 else None,
        )

    def _body(self, job: Job) -> str:
        carried = self.carried.jobs.get(key_of(job.names[TOOL]), {})
        function = carried.get("function") or carried.get("name") or job.name
        place = f" ({job.origin})" if job.origin and job.origin.path else ""
        return f"{STUB}the body of {function}{place} is to be moved here."


def outline(translation: Translation) -> Outline:
    """The definitions of a translation."""
    return Outline(translation.native, translation.carried)


def manifest(carried: Carried) -> Carried:
    """The carried fields for the manifest: all but those of assets, which their metadata holds."""
    return carried.model_copy(update={"assets": {}})


def _op_fields(job: Job) -> dict[str, Any]:
    return {
        "op_tags": dict(job.tags) or None,
        "retry_policy": policies.retries_form(job.retries) if job.retries else None,
        "backfill_policy": policies.backfill_form(job.backfill) if job.backfill else None,
        "pool": job.pool,
    }


def _column(column: Column) -> Form:
    constraints = form(
        "dagster.TableColumnConstraints",
        nullable=column.nullable,
        unique=column.unique,
        other=list(column.constraints) or None,
    )
    return form(
        "dagster.TableColumn",
        column.name,
        *(() if column.type == "string" else (column.type,)),
        description=column.description,
        constraints=constraints if constraints.kwargs else None,
        tags=dict(column.tags) or None,
    )


def _schedule(flow: Flow, schedule: Schedule, definition: Partitions | None) -> Form:
    """The schedule of an asset job; `build_schedule_from_partitioned_job` where it ticks at the end of each window of `definition`.

    Only that function starts the partition that has just ended; `ScheduleDefinition` starts a run without a partition.
    """
    parts = schedule.trigger.parts if isinstance(schedule.trigger, AnyOf) else (schedule.trigger,)
    ticks = [part for part in parts if isinstance(part, Cron)]
    times = {
        "cron_schedule": [tick.expression for tick in ticks] if len(ticks) > 1 else ticks[0].expression,
        "execution_timezone": ticks[0].timezone,
    }
    is_partitioned = isinstance(definition, TimePartitions) and ticks == [
        Cron(expression=definition.cron, timezone=definition.timezone)
    ]
    return form(
        PARTITIONED if is_partitioned else "dagster.ScheduleDefinition",
        name=schedule.name,
        job_name=flow.names[TOOL][0],
        **({} if is_partitioned else times),
        description=schedule.description,
        tags=dict(schedule.tags) or None,
        default_status=Constant("dagster.DefaultScheduleStatus.RUNNING") if schedule.active else None,
    )

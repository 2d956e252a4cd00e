"""Facts → graph, for both readers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from transload.adapter import Reading, Target, unread_loss
from transload.carry import KEY, Carried, key_of, merge
from transload.forms import Form
from transload.loss import Code, Loss, Severity
from transload.model.assets import Asset, Check
from transload.model.graph import graph_of
from transload.model.identity import AssetId, logical, uri_of
from transload.model.jobs import Flow, Job, Read, Schedule, Write
from transload_dagster.codecs import legal, mappings, metadata, triggers
from transload_dagster.codecs.conditions import LABELS, UnreadCondition
from transload_dagster.names import KIND, TOOL
from transload_dagster.reading.facts import Dep, Facts, Key, Op, ScheduleFact, Spec
from transload_dagster.reading.fields import (
    READERS,
    SPECIAL,
    FieldReader,
    columns,
    is_json,
    lineage,
    listed,
    path_of,
    spelling,
)


def reading(facts: Facts, target: Target, manifest: Carried) -> Reading:
    """The graph of a project, and the fields of other tools that were carried in it."""
    assembler = _Assembler(facts, target)
    graph = assembler.graph()
    carried = merge(manifest, Carried(assets=assembler.carried))
    return Reading(graph=graph, carried=carried, losses=tuple(assembler.losses))


class _Assembler:
    def __init__(self, facts: Facts, target: Target) -> None:
        self.facts = facts
        self.target = target
        self.losses = list(facts.losses)
        self.carried: dict[str, Mapping[str, Any]] = {}
        # The same key in two code locations is one asset: that of the location which computes it.
        specs: dict[Key, Spec] = {}
        for spec in (*(spec for op in self.facts.ops for spec in op.specs), *self.facts.specs):
            if spec.key not in specs or (specs[spec.key].stub and not spec.stub):
                specs[spec.key] = spec
        self.specs = specs
        self.ids: dict[Key, AssetId] = {}
        self.owners: dict[AssetId, Key] = {}
        for spec in self.specs.values():
            declared = spec.fields.get("metadata")
            uri = declared.get(metadata.URI) if isinstance(declared, Mapping) else None
            physical = None if uri is None else self._reader(spec).uri(uri)
            if physical is not None and physical in self.owners:
                other = "/".join(self.owners[physical])
                message = f"The asset {other} is at the same place, {uri_of(physical)}; this one is named by its key."
                self.losses.append(
                    unread_loss(f"asset {'/'.join(spec.key)}", "id", message, spec.origin, code=Code.SHARED_IDENTITY)
                )
                physical = None
            self._own(spec.key, physical)

    def graph(self) -> Any:
        """The graph of all facts."""
        checks = self._checks()
        assets = [self._asset(spec, checks.get(key, [])) for key, spec in self.specs.items()]
        jobs = self._jobs()
        flows = self._flows({write.asset: job.name for job in jobs for write in job.writes})
        known = {asset.id for asset in assets}
        stubs = [Asset(id=identity, names={TOOL: key}) for key, identity in self.ids.items() if identity not in known]
        return graph_of(assets=[*assets, *stubs], jobs=jobs, flows=flows)

    def _own(self, key: Key, physical: AssetId | None = None) -> AssetId:
        identity = physical or logical(TOOL, self.target.deployment, key)
        self.ids[key] = identity
        self.owners[identity] = key
        return identity

    def id_of(self, key: Key) -> AssetId:
        """The identity of a key, which some definition has or only names."""
        return self.ids[key] if key in self.ids else self._own(key)

    def asset_named(self, key: Form) -> AssetId | None:
        """The identity of the asset that the form of a key names."""
        path = path_of(key)
        return None if path is None else self.id_of(path)

    def _reader(self, spec: Spec) -> FieldReader:
        return FieldReader(f"asset {'/'.join(spec.key)}", spec.origin, self.losses)

    def _asset(self, spec: Spec, checks: list[Check]) -> Asset:
        reader, fields = self._reader(spec), spec.fields
        declared = fields.get("metadata")
        values = dict(declared) if isinstance(declared, Mapping) else {}
        if declared is not None and not isinstance(declared, Mapping):
            reader.lose("metadata", declared)
        own = self.ids[spec.key]
        placed = own != logical(TOOL, self.target.deployment, spec.key)
        self._keep_carried(spec.key, values, reader)
        tags, kinds = _tags_and_kinds(reader, fields)
        url, plain = self._metadata(reader, values, placed=placed)
        group = reader.text("group", fields.get("group_name"))
        condition = self._trigger(fields.get("automation_condition"), reader)
        read_lineage = partial(lineage, asset_named=self.asset_named)
        native = {**spec.native, **(spelling(values[metadata.URI], own) if placed else {})}
        if condition is not None and condition.labels:
            native[LABELS] = condition.labels
        return Asset(
            id=own,
            names={TOOL: spec.key},
            description=reader.text("description", fields.get("description")) or None,
            url=url,
            owners=reader.texts("owners", fields.get("owners")),
            tags=tags,
            kinds=kinds,
            group=None if group in (None, "default") else group,
            code_version=reader.text("code_version", fields.get("code_version")) or None,
            metadata=plain,
            columns=reader.form("columns", values.get(metadata.COLUMN_SCHEMA), columns) or (),
            column_lineage=reader.form("column_lineage", values.get(metadata.COLUMN_LINEAGE), read_lineage) or {},
            partitions=reader.form(
                "partitions", fields.get("partitions_def"), READERS["partitions"], Code.UNKNOWN_KIND
            ),
            freshness=reader.form("freshness", fields.get("freshness_policy"), READERS["freshness"], Code.UNKNOWN_KIND),
            checks=tuple(checks),
            trigger=condition.trigger if condition else None,
            virtual=reader.flag("virtual", fields.get("is_virtual")),
            native=_residue(native),
            origin=spec.origin,
        )

    def _keep_carried(self, key: Key, values: Mapping[str, Any], reader: FieldReader) -> None:
        fields = values.get(KEY)
        fields = fields.args[0] if isinstance(fields, Form) and fields.name == "dagster.MetadataValue.json" else fields
        if isinstance(fields, Mapping) and is_json(fields):
            self.carried[key_of(key)] = listed(fields)
        elif fields is not None:
            reader.lose(f"metadata.{KEY}", fields)

    @staticmethod
    def _metadata(reader: FieldReader, values: Mapping[str, Any], *, placed: bool) -> tuple[str | None, dict[str, Any]]:
        hidden = SPECIAL if placed else SPECIAL - {metadata.URI}
        plain = reader.json("metadata", {key: value for key, value in values.items() if key not in hidden})
        url = plain.pop(metadata.URL) if metadata.is_url(plain.get(metadata.URL)) else None
        return (url["value"] if isinstance(url, dict) else None), plain

    def _trigger(self, value: Any, reader: FieldReader) -> triggers.ReadTrigger | None:
        """The trigger of a condition, which names assets by their identities: these are known only now."""
        if value is None:
            return None
        if isinstance(value, UnreadCondition):
            self.losses.append(
                Loss(
                    subject=reader.subject,
                    field="trigger",
                    severity=Severity.CARRIED,
                    code=Code.UNKNOWN_KIND,
                    message=value.reason,
                    kept="the trigger itself, as Dagster has it",
                    origin=reader.origin,
                )
            )
        return triggers.read_trigger(value, self.id_of)

    def _checks(self) -> dict[Key, list[Check]]:
        by_asset: dict[Key, list[Check]] = {}
        for fact in self.facts.checks:
            self.id_of(fact.asset)
            # An asset may be defined nowhere but in its checks.
            self.specs.setdefault(fact.asset, Spec(fact.asset, stub=True))
            checks = by_asset.setdefault(fact.asset, [])
            if fact.name in (check.name for check in checks):
                continue
            reader = FieldReader(f"check {'/'.join(fact.asset)}:{fact.name}", None, self.losses)
            checks.append(
                Check(
                    name=fact.name,
                    description=reader.text("description", fact.fields.get("description")) or None,
                    blocking=reader.flag("blocking", fact.fields.get("blocking")),
                    reads=tuple(dict.fromkeys(self.id_of(dep.key) for dep in fact.deps)),
                    metadata=reader.json("metadata", fact.fields.get("metadata")),
                    function=fact.function,
                    native={TOOL: {"inside": True}} if fact.inside else {},
                )
            )
        return by_asset

    def _jobs(self) -> list[Job]:
        jobs = [self._job(op) for op in self.facts.ops]
        made = {write.asset for job in jobs for write in job.writes}
        for key, spec in self.specs.items():
            if spec.deps and self.ids[key] not in made:
                # An external asset that depends on others stands for a job which Dagster does not run.
                name = legal.identifier(key)
                jobs.append(
                    Job(
                        name=name,
                        names={TOOL: (name,)},
                        reads=tuple(self._read(dep) for dep in _unique(spec.deps)),
                        writes=(Write(asset=self.ids[key], optional=False),),
                        native={TOOL: {"external": True}},
                        origin=spec.origin,
                    )
                )
        return self._distinct(jobs)

    def _distinct(self, jobs: Iterable[Job]) -> list[Job]:
        """The jobs under names of their own: two code locations may name two ops alike."""
        distinct: dict[str, Job] = {}
        for job in jobs:
            # An op that several `Definitions` hold is one.
            if distinct.get(job.name) == job:
                continue
            name, number = job.name, 2
            while name in distinct:
                name, number = f"{job.name}#{number}", number + 1
            if name != job.name:
                message = f"Another op has this name too; this one is called `{name}`."
                self.losses.append(unread_loss(f"job {job.name}", "name", message, job.origin, code=Code.NAME_CHANGED))
            distinct[name] = job if name == job.name else job.model_copy(update={"name": name})
        return list(distinct.values())

    def _read(self, dep: Dep) -> Read:
        reader = FieldReader(f"input {'/'.join(dep.key)}", None, self.losses)
        return Read(
            asset=self.id_of(dep.key),
            mapping=reader.form("mapping", dep.mapping, mappings.read_mapping, Code.PARTITION_MAPPING),
            argument=dep.argument,
            metadata=reader.json("metadata", dep.metadata),
        )

    def _job(self, op: Op) -> Job:
        reader = FieldReader(f"job {op.name}", op.origin, self.losses)
        own = {spec.key for spec in op.specs} if len(op.specs) > 1 else set()
        deps = _unique(dep for spec in op.specs for dep in spec.deps if dep.key not in own)
        # The op of `@asset` has the asset's description, which the asset keeps.
        is_default = len(op.specs) == 1 and op.name == legal.identifier(op.specs[0].key)
        # Assets that are all made from the same need no inputs of their own: those of the job are theirs.
        outside = {dep.key for dep in deps}
        same = len(op.specs) == 1 or all({dep.key for dep in spec.deps} == outside for spec in op.specs)
        tags = reader.pairs("tags", op.fields.get("op_tags"))
        return Job(
            name=op.name,
            names={TOOL: (op.name,)},
            reads=tuple(self._read(dep) for dep in deps),
            writes=tuple(
                Write(
                    asset=self.ids[spec.key],
                    reads=None if same else tuple(dict.fromkeys(self.id_of(dep.key) for dep in spec.deps)),
                    optional=spec.fields.get("skippable") is True,
                )
                for spec in op.specs
            ),
            description=None if is_default else reader.text("description", op.fields.get("description")) or None,
            tags=tags,
            retries=reader.form("retries", op.fields.get("retry_policy"), READERS["retries"]),
            backfill=reader.form("backfill", op.fields.get("backfill_policy"), READERS["backfill"]),
            pool=reader.text("pool", op.fields.get("pool")),
            function=op.function,
            native=_residue(op.native),
            origin=op.origin,
        )

    def _flows(self, writers: Mapping[AssetId, str]) -> list[Flow]:
        schedules: dict[str, list[ScheduleFact]] = {}
        for fact in self.facts.schedules:
            schedules.setdefault(fact.job, []).append(fact)
        flows: dict[str, Flow] = {}
        for job in self.facts.jobs:
            if job.name in flows:
                message = "Another asset job has this name too; the first is kept."
                self.losses.append(unread_loss(f"flow {job.name}", "*", message, job.origin, code=Code.CONTRADICTION))
                continue
            reader = FieldReader(f"flow {job.name}", job.origin, self.losses)
            names = (writers.get(self.ids[key]) for key in job.keys if key in self.ids)
            flows[job.name] = Flow(
                name=job.name,
                names={TOOL: (job.name,)},
                jobs=tuple(dict.fromkeys(name for name in names if name is not None)),
                schedules=tuple(self._schedule(schedule) for schedule in schedules.pop(job.name, [])),
                description=reader.text("description", job.fields.get("description")) or None,
                tags=reader.pairs("tags", job.fields.get("tags")),
                partitions=reader.form("partitions", job.fields.get("partitions_def"), READERS["partitions"]),
                native=_residue(job.native),
                origin=job.origin,
            )
        for name, orphans in schedules.items():
            message = f"It starts `{name}`, which is no asset job found here."
            self.losses.extend(unread_loss(f"schedule {fact.name}", "*", message, fact.origin) for fact in orphans)
        return list(flows.values())

    def _schedule(self, fact: ScheduleFact) -> Schedule:
        reader = FieldReader(f"schedule {fact.name}", fact.origin, self.losses)
        return Schedule(
            name=None if fact.name == f"{fact.job}_schedule" else fact.name,
            trigger=fact.trigger,
            active=True if fact.fields.get("running") else None,
            description=reader.text("description", fact.fields.get("description")) or None,
            tags=reader.pairs("tags", fact.fields.get("tags")),
            native=_residue(fact.native),
        )


def _unique(items: Iterable[Dep]) -> list[Dep]:
    """One input for each asset; an explicit mapping wins over none."""
    deps: dict[Key, Dep] = {}
    for dep in items:
        if dep.key not in deps or (deps[dep.key].mapping is None and dep.mapping is not None):
            deps[dep.key] = dep
    return list(deps.values())


def _residue(native: Mapping[str, Any]) -> dict[str, Any]:
    return {TOOL: listed(native)} if native else {}


def _tags_and_kinds(reader: FieldReader, fields: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The tags, less those that Dagster keeps kinds in, and the kinds. The older `compute_kind` is a kind without such a tag."""
    older = reader.text("kinds", fields.get("compute_kind"))
    tags = reader.pairs("tags", fields.get("tags"))
    kinds = {
        *reader.texts("kinds", fields.get("kinds")),
        *(key.removeprefix(KIND) for key in tags if key.startswith(KIND)),
        *([older] if older else []),
    }
    return {key: value for key, value in tags.items() if not key.startswith(KIND)}, tuple(sorted(kinds))

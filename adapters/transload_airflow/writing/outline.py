"""Graph → definitions: the half of writing that both writers share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import JsonValue

from transload.adapter import Translation
from transload.carry import KEY, Carried, key_of
from transload.forms import Form, form
from transload.model.assets import Alias, Asset
from transload.model.graph import AssetGraph
from transload.model.jobs import Flow, Job
from transload.model.triggers import AliasUpdated, Trigger, Updated, updated_assets
from transload_airflow.codecs import fields, watchers
from transload_airflow.codecs.classes import sdk
from transload_airflow.codecs.definitions import PLAIN_OPERATOR, DagDefinition, TaskDefinition
from transload_airflow.codecs.legal import span_of
from transload_airflow.codecs.triggers import to_schedule
from transload_airflow.names import TOOL

Things = Mapping[Any, Any]
"""What stands for each asset (by identity) and alias (by name) in the code or objects that are written."""


def asset_form(asset: Asset, carried: Mapping[str, JsonValue]) -> Form:
    """Airflow's asset, with what it carries in its extra."""
    name, uri = asset.names[TOOL]
    extra = {**asset.metadata, **({KEY: carried} if carried else {})}
    watching = [watchers.to_form(watcher) for watcher in asset.watchers]
    return form(
        sdk("Asset"),
        name=name,
        uri=None if uri == name else uri,
        group=asset.group,
        extra=extra or None,
        watchers=watching or None,
    )


def alias_form(alias: Alias) -> Form:
    """Airflow's alias."""
    return form(sdk("AssetAlias"), alias.name, group=alias.group)


def asset_forms(translation: Translation) -> dict[Any, Form]:
    """The assets by identity, and the aliases by name."""
    carried = translation.carried.assets
    assets = {
        asset.id: asset_form(asset, carried.get(key_of(asset.names[TOOL]), {})) for asset in translation.native.assets
    }
    return {**assets, **{alias.name: alias_form(alias) for alias in translation.native.aliases}}


def manifest(translation: Translation) -> Carried:
    """What is carried, but for what is in the assets."""
    return translation.carried.model_copy(update={"assets": {}})


def describe(graph: AssetGraph, things: Things) -> list[DagDefinition]:
    """The DAGs, in the order of their ids."""
    flows = sorted(graph.flows, key=lambda flow: flow.names[TOOL])
    return [_dag(flow, graph, things) for flow in flows]


def _dag(flow: Flow, graph: AssetGraph, things: Things) -> DagDefinition:
    schedule = flow.schedules[0] if flow.schedules else None
    owner = fields.owner_text(flow.owners)
    description = flow.description if fields.is_text(flow.description) else None
    given = {
        "dag_display_name": flow.title,
        "description": description,
        "schedule": _schedule(flow, graph, things),
        "start_date": fields.datetime_of(flow.start) if flow.start else None,
        "end_date": fields.datetime_of(flow.end) if flow.end else None,
        "catchup": flow.catchup,
        "is_paused_upon_creation": None if schedule is None or schedule.active is None else not schedule.active,
        "max_active_runs": _concurrency(flow),
        "default_args": {"owner": owner} if owner else None,
        "params": dict(flow.parameters) or None,
        "tags": fields.tag_texts(flow.tags) or None,
        "doc_md": None if description else flow.description,
    }
    tasks = tuple(_task(graph.job[name], graph, things) for name in flow.jobs)
    return DagDefinition(flow.names[TOOL][0], {key: value for key, value in given.items() if value is not None}, tasks)


def _schedule(flow: Flow, graph: AssetGraph, things: Things) -> Any:
    trigger = flow.schedules[0].trigger if flow.schedules else None
    given = {asset: graph.asset[asset].partitions for asset in updated_assets(trigger)}
    return to_schedule(trigger, flow.partitions, _leaf(things), given)


def _concurrency(flow: Flow) -> int | None:
    """Airflow wants one run at a time of a DAG that never rests."""
    continuous = any(
        schedule.trigger is not None and schedule.trigger.kind == "continuous" for schedule in flow.schedules
    )
    return 1 if continuous else flow.concurrency


def _leaf(things: Things) -> Callable[[Trigger], Any]:
    def leaf(trigger: Trigger) -> Any:
        if isinstance(trigger, Updated):
            return things[trigger.asset]
        return things[trigger.alias] if isinstance(trigger, AliasUpdated) else None

    return leaf


def _task(job: Job, graph: AssetGraph, things: Things) -> TaskDefinition:
    inlets = [things[read.asset] for read in job.reads] + [things[alias] for alias in job.reads_aliases]
    outlets = [things[write.asset] for write in job.writes] + [things[alias] for alias in job.writes_aliases]
    given = {
        "owner": fields.owner_text(job.owners),
        **fields.retry_arguments(job.retries),
        "execution_timeout": span_of(job.timeout) if job.timeout else None,
        "pool": job.pool,
        "inlets": inlets or None,
        "outlets": outlets or None,
        "doc_md": job.description,
    }
    upstream = tuple(graph.job[name].names[TOOL][1] for name in job.after)
    arguments = {key: value for key, value in given.items() if value is not None}
    return TaskDefinition(job.names[TOOL][1], PLAIN_OPERATOR, arguments, upstream)

"""Graph → definitions: the half of writing that both writers share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from transload.adapter import Translation
from transload.carry import KEY, Carried, key_of
from transload.forms import Form, form
from transload.model.assets import Alias, Asset
from transload.model.graph import AssetGraph
from transload.model.jobs import Flow, Job
from transload.model.triggers import AliasUpdated, Continuous, Trigger, Updated, updated_assets
from transload_airflow.codecs import fields, watchers
from transload_airflow.codecs.classes import sdk
from transload_airflow.codecs.control import DECIDING
from transload_airflow.codecs.definitions import PLAIN_OPERATOR, DagDefinition, TaskDefinition
from transload_airflow.codecs.legal import span_of
from transload_airflow.codecs.triggers import to_schedule
from transload_airflow.names import TOOL

References = Mapping[Any, Any]
"""Asset (by identity) or alias (by name) → the expression or object that stands for it in what is written."""


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
    """The part of what is carried that no asset has in its extra."""
    return translation.carried.model_copy(update={"assets": {}})


def describe(graph: AssetGraph, references: References) -> list[DagDefinition]:
    """The DAGs, in the order of their ids."""
    flows = sorted(graph.flows, key=lambda flow: flow.names[TOOL])
    return [_dag(flow, graph, references) for flow in flows]


def _dag(flow: Flow, graph: AssetGraph, references: References) -> DagDefinition:
    def reference(trigger: Trigger) -> Any:
        if isinstance(trigger, Updated):
            return references[trigger.asset]
        return references[trigger.alias] if isinstance(trigger, AliasUpdated) else None

    schedule = flow.schedules[0] if flow.schedules else None
    trigger = None if schedule is None else schedule.trigger
    upstream = {asset: graph.asset[asset].partitions for asset in updated_assets(trigger)}
    owner = fields.owner_text(flow.owners)
    description = flow.description if fields.is_text(flow.description) else None
    arguments = {
        "dag_display_name": flow.title,
        "description": description,
        "schedule": to_schedule(trigger, flow.partitions, reference, upstream),
        "start_date": fields.datetime_of(flow.start) if flow.start else None,
        "end_date": fields.datetime_of(flow.end) if flow.end else None,
        "catchup": flow.catchup,
        "is_paused_upon_creation": None if schedule is None or schedule.active is None else not schedule.active,
        # Airflow refuses more than one run at a time of a DAG that never rests.
        "max_active_runs": 1 if isinstance(trigger, Continuous) else flow.concurrency,
        "default_args": {"owner": owner} if owner else None,
        "params": dict(flow.parameters) or None,
        "tags": fields.tag_texts(flow.tags) or None,
        "doc_md": None if description else flow.description,
    }
    tasks = tuple(_task(graph.job[name], graph, references) for name in flow.jobs)
    return DagDefinition(
        flow.names[TOOL][0], {key: value for key, value in arguments.items() if value is not None}, tasks
    )


def _task(job: Job, graph: AssetGraph, references: References) -> TaskDefinition:
    inlets = [references[read.asset] for read in job.reads] + [references[alias] for alias in job.reads_aliases]
    outlets = [references[write.asset] for write in job.writes] + [references[alias] for alias in job.writes_aliases]
    arguments = {
        "owner": fields.owner_text(job.owners),
        **fields.retry_arguments(job.retries),
        "execution_timeout": span_of(job.timeout) if job.timeout else None,
        "pool": job.pool,
        "trigger_rule": job.rule,
        "inlets": inlets or None,
        "outlets": outlets or None,
        "doc_md": job.description,
    }
    upstream = tuple(graph.job[name].names[TOOL][1] for name in job.after)
    arguments = {key: value for key, value in arguments.items() if value is not None}
    operator = DECIDING[job.decision.kind] if job.decision else PLAIN_OPERATOR
    return TaskDefinition(job.names[TOOL][1], operator, arguments, upstream)

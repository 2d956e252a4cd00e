"""The graph in Airflow's shape: each job a task of one DAG, each DAG one schedule, nothing that no DAG mentions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from transload.adapter import Notes, shape_loss
from transload.bridging import remedy
from transload.carry import MANIFEST
from transload.counterparts import known_tools
from transload.loss import Code, Severity
from transload.model.assets import Alias, Asset
from transload.model.graph import AssetGraph, Entity, unchecked
from transload.model.identity import AssetId, uri_of
from transload.model.jobs import Flow, Job, Schedule
from transload.model.partitions import Partitions, TimePartitions
from transload.model.triggers import Trigger, updated_aliases, updated_assets
from transload.ordering import is_acyclic, without_circles
from transload.triggering import Context, Counterpart, around, nothing_like
from transload_airflow.codecs.fields import is_group
from transload_airflow.codecs.triggers import has_mappings
from transload_airflow.names import TOOL, homes, is_asset_name, job_name
from transload_airflow.shaping.checks import with_checks
from transload_airflow.shaping.order import implied, joined, stated
from transload_airflow.shaping.partitions import partitions_of_assets
from transload_airflow.shaping.triggers import (
    counterparts,
    differs,
    mapped_between,
    partition_aware,
    scheduled,
    unmapped,
)
from transload_airflow.triggers import SEMANTICS


def shape(graph: AssetGraph, notes: Notes) -> AssetGraph:
    """The graph in Airflow's shape. Every change is noted with the entity and the field that it changes."""
    plain = _flows(graph, notes)
    flows = _scheduled(plain, graph, notes)
    ordered = [job for flow in flows for job in _ordered(flow, graph, notes)]
    jobs = [_without_odd_aliases(job, notes) for job in ordered]
    shaped = unchecked(graph.assets, jobs, flows, graph.aliases)
    partitions = partitions_of_assets(shaped, [mapped_between(flow, graph) for flow in flows])
    checked = with_checks(shaped, graph, notes)
    untriggered = [_untriggered(asset, plain, graph, notes) for asset in _assets(checked, partitions, notes)]
    return unchecked(untriggered, checked.jobs, checked.flows, _aliases(checked, notes))


def note(  # noqa: PLR0913, PLR0917 - the fields of a loss
    notes: Notes, entity: Entity, field: str, message: str, code: Code = Code.FLOW_SHAPE, **details: Any
) -> None:
    """Take down one change of shape. What is changed is kept in the manifest unless `details` say otherwise."""
    notes.add(shape_loss(entity, field, code, message, **details))


def _flows(graph: AssetGraph, notes: Notes) -> list[Flow]:
    """Each job in the first of its flows; a job without one gets a DAG of its own."""
    home = homes(graph, {flow.name: flow.names[TOOL][0] for flow in graph.flows})
    flows = []
    for flow in graph.flows:
        jobs = tuple(dict.fromkeys(name for name in flow.jobs if home[name] == flow.name))
        if jobs != flow.jobs:
            note(notes, flow, "jobs", "A task belongs to one DAG only; jobs of several flows are in the first of them.")
        flows.append(flow if jobs == flow.jobs else flow.model_copy(update={"jobs": jobs}))
    alone: dict[str, list[Job]] = {}
    for job in graph.jobs:
        if job.name not in home:
            alone.setdefault(job.names[TOOL][0], []).append(job)
    return flows + [_added_flow(dag_id, added, graph) for dag_id, added in sorted(alone.items())]


def _added_flow(dag_id: str, jobs: list[Job], graph: AssetGraph) -> Flow:
    """The DAG of jobs that no flow runs, started by what the conditions of their assets come to in Airflow."""
    names = [job.name for job in jobs]
    assets = [(graph.asset[write.asset], job) for job in jobs for write in job.writes]
    conditions = [_counterpart(asset, around(graph, [job.name], names)) for asset, job in assets]
    schedules = tuple(Schedule(trigger=condition.written) for condition in conditions if condition.written is not None)
    partitions = [asset.partitions for asset, _ in assets]
    same = partitions and all(definition == partitions[0] for definition in partitions)
    return Flow(
        name=dag_id,
        names={TOOL: (dag_id,)},
        jobs=tuple(names),
        schedules=schedules,
        partitions=partitions[0] if same else None,
    )


def _counterpart(asset: Asset, context: Context) -> Counterpart:
    return Counterpart(None) if asset.trigger is None else known_tools().of_asset(asset.trigger, asset, TOOL, context)


def _untriggered(asset: Asset, flows: Iterable[Flow], graph: AssetGraph, notes: Notes) -> Asset:
    """Without its condition, which is the schedule of the DAG that was added for it, or of none."""
    if asset.trigger is None:
        return asset
    writers = [job.name for job in graph.writers.get(asset.id, ())]
    added = [flow for flow in flows if flow.name not in graph.flow and set(flow.jobs).intersection(writers)]
    counterpart = _counterpart(asset, around(graph, writers, [name for flow in added for name in flow.jobs]))
    is_written = bool(added) and counterpart.written is not None
    if is_written and not counterpart.differences:
        note(notes, asset, "trigger", _SCHEDULED, code=Code.FLOW_SHAPE)
    severity = Severity.APPROXIMATED if is_written else Severity.CARRIED
    advice = remedy(asset.trigger, counterpart) if writers else None
    for message in counterpart.differences if added else (_OWN,):
        note(notes, asset, "trigger", message, severity=severity, code=Code.ASSET_TRIGGER, remedy=advice)
    return asset.model_copy(update={"trigger": None})


_SCHEDULED: Final = "Airflow starts DAGs, not assets: it is the schedule of the DAG that makes this one."
_OWN: Final = "Airflow starts DAGs, not assets: the DAG that makes this one keeps its own schedule, so that this one starts no run."


def _scheduled(flows: list[Flow], graph: AssetGraph, notes: Notes) -> list[Flow]:
    """Each flow with the one schedule that its DAG has, and the partitions of its timetable."""
    by_name = {flow.name: flow for flow in flows}
    # One flow after the other first: which become partition-aware depends on the partitions of all.
    shaped = partition_aware([scheduled(flow, graph) for flow in flows], graph, by_name)
    for after in shaped:
        before = by_name[after.name]
        if after.schedules != before.schedules:
            for asset, reason in sorted(unmapped(before, graph).items()):
                for job in (graph.job[name] for name in before.jobs):
                    if any(read.asset == asset for read in job.reads):
                        message = f"No mapper tells which partitions of {uri_of(asset)} count for which: {reason}"
                        note(notes, job, "reads", message, code=Code.PARTITION_MAPPING)
        # An added flow has no schedule of its own; the conditions of its assets are noted with these.
        if after.name in graph.flow:
            _note_schedules(before, after, graph, notes)
            if after.partitions != before.partitions:
                mapped = any(has_mappings(schedule.trigger) for schedule in after.schedules)
                message = _partitions_differ(before.partitions, after.partitions, mapped=mapped)
                note(notes, before, "partitions", message, severity=Severity.APPROXIMATED, code=Code.FLOW_PARTITIONS)
    return shaped


def _note_schedules(before: Flow, after: Flow, graph: AssetGraph, notes: Notes) -> None:
    """A note on each way in which a trigger fires otherwise, and on the rest of the schedules that is not Airflow's."""
    same = before.schedules == after.schedules
    has_trigger = any(schedule.trigger is not None for schedule in after.schedules)
    for index, (schedule, counterpart) in enumerate(zip(before.schedules, counterparts(before, graph), strict=True)):
        details: dict[str, Any] = {
            "severity": Severity.APPROXIMATED if has_trigger and counterpart.written is not None else Severity.CARRIED,
            "code": Code.SCHEDULE_TRIGGER,
            "remedy": remedy(schedule.trigger, counterpart),
            "kept": None if same else MANIFEST,
        }
        sentences = counterpart.differences
        if not sentences and schedule.trigger is not None and not has_trigger:
            sentences = (nothing_like(SEMANTICS),)
        for sentence in sentences:
            note(notes, before, f"schedules[{index}].trigger", sentence, **details)
    if not same:
        difference = differs(before, after) if has_trigger else None
        if difference is None:
            note(notes, before, "schedules", _OTHER_WORDS, code=Code.FLOW_FIELD)
        else:
            severity, code = Severity.APPROXIMATED, Code.SCHEDULE_TRIGGER
            note(notes, before, "schedules", difference, severity=severity, code=code)


_OTHER_WORDS: Final = (
    "The schedule of a DAG has no name, description, parameters or limits, and its own words for a trigger."
)


_PARTITIONS: Final = (
    "In Airflow partitions belong to the timetable of a DAG: windows of time that a run starts for as they end, keys given to each run, "
    "or keys that mappers make of those upstream."
)
_BY_MAPPERS: Final = "The DAG has the keys that its mappers make of those upstream, which are those of the definition."
_START: Final = "The keys are the same, but Airflow's timetable has no start: a backfill from before it would be run."


def _partitions_differ(before: Partitions | None, after: Partitions | None, *, mapped: bool) -> str:
    if isinstance(before, TimePartitions) and after == before.model_copy(update={"start": None}):
        return _START
    return _BY_MAPPERS if mapped and after is None else _PARTITIONS


def _ordered(flow: Flow, graph: AssetGraph, notes: Notes) -> Iterable[Job]:
    """The jobs of a flow with the tasks of its own DAG that come before each, in the order of their names."""
    own = without_circles(stated(graph.job[name] for name in flow.jobs))
    origins = [flow.origin, *(graph.job[name].origin for name in flow.jobs)]
    if all(origin is not None and origin.tool == TOOL for origin in origins):
        # Airflow itself does not order tasks by their assets, so that a DAG of Airflow's stays as it is.
        order = own
    else:
        together = joined(own, implied(flow, graph))
        order = together if is_acyclic(together) else own
    for name in flow.jobs:
        job = graph.job[name]
        after = tuple(sorted(order[name], key=lambda other: job_name(graph.job[other])))
        if after == job.after:
            yield job
        else:
            note(notes, job, "after", _order_change(job, after), code=Code.JOB_GROUPING)
            yield job.model_copy(update={"after": after})


def _order_change(job: Job, after: tuple[str, ...]) -> str:
    if set(after) > set(job.after):
        return "Airflow does not order tasks by the assets that they hand over, so this order is written out."
    if set(after) == set(job.after):
        return "Airflow keeps no order among the tasks that come before a task."
    return "A task can wait for tasks of its own DAG only, and not in a circle."


def _without_odd_aliases(job: Job, notes: Notes) -> Job:
    changed = {}
    for field in ("reads_aliases", "writes_aliases"):
        names = getattr(job, field)
        legal = tuple(name for name in names if is_asset_name(name))
        if legal != names:
            note(notes, job, field, "Airflow does not allow the name of an alias.", code=Code.ALIAS)
            changed[field] = legal
    return job.model_copy(update=changed) if changed else job


def _assets(graph: AssetGraph, partitions: Mapping[AssetId, Partitions], notes: Notes) -> list[Asset]:
    """The assets that a DAG mentions, with the partitions that their DAGs give to them."""
    mentioned = {read.asset for job in graph.jobs for read in job.reads}
    mentioned.update(write.asset for job in graph.jobs for write in job.writes)
    mentioned.update(asset for trigger in _triggers(graph) for asset in updated_assets(trigger))
    assets = []
    for asset in graph.assets:
        if asset.id not in mentioned:
            message = "Airflow knows only assets that a DAG mentions, and none mentions this one."
            note(notes, asset, "*", message, code=Code.ASSET_FIELD)
            continue
        definition = partitions.get(asset.id)
        if definition != asset.partitions:
            message = _partitions_differ(asset.partitions, definition, mapped=False)
            note(notes, asset, "partitions", message, code=Code.ASSET_PARTITIONS)
        assets.append(asset if definition == asset.partitions else asset.model_copy(update={"partitions": definition}))
    return assets


def _triggers(graph: AssetGraph) -> list[Trigger | None]:
    return [schedule.trigger for flow in graph.flows for schedule in flow.schedules]


def _aliases(graph: AssetGraph, notes: Notes) -> list[Alias]:
    """The aliases that a DAG mentions; one that Airflow cannot have as it is comes in part."""
    mentioned = {name for job in graph.jobs for name in (*job.reads_aliases, *job.writes_aliases)}
    mentioned.update(name for trigger in _triggers(graph) for name in updated_aliases(trigger))
    aliases = []
    for alias in graph.aliases:
        plain = alias if alias.group is None or is_group(alias.group) else alias.model_copy(update={"group": None})
        if alias.name not in mentioned or plain != alias or alias.native:
            message = "Airflow knows of an alias its name and group, if a DAG mentions it."
            note(notes, alias, "*", message, code=Code.ALIAS)
        if plain != alias:
            note(notes, alias, "group", "It cannot be told from no group at all.", code=Code.ALIAS)
        if alias.name in mentioned:
            aliases.append(plain)
    return aliases

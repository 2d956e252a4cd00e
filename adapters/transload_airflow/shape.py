"""The graph in Airflow's shape: each job a task of one DAG, each DAG one schedule, nothing that no DAG mentions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from transload.adapter import Notes, shape_loss
from transload.bridging import remedy
from transload.counterparts import known_tools
from transload.loss import Code, Severity
from transload.model.assets import Alias, Asset
from transload.model.graph import AssetGraph, Entity, unchecked
from transload.model.identity import AssetId, uri_of
from transload.model.jobs import Flow, Job, Schedule
from transload.model.partitions import Partitions, TimePartitions
from transload.model.triggers import updated_aliases, updated_assets
from transload.triggering import Context, Counterpart, around, nothing_like
from transload_airflow.codecs.fields import is_group
from transload_airflow.codecs.triggers import has_mappings
from transload_airflow.names import TOOL, homes, is_asset_name, job_name
from transload_airflow.shaping.checks import with_checks
from transload_airflow.shaping.order import acyclic, implied, is_acyclic, joined, stated
from transload_airflow.shaping.partitions import derived
from transload_airflow.shaping.triggers import (
    counterparts,
    differs,
    mapped_between,
    partition_aware,
    scheduled,
    unmapped,
)
from transload_airflow.triggers import SEMANTICS

MANIFEST: Final = "transload.json"


def shape(graph: AssetGraph, notes: Notes) -> AssetGraph:
    """The graph in Airflow's shape. Every change is noted with the entity and the field that it changes."""
    plain = _flows(graph, notes)
    flows = _scheduled(plain, graph, notes)
    jobs = [_without_odd_aliases(job, notes) for job in _ordered(graph, flows, notes)]
    shaped = unchecked(graph.assets, jobs, flows, graph.aliases)
    partitions = derived(shaped, [mapped_between(flow, graph) for flow in flows])
    checked = with_checks(shaped, graph, notes)
    untriggered = [_untriggered(asset, plain, graph, notes) for asset in _assets(checked, partitions, notes)]
    return unchecked(untriggered, checked.jobs, checked.flows, _aliases(checked, notes))


def note(  # noqa: PLR0913, PLR0917 - a loss
    notes: Notes, entity: Entity, field: str, message: str, code: Code = Code.FLOW_SHAPE, **details: Any
) -> None:
    """Take down one change of shape. What is changed is kept in the manifest unless `details` say otherwise."""
    notes.add(shape_loss(entity, field, code, message, **details))


def _flows(graph: AssetGraph, notes: Notes) -> list[Flow]:
    """Each job in the first of its flows; a job without one gets a DAG of its own."""
    home = homes(graph, {flow.name: flow.names[TOOL][0] for flow in graph.flows})
    flows = [_kept_jobs(flow, home, notes) for flow in graph.flows]
    alone: dict[str, list[Job]] = {}
    for job in graph.jobs:
        if job.name not in home:
            alone.setdefault(job.names[TOOL][0], []).append(job)
    return flows + [_made(dag, jobs, graph) for dag, jobs in sorted(alone.items())]


def _kept_jobs(flow: Flow, home: Mapping[str, str], notes: Notes) -> Flow:
    jobs = tuple(dict.fromkeys(name for name in flow.jobs if home[name] == flow.name))
    if jobs == flow.jobs:
        return flow
    note(notes, flow, "jobs", "A task belongs to one DAG only; jobs of several flows are in the first of them.")
    return flow.model_copy(update={"jobs": jobs})


def _made(dag: str, jobs: list[Job], graph: AssetGraph) -> Flow:
    """The DAG of jobs that no flow runs, started by what the conditions of their assets come to in Airflow."""
    together = [job.name for job in jobs]
    assets = [(graph.asset[write.asset], job) for job in jobs for write in job.writes]
    conditions = [_condition(asset, around(graph, [job.name], together)) for asset, job in assets]
    schedules = tuple(Schedule(trigger=each.written) for each in conditions if each.written is not None)
    partitions = [asset.partitions for asset, _ in assets]
    same = partitions and all(each == partitions[0] for each in partitions)
    return Flow(
        name=dag,
        names={TOOL: (dag,)},
        jobs=tuple(job.name for job in jobs),
        schedules=schedules,
        partitions=partitions[0] if same else None,
    )


def _condition(asset: Asset, context: Context) -> Counterpart:
    return Counterpart(None) if asset.trigger is None else known_tools().of_asset(asset.trigger, asset, TOOL, context)


def _untriggered(asset: Asset, flows: Iterable[Flow], graph: AssetGraph, notes: Notes) -> Asset:
    """Without its condition, which is the schedule of the DAG that was made for it, or of none."""
    if asset.trigger is None:
        return asset
    writers = [job.name for job in graph.writers.get(asset.id, ())]
    made = [flow for flow in flows if flow.name not in graph.flow and set(flow.jobs).intersection(writers)]
    found = _condition(asset, around(graph, writers, [name for flow in made for name in flow.jobs]))
    if made and found.written is not None and not found.differences:
        note(notes, asset, "trigger", _SCHEDULED, code=Code.FLOW_SHAPE)
    for message in found.differences if made else (_OWN,):
        written = made and found.written is not None
        severity = Severity.APPROXIMATED if written else Severity.CARRIED
        advice = remedy(asset.trigger, found) if writers else None
        note(notes, asset, "trigger", message, severity=severity, code=Code.ASSET_TRIGGER, remedy=advice)
    return asset.model_copy(update={"trigger": None})


_SCHEDULED: Final = "Airflow starts DAGs, not assets: it is the schedule of the DAG that makes this one."
_OWN: Final = "Airflow starts DAGs, not assets: the DAG that makes this one keeps its own schedule, so that this one starts no run."


def _scheduled(flows: list[Flow], graph: AssetGraph, notes: Notes) -> list[Flow]:
    before = {flow.name: flow for flow in flows}
    after = partition_aware([scheduled(flow, graph) for flow in flows], graph, before)
    for flow in after:
        old = before[flow.name]
        if flow.schedules != old.schedules:
            _note_unmapped(old, graph, notes)
        if flow.name in graph.flow:
            _note_schedules(old, flow, graph, notes)
        if flow.name in graph.flow and flow.partitions != old.partitions:
            mapped = any(has_mappings(each.trigger) for each in flow.schedules)
            message = _partitions_differ(old.partitions, flow.partitions, mapped=mapped)
            note(notes, old, "partitions", message, severity=Severity.APPROXIMATED, code=Code.FLOW_PARTITIONS)
    return after


def _note_schedules(before: Flow, after: Flow, graph: AssetGraph, notes: Notes) -> None:
    """How each trigger fires otherwise, and what else of the schedules is not Airflow's."""
    same = before.schedules == after.schedules
    is_written = any(each.trigger is not None for each in after.schedules)
    for place, (schedule, found) in enumerate(zip(before.schedules, counterparts(before, graph), strict=True)):
        there = is_written and found.written is not None
        details: dict[str, Any] = {
            "severity": Severity.APPROXIMATED if there else Severity.CARRIED,
            "code": Code.SCHEDULE_TRIGGER,
            "remedy": remedy(schedule.trigger, found),
            "kept": None if same else MANIFEST,
        }
        unsaid = schedule.trigger is not None and not is_written
        for sentence in found.differences or ((nothing_like(SEMANTICS),) if unsaid else ()):
            note(notes, before, f"schedules[{place}].trigger", sentence, **details)
    if not same:
        _note_rest(before, differs(before, after) if is_written else None, notes)


def _note_rest(before: Flow, more: str | None, notes: Notes) -> None:
    if more is None:
        note(notes, before, "schedules", _OTHER_WORDS, code=Code.FLOW_FIELD)
    else:
        note(notes, before, "schedules", more, severity=Severity.APPROXIMATED, code=Code.SCHEDULE_TRIGGER)


_OTHER_WORDS: Final = (
    "The schedule of a DAG has no name, description, parameters or limits, and its own words for a trigger."
)


def _note_unmapped(flow: Flow, graph: AssetGraph, notes: Notes) -> None:
    for asset, reason in sorted(unmapped(flow, graph).items()):
        for job in (graph.job[name] for name in flow.jobs):
            if any(read.asset == asset for read in job.reads):
                message = f"No mapper tells which partitions of {uri_of(asset)} count for which: {reason}"
                note(notes, job, "reads", message, code=Code.PARTITION_MAPPING)


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


def _ordered(graph: AssetGraph, flows: Iterable[Flow], notes: Notes) -> list[Job]:
    """Every job with the tasks of its own DAG that come before it, in the order of their names."""
    return [job for flow in flows for job in _ordered_in(flow, graph, notes)]


def _ordered_in(flow: Flow, graph: AssetGraph, notes: Notes) -> Iterable[Job]:
    said = acyclic(stated(graph.job[name] for name in flow.jobs))
    more = {} if _is_airflows(flow, graph) else implied(flow, graph)
    together = joined(said, more)
    order = together if is_acyclic(together) else said
    for name in flow.jobs:
        job = graph.job[name]
        after = tuple(sorted(order[name], key=lambda other: job_name(graph.job[other])))
        if after != job.after:
            note(notes, job, "after", _order_change(job, after), code=Code.JOB_GROUPING)
        yield job if after == job.after else job.model_copy(update={"after": after})


def _is_airflows(flow: Flow, graph: AssetGraph) -> bool:
    origins = [flow.origin, *(graph.job[name].origin for name in flow.jobs)]
    return all(origin is not None and origin.tool == TOOL for origin in origins)


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
        kept = tuple(name for name in names if is_asset_name(name))
        if kept != names:
            note(notes, job, field, "Airflow does not allow the name of an alias.", code=Code.ALIAS)
            changed[field] = kept
    return job.model_copy(update=changed) if changed else job


def _assets(graph: AssetGraph, partitions: Mapping[AssetId, Partitions], notes: Notes) -> list[Asset]:
    """The assets that a DAG mentions, with the partitions that their DAGs give to them."""
    known = set(_mentioned(graph))
    assets = []
    for asset in graph.assets:
        if asset.id not in known:
            note(
                notes,
                asset,
                "*",
                "Airflow knows only assets that a DAG mentions, and none mentions this one.",
                code=Code.ASSET_FIELD,
            )
            continue
        given = partitions.get(asset.id)
        if given != asset.partitions:
            message = _partitions_differ(asset.partitions, given, mapped=False)
            note(notes, asset, "partitions", message, code=Code.ASSET_PARTITIONS)
        assets.append(asset if given == asset.partitions else asset.model_copy(update={"partitions": given}))
    return assets


def _mentioned(graph: AssetGraph) -> Iterable[AssetId]:
    for job in graph.jobs:
        yield from (read.asset for read in job.reads)
        yield from (write.asset for write in job.writes)
    for flow in graph.flows:
        for schedule in flow.schedules:
            yield from updated_assets(schedule.trigger)


def _aliases(graph: AssetGraph, notes: Notes) -> list[Alias]:
    """The aliases that a DAG mentions; one that Airflow cannot hold as it is comes in part."""
    known = set(_mentioned_aliases(graph))
    aliases = []
    for alias in graph.aliases:
        plain = alias if alias.group is None or is_group(alias.group) else alias.model_copy(update={"group": None})
        if alias.name not in known or plain != alias or alias.native:
            note(
                notes,
                alias,
                "*",
                "Airflow knows of an alias its name and group, if a DAG mentions it.",
                code=Code.ALIAS,
            )
        if plain != alias:
            note(notes, alias, "group", "It cannot be told from no group at all.", code=Code.ALIAS)
        aliases.extend([plain] if alias.name in known else [])
    return aliases


def _mentioned_aliases(graph: AssetGraph) -> Iterable[str]:
    for job in graph.jobs:
        yield from (*job.reads_aliases, *job.writes_aliases)
    for flow in graph.flows:
        for schedule in flow.schedules:
            yield from updated_aliases(schedule.trigger)

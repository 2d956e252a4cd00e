"""The graph in Dagster's shape.

Every asset has one writer, every job writes, nothing runs in a circle, and what waits for assets does so on the asset that it makes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from transload.adapter import Notes, shape_loss
from transload.bridging import remedy
from transload.loss import Code, Severity
from transload.model.assets import Asset, Check
from transload.model.graph import AssetGraph
from transload.model.identity import AssetId, scrub, uri_of
from transload.model.jobs import Flow, Job, Schedule, Write
from transload.model.triggers import AnyOf, Trigger, updated_assets
from transload.triggering import around
from transload_dagster.codecs import legal, partitions, policies, triggers
from transload_dagster.codecs.conditions import LABELS, labels_of
from transload_dagster.names import TOOL, changed, default_schedule, is_default_op, schedule_names, written_uri
from transload_dagster.shaping.order import acyclic
from transload_dagster.shaping.partitions import partitioned
from transload_dagster.shaping.triggers import counterpart, ticks, written

_ONE_WRITER: Final = "Dagster lets one definition compute an asset; `{other}` is the one that is written."
_NO_ASSETS: Final = "The job writes no asset, and Dagster's asset jobs run nothing else."
_NOT_RUN: Final = (
    "These jobs are not run by the asset job, since they write nothing or are partitioned otherwise: {jobs}."
)
_NO_JOBS: Final = "None of its jobs writes an asset, so that no asset job stands for it."
_ORDER: Final = "Dagster orders assets by what they are made from only; these jobs no longer come first: {jobs}."
_LISTENS: Final = "The flow `{flow}` waits for updates of assets; here an automation condition asks for this asset, which the flow writes."
_LABELS: Final = "These are labels of no part of the condition, or those that Dagster gives anyway: {labels}."
_CHECK: Final = "Dagster takes no check of this name here: {checks}."
_NOT_EXTERNAL: Final = "Only what makes one asset of others stands for an external asset."
_SPELLING: Final = "The URI that Dagster had for the asset is not that of its identity."
_RENAMED: Final = "Dagster does not allow a schedule the name {old!r} here; it becomes {new!r}."


def shape(graph: AssetGraph, notes: Notes) -> AssetGraph:
    """The graph with partitions, jobs, flows and triggers where Dagster has them; every change is noted."""
    graph = partitioned(graph, notes)
    jobs = _external(acyclic(_writing(_single_writers(graph, notes), notes), graph, notes), graph, notes)
    flows, conditions = _listening(graph, jobs, notes)
    assets = [_asset(asset, conditions.get(asset.id), notes) for asset in graph.assets]
    flows = [_limited(flow, notes) for flow in _running(flows, jobs, graph, notes)]
    shaped = changed(graph, assets=assets, jobs=[_unordered(job, notes) for job in jobs], flows=flows)
    return _named_apart(shaped, notes)


def _limited(flow: Flow, notes: Notes) -> Flow:
    """With a tag by which the instance can count the runs, where their number is limited."""
    tag = (policies.FLOW_TAG, flow.names[TOOL][0])
    if not flow.concurrency or policies.FLOW_TAG in flow.tags or not legal.tag(tag):
        return flow
    message = f"It also has the tag {policies.FLOW_TAG}, by which Dagster can count its runs."
    notes.add(shape_loss(flow, "tags", Code.FLOW_VALUE, message))
    return flow.model_copy(update={"tags": {**flow.tags, policies.FLOW_TAG: tag[1]}})


def _single_writers(graph: AssetGraph, notes: Notes) -> list[Job]:
    owners: dict[AssetId, str] = {}
    jobs = []
    for job in graph.jobs:
        writes: list[Write] = []
        for write in job.writes:
            if write.asset in owners:
                message = _ONE_WRITER.format(other=owners[write.asset])
                notes.add(
                    shape_loss(job, "writes", Code.JOB_GROUPING, message, remedy="Give one of the two another asset.")
                )
            else:
                owners[write.asset] = job.name
                writes.append(write)
        jobs.append(job.model_copy(update={"writes": tuple(writes)}) if len(writes) < len(job.writes) else job)
    return jobs


def _writing(jobs: Iterable[Job], notes: Notes) -> list[Job]:
    kept = []
    for job in jobs:
        if job.writes:
            kept.append(job)
        else:
            notes.add(
                shape_loss(
                    job,
                    "*",
                    Code.JOB_WITHOUT_ASSETS,
                    _NO_ASSETS,
                    remedy="Write it as an op job, or give it an asset to make.",
                )
            )
    return kept


def _external(jobs: list[Job], graph: AssetGraph, notes: Notes) -> list[Job]:
    """An external asset stands for one job that makes one asset; anything else that claims to be one is computed here."""
    kept = []
    for job in jobs:
        residue = job.native.get(TOOL, {})
        if "external" in residue and not (residue["external"] is True and job.reads and is_default_op(job, graph)):
            notes.add(shape_loss(job, "native.dagster.external", Code.JOB_NATIVE, _NOT_EXTERNAL))
            residue = {key: value for key, value in residue.items() if key != "external"}
            job = job.model_copy(update={"native": {**job.native, TOOL: residue}})  # noqa: PLW2901 - the same job, less a word
        kept.append(job)
    return kept


def _unordered(job: Job, notes: Notes) -> Job:
    if not job.after:
        return job
    notes.add(
        shape_loss(
            job,
            "after",
            Code.JOB_FIELD,
            _ORDER.format(jobs=", ".join(job.after)),
            remedy="Let it read what they write.",
        )
    )
    return job.model_copy(update={"after": ()})


def _listening(
    graph: AssetGraph, jobs: list[Job], notes: Notes
) -> tuple[list[Flow], dict[AssetId, tuple[str, Trigger]]]:
    """Schedules that wait for assets become conditions of the assets that are written."""
    writes = {job.name: [write.asset for write in job.writes] for job in jobs}
    conditions: dict[AssetId, tuple[str, Trigger]] = {}
    flows = []
    for flow in graph.flows:
        halves = [_split(schedule, flow) for schedule in flow.schedules]
        kept = tuple(schedule for schedule, _ in halves if schedule is not None)
        trigger = _any_of([moved for _, moved in halves if moved is not None])
        _report(flow, graph, notes)
        if trigger is None:
            flows.append(flow if kept == flow.schedules else flow.model_copy(update={"schedules": kept}))
            continue
        for asset in (asset for name in flow.jobs for asset in writes.get(name, ())):
            conditions.setdefault(asset, (flow.name, trigger))
        flows.append(flow.model_copy(update={"schedules": kept}))
    return flows, conditions


def _report(flow: Flow, graph: AssetGraph, notes: Notes) -> None:
    """How the schedules that are written fire otherwise, in the words of the table; what is not written tells its own row."""
    for place, schedule in enumerate(flow.schedules):
        if schedule.trigger is None or written(schedule.trigger, flow) == (None, None):
            continue
        context = around(graph, flow.jobs, flow.jobs, updated_assets(schedule.trigger))
        row = counterpart(schedule.trigger, flow, context)
        if row.difference:
            details = {"severity": Severity.APPROXIMATED, "remedy": remedy(schedule.trigger, row)}
            field = f"schedules[{place}].trigger"
            notes.add(shape_loss(flow, field, Code.SCHEDULE_TRIGGER, row.difference, **details))


def _split(schedule: Schedule, flow: Flow) -> tuple[Schedule | None, Trigger | None]:
    """What of a schedule stays one, and what becomes a condition: of ticks or updates, each its own."""
    if schedule.trigger is None:
        return schedule, None
    clock, moved = written(schedule.trigger, flow)
    if moved is None:
        same = clock is None or clock == schedule.trigger
        return schedule if same else schedule.model_copy(update={"trigger": clock}), None
    return (schedule.model_copy(update={"trigger": clock}) if clock is not None else None), moved


def _any_of(found: list[Trigger]) -> Trigger | None:
    whole = AnyOf(parts=tuple(found)) if len(found) > 1 else found[0] if found else None
    return None if whole is None else triggers.expressible(whole)


def _asset(asset: Asset, condition: tuple[str, Trigger] | None, notes: Notes) -> Asset:
    asset = _relabelled(_respelled(asset, notes), notes)
    if condition is None or asset.trigger is not None:
        return asset
    flow, trigger = condition
    notes.add(
        shape_loss(asset, "trigger", Code.SCHEDULE_TRIGGER, _LISTENS.format(flow=flow), severity=Severity.APPROXIMATED)
    )
    return asset.model_copy(update={"trigger": trigger})


def _respelled(asset: Asset, notes: Notes) -> Asset:
    """The residue tells how the place of the asset is spelled in Dagster; anything else that stands there is not written."""
    residue = asset.native.get(TOOL, {})
    uri = residue.get("uri")
    if "uri" not in residue or (uri == written_uri(asset) and uri != uri_of(asset.id) and scrub(str(uri)) == uri):
        return asset
    notes.add(shape_loss(asset, "native.dagster.uri", Code.ASSET_NATIVE, _SPELLING))
    return asset.model_copy(
        update={"native": {**asset.native, TOOL: {key: value for key, value in residue.items() if key != "uri"}}}
    )


def _relabelled(asset: Asset, notes: Notes) -> Asset:
    """Labels are of parts of the condition, and only where Dagster itself would give others."""
    residue = asset.native.get(TOOL, {})
    if LABELS not in residue:
        return asset
    trigger, labels = asset.trigger, labels_of(asset.native)
    kept = dict(triggers.expressible_labels(trigger, labels)) if trigger is not None else {}
    if kept == residue[LABELS] != {}:
        return asset
    message = _LABELS.format(labels=residue[LABELS])
    notes.add(shape_loss(asset, "native.dagster.labels", Code.ASSET_NATIVE, message))
    left = {key: value for key, value in residue.items() if key != LABELS} | ({LABELS: kept} if kept else {})
    return asset.model_copy(update={"native": {**asset.native, TOOL: left}})


def _running(flows: list[Flow], jobs: list[Job], graph: AssetGraph, notes: Notes) -> list[Flow]:
    writing = {job.name: job for job in jobs}
    kept = []
    for flow in flows:
        names = _alike([writing[name] for name in dict.fromkeys(flow.jobs) if name in writing], graph)
        if not names:
            notes.add(shape_loss(flow, "*", Code.FLOW_SHAPE, _NO_JOBS, remedy="Write it as an op job."))
            continue
        if names != flow.jobs:
            lost = ", ".join(sorted(set(flow.jobs) - set(names))) or "those named twice"
            notes.add(shape_loss(flow, "jobs", Code.FLOW_SHAPE, _NOT_RUN.format(jobs=lost)))
        kept.append(flow.model_copy(update={"jobs": names}) if names != flow.jobs else flow)
    return kept


def _alike(jobs: list[Job], graph: AssetGraph) -> tuple[str, ...]:
    """An asset job has one partition definition: that of its first partitioned asset."""
    definitions = {job.name: {_definition(graph, write.asset) for write in job.writes} - {None} for job in jobs}
    first = next((found for found in definitions.values() if found), set())
    return tuple(job.name for job in jobs if definitions[job.name] <= first)


def _definition(graph: AssetGraph, asset: AssetId) -> str | None:
    own = graph.asset[asset].partitions
    native = None if own is None else partitions.expressible(own)
    return None if native is None else native.model_dump_json()


def _named_apart(graph: AssetGraph, notes: Notes) -> AssetGraph:
    """Ops, jobs, checks and schedules share one space of names in a code location."""
    taken = {legal.identifier(asset.names[TOOL]) for asset in graph.assets}
    taken |= {job.names[TOOL][0] for job in graph.jobs} | {flow.names[TOOL][0] for flow in graph.flows}
    assets = [_with_checks(asset, taken, notes) for asset in graph.assets]
    names = schedule_names(_scheduled(graph.flows), taken)
    flows = [_with_schedules(flow, names, notes) for flow in graph.flows]
    return changed(graph, assets=assets, flows=flows)


def _scheduled(flows: Iterable[Flow]) -> dict[tuple[str, int], str]:
    """The wished names of the schedules that Dagster has, by flow and place."""
    return {
        (flow.name, place): schedule.name or default_schedule(flow)
        for flow in flows
        for place, schedule in enumerate(flow.schedules)
        if ticks(schedule.trigger) is not None
    }


def _with_checks(asset: Asset, taken: set[str], notes: Notes) -> Asset:
    prefix = legal.identifier(asset.names[TOOL])
    kept: list[Check] = []
    for check in asset.checks:
        op = f"{prefix}_{check.name}"
        if legal.name(check.name) and legal.name(op) and op not in taken and _once(check.reads, asset.id):
            taken.add(op)
            kept.append(check)
    if len(kept) == len(asset.checks):
        return asset
    lost = ", ".join(repr(check.name) for check in asset.checks if check not in kept)
    notes.add(shape_loss(asset, "checks", Code.ASSET_CHECKS, _CHECK.format(checks=lost), remedy="Rename it."))
    return asset.model_copy(update={"checks": tuple(kept)})


def _once(reads: tuple[AssetId, ...], asset: AssetId) -> bool:
    return len(set(reads)) == len(reads) and asset not in reads


def _with_schedules(flow: Flow, names: Mapping[tuple[str, int], str], notes: Notes) -> Flow:
    """Schedules under names that Dagster takes; one under its job's default name needs none."""
    kept = list(flow.schedules)
    for place, schedule in enumerate(flow.schedules):
        name, own = names.get((flow.name, place)), schedule.name or default_schedule(flow)
        if name is not None and name != own:
            notes.add(
                shape_loss(
                    flow,
                    f"schedules[{place}].name",
                    Code.NAME_CHANGED,
                    _RENAMED.format(old=own, new=name),
                    severity=Severity.APPROXIMATED,
                    remedy="Rename it at its source, and everything that uses the old name.",
                )
            )
            kept[place] = schedule.model_copy(update={"name": name})
    return flow.model_copy(update={"schedules": tuple(kept)}) if kept != list(flow.schedules) else flow

"""The graph in Dagster's shape.

Every asset has one writer, every job writes, nothing runs in a circle, and what waits for assets does so on the asset that it makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from transload.adapter import Notes, shape_loss
from transload.bridging import remedy
from transload.control import decision_sentence
from transload.loss import Code, Severity
from transload.model.assets import Asset, Check
from transload.model.graph import AssetGraph
from transload.model.identity import AssetId, scrub, uri_of
from transload.model.jobs import Flow, Job, Schedule, Write
from transload.model.references import without_jobs
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
    # The order is that of the notes, and each step reads what those before it leave.
    graph = partitioned(graph, notes)
    jobs = _single_writers(graph, notes)
    for job in jobs:
        if not job.writes:
            way_out = "Write it as an op job, or give it an asset to make."
            notes.add(shape_loss(job, "*", Code.JOB_WITHOUT_ASSETS, _NO_ASSETS, remedy=way_out))
            if job.decision:
                # Without the job that decides, what it would have left out runs, too.
                sentence, severity = decision_sentence(job.decision, job.name, graph), Severity.APPROXIMATED
                notes.add(shape_loss(job, "decision", Code.JOB_FIELD, sentence, severity=severity))
    jobs = acyclic([job for job in jobs if job.writes], graph, notes)
    jobs = _external(jobs, graph, notes)
    flows, conditions = _listening(graph, jobs, notes)
    assets = [_asset(asset, conditions.get(asset.id), notes) for asset in graph.assets]
    flows = [_limited(flow, notes) for flow in _running(flows, jobs, graph, notes)]
    for job in jobs:
        if job.after:
            message = _ORDER.format(jobs=", ".join(job.after))
            notes.add(shape_loss(job, "after", Code.JOB_FIELD, message, remedy="Let it read what they write."))
    jobs = [job.model_copy(update={"after": ()}) if job.after else job for job in jobs]
    jobs = [_without_absent(job, {job.name for job in graph.jobs} - {job.name for job in jobs}, notes) for job in jobs]
    return _named_apart(changed(graph, assets=assets, jobs=jobs, flows=flows), notes)


def _without_absent(job: Job, absent: set[str], notes: Notes) -> Job:
    known = without_jobs(job, absent)
    for field in ("arguments", "runs_if"):
        if getattr(known, field) != getattr(job, field):
            notes.add(shape_loss(job, field, Code.JOB_FIELD, "It needs the result of a job that is not written."))
    return known


def _limited(flow: Flow, notes: Notes) -> Flow:
    """A flow whose runs are limited also has a tag by which the instance can count them."""
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


def _external(jobs: list[Job], graph: AssetGraph, notes: Notes) -> list[Job]:
    """An external asset stands for one job that makes one asset; anything else that claims to be one is computed here."""
    result = []
    for job in jobs:
        residue = job.native.get(TOOL, {})
        if "external" not in residue or (residue["external"] is True and job.reads and is_default_op(job, graph)):
            result.append(job)
            continue
        notes.add(shape_loss(job, "native.dagster.external", Code.JOB_NATIVE, _NOT_EXTERNAL))
        rest = {key: value for key, value in residue.items() if key != "external"}
        result.append(job.model_copy(update={"native": {**job.native, TOOL: rest}}))
    return result


def _listening(
    graph: AssetGraph, jobs: list[Job], notes: Notes
) -> tuple[list[Flow], dict[AssetId, tuple[str, Trigger]]]:
    """Schedules that wait for assets become conditions of the assets that are written, each with the name of its flow."""
    writes = {job.name: [write.asset for write in job.writes] for job in jobs}
    conditions: dict[AssetId, tuple[str, Trigger]] = {}
    flows = []
    for flow in graph.flows:
        halves = [_split(schedule, flow) for schedule in flow.schedules]
        schedules = tuple(schedule for schedule, _ in halves if schedule is not None)
        moved = [trigger for _, trigger in halves if trigger is not None]
        condition = triggers.expressible(AnyOf(parts=tuple(moved)) if len(moved) > 1 else moved[0]) if moved else None
        _report(flow, graph, notes)
        if condition is not None:
            for asset in (asset for name in flow.jobs for asset in writes.get(name, ())):
                # A job may be in several flows: the first that waits counts.
                conditions.setdefault(asset, (flow.name, condition))
        flows.append(flow if schedules == flow.schedules else flow.model_copy(update={"schedules": schedules}))
    return flows, conditions


def _report(flow: Flow, graph: AssetGraph, notes: Notes) -> None:
    """Note the differences of the schedules that are written; the rest is lost by its own rule."""
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
    """The part of a schedule that stays one, its ticks, and the trigger that becomes a condition, its updates."""
    if schedule.trigger is None:
        return schedule, None
    clock, moved = written(schedule.trigger, flow)
    if moved is None:
        same = clock is None or clock == schedule.trigger
        return schedule if same else schedule.model_copy(update={"trigger": clock}), None
    return (schedule.model_copy(update={"trigger": clock}) if clock is not None else None), moved


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
    """The residue keeps a spelling of the URI only if it is one of the asset's identity."""
    residue = asset.native.get(TOOL, {})
    uri = residue.get("uri")
    if "uri" not in residue or (uri == written_uri(asset) and uri != uri_of(asset.id) and scrub(str(uri)) == uri):
        return asset
    notes.add(shape_loss(asset, "native.dagster.uri", Code.ASSET_NATIVE, _SPELLING))
    rest = {key: value for key, value in residue.items() if key != "uri"}
    return asset.model_copy(update={"native": {**asset.native, TOOL: rest}})


def _relabelled(asset: Asset, notes: Notes) -> Asset:
    """The residue keeps labels only of parts of the condition, and only where Dagster itself would give others."""
    residue = asset.native.get(TOOL, {})
    if LABELS not in residue:
        return asset
    trigger, labels = asset.trigger, labels_of(asset.native.get(TOOL, {}))
    legal_labels = dict(triggers.expressible_labels(trigger, labels)) if trigger is not None else {}
    if legal_labels == residue[LABELS] != {}:
        return asset
    message = _LABELS.format(labels=residue[LABELS])
    notes.add(shape_loss(asset, "native.dagster.labels", Code.ASSET_NATIVE, message))
    rest = {key: value for key, value in residue.items() if key != LABELS} | (
        {LABELS: legal_labels} if legal_labels else {}
    )
    return asset.model_copy(update={"native": {**asset.native, TOOL: rest}})


def _running(flows: list[Flow], jobs: list[Job], graph: AssetGraph, notes: Notes) -> list[Flow]:
    """The flows that run a job which writes, each with the jobs that one asset job can run."""
    by_name = {job.name: job for job in jobs}
    result = []
    for flow in flows:
        writing = [by_name[name] for name in dict.fromkeys(flow.jobs) if name in by_name]
        definitions = {job.name: _definitions(job, graph) for job in writing}
        # An asset job has one partition definition: that of its first partitioned asset.
        first: set[str] = next(filter(None, definitions.values()), set())
        names = tuple(name for name, own in definitions.items() if own <= first)
        if not names:
            notes.add(shape_loss(flow, "*", Code.FLOW_SHAPE, _NO_JOBS, remedy="Write it as an op job."))
            continue
        if names != flow.jobs:
            lost = ", ".join(sorted(set(flow.jobs) - set(names))) or "those named twice"
            notes.add(shape_loss(flow, "jobs", Code.FLOW_SHAPE, _NOT_RUN.format(jobs=lost)))
        result.append(flow.model_copy(update={"jobs": names}) if names != flow.jobs else flow)
    return result


def _definitions(job: Job, graph: AssetGraph) -> set[str]:
    """The partition definitions, as Dagster has them, of all that a job writes."""
    own = [graph.asset[write.asset].partitions for write in job.writes]
    native = [None if definition is None else partitions.expressible(definition) for definition in own]
    return {definition.model_dump_json() for definition in native if definition is not None}


def _named_apart(graph: AssetGraph, notes: Notes) -> AssetGraph:
    """Ops, jobs, checks and schedules share one space of names in a code location."""
    taken = {legal.identifier(asset.names[TOOL]) for asset in graph.assets}
    taken |= {job.names[TOOL][0] for job in graph.jobs} | {flow.names[TOOL][0] for flow in graph.flows}
    assets = [_with_checks(asset, taken, notes) for asset in graph.assets]
    wishes = {
        (flow.name, place): schedule.name or default_schedule(flow)
        for flow in graph.flows
        for place, schedule in enumerate(flow.schedules)
        if ticks(schedule.trigger) is not None
    }
    names = schedule_names(wishes, taken)
    flows = [_with_schedules(flow, names, notes) for flow in graph.flows]
    return changed(graph, assets=assets, flows=flows)


def _with_checks(asset: Asset, taken: set[str], notes: Notes) -> Asset:
    prefix = legal.identifier(asset.names[TOOL])
    checks: list[Check] = []
    for check in asset.checks:
        # The op of a check has this name; its inputs are the asset and what it reads, each once.
        op = f"{prefix}_{check.name}"
        reads_once = len(set(check.reads)) == len(check.reads) and asset.id not in check.reads
        if legal.name(check.name) and legal.name(op) and op not in taken and reads_once:
            taken.add(op)
            checks.append(check)
    if len(checks) == len(asset.checks):
        return asset
    lost = ", ".join(repr(check.name) for check in asset.checks if check not in checks)
    notes.add(shape_loss(asset, "checks", Code.ASSET_CHECKS, _CHECK.format(checks=lost), remedy="Rename it."))
    return asset.model_copy(update={"checks": tuple(checks)})


def _with_schedules(flow: Flow, names: Mapping[tuple[str, int], str], notes: Notes) -> Flow:
    """Schedules under names that Dagster takes; one under its job's default name needs none."""
    schedules = list(flow.schedules)
    for number, schedule in enumerate(flow.schedules):
        name, wish = names.get((flow.name, number)), schedule.name or default_schedule(flow)
        if name is not None and name != wish:
            notes.add(
                shape_loss(
                    flow,
                    f"schedules[{number}].name",
                    Code.NAME_CHANGED,
                    _RENAMED.format(old=wish, new=name),
                    severity=Severity.APPROXIMATED,
                    remedy="Rename it at its source, and everything that uses the old name.",
                )
            )
            schedules[number] = schedule.model_copy(update={"name": name})
    return flow.model_copy(update={"schedules": tuple(schedules)}) if schedules != list(flow.schedules) else flow

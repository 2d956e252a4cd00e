"""The graph in Dagster's shape: every asset has one writer, every job writes, nothing runs in a circle, and what waits for assets does so
on the asset that it makes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from transload.adapter import Notes
from transload.loss import Code, Loss, Severity
from transload.model.assets import Asset, Check
from transload.model.graph import AssetGraph, graph_of, subject_of
from transload.model.identity import AssetId, scrub, uri_of
from transload.model.jobs import Flow, Job, Schedule, Write
from transload.model.partitions import TimeMapping, TimePartitions
from transload.model.triggers import AllOf, AnyOf, Trigger, Updated, updated_assets
from transload_dagster import legal, partitions, triggers
from transload_dagster.names import TOOL, is_default_op, written_uri

KEPT: Final = "transload.json"

_ONE_WRITER: Final = "Dagster lets one definition compute an asset; `{other}` is the one that is written."
_CYCLE: Final = "Dagster refuses assets that depend on each other in a circle; these inputs are left out: {inputs}."
_NO_ASSETS: Final = "The job writes no asset, and Dagster's asset jobs run nothing else."
_NOT_RUN: Final = (
    "These jobs are not run by the asset job, since they write nothing or are partitioned otherwise: {jobs}."
)
_NO_JOBS: Final = "None of its jobs writes an asset, so that no asset job stands for it."
_ORDER: Final = "Dagster orders assets by what they are made from only; these jobs no longer come first: {jobs}."
_LISTENS: Final = (
    "The flow `{flow}` waits for updates of assets; here an automation condition asks for this asset, once for however many updates, and"
    " an update in the same tick as a request, or right after it, is not seen."
)
_MOVED: Final = "Waiting for updates of assets is said by the automation conditions of the assets that the flow writes."
_CHECK: Final = "Dagster takes no check of this name here: {checks}."
_NOT_EXTERNAL: Final = "Only what makes one asset of others stands for an external asset."
_SPELLING: Final = "The URI that Dagster had for the asset is not that of its identity."
_SCHEDULE: Final = "Dagster takes no schedule of this name here: {schedules}."


def shape(graph: AssetGraph, notes: Notes) -> AssetGraph:
    """The graph with jobs, flows and triggers where Dagster has them; every change is noted."""
    jobs = _external(_acyclic(_writing(_single_writers(graph, notes), notes), graph, notes), graph, notes)
    flows, conditions = _listening(graph, jobs, notes)
    assets = [_asset(asset, conditions.get(asset.id), notes) for asset in graph.assets]
    flows = _running(flows, jobs, graph, notes)
    shaped = graph_of(assets=assets, jobs=[_unordered(job, notes) for job in jobs], flows=flows, aliases=graph.aliases)
    return _named_apart(shaped, notes)


def _loss(
    entity: Any, field: str, code: Code, message: str, severity: Severity = Severity.CARRIED, remedy: str | None = None
) -> Loss:
    return Loss(
        subject=subject_of(entity), field=field, severity=severity, code=code, message=message, kept=KEPT, remedy=remedy,
        origin=entity.origin,
    )  # fmt: skip


def _single_writers(graph: AssetGraph, notes: Notes) -> list[Job]:
    owners: dict[AssetId, str] = {}
    jobs = []
    for job in graph.jobs:
        writes: list[Write] = []
        for write in job.writes:
            if write.asset in owners:
                message = _ONE_WRITER.format(other=owners[write.asset])
                notes.add(_loss(job, "writes", Code.JOB_GROUPING, message, remedy="Give one of the two another asset."))
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
                _loss(
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
            notes.add(_loss(job, "native.dagster.external", Code.JOB_NATIVE, _NOT_EXTERNAL))
            residue = {key: value for key, value in residue.items() if key != "external"}
            job = job.model_copy(update={"native": {**job.native, TOOL: residue}})  # noqa: PLW2901 - the same job, less a word
        kept.append(job)
    return kept


def _unordered(job: Job, notes: Notes) -> Job:
    if not job.after:
        return job
    notes.add(
        _loss(
            job,
            "after",
            Code.JOB_FIELD,
            _ORDER.format(jobs=", ".join(job.after)),
            remedy="Let it read what they write.",
        )
    )
    return job.model_copy(update={"after": ()})


def _acyclic(jobs: list[Job], graph: AssetGraph, notes: Notes) -> list[Job]:
    writer = {write.asset: job.name for job in jobs for write in job.writes}
    upstream = {job.name: {writer[asset] for asset in _inputs(job) if asset in writer} for job in jobs}
    component = _components(upstream)
    return [
        _cut(
            job,
            {asset for asset in _inputs(job) if asset in writer and component[writer[asset]] == component[job.name]},
            graph,
            notes,
        )
        for job in jobs
    ]


def _inputs(job: Job) -> list[AssetId]:
    """What its op reads: what one of its own outputs is made from is no input if it is another one."""
    own = {write.asset for write in job.writes}
    inner = (asset for write in job.writes for asset in write.reads or () if asset not in own or asset == write.asset)
    return [*(read.asset for read in job.reads), *inner]


def _cut(job: Job, circular: set[AssetId], graph: AssetGraph, notes: Notes) -> Job:
    bad = {asset for asset in circular if not _earlier_self(job, asset, graph)}
    inner = _inner_circle(job)
    if not bad and not inner:
        return job
    left_out = ", ".join(sorted("/".join(graph.asset[asset].names[TOOL]) for asset in bad | inner))
    own = {write.asset for write in job.writes}
    gone = bad | (own if inner else set())
    cut = {
        "reads": tuple(read for read in job.reads if read.asset not in bad),
        "writes": tuple(write.model_copy(update={"reads": _less(write.reads, gone)}) for write in job.writes),
    }
    changed = {field: value for field, value in cut.items() if value != getattr(job, field)}
    for field in changed:
        notes.add(_loss(job, field, Code.JOB_FIELD, _CYCLE.format(inputs=left_out), remedy="Break the circle by hand."))
    return job.model_copy(update=changed)


def _less(reads: tuple[AssetId, ...] | None, gone: set[AssetId]) -> tuple[AssetId, ...] | None:
    return None if reads is None else tuple(asset for asset in reads if asset not in gone)


def _earlier_self(job: Job, asset: AssetId, graph: AssetGraph) -> bool:
    """Only a time-partitioned asset may read itself, and only earlier partitions."""
    reads = [read for read in job.reads if read.asset == asset]
    definition = graph.asset[asset].partitions
    return (
        len(job.writes) == 1
        and job.writes[0] == Write(asset=asset, optional=job.writes[0].optional)
        and len(reads) == 1
        and isinstance(definition, TimePartitions)
        and isinstance(partitions.expressible(definition), TimePartitions)
        and isinstance(reads[0].mapping, TimeMapping)
        and reads[0].mapping.start_offset <= reads[0].mapping.end_offset < 0
    )


def _inner_circle(job: Job) -> set[AssetId]:
    """Outputs of one job that are made from each other."""
    own = {write.asset for write in job.writes}
    upstream = {
        write.asset: {asset for asset in write.reads or () if asset in own and asset != write.asset}
        for write in job.writes
    }
    sizes = Counter(_components(upstream).values())
    return {asset for asset, component in _components(upstream).items() if sizes[component] > 1}


def _components(upstream: Mapping[Any, set[Any]]) -> dict[Any, int]:
    """The strongly connected component of each node (Tarjan, with a stack of its own: chains are long)."""
    index: dict[Any, int] = {}
    low: dict[Any, int] = {}
    component: dict[Any, int] = {}
    open_nodes: list[Any] = []
    for root in upstream:
        pending = [(root, iter(sorted(upstream[root])))] if root not in index else []
        while pending:
            node, children = pending[-1]
            if node not in index:
                index[node] = low[node] = len(index)
                open_nodes.append(node)
            child = next((each for each in children if each not in component), None)
            if child is None:
                pending.pop()
                _close(node, index, low, component, open_nodes)
                if pending:
                    low[pending[-1][0]] = min(low[pending[-1][0]], low[node])
            elif child in index:
                low[node] = min(low[node], index[child])
            else:
                pending.append((child, iter(sorted(upstream[child]))))
    return component


def _close(
    node: Any, index: dict[Any, int], low: dict[Any, int], component: dict[Any, int], open_nodes: list[Any]
) -> None:
    while low[node] == index[node] and node not in component:
        component[open_nodes.pop()] = index[node]


def _listening(
    graph: AssetGraph, jobs: list[Job], notes: Notes
) -> tuple[list[Flow], dict[AssetId, tuple[str, Trigger]]]:
    """Schedules that wait for assets become conditions of the assets that are written."""
    writes = {job.name: [write.asset for write in job.writes] for job in jobs}
    conditions: dict[AssetId, tuple[str, Trigger]] = {}
    flows = []
    for flow in graph.flows:
        moved = [schedule for schedule in flow.schedules if _moves(schedule)]
        kept = tuple(schedule for schedule in flow.schedules if not _moves(schedule))
        trigger = _any_of([schedule.trigger for schedule in moved if schedule.trigger is not None])
        if trigger is None:
            flows.append(flow)
            continue
        notes.add(_loss(flow, "schedules", Code.SCHEDULE_TRIGGER, _MOVED, Severity.APPROXIMATED))
        for asset in (asset for name in flow.jobs for asset in writes.get(name, ())):
            conditions.setdefault(asset, (flow.name, trigger))
        flows.append(flow.model_copy(update={"schedules": kept}))
    return flows, conditions


def _moves(schedule: Schedule) -> bool:
    trigger = schedule.trigger
    return (
        isinstance(trigger, (Updated, AllOf, AnyOf))
        and bool(updated_assets(trigger))
        and triggers.expressible(trigger) is not None
    )


def _any_of(found: list[Trigger]) -> Trigger | None:
    whole = AnyOf(parts=tuple(found)) if len(found) > 1 else found[0] if found else None
    return None if whole is None else triggers.expressible(whole)


def _asset(asset: Asset, condition: tuple[str, Trigger] | None, notes: Notes) -> Asset:
    asset = _respelled(asset, notes)
    if condition is None or asset.trigger is not None:
        return asset
    flow, trigger = condition
    notes.add(_loss(asset, "trigger", Code.SCHEDULE_TRIGGER, _LISTENS.format(flow=flow), Severity.APPROXIMATED))
    return asset.model_copy(update={"trigger": trigger})


def _respelled(asset: Asset, notes: Notes) -> Asset:
    """The residue tells how the place of the asset is spelled in Dagster; anything else that stands there is not written."""
    residue = asset.native.get(TOOL, {})
    uri = residue.get("uri")
    if "uri" not in residue or (uri == written_uri(asset) and uri != uri_of(asset.id) and scrub(str(uri)) == uri):
        return asset
    notes.add(_loss(asset, "native.dagster.uri", Code.ASSET_NATIVE, _SPELLING))
    return asset.model_copy(
        update={"native": {**asset.native, TOOL: {key: value for key, value in residue.items() if key != "uri"}}}
    )


def _running(flows: list[Flow], jobs: list[Job], graph: AssetGraph, notes: Notes) -> list[Flow]:
    writing = {job.name: job for job in jobs}
    kept = []
    for flow in flows:
        names = _alike([writing[name] for name in dict.fromkeys(flow.jobs) if name in writing], graph)
        if not names:
            notes.add(_loss(flow, "*", Code.FLOW_SHAPE, _NO_JOBS, remedy="Write it as an op job."))
            continue
        if names != flow.jobs:
            lost = ", ".join(sorted(set(flow.jobs) - set(names))) or "those named twice"
            notes.add(_loss(flow, "jobs", Code.FLOW_SHAPE, _NOT_RUN.format(jobs=lost)))
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
    taken |= {entity.names[TOOL][0] for entity in (*graph.jobs, *graph.flows)}
    assets = [_with_checks(asset, taken, notes) for asset in graph.assets]
    flows = [_with_schedules(flow, taken, notes) for flow in graph.flows]
    return graph.replaced(assets=assets, flows=flows)


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
    notes.add(_loss(asset, "checks", Code.ASSET_CHECKS, _CHECK.format(checks=lost), remedy="Rename it."))
    return asset.model_copy(update={"checks": tuple(kept)})


def _once(reads: tuple[AssetId, ...], asset: AssetId) -> bool:
    return len(set(reads)) == len(reads) and asset not in reads


def _with_schedules(flow: Flow, taken: set[str], notes: Notes) -> Flow:
    job = flow.names[TOOL][0]
    kept: list[Schedule] = []
    for schedule in flow.schedules:
        name = schedule.name or f"{job}_schedule"
        if legal.name(name) and name not in taken:
            taken.add(name)
            kept.append(schedule)
    if len(kept) == len(flow.schedules):
        return flow
    lost = ", ".join(repr(schedule.name) for schedule in flow.schedules if schedule not in kept)
    notes.add(_loss(flow, "schedules", Code.FLOW_VALUE, _SCHEDULE.format(schedules=lost), remedy="Rename it."))
    return flow.model_copy(update={"schedules": tuple(kept)})

"""The graph in Kestra's shape: every job is a task of exactly one flow, in an order in which it can run."""

from __future__ import annotations

from collections.abc import Iterable

from transload.adapter import Notes, shape_loss
from transload.loss import Code, Severity
from transload.model.graph import AssetGraph, unchecked
from transload.model.jobs import Flow
from transload.ordering import ordered

from . import TOOL
from .names import flow_name, home_of


def shape(graph: AssetGraph, notes: Notes) -> AssetGraph:
    """With a flow for every job, and without flows that run nothing and assets that no task names."""
    homes = home_of(graph, {flow.name: flow.names[TOOL] for flow in graph.flows})
    flows = []
    for flow in graph.flows:
        jobs = _in_order([job for job in flow.jobs if homes[job] == flow.names[TOOL]], graph)
        if not jobs:
            notes.add(shape_loss(flow, "*", Code.FLOW_SHAPE, "A flow of Kestra's has tasks, and this would have none."))
            continue
        if set(jobs) != set(flow.jobs):
            notes.add(shape_loss(flow, "jobs", Code.FLOW_SHAPE, "A task is part of one flow: others run in another."))
        elif jobs != flow.jobs:
            message = "Tasks run in the order in which they are listed: what others read comes first."
            notes.add(shape_loss(flow, "jobs", Code.FLOW_SHAPE, message, severity=Severity.APPROXIMATED))
        flows.append(flow.model_copy(update={"jobs": jobs}))
    used = {read.asset for job in graph.jobs for read in job.reads}
    used |= {write.asset for job in graph.jobs for write in job.writes}
    for asset in graph.assets:
        if asset.id not in used:
            notes.add(
                shape_loss(asset, "*", Code.ASSET_VALUE, "Kestra knows an asset by the tasks that read or write it.")
            )
    assets = [asset for asset in graph.assets if asset.id in used]
    return unchecked(
        assets=assets, jobs=graph.jobs, flows=[*flows, *_made(graph, homes.items())], aliases=graph.aliases
    )


def _made(graph: AssetGraph, homes: Iterable[tuple[str, tuple[str, ...]]]) -> list[Flow]:
    """The flows of jobs that no flow runs."""
    members: dict[tuple[str, ...], list[str]] = {}
    for job, home in homes:
        if not graph.flows_of.get(job, ()):
            members.setdefault(home, []).append(job)
    drafts = [Flow(name="", names={TOOL: home}, jobs=_in_order(jobs, graph)) for home, jobs in members.items()]
    return [flow.model_copy(update={"name": flow_name(flow)}) for flow in drafts]


def _in_order(jobs: list[str], graph: AssetGraph) -> tuple[str, ...]:
    """The jobs as they are listed, but for those that wait for one behind them."""
    writers = {write.asset: name for name in jobs for write in graph.job[name].writes}
    before: dict[str, set[str]] = {}
    for name in jobs:
        upstream = {writers[read.asset] for read in graph.job[name].reads if read.asset in writers}
        before[name] = {*upstream, *graph.job[name].after} - {name}
    return tuple(ordered(before))

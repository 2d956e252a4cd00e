"""The partitions of assets that are written through mappings, worked out from the graph, upstream first."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from transload.errors import PartitionError
from transload.model.graph import AssetGraph
from transload.model.identity import AssetId
from transload.model.jobs import Flow
from transload.model.partitions import PartitionMapping, Partitions
from transload.model.triggers import Updated, leaves
from transload.partitioning.deriving import through


def mappings_of(flow: Flow) -> dict[AssetId, PartitionMapping]:
    """The mapping for each asset that a flow listens to with one; the first where several are said."""
    found: dict[AssetId, PartitionMapping] = {}
    for schedule in flow.schedules:
        for leaf in leaves(schedule.trigger):
            if isinstance(leaf, Updated) and leaf.mapping is not None:
                found.setdefault(leaf.asset, leaf.mapping)
    return found


def derived(graph: AssetGraph, given: Mapping[AssetId, Partitions | None]) -> dict[AssetId, Partitions]:
    """The definitions of assets for which `given` has none, and which a flow writes whose mappings make its keys.

    Where several mappings make keys, those of the first whose keys can be told: a run starts only for keys that all of them make.
    """
    flows = {flow.name: flow for flow in graph.flows if flow.partitions is None and mappings_of(flow)}
    known = dict(given)
    found: dict[AssetId, Partitions] = {}
    for name in _upstream_first(flows, graph):
        made = _made(flows[name], known)
        if made is not None:
            new = {asset: made for asset in _writes(flows[name], graph) if known.get(asset) is None}
            known.update(new)
            found.update(new)
    return found


def _made(flow: Flow, known: Mapping[AssetId, Partitions | None]) -> Partitions | None:
    for asset, mapping in mappings_of(flow).items():
        try:
            made = through(mapping, known.get(asset))
        except PartitionError:
            made = None
        if made is not None:
            return made
    return None


def _writes(flow: Flow, graph: AssetGraph) -> Iterable[AssetId]:
    return (write.asset for name in flow.jobs for write in graph.job[name].writes)


def _upstream_first(flows: Mapping[str, Flow], graph: AssetGraph) -> list[str]:
    """Who listens to what another flow writes comes after it; in a circle, the first comes first."""
    writers: dict[AssetId, list[str]] = {}
    for name, flow in flows.items():
        for asset in _writes(flow, graph):
            writers.setdefault(asset, []).append(name)
    before = {
        name: {writer for asset in mappings_of(flow) for writer in writers.get(asset, ()) if writer != name}
        for name, flow in flows.items()
    }
    after: dict[str, list[str]] = {}
    for name, others in before.items():
        for other in sorted(others):
            after.setdefault(other, []).append(name)
    ready = deque(name for name, others in before.items() if not others)
    ordered: dict[str, None] = {}
    while ready:
        name = ready.popleft()
        ordered[name] = None
        for each in after.get(name, ()):
            before[each].discard(name)
            if not before[each]:
                ready.append(each)
    return [*ordered, *(name for name in flows if name not in ordered)]

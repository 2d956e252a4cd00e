"""The partitions of assets, which in Airflow only DAGs have: those that write them, and those whose mappers state or imply them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from transload.errors import PartitionError
from transload.model.graph import AssetGraph
from transload.model.identity import AssetId
from transload.model.jobs import Flow
from transload.model.partitions import (
    PartitionMapping,
    Partitions,
    TimePartitions,
)
from transload.model.triggers import Updated, leaves
from transload.partitioning import Sides
from transload.partitioning.deriving import through
from transload.partitioning.windows import windows_of
from transload_airflow.codecs import fields

Stated = Mapping[AssetId, Sides]
"""What the mappers of a DAG say of the assets that it listens to, and of itself."""


def derived(graph: AssetGraph, stated: Iterable[Stated]) -> dict[AssetId, Partitions]:
    """The partitions of the assets of which a mapper states them, and of those that only DAGs of one partitioning write."""
    passing = _Passing(graph, upstreams(stated))
    passing.run()
    return passing.found


class _Passing:
    """Partitions go from DAG to DAG by way of the assets between them: `found` has those of assets."""

    def __init__(self, graph: AssetGraph, found: dict[AssetId, Partitions]) -> None:
        self.found = found
        self._flows = graph.flows
        self._own = {flow.name: _own(flow) for flow in graph.flows}
        self._writes = {
            flow.name: tuple(write.asset for name in flow.jobs for write in graph.job[name].writes)
            for flow in graph.flows
        }
        self._heard = {flow.name: _heard(flow) for flow in graph.flows}
        self._writers: dict[AssetId, list[str]] = {}
        self._listeners: dict[AssetId, list[str]] = {}
        for flow in graph.flows:
            for asset in self._writes[flow.name]:
                self._writers.setdefault(asset, []).append(flow.name)
            for asset in self._heard[flow.name]:
                self._listeners.setdefault(asset, []).append(flow.name)

    def run(self) -> None:
        """First the DAGs of which all that they listen to is known, then those that go round in circles, or listen to what is not."""
        names = [flow.name for flow in self._flows]
        self._pass_on(deque(name for name in names if self._is_ready(name)))
        for name in names:
            if self._own[name] is None:
                self._pass_on(deque([name]))

    def _is_ready(self, name: str) -> bool:
        settled = (asset in self.found or asset not in self._writers for asset in self._heard[name])
        return self._own[name] is not None or all(settled)

    def _pass_on(self, pending: deque[str]) -> None:
        while pending:
            name = pending.popleft()
            self._own[name] = self._own[name] or _implied(self._heard[name], self.found)
            for asset in self._writes[name]:
                partitions = _same([self._own[writer] for writer in self._writers[asset]])
                if partitions is not None and asset not in self.found:
                    self.found[asset] = partitions
                    listening = self._listeners.get(asset, ())
                    pending.extend(each for each in listening if self._own[each] is None and self._is_ready(each))


def upstreams(stated: Iterable[Stated]) -> dict[AssetId, Partitions]:
    """The partitions that mappers state of assets; of several, the first."""
    found: dict[AssetId, Partitions] = {}
    for each in stated:
        for asset, sides in each.items():
            if sides.upstream is not None:
                found.setdefault(asset, sides.upstream)
    return found


def _same(several: list[Partitions | None]) -> Partitions | None:
    return several[0] if all(each == several[0] for each in several) else None


def _own(flow: Flow) -> Partitions | None:
    """Those of the DAG's timetable, which makes no run from before the DAG's start."""
    partitions, start = flow.partitions, fields.datetime_of(flow.start)
    if not isinstance(partitions, TimePartitions) or partitions.start is not None or start is None:
        return partitions
    if partitions.run_offset:
        return partitions
    try:
        windows = windows_of(partitions)
        first = next(windows.since(start.timestamp())).start
        if partitions.run_offset is None:
            first = next(windows.until(first.epoch)).start
    except (PartitionError, OverflowError, ValueError):
        return partitions
    return partitions.model_copy(update={"start": first.local.replace(tzinfo=None).isoformat()})


# What mappers imply


def _heard(flow: Flow) -> dict[AssetId, PartitionMapping | None]:
    parts = [leaf for each in flow.schedules for leaf in leaves(each.trigger)]
    return {part.asset: part.mapping for part in parts if isinstance(part, Updated)}


def _implied(
    heard: Mapping[AssetId, PartitionMapping | None], upstream: Mapping[AssetId, Partitions]
) -> Partitions | None:
    """What all mappers of a DAG give for the partitions of what it listens to."""
    pairs = [(mapping, upstream.get(asset)) for asset, mapping in heard.items()]
    return _same([None if mapping is None else implied(mapping, known) for mapping, known in pairs] or [None])


def implied(mapping: PartitionMapping, upstream: Partitions | None) -> Partitions | None:
    """The definition of the keys that a mapping gives for those of a definition; None where that is none of the model's."""
    try:
        found = through(mapping, upstream)
        return None if isinstance(found, TimePartitions) and not _is_sound(found) else found
    except PartitionError:
        return None


def _is_sound(definition: TimePartitions) -> bool:
    """Whether the keys can be read again."""
    windows = windows_of(definition)
    first = next(windows.since(windows.start or 0))
    return windows.parse(windows.spell(first.start)).start == first.start

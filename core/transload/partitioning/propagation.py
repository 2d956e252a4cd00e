"""The partitions of assets that are written through mappings, worked out from the graph: one rule, that of Airflow's scheduler."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timezone

from transload.errors import PartitionError
from transload.model.graph import AssetGraph
from transload.model.identity import AssetId
from transload.model.jobs import Flow
from transload.model.moments import moment_of
from transload.model.partitions import IdentityMapping, PartitionMapping, Partitions, TimePartitions
from transload.model.triggers import AliasUpdated, AllOf, AnyOf, AtLeast, InOrder, Trigger, Updated, leaves
from transload.ordering import components
from transload.partitioning.deriving import through
from transload.partitioning.keysets import UNKNOWN, Keys, in_all, in_any, keys_of
from transload.partitioning.windows import windows_of


def mappings_of(flow: Flow) -> dict[AssetId, PartitionMapping]:
    """The mapping for each asset that a flow listens to with one; the first where it has several for one asset."""
    mappings: dict[AssetId, PartitionMapping] = {}
    for schedule in flow.schedules:
        for leaf in leaves(schedule.trigger):
            if isinstance(leaf, Updated) and leaf.mapping is not None:
                mappings.setdefault(leaf.asset, leaf.mapping)
    return mappings


def derived(graph: AssetGraph, known: Mapping[AssetId, Partitions | None]) -> dict[AssetId, Partitions]:
    """The definitions of assets for which `known` has none, where all flows that write one have keys of one definition."""
    keys = written_keys(graph, known)
    return {asset: each.definition for asset, each in keys.items() if each.definition is not None}


def written_keys(graph: AssetGraph, known: Mapping[AssetId, Partitions | None]) -> dict[AssetId, Keys]:
    """The keys of each asset for which `known` has no definition and which flows write.

    A flow has the keys of its own partitions, or those that the mappings of its trigger make of the keys upstream: of "all" those that
    every part makes, of "any" those that some part makes. In a circle, keys that are not worked out yet cannot be told.
    """
    propagation = _Propagation(graph, known)
    for circle in components(propagation.upstream):
        propagation.settle(sorted(circle))
    return propagation.written


class _Propagation:
    """Keys go from flow to flow by way of the assets between them: `written` has those of assets."""

    def __init__(self, graph: AssetGraph, known: Mapping[AssetId, Partitions | None]) -> None:
        self.written: dict[AssetId, Keys] = {}
        self._known = {asset: keys_of(each) for asset, each in known.items() if each is not None}
        self._flows = {flow.name: flow for flow in graph.flows}
        self._keys: dict[str, Keys] = {}
        self._writes = {
            flow.name: tuple(dict.fromkeys(write.asset for name in flow.jobs for write in graph.job[name].writes))
            for flow in graph.flows
        }
        self._writers: dict[AssetId, list[str]] = {}
        for flow, assets in self._writes.items():
            for asset in assets:
                self._writers.setdefault(asset, []).append(flow)
        self.upstream = {name: self._upstream(flow) for name, flow in self._flows.items()}

    def _upstream(self, flow: Flow) -> list[str]:
        """The flows whose keys tell those of a flow."""
        if flow.partitions is not None or not mappings_of(flow):
            return []
        awaited = (leaf.asset for each in flow.schedules for leaf in leaves(each.trigger) if isinstance(leaf, Updated))
        unknown = (asset for asset in awaited if asset not in self._known)
        return sorted({writer for asset in unknown for writer in self._writers.get(asset, ())})

    def settle(self, circle: list[str]) -> None:
        """Work out the keys of flows that wait for each other, as long as that tells of one more."""
        pending = circle
        while pending:
            for name in pending:
                self._keys[name] = self._keys_of(self._flows[name])
                for asset in self._writes[name]:
                    if asset not in self._known:
                        self.written[asset] = in_any(self._keys.get(each, UNKNOWN) for each in self._writers[asset])
            left = [name for name in pending if self._keys[name].is_open]
            pending = left if len(circle) > 1 and len(left) < len(pending) else []

    def _keys_of(self, flow: Flow) -> Keys:
        if flow.partitions is not None:
            return keys_of(_started(flow))
        triggers = [each.trigger for each in flow.schedules if any(map(_is_mapped, leaves(each.trigger)))]
        parts = [keys for keys in map(self._made, triggers) if keys is not None]
        return _safe(in_any, parts) if parts else UNKNOWN

    def _made(self, trigger: Trigger | None) -> Keys | None:
        """The keys that a trigger starts runs for; None for one that tells of no key, such as a point in time."""
        if isinstance(trigger, Updated):
            return self._mapped(trigger.mapping or IdentityMapping(), trigger.asset)
        if isinstance(trigger, AliasUpdated):
            return UNKNOWN
        if not isinstance(trigger, (AllOf, AnyOf, AtLeast, InOrder)):
            return None
        parts = [keys for keys in map(self._made, trigger.parts) if keys is not None]
        if not parts:
            return None
        if isinstance(trigger, AtLeast):
            some = 1 < trigger.count < len(trigger.parts)
            return UNKNOWN if some else _safe(in_any if trigger.count <= 1 else in_all, parts)
        return _safe(in_any if isinstance(trigger, AnyOf) else in_all, parts)

    def _mapped(self, mapping: PartitionMapping, asset: AssetId) -> Keys:
        upstream = self._known.get(asset) or self.written.get(asset, UNKNOWN)
        parts = [*upstream.definitions, *([None] if upstream.is_open else [])]
        return _safe(in_any, [keys_of(made(mapping, each)) for each in parts])


def _is_mapped(leaf: Trigger) -> bool:
    return isinstance(leaf, Updated) and leaf.mapping is not None


def _safe(combine: Callable[[Iterable[Keys]], Keys], parts: Iterable[Keys]) -> Keys:
    """Keys of definitions that are wrong cannot be told."""
    try:
        return combine(parts)
    except (PartitionError, OverflowError, ValueError):
        return UNKNOWN


def made(mapping: PartitionMapping, upstream: Partitions | None) -> Partitions | None:
    """The definition of the keys that a mapping makes of those of a definition; None where that is none of the model's."""
    try:
        definition = through(mapping, upstream)
        return None if isinstance(definition, TimePartitions) and not _is_sound(definition) else definition
    except PartitionError:
        return None


def _is_sound(definition: TimePartitions) -> bool:
    """Whether the keys can be read again."""
    windows = windows_of(definition)
    first = next(windows.since(windows.start or 0))
    return windows.parse(windows.spell(first.start)).start == first.start


def _started(flow: Flow) -> Partitions | None:
    """The partitions of a flow, which makes no run from before its start."""
    partitions = flow.partitions
    if not isinstance(partitions, TimePartitions) or partitions.start is not None or partitions.run_offset:
        return partitions
    start = moment_of(flow.start or "")
    if start is None:
        return partitions
    try:
        windows = windows_of(partitions)
        first = next(windows.since(start.astimezone(timezone.utc).timestamp())).start
        if partitions.run_offset is None:
            first = next(windows.until(first.epoch)).start
    except (PartitionError, OverflowError, ValueError, StopIteration):
        return partitions
    return partitions.model_copy(update={"start": first.local.replace(tzinfo=None).isoformat()})

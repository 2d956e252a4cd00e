"""The one schedule of each DAG: several ways to start a flow become one, and conditions of other tools the nearest that Airflow has."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

from transload.counterparts import known_tools
from transload.model.graph import AssetGraph
from transload.model.identity import AssetId
from transload.model.jobs import Flow, Schedule
from transload.model.partitions import IdentityMapping, PartitionMapping, Partitions, RuntimePartitions, TimePartitions
from transload.model.triggers import (
    AliasUpdated,
    AllOf,
    AnyOf,
    Cron,
    Interval,
    Trigger,
    Updated,
    leaves,
    updated_assets,
)
from transload.partitioning import Sides
from transload.partitioning.mappings import inferred
from transload.triggering import Counterpart
from transload.triggering.conversions import any_of
from transload_airflow.codecs import mappings as mappers
from transload_airflow.codecs import own_mappings, own_timetables
from transload_airflow.codecs.timetables import Scheduled
from transload_airflow.codecs.triggers import canonical, has_mappings
from transload_airflow.names import TOOL, is_asset_name
from transload_airflow.shaping.partitions import Stated


def scheduled(flow: Flow, graph: AssetGraph) -> Flow:
    """The flow as Airflow gives it back: one schedule and the partitions of its timetable."""
    found = _first_written(_combined(flow, graph), flow.partitions, graph)
    active = _active(flow.schedules)
    schedules = (
        (Schedule(trigger=found.trigger, active=active),) if found.trigger is not None or active is not None else ()
    )
    if schedules == flow.schedules and found.partitions == flow.partitions:
        return flow
    return flow.model_copy(update={"schedules": schedules, "partitions": found.partitions})


def counterparts(flow: Flow, graph: AssetGraph) -> list[Counterpart]:
    """What becomes of the trigger of each schedule of a flow."""
    return [
        Counterpart(None) if each.trigger is None else known_tools().of_flow(each.trigger, flow, graph, TOOL)
        for each in flow.schedules
    ]


def differs(before: Flow, after: Flow) -> str | None:
    """One sentence on what Airflow does otherwise than each trigger by itself; None where the words alone are others."""
    if len(before.schedules) > 1:
        return "A DAG has one schedule: it fires when any of these does, with no more than that of each."
    if _heard(after) != _heard(before):
        return "The DAG listens to other assets than the flow."
    if _is_mapped(after) and not _is_mapped(before):
        return "The DAG runs partition by partition: a run waits for every upstream partition that its mappers name."
    return None


def _is_mapped(flow: Flow) -> bool:
    return any(has_mappings(each.trigger) for each in flow.schedules)


def _heard(flow: Flow) -> list[tuple[AssetId, ...]]:
    return [updated_assets(each.trigger) for each in flow.schedules]


def partition_aware(flows: Iterable[Flow], graph: AssetGraph, before: Mapping[str, Flow]) -> list[Flow]:
    """Airflow starts a plain DAG by no update of a partition: whoever listens to partitioned assets only becomes partition-aware.

    What Airflow itself said is left alone. `before` has the flows with the partitions that they had before they were scheduled.
    """
    table = {flow.name: flow for flow in flows}
    listeners: dict[AssetId, list[str]] = {}
    for flow in table.values():
        for asset in _plainly_updated(flow):
            listeners.setdefault(asset, []).append(flow.name)
    partitioned: set[AssetId] = set()
    pending = deque(flow.name for flow in table.values() if _is_partitioned(flow))
    while pending:
        written = _written(table[pending.popleft()], graph) - partitioned
        partitioned |= written
        for name in dict.fromkeys(name for asset in sorted(written) for name in listeners.get(asset, ())):
            if not _is_partitioned(table[name]) and set(_plainly_updated(table[name])) <= partitioned:
                table[name] = _aware(table[name], before[name], graph)
                pending.append(name)
    return list(table.values())


def mapped_between(flow: Flow, graph: AssetGraph) -> Stated:
    """What the mappers of a flow's schedule say of partitions, once it is written."""
    trigger = flow.schedules[0].trigger if flow.schedules else None
    return canonical(trigger, flow.partitions, _given(trigger, graph)).stated if has_mappings(trigger) else {}


def unmapped(flow: Flow, graph: AssetGraph) -> dict[AssetId, str]:
    """The assets of which no mapper can tell which partitions of the flow they count for, and why."""
    sides = _sides(flow, graph)
    trigger = flow.schedules[0].trigger if flow.schedules else None
    found = {asset: _refusal(_mapping(asset, flow, graph), sides(asset)) for asset in updated_assets(trigger)}
    return {asset: reason for asset, reason in found.items() if reason is not None}


def _given(trigger: Trigger | None, graph: AssetGraph) -> dict[AssetId, Partitions | None]:
    return {asset: graph.asset[asset].partitions for asset in updated_assets(trigger)}


def _combined(flow: Flow, graph: AssetGraph) -> Trigger | None:
    running = [each for each in flow.schedules if each.active is not False] or list(flow.schedules)
    triggers = list(dict.fromkeys(each.trigger.model_dump_json() for each in running if each.trigger is not None))
    by_text = {each.trigger.model_dump_json(): each.trigger for each in running if each.trigger is not None}
    found = [known_tools().of_flow(by_text[text], flow, graph, TOOL).written for text in triggers]
    sides = _sides(flow, graph)
    return any_of([_spelled(each, sides) for each in found if each is not None])


def _sides(flow: Flow, graph: AssetGraph) -> Callable[[AssetId], Sides]:
    """The definitions between an asset and a flow, whose own are those of all that it writes unless it says so."""
    said = [graph.asset[asset].partitions for asset in sorted(_written(flow, graph))]
    same = said[0] if said and all(each == said[0] for each in said) else None
    return lambda asset: Sides(graph.asset[asset].partitions, flow.partitions or same)


def _active(schedules: Sequence[Schedule]) -> bool | None:
    """Paused only if every schedule is; running only if one says so."""
    said = [each.active for each in schedules]
    if len(said) == 1:
        return said[0]
    return False if said and all(each is False for each in said) else True if True in said else None


def _spelled(trigger: Trigger, sides: Callable[[AssetId], Sides]) -> Trigger:
    """With the mappers that Airflow has, and the assets themselves in the place of references; in an interval without a zone."""
    if isinstance(trigger, Updated):
        said = trigger.mapping
        # What Airflow has itself needs no definitions.
        mapping = said and (mappers.native(said) or mappers.between(said, sides(trigger.asset)))
        return trigger.model_copy(update={"reference": None, "mapping": mapping})
    if isinstance(trigger, Interval):
        return Interval(seconds=trigger.seconds)
    if not isinstance(trigger, (AllOf, AnyOf)):
        return trigger
    return type(trigger)(parts=tuple(_spelled(part, sides) for part in trigger.parts))


def _first_written(trigger: Trigger | None, partitions: Partitions | None, graph: AssetGraph) -> Scheduled:
    """The first of several attempts that Airflow has words for, from exact to none at all."""
    if any(isinstance(leaf, AliasUpdated) and not is_asset_name(leaf.alias) for leaf in leaves(trigger)):
        trigger = None
    for attempt in _attempts(trigger, partitions):
        found = canonical(*attempt, _given(attempt[0], graph))
        if found.trigger is not None or found.partitions is not None:
            return found
    return Scheduled()


def _attempts(trigger: Trigger | None, partitions: Partitions | None) -> list[tuple[Trigger | None, Partitions | None]]:
    if partitions is None:
        return [(trigger, None)]
    if trigger is None:
        return [(None, RuntimePartitions())]
    if has_mappings(trigger):
        return [(trigger, partitions), (trigger, None)]
    if isinstance(partitions, TimePartitions) and isinstance(trigger, Cron):
        whole = _in_zone(trigger, partitions)
        plain: list[tuple[Trigger | None, Partitions | None]] = [(whole, _bare(partitions)), (trigger, None)]
        needed = own_timetables.refusal(partitions, trigger.expression, whole.timezone or partitions.timezone) is None
        return (
            [(whole, partitions), *plain]
            if needed and own_timetables.is_needed(partitions, trigger.expression)
            else plain
        )
    return [(trigger, None)]


def _in_zone(trigger: Cron, partitions: TimePartitions) -> Cron:
    return trigger if trigger.timezone else trigger.model_copy(update={"timezone": partitions.timezone})


def _bare(partitions: TimePartitions) -> TimePartitions:
    """Airflow's timetable has neither beginning nor end nor gaps."""
    return TimePartitions(
        cron=partitions.cron, timezone=partitions.timezone, format=partitions.format, run_offset=partitions.run_offset
    )


def _plainly_updated(flow: Flow) -> tuple[AssetId, ...]:
    """The assets that a flow listens to, unless it says more than that, or is Airflow's own."""
    trigger = flow.schedules[0].trigger if flow.schedules else None
    plain = all(isinstance(leaf, Updated) and leaf.mapping is None for leaf in leaves(trigger))
    from_airflow = flow.origin is not None and flow.origin.tool == TOOL
    return updated_assets(trigger) if plain and not from_airflow else ()


def _is_partitioned(flow: Flow) -> bool:
    trigger = flow.schedules[0].trigger if flow.schedules else None
    return flow.partitions is not None or any(isinstance(leaf, Updated) and leaf.mapping for leaf in leaves(trigger))


def _written(flow: Flow, graph: AssetGraph) -> set[AssetId]:
    return {write.asset for name in flow.jobs for write in graph.job[name].writes}


def _aware(flow: Flow, before: Flow, graph: AssetGraph) -> Flow:
    """With a mapper for each asset; without a schedule, for keys given by hand, where one of them would give wrong keys."""
    schedule = flow.schedules[0]
    whole = before.model_copy(update={"schedules": flow.schedules})
    sides = _sides(whole, graph)
    trigger = None
    if schedule.trigger is not None and not unmapped(whole, graph):
        trigger = _with_mappings(schedule.trigger, lambda asset: _mapper(_mapping(asset, whole, graph), sides(asset)))
    partitions = None if trigger is None else sides(updated_assets(trigger)[0]).downstream
    found = _first_written(trigger, partitions if trigger is not None else RuntimePartitions(), graph)
    schedules = (schedule.model_copy(update={"trigger": found.trigger}),)
    kept = schedules if found.trigger is not None or schedule.active is not None else ()
    return flow.model_copy(update={"schedules": kept, "partitions": found.partitions})


def _with_mappings(trigger: Trigger, mapper: Callable[[AssetId], PartitionMapping]) -> Trigger:
    if isinstance(trigger, Updated):
        return trigger.model_copy(update={"mapping": mapper(trigger.asset)})
    if isinstance(trigger, (AllOf, AnyOf)):
        return type(trigger)(parts=tuple(_with_mappings(part, mapper) for part in trigger.parts))
    return trigger


def _mapping(asset: AssetId, flow: Flow, graph: AssetGraph) -> PartitionMapping:
    """What a job of the flow says of an asset that it reads, else what Dagster takes for said (1.13, `infer_partition_mapping`)."""
    reads = (read for name in flow.jobs for read in graph.job[name].reads)
    said = next((read.mapping for read in reads if read.asset == asset and read.mapping is not None), None)
    return inferred(_sides(flow, graph)(asset)) if said is None else said


def _is_known(sides: Sides) -> bool:
    return sides.upstream is not None and sides.downstream is not None


def _refusal(mapping: PartitionMapping, sides: Sides) -> str | None:
    """Where a side has no partitions, or its are not known, any mapper will do: the keys of the other are taken as they are."""
    if not _is_known(sides) or mappers.between(mapping, sides) is not None:
        return None
    return own_mappings.refusal(mapping, sides)


def _mapper(mapping: PartitionMapping, sides: Sides) -> PartitionMapping:
    return mappers.between(mapping, sides) or IdentityMapping()

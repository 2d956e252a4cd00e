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
    # Only what runs counts, unless the whole flow is paused.
    running = [schedule for schedule in flow.schedules if schedule.active is not False] or flow.schedules
    # By text, as a model cannot be hashed: of equal triggers one is enough.
    triggers = {
        schedule.trigger.model_dump_json(): schedule.trigger for schedule in running if schedule.trigger is not None
    }
    counterparts = [known_tools().of_flow(trigger, flow, graph, TOOL).written for trigger in triggers.values()]
    sides = _sides(flow, graph)
    trigger = any_of([_spelled(written, sides) for written in counterparts if written is not None])
    schedule = _first_written(trigger, flow.partitions, graph)
    active = _active(flow.schedules)
    schedules: tuple[Schedule, ...] = ()
    if schedule.trigger is not None or active is not None:
        schedules = (Schedule(trigger=schedule.trigger, active=active),)
    if schedules == flow.schedules and schedule.partitions == flow.partitions:
        return flow
    return flow.model_copy(update={"schedules": schedules, "partitions": schedule.partitions})


def counterparts(flow: Flow, graph: AssetGraph) -> list[Counterpart]:
    """The counterpart in Airflow of each schedule's trigger."""
    tools = known_tools()
    return [
        Counterpart(None) if schedule.trigger is None else tools.of_flow(schedule.trigger, flow, graph, TOOL)
        for schedule in flow.schedules
    ]


def differs(before: Flow, after: Flow) -> str | None:
    """One sentence on what Airflow does otherwise than each trigger by itself; None where the words alone are others."""
    if len(before.schedules) > 1:
        return "A DAG has one schedule: it fires when any of these does, with no more than that of each."
    if _upstream_assets(after) != _upstream_assets(before):
        return "The DAG listens to other assets than the flow."
    if _is_mapped(after) and not _is_mapped(before):
        return "The DAG runs partition by partition: a run waits for every upstream partition that its mappers name."
    return None


def _is_mapped(flow: Flow) -> bool:
    return any(has_mappings(schedule.trigger) for schedule in flow.schedules)


def _upstream_assets(flow: Flow) -> list[tuple[AssetId, ...]]:
    return [updated_assets(schedule.trigger) for schedule in flow.schedules]


def partition_aware(flows: Iterable[Flow], graph: AssetGraph, before: Mapping[str, Flow]) -> list[Flow]:
    """Airflow starts a plain DAG by no update of a partition: whoever listens to partitioned assets only becomes partition-aware.

    A flow that was read from Airflow is left alone. `before` has the flows with the partitions that they had before they were scheduled.
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
    """The definitions that the mappers of a flow's schedule state once it is written, by upstream asset."""
    trigger = flow.schedules[0].trigger if flow.schedules else None
    if not has_mappings(trigger):
        return {}
    return canonical(trigger, flow.partitions, _upstream_partitions(trigger, graph)).stated


def unmapped(flow: Flow, graph: AssetGraph) -> dict[AssetId, str]:
    """The assets of which no mapper can tell which partitions of the flow they count for, and why."""
    sides_of = _sides(flow, graph)
    reasons: dict[AssetId, str] = {}
    for asset in updated_assets(flow.schedules[0].trigger if flow.schedules else None):
        sides, mapping = sides_of(asset), _mapping(asset, flow, graph)
        # Where a side has no partitions, or its are not known, any mapper will do: the keys of the other are taken as they are.
        if sides.upstream is None or sides.downstream is None or mappers.between(mapping, sides) is not None:
            continue
        reason = own_mappings.refusal(mapping, sides)
        if reason is not None:
            reasons[asset] = reason
    return reasons


def _upstream_partitions(trigger: Trigger | None, graph: AssetGraph) -> dict[AssetId, Partitions | None]:
    return {asset: graph.asset[asset].partitions for asset in updated_assets(trigger)}


def _sides(flow: Flow, graph: AssetGraph) -> Callable[[AssetId], Sides]:
    """Asset → its definition and that of the flow, which is the one of all that the flow writes unless it has its own."""
    definitions = [graph.asset[asset].partitions for asset in sorted(_written(flow, graph))]
    same = definitions and all(definition == definitions[0] for definition in definitions)
    own = flow.partitions or (definitions[0] if same else None)
    return lambda asset: Sides(graph.asset[asset].partitions, own)


def _active(schedules: Sequence[Schedule]) -> bool | None:
    """Paused only if every schedule is; running only if one is stated to be."""
    states = [schedule.active for schedule in schedules]
    if len(states) == 1:
        return states[0]
    if states and all(state is False for state in states):
        return False
    return True if True in states else None


def _spelled(trigger: Trigger, sides: Callable[[AssetId], Sides]) -> Trigger:
    """With the mappers that Airflow has, and the assets themselves in the place of references; in an interval without a zone."""
    if isinstance(trigger, Updated):
        mapping = trigger.mapping
        if mapping is not None:
            # Airflow's own mappers first, since they need no definitions.
            mapping = mappers.native(mapping) or mappers.between(mapping, sides(trigger.asset))
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
        schedule = canonical(*attempt, _upstream_partitions(attempt[0], graph))
        if schedule.trigger is not None or schedule.partitions is not None:
            return schedule
    return Scheduled()


def _attempts(trigger: Trigger | None, partitions: Partitions | None) -> list[tuple[Trigger | None, Partitions | None]]:
    if partitions is None:
        return [(trigger, None)]
    if trigger is None:
        return [(None, RuntimePartitions())]
    if has_mappings(trigger):
        return [(trigger, partitions), (trigger, None)]
    if not isinstance(partitions, TimePartitions) or not isinstance(trigger, Cron):
        return [(trigger, None)]
    zone = trigger.timezone or partitions.timezone
    zoned = trigger if trigger.timezone else trigger.model_copy(update={"timezone": zone})
    # Airflow's own timetable has neither beginning nor end nor gaps.
    bare = TimePartitions(
        cron=partitions.cron, timezone=partitions.timezone, format=partitions.format, run_offset=partitions.run_offset
    )
    attempts: list[tuple[Trigger | None, Partitions | None]] = [(zoned, bare), (trigger, None)]
    # Transload's own can run more, and is for what Airflow's cannot run.
    possible = own_timetables.refusal(partitions, trigger.expression, zone) is None
    if possible and own_timetables.is_needed(partitions, trigger.expression):
        attempts.insert(0, (zoned, partitions))
    return attempts


def _plainly_updated(flow: Flow) -> tuple[AssetId, ...]:
    """The assets that a flow listens to, unless its trigger is more than that, or it is Airflow's own."""
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

    def mapper(asset: AssetId) -> PartitionMapping:
        return mappers.between(_mapping(asset, whole, graph), sides(asset)) or IdentityMapping()

    trigger: Trigger | None = None
    partitions: Partitions | None = RuntimePartitions()
    if schedule.trigger is not None and not unmapped(whole, graph):
        trigger = _with_mappings(schedule.trigger, mapper)
        partitions = sides(updated_assets(trigger)[0]).downstream
    written = _first_written(trigger, partitions, graph)
    schedules: tuple[Schedule, ...] = ()
    if written.trigger is not None or schedule.active is not None:
        schedules = (schedule.model_copy(update={"trigger": written.trigger}),)
    return flow.model_copy(update={"schedules": schedules, "partitions": written.partitions})


def _with_mappings(trigger: Trigger, mapper: Callable[[AssetId], PartitionMapping]) -> Trigger:
    if isinstance(trigger, Updated):
        return trigger.model_copy(update={"mapping": mapper(trigger.asset)})
    if isinstance(trigger, (AllOf, AnyOf)):
        return type(trigger)(parts=tuple(_with_mappings(part, mapper) for part in trigger.parts))
    return trigger


def _mapping(asset: AssetId, flow: Flow, graph: AssetGraph) -> PartitionMapping:
    """The mapping that a job of the flow states for an asset that it reads, else Dagster's (1.13, `infer_partition_mapping`)."""
    for read in (read for name in flow.jobs for read in graph.job[name].reads):
        if read.asset == asset and read.mapping is not None:
            return read.mapping
    return inferred(_sides(flow, graph)(asset))

"""Triggers in Airflow (3.3.2; `SchedulerJobRunner`, `AssetManager`, `timetables/`).

Updates are queued, one row for each asset, so that several updates of one asset count once. A loop of the scheduler starts one run
where the expression holds over the rows, and empties the queue. Events with a partition key never reach this queue; a partition-aware
timetable sees nothing else, and waits for each downstream key by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from transload.errors import PartitionError
from transload.model.identity import AssetId
from transload.model.partitions import IdentityMapping, PartitionMapping, RollupMapping
from transload.model.triggers import (
    AliasUpdated,
    AllOf,
    AnyOf,
    Continuous,
    Cron,
    Interval,
    Once,
    Trigger,
    Updated,
    leaves,
)
from transload.partitioning import complete
from transload.partitioning.keywise import FORWARD, mapped, rolled_up
from transload.triggering.simulation import Firings, Machine, unknown
from transload.triggering.steps import Context, Firing, Update
from transload.triggering.ticks import Due
from transload_airflow.names import TOOL
from transload_airflow.triggering.clock import CLOCK

RUN: Final = (Firing(),)
Leaf = Callable[[AssetId], bool]


def machine(trigger: Trigger, context: Context) -> Machine:
    """The trigger as Airflow's `schedule`. Raises `TriggerError` where there is none for it."""
    if any(isinstance(leaf, Updated) and leaf.mapping is not None for leaf in leaves(trigger)):
        return _PartitionAware(trigger)
    if isinstance(trigger, (Once, Continuous)):
        return _Unclocked(again=isinstance(trigger, Continuous))
    parts = trigger.parts if isinstance(trigger, AnyOf) and trigger.within is None else (trigger,)
    times = [part for part in parts if isinstance(part, (Cron, Interval))]
    assets = tuple(part for part in parts if part not in times)
    _check(assets)
    return _Schedule(times, assets, context)


def _check(assets: Sequence[Trigger]) -> None:
    pending = list(assets)
    while pending:
        part = pending.pop()
        if not isinstance(part, (Updated, AliasUpdated, AllOf, AnyOf)):
            raise unknown(part, TOOL, "Airflow has no such schedule")
        if isinstance(part, (AllOf, AnyOf)):
            if part.within is not None:
                raise unknown(part, TOOL, "Airflow's queue has no window of time")
            pending.extend(part.parts)


def holds(trigger: Trigger, is_there: Leaf, context: Context) -> bool:
    """Whether an expression of assets is true over those that are there."""
    if isinstance(trigger, Updated):
        return is_there(trigger.asset)
    if isinstance(trigger, AliasUpdated):
        return any(map(is_there, context.aliases.get(trigger.alias, ())))
    parts = trigger.parts if isinstance(trigger, (AllOf, AnyOf)) else ()
    quantifier = all if isinstance(trigger, AllOf) else any
    return quantifier(holds(part, is_there, context) for part in parts)


def _listened(assets: Sequence[Trigger], context: Context, references: Collection[str | None]) -> frozenset[AssetId]:
    """The assets that an expression names in one of these ways, and those attached to its aliases."""
    parts = [leaf for part in assets for leaf in leaves(part)]
    named = {leaf.asset for leaf in parts if isinstance(leaf, Updated) and leaf.reference in references}
    aliases = [leaf.alias for leaf in parts if isinstance(leaf, AliasUpdated)]
    return frozenset(named.union(*(context.aliases.get(alias, ()) for alias in aliases)))


class _Schedule:
    """Points in time, an expression of assets, or either (`AssetOrTimeSchedule`)."""

    def __init__(self, times: Sequence[Trigger], assets: tuple[Trigger, ...], context: Context) -> None:
        self.times: list[_Cron | _Every] = [
            _Every(time.seconds) if isinstance(time, Interval) else _Cron(time, context) for time in times
        ]
        self.condition = AnyOf(parts=assets)
        self.context = context
        self.queue = _Queue(
            listened=_listened(assets, context, (None, "name", "uri")), recorded=_listened(assets, context, (None,))
        )

    def update(self, update: Update) -> None:
        """Queue a plain update of an asset of the expression."""
        self.queue.put(update)

    def finish(self) -> None:
        """The queue does not care."""

    def evaluate(self, at: datetime) -> Firings:
        """A run for the assets comes first; one for a tick then waits for the next loop."""
        if holds(self.condition, self.queue.since.__contains__, self.context):
            return (Firing(consumed=self.queue.take()),)
        due = [time.is_due(at) for time in self.times]
        return RUN if any(due) else ()


class _Queue:
    """Rows of `asset_dag_run_queue`, and the events that the next run is told of.

    A row keeps the time of the first update. A run is told of the events up to the newest row, those with a partition key included, and
    of none after: later updates of the same burst are told to the run that comes next.
    """

    def __init__(self, listened: frozenset[AssetId], recorded: frozenset[AssetId]) -> None:
        self.listened = listened
        self.recorded = recorded
        self.since: dict[AssetId, int] = {}
        self.events: list[tuple[int, AssetId]] = []
        self.number = 0

    def put(self, update: Update) -> None:
        """An event; assets that are listened to by a reference only are never told (`consumed_asset_events`)."""
        self.number += 1
        if update.asset in self.recorded:
            self.events.append((self.number, update.asset))
        if update.partition is None and update.asset in self.listened:
            self.since.setdefault(update.asset, self.number)

    def take(self) -> frozenset[AssetId]:
        """Empty the queue; the assets whose events the run is told of."""
        newest = max(self.since.values())
        self.since = {}
        consumed = frozenset(asset for number, asset in self.events if number <= newest)
        self.events = [(number, asset) for number, asset in self.events if number > newest]
        return consumed


class _Cron:
    """`CronTriggerTimetable` without catchup: one run for however many ticks were missed."""

    def __init__(self, cron: Trigger, context: Context) -> None:
        self.due = Due(cron, context, CLOCK)

    def is_due(self, at: datetime) -> bool:
        return bool(self.due.take(at))


class _Every:
    """`DeltaTriggerTimetable` without catchup: at once, and then so long after the last run."""

    def __init__(self, seconds: float) -> None:
        self.span = timedelta(seconds=seconds)
        self.last: datetime | None = None

    def is_due(self, at: datetime) -> bool:
        if self.last is not None and at < self.last + self.span:
            return False
        self.last = at
        return True


class _Unclocked:
    """`@once` and `@continuous`."""

    def __init__(self, *, again: bool) -> None:
        self.again = again
        self.is_ready = True

    def update(self, update: Update) -> None:
        """No update matters."""

    def finish(self) -> None:
        """A continuous DAG starts again."""
        self.is_ready = self.is_ready or self.again

    def evaluate(self, _at: datetime) -> Firings:
        """A run, unless one is going on or was the only one."""
        ready, self.is_ready = self.is_ready, False
        return RUN if ready else ()


class _PartitionAware:
    """`PartitionedAssetTimetable`: a pending run for each downstream key, in the order in which they came up."""

    def __init__(self, trigger: Trigger) -> None:
        _check([trigger])
        self.trigger = trigger
        self.mappings: dict[AssetId, PartitionMapping] = {}
        for leaf in leaves(trigger):
            if not isinstance(leaf, Updated):
                raise unknown(leaf, TOOL, "only assets with a mapper can be partition-aware")
            self.mappings[leaf.asset] = _checked(leaf)
        self.pending: dict[str, dict[AssetId, set[str]]] = {}

    def update(self, update: Update) -> None:
        """Map the key; a plain event and a key that the mapper refuses are ignored."""
        mapping = self.mappings.get(update.asset)
        if mapping is None or update.partition is None:
            return
        for key in _mapped(mapping, update.partition):
            self.pending.setdefault(key, {}).setdefault(update.asset, set()).add(update.partition)

    def finish(self) -> None:
        """Keys that wait do not care."""

    def evaluate(self, _at: datetime) -> Firings:
        """A run for each key whose assets, and whose windows of keys, are there."""
        ready = [key for key in self.pending if self._is_ready(key)]
        return tuple(Firing(key, frozenset(self.pending.pop(key))) for key in ready)

    def _is_ready(self, key: str) -> bool:
        there = self.pending[key]
        return holds(self.trigger, lambda asset: asset in there and self._is_whole(asset, key), Context())

    def _is_whole(self, asset: AssetId, key: str) -> bool:
        mapping = self.mappings[asset]
        if not isinstance(mapping, RollupMapping):
            return True
        return complete(mapping.wait, rolled_up(mapping, key), self.pending[key][asset])


def _checked(leaf: Updated) -> PartitionMapping:
    mapping = leaf.mapping or IdentityMapping()
    if type(mapping) not in FORWARD:
        raise unknown(leaf, TOOL, f"a mapping {mapping.kind!r} is none of Airflow's")
    return mapping


def _mapped(mapping: PartitionMapping, key: str) -> tuple[str, ...]:
    try:
        return mapped(mapping, key)
    except PartitionError:
        # Airflow answers the event, writes "failed to map partition_key" into its audit log, and queues nothing.
        return ()

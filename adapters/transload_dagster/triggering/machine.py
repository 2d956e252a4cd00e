"""Triggers in Dagster (1.13.29; `declarative_automation/`, `_scheduler/scheduler.py`).

A schedule starts one run for the latest of its missed ticks. An automation condition is a tree that is true or false for each partition
at each tick; those for which it is true are requested, once for however many updates. What `Since` forgets in the tick of its reset is
lost: an update in the tick after a request, or in that of the target's own update.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from transload.errors import TriggerError
from transload.model.conditions import (
    AllDeps,
    AnyDeps,
    Both,
    Either,
    InLatestWindow,
    NewlyTrue,
    Not,
    OfAsset,
    Predicate,
    Since,
    State,
    TickPassed,
)
from transload.model.identity import AssetId
from transload.model.triggers import AnyOf, Cron, Trigger
from transload.partitioning.clocks import clock_of
from transload.triggering.presets import predicate_of
from transload.triggering.simulation import Alternatives, Firings, Machine, unknown
from transload.triggering.steps import Context, Firing, Update
from transload.triggering.ticks import Due
from transload_dagster.names import TOOL
from transload_dagster.triggering.clock import CLOCK
from transload_dagster.triggering.world import NONE, Key, Keys, World


def machine(trigger: Trigger, context: Context) -> Machine:
    """A schedule for the crons of each zone, a condition on the asset for the rest. Raises `TriggerError` where there is neither."""
    parts = trigger.parts if isinstance(trigger, AnyOf) and trigger.within is None else (trigger,)
    zones = dict.fromkeys(part.timezone for part in parts if isinstance(part, Cron))
    machines: list[Machine] = [
        _Schedule([part for part in parts if isinstance(part, Cron) and part.timezone == zone], context)
        for zone in zones
    ]
    rest = tuple(part for part in parts if not isinstance(part, Cron))
    if rest:
        machines.append(_condition(trigger if rest == parts else AnyOf(parts=rest), context))
    return machines[0] if len(machines) == 1 else Alternatives(machines)


def _condition(trigger: Trigger, context: Context) -> Machine:
    predicate = predicate_of(trigger)
    if predicate is None:
        raise unknown(trigger, TOOL, "no automation condition stands for it, or its tree is not known")
    if context.asset is None:
        raise unknown(trigger, TOOL, "a condition stands on an asset, and the context names none")
    return _Condition(predicate, World(context, context.asset))


class _Schedule:
    """`ScheduleDefinition` of a job without partitions, of crons in one zone: one run for however many ticks were missed."""

    def __init__(self, crons: Sequence[Cron], context: Context) -> None:
        both = next((cron for cron in crons if not cron.day_or), None)
        if both is not None:
            raise unknown(both, TOOL, "Dagster takes day and weekday as alternatives")
        self.due = [Due(cron, context, CLOCK) for cron in crons]

    def update(self, update: Update) -> None:
        """No update matters."""

    def finish(self) -> None:
        """A schedule does not care."""

    def evaluate(self, at: datetime) -> Firings:
        """One run for the latest tick since the last look."""
        ticks = [tick for due in self.due for tick in due.take(at)]
        return (Firing(),) if ticks else ()


class Truth(NamedTuple):
    """The keys for which a predicate is true and, where Dagster keeps it, the time of each since when (seconds)."""

    keys: Keys
    times: Mapping[Key, float] | None = None


class _Condition:
    """A tree of predicates on one asset. `Since` and `NewlyTrue` remember their truth of the tick before."""

    def __init__(self, predicate: Predicate, world: World) -> None:
        self.predicate = predicate
        self.world = world
        self.memory: dict[tuple[AssetId, Predicate], Keys] = {}
        self.remembered: dict[tuple[AssetId, Predicate], Keys] = {}

    def update(self, update: Update) -> None:
        """An event is stored."""
        self.world.update(update)

    def finish(self) -> None:
        """The requested partitions are written."""
        self.world.finish()

    def evaluate(self, at: datetime) -> Firings:
        """A run for each partition for which the tree is true."""
        world = self.world
        world.begin(at)
        true_keys = self.true(self.predicate, world.asset).keys & world.all(world.asset)
        world.end(true_keys)
        self.memory, self.remembered = self.remembered, {}
        return tuple(Firing(key) for key in world.keys(world.asset) if key in true_keys)

    def true(self, predicate: Predicate, asset: AssetId) -> Truth:
        """The truth of a predicate for an asset, now."""
        return _TRUE[type(predicate)](self, predicate, asset)


def _state(self: _Condition, predicate: State, asset: AssetId) -> Truth:
    truth_of = _STATES.get(predicate.name)
    if truth_of is None:
        raise TriggerError(f"Steps say nothing of {predicate.name!r}.", hint="Compare a condition without it.")
    return truth_of(self.world, asset)


def _newly_updated(world: World, asset: AssetId) -> Truth:
    keys = world.updated(asset)
    return Truth(keys, dict.fromkeys(keys, world.now.timestamp()))


def _newly_requested(world: World, asset: AssetId) -> Truth:
    if asset != world.asset or world.before is None:
        return Truth(NONE)
    return Truth(world.requested, dict.fromkeys(world.requested, world.before.timestamp()))


_STATES: Final[Mapping[str, Callable[[World, AssetId], Truth]]] = {
    "missing": lambda world, asset: Truth(world.missing(asset)),
    "newly_updated": _newly_updated,
    "newly_requested": _newly_requested,
    "run_in_progress": lambda world, asset: Truth(world.running if asset == world.asset else NONE),
    "initial_evaluation": lambda world, asset: Truth(world.all(asset) if world.is_first else NONE),
    # Nothing but the asset itself has a condition, runs of its own, or backfills here.
    "backfill_in_progress": lambda _world, _asset: Truth(NONE),
    "will_be_requested": lambda _world, _asset: Truth(NONE),
    "executed_with_root_target": lambda _world, _asset: Truth(NONE),
}


def _tick_passed(self: _Condition, predicate: TickPassed, asset: AssetId) -> Truth:
    """The latest tick at or before now is at or after the last look."""
    world = self.world
    tick = next(clock_of(predicate.expression, predicate.timezone).until(world.now.timestamp())).epoch
    if world.before is None or tick < world.before.timestamp():
        return Truth(NONE)
    keys = world.all(asset)
    return Truth(keys, dict.fromkeys(keys, float(tick)))


def _latest(self: _Condition, predicate: InLatestWindow, asset: AssetId) -> Truth:
    if predicate.lookback is not None:
        raise TriggerError(
            "A look back from the latest window is not computed.", hint="Compare a condition without it."
        )
    return Truth(self.world.latest(asset))


def _both(self: _Condition, predicate: Both, asset: AssetId) -> Truth:
    return Truth(self.world.all(asset).intersection(*(self.true(part, asset).keys for part in predicate.parts)))


def _either(self: _Condition, predicate: Either, asset: AssetId) -> Truth:
    return Truth(NONE.union(*(self.true(part, asset).keys for part in predicate.parts)))


def _not(self: _Condition, predicate: Not, asset: AssetId) -> Truth:
    return Truth(self.world.all(asset) - self.true(predicate.part, asset).keys)


def _since(self: _Condition, predicate: Since, asset: AssetId) -> Truth:
    """In one tick the reset wins, unless both tell when they were true, and the part was later."""
    memory_key = (asset, predicate)
    part, reset = self.true(predicate.part, asset), self.true(predicate.reset, asset)
    keys = (self.memory.get(memory_key, NONE) | part.keys) - reset.keys
    if part.times and reset.times:
        keys |= {
            key
            for key in part.keys & reset.keys
            if key in part.times and (key not in reset.times or part.times[key] > reset.times[key])
        }
    self.remembered[memory_key] = keys
    return Truth(keys, part.times)


def _newly_true(self: _Condition, predicate: NewlyTrue, asset: AssetId) -> Truth:
    memory_key = (asset, predicate)
    keys = self.remembered[memory_key] = self.true(predicate.part, asset).keys
    return Truth(keys - self.memory.get(memory_key, NONE))


def _of_asset(self: _Condition, predicate: OfAsset, asset: AssetId) -> Truth:
    truth = self.true(predicate.part, predicate.asset)
    times: dict[Key, float] = {}
    for key, time in (truth.times or {}).items():
        for own in self.world.down(predicate.asset, asset, [key]):
            times[own] = max(time, times.get(own, time))
    return Truth(self.world.down(predicate.asset, asset, truth.keys), times or None)


def _deps(self: _Condition, predicate: AnyDeps | AllDeps, asset: AssetId) -> list[Truth]:
    counting = [
        dep
        for dep in self.world.upstream(asset)
        if (predicate.only is None or dep in predicate.only) and dep not in predicate.ignored
    ]
    return [_of_asset(self, OfAsset(asset=dep, part=predicate.part), asset) for dep in counting]


def _any_deps(self: _Condition, predicate: AnyDeps, asset: AssetId) -> Truth:
    truths = _deps(self, predicate, asset)
    times: dict[Key, float] = {}
    for truth in truths:
        for key, time in (truth.times or {}).items():
            times[key] = max(time, times.get(key, time))
    return Truth(NONE.union(*(truth.keys for truth in truths)) & self.world.all(asset), times or None)


def _all_deps(self: _Condition, predicate: AllDeps, asset: AssetId) -> Truth:
    return Truth(self.world.all(asset).intersection(*(truth.keys for truth in _deps(self, predicate, asset))))


_TRUE: Final[Mapping[type, Callable[[_Condition, Any, AssetId], Truth]]] = {
    State: _state,
    TickPassed: _tick_passed,
    InLatestWindow: _latest,
    Both: _both,
    Either: _either,
    Not: _not,
    Since: _since,
    NewlyTrue: _newly_true,
    OfAsset: _of_asset,
    AnyDeps: _any_deps,
    AllDeps: _all_deps,
}

"""Automation conditions that have a name, and those that stand for updates of assets, as trees of predicates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

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
    StateName,
    TickPassed,
)
from transload.model.identity import AssetId
from transload.model.triggers import (
    AllOf,
    AnyOf,
    Condition,
    Eager,
    OnCron,
    OnMissing,
    Trigger,
    Updated,
)


def _is(name: StateName) -> State:
    return State(name=name)


MISSING: Final = _is("missing")
NEWLY_UPDATED: Final = _is("newly_updated")
WILL_BE_REQUESTED: Final = _is("will_be_requested")
HANDLED: Final = Either(parts=(_is("newly_requested"), NEWLY_UPDATED, _is("initial_evaluation")))
IN_PROGRESS: Final = Either(parts=(_is("run_in_progress"), _is("backfill_in_progress")))

ANY_DEPS_MISSING: Final = AnyDeps(part=Both(parts=(MISSING, Not(part=WILL_BE_REQUESTED))))
ANY_DEPS_IN_PROGRESS: Final = AnyDeps(part=IN_PROGRESS)
ANY_DEPS_UPDATED: Final = AnyDeps(
    part=Either(
        parts=(Both(parts=(NEWLY_UPDATED, Not(part=_is("executed_with_root_target")))), WILL_BE_REQUESTED),
    )
)
EAGER: Final = Both(
    parts=(
        InLatestWindow(),
        Since(part=Either(parts=(NewlyTrue(part=MISSING), ANY_DEPS_UPDATED)), reset=HANDLED),
        Not(part=ANY_DEPS_MISSING),
        Not(part=ANY_DEPS_IN_PROGRESS),
        Not(part=IN_PROGRESS),
    )
)
ON_MISSING: Final = Both(
    parts=(InLatestWindow(), Since(part=NewlyTrue(part=MISSING), reset=HANDLED), Not(part=ANY_DEPS_MISSING))
)


def on_cron(expression: str, timezone: str) -> Predicate:
    """`AutomationCondition.on_cron`."""
    tick = TickPassed(expression=expression, timezone=timezone)
    updated = AllDeps(part=Either(parts=(Since(part=NEWLY_UPDATED, reset=tick), WILL_BE_REQUESTED)))
    return Both(parts=(InLatestWindow(), Since(part=tick, reset=HANDLED), updated))


def updated_since_handled(asset: AssetId) -> Predicate:
    """An asset was updated since the last request: what stands for an update in a schedule of another tool."""
    return Since(part=OfAsset(asset=asset, part=NEWLY_UPDATED), reset=HANDLED)


def predicate_of(trigger: Trigger) -> Predicate | None:
    """The tree that is evaluated for a trigger; None where no automation condition stands for it, or its tree is not known."""
    predicate = _PREDICATES.get(type(trigger))
    return predicate(trigger) if predicate else None


def _combined(trigger: AllOf | AnyOf) -> Predicate | None:
    parts = [predicate_of(part) for part in trigger.parts if isinstance(part, (Updated, AllOf, AnyOf))]
    known = tuple(part for part in parts if part is not None)
    if not known or len(known) < len(trigger.parts) or trigger.within is not None:
        return None
    return Both(parts=known) if isinstance(trigger, AllOf) else Either(parts=known)


_PREDICATES: Final[Mapping[type, Callable[[Any], Predicate | None]]] = {
    Updated: lambda trigger: updated_since_handled(trigger.asset),
    AllOf: _combined,
    AnyOf: _combined,
    Eager: lambda _: EAGER,
    OnMissing: lambda _: ON_MISSING,
    OnCron: lambda trigger: on_cron(trigger.expression, trigger.timezone),
    Condition: lambda trigger: trigger.predicate,
}

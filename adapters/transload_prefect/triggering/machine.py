"""Triggers in Prefect (3.9.1; `server/events/triggers.py`, `server/schemas/schedules.py`).

Every event is looked at by itself, when it comes: there is no queue that brings several into one run. A compound trigger keeps the last
firing of each of its parts until it fires. A schedule of a deployment plans its runs ahead, so that each missed tick is still run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from itertools import count
from typing import Any, Final

from transload.model.identity import uri_of
from transload.model.triggers import (
    AllOf,
    AnyOf,
    AtLeast,
    Event,
    InOrder,
    Trigger,
    Updated,
)
from transload.triggering.simulation import Alternatives, Firings, Machine, unknown
from transload.triggering.steps import Context, Firing, Update
from transload.triggering.ticks import TIMES, Due
from transload_prefect.names import TOOL
from transload_prefect.triggering.clock import CLOCK
from transload_prefect.triggering.events import Counter, Counting, Proactive, Reactive

MATERIALIZED: Final = "prefect.asset.materialization.succeeded"
RESOURCE: Final = "prefect.resource.id"
_KNOWN_FIELDS: Final = frozenset({"type", "expect", "match", "for_each", "posture", "threshold", "within"})


def machine(trigger: Trigger, context: Context) -> Machine:
    """Schedules and automations of a deployment, each by itself. Raises `TriggerError` where Prefect has no such trigger."""
    several = isinstance(trigger, AnyOf) and trigger.within is None
    parts = trigger.parts if several and isinstance(trigger, AnyOf) else (trigger,)
    machines = [_Schedule(part, context) if isinstance(part, TIMES) else _Automation(part) for part in parts]
    return machines[0] if len(machines) == 1 else Alternatives(machines)


class _Schedule:
    """A run for each tick: what was missed is run late."""

    def __init__(self, trigger: Trigger, context: Context) -> None:
        self.due = Due(trigger, context, CLOCK)

    def update(self, update: Update) -> None:
        """No update matters."""

    def finish(self) -> None:
        """A schedule does not care."""

    def evaluate(self, at: datetime) -> Firings:
        """One run for each tick since the last look."""
        return tuple(Firing() for _ in self.due.take(at))


class _Automation:
    """An event, compound or sequence trigger. The updates before an evaluation are events that occur at its time, in their order."""

    def __init__(self, trigger: Trigger) -> None:
        self.leaves: list[_Leaf] = []
        self.fired = 0
        self._build(trigger)
        self.waiting: list[Update] = []

    def _build(self, trigger: Trigger) -> None:
        """Leaves in order of writing, each knowing the composites above it. Iterative, for expressions may be deep."""
        pending: list[tuple[Trigger, _Composite | None]] = [(trigger, None)]
        while pending:
            part, above = pending.pop()
            if isinstance(part, (AllOf, AnyOf, AtLeast, InOrder)):
                composite = _Composite(part, above)
                pending.extend((inner, composite) for inner in reversed(part.parts))
            else:
                self.leaves.append(_leaf(part, above))

    def update(self, update: Update) -> None:
        """An event is sent."""
        self.waiting.append(update)

    def finish(self) -> None:
        """Events tell it, not runs."""

    def evaluate(self, at: datetime) -> Firings:
        """The runs of the events sent, and of the time that has passed."""
        runs = 0
        for update in self.waiting:
            runs += sum(_bubble(leaf, leaf.above, at) for leaf in self.leaves if leaf.counter.react(update.asset, at))
        self.waiting = []
        for leaf in self.leaves:
            runs += sum(_bubble(leaf, leaf.above, at) for _ in range(leaf.counter.pass_time(at)))
        return (Firing(),) * runs


def _bubble(child: _Leaf | _Composite, above: _Composite | None, at: datetime) -> int:
    """Whether the firing of a part makes the whole fire."""
    while above is not None:
        if not above.fires(child, at):
            return 0
        child, above = above, above.above
    return 1


_ORDER: Final = count()
"""Firings come one after another, even at one time of the clock."""


class _Composite:
    """A compound or a sequence trigger (`evaluate_composite_trigger`)."""

    def __init__(self, trigger: AllOf | AnyOf | AtLeast | InOrder, above: _Composite | None) -> None:
        self.above = above
        self.parts: list[_Leaf | _Composite] = []
        self.is_ordered = isinstance(trigger, InOrder)
        self.wanted = _wanted(trigger)
        self.within = None if trigger.within is None else timedelta(seconds=trigger.within)
        self.fired: dict[_Leaf | _Composite, tuple[datetime, int]] = {}
        if above is not None:
            above.parts.append(self)

    def fires(self, child: _Leaf | _Composite, at: datetime) -> bool:
        if self.wanted == 1:
            return True
        if self.within is not None:
            self.fired = {part: when for part, when in self.fired.items() if when[0] >= at - self.within}
        self.fired[child] = (at, next(_ORDER))
        if not self._is_ready():
            return False
        self.fired = {}
        return True

    def _is_ready(self) -> bool:
        if not self.is_ordered:
            return len(self.fired) >= self.wanted
        return sorted(self.fired, key=lambda part: self.fired[part][1]) == self.parts


def _wanted(trigger: AllOf | AnyOf | AtLeast | InOrder) -> int:
    if isinstance(trigger, AnyOf):
        return 1
    return trigger.count if isinstance(trigger, AtLeast) else len(trigger.parts)


@dataclass(frozen=True, eq=False)
class _Leaf:
    """An event trigger, and the composite in which it stands."""

    counter: Counter
    above: _Composite | None


def _leaf(trigger: Trigger, above: _Composite | None) -> _Leaf:
    leaf = _Leaf(_counter(trigger), above)
    if above is not None:
        above.parts.append(leaf)
    return leaf


def _counter(trigger: Trigger) -> Counter:
    if isinstance(trigger, Updated):
        return Reactive(Counting(lambda asset: asset == trigger.asset))
    if not isinstance(trigger, Event):
        raise unknown(trigger, TOOL, "Prefect has no such trigger")
    item = trigger.match
    if not isinstance(item, dict) or not set(item) <= _KNOWN_FIELDS:
        raise unknown(trigger, TOOL, "it listens to more than updates of assets")
    counting = _counting(trigger, item)
    return Proactive(counting) if item.get("posture") == "Proactive" else Reactive(counting)


def _counting(trigger: Event, item: dict[str, Any]) -> Counting:
    """What an event trigger counts, given in the fields of Prefect; the keys of assets are their URIs."""
    labels = dict(item.get("match") or {})
    resources = labels.pop(RESOURCE, ["*"])
    patterns: Sequence[str] = [resources] if isinstance(resources, str) else resources
    each = item.get("for_each", [])
    if labels or each not in ([RESOURCE], []):
        raise unknown(trigger, TOOL, "labels other than the key are not known of an update")
    is_expected = any(fnmatchcase(MATERIALIZED, name) for name in item.get("expect") or [MATERIALIZED])
    return Counting(
        lambda asset: is_expected and any(fnmatchcase(uri_of(asset), pattern) for pattern in patterns),
        item.get("threshold", 1),
        timedelta(seconds=item.get("within", 0)),
        bool(each),
    )

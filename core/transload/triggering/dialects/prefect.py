"""Triggers in Prefect (3.8.8; `server/events/triggers.py`, `server/schemas/schedules.py`).

Every event is looked at by itself, when it comes: there is no queue that brings several into one run. A compound trigger keeps the last
firing of each of its parts until it fires. A schedule of a deployment plans its runs ahead, so that each missed tick is still run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from itertools import count
from typing import Any, Final

from transload.model.identity import AssetId, uri_of
from transload.model.triggers import (
    AllOf,
    AnyOf,
    AtLeast,
    Event,
    InOrder,
    Trigger,
    Updated,
)
from transload.triggering.playing import Alternatives, Firings, Machine, unknown
from transload.triggering.steps import Context, Firing, Update
from transload.triggering.ticks import TIMES, Due

TOOL: Final = "prefect"
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
        self.due = Due(trigger, context)

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
            runs += sum(_bubble(leaf, leaf.above, at) for leaf in self.leaves for _ in range(leaf.react(update, at)))
        self.waiting = []
        runs += sum(_bubble(leaf, leaf.above, at) for leaf in self.leaves for _ in range(leaf.pass_time(at)))
        return (Firing(),) * runs


def _bubble(child: _Leaf | _Composite, above: _Composite | None, at: datetime) -> int:
    """Whether the firing of a part makes the whole fire."""
    while above is not None:
        if not above.fires(child, at):
            return 0
        child, above = above, above.above
    return 1


_LOOKBACK: Final = timedelta(minutes=15)
"""How much older than the first event others may be that still count (`PRECEDING_EVENT_LOOKBACK`)."""
_EXPIRED: Final = timedelta(seconds=60)
"""For how long a window that is over is kept (`PREFECT_SERVER_EVENTS_EXPIRED_BUCKET_BUFFER`)."""
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


class _Leaf:
    """An event trigger (`evaluate`): counts events in a window of time, one window for each resource where it says so."""

    def __init__(self, matches: Callable[[AssetId], bool], item: dict[str, Any], above: _Composite | None) -> None:
        self.above = above
        self.matches = matches
        self.threshold: int = item.get("threshold", 1)
        self.within = timedelta(seconds=item.get("within", 0))
        self.is_proactive = item.get("posture") == "Proactive"
        self.is_immediate = not self.is_proactive and not self.within
        self.is_by_resource = bool(item.get("for_each"))
        self.next: datetime | None = None
        self.buckets: dict[AssetId | None, _Bucket] = {}
        if above is not None:
            above.parts.append(self)

    def react(self, update: Update, at: datetime) -> int:
        """How often one event makes it fire: at most once."""
        if not self.matches(update.asset):
            return 0
        place = update.asset if self.is_by_resource else None
        bucket = self.buckets.setdefault(place, _Bucket(at - _LOOKBACK, at + self.within))
        return self._evaluate(place, bucket, at, 1)

    def _evaluate(self, place: AssetId | None, bucket: _Bucket, at: datetime, count: int) -> int:
        """Spend `count` events in the window, or in the one after it, and fire if that makes enough, or is too few at its end."""
        if at < bucket.start:
            return 0
        if self.is_immediate or at < bucket.end:
            bucket.count, count = bucket.count + count, 0
        fires = self._is_met(bucket, at)
        if not fires and (self.is_immediate or at < bucket.end):
            return 0
        fresh = self._renew(place, bucket, at)
        if count and not self.is_proactive:
            return self._evaluate(place, fresh, at, count)
        fresh.count = count
        return int(fires)

    def _is_met(self, bucket: _Bucket, at: datetime) -> bool:
        if self.is_proactive:
            return bucket.end <= at and bucket.count < self.threshold
        return bucket.count >= self.threshold

    def _renew(self, place: AssetId | None, bucket: _Bucket, at: datetime) -> _Bucket:
        """The window after this one, which for a reactive trigger may begin later: until then events are ignored."""
        start = max(bucket.end, at)
        fresh = _Bucket(start, start + self.within)
        if self.is_immediate:
            del self.buckets[place]
        else:
            self.buckets[place] = fresh
        return fresh

    def pass_time(self, at: datetime) -> int:
        """How often a proactive trigger fires since too few events came; a window long over is forgotten, with what it counted."""
        is_due = self.is_proactive and (self.next is None or self.next <= at)
        fired = self._look(at) if is_due else 0
        self.buckets = {place: bucket for place, bucket in self.buckets.items() if bucket.end > at - _EXPIRED}
        return fired

    def _look(self, at: datetime) -> int:
        """At the windows as they are; the next look is when the first of them ends (`proactive_evaluation`)."""
        if not self.is_by_resource:
            self.buckets.setdefault(None, _Bucket(at, at + self.within))
        self.buckets = {place: each for place, each in self.buckets.items() if each.count < self.threshold}
        fired = sum(self._evaluate(place, bucket, at, 0) for place, bucket in list(self.buckets.items()))
        self.next = min([at + self.within, *(each.end for each in self.buckets.values() if each.end > at)])
        return fired


class _Bucket:
    """Events counted in a window of time."""

    def __init__(self, start: datetime, end: datetime) -> None:
        self.start = start
        self.end = end
        self.count = 0


def _leaf(trigger: Trigger, above: _Composite | None) -> _Leaf:
    if isinstance(trigger, Updated):
        return _Leaf(lambda asset: asset == trigger.asset, {}, above)
    if not isinstance(trigger, Event):
        raise unknown(trigger, TOOL, "Prefect has no such trigger")
    item = trigger.match
    if not isinstance(item, dict) or not set(item) <= _KNOWN_FIELDS:
        raise unknown(trigger, TOOL, "it listens to more than updates of assets")
    return _Leaf(_matching(trigger, item), item, above)


def _matching(trigger: Event, item: dict[str, Any]) -> Callable[[AssetId], bool]:
    """The assets whose updates an event trigger matches; their keys are their URIs."""
    labels = dict(item.get("match") or {})
    found = labels.pop(RESOURCE, ["*"])
    patterns: Sequence[str] = [found] if isinstance(found, str) else found
    expected = item.get("expect") or [MATERIALIZED]
    if labels or item.get("for_each", [RESOURCE]) not in ([RESOURCE], []):
        raise unknown(trigger, TOOL, "labels other than the key are not known of an update")
    is_expected = any(fnmatchcase(MATERIALIZED, name) for name in expected)
    return lambda asset: is_expected and any(fnmatchcase(uri_of(asset), pattern) for pattern in patterns)

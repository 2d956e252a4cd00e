"""The ticks of triggers of time."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from importlib import import_module
from itertools import count, takewhile
from typing import Any, Final

from transload.errors import TriggerError
from transload.model.moments import moment_of
from transload.model.triggers import Cron, Interval, RRule, Trigger, leaves
from transload.partitioning.clocks import Clock, Tick, clock_of, offsets, zone_of
from transload.partitioning.cron import parse_cron
from transload.triggering.changes import changed_days, is_on_change
from transload.triggering.semantics import Clockwork, Gap, Overlap
from transload.triggering.simulation import unknown
from transload.triggering.steps import Context

Ticks = Callable[[datetime, datetime], "list[datetime]"]
"""The ticks after one instant and up to another, in order."""

TIMES: Final = (Cron, Interval, RRule)
_FIELDS: Final = 5
_DAY: Final = timedelta(days=1)


def ticks_of(trigger: Trigger, context: Context, start: datetime, clock: Clockwork) -> Ticks:
    """The ticks of a trigger of time by the clock of a tool; `start` is where an interval without an anchor begins.

    Raises `TriggerError` for any other trigger, `PartitionError` for a wrong cron expression or zone.
    """
    handler = _TICKS.get(type(trigger))
    if handler is None:
        raise unknown(trigger, "any tool", "it is no trigger of time")
    return handler(trigger, context, start, clock)


def _cron(trigger: Cron, context: Context, _start: datetime, clock: Clockwork) -> Ticks:
    zone = trigger.timezone or context.zone
    clocks = [_clock_of(expression, zone, clock.gap, clock.overlap) for expression in _alternatives(trigger)]

    def between(after: datetime, until: datetime) -> list[datetime]:
        first, *others = [_epochs(clock, after, until) for clock in clocks]
        both = set(first).intersection(*others)
        return [datetime.fromtimestamp(epoch, timezone.utc) for epoch in sorted(both)]

    return between


@lru_cache(maxsize=256)
def _clock_of(expression: str, zone: str, gap: Gap, overlap: Overlap) -> Clock:
    if (gap, overlap) == (Gap.END, Overlap.NIGHT):
        return clock_of(expression, zone)
    return _Changing(expression, zone, gap, overlap)


class _Changing(Clock):
    """The ticks of a cron expression by a tool's own rule for times that the clock skips or shows twice."""

    def __init__(self, expression: str, zone: str, gap: Gap, overlap: Overlap) -> None:
        super().__init__(parse_cron(expression), zone_of(zone))
        self.gap = gap
        self.overlap = overlap

    def on_change(self, start: datetime) -> list[Tick]:
        """The ticks of a day on which the clock changes."""
        if self.cron.is_every_hour and self.overlap is not Overlap.FIRST:
            return super().on_change(start)
        by_time: dict[int, Tick] = {}
        shown = start.replace(tzinfo=None) - timedelta(minutes=1)
        for hour, minute in self.cron.times:
            local = start.replace(hour=hour, minute=minute)
            # By that rule a tick that was moved over the gap leaves the times behind that come before it on the clock.
            if self.gap is not Gap.FIRST_LATER or local.replace(tzinfo=None) > shown:
                tick = self._tick(local)
                by_time.setdefault(tick.epoch, tick)
                shown = tick.local.replace(tzinfo=None)
        return [by_time[epoch] for epoch in sorted(by_time)]

    def _tick(self, local: datetime) -> Tick:
        before, after = offsets(local)
        if after > before and self.gap is Gap.END:
            return super().on_change(local)[0]
        # In a gap the first of two readings of a time is later by what the clock skips (PEP 495).
        second = after < before and self.overlap is not Overlap.FIRST
        epoch = round(local.replace(fold=int(second)).timestamp())
        return Tick(epoch, datetime.fromtimestamp(epoch, self.zone))


def changed_ticks(trigger: Trigger, default: str, one: Clockwork, other: Clockwork) -> tuple[bool, bool]:
    """Whether two tools run the cron expressions of a trigger otherwise at times that the clock skips, and at those that it shows twice.

    `default` is the zone of expressions that name none.
    """
    if (one.gap, one.overlap) == (other.gap, other.overlap):
        return False, False
    crons = {(leaf.expression, leaf.timezone or default) for leaf in leaves(trigger) if isinstance(leaf, Cron)}
    changed = [_changed_ticks(*cron, (one.gap, one.overlap), (other.gap, other.overlap)) for cron in sorted(crons)]
    return any(skipped for skipped, _ in changed), any(repeated for _, repeated in changed)


@lru_cache(maxsize=4096)
def _changed_ticks(
    expression: str, zone: str, one: tuple[Gap, Overlap], other: tuple[Gap, Overlap]
) -> tuple[bool, bool]:
    if not is_on_change(Cron(expression=expression, timezone=zone), zone):
        return False, False
    first, second = _clock_of(expression, zone, *one), _clock_of(expression, zone, *other)
    days = [change for change in changed_days(zone) if first.cron.fires_on(change.day)]
    kinds = {change.is_gap for change in days if _epochs_of(first, change.day) != _epochs_of(second, change.day)}
    return True in kinds, False in kinds


def _epochs_of(clock: Clock, day: date) -> list[int]:
    return [tick.epoch for tick in clock.on(day)]


def _alternatives(trigger: Cron) -> tuple[str, ...]:
    """Expressions that must all tick: with `day_or` False, that of the days and that of the weekdays."""
    fields = trigger.expression.split()
    if trigger.day_or or len(fields) != _FIELDS:
        return (trigger.expression,)
    minute, hour, day, month, weekday = fields
    return (f"{minute} {hour} {day} {month} *", f"{minute} {hour} * {month} {weekday}")


def _epochs(clock: Clock, after: datetime, until: datetime) -> Iterator[int]:
    last = until.timestamp()
    first = math.floor(after.timestamp()) + 1
    return takewhile(lambda epoch: epoch <= last, (tick.epoch for tick in clock.since(first)))


def _interval(trigger: Interval, _context: Context, start: datetime, clock: Clockwork) -> Ticks:
    """Steps from the anchor, or from the start: of real time, or of days of a zone's clock."""
    anchor = start if trigger.anchor is None else _instant(trigger.anchor)
    span = timedelta(seconds=trigger.seconds)
    if span <= timedelta(0):
        raise unknown(trigger, "any tool", "an interval is longer than nothing")
    if clock.local_days and has_local_days(trigger):
        return _days(anchor, span, zone_of(trigger.timezone or "UTC"))

    def between(after: datetime, until: datetime) -> list[datetime]:
        first, last = (after - anchor) // span + 1, (until - anchor) // span
        return [anchor + number * span for number in range(first, last + 1)]

    return between


def has_local_days(interval: Interval) -> bool:
    """Whether an interval is of whole days in a zone, whose days need not have 24 hours."""
    return interval.timezone not in (None, "UTC") and not timedelta(seconds=interval.seconds) % _DAY


def _days(anchor: datetime, span: timedelta, zone: tzinfo) -> Ticks:
    """As Prefect 3.9.1 steps: a time that the clock skips moves all that follow, but before the anchor none."""
    first = anchor.astimezone(zone).replace(tzinfo=None)
    ahead = [anchor]

    def between(after: datetime, until: datetime) -> list[datetime]:
        while ahead[-1] <= until:
            ahead.append(_later(ahead[-1].astimezone(zone).replace(tzinfo=None) + span, zone))
        before = (_later(first - number * span, zone) for number in count(1))
        back = [tick for tick in takewhile(lambda tick: tick > after, before) if tick <= until]
        return back[::-1] + ahead[bisect_right(ahead, after) : bisect_right(ahead, until)]

    return between


def _later(local: datetime, zone: tzinfo) -> datetime:
    """The instant of a time of a clock: of one that it shows twice the second, of one that it skips as much later.

    On Python 3.13 Prefect computes with another library, and takes the first.
    """
    return max(local.replace(tzinfo=zone, fold=fold).astimezone(timezone.utc) for fold in (0, 1))


def _instant(text: str) -> datetime:
    moment = moment_of(text)
    if moment is None:
        raise TriggerError(f"{text!r} is no time.", hint="Write ISO-8601.")
    return moment


def _rrule(trigger: RRule, context: Context, _start: datetime, clock: Clockwork) -> Ticks:
    # Only those who compute rules should pay for the import; dateutil has no types.
    rrulestr: Any = import_module("dateutil.rrule").rrulestr
    zone = zone_of(trigger.timezone or context.zone)
    try:
        rule = rrulestr(trigger.rule, dtstart=clock.rules_from)
    except (ValueError, TypeError) as error:
        raise TriggerError(
            f"{trigger.rule!r} is no recurrence rule: {error}.", hint="Write one of RFC 5545."
        ) from error

    def between(after: datetime, until: datetime) -> list[datetime]:
        day = timedelta(days=1)
        times = rule.between(
            after.astimezone(zone).replace(tzinfo=None) - day, until.astimezone(zone).replace(tzinfo=None) + day
        )
        return [tick for tick in (local.replace(tzinfo=zone) for local in times) if after < tick <= until]

    return between


_TICKS: Final[Mapping[type, Callable[..., Ticks]]] = {Cron: _cron, Interval: _interval, RRule: _rrule}


class Due:
    """The ticks since the last look; time before the start gives none."""

    def __init__(self, trigger: Trigger, context: Context, clock: Clockwork) -> None:
        self.trigger = trigger
        self.context = context
        self.clock = clock
        self.last: datetime | None = None
        self.between: Ticks | None = None

    def take(self, at: datetime) -> list[datetime]:
        """The ticks up to `at` that were not taken before."""
        if self.last is None or self.between is None:
            self.last = min(self.context.start or at, at)
            self.between = ticks_of(self.trigger, self.context, self.last, self.clock)
        ticks = self.between(self.last, at)
        self.last = at
        return ticks

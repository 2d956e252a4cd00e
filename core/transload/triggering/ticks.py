"""The ticks of triggers of time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from importlib import import_module
from itertools import takewhile
from typing import Any, Final

from transload.errors import TriggerError
from transload.model.moments import moment_of
from transload.model.triggers import Cron, Interval, RRule, Trigger
from transload.partitioning.clocks import Clock, clock_of, zone_of
from transload.triggering.simulation import unknown
from transload.triggering.steps import Context

Ticks = Callable[[datetime, datetime], "list[datetime]"]
"""The ticks after one instant and up to another, in order."""

TIMES: Final = (Cron, Interval, RRule)
_FIELDS: Final = 5
_RULE_START: Final = datetime(2020, 1, 1)  # noqa: DTZ001 - in the rule's own zone
"""Where Prefect 3.8.8 lets a recurrence rule without a start begin."""


def ticks_of(trigger: Trigger, context: Context, start: datetime) -> Ticks:
    """The ticks of a trigger of time; `start` is where an interval without an anchor begins.

    Raises `TriggerError` for any other trigger, `PartitionError` for a wrong cron expression or zone.
    """
    found = _TICKS.get(type(trigger))
    if found is None:
        raise unknown(trigger, "any tool", "it is no trigger of time")
    return found(trigger, context, start)


def _cron(trigger: Cron, context: Context, _start: datetime) -> Ticks:
    zone = trigger.timezone or context.zone
    clocks = [clock_of(expression, zone) for expression in _alternatives(trigger)]

    def between(after: datetime, until: datetime) -> list[datetime]:
        first, *others = [_epochs(clock, after, until) for clock in clocks]
        both = set(first).intersection(*others)
        return [datetime.fromtimestamp(epoch, timezone.utc) for epoch in sorted(both)]

    return between


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


def _interval(trigger: Interval, _context: Context, start: datetime) -> Ticks:
    """Steps of real time from the anchor, or from the start."""
    anchor = start if trigger.anchor is None else _instant(trigger.anchor)
    span = timedelta(seconds=trigger.seconds)
    if span <= timedelta(0):
        raise unknown(trigger, "any tool", "an interval is longer than nothing")

    def between(after: datetime, until: datetime) -> list[datetime]:
        first, last = (after - anchor) // span + 1, (until - anchor) // span
        return [anchor + number * span for number in range(first, last + 1)]

    return between


def _instant(text: str) -> datetime:
    moment = moment_of(text)
    if moment is None:
        raise TriggerError(f"{text!r} is no time.", hint="Write ISO-8601.")
    return moment


def _rrule(trigger: RRule, context: Context, _start: datetime) -> Ticks:
    # Only those who compute rules should pay for the import; dateutil has no types.
    rrulestr: Any = import_module("dateutil.rrule").rrulestr
    zone = zone_of(trigger.timezone or context.zone)
    try:
        rule = rrulestr(trigger.rule, dtstart=_RULE_START)
    except (ValueError, TypeError) as error:
        raise TriggerError(
            f"{trigger.rule!r} is no recurrence rule: {error}.", hint="Write one of RFC 5545."
        ) from error

    def between(after: datetime, until: datetime) -> list[datetime]:
        day = timedelta(days=1)
        found = rule.between(
            after.astimezone(zone).replace(tzinfo=None) - day, until.astimezone(zone).replace(tzinfo=None) + day
        )
        return [tick for tick in (local.replace(tzinfo=zone) for local in found) if after < tick <= until]

    return between


_TICKS: Final[Mapping[type, Callable[..., Ticks]]] = {Cron: _cron, Interval: _interval, RRule: _rrule}


class Due:
    """The ticks since the last look; time before the start gives none."""

    def __init__(self, trigger: Trigger, context: Context) -> None:
        self.trigger = trigger
        self.context = context
        self.last: datetime | None = None
        self.between: Ticks | None = None

    def take(self, at: datetime) -> list[datetime]:
        """The ticks up to `at` that were not taken before."""
        if self.last is None or self.between is None:
            self.last = min(self.context.start or at, at)
            self.between = ticks_of(self.trigger, self.context, self.last)
        found = self.between(self.last, at)
        self.last = at
        return found

"""Times of cron expressions that a change of the clock skips or shows twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from transload.errors import PartitionError
from transload.model.triggers import Cron, Trigger, leaves
from transload.partitioning.clocks import offsets, zone_of
from transload.partitioning.cron import parse_cron

_FIRST: Final = date(2026, 1, 1)
_WEEKS: Final = 28 * 366 // 7
"""After 28 years each date falls on the same weekday again."""

_QUARTER: Final = 15
"""Clocks change at quarters of an hour, by quarters of an hour (tzdata, since 1972)."""


class Change(NamedTuple):
    """A day on which the clock changes, whether it skips times then or shows them twice, and the quarters (hour, number) of these."""

    day: date
    is_gap: bool
    quarters: frozenset[tuple[int, int]]


@lru_cache(maxsize=4096)
def _is_on_change(expression: str, zone: str) -> bool:
    """Whether the expression has such a time in the zone; False where either is wrong."""
    try:
        cron, changed = parse_cron(expression), changed_days(zone)
    except PartitionError:
        return False
    times = {(hour, minute // _QUARTER) for hour, minute in cron.times}
    return any(not times.isdisjoint(change.quarters) and cron.fires_on(change.day) for change in changed)


def is_on_change(trigger: Trigger, default: str) -> bool:
    """Whether a cron expression in a trigger has a time that the clock skips or shows twice; `default` is the zone of those without one."""
    crons = (leaf for leaf in leaves(trigger) if isinstance(leaf, Cron))
    return any(_is_on_change(cron.expression, cron.timezone or default) for cron in crons)


@lru_cache(maxsize=256)
def changed_days(zone: str) -> tuple[Change, ...]:
    """The changes of the clock of a zone. Raises `PartitionError` for an unknown one."""
    return tuple(_change(day, zone) for day in _days(zone))


def changes_clock(zone: str) -> bool:
    """True of a zone whose clock changes; an unknown one has none that could."""
    try:
        return bool(changed_days(zone))
    except PartitionError:
        return False


def _days(zone: str) -> Iterator[date]:
    """The days around each change: looked for week by week first, since there are ten thousand days."""
    known = zone_of(zone)
    for week in range(_WEEKS):
        days = [_FIRST + timedelta(weeks=week, days=number) for number in range(-1, 8)]
        distances = [datetime(day.year, day.month, day.day, tzinfo=known).utcoffset() for day in days]
        if distances[1] != distances[-1]:
            changes = zip(days[1:-1], distances[1:-1], distances[2:], strict=True)
            yield from (day for day, before, after in changes if before != after)


def _change(day: date, zone: str) -> Change:
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone_of(zone))
    times = [midnight.replace(hour=number // 4, minute=number % 4 * _QUARTER) for number in range(96)]
    changed = [(time, *offsets(time)) for time in times]
    quarters = frozenset((time.hour, time.minute // _QUARTER) for time, before, after in changed if before != after)
    return Change(day, any(after > before for _, before, after in changed), quarters)

"""The ticks of a cron expression in a time zone: what becomes of times that a clock skips or shows twice."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from transload.errors import PartitionError
from transload.partitioning.cron import Cron, day_before, parse_cron

_EPOCH: Final = date(1970, 1, 1).toordinal()
_DAY: Final = 86_400
_HOUR: Final = timedelta(hours=1)
_ONE_DAY: Final = timedelta(days=1)
_CHANGING: Final = range(1, 4)
"""Hours at which Dagster looks for a change of the clock (`DAYLIGHT_SAVINGS_HOURS`, 1.13)."""

_FIXED: Final = re.compile(r"([+-])(\d{2}):?(\d{2})")


class Tick(NamedTuple):
    """A tick: seconds since 1970 in UTC, and what the clock of the zone shows."""

    epoch: int
    local: datetime


@lru_cache(maxsize=256)
def zone_of(name: str) -> tzinfo:
    """The time zone of this name in the IANA data base, or of a fixed offset such as `+05:30`.

    Raises `PartitionError` for an unknown name.
    """
    if fixed := _FIXED.fullmatch(name):
        distance = timedelta(hours=int(fixed[2]), minutes=int(fixed[3]))
        return timezone(distance if fixed[1] == "+" else -distance)
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise PartitionError(f"{name!r} is no time zone.", hint="Write a name such as Europe/Paris.") from error


def offsets(local: datetime) -> tuple[timedelta, timedelta]:
    """The distances from UTC before and after a change of the clock; the same where there is none at this time."""
    return local.replace(fold=0).utcoffset() or timedelta(0), local.replace(fold=1).utcoffset() or timedelta(0)


class Clock:
    """The ticks of a cron expression in a zone, in order; each instant once.

    Where every hour has ticks, a skipped time has none, and a time shown twice has two. Else a skipped time gives a tick at the end
    of the gap, and a time shown twice one, the second (Dagster 1.13, "Execution times and daylight savings time"; Airflow 3.3
    agrees, except that it adds the gap to a skipped time instead).
    """

    def __init__(self, cron: Cron, zone: tzinfo) -> None:
        self.cron = cron
        self.zone = zone
        self.on: Callable[[date], list[Tick]] = lru_cache(maxsize=8)(self._on)

    def since(self, epoch: float) -> Iterator[Tick]:
        """The ticks at and after an instant, ascending."""
        day = self._day(epoch)
        last = -float("inf")
        for each in self.cron.days_from(day_before(day), 1):
            ticks = self.on(each)
            for tick in ticks[bisect_left(ticks, epoch, key=_epoch) :] if each <= day else ticks:
                if tick.epoch > last:
                    last = tick.epoch
                    yield tick

    def until(self, epoch: float) -> Iterator[Tick]:
        """The ticks at and before an instant, descending."""
        day = self._day(epoch)
        last = float("inf")
        for each in self.cron.days_from(day, -1):
            ticks = self.on(each)
            for tick in reversed(ticks[: bisect_right(ticks, epoch, key=_epoch)] if each == day else ticks):
                if tick.epoch < last:
                    last = tick.epoch
                    yield tick

    def has(self, tick: Tick) -> bool:
        """Whether there is a tick at this instant."""
        return next(self.since(tick.epoch)).epoch == tick.epoch

    def _day(self, epoch: float) -> date:
        try:
            return datetime.fromtimestamp(epoch, self.zone).date()
        except (OverflowError, ValueError, OSError) as error:
            raise PartitionError(f"There is no date {epoch} seconds after 1970.", hint="Correct the bounds.") from error

    def _on(self, day: date) -> list[Tick]:
        """The ticks of a day of the cron expression."""
        zone, year, month, number = self.zone, day.year, day.month, day.day
        start = datetime(year, month, number, tzinfo=zone)
        before, after = zone.utcoffset(start), zone.utcoffset((start + _ONE_DAY).replace(fold=1))
        if before != after or before is None:
            return self._on_change(start)
        midnight = (day.toordinal() - _EPOCH - before.days) * _DAY - before.seconds
        return [
            Tick(midnight + hour * 3600 + minute * 60, datetime(year, month, number, hour, minute, tzinfo=zone))
            for hour, minute in self.cron.times
        ]

    def _on_change(self, start: datetime) -> list[Tick]:
        ticks: list[Tick] = []
        for hour, minute in self.cron.times:
            ticks += [
                Tick(round(local.timestamp()), local) for local in self._shown(start.replace(hour=hour, minute=minute))
            ]
        if self.cron.is_every_hour:
            ticks.sort(key=_epoch)
        highest = -float("inf")
        kept = []
        for tick in ticks:
            if tick.epoch > highest:
                highest = tick.epoch
                kept.append(tick)
        return kept

    def _shown(self, local: datetime) -> list[datetime]:
        """When the clock shows this time, or what stands for it."""
        before, after = offsets(local)
        if before == after:
            return [local]
        if self.cron.is_every_hour:
            return [] if after > before else [local.replace(fold=0), local.replace(fold=1)]
        if after > before:
            return [_past_gap(local, int(self.cron.is_fixed)) if local.hour in _CHANGING else local.replace(fold=0)]
        return [local.replace(fold=int(local.hour in _CHANGING or not self.cron.is_fixed))]


def _epoch(tick: Tick) -> int:
    return tick.epoch


def _past_gap(local: datetime, fold: int) -> datetime:
    """The end of the gap, for gaps that begin on the hour.

    `fold` matters where the zone data give summer no saving (Europe/Dublin): Dagster then stays in the gap.
    """
    saving = local.tzinfo.dst(local + _HOUR) if local.tzinfo else None
    return (local.replace(minute=0) + (saving or timedelta(0))).replace(fold=fold)


@lru_cache(maxsize=256)
def clock_of(cron: str, zone: str) -> Clock:
    """The ticks of this cron expression in this zone. Raises `PartitionError` where either is wrong."""
    return Clock(parse_cron(cron), zone_of(zone))

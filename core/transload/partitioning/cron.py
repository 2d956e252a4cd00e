"""Cron expressions: what they mean, as sets; croniter reads them, so that they mean what they mean in Airflow."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from itertools import product
from typing import Final
from zoneinfo import ZoneInfo

from transload.errors import PartitionError

FIELDS: Final = 5

PRESETS: Final[Mapping[str, str]] = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
"""The names for common expressions that croniter knows (7.0, `croniter.expand`); each tool takes some of these, and may have its own."""

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: Final = ((0, 59, ()), (0, 23, ()), (1, 31, ()), (1, 12, _MONTHS), (0, 7, _WEEKDAYS))
"""Lowest and highest value of each field, and names for its values."""

_ITEM: Final = re.compile(r"(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>[1-9][0-9]{0,3}))?", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,2}")
_ZONE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*")
_NOT_ZONES: Final = frozenset({"localtime", "Factory", "posixrules"})
_COPIES: Final = ("posix/", "right/")
"""Folders with every zone once more, which not every machine has."""

_LONGEST: Final[Mapping[int, int]] = {month: calendar.monthrange(2000, month)[1] for month in range(1, 13)}
"""Days of each month in a leap year."""

# Hashed and random fields differ from run to run; croniter's public reading leaves the nearest weekday out.
_REFUSED: Final = re.compile(r"(?:^|[\s,])[hr](?:[(/\s,]|$)|\dw|w\d", re.IGNORECASE)
_LAST_WEEK: Final = 7
"""The last so many days of a month hold the last of each weekday."""


def is_plain(expression: str, *, last_weekday: int = 6, steps_beyond: bool = False) -> bool:
    """Whether an expression has five fields that every cron reads alike: values, names, ranges, steps, lists.

    `last_weekday` is 7 where Sunday may be 7 too. `steps_beyond`: a step may be longer than its field, which then has the first value.
    """
    fields = expression.split(" ")
    rules = (*_FIELDS[:-1], (0, last_weekday, _WEEKDAYS))
    items = ((item, rule) for field, rule in zip(fields, rules, strict=False) for item in field.split(","))
    return len(fields) == FIELDS and all(_is_plain_item(item, rule, steps_beyond) for item, rule in items)


def _is_plain_item(text: str, rule: tuple[int, int, tuple[str, ...]], steps_beyond: bool) -> bool:  # noqa: FBT001 - the caller's
    match = _ITEM.fullmatch(text)
    if match is None:
        return False
    low, high, names = rule
    bounds = [_value(bound, names, low) for bound in (match["first"], match["last"]) if bound is not None]
    known = [bound for bound in bounds if bound is not None and low <= bound <= high]
    # A step from a single value is one to the end in croniter, and none in other crons.
    steps = (steps_beyond or int(match["step"] or 1) <= high) and not (match["step"] and len(bounds) == 1)
    return len(known) == len(bounds) and steps and known == sorted(known)


def _value(text: str, names: tuple[str, ...], low: int) -> int | None:
    if _NUMBER.fullmatch(text):
        return int(text)
    # Names of months count from 1, those of days from 0.
    return names.index(text.lower()) + low if text.lower() in names else None


@cache
def is_zone(name: str) -> bool:
    """Whether a name is one of the IANA time zone database, on this machine and any other."""
    if not _ZONE.fullmatch(name) or name in _NOT_ZONES or name.startswith(_COPIES):
        return False
    try:
        return ZoneInfo(name).key == name
    except (OSError, ValueError, LookupError):
        return False


@dataclass(frozen=True)
class Cron:
    """A cron expression of five fields. None stands for an unrestricted field; weekdays count from Sunday, 0.

    `nth` gives, for a weekday, which of the month's it is (`1#2`), or `l` for its last. `is_fixed` tells the expressions of one
    time of day that Dagster computes without croniter (`cron_string_iterator`, 1.13).
    """

    times: tuple[tuple[int, int], ...]
    days: frozenset[int | str] | None
    months: frozenset[int] | None
    weekdays: frozenset[int] | None
    nth: Mapping[int, frozenset[int | str]]
    is_every_hour: bool
    is_fixed: bool

    def fires_on(self, day: date) -> bool:
        """Whether there is a tick on this day. Where day and weekday are both restricted, either is enough."""
        if self.months is not None and day.month not in self.months:
            return False
        if self.days is not None and self.weekdays is not None:
            return self._has_day(day) or self._has_weekday(day)
        return self._has_day(day) and self._has_weekday(day)

    def _has_day(self, day: date) -> bool:
        if self.days is None or day.day in self.days:
            return True
        return "l" in self.days and day.day == calendar.monthrange(day.year, day.month)[1]

    def _has_weekday(self, day: date) -> bool:
        if self.weekdays is None:
            return True
        weekday = day.isoweekday() % 7
        return weekday in self.weekdays if weekday not in self.nth else self._is_nth(day, self.nth[weekday])

    @staticmethod
    def _is_nth(day: date, which: frozenset[int | str]) -> bool:
        left = calendar.monthrange(day.year, day.month)[1] - day.day
        return (day.day - 1) // 7 + 1 in which or ("l" in which and left < _LAST_WEEK)

    def days_from(self, day: date, step: int) -> Iterator[date]:
        """The days with ticks, from `day` on (`step` 1) or back (-1), as far as the calendar goes."""
        if self.days is None and self.months is None and self.weekdays is None:
            yield from _every_day(day, step)
            return
        yield from filter(self.fires_on, _every_day(day, step))


def _every_day(day: date, step: int) -> Iterator[date]:
    """A day at each end of the calendar is left, for there are zones."""
    from_ordinal = date.fromordinal
    end = date.max.toordinal() - 1 if step > 0 else date.min.toordinal() + 1
    return map(from_ordinal, range(day.toordinal(), end, step))


@lru_cache(maxsize=256)
def parse_cron(text: str) -> Cron:
    """The meaning of a cron expression of five fields, or of a preset such as `@daily`.

    Raises `PartitionError` for one that is wrong, that has other than five fields, or that never ticks.
    """
    fields, nth = _expanded(text)
    minutes, hours, days, months, weekdays = fields
    cron = Cron(
        times=tuple(product(_numbers(hours, 24), _numbers(minutes, 60))),
        days=_restricted(days),
        months=frozenset(int(month) for month in months) if months != ["*"] else None,
        weekdays=frozenset(int(day) for day in weekdays) if weekdays != ["*"] else None,
        nth={weekday: frozenset(which) for weekday, which in nth.items()},
        is_every_hour=hours == ["*"],
        is_fixed=not nth and _is_fixed(fields),
    )
    if not _ever(cron):
        raise PartitionError(f"The cron expression {text!r} names days that no month has.", hint="Correct the days.")
    return cron


def _expanded(text: str) -> tuple[list[list[int | str]], Mapping[int, set[int | str]]]:
    # croniter takes a tenth of a second to import, which only those who compute partitions should pay.
    from croniter import croniter

    hint = "Write five fields: minute, hour, day, month, weekday."
    if _REFUSED.search(text):
        raise PartitionError(
            f"The cron expression {text!r} has a field that is hashed, random or a nearest weekday.", hint=hint
        )
    try:
        fields, nth, *_ = croniter.expand(text)
    except (ValueError, KeyError, AttributeError, IndexError) as error:
        raise PartitionError(f"{text!r} is no cron expression: {error}.", hint=hint) from error
    if len(fields) != FIELDS:
        raise PartitionError(f"The cron expression {text!r} has {len(fields)} fields.", hint=hint)
    return [list(field) for field in fields], {int(day): set(which) for day, which in nth.items()}


def _numbers(field: list[int | str], size: int) -> list[int]:
    return list(range(size)) if field == ["*"] else sorted(int(value) for value in field)


def _restricted(field: list[int | str]) -> frozenset[int | str] | None:
    return None if field == ["*"] else frozenset(field)


def _is_fixed(fields: list[list[int | str]]) -> bool:
    """One time of day: of every day, of some weekdays, or of one day from the 1st to the 28th of every month."""
    minutes, hours, days, months, weekdays = fields
    if len(minutes) != 1 or len(hours) != 1 or "*" in (minutes[0], hours[0]) or months != ["*"]:
        return False
    if days == ["*"]:
        return True
    # The 29th of February is there in some years only: up to the 28th each month has the day.
    return weekdays == ["*"] and len(days) == 1 and isinstance(days[0], int) and days[0] <= _LONGEST[2] - 1


def _ever(cron: Cron) -> bool:
    if cron.days is None or cron.weekdays is not None or "l" in cron.days:
        return True
    first = min(int(day) for day in cron.days)
    return any(first <= _LONGEST[month] for month in cron.months or _LONGEST)


def day_before(day: date) -> date:
    """The day before, or the first that the calendar has."""
    return max(day, date.min + timedelta(days=2)) - timedelta(days=1)

"""What Airflow accepts as a cron expression, a time zone and a time span, told without Airflow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

PRESETS: Final[Mapping[str, str]] = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
}
"""Airflow's names for common expressions (`cron_presets`)."""

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: Final = ((0, 59, ()), (0, 23, ()), (1, 31, ()), (1, 12, _MONTHS), (0, 7, _DAYS))
"""Lowest and highest value of each field, and names for its values."""

_ITEM: Final = re.compile(r"(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>[1-9][0-9]?))?", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,2}")
_ZONE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*")
_NOT_ZONES: Final = frozenset({"localtime", "Factory", "posixrules"})
_LONGEST_SPAN: Final = timedelta(days=36525)


def is_cron(expression: str) -> bool:
    """Whether an expression has five fields that every version of croniter reads alike: values, names, ranges, steps, lists."""
    fields = expression.split(" ")
    return len(fields) == len(_FIELDS) and all(map(_is_field, fields, _FIELDS))


def _is_field(text: str, rules: tuple[int, int, tuple[str, ...]]) -> bool:
    return all(_is_item(item, rules) for item in text.split(","))


def _is_item(text: str, rules: tuple[int, int, tuple[str, ...]]) -> bool:
    match = _ITEM.fullmatch(text)
    if match is None:
        return False
    low, high, names = rules
    bounds = [_value(bound, names, low) for bound in (match["first"], match["last"]) if bound is not None]
    known = all(bound is not None and low <= bound <= high for bound in bounds)
    steps = int(match["step"] or 1) <= high and not (match["step"] and len(bounds) == 1)
    return known and steps and bounds == sorted(bounds, key=lambda bound: bound or 0)


def _value(text: str, names: tuple[str, ...], low: int) -> int | None:
    if _NUMBER.fullmatch(text):
        return int(text)
    # Names of months count from 1, those of days from 0.
    return names.index(text.lower()) + low if text.lower() in names else None


@cache
def is_zone(name: str) -> bool:
    """Whether a name is one of the IANA time zone database."""
    if not _ZONE.fullmatch(name) or name in _NOT_ZONES:
        return False
    try:
        return ZoneInfo(name).key == name
    except (OSError, ValueError, LookupError):
        return False


def span_of(seconds: float) -> timedelta | None:
    """The time span of so many seconds, None where Airflow cannot schedule by it or it is not exact."""
    if not 0 < seconds <= _LONGEST_SPAN.total_seconds():
        return None
    span = timedelta(seconds=seconds)
    return span if span.total_seconds() == seconds and span > timedelta() else None

"""Calendar units: the start of the one that a time falls in, and the parts that it has (Airflow 3.3's mappers and windows)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Final

from transload.errors import PartitionError
from transload.model.partitions import CalendarUnit, FloorMapping, Window
from transload.partitioning.clocks import offsets, zone_of
from transload.partitioning.spelling import QUARTER, read_time, write_time

FORMATS: Final[Mapping[CalendarUnit, str]] = {
    CalendarUnit.HOUR: "%Y-%m-%dT%H",
    CalendarUnit.DAY: "%Y-%m-%d",
    CalendarUnit.WEEK: "%Y-%m-%d (W%V)",
    CalendarUnit.MONTH: "%Y-%m",
    CalendarUnit.QUARTER: f"%Y-Q{QUARTER}",
    CalendarUnit.YEAR: "%Y",
}
"""How Airflow spells the start of a unit unless told otherwise."""

PARTS: Final[Mapping[CalendarUnit, CalendarUnit]] = {
    CalendarUnit.DAY: CalendarUnit.HOUR,
    CalendarUnit.WEEK: CalendarUnit.DAY,
    CalendarUnit.MONTH: CalendarUnit.DAY,
    CalendarUnit.QUARTER: CalendarUnit.MONTH,
    CalendarUnit.YEAR: CalendarUnit.MONTH,
}
"""What a fan-out over a unit goes to unless told otherwise; an hour has no default."""


def _month(moment: datetime, month: int) -> datetime:
    return moment.replace(month=month, day=1, hour=0, minute=0, second=0, microsecond=0)


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


_STARTS: Final[Mapping[CalendarUnit, Callable[[datetime], datetime]]] = {
    CalendarUnit.HOUR: lambda moment: moment.replace(minute=0, second=0, microsecond=0),
    CalendarUnit.DAY: _midnight,
    CalendarUnit.WEEK: lambda moment: _midnight(moment - timedelta(days=moment.weekday())),
    CalendarUnit.MONTH: lambda moment: _month(moment, moment.month),
    CalendarUnit.QUARTER: lambda moment: _month(moment, (moment.month - 1) // 3 * 3 + 1),
    CalendarUnit.YEAR: lambda moment: _month(moment, 1),
}


def begin(unit: CalendarUnit, moment: datetime) -> datetime:
    """The start of the unit that a time falls in."""
    return _STARTS[unit](moment)


def floor(mapping: FloorMapping, text: str) -> str:
    """The key of the unit that a time falls in. Raises `PartitionError` for a text of another format than the input's."""
    moment = read_time(text, mapping.input_format)
    zone = zone_of(mapping.timezone)
    local = moment.astimezone(zone) if moment.tzinfo else localised(moment, zone)
    return write_unit(mapping, begin(mapping.unit, local))


def write_unit(mapping: FloorMapping, moment: datetime) -> str:
    """A time in the mapping's output format."""
    return write_time(moment, mapping.output_format or FORMATS[mapping.unit])


def read_unit(mapping: FloorMapping, text: str) -> datetime:
    """The time that `write_unit` wrote so. Raises `PartitionError` for a text of another format than the output's."""
    return read_time(text, mapping.output_format or FORMATS[mapping.unit])


def write_part(mapping: FloorMapping, moment: datetime) -> str:
    """The upstream key of a part of a unit, in the mapping's input format and zone."""
    zone = zone_of(mapping.timezone)
    naive = moment.astimezone(zone).replace(tzinfo=None) if moment.tzinfo else moment
    return write_time(localised(naive, zone), mapping.input_format)


def localised(moment: datetime, zone: tzinfo) -> datetime:
    """A local time in its zone: the second time that the clock shows it, and past a gap by the length of the gap (Airflow 3.3)."""
    local = moment.replace(tzinfo=zone, fold=1)
    before, after = offsets(local)
    return local if after <= before else local + (after - before)


def parts(window: Window, start: datetime) -> list[datetime]:
    """The times of a calendar window that starts at a time, or ends there: of steps of the clock, whatever its changes.

    Raises `PartitionError` for a window of no unit, and where months do not begin on their first day.
    """
    if window.unit is None:
        raise PartitionError("A window of no calendar unit has no times.", hint="Give a unit or segments.")
    if window.unit in _MONTHS:
        return _monthly(window, start)
    if window.unit is CalendarUnit.MONTH:
        return _days_of_month(window, start)
    count, step = _STEPS[window.unit]
    first = start - step * (count - 1) if window.backward else start
    return [first + step * number for number in range(count)]


_STEPS: Final[Mapping[CalendarUnit, tuple[int, timedelta]]] = {
    CalendarUnit.HOUR: (60, timedelta(minutes=1)),
    CalendarUnit.DAY: (24, timedelta(hours=1)),
    CalendarUnit.WEEK: (7, timedelta(days=1)),
}
_MONTHS: Final[Mapping[CalendarUnit, int]] = {CalendarUnit.QUARTER: 3, CalendarUnit.YEAR: 12}


def _monthly(window: Window, start: datetime) -> list[datetime]:
    _check_first(start)
    count = _MONTHS[window.unit or CalendarUnit.YEAR]
    first = _shifted(start, 1 - count) if window.backward else start
    return [_shifted(first, number) for number in range(count)]


def _days_of_month(window: Window, start: datetime) -> list[datetime]:
    """Backward: every day after the first of the month before, up to this one (Airflow 3.3, `MonthWindow`)."""
    _check_first(start)
    if window.backward:
        before = _shifted(start, -1)
        return [before + timedelta(days=number + 1) for number in range((start - before).days)]
    return [start + timedelta(days=number) for number in range((_shifted(start, 1) - start).days)]


def _check_first(start: datetime) -> None:
    if start.day != 1:
        raise PartitionError(
            f"{start.isoformat()} does not begin a month.", hint="Map to months, quarters or years first."
        )


def _shifted(moment: datetime, months: int) -> datetime:
    total = moment.year * 12 + moment.month - 1 + months
    return moment.replace(year=total // 12, month=total % 12 + 1)

"""The definition that keys have after a mapping: Airflow states none for what its mappers make, other tools want one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Final

from transload.errors import PartitionError
from transload.model.partitions import (
    AllowedMapping,
    CalendarUnit,
    ChainMapping,
    DynamicPartitions,
    FanOutMapping,
    FixedMapping,
    FloorMapping,
    IdentityMapping,
    MultiPartitions,
    PartitionMapping,
    Partitions,
    ProductMapping,
    RollupMapping,
    RuntimePartitions,
    StaticPartitions,
    TimePartitions,
)
from transload.partitioning.calendars import FORMATS, PARTS, begin, parts
from transload.partitioning.clocks import zone_of
from transload.partitioning.cron import PRESETS, parse_cron
from transload.partitioning.definitions import dimensions
from transload.partitioning.keywise import FORWARD, mapped
from transload.partitioning.spelling import write_time
from transload.partitioning.windows import windows_of

CRONS: Final[Mapping[CalendarUnit, str]] = {
    CalendarUnit.HOUR: "0 * * * *",
    CalendarUnit.DAY: "0 0 * * *",
    CalendarUnit.WEEK: "0 0 * * 1",
    CalendarUnit.MONTH: "0 0 1 * *",
    CalendarUnit.QUARTER: "0 0 1 1,4,7,10 *",
    CalendarUnit.YEAR: "0 0 1 1 *",
}
"""When each unit begins. Airflow's weeks begin on Monday."""

_MOST: Final[Mapping[CalendarUnit, int]] = {
    CalendarUnit.HOUR: 60,
    CalendarUnit.DAY: 24,
    CalendarUnit.WEEK: 7,
    CalendarUnit.MONTH: 31,
    CalendarUnit.QUARTER: 3,
    CalendarUnit.YEAR: 12,
}
"""Parts of a unit, at most."""

_MINUTES: Final = "* * * * *"
_ISO: Final = "%Y-%m-%dT%H:%M:%S"
_UNKNOWN: Final = (RuntimePartitions, DynamicPartitions)
_SOME_TIME: Final = datetime(2024, 1, 1, tzinfo=timezone.utc).timestamp()


def through(mapping: PartitionMapping, upstream: Partitions | None) -> Partitions | None:
    """The definition of the keys that a mapping makes of those upstream (None: not known); None where these cannot be told.

    Start, end and end offset say which keys come: of a roll-up that waits for all, those of whole units.
    Raises `PartitionError` for an upstream definition that is wrong.
    """
    if isinstance(upstream, StaticPartitions) and type(mapping) in FORWARD:
        return _image(mapping, upstream)
    rule = _THROUGH.get(type(mapping))
    try:
        return None if rule is None else rule(mapping, upstream)
    except (StopIteration, OverflowError, ValueError) as error:
        raise PartitionError(
            "The partitions begin or end where the calendar does.", hint="Correct the bounds."
        ) from error


def at_close(definition: TimePartitions) -> TimePartitions:
    """The same keys at the same times, those that a run has before their window ends told by `end_offset` instead of `run_offset`."""
    if definition.run_offset is None:
        return definition
    offset = definition.end_offset + definition.run_offset + 1
    return definition.model_copy(update={"run_offset": None, "end_offset": offset})


def _image(mapping: PartitionMapping, upstream: StaticPartitions) -> StaticPartitions | None:
    names: dict[str, None] = {}
    for key in upstream.keys:
        names.update(dict.fromkeys(_fed(mapping, key)))
    if tuple(names) == upstream.keys:
        return upstream
    return StaticPartitions(keys=tuple(names)) if names else None


def _fed(mapping: PartitionMapping, key: str) -> tuple[str, ...]:
    """A key that the mapping cannot read feeds nothing, in Airflow too."""
    try:
        return mapped(mapping, key)
    except PartitionError:
        return ()


def _floor(mapping: FloorMapping, upstream: Partitions | None) -> TimePartitions | None:
    form = mapping.output_format or FORMATS[mapping.unit]
    if upstream is None or isinstance(upstream, _UNKNOWN):
        return TimePartitions(cron=CRONS[mapping.unit], timezone=mapping.timezone, format=form, end_offset=1)
    if not isinstance(upstream, TimePartitions) or not _reads(mapping, upstream):
        return None
    same = "%z" not in mapping.input_format or mapping.timezone == upstream.timezone
    zone = upstream.timezone if same else mapping.timezone
    cron = _coarser(upstream.cron, mapping.unit) if same else CRONS[mapping.unit]
    if not _spells_begin(TimePartitions(cron=cron, timezone=zone, format=form), mapping.unit):
        cron = CRONS[mapping.unit]
    if same and cron == upstream.cron:
        return upstream.model_copy(update={"format": form})
    return _bounded(upstream, TimePartitions(cron=cron, timezone=zone, format=form, end_offset=1), mapping.unit)


def _reads(mapping: PartitionMapping, upstream: TimePartitions) -> bool:
    """Whether the mapping can read the keys at all."""
    windows = windows_of(upstream)
    return bool(_fed(mapping, windows.spell(next(windows.since(windows.start or _SOME_TIME)).start)))


def _spells_begin(definition: TimePartitions, unit: CalendarUnit) -> bool:
    """Whether the keys of windows that begin within a unit, at its first tick, are those of the unit's own begin."""
    tick = next(windows_of(definition).since(_SOME_TIME)).start.local
    return write_time(begin(unit, tick), definition.format) == write_time(tick, definition.format)


def _bounded(upstream: TimePartitions, result: TimePartitions, unit: CalendarUnit) -> TimePartitions:
    """With the unit of the first window upstream, and no unit after that of the last."""
    windows, zone = windows_of(upstream), zone_of(result.timezone)
    start = end = None
    if windows.start is not None:
        first = next(windows.since(windows.start)).start.local.astimezone(zone)
        start = begin(unit, first.replace(tzinfo=None)).isoformat()
    if windows.end is not None:
        last = next(windows.until(windows.end)).start.epoch
        end = windows_of(result).holding(last).end.local.replace(tzinfo=None).isoformat()
    return result.model_copy(update={"start": start, "end": end})


def _coarser(text: str, unit: CalendarUnit) -> str:
    """The first tick in each unit: between two of these lie the ticks of one unit, whatever their time of day."""
    cron = parse_cron(text)
    _, hour, day, month, weekday = PRESETS.get(text, text).split()
    first_hour, first_minute = cron.times[0]
    clock = f"{first_minute} {first_hour}"
    expression = CRONS[unit]
    if unit is CalendarUnit.HOUR:
        expression = f"{first_minute} {hour} {day} {month} {weekday}"
    elif unit is CalendarUnit.DAY:
        expression = f"{clock} {day} {month} {weekday}"
    elif unit is CalendarUnit.WEEK and (day, month) == ("*", "*") and not cron.nth:
        expression = f"{clock} * * {_first_weekday(cron.weekdays)}"
    elif unit is not CalendarUnit.WEEK and weekday == "*" and "l" not in (cron.days or ()):
        expression = f"{clock} {min(map(int, cron.days or (1,)))} {_months(cron.months, unit, month)} *"
    return text if parse_cron(expression) == cron else expression


def _first_weekday(weekdays: frozenset[int] | None) -> int:
    return min(weekdays or {1}, key=lambda day: (day - 1) % 7)


def _months(months: frozenset[int] | None, unit: CalendarUnit, text: str) -> str:
    """The first month of each unit that has ticks."""
    if unit is CalendarUnit.MONTH:
        return text
    size = 3 if unit is CalendarUnit.QUARTER else 12
    ticking = sorted(months or range(1, 13))
    firsts = {(month - 1) // size: month for month in reversed(ticking)}
    return ",".join(str(firsts[place]) for place in sorted(firsts))


def _rollup(mapping: RollupMapping, upstream: Partitions | None) -> Partitions | None:
    passed = through(mapping.upstream, upstream)
    whole = mapping.wait.minimum is None and isinstance(mapping.upstream, FloorMapping)
    if not whole or not isinstance(passed, TimePartitions) or not isinstance(upstream, TimePartitions):
        return passed
    if passed.cron == upstream.cron:
        return passed
    start = upstream.start if passed.timezone == upstream.timezone else passed.start
    end = upstream.end if passed.timezone == upstream.timezone else passed.end
    early = int(at_close(upstream).end_offset > 0)
    return passed.model_copy(update={"start": start, "end": end, "end_offset": early})


def _fan_out(mapping: FanOutMapping, upstream: Partitions | None) -> Partitions | None:
    unit = mapping.window.unit
    if mapping.window.segments:
        return StaticPartitions(keys=mapping.window.segments)
    coarse = through(mapping.upstream, upstream)
    if unit is None or not isinstance(coarse, TimePartitions):
        return None
    part = PARTS.get(unit)
    known = at_close(coarse)
    return known.model_copy(
        update={
            "cron": _MINUTES if part is None else CRONS[part],
            "format": _written(mapping.downstream, part),
            "start": _first_part(mapping, known),
            "end_offset": known.end_offset * _MOST[unit],
        }
    )


def _written(downstream: PartitionMapping | None, part: CalendarUnit | None) -> str:
    if isinstance(downstream, FloorMapping):
        return downstream.output_format or FORMATS[downstream.unit]
    return _ISO if downstream is not None or part is None else FORMATS[part]


def _first_part(mapping: FanOutMapping, coarse: TimePartitions) -> str | None:
    windows, unit = windows_of(coarse), mapping.window.unit
    if windows.start is None or unit is None:
        return None
    first = next(windows.since(windows.start)).start.local.replace(tzinfo=None)
    return parts(mapping.window, begin(unit, first))[0].isoformat()


def _product(mapping: ProductMapping, upstream: Partitions | None) -> Partitions | None:
    """Dimensions keep their names; those of keys that only a run knows are numbered."""
    ups: dict[str, Partitions | None]
    if isinstance(upstream, MultiPartitions):
        ups = dict(dimensions(upstream)) if upstream.delimiter == mapping.delimiter else {}
    else:
        size = len(str(len(mapping.parts)))
        known = isinstance(upstream, _UNKNOWN)
        ups = {f"segment_{place:0{size}}": upstream for place, _ in enumerate(mapping.parts, 1)} if known else {}
    if len(ups) != len(mapping.parts):
        return None
    passed = {name: through(part, up) for (name, up), part in zip(ups.items(), mapping.parts, strict=True)}
    made = {name: each for name, each in passed.items() if each is not None}
    return MultiPartitions(dimensions=made, delimiter=mapping.delimiter) if len(made) == len(ups) else None


def _chain(mapping: ChainMapping, upstream: Partitions | None) -> Partitions | None:
    for step in mapping.steps:
        upstream = through(step, upstream)
    return upstream


_THROUGH: Final[Mapping[type, Callable[..., Partitions | None]]] = {
    IdentityMapping: lambda _mapping, upstream: upstream,
    FloorMapping: _floor,
    FixedMapping: lambda mapping, _upstream: StaticPartitions(keys=(mapping.key,)),
    AllowedMapping: lambda mapping, _upstream: StaticPartitions(keys=tuple(dict.fromkeys(mapping.keys))),
    RollupMapping: _rollup,
    FanOutMapping: _fan_out,
    ProductMapping: _product,
    ChainMapping: _chain,
}

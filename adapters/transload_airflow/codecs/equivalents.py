"""Mappings between definitions that Airflow's own mappers give exactly: the same keys both ways, for every key there is.

Windows of Airflow are made of steps of the clock. So hours are compared in UTC only: on a day on which the clock changes, a zone of its own
has 23 or 25 of them. Days and longer units have keys of dates, which no clock changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from transload.errors import PartitionError
from transload.model.partitions import (
    AllMapping,
    AllowedMapping,
    CalendarUnit,
    FanOutMapping,
    FixedMapping,
    FloorMapping,
    IdentityMapping,
    MultiPartitions,
    PartitionMapping,
    Partitions,
    RollupMapping,
    StaticMapping,
    StaticPartitions,
    TimeMapping,
    TimePartitions,
    Window,
)
from transload.partitioning import Sides, spelled
from transload.partitioning.calendars import PARTS
from transload.partitioning.cron import is_zone
from transload.partitioning.deriving import CRONS
from transload.partitioning.mappings import ITSELF
from transload.partitioning.windows import windows_of
from transload_airflow.codecs.legal import PRESETS
from transload_airflow.codecs.own_mappings import is_listed

_UNITS: Final[Mapping[str, CalendarUnit]] = {
    cron: unit for unit, cron in CRONS.items() if unit is not CalendarUnit.QUARTER
}
"""The cron expressions whose windows are Airflow's calendar units, and whose keys are of any format.

Dagster's weeks begin on Sunday, Airflow's on Monday; of a quarter Airflow reads no key but one that spells its number.
"""

_DIRECTIVES: Final[Mapping[CalendarUnit, frozenset[str]]] = {
    CalendarUnit.HOUR: frozenset("YmdH"),
    CalendarUnit.DAY: frozenset("Ymd"),
    CalendarUnit.WEEK: frozenset("Ymd"),
    CalendarUnit.MONTH: frozenset("Ym"),
    CalendarUnit.YEAR: frozenset("Y"),
}
"""The directives of `strftime` that the keys of a unit must have to be read again."""

_CLOCK: Final = frozenset("HMS")
_UTC: Final = "UTC"


def exactly(mapping: PartitionMapping, sides: Sides) -> PartitionMapping:
    """The mapping in Airflow's own words where these give the same keys, else as it is.

    Identity, which looks keys up where the definitions differ, becomes a roll-up of itself, which Airflow would not take for its own.
    """
    equivalent = _EQUIVALENTS.get(type(mapping))
    if equivalent is None:
        return mapping
    try:
        return equivalent(mapping, sides.upstream, sides.downstream) or mapping
    except PartitionError:
        return mapping


def _identity(mapping: IdentityMapping, up: Partitions | None, down: Partitions | None) -> PartitionMapping | None:
    known = (TimePartitions, StaticPartitions, MultiPartitions)
    if up == down or not isinstance(up, known) or not isinstance(down, known):
        return mapping
    if isinstance(up, StaticPartitions) and isinstance(down, StaticPartitions):
        shared = tuple(key for key in up.keys if key in down.keys)
        if shared:
            return mapping if shared == up.keys else AllowedMapping(keys=shared)
    if isinstance(up, TimePartitions) and isinstance(down, TimePartitions) and _is_same(up, down):
        return mapping
    return RollupMapping(upstream=mapping, window=ITSELF)


def _is_same(up: TimePartitions, down: TimePartitions) -> bool:
    """True where the same windows have the same keys, and every upstream one exists downstream."""
    up_shape, down_shape = (
        definition.model_dump(exclude={"start", "end", "end_offset", "run_offset"}) for definition in (up, down)
    )
    return bool(up_shape == down_shape) and _holds(down, up)


def _holds(outer: TimePartitions, inner: TimePartitions) -> bool:
    """True where every instant of a window of the inner definition is within a window of the outer one."""
    large, small = windows_of(outer), windows_of(inner)
    if large.start is not None and (small.start is None or _first(large) > _first(small)):
        return False
    if large.end is None:
        return True
    return small.end is not None and next(large.until(large.end)).end.epoch >= next(small.until(small.end)).end.epoch


def _first(windows: Any) -> float:
    first: float = next(windows.since(windows.start)).start.epoch
    return first


def _time(mapping: TimeMapping, up: Partitions | None, down: Partitions | None) -> PartitionMapping | None:
    if mapping != TimeMapping(allow_missing=mapping.allow_missing):
        return None
    if not isinstance(up, TimePartitions) or not isinstance(down, TimePartitions) or up.exclusions or down.exclusions:
        return None
    if _is_same(up, down):
        return IdentityMapping()
    return _of_units(mapping, up, down) if up.timezone == down.timezone and is_zone(up.timezone) else None


def _of_units(mapping: TimeMapping, up: TimePartitions, down: TimePartitions) -> PartitionMapping | None:
    """The mapper between two units of the calendar that are the same, or of which one is a part of the other."""
    fine, coarse = _unit(up), _unit(down)
    if fine is None or coarse is None or not _is_readable(up, fine) or not _is_readable(down, coarse):
        return None
    if fine == coarse:
        return _floor(up, down, coarse) if _holds(down, up) else None
    if PARTS.get(coarse) == fine and _holds(down, up) and (not mapping.allow_missing or _holds(up, down)):
        return RollupMapping(upstream=_floor(up, down, coarse), window=Window(unit=coarse))
    if PARTS.get(fine) == coarse and _holds(down, up):
        # A fan-out only writes with its downstream mapper, whose format for reading is left at its default.
        written = _floor(down, down, coarse).model_copy(update={"input_format": FloorMapping(unit=coarse).input_format})
        return FanOutMapping(upstream=_floor(up, up, fine), window=Window(unit=fine), downstream=written)
    return None


def _unit(definition: TimePartitions) -> CalendarUnit | None:
    return _UNITS.get(PRESETS.get(definition.cron, definition.cron))


def _is_readable(definition: TimePartitions, unit: CalendarUnit) -> bool:
    """True where Airflow reads from a key what the algebra writes into it."""
    directives = re.findall("%(.)", definition.format)
    if len(directives) != len(set(directives)) or "{" in definition.format:
        return False
    if not _DIRECTIVES[unit] <= set(directives) <= _READABLE:
        return False
    return definition.timezone == _UTC or not _CLOCK.intersection(directives)


_READABLE: Final = frozenset("YmdHMS")


def _floor(up: TimePartitions, down: TimePartitions, unit: CalendarUnit) -> FloorMapping:
    return FloorMapping(unit=unit, timezone=up.timezone, input_format=up.format, output_format=down.format)


def _all(_mapping: AllMapping, up: Partitions | None, down: Partitions | None) -> PartitionMapping | None:
    if not isinstance(up, (StaticPartitions, TimePartitions)) or not is_listed(up):
        return None
    if not isinstance(down, StaticPartitions) or len(down.keys) != 1:
        return None
    return _collected(tuple(spelled(up)), down.keys[0])


def _table(mapping: StaticMapping, up: Partitions | None, _down: Partitions | None) -> PartitionMapping | None:
    """All keys there are to one: any other table is no mapper of Airflow's."""
    targets = set(mapping.table.values())
    if not isinstance(up, StaticPartitions) or set(up.keys) != set(mapping.table) or len(targets) != 1:
        return None
    (keys,) = targets
    return _collected(up.keys, keys[0]) if len(keys) == 1 else None


def _collected(keys: tuple[str, ...], key: str) -> RollupMapping:
    return RollupMapping(upstream=FixedMapping(key=key), window=Window(segments=tuple(sorted(set(keys)))))


_EQUIVALENTS: Final[Mapping[type, Callable[..., PartitionMapping | None]]] = {
    AllMapping: _all,
    IdentityMapping: _identity,
    StaticMapping: _table,
    TimeMapping: _time,
}

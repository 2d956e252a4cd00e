"""Definitions in Dagster's words: the same keys where it has them, else the nearest, with the differences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final, NamedTuple

from transload.errors import PartitionError
from transload.model.partitions import (
    DynamicPartitions,
    MultiPartitions,
    OpaquePartitions,
    Partitions,
    RuntimePartitions,
    StaticPartitions,
    TimePartitions,
)
from transload.partitioning.clocks import zone_of
from transload.partitioning.deriving import at_close
from transload.partitioning.windows import windows_of
from transload_dagster.codecs import partitions

FIRST: Final = "2020-01-01T00:00:00"
"""The start of windows that have none, nor runs with one."""

_DIMENSIONS: Final = 2
"""Dagster's partitions have exactly two dimensions (`MultiPartitionsDefinition`)."""


class Place(NamedTuple):
    """Where a definition is: `name` is for a store of keys; `start` (ISO-8601) when runs begin, None where that is not known."""

    name: str
    start: str | None = None


class NearestDefinition(NamedTuple):
    """Dagster's definition for one of another tool, None if it has none, and each difference in a clause.

    Without a difference it has the same keys at the same times. `remarks` are clauses on what Dagster needs besides.
    """

    definition: Partitions | None
    differences: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def nearest(definition: Partitions, place: Place) -> NearestDefinition:
    """Dagster's definition for one of any tool."""
    try:
        return _NEAREST[type(definition)](definition, place)
    except (PartitionError, OverflowError) as error:
        return NearestDefinition(None, (str(error).rstrip("."),))


def grounded(definition: Partitions, place: Place) -> Partitions:
    """The definition with what only its place tells: the start of windows, and a name for keys that only a run knows."""
    if isinstance(definition, MultiPartitions):
        dims = {name: grounded(dimension, _inside(place, name)) for name, dimension in definition.dimensions.items()}
        return definition.model_copy(update={"dimensions": dims})
    if isinstance(definition, RuntimePartitions):
        return DynamicPartitions(name=place.name)
    if not isinstance(definition, TimePartitions) or definition.start is not None or place.start is None:
        return definition
    try:
        return definition.model_copy(update={"start": _first(definition, place.start)})
    except PartitionError:
        return definition


def _inside(place: Place, name: str) -> Place:
    return place._replace(name=f"{place.name}_{name}")


_NO_TIME: Final = "Dagster takes no such cron expression, time zone or start"
_NO_START: Final = "Dagster's windows need a start, and nothing tells it: it is {start}"
_STARTED: Final = "Dagster's windows need a start: it is that of the runs, {start}"
_SPELLED: Final = "Dagster reads no format like {old!r} back, so that the key {before!r} becomes {after!r}"
_END: Final = "Dagster takes no end like {old!r}"
_GAPS: Final = "Dagster takes no exclusions like {old}"
_KEYS: Final = "Dagster refuses keys that repeat, or that have `...` or control characters in them"
_STORE: Final = "Dagster keeps such keys in a store, {name!r}: a key has to be added before its first run"
_UNNAMED: Final = "Dagster's dynamic partitions need a name"
_ONE: Final = "Dagster has no key of a single dimension: it is that of the dimension alone"
_COUNT: Final = "Dagster's partitions have two dimensions, these have {count}: {names}"
_INNER: Final = "Dagster has no dimension like {name!r}: {why}"
_DELIMITER: Final = "Dagster joins the keys of two dimensions by `|`, not by `{delimiter}`"
_SEGMENT: Final = "keys in it have one of the characters `|,[]`"
_NESTED: Final = "it has dimensions itself"
_OPAQUE: Final = "Only {tool} knows what these partitions are"


def _time(definition: TimePartitions, place: Place) -> NearestDefinition:
    closed = at_close(definition)
    start = closed.start
    if start is None and place.start is not None:
        start = _first(definition, place.start)
    zone = definition.timezone
    begun = closed.model_copy(update={"start": _local(start or FIRST, zone), "end": _local(closed.end, zone)})
    native = partitions.expressible(begun)
    if not isinstance(native, TimePartitions):
        return NearestDefinition(None, (_NO_TIME,))
    differences = [] if start is not None else [_NO_START.format(start=FIRST)]
    if begun.format != native.format:
        before, after = _first_key(begun, native), _first_key(native, native)
        differences.append(_SPELLED.format(old=begun.format, before=before, after=after))
    if begun.end != native.end:
        differences.append(_END.format(old=begun.end))
    gaps = [exclusion for exclusion in begun.exclusions if exclusion not in native.exclusions]
    if gaps:
        differences.append(_GAPS.format(old=", ".join(map(repr, gaps))))
    remarks = (_STARTED.format(start=start),) if closed.start is None and start is not None else ()
    return NearestDefinition(native, tuple(differences), remarks)


def _first_key(definition: TimePartitions, bounded: TimePartitions) -> str:
    """The key in `definition` of the first window of `bounded`."""
    windows, bounds = windows_of(definition), windows_of(bounded)
    return windows.spell(next(windows.since(bounds.start or 0)).start)


def _local(text: str | None, zone: str) -> str | None:
    """A time as the local one of a zone, which Dagster expects; a text that is no time stays as it is."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (moment.astimezone(zone_of(zone)).replace(tzinfo=None) if moment.tzinfo else moment).isoformat()


def _first(definition: TimePartitions, start: str) -> str | None:
    """The local start of the first window that has a run at or after a time; None for a text that is no time."""
    try:
        moment = datetime.fromisoformat(start)
    except ValueError:
        return None
    zone = zone_of(definition.timezone)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    windows = windows_of(definition)
    try:
        tick = next(windows.since(aware.timestamp())).start.epoch
        # A run is for the window that many windows after its tick; by default the one that ends there.
        offset = -1 if definition.run_offset is None else definition.run_offset
        others = windows.since(tick) if offset >= 0 else windows.until(tick)
        local: datetime = next(islice(others, offset if offset >= 0 else -offset - 1, None)).start.local
        plain = local.replace(tzinfo=None)
        if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
            # An hour that the clock shows twice, or skips, is no start for Dagster: the one before is, and no window starts between.
            plain -= timedelta(hours=1)
        return plain.isoformat()
    except (StopIteration, OverflowError):
        # Where the calendar ends, nothing begins.
        return None


def _static(definition: StaticPartitions, _place: Place) -> NearestDefinition:
    native = partitions.expressible(definition)
    return NearestDefinition(native, () if native is not None else (_KEYS,))


def _dynamic(definition: DynamicPartitions, _place: Place) -> NearestDefinition:
    native = partitions.expressible(definition)
    return NearestDefinition(native, () if native is not None else (_UNNAMED,))


def _runtime(_definition: RuntimePartitions, place: Place) -> NearestDefinition:
    return NearestDefinition(DynamicPartitions(name=place.name), (_STORE.format(name=place.name),))


def _multi(definition: MultiPartitions, place: Place) -> NearestDefinition:
    inner = sorted(definition.dimensions.items())
    if len(inner) == 1:
        single = nearest(inner[0][1], place)
        return single._replace(differences=(_ONE, *single.differences))
    if len(inner) != _DIMENSIONS:
        return NearestDefinition(None, (_COUNT.format(count=len(inner), names=", ".join(name for name, _ in inner)),))
    delimiter = definition.delimiter
    differences = [] if delimiter == partitions.SEPARATOR else [_DELIMITER.format(delimiter=delimiter)]
    dimensions: dict[str, Partitions] = {}
    remarks: list[str] = []
    for name, dimension in inner:
        nested = isinstance(dimension, MultiPartitions)
        result = NearestDefinition(None, (_NESTED,)) if nested else nearest(dimension, _inside(place, name))
        if result.definition is not None and partitions.expressible_dimension(result.definition) is None:
            result = NearestDefinition(None, (_SEGMENT,))
        if result.definition is None:
            return NearestDefinition(None, (_INNER.format(name=name, why="; ".join(result.differences)),))
        dimensions[name] = result.definition
        differences += result.differences
        remarks += result.remarks
    native = MultiPartitions(dimensions=dimensions, delimiter=partitions.SEPARATOR)
    return NearestDefinition(native, tuple(differences), tuple(remarks))


def _opaque(definition: OpaquePartitions, _place: Place) -> NearestDefinition:
    return NearestDefinition(None, (_OPAQUE.format(tool=definition.tool.capitalize()),))


_NEAREST: Final[Mapping[type, Callable[[Any, Place], NearestDefinition]]] = {
    TimePartitions: _time,
    StaticPartitions: _static,
    DynamicPartitions: _dynamic,
    RuntimePartitions: _runtime,
    MultiPartitions: _multi,
    OpaquePartitions: _opaque,
}


def sentence(clauses: Iterable[str]) -> str:
    """One sentence of several clauses."""
    return "; ".join(clauses) + "."

"""Definitions in Dagster's words: the same keys where it has them, else the nearest, and what then differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
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
from transload.partitioning.windows import Windows, windows_of
from transload_dagster.codecs import partitions

FIRST: Final = "2020-01-01T00:00:00"
"""The start of windows of which nothing says when they begin."""

_TWO: Final = 2


class Place(NamedTuple):
    """Where a definition is: `name` is for a store of keys; `start` (ISO-8601) when runs begin, None where that is not known."""

    name: str
    start: str | None = None


class Nearest(NamedTuple):
    """What Dagster has, None for nothing; each difference in a clause. No difference: the same keys at the same times.

    `remarks` are clauses on what Dagster has to be told besides.
    """

    definition: Partitions | None
    differences: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def nearest(definition: Partitions, place: Place) -> Nearest:
    """What Dagster has for a definition."""
    try:
        return _NEAREST[type(definition)](definition, place)
    except (PartitionError, OverflowError) as error:
        return Nearest(None, (str(error).rstrip("."),))


def grounded(definition: Partitions, place: Place) -> Partitions:
    """The definition with what only its place tells: when windows begin, and what keys that only a run knows are called."""
    if isinstance(definition, MultiPartitions):
        dims = {name: grounded(each, _inside(place, name)) for name, each in definition.dimensions.items()}
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


def _time(definition: TimePartitions, place: Place) -> Nearest:
    closed = at_close(definition)
    start = closed.start
    if start is None and place.start is not None:
        start = _first(definition, place.start)
    zone = definition.timezone
    begun = closed.model_copy(update={"start": _local(start or FIRST, zone), "end": _local(closed.end, zone)})
    found = partitions.expressible(begun)
    if not isinstance(found, TimePartitions):
        return Nearest(None, (_NO_TIME,))
    lost = () if start is not None else (_NO_START.format(start=FIRST),)
    remarks = (_STARTED.format(start=start),) if closed.start is None and start is not None else ()
    return Nearest(found, (*lost, *_changes(begun, found)), remarks)


def _changes(before: TimePartitions, after: TimePartitions) -> Iterator[str]:
    if before.format != after.format:
        keys = (_spelled(before, after), _spelled(after, after))
        yield _SPELLED.format(old=before.format, before=keys[0], after=keys[1])
    if before.end != after.end:
        yield _END.format(old=before.end)
    lost = [each for each in before.exclusions if each not in after.exclusions]
    if lost:
        yield _GAPS.format(old=", ".join(map(repr, lost)))


def _spelled(definition: TimePartitions, bounded: TimePartitions) -> str:
    """The key of the first window."""
    windows, bounds = windows_of(definition), windows_of(bounded)
    return windows.spell(next(windows.since(bounds.start or 0)).start)


def _local(text: str | None, zone: str) -> str | None:
    """The local time that Dagster is told; what is no time stays as it is."""
    try:
        moment = None if text is None else datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment is None:
        return None
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
        return _unambiguous(_shifted(windows, tick, -1 if definition.run_offset is None else definition.run_offset))
    except (StopIteration, OverflowError):
        # Where the calendar ends, nothing begins.
        return None


def _shifted(windows: Windows, epoch: float, offset: int) -> datetime:
    found = windows.since(epoch) if offset >= 0 else windows.until(epoch)
    local: datetime = next(islice(found, offset if offset >= 0 else -offset - 1, None)).start.local
    return local


def _unambiguous(local: datetime) -> str:
    """An hour that the clock shows twice, or skips, is no start for Dagster: the one before is, and no window starts between."""
    plain = local.replace(tzinfo=None)
    if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        plain -= timedelta(hours=1)
    return plain.isoformat()


def _static(definition: StaticPartitions, _place: Place) -> Nearest:
    found = partitions.expressible(definition)
    return Nearest(found, () if found is not None else (_KEYS,))


def _dynamic(definition: DynamicPartitions, _place: Place) -> Nearest:
    found = partitions.expressible(definition)
    return Nearest(found, () if found is not None else (_UNNAMED,))


def _runtime(_definition: RuntimePartitions, place: Place) -> Nearest:
    return Nearest(DynamicPartitions(name=place.name), (_STORE.format(name=place.name),))


def _multi(definition: MultiPartitions, place: Place) -> Nearest:
    inner = sorted(definition.dimensions.items())
    if len(inner) == 1:
        found = nearest(inner[0][1], place)
        return found._replace(differences=(_ONE, *found.differences))
    if len(inner) != _TWO:
        return Nearest(None, (_COUNT.format(count=len(inner), names=", ".join(name for name, _ in inner)),))
    return _pair(definition, {name: _dimension(each, name, place) for name, each in inner})


def _pair(definition: MultiPartitions, found: Mapping[str, Nearest]) -> Nearest:
    for name, each in found.items():
        if each.definition is None:
            return Nearest(None, (_INNER.format(name=name, why="; ".join(each.differences)),))
    told: list[str] = [] if definition.delimiter == partitions.SEPARATOR else [_delimiter(definition)]
    told += [text for each in found.values() for text in each.differences]
    made = {name: each.definition for name, each in found.items() if each.definition is not None}
    remarks = tuple(text for each in found.values() for text in each.remarks)
    return Nearest(MultiPartitions(dimensions=made, delimiter=partitions.SEPARATOR), tuple(told), remarks)


def _delimiter(definition: MultiPartitions) -> str:
    return _DELIMITER.format(delimiter=definition.delimiter)


def _dimension(definition: Partitions, name: str, place: Place) -> Nearest:
    if isinstance(definition, MultiPartitions):
        return Nearest(None, (_NESTED,))
    found = nearest(definition, _inside(place, name))
    if found.definition is not None and partitions.expressible_dimension(found.definition) is None:
        return Nearest(None, (_SEGMENT,))
    return found


def _opaque(definition: OpaquePartitions, _place: Place) -> Nearest:
    return Nearest(None, (_OPAQUE.format(tool=definition.tool.capitalize()),))


_NEAREST: Final[Mapping[type, Callable[[Any, Place], Nearest]]] = {
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

"""The keys of partition definitions: which there are, what they mean, how they are spelled.

A key is canonical or spelled. Canonical: the ISO-8601 start of a time window with its distance from UTC; a static key as it is;
several dimensions as pairs of name and key, sorted by name. Spelled: as the tool writes it, in the definition's format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations, pairwise, product
from typing import Final, TypeAlias, TypeVar, Union

from transload.errors import PartitionError
from transload.model.partitions import (
    DynamicPartitions,
    MultiPartitions,
    Partitions,
    RuntimePartitions,
    StaticPartitions,
    TimePartitions,
)
from transload.partitioning.spelling import segments
from transload.partitioning.windows import Window, windows_of

Key: TypeAlias = Union[str, "tuple[tuple[str, str], ...]"]
"""A canonical key."""

T = TypeVar("T")

Span: TypeAlias = "tuple[datetime, datetime]"
"""From one aware time (inclusive) to another (exclusive)."""


@dataclass(frozen=True)
class Known:
    """What a definition itself does not say: the time, which is aware, and the keys of dynamic partitions by their names."""

    now: datetime | None = None
    dynamic: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def epoch(self) -> float | None:
        """The time in seconds since 1970. Raises `PartitionError` where it has no zone."""
        return None if self.now is None else instant(self.now)


NOTHING: Final = Known()


def instant(moment: datetime) -> float:
    """Seconds since 1970. Raises `PartitionError` for a time without a zone, which means another instant on every machine."""
    if moment.tzinfo is None:
        raise PartitionError(f"The time {moment.isoformat()} has no zone.", hint="Give an aware datetime.")
    return moment.timestamp()


def keys(definition: Partitions, between: Span | None = None, known: Known = NOTHING) -> Iterator[Key]:
    """The canonical keys, in the definition's order, one after the other and none kept.

    `between` leaves the windows that start within it. Raises `PartitionError` where the keys are not known: at run time only, or
    without bounds.
    """
    return _of(_KEYS, definition)(definition, between, known)


def spelled(definition: Partitions, between: Span | None = None, known: Known = NOTHING) -> Iterator[str]:
    """The keys as the tool spells them, otherwise as `keys`."""
    return _of(_SPELLED, definition)(definition, between, known)


def parse(definition: Partitions, text: str, known: Known = NOTHING) -> Key:
    """The canonical key of a spelled one. Raises `PartitionError` where it is none of the definition's."""
    return _of(_PARSE, definition)(definition, text, known)


def spell(definition: Partitions, key: Key) -> str:
    """The spelling of a canonical key. Raises `PartitionError` where it is none of the definition's."""
    return _of(_SPELL, definition)(definition, key)


def exists(definition: Partitions, text: str, known: Known = NOTHING) -> bool:
    """Whether the definition has this spelled key, at the time known."""
    try:
        if isinstance(definition, TimePartitions):
            windows = windows_of(definition)
            return windows.has(windows.parse(text), known.epoch)
        if isinstance(definition, MultiPartitions):
            return bool(list(_segmentations(definition, text, known)))
        parse(definition, text, known)
    except PartitionError:
        return False
    return True


def window(definition: TimePartitions, key: str) -> Span:
    """The start (inclusive) and end (exclusive) of the window with this canonical key, in the definition's zone."""
    existing = _window_at(definition, key)
    return existing.start.local, existing.end.local


def dimensions(definition: MultiPartitions) -> tuple[tuple[str, Partitions], ...]:
    """The dimensions in the order of a key's segments. Raises `PartitionError` where one has dimensions itself."""
    for name, inner in definition.dimensions.items():
        if isinstance(inner, MultiPartitions):
            raise PartitionError(
                f"The dimension {name!r} has dimensions itself.", hint="Make them dimensions of the outer one."
            )
    return tuple(sorted(definition.dimensions.items()))


def split(definition: MultiPartitions, text: str, known: Known = NOTHING) -> tuple[str, ...]:
    """The segments of a spelled key in the order of `dimensions`, each as its dimension spells it.

    A segment may hold the delimiter. Raises `PartitionError` where the text is no key, or could be two.
    """
    readings = list(_segmentations(definition, text, known))
    if len(readings) == 1:
        return readings[0]
    what = "could be two keys" if readings else "is no key"
    names = ", ".join(sorted(definition.dimensions))
    raise PartitionError(
        f"{text!r} {what} of the dimensions {names}.", hint="Give a key of each, or another delimiter."
    )


def _segmentations(definition: MultiPartitions, text: str, known: Known) -> Iterator[tuple[str, ...]]:
    inner = dimensions(definition)
    pieces = segments(text, definition.delimiter)
    for cuts in combinations(range(1, len(pieces)), len(inner) - 1):
        edges = (0, *cuts, len(pieces))
        parts = tuple(definition.delimiter.join(pieces[start:end]) for start, end in pairwise(edges))
        if all(exists(each, part, known) for (_, each), part in zip(inner, parts, strict=True)):
            yield parts


def _of(table: Mapping[type, Callable[..., T]], definition: Partitions) -> Callable[..., T]:
    handler = table.get(type(definition))
    if handler is None:
        raise PartitionError(
            f"The keys of {definition.kind} partitions are not known before a run.", hint="Use another kind."
        )
    return handler


def _windows(definition: TimePartitions, between: Span | None, known: Known) -> Iterator[Window]:
    windows = windows_of(definition)
    now = known.epoch
    if between is None:
        if now is None and windows.end is None:
            raise PartitionError(
                f"The partitions of {definition.cron!r} have no end.", hint="Give the time, or bounds."
            )
        # With no clock, every window up to the end has closed.
        return windows.existing(now if now is not None else float(windows.end or 0))
    start, end = instant(between[0]), instant(between[1])
    bounds = windows.bounds(now) if now is not None and windows.start is not None else None
    if now is not None and windows.start is not None and bounds is None:
        return iter(())
    low = max(start, windows.start) if windows.start is not None else start
    high = min(end, windows.end) if windows.end is not None else end
    return windows.between(low, min(high, bounds.last.end.epoch) if bounds else high)


def _time_keys(definition: TimePartitions, between: Span | None, known: Known) -> Iterator[str]:
    return (each.start.local.isoformat() for each in _windows(definition, between, known))


def _time_texts(definition: TimePartitions, between: Span | None, known: Known) -> Iterator[str]:
    spell_tick = windows_of(definition).spell
    return (spell_tick(each.start) for each in _windows(definition, between, known))


def _listed(definition: StaticPartitions, _between: Span | None, _known: Known) -> Iterator[str]:
    return iter(definition.keys)


def _stored(definition: DynamicPartitions, _between: Span | None, known: Known) -> Iterator[str]:
    return iter(_dynamic(definition, known))


def _dynamic(definition: DynamicPartitions, known: Known) -> Sequence[str]:
    if definition.name not in known.dynamic:
        raise PartitionError(f"The dynamic partitions {definition.name!r} are not known.", hint="Give their keys.")
    return known.dynamic[definition.name]


def _pairs(definition: MultiPartitions, between: Span | None, known: Known) -> Iterator[Key]:
    inner = dimensions(definition)
    names = [name for name, _ in inner]
    for combined in product(*(keys(each, between, known) for _, each in inner)):
        yield tuple(zip(names, map(str, combined), strict=True))


def _joined(definition: MultiPartitions, between: Span | None, known: Known) -> Iterator[str]:
    inner = dimensions(definition)
    return map(definition.delimiter.join, product(*(spelled(each, between, known) for _, each in inner)))


def _parse_time(definition: TimePartitions, text: str, _known: Known) -> str:
    return windows_of(definition).parse(text).start.local.isoformat()


def _parse_static(definition: StaticPartitions, text: str, _known: Known) -> str:
    if text not in definition.keys:
        raise PartitionError(
            f"{text!r} is none of the static keys.", hint=f"There are {', '.join(definition.keys[:9])} …"
        )
    return text


def _parse_dynamic(definition: DynamicPartitions, text: str, known: Known) -> str:
    if text not in _dynamic(definition, known):
        raise PartitionError(f"{text!r} is no key of the dynamic partitions {definition.name!r}.", hint="Add it there.")
    return text


def _parse_multi(definition: MultiPartitions, text: str, known: Known) -> Key:
    segments = split(definition, text, known)
    return tuple(
        (name, str(parse(inner, segment, known)))
        for (name, inner), segment in zip(dimensions(definition), segments, strict=True)
    )


def _window_at(definition: TimePartitions, key: str) -> Window:
    windows = windows_of(definition)
    try:
        epoch = instant(datetime.fromisoformat(key))
    except ValueError as error:
        raise PartitionError(f"{key!r} is no ISO-8601 instant.", hint="Write 2026-01-31T12:00:00+00:00.") from error
    existing = next(windows.since(epoch), None)
    if existing is None or existing.start.epoch != epoch:
        raise PartitionError(f"No partition of {definition.cron!r} starts at {key}.", hint="Give the start of one.")
    return existing


def _spell_time(definition: TimePartitions, key: Key) -> str:
    return windows_of(definition).spell(_window_at(definition, _text(key)).start)


def _spell_plain(_definition: Partitions, key: Key) -> str:
    return _text(key)


def _text(key: Key) -> str:
    if isinstance(key, str):
        return key
    raise PartitionError(f"The key {dict(key)} has several dimensions, its definition has none.", hint="Give one text.")


def _spell_multi(definition: MultiPartitions, key: Key) -> str:
    inner = dimensions(definition)
    if isinstance(key, str) or [name for name, _ in key] != [name for name, _ in inner]:
        raise PartitionError(
            f"{key!r} is no key of {', '.join(name for name, _ in inner)}.", hint="Give a key of each."
        )
    return definition.delimiter.join(spell(each, part) for (_, each), (_, part) in zip(inner, key, strict=True))


_KEYS: Final[Mapping[type, Callable[..., Iterator[Key]]]] = {
    TimePartitions: _time_keys,
    StaticPartitions: _listed,
    DynamicPartitions: _stored,
    MultiPartitions: _pairs,
}
_SPELLED: Final[Mapping[type, Callable[..., Iterator[str]]]] = {
    TimePartitions: _time_texts,
    StaticPartitions: _listed,
    DynamicPartitions: _stored,
    MultiPartitions: _joined,
}
_PARSE: Final[Mapping[type, Callable[..., Key]]] = {
    TimePartitions: _parse_time,
    StaticPartitions: _parse_static,
    DynamicPartitions: _parse_dynamic,
    RuntimePartitions: lambda _definition, text, _known: text,
    MultiPartitions: _parse_multi,
}
_SPELL: Final[Mapping[type, Callable[..., str]]] = {
    TimePartitions: _spell_time,
    StaticPartitions: _spell_plain,
    DynamicPartitions: _spell_plain,
    RuntimePartitions: _spell_plain,
    MultiPartitions: _spell_multi,
}

"""The keys of which all, or any, of several definitions are: what a run has that waits for updates of several assets.

Airflow's scheduler is the source of the rule (3.3.2, `SchedulerJobRunner._create_dagruns_for_partitioned_asset_dags`): it keeps a
pending run for each key that a mapper makes, notes which assets made that very key, and evaluates the expression of assets over these.
So "all" starts a run for the keys that every part makes, and "any" for those that some part makes, whichever part is written first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timezone
from itertools import islice
from math import inf
from typing import Final, NamedTuple

from transload.model.partitions import (
    DynamicPartitions,
    MultiPartitions,
    OpaquePartitions,
    Partitions,
    RuntimePartitions,
    StaticPartitions,
    TimePartitions,
)
from transload.partitioning.definitions import exists
from transload.partitioning.deriving import at_close
from transload.partitioning.windows import windows_of

_ANY_KEY: Final = (RuntimePartitions, DynamicPartitions, OpaquePartitions)
_LISTED: Final = (StaticPartitions, TimePartitions)
_SAMPLE: Final = 40
"""Windows that two definitions of time are compared by: more than the days of a month, and the months of three years."""

_SOME_TIME: Final = datetime(2024, 1, 1, tzinfo=timezone.utc).timestamp()


class Keys(NamedTuple):
    """The keys of `definitions`, no two of which are one; and, if `is_open`, others that cannot be told."""

    definitions: tuple[Partitions, ...]
    is_open: bool = False

    @property
    def definition(self) -> Partitions | None:
        """The one definition of all these keys; None where there is none."""
        return self.definitions[0] if len(self.definitions) == 1 and not self.is_open else None


UNKNOWN: Final = Keys((), is_open=True)
NONE: Final = Keys(())
"""No key at all: what wants this starts never."""


def keys_of(definition: Partitions | None) -> Keys:
    """The keys of a definition; None stands for keys that cannot be told."""
    return UNKNOWN if definition is None else Keys((definition,))


def in_all(parts: Iterable[Keys]) -> Keys:
    """The keys that are in every part; of a part that cannot be told, those that the others leave. Raises `PartitionError`."""
    known = sorted((part for part in parts if not part.is_open), key=_text)
    apart: list[Keys] = []
    for part in known:
        whole = part
        # What two parts share may not be told, and yet that of each with a third: nothing that bounds the keys may be lost by that.
        for other in list(apart):
            both = _in_both(other, whole)
            if not both.is_open:
                apart.remove(other)
                whole = both
        apart.append(whole)
    return apart[0] if len(apart) == 1 else UNKNOWN


def in_any(parts: Iterable[Keys]) -> Keys:
    """The keys that are in some part. Raises `PartitionError` for a definition that is wrong."""
    parts = list(parts)
    return Keys(_merged(each for part in parts for each in part.definitions), any(part.is_open for part in parts))


def _text(keys: Keys) -> str:
    """By which parts are sorted: the result must not depend on the order in which a trigger names its assets."""
    return "\n".join(each.model_dump_json() for each in keys.definitions)


def _in_both(one: Keys, other: Keys) -> Keys:
    return in_any([NONE, *(_common(first, second) for first in one.definitions for second in other.definitions)])


def _merged(definitions: Iterable[Partitions]) -> tuple[Partitions, ...]:
    merged: list[Partitions] = []
    for definition in sorted(definitions, key=lambda each: each.model_dump_json()):
        whole = definition
        for each in list(merged):
            union = _union(each, whole)
            if union is not None:
                merged.remove(each)
                whole = union
        merged.append(whole)
    return tuple(merged)


def _common(one: Partitions, other: Partitions) -> Keys:
    """The keys that are in both."""
    if one == other:
        return keys_of(one)
    if isinstance(one, _ANY_KEY) or isinstance(other, _ANY_KEY):
        narrower = other if isinstance(one, _ANY_KEY) else one
        return UNKNOWN if isinstance(narrower, _ANY_KEY) else keys_of(narrower)
    if isinstance(one, TimePartitions) and isinstance(other, TimePartitions) and _are_same_windows(one, other):
        narrow = _bounded(one, other, max, min)
        return keys_of(narrow) if next(_sample(narrow), None) is not None else NONE
    if isinstance(one, MultiPartitions) or isinstance(other, MultiPartitions):
        return UNKNOWN
    return _shared(one, other)


def _shared(one: Partitions, other: Partitions) -> Keys:
    """Of static keys exactly those that are in both; of windows all of one, or none, as far as a sample shows."""
    for first, second in ((one, other), (other, one)):
        if isinstance(first, StaticPartitions):
            shared = tuple(key for key in first.keys if exists(second, key))
            return keys_of(StaticPartitions(keys=shared)) if shared else NONE
    one, other = _clipped(one, other)
    held = {first: _held(first, second) for first, second in ((one, other), (other, one))}
    whole = [definition for definition, present in held.items() if present and all(present)]
    if whole:
        return keys_of(max(whole, key=_arrival))
    return UNKNOWN if any(map(any, held.values())) else NONE


def _clipped(one: Partitions, other: Partitions) -> tuple[Partitions, Partitions]:
    """Both from the later start to the earlier end, which are local times of one zone."""
    if not isinstance(one, TimePartitions) or not isinstance(other, TimePartitions) or one.timezone != other.timezone:
        return one, other
    narrow = _bounded(one, other, max, min)
    bounds = {"start": narrow.start, "end": narrow.end}
    return one.model_copy(update=bounds), other.model_copy(update=bounds)


def _held(definition: Partitions, other: Partitions) -> list[bool]:
    """Of some keys of a definition, whether another has them."""
    return [exists(other, key) for key in _sample(definition)]


def _union(one: Partitions, other: Partitions) -> Partitions | None:
    """The one definition of the keys of both; None where there is none."""
    if one == other:
        return one
    if isinstance(one, TimePartitions) and isinstance(other, TimePartitions) and _are_same_windows(one, other):
        return _bounded(one, other, min, max)
    if isinstance(one, StaticPartitions) and isinstance(other, StaticPartitions):
        return StaticPartitions(keys=tuple(dict.fromkeys((*one.keys, *other.keys))))
    if not isinstance(one, _LISTED) or not isinstance(other, _LISTED):
        return None
    pairs = [(one, other), (other, one)]
    whole = [large for small, large in pairs if (present := _held(small, large)) and all(present)]
    return min(whole, key=_arrival) if whole else None


def _arrival(definition: Partitions) -> float:
    """When the first key comes to exist, seconds since 1970; of keys that always do, ages ago."""
    if not isinstance(definition, TimePartitions):
        return -inf
    windows, offset = windows_of(definition), at_close(definition).end_offset
    first = windows.parse(next(_sample(definition)))
    moved = windows.until(first.end.epoch) if offset >= 0 else windows.since(first.start.epoch)
    return next(islice(moved, abs(offset), None)).end.epoch


_BOUNDS: Final = {"start": None, "end": None, "end_offset": 0, "run_offset": None}


def _are_same_windows(one: TimePartitions, other: TimePartitions) -> bool:
    """Whether two definitions have the same windows and spelling, but for where they begin and end."""
    return one.model_copy(update=_BOUNDS) == other.model_copy(update=_BOUNDS)


Pick = Callable[..., tuple[float, str | None]]


def _bounded(one: TimePartitions, other: TimePartitions, start: Pick, end: Pick) -> TimePartitions:
    """The windows of both from the `start` (their minimum or maximum) to the `end`."""
    both = (one, other) if one.run_offset == other.run_offset else (at_close(one), at_close(other))
    starts = [(-inf if (at := windows_of(each).start) is None else at, each.start or "") for each in both]
    ends = [(inf if (at := windows_of(each).end) is None else at, each.end or "") for each in both]
    offsets = [(each.end_offset, None) for each in both]
    return both[0].model_copy(
        update={"start": start(starts)[1] or None, "end": end(ends)[1] or None, "end_offset": end(offsets)[0]}
    )


def _sample(definition: Partitions) -> Iterator[str]:
    """Some keys: all of a static definition, the first of windows."""
    if isinstance(definition, StaticPartitions):
        yield from definition.keys
    elif isinstance(definition, TimePartitions):
        windows = windows_of(definition)
        first = windows.since(_SOME_TIME if windows.start is None else windows.start)
        yield from (windows.spell(each.start) for each in islice(first, _SAMPLE) if windows.has(each, None))

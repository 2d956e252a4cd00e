"""Whether two mappings between definitions say the same: tried on keys around every turn of the calendar and of the clock.

The sides may spell their keys differently; compared are canonical keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from itertools import islice, pairwise, product
from typing import Final, NamedTuple, cast

from transload.errors import PartitionError
from transload.model.partitions import (
    DynamicPartitions,
    MultiPartitions,
    PartitionMapping,
    Partitions,
    RollupMapping,
    RuntimePartitions,
    StaticPartitions,
    TimePartitions,
)
from transload.partitioning.definitions import Key, Known, dimensions, parse, spell
from transload.partitioning.keywise import rolled_up
from transload.partitioning.mappings import ITSELF, Sides, downstream, upstream
from transload.partitioning.windows import windows_of


class Sided(NamedTuple):
    """A mapping between two definitions."""

    mapping: PartitionMapping
    upstream: Partitions
    downstream: Partitions


class Comparison(NamedTuple):
    """How many of the keys two mappings share, from 0 to 1, and the first key on which they disagree with what each says of it.

    `is_upstream`: the key is one upstream, and what is said are the keys that it feeds; else it is one downstream and the keys that it
    waits for. Keys are in the spelling of the first mapping's definitions, those of what has no place there as they are.
    """

    alike: float
    key: str | None = None
    is_upstream: bool = False
    ours: tuple[str, ...] = ()
    theirs: tuple[str, ...] = ()

    @property
    def is_same(self) -> bool:
        """Whether no key was found on which they disagree."""
        return self.key is None


@dataclass(frozen=True)
class _Pair:
    """Two mappings and the text of both, by which what was found is kept: tables are not hashable."""

    text: str
    first: Sided = field(compare=False)
    second: Sided = field(compare=False)


def compared(first: Sided, second: Sided) -> Comparison:
    """The keys that each upstream key feeds, and, where the first is a roll-up, those that each downstream key waits for.

    Raises `PartitionError` where the keys of a definition are not known.
    """
    return _kept(_Pair("\n".join(each.model_dump_json() for each in (*first, *second)), first, second))


@lru_cache(maxsize=4096)
def _kept(pair: _Pair) -> Comparison:
    first, second = pair.first, pair.second
    ours, theirs = _endless(first), _endless(second)
    forward, backward = _Tally(), _Tally()
    fed: dict[Key, None] = {}
    for key in _sample(first.upstream):
        mine, other = _feeds(ours, spell(ours.upstream, key)), _feeds(theirs, spell(theirs.upstream, key))
        forward.add(Side(spell(first.upstream, key), first.downstream, is_upstream=True), mine, other)
        fed.update(dict.fromkeys(mine))
    for key in fed if _waits(first.mapping) else ():
        if backward.tried < _MOST and backward.differing < _ENOUGH and backward.size < _LARGE:
            side = Side(_spelled(first.downstream, key), first.upstream)
            backward.add(side, _awaited(ours, key), _awaited(theirs, key))
    return _both(forward, backward)


_MOST: Final = 150
_ENOUGH: Final = 4
"""Keys in disagreement that are looked at: what they wait for may be thousands of keys."""

_LARGE: Final = 50_000
"""Keys in answers, after which no further one is waited for: months of minutes would take minutes."""

_EVER: Final = datetime(9000, 1, 1, tzinfo=timezone.utc)
_BEGINNING: Final = "2015-01-01T00:00:00"
_STATED: Final = ("a", "2024-03-10", "2024-03-10T05:00:00")
"""Keys that only a run knows could be any: some."""

_TURNS: Final = (
    "2020-12-31",
    "2021-01-04",
    "2024-02-29",
    "2024-04-01",
    "2024-12-30",
    "2026-12-31",
)
"""Week 53, a leap day, a quarter, a week that begins in one year and counts for the next."""


class Side(NamedTuple):
    """A key that both mappings are asked about, and the definition of the answers."""

    key: str
    answers: Partitions
    is_upstream: bool = False


class _Tally:
    def __init__(self) -> None:
        self.shared = 0.0
        self.tried = 0
        self.differing = 0
        self.size = 0
        self.first: Comparison | None = None

    def add(self, side: Side, ours: frozenset[Key], theirs: frozenset[Key]) -> None:
        """Count one answer of both."""
        self.tried += 1
        either = len(ours | theirs)
        self.shared += len(ours & theirs) / either if either else 1.0
        self.differing += ours != theirs
        self.size += len(ours) + len(theirs)
        if ours != theirs and self.first is None:
            answers = (tuple(sorted(_spelled(side.answers, key) for key in keys)) for keys in (ours, theirs))
            self.first = Comparison(0.0, side.key, side.is_upstream, *answers)

    @property
    def alike(self) -> float:
        """The mean of what was counted."""
        return self.shared / self.tried if self.tried else 1.0


def _both(forward: _Tally, backward: _Tally) -> Comparison:
    alike = (forward.alike + backward.alike) / 2
    first = forward.first or backward.first
    return Comparison(alike) if first is None else first._replace(alike=alike)


def _feeds(sided: Sided, text: str) -> frozenset[Key]:
    return _keys(lambda: downstream(sided.mapping, text, _sides(sided)), sided.downstream)


def _waits(mapping: PartitionMapping) -> bool:
    return isinstance(mapping, RollupMapping) and mapping.window != ITSELF


def _awaited(sided: Sided, key: Key) -> frozenset[Key]:
    text = spell(sided.downstream, key)
    if isinstance(sided.mapping, RollupMapping) and _waits(sided.mapping):
        mapping = sided.mapping
        return _keys(lambda: rolled_up(mapping, text), sided.upstream)

    def both() -> tuple[str, ...]:
        answer = upstream(sided.mapping, text, _sides(sided))
        return (*answer.keys, *answer.missing)

    return _keys(both, sided.upstream)


def _keys(ask: Callable[[], tuple[str, ...]], definition: Partitions) -> frozenset[Key]:
    """The canonical keys of an answer; what is no key stays as it is, and what cannot be answered is nothing."""
    try:
        texts = ask()
    except PartitionError:
        return frozenset()
    return frozenset(_canonical(definition, text) for text in texts)


def _canonical(definition: Partitions, text: str) -> Key:
    try:
        return parse(definition, text, _known(definition))
    except PartitionError:
        return text


def _spelled(definition: Partitions, key: Key) -> str:
    try:
        return spell(definition, key)
    except PartitionError:
        return str(key)


def _sides(sided: Sided) -> Sides:
    dynamic = {**_known(sided.upstream).dynamic, **_known(sided.downstream).dynamic}
    return Sides(sided.upstream, sided.downstream, Known(_EVER, dynamic))


def _known(definition: Partitions) -> Known:
    inner = definition.dimensions.values() if isinstance(definition, MultiPartitions) else (definition,)
    return Known(_EVER, {each.name: _STATED for each in inner if isinstance(each, DynamicPartitions)})


def _endless(sided: Sided) -> Sided:
    """Edges aside: start and end are for the definitions to compare."""
    return Sided(sided.mapping, _unbounded(sided.upstream), _unbounded(sided.downstream))


def _unbounded(definition: Partitions) -> Partitions:
    if isinstance(definition, TimePartitions):
        return definition.model_copy(update={"start": _BEGINNING, "end": None, "end_offset": 0, "run_offset": None})
    if isinstance(definition, MultiPartitions):
        dims = {name: _unbounded(each) for name, each in definition.dimensions.items()}
        return definition.model_copy(update={"dimensions": dims})
    return definition


def _sample(definition: Partitions) -> Iterator[Key]:
    return _SAMPLES[type(definition)](definition)


def _sample_times(definition: TimePartitions) -> Iterator[Key]:
    """Some windows before and after each turn."""
    windows = windows_of(cast("TimePartitions", _unbounded(definition)))
    starts: dict[float, str] = {}
    for turn in (*map(datetime.fromisoformat, _TURNS), *_changes(windows.clock.zone)):
        epoch = turn.replace(tzinfo=windows.clock.zone).timestamp()
        around = (*islice(windows.until(epoch), _AROUND), *islice(windows.since(epoch), _AROUND))
        starts.update({each.start.epoch: each.start.local.isoformat() for each in around})
    return iter([starts[epoch] for epoch in sorted(starts)])


_AROUND: Final = 15
_YEAR: Final = 2024


@lru_cache(maxsize=64)
def _changes(zone: tzinfo) -> tuple[datetime, ...]:
    """The days of a year on which the clock changes."""
    days = [datetime(_YEAR, 1, 1, tzinfo=zone) + timedelta(days=number) for number in range(366)]
    return tuple(
        after.replace(tzinfo=None) for before, after in pairwise(days) if before.utcoffset() != after.utcoffset()
    )


def _sample_pairs(definition: MultiPartitions) -> Iterator[Key]:
    inner = dimensions(definition)
    names = [name for name, _ in inner]
    size = max(2, int(_MOST ** (1 / len(inner))))
    for combined in product(*(tuple(islice(_sample(each), size)) for _, each in inner)):
        yield tuple(zip(names, map(str, combined), strict=True))


_SAMPLES: Final[Mapping[type, Callable[..., Iterator[Key]]]] = {
    TimePartitions: _sample_times,
    StaticPartitions: lambda definition: islice(definition.keys, _MOST),
    DynamicPartitions: lambda _definition: iter(_STATED),
    RuntimePartitions: lambda _definition: iter(_STATED),
    MultiPartitions: _sample_pairs,
}

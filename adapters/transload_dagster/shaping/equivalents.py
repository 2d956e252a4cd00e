"""Mappings between definitions in Dagster's words: the same keys both ways where it has such a mapping, else the nearest, and what differs.

That keys are the same is no matter of rules here: the candidates are tried on keys around every turn of the calendar and of the clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from transload.errors import PartitionError
from transload.model.partitions import (
    AllMapping,
    DimensionPair,
    DimensionsMapping,
    IdentityMapping,
    MultiPartitions,
    PartitionMapping,
    Partitions,
    ProductMapping,
    RollupMapping,
    SpecificMapping,
    StaticMapping,
    StaticPartitions,
    TimeMapping,
    TimePartitions,
    WaitPolicy,
)
from transload.partitioning import Known, Sides, downstream
from transload.partitioning.comparing import Comparison, Sided, compared
from transload.partitioning.definitions import dimensions
from transload.partitioning.keywise import FORWARD
from transload.partitioning.mappings import ITSELF
from transload_dagster.codecs.mappings import expressible


class Equivalent(NamedTuple):
    """What Dagster has, None for nothing; each difference in a clause. No difference: the same keys, both ways."""

    mapping: PartitionMapping | None
    differences: tuple[str, ...] = ()


class Native(NamedTuple):
    """The definitions on both sides as Dagster has them."""

    upstream: Partitions
    downstream: Partitions


_ALL: Final = "Dagster waits for no number of upstream partitions, the original for {number}"
_EVERY: Final = "every upstream partition counts, since Dagster has no mapping between these definitions"
_ZONES: Final = "every upstream partition counts, since Dagster compares time windows of one zone only"
_FEEDS: Final = "the upstream key {key!r} feeds {ours}, and {theirs} in Dagster"
_TAKES: Final = "the key {key!r} is made from {ours}, and from {theirs} in Dagster"
_LIMIT: Final = "Dagster feeds any number of partitions, the original at most {limit}"
_NOTHING: Final = "Dagster has no such mapping"


def equivalent(told: Sided, native: Native) -> Equivalent:
    """What Dagster has for a mapping between two definitions, of which `native` are those that it has."""
    inner, clauses = _unwrapped(told.mapping)
    plain = told._replace(mapping=inner)
    if type(inner) is not IdentityMapping and _is_native(inner):
        return Equivalent(inner, clauses)
    found = _products(plain, native) if _is_product(plain, native) else _nearest(plain, native)
    return Equivalent(found.mapping, (*found.differences, *clauses))


def _is_native(mapping: PartitionMapping) -> bool:
    return expressible(mapping) == mapping


def _unwrapped(mapping: PartitionMapping) -> tuple[PartitionMapping, tuple[str, ...]]:
    """The mapping itself; what waits, and what limits, Dagster has not."""
    clauses = []
    wait = mapping.wait if isinstance(mapping, RollupMapping) else WaitPolicy()
    limit = getattr(mapping, "limit", None)
    if wait.minimum is not None:
        clauses.append(_ALL.format(number=_number(wait.minimum)))
    if limit is not None:
        clauses.append(_LIMIT.format(limit=limit))
    inner = mapping.upstream if isinstance(mapping, RollupMapping) and mapping.window == ITSELF else mapping
    return inner, tuple(clauses)


def _number(minimum: int) -> str:
    return f"at least {minimum}" if minimum > 0 else f"all but {-minimum}"


def _is_product(told: Sided, native: Native) -> bool:
    both = isinstance(native.upstream, MultiPartitions) and isinstance(native.downstream, MultiPartitions)
    originals = isinstance(told.upstream, MultiPartitions) and isinstance(told.downstream, MultiPartitions)
    return both and originals and isinstance(told.mapping, ProductMapping)


def _products(told: Sided, native: Native) -> Equivalent:
    """Dimension by dimension, in the order of their names, which is that of the segments."""
    ups, downs = _dimensions(told.upstream), _dimensions(told.downstream)
    natives = (dict(_dimensions(native.upstream)), dict(_dimensions(native.downstream)))
    parts = told.mapping.parts if isinstance(told.mapping, ProductMapping) else ()
    if len({len(parts), len(ups), len(downs)}) != 1 or set(natives[0]) != {name for name, _ in ups}:
        return Equivalent(None, (_NOTHING,))
    table, clauses = {}, []
    for part, (up, upper), (down, lower) in zip(parts, ups, downs, strict=True):
        found = equivalent(Sided(part, upper, lower), Native(natives[0][up], natives[1][down]))
        clauses += [f"of the dimension {up!r}, {each}" for each in found.differences]
        if found.mapping is None:
            return Equivalent(None, tuple(clauses))
        table[up] = DimensionPair(dimension=down, mapping=found.mapping)
    return Equivalent(DimensionsMapping(table=table), tuple(clauses))


def _dimensions(definition: Partitions) -> tuple[tuple[str, Partitions], ...]:
    return dimensions(definition) if isinstance(definition, MultiPartitions) else ()


def _nearest(told: Sided, native: Native) -> Equivalent:
    if _zones(native) > 1:
        return Equivalent(AllMapping(), (_ZONES,))
    best: tuple[Comparison, PartitionMapping] | None = None
    for candidate in _candidates(told, native):
        found = _tried(told, Sided(candidate, *native))
        if found is None:
            continue
        if found.is_same:
            return Equivalent(candidate)
        if best is None or found.alike > best[0].alike:
            best = (found, candidate)
        if found.alike > _CLOSE:
            break
    if best is None or not best[0].alike:
        return Equivalent(AllMapping(), (_EVERY,))
    return Equivalent(best[1], (_clause(best[0]),))


def _zones(native: Native) -> int:
    """Dagster raises an error for a time mapping between two zones, when it is computed."""
    both = [each.timezone for each in native if isinstance(each, TimePartitions)]
    return len(set(both))


def _tried(told: Sided, candidate: Sided) -> Comparison | None:
    try:
        return compared(told, candidate)
    except PartitionError:
        return None


def _clause(found: Comparison) -> str:
    text = _FEEDS if found.is_upstream else _TAKES
    return text.format(key=found.key, ours=_brief(found.ours), theirs=_brief(found.theirs))


_CLOSE: Final = 0.9
"""What shares so many keys is the nearest: it differs at turns of the clock only."""

_SHOWN: Final = 2


def _brief(keys: tuple[str, ...]) -> str:
    if len(keys) > _SHOWN:
        return f"{len(keys)} keys from {keys[0]!r} to {keys[-1]!r}"
    return " and ".join(map(repr, keys)) or "none"


_OFFSETS: Final = ((0, 0), (-1, 0), (-1, -1), (0, 1))


def _candidates(told: Sided, native: Native) -> Iterator[PartitionMapping]:
    """What may be the same, likeliest first. All partitions of a definition without end are never tried: they never end."""
    up, down = native
    if isinstance(up, TimePartitions) and isinstance(down, TimePartitions):
        yield from _times(told, up, down)
        return
    yield IdentityMapping()
    if not isinstance(down, StaticPartitions):
        return
    waits, segments = isinstance(told.mapping, RollupMapping), _segments(told.mapping)
    if not waits or isinstance(up, StaticPartitions):
        yield AllMapping()
    if waits and (segments or isinstance(up, StaticPartitions)):
        yield SpecificMapping(keys=segments)
    if isinstance(up, StaticPartitions) and type(told.mapping) in FORWARD:
        yield _table(told.mapping, up, down)


def _times(told: Sided, up: TimePartitions, down: TimePartitions) -> Iterator[PartitionMapping]:
    """What waits for nothing takes the windows that are there: a unit whose first or last windows are not is one, too."""
    if type(told.mapping) is IdentityMapping and up == down:
        yield IdentityMapping()
    waits = isinstance(told.mapping, RollupMapping) and told.mapping.wait.minimum is None
    allow = up.cron != down.cron and not waits
    for start, end in _OFFSETS:
        yield TimeMapping(start_offset=start, end_offset=end, allow_missing=allow)


def _segments(mapping: PartitionMapping) -> tuple[str, ...]:
    return mapping.window.segments if isinstance(mapping, RollupMapping) else ()


def _table(mapping: PartitionMapping, up: StaticPartitions, down: StaticPartitions) -> StaticMapping:
    return StaticMapping(table={key: found for key in up.keys if (found := _fed(mapping, key, down))})


def _fed(mapping: PartitionMapping, key: str, down: StaticPartitions) -> tuple[str, ...]:
    try:
        found = downstream(mapping, key, Sides(None, None, Known()))
    except PartitionError:
        return ()
    return tuple(each for each in dict.fromkeys(found) if each in down.keys)

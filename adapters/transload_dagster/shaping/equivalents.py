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
    """Dagster's mapping for one of another tool, None if it has none; each difference in a clause.

    Without a difference it gives the same keys, both ways.
    """

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


def equivalent(original: Sided, native: Native) -> Equivalent:
    """Dagster's mapping for one between two definitions, which Dagster has as `native`."""
    inner, clauses = _unwrapped(original.mapping)
    plain = original._replace(mapping=inner)
    # An identity is tried on keys too: definitions may have become others.
    if type(inner) is not IdentityMapping and expressible(inner) == inner:
        return Equivalent(inner, clauses)
    both_native = isinstance(native.upstream, MultiPartitions) and isinstance(native.downstream, MultiPartitions)
    originals = isinstance(plain.upstream, MultiPartitions) and isinstance(plain.downstream, MultiPartitions)
    is_product = both_native and originals and isinstance(plain.mapping, ProductMapping)
    result = _products(plain, native) if is_product else _nearest(plain, native)
    return Equivalent(result.mapping, (*result.differences, *clauses))


def _unwrapped(mapping: PartitionMapping) -> tuple[PartitionMapping, tuple[str, ...]]:
    """The mapping without its waiting and its limit, which Dagster does not have, and a clause for each."""
    clauses = []
    wait = mapping.wait if isinstance(mapping, RollupMapping) else WaitPolicy()
    limit = getattr(mapping, "limit", None)
    if wait.minimum is not None:
        number = f"at least {wait.minimum}" if wait.minimum > 0 else f"all but {-wait.minimum}"
        clauses.append(_ALL.format(number=number))
    if limit is not None:
        clauses.append(_LIMIT.format(limit=limit))
    inner = mapping.upstream if isinstance(mapping, RollupMapping) and mapping.window == ITSELF else mapping
    return inner, tuple(clauses)


def _products(original: Sided, native: Native) -> Equivalent:
    """Dimension by dimension, in the order of their names, which is that of the segments."""
    ups, downs = _dimensions(original.upstream), _dimensions(original.downstream)
    natives = (dict(_dimensions(native.upstream)), dict(_dimensions(native.downstream)))
    parts = original.mapping.parts if isinstance(original.mapping, ProductMapping) else ()
    if len({len(parts), len(ups), len(downs)}) != 1 or set(natives[0]) != {name for name, _ in ups}:
        return Equivalent(None, (_NOTHING,))
    table, clauses = {}, []
    for part, (up, upper), (down, lower) in zip(parts, ups, downs, strict=True):
        part_equivalent = equivalent(Sided(part, upper, lower), Native(natives[0][up], natives[1][down]))
        clauses += [f"of the dimension {up!r}, {clause}" for clause in part_equivalent.differences]
        if part_equivalent.mapping is None:
            return Equivalent(None, tuple(clauses))
        table[up] = DimensionPair(dimension=down, mapping=part_equivalent.mapping)
    return Equivalent(DimensionsMapping(table=table), tuple(clauses))


def _dimensions(definition: Partitions) -> tuple[tuple[str, Partitions], ...]:
    return dimensions(definition) if isinstance(definition, MultiPartitions) else ()


def _nearest(original: Sided, native: Native) -> Equivalent:
    # Dagster raises an error for a time mapping between two zones, when it is computed.
    zones = {definition.timezone for definition in native if isinstance(definition, TimePartitions)}
    if len(zones) > 1:
        return Equivalent(AllMapping(), (_ZONES,))
    best: tuple[Comparison, PartitionMapping] | None = None
    for candidate in _candidates(original, native):
        comparison = _tried(original, Sided(candidate, *native))
        if comparison is None:
            continue
        if comparison.is_same:
            return Equivalent(candidate)
        if best is None or comparison.alike > best[0].alike:
            best = (comparison, candidate)
        if comparison.alike > _CLOSE:
            break
    if best is None or not best[0].alike:
        return Equivalent(AllMapping(), (_EVERY,))
    comparison, candidate = best
    text = _FEEDS if comparison.is_upstream else _TAKES
    clause = text.format(key=comparison.key, ours=_brief(comparison.ours), theirs=_brief(comparison.theirs))
    return Equivalent(candidate, (clause,))


def _tried(original: Sided, candidate: Sided) -> Comparison | None:
    try:
        return compared(original, candidate)
    except PartitionError:
        return None


_CLOSE: Final = 0.9
"""The share of equal keys above which no candidate is nearer: it differs at turns of the clock only."""

_SHOWN: Final = 2


def _brief(keys: tuple[str, ...]) -> str:
    if len(keys) > _SHOWN:
        return f"{len(keys)} keys from {keys[0]!r} to {keys[-1]!r}"
    return " and ".join(map(repr, keys)) or "none"


_OFFSETS: Final = ((0, 0), (-1, 0), (-1, -1), (0, 1))


def _candidates(original: Sided, native: Native) -> Iterator[PartitionMapping]:
    """The mappings that may be the same, likeliest first; all partitions of a definition without an end are never tried."""
    up, down = native
    if isinstance(up, TimePartitions) and isinstance(down, TimePartitions):
        yield from _times(original, up, down)
        return
    yield IdentityMapping()
    if not isinstance(down, StaticPartitions):
        return
    waits = isinstance(original.mapping, RollupMapping)
    segments = original.mapping.window.segments if isinstance(original.mapping, RollupMapping) else ()
    if not waits or isinstance(up, StaticPartitions):
        yield AllMapping()
    if waits and (segments or isinstance(up, StaticPartitions)):
        yield SpecificMapping(keys=segments)
    if isinstance(up, StaticPartitions) and type(original.mapping) in FORWARD:
        yield _table(original.mapping, up, down)


def _times(original: Sided, up: TimePartitions, down: TimePartitions) -> Iterator[PartitionMapping]:
    """Mappings of time windows. One that waits for nothing also takes a unit of windows whose first or last are missing."""
    if type(original.mapping) is IdentityMapping and up == down:
        yield IdentityMapping()
    waits = isinstance(original.mapping, RollupMapping) and original.mapping.wait.minimum is None
    allow = up.cron != down.cron and not waits
    for start, end in _OFFSETS:
        yield TimeMapping(start_offset=start, end_offset=end, allow_missing=allow)


def _table(mapping: PartitionMapping, up: StaticPartitions, down: StaticPartitions) -> StaticMapping:
    return StaticMapping(table={key: keys for key in up.keys if (keys := _fed(mapping, key, down))})


def _fed(mapping: PartitionMapping, key: str, down: StaticPartitions) -> tuple[str, ...]:
    try:
        keys = downstream(mapping, key, Sides(None, None, Known()))
    except PartitionError:
        return ()
    return tuple(fed for fed in dict.fromkeys(keys) if fed in down.keys)

"""Which upstream partitions a downstream one reads, and which downstream ones an upstream one feeds. Keys are spelled ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

from transload.errors import PartitionError
from transload.model.partitions import (
    AllMapping,
    AllowedMapping,
    DimensionMapping,
    DimensionsMapping,
    IdentityMapping,
    LastMapping,
    MultiPartitions,
    PartitionMapping,
    Partitions,
    RollupMapping,
    SpecificMapping,
    StaticMapping,
    TimeMapping,
    TimePartitions,
    Window,
)
from transload.partitioning.definitions import NOTHING, Known, dimensions, exists, spelled, split
from transload.partitioning.keywise import FORWARD, mapped, rolled_up
from transload.partitioning.overlap import Stretch, across, overlap
from transload.partitioning.windows import Windows, windows_of

ITSELF: Final = Window()
"""The window of a roll-up that waits for the keys that its mapping itself says."""


@dataclass(frozen=True)
class Sides:
    """The definitions on both sides of a mapping, None where a side has no partitions or they are not known."""

    upstream: Partitions | None
    downstream: Partitions | None
    known: Known = NOTHING


@dataclass(frozen=True)
class Mapped:
    """Upstream keys that exist, in the order of their definition, and those that should and do not."""

    keys: tuple[str, ...]
    missing: tuple[str, ...] = ()


def upstream(mapping: PartitionMapping, key: str | None, sides: Sides) -> Mapped:
    """The upstream keys that a downstream key reads; `key` is None for a downstream without partitions.

    Raises `PartitionError` where the definitions do not fit the mapping, or it cannot be computed.
    """
    handler = _UPSTREAM.get(type(mapping))
    if handler is not None:
        return handler(mapping, key, sides)
    if type(mapping) not in FORWARD:
        raise PartitionError(f"A mapping {mapping.kind!r} cannot be computed.", hint="Use one of the neutral mappings.")
    candidates = spelled(_required(sides.upstream, "upstream"), known=sides.known)
    return Mapped(tuple(each for each in candidates if key in mapped(mapping, each)))


def downstream(mapping: PartitionMapping, key: str, sides: Sides) -> tuple[str, ...]:
    """The downstream keys that an upstream key feeds, in the order of their definition.

    Raises `PartitionError` where the definitions do not fit the mapping, or it cannot be computed.
    """
    handler = _DOWNSTREAM.get(type(mapping))
    return mapped(mapping, key) if handler is None else handler(mapping, key, sides)


def inferred(sides: Sides) -> PartitionMapping:
    """The mapping between two definitions where none is said (Dagster 1.13, `infer_partition_mapping`)."""
    if sides.upstream is None or sides.downstream is None:
        return AllMapping()
    if isinstance(sides.upstream, TimePartitions) and isinstance(sides.downstream, TimePartitions):
        return TimeMapping()
    if isinstance(sides.upstream, MultiPartitions) != isinstance(sides.downstream, MultiPartitions):
        try:
            linked(DimensionMapping(), sides)
        except PartitionError:
            return IdentityMapping()
        return DimensionMapping()
    return IdentityMapping()


def _required(definition: Partitions | None, side: str) -> Partitions:
    if definition is None:
        raise PartitionError(f"The mapping needs the {side} partitions.", hint="Give their definition.")
    return definition


def _key(key: str | None) -> str:
    if key is None:
        raise PartitionError("The mapping needs a downstream key.", hint="Partition the downstream asset.")
    return key


def _listed(definition: Partitions | None, known: Known) -> tuple[str, ...]:
    return () if definition is None else tuple(spelled(definition, known=known))


def _last_key(sides: Sides) -> str | None:
    definition = _required(sides.upstream, "upstream")
    now = sides.known.epoch
    if isinstance(definition, TimePartitions) and now is not None:
        windows = windows_of(definition)
        bounds = windows.bounds(now)
        return windows.spell(bounds.last.start) if bounds else None
    last = None
    for last in spelled(definition, known=sides.known):  # noqa: B007 - the last one is what is wanted
        pass
    return last


def _identity_up(mapping: IdentityMapping, key: str | None, sides: Sides) -> Mapped:
    kept = _identity_down(mapping, _key(key), Sides(sides.downstream, sides.upstream, sides.known))
    return Mapped(kept, () if kept else (_key(key),))


def _identity_down(_mapping: IdentityMapping, key: str, sides: Sides) -> tuple[str, ...]:
    """Where the definitions are the same, or not known, nothing is looked up, as in both tools."""
    known = sides.downstream is None or sides.upstream is None or sides.upstream == sides.downstream
    return (key,) if known or exists(_required(sides.downstream, "downstream"), key, sides.known) else ()


def _all_up(_mapping: AllMapping, _key: str | None, sides: Sides) -> Mapped:
    return Mapped(_listed(_required(sides.upstream, "upstream"), sides.known))


def _all_down(_mapping: AllMapping, _key: str, sides: Sides) -> tuple[str, ...]:
    return _listed(sides.downstream, sides.known)


def _last_up(_mapping: LastMapping, _key: str | None, sides: Sides) -> Mapped:
    last = _last_key(sides)
    return Mapped(() if last is None else (last,))


def _last_down(_mapping: LastMapping, key: str, sides: Sides) -> tuple[str, ...]:
    return _listed(sides.downstream, sides.known) if key == _last_key(sides) else ()


def _specific_up(mapping: SpecificMapping, _key: str | None, _sides: Sides) -> Mapped:
    return Mapped(mapping.keys)


def _specific_down(mapping: SpecificMapping, key: str, sides: Sides) -> tuple[str, ...]:
    return _listed(sides.downstream, sides.known) if key in mapping.keys else ()


def _static_up(mapping: StaticMapping, key: str | None, _sides: Sides) -> Mapped:
    return Mapped(tuple(up for up, down in mapping.table.items() if key in down))


def _static_down(mapping: StaticMapping, key: str, _sides: Sides) -> tuple[str, ...]:
    return mapping.table.get(key, ())


def _allowed_up(mapping: AllowedMapping, key: str | None, _sides: Sides) -> Mapped:
    return Mapped(mapped(mapping, _key(key)))


def _rollup_up(mapping: RollupMapping, key: str | None, sides: Sides) -> Mapped:
    if mapping.window == ITSELF:
        return upstream(mapping.upstream, key, sides)
    return Mapped(rolled_up(mapping, _key(key)))


def _rollup_down(mapping: RollupMapping, key: str, sides: Sides) -> tuple[str, ...]:
    if mapping.window != ITSELF:
        return mapped(mapping, key)
    keys = downstream(mapping.upstream, key, sides)
    return keys if mapping.limit is None or len(keys) <= mapping.limit else ()


def _times(sides: Sides) -> tuple[TimePartitions, TimePartitions, float]:
    now = sides.known.epoch
    if not isinstance(sides.upstream, TimePartitions) or not isinstance(sides.downstream, TimePartitions):
        raise PartitionError("A time mapping needs time partitions on both sides.", hint="Use another mapping.")
    if now is None:
        raise PartitionError("A time mapping needs the time, for the windows there are.", hint="Give `now`.")
    return sides.upstream, sides.downstream, now


def _time_up(mapping: TimeMapping, key: str | None, sides: Sides) -> Mapped:
    up, down, now = _times(sides)
    way = across(mapping, up, down, is_up=True)
    answer = overlap(way, way.origin.parse(_key(key)), now)
    missing = () if mapping.allow_missing else tuple(_within(way.target, answer.missing))
    return Mapped(tuple(_within(way.target, [answer.there] if answer.there else [])), missing)


def _time_down(mapping: TimeMapping, key: str, sides: Sides) -> tuple[str, ...]:
    up, down, now = _times(sides)
    way = across(mapping, up, down, is_up=False)
    answer = overlap(way, way.origin.parse(key), now)
    return tuple(_within(way.target, [answer.there] if answer.there else []))


def _within(windows: Windows, stretches: Iterable[Stretch]) -> Iterator[str]:
    for stretch in stretches:
        for window in windows.between(*stretch):
            yield windows.spell(window.start)


Links = Mapping[str, "tuple[str, PartitionMapping]"]
"""Dimension of the key's side → dimension of the other side, and the mapping between them; `""` where a side has none."""


def _inferred(mapping: DimensionMapping, sides: Sides) -> tuple[str, PartitionMapping]:
    """The dimension that the single side stands for, and how (Dagster 1.13, `MultiToSingleDimensionPartitionMapping`)."""
    several, single = sides.upstream, sides.downstream
    if isinstance(single, MultiPartitions):
        several, single = single, several
    if not isinstance(several, MultiPartitions) or isinstance(single, MultiPartitions):
        raise PartitionError("A dimension mapping needs dimensions on exactly one side.", hint="Use another mapping.")
    offered = [(name, each) for name, each in dimensions(several) if mapping.dimension in (None, name)]
    same = [name for name, each in offered if each == single]
    times = [name for name, each in offered if isinstance(each, TimePartitions) and isinstance(single, TimePartitions)]
    if len(same) == 1:
        return same[0], IdentityMapping()
    if not same and len(times) == 1:
        return times[0], TimeMapping()
    raise PartitionError("No one dimension fits the single side.", hint="Name the dimension in the mapping.")


def _links(mapping: DimensionMapping | DimensionsMapping, sides: Sides) -> Links:
    """From upstream to downstream."""
    if isinstance(mapping, DimensionsMapping):
        return {name: (pair.dimension, pair.mapping) for name, pair in mapping.table.items()}
    name, inner = _inferred(mapping, sides)
    return {name: ("", inner)} if isinstance(sides.upstream, MultiPartitions) else {"": (name, inner)}


def linked(
    mapping: DimensionMapping | DimensionsMapping, sides: Sides
) -> tuple[dict[str, Partitions], dict[str, Partitions], Links]:
    """The dimensions of both sides, "" for a side of one, and which upstream one is linked to which downstream one, and how.

    Raises `PartitionError` where the definitions do not fit the mapping.
    """
    links = _links(mapping, sides)
    downs, ups = _both(links, Sides(sides.downstream, sides.upstream, sides.known))
    return ups, downs, links


def _linked_up(mapping: DimensionMapping | DimensionsMapping, key: str | None, sides: Sides) -> Mapped:
    links = {down: (up, inner) for up, (down, inner) in _links(mapping, sides).items()}
    return _several_up(links, _key(key), sides)


def _linked_down(mapping: DimensionMapping | DimensionsMapping, key: str, sides: Sides) -> tuple[str, ...]:
    return _several_down(_links(mapping, sides), key, sides)


def _named(definition: Partitions) -> dict[str, Partitions]:
    return dict(dimensions(definition)) if isinstance(definition, MultiPartitions) else {"": definition}


def _segments(definition: Partitions, key: str, known: Known) -> dict[str, str]:
    parts = split(definition, key, known) if isinstance(definition, MultiPartitions) else (key,)
    return dict(zip(_named(definition), parts, strict=True))


def _several_up(links: Links, key: str, sides: Sides) -> Mapped:
    """Each dimension through its mapping; every key of those that no mapping names."""
    ups, downs = _both(links, sides)
    parts = _segments(_required(sides.downstream, "downstream"), key, sides.known)
    by_dimension = {
        up: upstream(inner, parts[down], Sides(ups[up], downs[down], sides.known))
        for down, (up, inner) in links.items()
    }
    missing = dict.fromkeys(each for mapped_keys in by_dimension.values() for each in mapped_keys.missing)
    return Mapped(
        _combined({up: each.keys for up, each in by_dimension.items()}, sides.upstream, sides.known), tuple(missing)
    )


def _several_down(links: Links, key: str, sides: Sides) -> tuple[str, ...]:
    downs, ups = _both(links, Sides(sides.downstream, sides.upstream, sides.known))
    parts = _segments(_required(sides.upstream, "upstream"), key, sides.known)
    by_dimension = {
        down: downstream(inner, parts[up], Sides(ups[up], downs[down], sides.known))
        for up, (down, inner) in links.items()
    }
    return _combined(by_dimension, sides.downstream, sides.known)


def _both(links: Links, sides: Sides) -> tuple[dict[str, Partitions], dict[str, Partitions]]:
    """The dimensions of the side that is sought, and of the side of the key; every link has one on each."""
    sought, ours = _named(_required(sides.upstream, "upstream")), _named(_required(sides.downstream, "downstream"))
    for name, (other, _) in links.items():
        if name not in ours or other not in sought:
            raise PartitionError(
                f"There is no dimension {name if name not in ours else other!r}.", hint="Correct the mapping."
            )
    return sought, ours


def _combined(
    by_dimension: Mapping[str, tuple[str, ...]], definition: Partitions | None, known: Known
) -> tuple[str, ...]:
    inner = _named(_required(definition, "other"))
    delimiter = definition.delimiter if isinstance(definition, MultiPartitions) else ""
    choices = (
        by_dimension[name] if name in by_dimension else spelled(each, known=known) for name, each in inner.items()
    )
    return tuple(map(delimiter.join, product(*choices)))


_UPSTREAM: Final[Mapping[type, Callable[..., Mapped]]] = {
    IdentityMapping: _identity_up,
    AllMapping: _all_up,
    LastMapping: _last_up,
    SpecificMapping: _specific_up,
    StaticMapping: _static_up,
    TimeMapping: _time_up,
    AllowedMapping: _allowed_up,
    RollupMapping: _rollup_up,
    DimensionMapping: _linked_up,
    DimensionsMapping: _linked_up,
}
_DOWNSTREAM: Final[Mapping[type, Callable[..., tuple[str, ...]]]] = {
    IdentityMapping: _identity_down,
    AllMapping: _all_down,
    LastMapping: _last_down,
    SpecificMapping: _specific_down,
    StaticMapping: _static_down,
    RollupMapping: _rollup_down,
    TimeMapping: _time_down,
    DimensionMapping: _linked_down,
    DimensionsMapping: _linked_down,
}

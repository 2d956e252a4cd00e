"""Mappings from key to key, which need no definitions: those that Airflow 3.3 has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from transload.errors import PartitionError
from transload.model.partitions import (
    AllowedMapping,
    CalendarUnit,
    ChainMapping,
    FanOutMapping,
    FixedMapping,
    FloorMapping,
    IdentityMapping,
    PartitionMapping,
    ProductMapping,
    RollupMapping,
    Window,
)
from transload.partitioning.calendars import PARTS, floor, parts, read_unit, write_part, write_unit
from transload.partitioning.spelling import segments

Decoded = datetime | str


def mapped(mapping: PartitionMapping, key: str) -> tuple[str, ...]:
    """The downstream keys of an upstream one; none where the mapping ignores it, or has more than its limit.

    Raises `PartitionError` for a key of another format, and for a mapping that cannot be computed from the key alone.
    """
    handler = FORWARD.get(type(mapping))
    if handler is None:
        raise PartitionError(
            f"A mapping {mapping.kind!r} needs more than a key.", hint="Use it outside of other mappings."
        )
    keys = handler(mapping, key)
    limit = getattr(mapping, "limit", None)
    return keys if limit is None or len(keys) <= limit else ()


def rolled_up(mapping: RollupMapping, key: str) -> tuple[str, ...]:
    """The upstream keys that a downstream key waits for, in order; each once."""
    anchor = _decode(mapping.upstream, key)
    return tuple(dict.fromkeys(_encode(mapping.upstream, part) for part in _members(mapping.window, anchor)))


def _members(window: Window, anchor: Decoded) -> list[datetime] | tuple[str, ...]:
    if window.opaque is not None:
        raise PartitionError(
            "The parts of a window of one's own are not known.", hint="Use a calendar unit or segments."
        )
    if window.segments:
        return window.segments
    if isinstance(anchor, str):
        raise PartitionError(
            f"The key {anchor!r} is no time, its window is one of time.", hint="Map it to a unit first."
        )
    return parts(window, anchor)


def _decode(mapping: PartitionMapping, key: str) -> Decoded:
    return read_unit(mapping, key) if isinstance(mapping, FloorMapping) else key


def _encode(mapping: PartitionMapping, part: Decoded) -> str:
    if isinstance(part, str):
        return part
    if isinstance(mapping, FloorMapping):
        return write_part(mapping, part)
    raise PartitionError(f"A mapping {mapping.kind!r} makes no times.", hint="Use a calendar unit.")


def _written(mapping: PartitionMapping, part: Decoded) -> str:
    """A part as a downstream mapping spells it (Airflow 3.3, `_format_with`)."""
    if isinstance(part, str):
        return part
    return write_unit(mapping, part) if isinstance(mapping, FloorMapping) else part.isoformat()


def _single(mapping: PartitionMapping, key: str, inside: str) -> tuple[str, ...]:
    keys = FORWARD[type(mapping)](mapping, key) if type(mapping) in FORWARD else mapped(mapping, key)
    if len(keys) > 1:
        raise PartitionError(f"A mapping {mapping.kind!r} gives several keys inside a {inside}.", hint="Use a chain.")
    return keys


def _fan_out(mapping: FanOutMapping, key: str) -> tuple[str, ...]:
    downstream = mapping.downstream or _default(mapping.window)
    return tuple(
        _written(downstream, part)
        for coarse in _single(mapping.upstream, key, "fan-out")
        for part in _members(mapping.window, _decode(mapping.upstream, coarse))
    )


def _default(window: Window) -> PartitionMapping:
    unit = PARTS.get(window.unit) if window.unit else None
    if unit is None:
        raise PartitionError(
            "A fan-out to minutes or segments has no default mapping.", hint="Give a downstream mapping."
        )
    return FloorMapping(unit=CalendarUnit(unit))


def _product(mapping: ProductMapping, key: str) -> tuple[str, ...]:
    parts = segments(key, mapping.delimiter)
    if len(parts) != len(mapping.parts):
        raise PartitionError(
            f"{key!r} has {len(parts)} segments, its mapping {len(mapping.parts)}.",
            hint="Give a key of each dimension.",
        )
    singles = [_single(part, segment, "product") for part, segment in zip(mapping.parts, parts, strict=True)]
    return (mapping.delimiter.join(keys[0] for keys in singles),) if all(singles) else ()


def _chain(mapping: ChainMapping, key: str) -> tuple[str, ...]:
    keys: tuple[str, ...] = (key,)
    for step in mapping.steps:
        forward = FORWARD.get(type(step), mapped)
        keys = tuple(each for before in keys for each in forward(step, before))
    return keys


def _rollup(mapping: RollupMapping, key: str) -> tuple[str, ...]:
    return FORWARD.get(type(mapping.upstream), mapped)(mapping.upstream, key)


FORWARD: Final[Mapping[type, Callable[..., tuple[str, ...]]]] = {
    IdentityMapping: lambda _mapping, key: (key,),
    FloorMapping: lambda mapping, key: (floor(mapping, key),),
    FixedMapping: lambda mapping, _key: (mapping.key,),
    AllowedMapping: lambda mapping, key: (key,) if key in mapping.keys else (),
    RollupMapping: _rollup,
    FanOutMapping: _fan_out,
    ProductMapping: _product,
    ChainMapping: _chain,
}
"""Mappings of which each upstream key alone gives its downstream keys; limits count outermost only, as in Airflow."""

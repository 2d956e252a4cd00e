"""Mappings between definitions ↔ `transload_airflow.running.mappers`, as forms: what Airflow's own mappers cannot say, for Airflow 3.3."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from math import prod
from typing import Any, Final, get_args

from transload.errors import PartitionError
from transload.forms import Form, form
from transload.model.partitions import (
    AllMapping,
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
    StaticPartitions,
    TimeMapping,
    TimePartitions,
    WaitPolicy,
)
from transload.partitioning import Sides, spelled
from transload.partitioning.definitions import dimensions
from transload.partitioning.mappings import ITSELF, linked
from transload.partitioning.windows import windows_of
from transload_airflow.codecs.classes import arguments, sdk
from transload_airflow.codecs.records import record_form, record_of

HOME: Final = "transload_airflow.running.mappers"
TIME: Final = f"{HOME}.TimeWindowMapper"
OTHER: Final = f"{HOME}.PartitionsMapper"
KINDS: Final = frozenset({TIME, OTHER})

MOST_KEYS: Final = 1000
"""Airflow queues nothing for an update that feeds more keys than this (3.3, `[scheduler] partition_mapper_max_downstream_keys`)."""

_MAPPINGS: Final = get_args(get_args(PartitionMapping)[0])
_DEFINITIONS: Final = (TimePartitions, StaticPartitions, MultiPartitions)


def to_form(mapping: PartitionMapping, sides: Sides) -> Form | None:
    """The mapper of a mapping between two definitions; None where its keys cannot be computed."""
    inner, wait, limit = mapping, WaitPolicy(), None
    if isinstance(mapping, RollupMapping) and mapping.window == ITSELF:
        inner, wait, limit = mapping.upstream, mapping.wait, mapping.limit
    up, down = sides.upstream, sides.downstream
    if up is None or down is None or refusal(inner, sides) is not None:
        return None
    if wait.minimum == 0 or not (limit is None or limit > 0):
        return None
    definitions = {"upstream": record_form(up), "downstream": record_form(down)}
    limits = {
        "wait_policy": None if wait.minimum is None else form(sdk("MinimumCount"), wait.minimum),
        "max_downstream_keys": limit,
    }
    if not isinstance(inner, TimeMapping):
        return form(OTHER, record_form(inner), **definitions, **limits)
    offsets = {name: getattr(inner, name) or None for name in _OFFSETS}
    return form(TIME, **definitions, **offsets, **limits)


_OFFSETS: Final = ("start_offset", "end_offset", "allow_missing")


def wrapped(mapping: PartitionMapping, wait: WaitPolicy, limit: int | None) -> PartitionMapping:
    """The mapping that stands for a mapper: one that Airflow would take for its own, or that has a policy or a limit, is wrapped."""
    if isinstance(mapping, _ALONE) and wait == WaitPolicy() and limit is None:
        return mapping
    return RollupMapping(upstream=mapping, window=ITSELF, wait=wait, limit=limit)


def from_form(value: Form, read_wait: Callable[[Any], WaitPolicy | None]) -> tuple[PartitionMapping, Sides] | None:
    """The mapping and the definitions of a mapper, None where something of it is not known."""
    kwargs = arguments(value)
    sides = Sides(_definition(kwargs.pop("upstream", None)), _definition(kwargs.pop("downstream", None)))
    wait, limit = read_wait(kwargs.pop("wait_policy", None)), kwargs.pop("max_downstream_keys", None)
    mapping: Any
    if value.name == TIME:
        offsets = {name: kwargs.pop(name) for name in _OFFSETS if name in kwargs}
        mapping = TimeMapping(**offsets) if all(isinstance(offset, int) for offset in offsets.values()) else None
    else:
        mapping = record_of(kwargs.pop("mapping", None))
    if kwargs or wait is None or not isinstance(limit, (int, type(None))) or not isinstance(mapping, _MAPPINGS):
        return None
    if refusal(mapping, sides) is not None:
        return None
    return wrapped(mapping, wait, limit), sides


def _definition(value: Any) -> Any:
    record = record_of(value)
    return record if isinstance(record, _DEFINITIONS) else None


_TIMES: Final = "Between these definitions there are no time windows to compare."
_UNKNOWN: Final = "Keys that are added while the project runs cannot be computed by a mapper."
_ENDLESS: Final = (
    "It takes all keys of a definition, which has no end or more keys than Airflow queues at once "
    f"({MOST_KEYS}), so there would never be all of them."
)
_OTHER: Final = "Airflow's plugin computes no mapping of this kind."


def refusal(mapping: PartitionMapping, sides: Sides) -> str | None:
    """The reason why the keys of a mapping cannot be computed inside Airflow, one sentence; None where they can."""
    both = (sides.upstream, sides.downstream)
    if not isinstance(mapping, _COMPUTED):
        return _OTHER
    try:
        if not all(isinstance(side, _DEFINITIONS) and _is_sound(side) for side in both):
            return _UNKNOWN
        if isinstance(mapping, TimeMapping):
            return None if all(isinstance(side, TimePartitions) for side in both) else _TIMES
        if isinstance(mapping, (DimensionMapping, DimensionsMapping)):
            return _of_dimensions(mapping, sides)
        return _listing(mapping, sides)
    except PartitionError as error:
        return str(error)


def _is_sound(definition: Partitions) -> bool:
    """True of a definition with keys that are known. Raises `PartitionError` for one that is wrong."""
    if isinstance(definition, TimePartitions):
        # The first key must be read as the window that it was written for.
        windows = windows_of(definition)
        first = next(windows.since(windows.start or 0))
        return windows.parse(windows.spell(first.start)).start == first.start
    if isinstance(definition, MultiPartitions):
        if not definition.delimiter or not definition.dimensions:
            return False
        return all(_is_sound(dimension) for _, dimension in dimensions(definition))
    return isinstance(definition, StaticPartitions) and bool(definition.keys) and all(definition.keys)


def _listing(mapping: PartitionMapping, sides: Sides) -> str | None:
    """A mapping that takes all keys of a definition needs one that can be listed."""
    if isinstance(mapping, (IdentityMapping, StaticMapping)):
        return None
    listed = (sides.upstream, sides.downstream) if isinstance(mapping, AllMapping) else (sides.downstream,)
    return None if all(is_listed(definition) for definition in listed if definition is not None) else _ENDLESS


def _of_dimensions(mapping: DimensionMapping | DimensionsMapping, sides: Sides) -> str | None:
    """Each pair of dimensions by itself; of dimensions without a pair every key is taken."""
    ups, downs, links = linked(mapping, sides)
    for up, (down, inner) in links.items():
        if isinstance(inner, LastMapping):
            return "The newest key of one dimension changes while a mapper waits for the keys of the others."
        reason = refusal(inner, Sides(ups[up], downs[down]))
        if reason is not None:
            return reason
    alone = [dimension for name, dimension in ups.items() if name not in links]
    alone += [dimension for name, dimension in downs.items() if name not in {down for down, _ in links.values()}]
    return None if all(map(is_listed, alone)) else _ENDLESS


def is_listed(definition: Partitions) -> bool:
    """True of a definition whose keys are all known, and not too many."""
    return 0 < _count(definition) <= MOST_KEYS


def _count(definition: Partitions) -> int:
    """The number of keys; of more than `MOST_KEYS`, or of windows without an end, some number above that."""
    if isinstance(definition, MultiPartitions):
        return prod(_count(dimension) for _, dimension in dimensions(definition))
    if isinstance(definition, TimePartitions) and (definition.start is None or definition.end is None):
        return MOST_KEYS + 1
    return sum(1 for _ in islice(spelled(definition), MOST_KEYS + 1))


_ALONE: Final = (
    TimeMapping,
    AllMapping,
    LastMapping,
    SpecificMapping,
    StaticMapping,
    DimensionMapping,
    DimensionsMapping,
)
"""Mappings that have a meaning only between definitions."""

_COMPUTED: Final = (*_ALONE, IdentityMapping)
"""Mappings whose keys the plugin computes. Identity has a meaning without definitions too."""

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
    inner, wait, limit = _unwrapped(mapping)
    up, down = sides.upstream, sides.downstream
    if up is None or down is None or refusal(inner, sides) is not None:
        return None
    if wait.minimum == 0 or not (limit is None or limit > 0):
        return None
    said = {"upstream": record_form(up), "downstream": record_form(down)}
    rest = {
        "wait_policy": None if wait.minimum is None else form(sdk("MinimumCount"), wait.minimum),
        "max_downstream_keys": limit,
    }
    if not isinstance(inner, TimeMapping):
        return form(OTHER, record_form(inner), **said, **rest)
    offsets = {name: getattr(inner, name) or None for name in ("start_offset", "end_offset", "allow_missing")}
    return form(TIME, **said, **offsets, **rest)


def _unwrapped(mapping: PartitionMapping) -> tuple[PartitionMapping, WaitPolicy, int | None]:
    if isinstance(mapping, RollupMapping) and mapping.window == ITSELF:
        return mapping.upstream, mapping.wait, mapping.limit
    return mapping, WaitPolicy(), None


def wrapped(mapping: PartitionMapping, wait: WaitPolicy, limit: int | None) -> PartitionMapping:
    """The mapping that stands for a mapper: one that Airflow would take for its own, or that says when or how much, is wrapped."""
    if isinstance(mapping, _ALONE) and wait == WaitPolicy() and limit is None:
        return mapping
    return RollupMapping(upstream=mapping, window=ITSELF, wait=wait, limit=limit)


def from_form(value: Form, read_wait: Callable[[Any], WaitPolicy | None]) -> tuple[PartitionMapping, Sides] | None:
    """The mapping and the definitions of a mapper, None where something of it is not known."""
    given = arguments(value)
    sides = Sides(_definition(given.pop("upstream", None)), _definition(given.pop("downstream", None)))
    wait, limit = read_wait(given.pop("wait_policy", None)), given.pop("max_downstream_keys", None)
    mapping: Any = _time(given) if value.name == TIME else record_of(given.pop("mapping", None))
    if given or wait is None or not isinstance(limit, (int, type(None))) or not isinstance(mapping, _MAPPINGS):
        return None
    if refusal(mapping, sides) is not None:
        return None
    return wrapped(mapping, wait, limit), sides


def _definition(value: Any) -> Any:
    found = record_of(value)
    return found if isinstance(found, _DEFINITIONS) else None


def _time(given: dict[str, Any]) -> TimeMapping | None:
    said = {name: given.pop(name) for name in ("start_offset", "end_offset", "allow_missing") if name in given}
    return TimeMapping(**said) if all(isinstance(value, int) for value in said.values()) else None


_TIMES: Final = "Between these definitions there are no time windows to compare."
_UNKNOWN: Final = "Keys that are added while the project runs cannot be computed by a mapper."
_ENDLESS: Final = (
    "It takes all keys of a definition, which has no end or more keys than Airflow queues at once "
    f"({MOST_KEYS}), so there would never be all of them."
)
_OTHER: Final = "Airflow's plugin computes no mapping of this kind."


def refusal(mapping: PartitionMapping, sides: Sides) -> str | None:
    """Why the keys of a mapping cannot be computed inside Airflow, one sentence; None where they can."""
    try:
        return _refused(mapping, sides)
    except PartitionError as error:
        return str(error)


def _refused(mapping: PartitionMapping, sides: Sides) -> str | None:
    both = (sides.upstream, sides.downstream)
    if not isinstance(mapping, _COMPUTED):
        return _OTHER
    if not all(isinstance(each, _DEFINITIONS) and _is_sound(each) for each in both):
        return _UNKNOWN
    if isinstance(mapping, TimeMapping):
        return None if all(isinstance(each, TimePartitions) for each in both) else _TIMES
    if isinstance(mapping, (DimensionMapping, DimensionsMapping)):
        return _of_dimensions(mapping, sides)
    return _listing(mapping, sides)


def _is_sound(definition: Partitions) -> bool:
    """Whether a definition has keys that are known. Raises `PartitionError` for one that is wrong."""
    if isinstance(definition, TimePartitions):
        windows = windows_of(definition)
        first = next(windows.since(windows.start or 0))
        return windows.parse(windows.spell(first.start)).start == first.start
    if isinstance(definition, MultiPartitions):
        return (
            bool(definition.delimiter)
            and bool(definition.dimensions)
            and all(_is_sound(each) for _, each in dimensions(definition))
        )
    return isinstance(definition, StaticPartitions) and bool(definition.keys) and all(definition.keys)


def _listing(mapping: PartitionMapping, sides: Sides) -> str | None:
    if isinstance(mapping, (IdentityMapping, StaticMapping)):
        return None
    listed = (sides.upstream, sides.downstream) if isinstance(mapping, AllMapping) else (sides.downstream,)
    return None if all(is_listed(each) for each in listed if each is not None) else _ENDLESS


def _of_dimensions(mapping: DimensionMapping | DimensionsMapping, sides: Sides) -> str | None:
    """Each pair of dimensions by itself; of dimensions without a pair every key is taken."""
    ups, downs, links = linked(mapping, sides)
    for up, (down, inner) in links.items():
        if isinstance(inner, LastMapping):
            return "The newest key of one dimension changes while a mapper waits for the keys of the others."
        reason = refusal(inner, Sides(ups[up], downs[down]))
        if reason is not None:
            return reason
    alone = [each for name, each in ups.items() if name not in links]
    alone += [each for name, each in downs.items() if name not in {down for down, _ in links.values()}]
    return None if all(map(is_listed, alone)) else _ENDLESS


def is_listed(definition: Partitions) -> bool:
    """Whether all keys of a definition are known, and not too many."""
    return 0 < _count(definition) <= MOST_KEYS


def _count(definition: Partitions) -> int:
    if isinstance(definition, MultiPartitions):
        return prod(_count(each) for _, each in dimensions(definition))
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
_COMPUTED: Final = (*_ALONE, IdentityMapping)
"""What has a meaning only between definitions; identity has one without, too."""

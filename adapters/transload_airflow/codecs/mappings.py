"""Partition mappings ↔ Airflow's mappers and windows, as forms.

Airflow 3.2 has `IdentityMapper`, `StartOf…Mapper`, `AllowedKeyMapper`, `ProductMapper` and `ChainMapper`; the others came with 3.3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from transload.forms import Constant, Form, form
from transload.model.partitions import (
    AllowedMapping,
    CalendarUnit,
    ChainMapping,
    FanOutMapping,
    FixedMapping,
    FloorMapping,
    IdentityMapping,
    OpaqueMapping,
    PartitionMapping,
    ProductMapping,
    RollupMapping,
    WaitPolicy,
    Window,
)
from transload.partitioning import Sides
from transload.partitioning.calendars import FORMATS, PARTS
from transload.partitioning.cron import is_zone
from transload_airflow.codecs import own_mappings
from transload_airflow.codecs.classes import arguments, kind_of, sdk
from transload_airflow.codecs.equivalents import exactly
from transload_airflow.codecs.residue import described

_BACKWARD: Final = Constant(sdk("Window.Direction.BACKWARD"))


NOWHERE: Final = Sides(None, None)
"""No definitions."""


def to_form(mapping: PartitionMapping, sides: Sides = NOWHERE) -> Form | None:
    """Airflow's mapper, or transload's between two definitions; None for a mapping that neither has."""
    build = _BUILDERS.get(type(mapping))
    built: Form | None = None
    if build is not None and (mapping.limit is None or mapping.limit > 0):  # type: ignore[union-attr]
        built = build(mapping)
    return built or own_mappings.to_form(mapping, sides)


def from_form(value: Any) -> PartitionMapping:
    """The mapping of a mapper; a class of the project's own is opaque."""
    mapping: PartitionMapping | None = None
    if isinstance(value, Form) and value.name in own_mappings.KINDS:
        own = own_mappings.from_form(value, _read_wait)
        mapping = None if own is None else own[0]
    elif (read := READERS.get(kind_of(value) or "")) is not None:
        kwargs = arguments(value)
        mapping = read(kwargs, kwargs.pop("max_downstream_keys", None))
        if kwargs:
            # Whatever the reader has left is an argument that the mapping does not have.
            mapping = None
    return OpaqueMapping(tool="airflow", detail=described(value)) if mapping is None else mapping


def sides_of(value: Any) -> Sides | None:
    """The definitions that a mapper states, None for one that states none."""
    if not isinstance(value, Form) or value.name not in own_mappings.KINDS:
        return None
    own = own_mappings.from_form(value, _read_wait)
    return None if own is None else own[1]


def native(mapping: PartitionMapping, sides: Sides = NOWHERE) -> PartitionMapping | None:
    """The mapping that Airflow gives back of one that is written to it as it is, None where it has nothing for it."""
    built = to_form(mapping, sides)
    return None if built is None else from_form(built)


def between(mapping: PartitionMapping, sides: Sides) -> PartitionMapping | None:
    """The mapping that Airflow gives back between definitions: its own mapper where that is exact, else transload's, else None."""
    return native(exactly(mapping, sides), sides)


def _identity(mapping: IdentityMapping) -> Form:
    return form(sdk("IdentityMapper"), max_downstream_keys=mapping.limit)


def _floor(mapping: FloorMapping) -> Form | None:
    if not is_zone(mapping.timezone):
        return None
    default = FloorMapping(unit=mapping.unit)
    plain = mapping.output_format in (None, "", FORMATS[mapping.unit])
    return form(
        sdk(f"StartOf{mapping.unit.value.capitalize()}Mapper"),
        timezone=None if mapping.timezone == default.timezone else mapping.timezone,
        input_format=None if mapping.input_format == default.input_format else mapping.input_format,
        output_format=None if plain else mapping.output_format,
        max_downstream_keys=mapping.limit,
    )


def _fixed(mapping: FixedMapping) -> Form | None:
    return form(sdk("FixedKeyMapper"), mapping.key, max_downstream_keys=mapping.limit) if mapping.key else None


def _allowed(mapping: AllowedMapping) -> Form:
    return form(sdk("AllowedKeyMapper"), list(mapping.keys), max_downstream_keys=mapping.limit)


def _rollup(mapping: RollupMapping) -> Form | None:
    upstream, window, minimum = to_form(mapping.upstream), _window(mapping.window), mapping.wait.minimum
    # Airflow refuses a window of points in time over keys that are none, and the other way round.
    fits = isinstance(mapping.upstream, FloorMapping) == (mapping.window.unit is not None)
    if upstream is None or window is None or minimum == 0 or not fits:
        return None
    return form(
        sdk("RollupMapper"),
        upstream_mapper=upstream,
        window=window,
        wait_policy=form(sdk("MinimumCount"), minimum) if minimum else None,
        max_downstream_keys=mapping.limit,
    )


def _fan_out(mapping: FanOutMapping) -> Form | None:
    upstream, window = to_form(mapping.upstream), _window(mapping.window)
    if upstream is None or window is None:
        return None
    downstream = None
    if mapping.downstream:
        downstream = to_form(mapping.downstream)
        if downstream is None:
            return None
    elif mapping.window.unit not in PARTS:
        # Airflow has a downstream mapper of its own for windows that have parts only.
        return None
    if mapping.downstream == _implied(mapping.window):
        downstream = None
    return form(
        sdk("FanOutMapper"),
        upstream_mapper=upstream,
        window=window,
        downstream_mapper=downstream,
        max_downstream_keys=mapping.limit,
    )


def _product(mapping: ProductMapping) -> Form | None:
    parts = _several(mapping.parts)
    delimiter = None if mapping.delimiter == "|" else mapping.delimiter
    return parts and form(sdk("ProductMapper"), *parts, delimiter=delimiter, max_downstream_keys=mapping.limit)


def _chain(mapping: ChainMapping) -> Form | None:
    steps = _several(mapping.steps)
    return steps and form(sdk("ChainMapper"), *steps, max_downstream_keys=mapping.limit)


def _several(mappings: tuple[PartitionMapping, ...]) -> Any:
    built = [to_form(mapping) for mapping in mappings]
    return built if len(built) > 1 and all(built) else None


def _window(window: Window) -> Form | None:
    if window.opaque is not None or (window.unit is None) == (not window.segments):
        return None
    if window.unit is not None:
        return form(sdk(f"{window.unit.value.capitalize()}Window"), direction=_BACKWARD if window.backward else None)
    if window.backward or not all(window.segments):
        return None
    return form(sdk("SegmentWindow"), sorted(set(window.segments)))


def _implied(window: Window) -> FloorMapping | None:
    """The downstream mapper of a fan-out that states none."""
    member = PARTS.get(window.unit) if window.unit is not None else None
    return None if member is None else FloorMapping(unit=member)


_BUILDERS: Final[Mapping[type[Any], Callable[[Any], Form | None]]] = {
    IdentityMapping: _identity,
    FloorMapping: _floor,
    FixedMapping: _fixed,
    AllowedMapping: _allowed,
    RollupMapping: _rollup,
    FanOutMapping: _fan_out,
    ProductMapping: _product,
    ChainMapping: _chain,
}

Kwargs = dict[str, Any]
"""Arguments by name. A reader takes out what it understands; what it leaves makes the whole opaque."""

Limit = Any


def _read_identity(_kwargs: Kwargs, limit: Limit) -> PartitionMapping:
    return IdentityMapping(limit=limit)


def _floor_reader(unit: CalendarUnit) -> Callable[[Kwargs, Limit], PartitionMapping | None]:
    def read(kwargs: Kwargs, limit: Limit) -> PartitionMapping | None:
        output = kwargs.pop("output_format", None)
        texts = {key: kwargs.pop(key) for key in ("timezone", "input_format") if isinstance(kwargs.get(key), str)}
        if not isinstance(output, (str, type(None))):
            return None
        plain = output in (None, "", FORMATS[unit])
        return FloorMapping(unit=unit, output_format=None if plain else output, limit=limit, **texts)

    return read


def _read_fixed(kwargs: Kwargs, limit: Limit) -> PartitionMapping | None:
    key = kwargs.pop("downstream_key", None)
    return FixedMapping(key=key, limit=limit) if isinstance(key, str) else None


def _read_allowed(kwargs: Kwargs, limit: Limit) -> PartitionMapping | None:
    keys = _texts(kwargs.pop("allowed_keys", None))
    return None if keys is None else AllowedMapping(keys=keys, limit=limit)


def _read_rollup(kwargs: Kwargs, limit: Limit) -> PartitionMapping | None:
    window, wait = _read_window(kwargs.pop("window", None)), _read_wait(kwargs.pop("wait_policy", None))
    upstream = kwargs.pop("upstream_mapper", None)
    if wait is None or not isinstance(upstream, Form):
        return None
    return RollupMapping(upstream=from_form(upstream), window=window, wait=wait, limit=limit)


def _read_fan_out(kwargs: Kwargs, limit: Limit) -> PartitionMapping | None:
    window, upstream = _read_window(kwargs.pop("window", None)), kwargs.pop("upstream_mapper", None)
    downstream = kwargs.pop("downstream_mapper", None)
    if not isinstance(upstream, Form):
        return None
    mapping = from_form(downstream) if downstream is not None else None
    if mapping == _implied(window):
        mapping = None
    return FanOutMapping(upstream=from_form(upstream), window=window, downstream=mapping, limit=limit)


def _read_product(kwargs: Kwargs, limit: Limit) -> PartitionMapping | None:
    parts, delimiter = kwargs.pop("mappers", ()), kwargs.pop("delimiter", "|")
    if not isinstance(delimiter, str):
        return None
    return ProductMapping(parts=tuple(map(from_form, parts)), delimiter=delimiter, limit=limit)


def _read_chain(kwargs: Kwargs, limit: Limit) -> PartitionMapping | None:
    return ChainMapping(steps=tuple(map(from_form, kwargs.pop("mappers", ()))), limit=limit)


def _read_window(value: Any) -> Window:
    kind = (kind_of(value) or "").removesuffix("Window").lower()
    if kind == "segment":
        segments = _texts(arguments(value).get("segments"))
        return Window(opaque=described(value)) if segments is None else Window(segments=tuple(sorted(set(segments))))
    if kind in list(CalendarUnit):
        direction = arguments(value).get("direction")
        return Window(unit=CalendarUnit(kind), backward=direction in (_BACKWARD, "backward"))
    return Window(opaque=described(value))


def _read_wait(value: Any) -> WaitPolicy | None:
    if value is None or kind_of(value) == "WaitForAll":
        return WaitPolicy()
    count = arguments(value).get("n") if kind_of(value) == "MinimumCount" else None
    return WaitPolicy(minimum=count) if isinstance(count, int) else None


def _texts(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, (list, tuple, set, frozenset)) or not all(isinstance(item, str) for item in value):
        return None
    return tuple(sorted(value)) if isinstance(value, (set, frozenset)) else tuple(value)


READERS: Final[Mapping[str, Callable[[Kwargs, Limit], PartitionMapping | None]]] = {
    "IdentityMapper": _read_identity,
    **{f"StartOf{unit.value.capitalize()}Mapper": _floor_reader(unit) for unit in CalendarUnit},
    "FixedKeyMapper": _read_fixed,
    "AllowedKeyMapper": _read_allowed,
    "RollupMapper": _read_rollup,
    "FanOutMapper": _read_fan_out,
    "ProductMapper": _read_product,
    "ChainMapper": _read_chain,
}

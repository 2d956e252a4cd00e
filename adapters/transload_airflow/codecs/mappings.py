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
from transload_airflow.codecs import own_mappings
from transload_airflow.codecs.classes import arguments, kind_of, sdk
from transload_airflow.codecs.equivalents import exactly
from transload_airflow.codecs.legal import is_zone
from transload_airflow.codecs.residue import described

_BACKWARD: Final = Constant(sdk("Window.Direction.BACKWARD"))


NOWHERE: Final = Sides(None, None)
"""No definitions."""


def to_form(mapping: PartitionMapping, sides: Sides = NOWHERE) -> Form | None:
    """Airflow's mapper, or transload's between two definitions; None for a mapping that neither has."""
    return _own(mapping) or own_mappings.to_form(mapping, sides)


def _own(mapping: PartitionMapping) -> Form | None:
    build = _BUILDERS.get(type(mapping))
    if build is None or not (mapping.limit is None or mapping.limit > 0):  # type: ignore[union-attr]
        return None
    built: Form | None = build(mapping)
    return built


def from_form(value: Any) -> PartitionMapping:
    """The mapping of a mapper; a class of the project's own is opaque."""
    if isinstance(value, Form) and value.name in own_mappings.KINDS:
        found = own_mappings.from_form(value, _read_wait)
        return OpaqueMapping(tool="airflow", detail=described(value)) if found is None else found[0]
    read = READERS.get(kind_of(value) or "")
    if read is not None:
        given = arguments(value)
        limit = given.pop("max_downstream_keys", None)
        mapping = read(given, limit)
        if mapping is not None and not given:
            return mapping
    return OpaqueMapping(tool="airflow", detail=described(value))


def sides_of(value: Any) -> Sides | None:
    """The definitions that a mapper states, None for one that states none."""
    known = isinstance(value, Form) and value.name in own_mappings.KINDS
    found = own_mappings.from_form(value, _read_wait) if known else None
    return None if found is None else found[1]


def native(mapping: PartitionMapping, sides: Sides = NOWHERE) -> PartitionMapping | None:
    """What Airflow gives back of a mapping that is written to it as it is, None where it has nothing for it."""
    built = to_form(mapping, sides)
    return None if built is None else from_form(built)


def between(mapping: PartitionMapping, sides: Sides) -> PartitionMapping | None:
    """What Airflow gives back of a mapping between definitions: its own mapper where that is exact, else transload's, else None."""
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
    upstream, window, wait = to_form(mapping.upstream), _window(mapping.window), _wait(mapping.wait)
    # Airflow refuses a window of points in time over keys that are none, and the other way round.
    fits = isinstance(mapping.upstream, FloorMapping) == (mapping.window.unit is not None)
    if upstream is None or window is None or wait is None or not fits:
        return None
    policy = None if mapping.wait.minimum is None else wait
    return form(
        sdk("RollupMapper"),
        upstream_mapper=upstream,
        window=window,
        wait_policy=policy,
        max_downstream_keys=mapping.limit,
    )


def _fan_out(mapping: FanOutMapping) -> Form | None:
    upstream, window = to_form(mapping.upstream), _window(mapping.window)
    downstream = to_form(mapping.downstream) if mapping.downstream else None
    if (
        upstream is None
        or window is None
        or (downstream is None and (mapping.downstream or mapping.window.unit not in PARTS))
    ):
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


def _wait(wait: WaitPolicy) -> Form | None:
    if wait.minimum is None:
        return form(sdk("WaitForAll"))
    return form(sdk("MinimumCount"), wait.minimum) if wait.minimum else None


def _implied(window: Window) -> FloorMapping | None:
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

Given = dict[str, Any]
"""Arguments by name. A reader takes out what it understands; what it leaves makes the whole opaque."""

Limit = Any


def _read_identity(_given: Given, limit: Limit) -> PartitionMapping:
    return IdentityMapping(limit=limit)


def _floor_reader(unit: CalendarUnit) -> Callable[[Given, Limit], PartitionMapping | None]:
    def read(given: Given, limit: Limit) -> PartitionMapping | None:
        output = given.pop("output_format", None)
        texts = {key: given.pop(key) for key in ("timezone", "input_format") if isinstance(given.get(key), str)}
        if not isinstance(output, (str, type(None))):
            return None
        plain = output in (None, "", FORMATS[unit])
        return FloorMapping(unit=unit, output_format=None if plain else output, limit=limit, **texts)

    return read


def _read_fixed(given: Given, limit: Limit) -> PartitionMapping | None:
    key = given.pop("downstream_key", None)
    return FixedMapping(key=key, limit=limit) if isinstance(key, str) else None


def _read_allowed(given: Given, limit: Limit) -> PartitionMapping | None:
    keys = _texts(given.pop("allowed_keys", None))
    return None if keys is None else AllowedMapping(keys=keys, limit=limit)


def _read_rollup(given: Given, limit: Limit) -> PartitionMapping | None:
    window, wait = _read_window(given.pop("window", None)), _read_wait(given.pop("wait_policy", None))
    upstream = given.pop("upstream_mapper", None)
    if wait is None or not isinstance(upstream, Form):
        return None
    return RollupMapping(upstream=from_form(upstream), window=window, wait=wait, limit=limit)


def _read_fan_out(given: Given, limit: Limit) -> PartitionMapping | None:
    window, upstream = _read_window(given.pop("window", None)), given.pop("upstream_mapper", None)
    downstream = given.pop("downstream_mapper", None)
    if not isinstance(upstream, Form):
        return None
    mapped = from_form(downstream) if downstream is not None else None
    if mapped == _implied(window):
        mapped = None
    return FanOutMapping(upstream=from_form(upstream), window=window, downstream=mapped, limit=limit)


def _read_product(given: Given, limit: Limit) -> PartitionMapping | None:
    parts, delimiter = given.pop("mappers", ()), given.pop("delimiter", "|")
    if not isinstance(delimiter, str):
        return None
    return ProductMapping(parts=tuple(map(from_form, parts)), delimiter=delimiter, limit=limit)


def _read_chain(given: Given, limit: Limit) -> PartitionMapping | None:
    return ChainMapping(steps=tuple(map(from_form, given.pop("mappers", ()))), limit=limit)


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
    if not isinstance(value, (list, tuple, set, frozenset)) or not all(isinstance(each, str) for each in value):
        return None
    return tuple(sorted(value)) if isinstance(value, (set, frozenset)) else tuple(value)


READERS: Final[Mapping[str, Callable[[Given, Limit], PartitionMapping | None]]] = {
    "IdentityMapper": _read_identity,
    **{f"StartOf{unit.value.capitalize()}Mapper": _floor_reader(unit) for unit in CalendarUnit},
    "FixedKeyMapper": _read_fixed,
    "AllowedKeyMapper": _read_allowed,
    "RollupMapper": _read_rollup,
    "FanOutMapper": _read_fan_out,
    "ProductMapper": _read_product,
    "ChainMapper": _read_chain,
}

"""Partition mappings ↔ Dagster's classes, as forms (1.12 to 1.13)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from transload.forms import Form, form
from transload.model.partitions import (
    AllMapping,
    DimensionMapping,
    DimensionPair,
    DimensionsMapping,
    IdentityMapping,
    LastMapping,
    PartitionMapping,
    SpecificMapping,
    StaticMapping,
    TimeMapping,
)
from transload_dagster.codecs.partitions import bound, certain


def expressible(mapping: PartitionMapping) -> PartitionMapping | None:
    """The part of a mapping that Dagster holds for any definitions, None if nothing; `equivalents` has those that depend on them."""
    return _EXPRESSIBLE_MAPPING.get(type(mapping), lambda _: None)(mapping)


def _expressible_dimensions(mapping: DimensionsMapping) -> DimensionsMapping | None:
    table = {
        name: DimensionPair(dimension=pair.dimension, mapping=inner)
        for name, pair in mapping.table.items()
        if (inner := expressible(pair.mapping)) is not None
    }
    return DimensionsMapping(table=table) if table and len(table) == len(mapping.table) else None


_EXPRESSIBLE_MAPPING: Final[Mapping[type, Callable[[Any], PartitionMapping | None]]] = {
    IdentityMapping: lambda _: IdentityMapping(),
    AllMapping: lambda mapping: mapping,
    LastMapping: lambda mapping: mapping,
    SpecificMapping: lambda mapping: mapping,
    StaticMapping: lambda mapping: mapping,
    TimeMapping: lambda mapping: mapping,
    DimensionMapping: lambda mapping: mapping,
    DimensionsMapping: _expressible_dimensions,
}


def mapping_form(mapping: PartitionMapping) -> Form:
    """The form of an expressible mapping."""
    return _MAPPING_FORMS[type(mapping)](mapping)


def _static_mapping_form(mapping: StaticMapping) -> Form:
    table = {key: keys[0] if len(keys) == 1 else list(keys) for key, keys in mapping.table.items()}
    return form("dagster.StaticPartitionMapping", table)


def _time_mapping_form(mapping: TimeMapping) -> Form:
    return form(
        "dagster.TimeWindowPartitionMapping",
        start_offset=mapping.start_offset or None,
        end_offset=mapping.end_offset or None,
        allow_nonexistent_upstream_partitions=mapping.allow_missing or None,
    )


def _dimensions_form(mapping: DimensionsMapping) -> Form:
    return form(
        "dagster.MultiPartitionMapping",
        {
            name: form(
                "dagster.DimensionPartitionMapping",
                dimension_name=pair.dimension,
                partition_mapping=mapping_form(pair.mapping),
            )
            for name, pair in mapping.table.items()
        },
    )


_MAPPING_FORMS: Final[Mapping[type, Callable[[Any], Form]]] = {
    IdentityMapping: lambda _: form("dagster.IdentityPartitionMapping"),
    AllMapping: lambda _: form("dagster.AllPartitionMapping"),
    LastMapping: lambda _: form("dagster.LastPartitionMapping"),
    SpecificMapping: lambda mapping: form("dagster.SpecificPartitionsPartitionMapping", list(mapping.keys)),
    StaticMapping: _static_mapping_form,
    TimeMapping: _time_mapping_form,
    DimensionMapping: lambda mapping: form(
        "dagster.MultiToSingleDimensionPartitionMapping", partition_dimension_name=mapping.dimension
    ),
    DimensionsMapping: _dimensions_form,
}


def read_mapping(value: Any) -> PartitionMapping | None:
    """The mapping that a form describes; None if it is none that this table knows, or one of its arguments is not known."""
    arguments = bound(value) if isinstance(value, Form) else None
    if arguments is None or not certain(arguments) or value.name not in _READ_MAPPING:
        return None
    try:
        return _READ_MAPPING[value.name](arguments)
    except (ValueError, TypeError, KeyError, AttributeError):
        # What Dagster's own constructor would refuse as well.
        return None


def _read_static_mapping(arguments: dict[str, Any]) -> StaticMapping:
    (table,) = arguments.values()
    return StaticMapping(
        table={key: ((keys,) if isinstance(keys, str) else tuple(keys)) for key, keys in table.items()}
    )


def _read_time_mapping(arguments: dict[str, Any]) -> TimeMapping:
    return TimeMapping(
        start_offset=arguments.get("start_offset", 0),
        end_offset=arguments.get("end_offset", 0),
        allow_missing=arguments.get("allow_nonexistent_upstream_partitions", False),
    )


def _read_dimensions(arguments: dict[str, Any]) -> DimensionsMapping | None:
    (mappings,) = arguments.values()
    pairs = {name: bound(pair) or {} for name, pair in mappings.items()}
    table = {
        name: DimensionPair(dimension=pair["dimension_name"], mapping=inner)
        for name, pair in pairs.items()
        if (inner := read_mapping(pair["partition_mapping"])) is not None
    }
    return DimensionsMapping(table=table) if len(table) == len(pairs) else None


_READ_MAPPING: Final[Mapping[str, Callable[[dict[str, Any]], PartitionMapping | None]]] = {
    "dagster.IdentityPartitionMapping": lambda _: IdentityMapping(),
    "dagster.AllPartitionMapping": lambda _: AllMapping(),
    "dagster.LastPartitionMapping": lambda _: LastMapping(),
    "dagster.SpecificPartitionsPartitionMapping": lambda arguments: SpecificMapping(
        keys=tuple(arguments["partition_keys"])
    ),
    "dagster.StaticPartitionMapping": _read_static_mapping,
    "dagster.TimeWindowPartitionMapping": _read_time_mapping,
    "dagster.MultiToSingleDimensionPartitionMapping": lambda arguments: DimensionMapping(
        dimension=arguments.get("partition_dimension_name")
    ),
    "dagster.MultiPartitionMapping": _read_dimensions,
}

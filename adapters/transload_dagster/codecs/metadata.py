"""Metadata values: JSON in the model ↔ Dagster's metadata values.

A plain value is plain in both. A value of a kind that only Dagster tells apart is `{"$dagster": kind, "value": …}` in the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from pydantic import JsonValue

from transload.carry import KEY
from transload.forms import Form, form

URI: Final = "dagster/uri"
COLUMN_SCHEMA: Final = "dagster/column_schema"
COLUMN_LINEAGE: Final = "dagster/column_lineage"
URL: Final = "url"
STUB: Final = "dagster/auto_created_stub_asset"
IO_MANAGER: Final = "dagster/io_manager_key"
CODE_REFERENCES: Final = "dagster/code_references"
COMPONENT: Final = "dagster/component_origin"
_INTERVAL: Final = "dagster/auto_observe_interval_minutes"
ADDED: Final = frozenset({COMPONENT, _INTERVAL})
"""Keys that Dagster adds to the metadata of a definition, for what is no metadata and is read elsewhere."""

OWN: Final = frozenset({URI, COLUMN_SCHEMA, COLUMN_LINEAGE, STUB, COMPONENT, IO_MANAGER, CODE_REFERENCES, KEY})
"""Keys whose values are fields of the model, or Dagster's or transload's own business."""

_TAG: Final = "$dagster"


class Kind(NamedTuple):
    """`class_name` is Dagster's class, `attribute` its only field, `type` the type of that."""

    class_name: str
    attribute: str
    type: type


KINDS: Final[Mapping[str, Kind]] = {
    "url": Kind("UrlMetadataValue", "url", str),
    "path": Kind("PathMetadataValue", "path", str),
    "notebook": Kind("NotebookMetadataValue", "path", str),
    "md": Kind("MarkdownMetadataValue", "md_str", str),
    "timestamp": Kind("TimestampMetadataValue", "value", float),
    "dagster_run": Kind("DagsterRunMetadataValue", "run_id", str),
}
"""`dagster.MetadataValue.<kind>`."""

PLAIN: Final[Mapping[str, str]] = {
    "TextMetadataValue": "text",
    "IntMetadataValue": "value",
    "FloatMetadataValue": "value",
    "BoolMetadataValue": "value",
    "JsonMetadataValue": "data",
    "NullMetadataValue": "value",
}
"""Class → the field with the plain value, which stands for all that the class holds."""

_PLAIN_METHODS: Final = frozenset({"text", "int", "float", "bool", "json", "null"})
_PREFIX: Final = "dagster.MetadataValue."
_OF_CLASS: Final = {
    **{kind.class_name: name for name, kind in KINDS.items()},
    **{name: name.removesuffix("MetadataValue").lower() for name in PLAIN},
    "DagsterAssetMetadataValue": "asset",
}
"""Class → the method of `MetadataValue` that makes it."""


def native(value: JsonValue) -> Any:
    """The value as Dagster has it, plain or as a form."""
    if isinstance(value, dict) and set(value) == {_TAG, "value"}:
        kind, inner = value[_TAG], value["value"]
        if isinstance(kind, str) and kind in KINDS and type(inner) is KINDS[kind].type:
            return Form(f"{_PREFIX}{kind}", (inner,))
        if kind == "asset" and isinstance(inner, list) and inner and all(isinstance(part, str) for part in inner):
            return Form(f"{_PREFIX}asset", (form("dagster.AssetKey", inner),))
    return value


def tagged(kind: str, value: JsonValue) -> JsonValue:
    """The value of a kind that only Dagster tells apart."""
    return {_TAG: kind, "value": value}


def neutral(value: Any) -> Any:
    """The JSON value of what `native` gives, or of a form that a reader found; anything else comes back as it is."""
    if not isinstance(value, Form):
        return value
    called = value.name.removeprefix("dagster.")
    kind = _OF_CLASS.get(called) or (value.name.removeprefix(_PREFIX) if value.name.startswith(_PREFIX) else "")
    inner = value.args[0] if value.args else next(iter(value.kwargs.values()), None)
    if kind in _PLAIN_METHODS:
        return inner
    if kind in KINDS:
        return tagged(kind, float(inner) if kind == "timestamp" and isinstance(inner, int) else inner)
    if kind == "asset" and isinstance(inner, Form):
        return tagged("asset", _path(inner))
    if value.name == "dagster.AssetKey":
        return tagged("asset", _path(value))
    return value


def _path(key: Form) -> list[JsonValue]:
    path = key.args[0] if key.args else key.kwargs.get("path")
    return [path] if isinstance(path, str) else list(path or ())


def is_url(value: JsonValue) -> bool:
    """True for the value in the model of Dagster's own URL value."""
    return (
        isinstance(value, dict)
        and set(value) == {_TAG, "value"}
        and value[_TAG] == "url"
        and isinstance(value["value"], str)
    )

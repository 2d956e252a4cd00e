"""A decorated function and the arguments of its decorator, read one at a time."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, Final

from transload.forms import Constant, Form
from transload.model.assets import Origin
from transload.reading.symbolic_forms import from_value
from transload.reading.values import Class, Function, Item, Place, Symbol, Value
from transload_dagster.codecs.keywords import KEYWORDS
from transload_dagster.codecs.stubs import STUB
from transload_dagster.names import TOOL
from transload_dagster.reading.facts import Op
from transload_dagster.reading.fields import shown

_CONTEXTS: Final = frozenset({"context", "_", "_context", "_context_"})
_VALUES: Final = ("pandas.", "polars.", "builtins.", "typing.", "pyarrow.", "numpy.", "pyspark.")
"""Packages whose classes annotate the value of an upstream asset, never a resource."""


def public(name: str) -> str:
    """The public name of something of Dagster's, whatever module it is imported from."""
    package, _, rest = name.partition(".")
    if package != "dagster" or not rest:
        return name
    parts = rest.split(".")
    # Modules are lower case, `_core` among them: the public name begins at the first class, else it is the last part.
    start = next((place for place, part in enumerate(parts) if part.lstrip("_")[:1].isupper()), len(parts) - 1)
    return ".".join(["dagster", *parts[start:]])


def form_of(value: Value) -> Value:
    """The form of a symbolic value, in public names."""
    return from_value(value, public)


def origin(place: Place | None) -> Origin:
    """The file and line of a definition."""
    return Origin(tool=TOOL, way="static", path=place.path if place else None, line=place.line if place else None)


def fields_of(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that are fields of the asset."""
    return {key: value for key, value in arguments.items() if KEYWORDS[name].get(key) == "field" and value is not None}


def op_fields(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that are fields of what computes it."""
    return {key: value for key, value in arguments.items() if KEYWORDS[name].get(key) == "op" and value is not None}


def text_default(fields: dict[str, Any], field: str, text: str | None) -> None:
    """Give a field this text if it has none."""
    if text and fields.get(field) is None:
        fields[field] = text


def inherit(op: Op, arguments: Mapping[str, Any]) -> None:
    """Give the assets of one op what they have of it: its description, its IO managers, and that each may be left out."""
    if arguments.get("can_subset") is True:
        op.native["can_subset"] = True
    for spec in op.specs:
        text_default(spec.fields, "description", op.fields.get("description"))
        manager = spec.native.pop("io_manager_key", "io_manager")
        if manager != "io_manager":
            op.native.setdefault("io_managers", {})["/".join(spec.key)] = manager
        if op.native.get("can_subset"):
            spec.fields["skippable"] = False


def residue_of(name: str, arguments: Mapping[str, Any], resources: list[str], *, graph: bool) -> dict[str, Any]:
    """The arguments that only Dagster understands, in words."""
    residue: dict[str, Any] = {
        key: shown(value)
        for key, value in arguments.items()
        if KEYWORDS[name].get(key) == "residue" and value is not None
    }
    required = arguments.get("required_resource_keys")
    keys = required if isinstance(required, (set, frozenset, list, tuple)) else ()
    needed = sorted({*resources, *(key for key in keys if isinstance(key, str))})
    if needed:
        residue["resources"] = needed
    if isinstance(arguments.get("hooks"), (set, frozenset, list, tuple)):
        residue["hooks"] = sorted(shown(hook) for hook in arguments["hooks"])
    if graph:
        residue["graph"] = True
        residue |= {"config": "config"} if arguments.get("config") is not None else {}
    return residue


def configured(function: Function) -> dict[str, Any]:
    """The `Config` class that a function takes, as residue."""
    kinds = ((kind_of(position, parameter), parameter) for position, parameter in enumerate(function.parameters))
    config = next((form_of(parameter.annotation) for kind, parameter in kinds if kind == "config"), None)
    return {} if config is None else {"config_schema": shown(config).rpartition(".")[2]}


def kind_of(position: int, parameter: Any) -> str:
    """The role of a parameter of a decorated function: `context`, `config`, `resource`, `asset` or `other`."""
    annotation = form_of(parameter.annotation)
    text = annotation.name if isinstance(annotation, (Constant, Form)) else ""
    if parameter.kind in ("variadic", "keywords"):
        return "other"
    if position == 0 and (parameter.name in _CONTEXTS or text.endswith("Context")):
        return "context"
    if parameter.name == "config" and annotation is not None:
        return "config"
    # `ResourceParam[…]` makes a resource of any type.
    marker = parameter.annotation.of if isinstance(parameter.annotation, Item) else None
    is_marked = isinstance(marker, Symbol) and public(marker.name) == "dagster.ResourceParam"
    return "resource" if is_marked or _is_resource(annotation, text) else "asset"


def _is_resource(annotation: Any, text: str) -> bool:
    if isinstance(annotation, Class):
        return any(
            "Resource" in (base.name if isinstance(base, (Class, Symbol)) else "")
            or (isinstance(base, Class) and _is_resource(base, base.name))
            for base in annotation.bases
        )
    # Classes of other packages are known by their names only, which by convention end like this.
    return (
        bool(text)
        and not text.startswith(_VALUES)
        and (text.endswith(("Resource", "Client", "Pipes")) or text.startswith("dagster"))
    )


def qualified(function: Function) -> str | None:
    """The name of a function; None for a stub of transload's."""
    stub = any(
        isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(STUB)
        for node in ast.walk(function.node)
    )
    return None if stub else f"{function.module}.{function.qualname}"

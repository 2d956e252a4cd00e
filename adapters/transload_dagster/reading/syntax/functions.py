"""What a decorated function and the arguments of its decorator say, one at a time."""

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
"""What an annotation of an argument names that is an asset's value, and no resource."""


def public(name: str) -> str:
    """The public name of something of Dagster's, whatever module it is imported from."""
    package, _, rest = name.partition(".")
    if package != "dagster" or not rest:
        return name
    parts = rest.split(".")
    start = next((place for place, part in enumerate(parts) if part.lstrip("_")[:1].isupper()), len(parts) - 1)
    return ".".join(["dagster", *parts[start:]])


def form_of(value: Value) -> Value:
    """The form of a symbolic value, in public names."""
    return from_value(value, public)


def origin(place: Place | None) -> Origin:
    """Where something stands."""
    return Origin(tool=TOOL, way="static", path=place.path if place else None, line=place.line if place else None)


def fields_of(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that are fields of the asset."""
    return {key: value for key, value in given.items() if KEYWORDS[name].get(key) == "field" and value is not None}


def op_fields(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that are fields of what computes it."""
    return {key: value for key, value in given.items() if KEYWORDS[name].get(key) == "op" and value is not None}


def text_default(fields: dict[str, Any], field: str, text: str | None) -> None:
    """Give a field this text if it has none."""
    if text and fields.get(field) is None:
        fields[field] = text


def inherit(op: Op, given: Mapping[str, Any]) -> None:
    """Where one op makes all of them, the assets without a description have the op's."""
    if given.get("can_subset") is True:
        op.native["can_subset"] = True
    for spec in op.specs:
        text_default(spec.fields, "description", op.fields.get("description"))
        manager = spec.native.pop("io_manager_key", "io_manager")
        if manager != "io_manager":
            op.native.setdefault("io_managers", {})["/".join(spec.key)] = manager
        if op.native.get("can_subset"):
            spec.fields["skippable"] = False


def residue_of(name: str, given: Mapping[str, Any], resources: list[str], *, graph: bool) -> dict[str, Any]:
    """What only Dagster understands of the arguments."""
    found: dict[str, Any] = {
        key: shown(value) for key, value in given.items() if KEYWORDS[name].get(key) == "residue" and value is not None
    }
    required = given.get("required_resource_keys")
    stated = required if isinstance(required, (set, frozenset, list, tuple)) else ()
    needed = sorted({*resources, *(each for each in stated if isinstance(each, str))})
    if needed:
        found["resources"] = needed
    if isinstance(given.get("hooks"), (set, frozenset, list, tuple)):
        found["hooks"] = sorted(shown(each) for each in given["hooks"])
    if graph:
        found["graph"] = True
        found |= {"config": "config"} if given.get("config") is not None else {}
    return found


def configured(function: Function) -> dict[str, Any]:
    """The class that the function of an op is configured by, as residue."""
    kinds = ((kind_of(place, each), each) for place, each in enumerate(function.parameters))
    held = next((form_of(each.annotation) for kind, each in kinds if kind == "config"), None)
    return {} if held is None else {"config_schema": shown(held).rpartition(".")[2]}


def kind_of(place: int, parameter: Any) -> str:
    """What a parameter of a decorated function is: `context`, `config`, `resource` or `asset`."""
    annotation = form_of(parameter.annotation)
    text = annotation.name if isinstance(annotation, (Constant, Form)) else ""
    if parameter.kind in ("variadic", "keywords"):
        return "other"
    if place == 0 and (parameter.name in _CONTEXTS or text.endswith("Context")):
        return "context"
    if parameter.name == "config" and annotation is not None:
        return "config"
    return "resource" if _is_resource(annotation, text) or _is_marked(parameter.annotation) else "asset"


def _is_marked(annotation: Value) -> bool:
    """Whether it is `ResourceParam[…]`, which makes a resource of any type."""
    of = annotation.of if isinstance(annotation, Item) else None
    return isinstance(of, Symbol) and public(of.name) == "dagster.ResourceParam"


def _is_resource(annotation: Any, text: str) -> bool:
    if isinstance(annotation, Class):
        return any(
            "Resource" in (base.name if isinstance(base, (Class, Symbol)) else "") or _is_resource_class(base)
            for base in annotation.bases
        )
    return (
        bool(text)
        and not text.startswith(_VALUES)
        and (text.endswith(("Resource", "Client", "Pipes")) or text.startswith("dagster"))
    )


def _is_resource_class(base: Any) -> bool:
    return isinstance(base, Class) and _is_resource(base, base.name)


def qualified(function: Function) -> str | None:
    """The name of a function; None for a stub of transload's."""
    stub = any(
        isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(STUB)
        for node in ast.walk(function.node)
    )
    return None if stub else f"{function.module}.{function.qualname}"

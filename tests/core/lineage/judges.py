"""The judges of an event: OpenLineage's schemas with our own facets', the upstream validator's rules, the client's own classes."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, get_args, get_origin, get_type_hints

import attr
import pytest
from jsonschema import Draft202012Validator
from openlineage.client import event_v2, facet_v2
from openlineage.client.serde import Serde
from referencing import Registry, Resource

from transload.lineage import facets

Event = Mapping[str, Any]

OWN: Final = Path(facets.__file__).with_name("schemas")
UPSTREAM: Final = Path(
    os.environ.get("TRANSLOAD_SCHEMAS") or Path(__file__).parents[4] / "shared" / "openlineage-schemas"
)
CORE: Final = "https://openlineage.io/spec/2-0-2/OpenLineage.json"
KINDS: Final = ("RunEvent", "JobEvent", "DatasetEvent")


@cache
def schemas() -> dict[str, dict[str, Any]]:
    """Every schema by its `$id`. Skips where OpenLineage's are not at hand; in CI that is a failure."""
    if not UPSTREAM.is_dir():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            f"OpenLineage's schemas are not in {UPSTREAM}: set TRANSLOAD_SCHEMAS."
        )
    files = [UPSTREAM / "OpenLineage.json", *sorted((UPSTREAM / "facets").glob("*.json")), *sorted(OWN.glob("*.json"))]
    loaded = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    return {schema["$id"]: schema for schema in loaded}


@cache
def _registry() -> Registry[Any]:
    return Registry().with_resources((name, Resource.from_contents(schema)) for name, schema in schemas().items())


@cache
def _validator(reference: str) -> Draft202012Validator:
    return Draft202012Validator(
        {"$ref": reference}, registry=_registry(), format_checker=Draft202012Validator.FORMAT_CHECKER
    )


def problems(event: Event) -> list[str]:
    """What the schemas object to: of the event as a whole, and of each facet by the schema that it names itself."""
    found = [error.message for error in _validator(CORE).iter_errors(event)]
    found += [error.message for error in _validator(event["schemaURL"]).iter_errors(event)]
    for key, facet in every_facet(event):
        found += [f"{key}: {error.message}" for error in _validator(facet["_schemaURL"]).iter_errors(facet)]
    return found


def every_facet(event: Event) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each facet of an event with its key."""
    for entity in (event.get("run", {}), event.get("job", {}), event.get("dataset", {}), *datasets(event)):
        for container in ("facets", "inputFacets", "outputFacets"):
            yield from entity.get(container, {}).items()


def datasets(event: Event) -> list[Mapping[str, Any]]:
    """The datasets of a job's event."""
    return [*event.get("inputs", ()), *event.get("outputs", ())]


def unrecognised(event: Event) -> list[str]:
    """The facets that the upstream validator would not know: no schema file has their key, and the address is not a generic one."""
    keys = {key for schema in schemas().values() for key in schema.get("properties", {})}
    keys |= {"lineage"}  # LineageFacet.json names no key, being for jobs and for datasets
    return [key for key, _ in every_facet(event) if key not in keys]


def kind_of(event: Event) -> str:
    """RunEvent, JobEvent or DatasetEvent, by the event's own schema address."""
    return str(event["schemaURL"]).rpartition("/")[2]


@cache
def _classes() -> dict[str, type]:
    modules = [
        importlib.import_module(f"{facet_v2.__name__.rpartition('.')[0]}.generated.{each.name}")
        for each in _generated()
    ]
    return {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, type) and attr.has(value)
    }


def _generated() -> list[Any]:
    import openlineage.client.generated as package

    return list(pkgutil.iter_modules(package.__path__))


def through_the_client(event: Event) -> dict[str, Any]:
    """The event as openlineage-python's own classes write it: built from the values, facets by the class that their schema names.

    The classes give schema addresses themselves, and empty containers where there is nothing to hold.
    """
    written: dict[str, Any] = without_empty(Serde.to_dict(_built(getattr(event_v2, kind_of(event)), event)))
    return written


_ADDED: Final = frozenset({"inputFacets", "outputFacets", "fields", "transformations", "dataset"})
"""What the classes add, empty, to each dataset, to each column of a schema, and to column lineage."""


def without_empty(value: Any) -> Any:
    """A value without the empty containers that the classes add."""
    if isinstance(value, dict):
        return {key: without_empty(item) for key, item in value.items() if item or key not in _ADDED}
    return [without_empty(item) for item in value] if isinstance(value, list) else value


_OF_THE_CLASS: Final = frozenset({"schemaURL", "_schemaURL"})


def _built(kind: type, value: Mapping[str, Any]) -> Any:
    hints = get_type_hints(kind)
    given = {name: item for name, item in value.items() if name not in _OF_THE_CLASS}
    return kind(**{name.lstrip("_"): _value(hints.get(name), item, name) for name, item in given.items()})


def _value(hint: Any, value: Any, name: str) -> Any:
    if name in {"facets", "inputFacets", "outputFacets"}:
        return {key: _facet(item) for key, item in value.items()}
    if isinstance(value, list):
        inner = next((each for each in _arguments(hint) if isinstance(each, type) and attr.has(each)), None)
        return [_built(inner, item) if inner and isinstance(item, dict) else item for item in value]
    if isinstance(value, dict) and dict in [get_origin(each) for each in (hint, *get_args(hint))]:
        return {key: _value(_arguments(hint)[-1], item, "") for key, item in value.items()}
    kinds = [each for each in (hint, *get_args(hint)) if isinstance(each, type) and attr.has(each)]
    return _built(kinds[0], value) if kinds and isinstance(value, dict) else value


def _arguments(hint: Any) -> list[Any]:
    found = [hint]
    for each in found:
        found.extend(get_args(each))
    return [each for each in found if get_origin(each) is None]


def _facet(value: Mapping[str, Any]) -> Any:
    kind = _classes().get(value["_schemaURL"].rpartition("/")[2])
    if kind is None:
        own = Serde.to_dict(value)
        assert own["_schemaURL"].startswith(facets.OWN_SCHEMAS)
        return own
    return _built(kind, value)

"""Adapters by tool, found through the entry-point group `transload.adapters`: a third party adds a tool without an edit here."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, cast

from transload.declaration import Adapter, Convention
from transload.errors import AdapterError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "transload.adapters"


@cache
def _entry_points() -> dict[str, EntryPoint]:
    # A tenth of the time that importing this package takes.
    from importlib.metadata import entry_points

    points: dict[str, EntryPoint] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        other = points.setdefault(point.name, point)
        if other.value != point.value:
            message = f"Two packages bring an adapter for {point.name!r}: {other.value} and {point.value}."
            raise AdapterError(message, hint="Uninstall one of them.")
    return points


def tools() -> tuple[str, ...]:
    """The tools that have an adapter, sorted."""
    return tuple(_entry_points())


@cache
def adapter_for(tool: str) -> Adapter:
    """The adapter of a tool. Raises `AdapterError` for an unknown one, and for one that cannot be imported."""
    point = _entry_points().get(tool)
    if point is None:
        known = ", ".join(tools()) or "none"
        raise AdapterError(f"There is no adapter for {tool!r}.", hint=f"Known tools: {known}.")
    try:
        return cast("Adapter", point.load())
    except (ImportError, AttributeError) as error:
        message = f"The adapter for {tool!r}, {point.value}, cannot be imported: {error}."
        raise AdapterError(message, hint="Install the package that brings it anew.") from error


def convention_of(tool: str | None) -> Convention:
    """How a tool is spoken of in OpenLineage; one without an adapter, such as one that a document names, as any tool."""
    return adapter_for(tool).convention if tool in _entry_points() else Convention()

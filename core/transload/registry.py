"""Adapters by tool, found through the entry-point group `transload.adapters`: a third party adds a tool without an edit here."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from transload.adapter import Adapter
from transload.errors import AdapterError

GROUP = "transload.adapters"


@cache
def _found() -> dict[str, EntryPoint]:
    return {point.name: point for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)}


def tools() -> tuple[str, ...]:
    """The tools that have an adapter, sorted."""
    return tuple(_found())


@cache
def adapter_for(tool: str) -> Adapter:
    """The adapter of a tool. Raises `AdapterError` for an unknown one."""
    point = _found().get(tool)
    if point is None:
        known = ", ".join(tools()) or "none"
        raise AdapterError(f"There is no adapter for {tool!r}.", hint=f"Known tools: {known}.")
    return cast("Adapter", point.load())

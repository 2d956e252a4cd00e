"""What differs between two graphs, entity by entity and field by field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import JsonValue

from transload.model.assets import Asset
from transload.model.base import Record
from transload.model.graph import AssetGraph, subject_of

IGNORED = frozenset({"origin", "names"})
"""Where a thing was read, and how a tool spells it, are no part of what it means."""


class Change(Record):
    """An entity that is only in one of the graphs, or a field that differs."""

    kind: Literal["added", "removed", "changed"]
    subject: str
    field: str | None = None
    before: JsonValue = None
    after: JsonValue = None


def differences(before: AssetGraph, after: AssetGraph) -> tuple[Change, ...]:
    """Every change that makes `after` of `before`, by kind of entity, then by name, then by field."""
    kinds = ("assets", "jobs", "flows", "aliases")
    return tuple(change for kind in kinds for change in _of_kind(getattr(before, kind), getattr(after, kind)))


def _of_kind(before: tuple[Any, ...], after: tuple[Any, ...]) -> Iterator[Change]:
    old, new = (
        {entity.id if isinstance(entity, Asset) else entity.name: entity for entity in side} for side in (before, after)
    )
    for name in sorted({*old, *new}):
        if name not in new:
            yield Change(kind="removed", subject=subject_of(old[name]))
        elif name not in old:
            yield Change(kind="added", subject=subject_of(new[name]))
        else:
            yield from _fields(old[name], new[name])


def _fields(old: Any, new: Any) -> Iterator[Change]:
    for field in type(old).model_fields:
        if field not in IGNORED and getattr(old, field) != getattr(new, field):
            before, after = (entity.model_dump(mode="json", include={field})[field] for entity in (old, new))
            yield Change(kind="changed", subject=subject_of(old), field=field, before=before, after=after)

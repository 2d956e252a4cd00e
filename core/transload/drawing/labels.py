"""Triggers, partitions and values in words, for the page's panel."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from transload.model.base import Record
from transload.model.identity import uri_of
from transload.model.partitions import Partitions
from transload.model.triggers import AllOf, AnyOf, AtLeast, InOrder, Trigger, Updated

_EXPRESSIONS: Final[Mapping[str, Callable[[Any], str]]] = {
    "all": lambda _: "all of",
    "any": lambda _: "any of",
    "at_least": lambda part: f"at least {part.count} of",
    "in_order": lambda _: "in this order",
}


def trigger_text(trigger: Trigger) -> str:
    """A trigger, one part a line, indented by depth."""
    return "\n".join(_trigger_lines(trigger))


def _trigger_lines(trigger: Trigger) -> Iterator[str]:
    pending: list[tuple[Trigger, int]] = [(trigger, 0)]
    while pending:
        part, depth = pending.pop()
        if isinstance(part, (AllOf, AnyOf, AtLeast, InOrder)):
            within = f" within {part.within:g} s" if part.within is not None else ""
            yield "  " * depth + _EXPRESSIONS[part.kind](part) + within
            pending.extend((inner, depth + 1) for inner in reversed(part.parts))
        else:
            yield "  " * depth + _leaf(part)


def _leaf(part: Trigger) -> str:
    if isinstance(part, Updated):
        mapping = f", partitions {record_text(part.mapping)}" if part.mapping else ""
        return f"update of {uri_of(part.asset)}{mapping}"
    return record_text(part)


def record_text(record: Record) -> str:
    """The kind of a record, and those of its fields that say more than the default."""
    fields = record.model_dump(mode="json", exclude_defaults=True)
    kind = str(fields.pop("kind", ""))
    listed = ", ".join(f"{name} {value_text(value)}" for name, value in fields.items())
    return f"{kind}: {listed}" if kind and listed else kind or listed


def partitions_text(partitions: Partitions) -> str:
    """A partition definition in one line."""
    return record_text(partitions)


def value_text(value: Any) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)

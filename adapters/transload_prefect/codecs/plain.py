"""Values of a project as JSON; what has no JSON form is described by a text."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import PurePath
from typing import Any, Final

from pydantic import BaseModel, JsonValue

_DEEPEST: Final = 20
"""Containers within one another: an end for those that hold themselves."""


class Plain:
    """Turns values into JSON; `described` becomes true once one had to be described instead."""

    def __init__(self) -> None:
        self.described = False

    def value(self, value: Any, depth: int = 0) -> JsonValue:
        """The JSON form of a value."""
        if value is None or (isinstance(value, (bool, int, str)) and not isinstance(value, Enum)):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if isinstance(value, (list, tuple)) and depth < _DEEPEST:
            return [self.value(item, depth + 1) for item in value]
        if isinstance(value, Mapping) and depth < _DEEPEST:
            return {str(key): self.value(item, depth + 1) for key, item in value.items()}
        return self._other(value, depth)

    def _other(self, value: Any, depth: int) -> JsonValue:
        for kind, form in _FORMS.items():
            if isinstance(value, kind):
                return self.value(form(value), depth + 1) if depth < _DEEPEST else describe(value)
        if isinstance(value, AbstractSet) and depth < _DEEPEST:
            return sorted((self.value(item, depth + 1) for item in value), key=repr)
        if isinstance(value, BaseModel) and depth < _DEEPEST:
            return self.value(value.model_dump(mode="json", exclude_defaults=True), depth + 1)
        self.described = True
        return describe(value)


_FORMS: Final[Mapping[type, Callable[[Any], Any]]] = {
    Enum: lambda value: value.value,
    datetime: datetime.isoformat,
    date: date.isoformat,
    timedelta: timedelta.total_seconds,
    PurePath: PurePath.as_posix,
}


def describe(value: Any) -> str:
    """The qualified name of a function or class, or of an object's class; without an address, so that it is the same every time."""
    named = value if hasattr(value, "__qualname__") else type(value)
    return f"{named.__module__}.{named.__qualname__}"

"""Values that only Airflow understands, as JSON: what is no JSON is described."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from pydantic import JsonValue

from transload.forms import Constant, Form

_DEEPEST: Final = 100


class Words:
    """Something that has no other form than words: a lambda, an object of the project's own, a value that is not known."""

    def __init__(self, text: str) -> None:
        self.text = text


def described(value: Any, depth: int = 0) -> JsonValue:
    """A JSON value that says the same: calls as {"call": …}, names as {"name": …}, spans as {"seconds": …}, dates as ISO-8601."""
    if depth > _DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return {str(key): described(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [described(item, depth + 1) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((described(item, depth + 1) for item in value), key=repr)
    if isinstance(value, Form):
        return _form(value, depth)
    return _atom(value)


def _form(value: Form, depth: int) -> JsonValue:
    args: JsonValue = [described(each, depth + 1) for each in value.args]
    kwargs: JsonValue = {key: described(each, depth + 1) for key, each in value.kwargs.items()}
    return {"call": value.name, **({"args": args} if args else {}), **({"kwargs": kwargs} if kwargs else {})}


def _atom(value: Any) -> JsonValue:
    if isinstance(value, Constant):
        return {"name": value.name}
    if isinstance(value, timedelta):
        return {"seconds": value.total_seconds()}
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    return {"described": value.text if isinstance(value, Words) else type(value).__qualname__}


def is_json(value: JsonValue) -> bool:
    """Whether nothing in a described value had to be put into words."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, dict):
            if set(each) == {"described"}:
                return False
            pending.extend(each.values())
        elif isinstance(each, list):
            pending.extend(each)
    return True

"""Values that only Airflow understands, as JSON: what is no JSON is described."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from pydantic import JsonValue

from transload.forms import Constant, Form
from transload_airflow.codecs.classes import POSITIONAL, arguments, kind_of

_DEEPEST: Final = 100


class Words:
    """Something that has no other form than words, such as a lambda; `unknown`: a value that only running the project would tell."""

    def __init__(self, text: str, *, unknown: bool = False) -> None:
        self.text = text
        self.unknown = unknown


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
    """Arguments of Airflow's own classes are named, however they were given."""
    named = kind_of(value) in POSITIONAL
    args: JsonValue = [] if named else [described(each, depth + 1) for each in value.args]
    given = arguments(value) if named else value.kwargs
    kwargs: JsonValue = {key: described(each, depth + 1) for key, each in given.items()}
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


def words_in(value: Any) -> Iterator[Words]:
    """What in a value has no other form than words."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, Words):
            yield each
        elif isinstance(each, float) and not math.isfinite(each):
            yield Words(repr(each))
        elif isinstance(each, Mapping):
            pending.extend(each.values())
        elif isinstance(each, (list, tuple, set, frozenset)):
            pending.extend(each)
        elif isinstance(each, Form):
            pending.extend([*each.args, *each.kwargs.values()])

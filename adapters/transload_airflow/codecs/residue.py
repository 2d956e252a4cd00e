"""Values that only Airflow understands, as JSON; descriptions of those that are no JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from pydantic import JsonValue

from transload.forms import Constant, Form
from transload_airflow.codecs.classes import POSITIONAL, arguments, kind_of

_DEEPEST: Final = 100
"""Values are described to this depth, far from Python's limit of recursion."""


class Words:
    """A value that has no form but a description, such as a lambda; `unknown`: only running the project would tell its value."""

    def __init__(self, text: str, *, unknown: bool = False) -> None:
        self.text = text
        self.unknown = unknown


def described(value: Any, depth: int = 0) -> JsonValue:
    """A JSON value of the same meaning: calls as {"call": …}, names as {"name": …}, spans as {"seconds": …}, dates as ISO-8601."""
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
    """Arguments of Airflow's own classes are named, whether they came by position or by name."""
    named = kind_of(value) in POSITIONAL
    args: JsonValue = [] if named else [described(argument, depth + 1) for argument in value.args]
    by_name = arguments(value) if named else value.kwargs
    kwargs: JsonValue = {key: described(argument, depth + 1) for key, argument in by_name.items()}
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
    """The parts of a value that have no form but a description."""
    pending = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, Words):
            yield part
        elif isinstance(part, float) and not math.isfinite(part):
            # JSON has neither infinity nor NaN.
            yield Words(repr(part))
        elif isinstance(part, Mapping):
            pending.extend(part.values())
        elif isinstance(part, (list, tuple, set, frozenset)):
            pending.extend(part)
        elif isinstance(part, Form):
            pending.extend([*part.args, *part.kwargs.values()])

"""Expressions of values that hold no others."""

from __future__ import annotations

import ast
import datetime as dt
import math
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import lru_cache
from typing import Any, Final

from transload.errors import SourceError
from transload.writing.words import shown

MAX_INT_BITS: Final = 14_000
"""Longer numbers pass the 4,300 digits that Python reads (`sys.int_info.default_max_str_digits`)."""

MAX_DEPTH: Final = 64
"""How deep containers may lie in each other: CPython's parser takes 200 brackets, and calls around the literal need some of them."""

_REPR: Final = frozenset({type(None), bool, str, bytes})
_LOAD: Final = ast.Load()


def is_data(value: Any, depth: int = MAX_DEPTH) -> bool:
    """Whether a value is None, a truth value, finite number, text or bytes, or a list, tuple or dictionary of nothing but these.

    The `repr` of such a value is its source. No subclass is taken, whose `repr` could be any code.
    """
    kind = type(value)
    if kind in _REPR:
        return True
    if kind is int:
        return bool(value.bit_length() <= MAX_INT_BITS)
    if kind is float:
        return math.isfinite(value)
    if kind is dict:
        return depth > 0 and _all_data(value, depth - 1) and _all_data(value.values(), depth - 1)
    return kind in (list, tuple) and depth > 0 and _all_data(value, depth - 1)


def _all_data(values: Iterable[Any], depth: int) -> bool:
    for value in values:  # noqa: SIM110 - all() over a generator takes twice as long, and large graphs are full of these
        if type(value) not in _REPR and not is_data(value, depth):
            return False
    return True


def constant(value: Any) -> ast.expr:
    """See `transload.writing.expressions.literal`."""
    write = WRITERS.get(type(value))
    if write is not None:
        return write(value)
    if isinstance(value, Enum):
        return constant(value.value)
    if isinstance(value, dt.datetime):
        return _datetime(value)
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    raise SourceError(f"A value of type {shown(kind)} cannot be written as Python source.", hint="Give plain values.")


def _number(value: float) -> ast.expr:
    """A negative number is an operation on a positive one, as the parser sees it too."""
    if math.copysign(1, value) < 0:
        return ast.UnaryOp(op=ast.USub(), operand=ast.Constant(-value))
    return ast.Constant(value)


def _int(value: int) -> ast.expr:
    if value.bit_length() > MAX_INT_BITS:
        raise SourceError(
            f"A number of {value.bit_length()} bits is too long for Python source.", hint="Give it as text."
        )
    return ast.UnaryOp(op=ast.USub(), operand=ast.Constant(-value)) if value < 0 else ast.Constant(value)


def _float(value: float) -> ast.expr:
    if math.isfinite(value):
        return _number(value)
    return ast.Call(func=ast.Name(id="float", ctx=_LOAD), args=[ast.Constant(str(value))], keywords=[])


def _calendar(module: str, kind: str, *args: int, **kwargs: ast.expr) -> ast.expr:
    function = ast.Attribute(value=ast.Name(id=module, ctx=_LOAD), attr=kind, ctx=_LOAD)
    keywords = [ast.keyword(arg=key, value=value) for key, value in kwargs.items()]
    return ast.Call(func=function, args=[_int(value) for value in args], keywords=keywords)


def _date(value: dt.date) -> ast.expr:
    return _calendar("datetime", "date", value.year, value.month, value.day)


@lru_cache(maxsize=1024)
def _timedelta(value: dt.timedelta) -> ast.expr:
    parts = {"days": value.days, "seconds": value.seconds, "microseconds": value.microseconds}
    return _calendar("datetime", "timedelta", **{key: _int(part) for key, part in parts.items() if part})


def _zone(zone: dt.tzinfo) -> ast.expr:
    key = getattr(zone, "key", None)
    if isinstance(key, str):
        function = ast.Attribute(value=ast.Name(id="zoneinfo", ctx=_LOAD), attr="ZoneInfo", ctx=_LOAD)
        return ast.Call(func=function, args=[ast.Constant(str.__str__(key))], keywords=[])
    offset = zone.utcoffset(None)
    if offset is None:
        raise SourceError(
            f"The time zone {shown(str(zone))} has no name.", hint="Use zoneinfo.ZoneInfo or datetime.timezone."
        )
    utc = ast.Attribute(value=ast.Name(id="datetime", ctx=_LOAD), attr="timezone", ctx=_LOAD)
    if not offset:
        return ast.Attribute(value=utc, attr="utc", ctx=_LOAD)
    return ast.Call(func=utc, args=[_timedelta(offset)], keywords=[])


def _clock(value: dt.datetime | dt.time) -> tuple[list[int], dict[str, ast.expr]]:
    parts = [value.hour, value.minute, value.second, value.microsecond]
    while parts and not parts[-1]:
        parts.pop()
    kwargs = {"tzinfo": _zone(value.tzinfo)} if value.tzinfo else {}
    return parts, {**kwargs, "fold": ast.Constant(1)} if value.fold else kwargs


def _datetime(value: dt.datetime) -> ast.expr:
    parts, kwargs = _clock(value)
    return _calendar("datetime", "datetime", value.year, value.month, value.day, *parts, **kwargs)


def _time(value: dt.time) -> ast.expr:
    parts, kwargs = _clock(value)
    return _calendar("datetime", "time", *parts, **kwargs)


WRITERS: Final[Mapping[type, Callable[[Any], ast.expr]]] = {
    type(None): ast.Constant,
    type(...): ast.Constant,
    bool: ast.Constant,
    str: ast.Constant,
    bytes: ast.Constant,
    int: _int,
    float: _float,
    dt.date: _date,
    dt.time: _time,
    dt.datetime: _datetime,
    dt.timedelta: _timedelta,
}
"""By the type itself: a look-up is all that most values need."""

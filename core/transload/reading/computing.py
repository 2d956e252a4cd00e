"""What is computed for the project: tables of pure functions and methods of Python's own.

A function that is not listed stays a symbolic call. Nothing listed has an effect, reads a file (but the time zone database) or can
be made to run for long: sizes are checked before and after.
"""

from __future__ import annotations

import builtins
import datetime
import inspect
import itertools
import json
import math
import posixpath
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from transload.reading.values import (
    MAX_PARTS,
    Call,
    Iterated,
    Symbol,
    Value,
    in_order,
    is_known,
    qualified_name,
    weight,
)

ITERATING: Final = frozenset({f"builtins.{name}" for name in ("all", "any", "max", "min", "sorted", "sum")})
"""Functions of `COMPUTABLE` that go through their first argument."""
ITERATING_METHODS: Final = frozenset(
    {
        "difference",
        "difference_update",
        "extend",
        "intersection",
        "intersection_update",
        "isdisjoint",
        "issubset",
        "issuperset",
        "join",
        "symmetric_difference",
        "symmetric_difference_update",
        "union",
        "update",
    }
)
"""Methods that go through their arguments."""
LAZY: Final = frozenset(
    {
        "builtins.enumerate",
        "builtins.reversed",
        "builtins.zip",
        "itertools.chain",
        "itertools.chain.from_iterable",
        "itertools.product",
    }
)
"""Functions of `STRUCTURAL` that give an iterator."""
MAX_SIZE: Final = 1_000_000
"""Characters of a text, and elements of a container, that a computation may give."""
MAX_BITS: Final = 10_000
"""Length of a number that a computation may give."""
MAX_WIDTH: Final = 1_000
"""Width to which text may be padded, and characters of a number in a format."""

Computation = Callable[..., Any]


class NotComputedError(ValueError):
    """Python would compute it; this evaluator does not."""


class TooLargeError(NotComputedError):
    """A computation would give a value larger than this evaluator is willing to hold."""


def elements(value: Any) -> list[Value]:
    """What iterating over a known container or text gives. Raises `TypeError` for anything else."""
    if isinstance(value, (set, frozenset)):
        return in_order(value)
    if isinstance(value, (list, tuple, dict, str, bytes)):
        return list(value)
    raise TypeError(f"a {type(value).__name__} cannot be iterated over")


def _range(*bounds: int) -> Iterated:
    numbers = range(*bounds)
    return Iterated(numbers, once=False) if len(numbers) <= MAX_SIZE else _refuse("a range")


def _refuse(what: str) -> Any:
    raise TooLargeError(f"{what} of that size is not computed")


def _dict(source: Any = (), **more: Value) -> dict[Value, Value]:
    if isinstance(source, dict):
        return {**source, **more}
    return {**dict(tuple(elements(pair)) for pair in elements(source)), **more}  # type: ignore[dict-item, misc]


def _product(*sources: Any, repeat: int = 1) -> list[Any]:
    pools = [elements(source) for source in sources]
    if math.prod(len(pool) for pool in pools) ** min(repeat, 20) > MAX_SIZE:
        return list(_refuse("a product"))
    return list(itertools.product(*pools, repeat=repeat))


def _zip(*sources: Any, strict: bool = False) -> list[Any]:
    pools = [elements(source) for source in sources]
    if strict and len({len(pool) for pool in pools}) > 1:
        raise ValueError("zip() has arguments of different lengths")
    return list(zip(*pools))  # noqa: B905 - the lengths were compared where that was asked for


def _text(value: Any = "", *rest: Any) -> str:
    return str(value, *rest) if is_known(value, sets=False) else _unordered()


def _unordered() -> Any:
    raise NotComputedError("the text of a set depends on hashing")


def formatted(value: Any, spec: str = "") -> str:
    """`format(value, spec)` within bounds. Raises what `format` raises."""
    _check_width(spec)
    return format(value, spec) if is_known(value, sets=False) else str(_unordered())


def _check_width(template: str) -> None:
    if any(len(width) > len(str(MAX_WIDTH)) or int(width) > MAX_WIDTH for width in re.findall(r"\d+", template)):
        _refuse("a width")


def percent(template: str | bytes, values: Any) -> Any:
    """`template % values` within bounds."""
    _check_width(str(template))
    if re.search(r"%[^a-zA-Z%]*\*", str(template)):
        return _refuse("a width")
    return template % values if is_known(values, sets=False) else _unordered()


def _format(template: str, *args: Any, **kwargs: Any) -> str:
    if re.search(r"\{[^{}]*[.\[]", template) or not is_known([*args, *kwargs.values()], sets=False):
        raise NotComputedError("a format that looks into its arguments is not computed")
    if re.search(r"\{[^{}]*\{", template.replace("{{", "")):
        raise NotComputedError("a format within a format is not computed")
    _check_width(template)
    return template.format(*args, **kwargs)


def _format_map(template: str, mapping: Any) -> str:
    if re.search(r"\{\d*[}:!]", template):
        raise NotComputedError("a format by position of a mapping is not computed")
    return _format(template, **mapping)


def _padded(method: Computation) -> Computation:
    def pad(text: Any, width: int, *fill: Any) -> Any:
        return method(text, width, *fill) if width <= MAX_WIDTH else _refuse("a width")

    return pad


def _replace(text: Any, old: Any, new: Any, *count: int) -> Any:
    if (len(text) + 1) * max(len(new), 1) > MAX_SIZE * 10:
        return _refuse("a replacement")
    return text.replace(old, new, *count)


def _join(text: Any, parts: Any) -> Any:
    items = elements(parts)
    return text.join(items) if len(text) * len(items) <= MAX_SIZE else _refuse("a text")


def _sum(source: Any, start: Any = 0) -> Any:
    numbers: list[Any] = elements(source)
    return sum(numbers, start) if len(numbers) <= MAX_WIDTH * 10 else _refuse("a sum")


def _zone(value: Value) -> Value:
    """A time zone object for the symbolic value of one."""
    name = qualified_name(value)
    if isinstance(value, Symbol) and name in ("datetime.timezone.utc", "datetime.UTC"):
        return datetime.timezone.utc
    if (
        isinstance(value, Call)
        and name == "zoneinfo.ZoneInfo"
        and len(value.args) == 1
        and isinstance(value.args[0], str)
    ):
        try:
            return ZoneInfo(value.args[0])
        except (ZoneInfoNotFoundError, OSError):
            return value
    return value


def with_zones(args: Sequence[Value], kwargs: Mapping[str, Value]) -> tuple[tuple[Value, ...], dict[str, Value]]:
    """Arguments of a date or time function with time zone objects in place of their symbols."""
    return tuple(_zone(value) for value in args), {name: _zone(value) for name, value in kwargs.items()}


def _comparable(source: Value) -> list[Any]:
    """The elements for a function that raises what Python raises where they do not compare."""
    return elements(source)


STRUCTURAL: Final[Mapping[str, Computation]] = {
    "builtins.dict": _dict,
    "builtins.enumerate": lambda source, start=0: list(enumerate(elements(source), start)),
    "builtins.frozenset": lambda source=(): frozenset(elements(source)),
    "builtins.len": lambda source: len(elements(source)),
    "builtins.list": lambda source=(): elements(source),
    "builtins.reversed": lambda source: elements(source)[::-1],
    "builtins.set": lambda source=(): set(elements(source)),
    "builtins.tuple": lambda source=(): tuple(elements(source)),
    "builtins.zip": _zip,
    "builtins.dict.fromkeys": lambda source, value=None: dict.fromkeys(elements(source), value),
    "collections.OrderedDict": _dict,
    "itertools.chain": lambda *sources: [item for source in sources for item in elements(source)],
    "itertools.chain.from_iterable": lambda sources: [
        item for source in elements(sources) for item in elements(source)
    ],
    "itertools.product": _product,
}
"""Functions that arrange elements without looking at them: these may be symbolic."""

COMPUTABLE: Final[Mapping[str, Computation]] = {
    **{f"builtins.{kind.__name__}": kind for kind in (bool, complex, float, int)},
    "builtins.abs": abs,
    "builtins.all": lambda source: all(elements(source)),
    "builtins.any": lambda source: any(elements(source)),
    "builtins.bin": bin,
    "builtins.chr": chr,
    "builtins.divmod": divmod,
    "builtins.format": formatted,
    "builtins.hex": hex,
    "builtins.max": lambda *values: max(_comparable(values[0]) if len(values) == 1 else values),
    "builtins.min": lambda *values: min(_comparable(values[0]) if len(values) == 1 else values),
    "builtins.ord": ord,
    "builtins.range": _range,
    "builtins.repr": lambda value: repr(value) if is_known(value, sets=False) else _unordered(),
    "builtins.round": round,
    "builtins.sorted": lambda source, reverse=False: sorted(_comparable(source), reverse=reverse),
    "builtins.str": _text,
    "builtins.sum": _sum,
    "datetime.date": datetime.date,
    "datetime.date.fromisoformat": datetime.date.fromisoformat,
    "datetime.datetime": datetime.datetime,
    "datetime.datetime.fromisoformat": datetime.datetime.fromisoformat,
    "datetime.datetime.strptime": datetime.datetime.strptime,
    "datetime.timedelta": datetime.timedelta,
    "json.dumps": json.dumps,
    "json.loads": json.loads,
    "math.ceil": math.ceil,
    "math.floor": math.floor,
    "os.path.basename": posixpath.basename,
    "os.path.dirname": posixpath.dirname,
    "os.path.join": posixpath.join,
    "os.path.normpath": posixpath.normpath,
    "os.path.split": posixpath.split,
    "os.path.splitext": posixpath.splitext,
    "re.escape": re.escape,
    "textwrap.dedent": textwrap.dedent,
}
"""Functions that look at their arguments, which therefore must be known."""


def _methods(kind: type, names: str) -> dict[str, Computation]:
    return {name: getattr(kind, name) for name in names.split()}


_SEARCH: Final = "count endswith find index rfind rindex startswith"
_CASE: Final = "capitalize isalnum isalpha isdigit islower isspace istitle isupper lower swapcase title upper"
_CUT: Final = "lstrip partition removeprefix removesuffix rpartition rsplit rstrip split splitlines strip"
_SAME_FOR_TEXT: Final[Mapping[str, Computation]] = {"join": _join, "replace": _replace}

_DIFFERENCES: Final = "difference intersection isdisjoint issubset issuperset symmetric_difference"
LOOKING: Final[Mapping[type, Mapping[str, Computation]]] = {
    str: {
        **_methods(
            str, f"{_SEARCH} {_CASE} {_CUT} casefold encode isascii isdecimal isidentifier isnumeric isprintable"
        ),
        **_SAME_FOR_TEXT,
        **{name: _padded(getattr(str, name)) for name in ("center", "ljust", "rjust", "zfill")},
        "format": _format,
        "format_map": _format_map,
    },
    bytes: {**_methods(bytes, f"{_SEARCH} {_CASE} {_CUT} decode hex"), **_SAME_FOR_TEXT},
    bool: {},
    int: _methods(int, "bit_length"),
    float: _methods(float, "is_integer"),
    datetime.datetime: _methods(datetime.datetime, "date isocalendar isoformat isoweekday replace strftime weekday"),
    datetime.date: _methods(datetime.date, "isocalendar isoformat isoweekday replace strftime weekday"),
    datetime.timedelta: _methods(datetime.timedelta, "total_seconds"),
    list: _methods(list, "count index"),
    tuple: _methods(tuple, "count index"),
    set: _methods(set, _DIFFERENCES),
    frozenset: _methods(frozenset, _DIFFERENCES),
    dict: {},
}
"""Methods that look at their arguments and the elements, which therefore must be known."""

_SETS: Final = "copy union"
ARRANGING: Final[Mapping[type, Mapping[str, Computation]]] = {
    list: {"copy": list.copy},
    tuple: {},
    set: _methods(set, _SETS),
    frozenset: _methods(frozenset, _SETS),
    dict: {
        "copy": dict.copy,
        "get": dict.get,
        "items": lambda source: Iterated(source.items(), once=False, watched=[source]),
        "keys": lambda source: Iterated(source.keys(), once=False, watched=[source]),
        "values": lambda source: Iterated(source.values(), once=False, watched=[source]),
    },
}
"""Methods that arrange elements, which may be symbolic."""

CHANGING: Final[Mapping[type, Mapping[str, Computation]]] = {
    list: {
        **_methods(list, "append clear insert pop reverse"),
        "extend": lambda target, source: target.extend(elements(source)),
    },
    set: {
        **_methods(set, "add clear discard"),
        "update": lambda target, *sources: target.update(*(elements(source) for source in sources)),
    },
    dict: {
        **_methods(dict, "clear pop popitem setdefault"),
        "update": lambda target, source=(), **more: target.update(_dict(source, **more)),
    },
}
"""Methods that change what they are called on; elements may be symbolic."""

CHANGING_KNOWN: Final[Mapping[type, Mapping[str, Computation]]] = {
    list: _methods(list, "remove sort"),
    set: _methods(set, "difference_update intersection_update remove symmetric_difference_update"),
}
"""Methods that change what they are called on and look at the elements, which must be known."""

FIELDS: Final[Mapping[type, frozenset[str]]] = {
    datetime.datetime: frozenset({"year", "month", "day", "hour", "minute", "second", "microsecond", "fold"}),
    datetime.date: frozenset({"year", "month", "day"}),
    datetime.timedelta: frozenset({"days", "seconds", "microseconds"}),
    int: frozenset({"real", "imag", "numerator", "denominator"}),
    float: frozenset({"real", "imag"}),
}
"""Data attributes of values that are computed."""

BUILTINS: Final = frozenset(dir(builtins))


def check_size(value: Any) -> Any:
    """The value, unless it is too large. Raises `TooLargeError`."""
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        return _refuse("a number")
    if isinstance(value, (str, bytes, list, tuple, set, frozenset, dict)) and len(value) > MAX_SIZE:
        return _refuse("a value")
    if isinstance(value, (tuple, frozenset)) and weight(value) >= MAX_PARTS:
        return _refuse("a value")
    return value


def check_operands(operator: str, left: Any, right: Any) -> None:
    """Refuse an operation whose result would be too large to compute at all. Raises `TooLargeError`."""
    if operator == "*":
        _check_product(left, right)
        _check_product(right, left)
    if (
        operator == "**"
        and isinstance(left, int)
        and isinstance(right, int)
        and left.bit_length() * abs(right) > MAX_BITS
    ):
        _refuse("a power")
    if operator == "<<" and isinstance(right, int) and right > MAX_BITS:
        _refuse("a number")


def _check_product(sequence: Any, times: Any) -> None:
    if isinstance(sequence, (str, bytes, list, tuple)) and isinstance(times, int) and len(sequence) * times > MAX_SIZE:
        _refuse("a value")


def type_of(value: Value, table: Mapping[type, Any]) -> type | None:
    """The row of a table of types for a value: `datetime` before `date`, `bool` before `int`."""
    return next((kind for kind in inspect.getmro(type(value)) if kind in table), None)


def is_zone(value: Value) -> bool:
    """Whether a value is a time zone made by `with_zones`."""
    return isinstance(value, (ZoneInfo, datetime.timezone))

"""The results of tasks that a symbolic value holds, by the rules of Prefect 3.9.1.

It finds results in containers and in the fields of dataclasses and of pydantic's models, and the items of a result that is a list, a
tuple or a dictionary; but neither items of items, nor what any other computation makes of a result, nor what is quoted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from transload.reading.values import Attribute, Call, Class, Item, Unknown, qualified_name
from transload_prefect.reading.facts import CallFact
from transload_prefect.reading.syntax.symbols import HANDING_ON, method, short_name

_WRAPPING: Final = frozenset({"unmapped", "allow_failure", "opaque"})

_SAME: Final = frozenset(
    {f"builtins.{name}" for name in ("list", "tuple", "set", "frozenset", "sorted", "reversed", "iter")}
    | {f"asyncio.{name}" for name in ("create_task", "ensure_future", "run", "shield", "wait_for", "as_completed")}
    | {"prefect.futures.as_completed", "copy.copy"}
)
"""Functions whose value holds what their arguments hold, at the same depth."""

_LISTING: Final = frozenset(
    {"asyncio.gather", "asyncio.wait", "prefect.futures.wait", "builtins.zip", "builtins.enumerate"}
)
"""Functions whose value lists what their arguments are."""

_METHODS: Final[Mapping[str, int]] = {"get": 1, "pop": 1, "values": 0, "items": -1}
"""Methods of a result that is a dictionary: how much deeper their value is than the result."""

_CREATING: Final = frozenset({"create_task"})
_RECORDS: Final = frozenset({"dataclasses.dataclass", "pydantic.BaseModel"})
"""Decorators and bases of classes into whose objects Prefect looks."""

_DEEPEST: Final = 1
"""Prefect follows a result and its items, and not the items of items."""


class _Part(NamedTuple):
    """A part of the value, which is at `depth` in the result that it comes from (see `Source` for `sure`)."""

    value: Any
    depth: int = 0
    sure: bool = True


class Source(NamedTuple):
    """A call whose result a value holds. Not `sure`: only if the result is a dictionary, or something else that holds its items."""

    call: CallFact
    sure: bool


def sources_of(value: Any, calls: Mapping[int, CallFact]) -> Iterator[Source]:
    """The calls of tasks whose results a value holds."""
    pending, visited = [_Part(value)], set[tuple[int, int]]()
    while pending:
        part = pending.pop(0)
        if (id(part.value), part.depth) in visited:
            continue
        visited.add((id(part.value), part.depth))
        call = calls.get(id(part.value))
        if call is None:
            inside = next((inside for kind, inside in _INSIDE.items() if isinstance(part.value, kind)), None)
            pending.extend(inside(part) if inside else ())
            continue
        # `task.map(…)` gives a list, whose items are the results.
        is_mapped = isinstance(part.value.func, Attribute) and part.value.func.name == "map"
        if part.depth <= (_DEEPEST + 1 if is_mapped else _DEEPEST):
            yield Source(call, part.sure)


def _in_call(part: _Part) -> Iterator[_Part]:
    call, name = part.value, qualified_name(part.value)
    if short_name(call) in _WRAPPING or name in _SAME or _is_record(call.func):
        yield from (part._replace(value=argument) for argument in (*call.args, *call.kwargs.values()))
    elif name in _LISTING:
        yield from (part._replace(value=argument, depth=max(part.depth - 1, 0)) for argument in call.args)
    elif method(call, HANDING_ON) is not None:
        yield part._replace(value=method(call, HANDING_ON))
    elif method(call, _CREATING) is not None:
        yield from (part._replace(value=argument) for argument in call.args[:1])
    elif isinstance(call.func, Attribute) and call.func.name in _METHODS:
        yield _Part(call.func.of, part.depth + _METHODS[call.func.name], sure=False)


def _is_record(value: Any) -> bool:
    """True for a class of the project into whose objects Prefect looks."""
    return isinstance(value, Class) and any(
        str(qualified_name(mark)) in _RECORDS for mark in (*value.bases, *value.decorators)
    )


def _in_item(part: _Part) -> Iterator[_Part]:
    item = part.value
    if isinstance(item.of, Call) and qualified_name(item.of) == "asyncio.gather" and not item.of.unresolved:
        # The results come in the order of the arguments, so that an index picks one of them.
        values, key = item.of.args, item.key
        picked = (values[key],) if isinstance(key, int) and -len(values) <= key < len(values) else values
        yield from (part._replace(value=value) for value in picked)
    else:
        yield _Part(item.of, part.depth + 1, part.sure and isinstance(item.key, int))


def _in_unknown(part: _Part) -> Iterator[_Part]:
    """An element of what it is of, or one of several."""
    of = part.value.of
    yield part._replace(value=of, depth=part.depth + (0 if isinstance(of, (list, tuple, set, dict, Unknown)) else 1))


_INSIDE: Final[Mapping[type | tuple[type, ...], Callable[[_Part], Iterator[_Part]]]] = {
    Call: _in_call,
    Item: _in_item,
    Unknown: _in_unknown,
    dict: lambda part: (part._replace(value=value) for value in part.value.values()),
    (list, tuple, set, frozenset): lambda part: (part._replace(value=item) for item in part.value),
}

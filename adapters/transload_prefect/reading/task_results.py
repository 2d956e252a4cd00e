"""Which results of tasks a symbolic value holds, by the rules of Prefect 3.8.8.

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


class _Held(NamedTuple):
    value: Any
    depth: int = 0
    sure: bool = True


class Source(NamedTuple):
    """A call whose result a value holds. Not `sure`: only if the result is a dictionary, or something else that holds its items."""

    call: CallFact
    sure: bool


def sources_of(value: Any, calls: Mapping[int, CallFact]) -> Iterator[Source]:
    """The calls of tasks whose results a value holds."""
    pending, met = [_Held(value)], set[tuple[int, int]]()
    while pending:
        held = pending.pop(0)
        if (id(held.value), held.depth) in met:
            continue
        met.add((id(held.value), held.depth))
        call = calls.get(id(held.value))
        if call is None:
            pending.extend(_inside(held))
        elif held.depth <= (_PARTS + 1 if _is_mapped(held.value) else _PARTS):
            yield Source(call, held.sure)


_PARTS: Final = 1
"""As deep as Prefect follows the parts of a result."""


def _is_mapped(call: Call) -> bool:
    return isinstance(call.func, Attribute) and call.func.name == "map"


def _inside(held: _Held) -> list[_Held]:
    for kind, look in _LOOKS.items():
        if isinstance(held.value, kind):
            return list(look(held))
    return []


def _in_call(held: _Held) -> Iterator[_Held]:
    call, name = held.value, qualified_name(held.value)
    if short_name(call) in _WRAPPING or name in _SAME or _is_record(call.func):
        yield from (held._replace(value=each) for each in (*call.args, *call.kwargs.values()))
    elif name in _LISTING:
        yield from (held._replace(value=each, depth=max(held.depth - 1, 0)) for each in call.args)
    elif method(call, HANDING_ON) is not None:
        yield held._replace(value=method(call, HANDING_ON))
    elif method(call, _CREATING) is not None:
        yield from (held._replace(value=each) for each in call.args[:1])
    elif isinstance(call.func, Attribute) and call.func.name in _METHODS:
        yield _Held(call.func.of, held.depth + _METHODS[call.func.name], sure=False)


_CREATING: Final = frozenset({"create_task"})


def _is_record(value: Any) -> bool:
    """Whether it is a class of the project into whose objects Prefect looks."""
    if not isinstance(value, Class):
        return False
    names = {str(qualified_name(each)) for each in (*value.bases, *value.decorators)}
    return bool(names & {"dataclasses.dataclass", "pydantic.BaseModel"})


def _in_item(held: _Held) -> Iterator[_Held]:
    item = held.value
    if isinstance(item.of, Call) and qualified_name(item.of) == "asyncio.gather" and not item.of.unresolved:
        yield from (held._replace(value=each) for each in _picked(item.of.args, item.key))
    else:
        yield _Held(item.of, held.depth + 1, held.sure and isinstance(item.key, int))


def _picked(values: tuple[Any, ...], key: Any) -> tuple[Any, ...]:
    return (values[key],) if isinstance(key, int) and -len(values) <= key < len(values) else values


def _in_unknown(held: _Held) -> Iterator[_Held]:
    """An element of what it is of, or one of several."""
    of = held.value.of
    yield held._replace(value=of, depth=held.depth + (0 if isinstance(of, (list, tuple, set, dict, Unknown)) else 1))


_LOOKS: Final[Mapping[type | tuple[type, ...], Callable[[_Held], Iterator[_Held]]]] = {
    Call: _in_call,
    Item: _in_item,
    Unknown: _in_unknown,
    dict: lambda held: (held._replace(value=each) for each in held.value.values()),
    (list, tuple, set, frozenset): lambda held: (held._replace(value=each) for each in held.value),
}

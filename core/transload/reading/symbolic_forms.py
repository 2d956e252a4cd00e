"""Symbolic values → forms, the words in which adapters compare what they read with what they write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from transload.forms import Constant, Form
from transload.reading.values import Attribute, Call, Operation, Symbol, Unknown, Value

Rename = Callable[[str], str]
"""The public name of something that may be imported from a private module."""

MAX_DEPTH: Final = 100
"""Calls nested deeper than this count as unknown."""

_CHAINED: Final = frozenset({"&", "|"})


def from_value(value: Value, rename: Rename = str) -> Value:
    """The same with forms for calls and operations, and constants for names; everything else that is symbolic stays as it is.

    What a call takes by `*` or `**` and cannot be expanded is its argument `**`, which no signature has.
    """
    return _converted(value, rename, 0)


def _converted(value: Value, rename: Rename, depth: int) -> Value:
    if depth > MAX_DEPTH:
        return (
            Unknown("It is nested too deeply.", value.place)
            if isinstance(value, (Call, Operation, Attribute))
            else value
        )
    if type(value) is Symbol:
        return Constant(rename(value.name))
    if isinstance(value, (Call, Operation)):
        return _call(value, rename, depth + 1) if isinstance(value, Call) else _operation(value, rename, depth + 1)
    if isinstance(value, (list, tuple, set, frozenset)):
        return _collected(type(value), [_converted(each, rename, depth + 1) for each in value])
    if isinstance(value, dict):
        return {key: _converted(each, rename, depth + 1) for key, each in value.items()}
    return value


def _collected(kind: type, values: list[Value]) -> Value:
    """A collection of them; for a set a list in order of their spelling where one, such as a form, cannot be in a set."""
    try:
        return kind(values)
    except TypeError:
        return sorted(values, key=repr)


def _call(call: Call, rename: Rename, depth: int) -> Value:
    args = tuple(_converted(each, rename, depth) for each in call.args)
    kwargs = {key: _converted(each, rename, depth) for key, each in call.kwargs.items()}
    if call.unresolved:
        kwargs["**"] = call.unresolved[0]
    if isinstance(call.func, Symbol):
        return Form(rename(call.func.name), args, kwargs)
    if isinstance(call.func, Attribute):
        return Form(f".{call.func.name}", (_converted(call.func.of, rename, depth), *args), kwargs)
    return call


def _operation(value: Operation, rename: Rename, depth: int) -> Value:
    operands = _operands(value) if value.operator in _CHAINED else value.operands
    return Form(value.operator, tuple(_converted(each, rename, depth) for each in operands))


def _operands(operation: Operation) -> list[Value]:
    """The operands of a chain of one operator, which may be long, from left to right."""
    values: list[Value] = []
    pending: list[Value] = [operation]
    while pending:
        each = pending.pop()
        if isinstance(each, Operation) and each.operator == operation.operator:
            pending.extend(reversed(each.operands))
        else:
            values.append(each)
    return values

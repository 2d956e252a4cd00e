"""Exceptions of a project: of which class one is, and who takes it."""

from __future__ import annotations

import ast
import builtins

from transload.reading.machine import NEXT, RAISE, Machine, Outcome
from transload.reading.values import Call, Class, Symbol, Value, lineage

_SUPPRESS = "contextlib.suppress"


def kind_of(machine: Machine, value: Value) -> Value:
    """The class of an exception, or of an instance of it: Python's own, one of the project, or None where it is not known."""
    func = value.func if isinstance(value, Call) else value
    if isinstance(func, Symbol) and func.name.startswith("builtins."):
        own = getattr(builtins, func.name.removeprefix("builtins."), None)
        return own if isinstance(own, type) and issubclass(own, BaseException) else None
    return func if isinstance(func, Class) else None


def takes(machine: Machine, node: ast.expr | None, kind: Value) -> bool | None:
    """Whether `except node:` takes an exception of a class. None where that is not known."""
    return True if node is None else _fits(machine, machine.value(node), kind)


def _fits(machine: Machine, wanted: Value, kind: Value) -> bool | None:
    parts = wanted if isinstance(wanted, tuple) else (wanted,)
    answers = [_is_subclass(kind, kind_of(machine, each)) for each in parts]
    return True if True in answers else None if None in answers else False


def _is_subclass(kind: Value, wanted: Value) -> bool | None:
    if isinstance(kind, type) and isinstance(wanted, type):
        return issubclass(kind, wanted)
    if wanted is BaseException:
        return True
    if not isinstance(kind, Class) or not isinstance(wanted, (type, Class)):
        return False if isinstance(kind, type) and isinstance(wanted, Class) else None
    kinds = list(lineage(kind))
    bases = [kind_of_base for each in kinds for kind_of_base in each.bases if not isinstance(kind_of_base, Class)]
    if isinstance(wanted, Class):
        return wanted in kinds
    own = [each for base in bases if isinstance(each := _own(base), type)]
    return True if any(issubclass(each, wanted) for each in own) else False if len(own) == len(bases) else None


def _own(base: Value) -> Value:
    name = base.name.removeprefix("builtins.") if isinstance(base, Symbol) else ""
    return getattr(builtins, name, None)


def may_suppress(value: Value) -> bool:
    """Whether a context manager may keep an exception from going on: `contextlib.suppress`, and those of the project."""
    func = value.func if isinstance(value, Call) else None
    return isinstance(func, Class) or (isinstance(func, Symbol) and func.name in (_SUPPRESS, "contextlib.ExitStack"))


def suppressed(machine: Machine, managers: list[Value]) -> Outcome:
    """How a `with` statement ends whose body raises."""
    kind = machine.raised.kind if machine.raised else None
    for each in managers:
        if isinstance(each, Call) and isinstance(each.func, Symbol) and each.func.name == _SUPPRESS:
            fits = _fits(machine, tuple(each.args), kind)
            if fits is not False:
                return NEXT if fits else NEXT | RAISE
    return NEXT | RAISE if any(isinstance(each, Call) and isinstance(each.func, Class) for each in managers) else RAISE

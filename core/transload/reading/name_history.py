"""What the names around a function were when it was called: a body that runs at once sees them as they were in that turn of a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Final, TypeAlias

from transload.reading.scope import Scope
from transload.reading.values import MISSING, Attribute, Call, Function, Value

_KEPT: Final = 4096
_MOST_FUNCTIONS: Final = 100

Moment: TypeAlias = Mapping[tuple[Scope, str], Value]
"""What names are bound to, and where."""


def is_decorated(func: Value) -> bool:
    """Whether the function behind `f`, `f.override(…)` and `f.partial(…).expand` has decorators."""
    while isinstance(func, (Call, Attribute)):
        func = func.func if isinstance(func, Call) else func.of
    return isinstance(func, Function) and bool(func.decorators)


@contextmanager
def as_of(function: Function, tick: int | None) -> Iterator[None]:
    """Bind the names that the function and what it calls read as they were at a tick of `scope.TICKS`; None: as they are."""
    then = {} if tick is None else _moment(function, tick)
    now = {(scope, name): scope.names.get(name, MISSING) for scope, name in then}
    _bind(then)
    try:
        yield
    finally:
        _bind(now)


def _moment(function: Function, tick: int) -> Moment:
    """Only names that have changed since."""
    moment: dict[tuple[Scope, str], Value] = {}
    pending, met = [function], set[ast.AST]()
    while pending and len(met) < _MOST_FUNCTIONS:
        each = pending.pop()
        scope = each.closure
        if not isinstance(scope, Scope) or each.node in met:
            continue
        met.add(each.node)
        for name in sorted(_read(each.node)):
            home = scope.home(name)
            value = MISSING if home is None else home.at(name, tick)
            if home is not None and value is not home.names.get(name, MISSING):
                moment[home, name] = value
            if isinstance(value, Function):
                pending.append(value)
    return moment


def _bind(moment: Moment) -> None:
    for (scope, name), value in moment.items():
        if value is MISSING:
            scope.names.pop(name, None)
        else:
            scope.rebind(name, value)


@lru_cache(maxsize=_KEPT)
def _read(node: ast.AST) -> frozenset[str]:
    return frozenset(
        each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)
    )

"""What the names around a function were when it was called: a body that runs at once sees them as they were in that turn of a loop."""

from __future__ import annotations

import ast
from collections import Counter
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


def moment_of(func: Value) -> Moment:
    """The names that change in their file, as they are now, of those that the called function and what it calls read."""
    first = _called(func)
    moment: dict[tuple[Scope, str], Value] = {}
    pending = [first] if first is not None and first.decorators else []
    met: set[ast.AST] = set()
    while pending and len(met) < _MOST_FUNCTIONS:
        function = pending.pop()
        scope = function.closure
        if not isinstance(scope, Scope) or function.node in met:
            continue
        met.add(function.node)
        for name in sorted(_read(function.node) & _changing(scope.file.tree)):
            home = scope.home(name)
            if home is not None:
                moment[home, name] = home.names[name]
        if moment or _changing(scope.file.tree):
            read = (scope.lookup(name) for name in sorted(_read(function.node)))
            pending.extend(each for each in read if isinstance(each, Function))
    return moment


@contextmanager
def as_of(moment: Moment) -> Iterator[None]:
    """Bind the names as they were."""
    now = {(scope, name): scope.names.get(name, MISSING) for scope, name in moment}
    _bind(moment)
    try:
        yield
    finally:
        _bind(now)


def _bind(moment: Moment) -> None:
    for (scope, name), value in moment.items():
        if value is MISSING:
            scope.names.pop(name, None)
        else:
            scope.names[name] = value


def _called(func: Value) -> Function | None:
    """The function behind `f`, `f.override(…)` and `f.partial(…).expand`."""
    while isinstance(func, (Call, Attribute)):
        func = func.func if isinstance(func, Call) else func.of
    return func if isinstance(func, Function) else None


@lru_cache(maxsize=_KEPT)
def _read(node: ast.AST) -> frozenset[str]:
    return frozenset(
        each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)
    )


@lru_cache(maxsize=_KEPT)
def _changing(tree: ast.AST) -> frozenset[str]:
    """The names that a file binds more than once, or in a loop."""
    bound = Counter(name for each in ast.walk(tree) for name in _bound(each))
    loops = (each for each in ast.walk(tree) if isinstance(each, (ast.For, ast.AsyncFor, ast.While)))
    in_loops = (name for loop in loops for each in ast.walk(loop) for name in _bound(each))
    return frozenset({*(name for name, times in bound.items() if times > 1), *in_loops})


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name

"""Namespaces as Python nests them."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass, field
from itertools import count
from typing import Final, Literal

from transload.reading.module_files import SourceFile
from transload.reading.values import MISSING, Value

TICKS: Final = count()
"""Counts calls and changes of names, so that it can be told which came first."""


@dataclass(eq=False)
class Scope:
    """The names of one module, class body, function call or comprehension.

    `qualname` is the prefix of what is defined here.

    `local` are the names that a function binds somewhere: before it does they are not bound, whatever is around it.
    """

    file: SourceFile
    kind: Literal["module", "class", "function", "comprehension"]
    parent: Scope | None = None
    qualname: str = ""
    names: dict[str, Value] = field(default_factory=dict)
    elsewhere: dict[str, Scope] = field(default_factory=dict)
    local: frozenset[str] = frozenset()
    stars: list[str] = field(default_factory=list)
    former: dict[str, list[tuple[int, Value]]] = field(default_factory=dict)

    @property
    def module(self) -> Scope:
        """The scope of the module that this one is in."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    @property
    def owner(self) -> Scope:
        """Where an assignment expression binds: the innermost scope that is no comprehension."""
        scope = self
        while scope.kind == "comprehension" and scope.parent is not None:
            scope = scope.parent
        return scope

    def lookup(self, name: str) -> Value:
        """The value of a name, `MISSING` where nothing binds it."""
        home = self.home(name)
        return MISSING if home is None else home.names[name]

    def home(self, name: str) -> Scope | None:
        """The scope that binds a name, None for none. Class bodies are invisible from functions within them."""
        scope: Scope | None = self.elsewhere.get(name, self)
        if scope is not self:
            return scope if scope is not None and name in scope.names else None
        skip_classes = False
        while scope is not None:
            if name in scope.local and name not in scope.names:
                return None
            if name in scope.names and not (skip_classes and scope.kind == "class"):
                return scope
            skip_classes = True
            scope = scope.parent
        return None

    def at(self, name: str, tick: int) -> Value:
        """What a name of this scope was bound to at a tick of `TICKS`."""
        changes = self.former.get(name, ())
        position = bisect(changes, tick, key=lambda each: each[0])
        return changes[position][1] if position < len(changes) else self.names.get(name, MISSING)

    def assign(self, name: str, value: Value) -> None:
        """Bind a name here, or where a `global` or `nonlocal` statement says."""
        self.elsewhere.get(name, self).rebind(name, value)

    def rebind(self, name: str, value: Value) -> None:
        """Bind a name here, and remember what it was."""
        if name in self.names:
            self.former.setdefault(name, []).append((next(TICKS), self.names[name]))
        self.names[name] = value

    def declare_global(self, name: str) -> None:
        """`global name`."""
        self.elsewhere[name] = self.module

    def declare_nonlocal(self, name: str) -> None:
        """`nonlocal name`: the nearest function around that binds it."""
        scope = self.parent
        while scope is not None and not (scope.kind == "function" and name in scope.names):
            scope = scope.parent
        self.elsewhere[name] = scope or self

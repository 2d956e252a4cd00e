"""The state of an evaluation, and what its parts (expressions, statements, calls, imports) may ask of each other."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeAlias

from transload.reading.computing import NotComputedError, check_size
from transload.reading.module_files import Locator, Problem, SourceFile
from transload.reading.name_history import is_decorated
from transload.reading.scope import TICKS, Scope
from transload.reading.values import (
    MAX_NESTING,
    MISSING,
    MUTABLE,
    Attribute,
    Call,
    Class,
    Function,
    FunctionNode,
    Iterated,
    Operation,
    Place,
    ProjectModule,
    Symbol,
    Unknown,
    Value,
    agree,
)

MAX_DEPTH: Final = 120
"""Expressions and statements within each other, calls included; each takes up to five frames of Python's stack."""
MAX_CALLS: Final = 25
"""Calls of project functions within each other."""
MAX_STEPS: Final = 1_000_000
"""Expressions and statements evaluated for one module or one trace."""
MAX_ITERATIONS: Final = 10_000
COMPUTING_ERRORS: Final = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What a computation that is carried out for the project may raise."""

Outcome: TypeAlias = frozenset[str]
"""How a statement may end: `next`, `return`, `break`, `continue`, `raise`; several where that could not be decided."""
NEXT: Final[Outcome] = frozenset({"next"})
RAISE: Final[Outcome] = frozenset({"raise"})


class StepsExhaustedError(Exception):
    """A module or trace takes too long; it is reported and left."""


class ProjectError(Exception):
    """An exception that the project certainly raises here: `doubt` says where and why, `kind` is its class.

    `kind` is a class of Python's own or one of the project, None where it is not known.
    """

    def __init__(self, doubt: Unknown, kind: Value = None) -> None:
        super().__init__(doubt.reason)
        self.doubt = doubt
        self.kind = kind


@dataclass(frozen=True)
class Arguments:
    """The evaluated arguments of a call."""

    args: tuple[Value, ...] = ()
    kwargs: Mapping[str, Value] = field(default_factory=dict)
    unresolved: tuple[Unknown, ...] = ()

    @property
    def values(self) -> tuple[Value, ...]:
        """All values, keywords last."""
        return (*self.args, *self.kwargs.values())


@dataclass
class Record:
    """What one evaluation has met, in order."""

    calls: list[Call] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    steps: int = 0


@dataclass
class Frame:
    """One call of a project function: what it returned and yielded, and why that may be undecided."""

    function: Function
    regions: tuple[int, ...] = ()
    returned: list[Value] = field(default_factory=list)
    yielded: list[Value] = field(default_factory=list)
    doubt: Unknown | None = None


@dataclass
class ModuleState:
    """A module while and after it is evaluated."""

    file: SourceFile
    scope: Scope
    record: Record = field(default_factory=Record)
    done: bool = False
    raised: ProjectError | None = None


class Machine(ABC):
    """The state of reading one project. The handlers of syntax are functions that take the machine and a node."""

    def __init__(self, locator: Locator) -> None:
        self.locator = locator
        self.modules: dict[Path, ModuleState] = {}
        self.problems: list[Problem] = []
        self.record = Record()
        self.within: tuple[Value, ...] = ()
        self.regions: tuple[int, ...] = ()
        self.frames: list[Frame] = []
        self.depth = 0
        self.raised: ProjectError | None = None
        self.attempts = 0
        self.doubts = 0
        self.fields: dict[Call, dict[str, Value]] = {}
        self.ticks: dict[Call, int] = {}
        self.members: dict[tuple[Class, str], Attribute] = {}
        self.scope: Scope
        self._region = 0
        self._tainted: dict[int, tuple[Value, Unknown]] = {}
        self._born: dict[int, tuple[Value, tuple[int, ...]]] = {}
        self._symbols: dict[str, Symbol] = {}

    @abstractmethod
    def value(self, node: ast.expr) -> Value:
        """Evaluate an expression in the current scope."""

    @abstractmethod
    def block(self, body: Sequence[ast.stmt]) -> Outcome:
        """Execute statements in the current scope."""

    @abstractmethod
    def statement(self, node: ast.stmt) -> Outcome:
        """Execute one statement in the current scope."""

    @abstractmethod
    def annotation(self, node: ast.expr | None) -> Value:
        """Evaluate an annotation; what happens in it is not recorded."""

    @abstractmethod
    def function(self, node: FunctionNode) -> Function:
        """The function that a definition or a lambda makes here."""

    @abstractmethod
    def class_(self, node: ast.ClassDef) -> Class:
        """The class that a definition makes here."""

    @abstractmethod
    def enumeration(self, class_: Class) -> Mapping[str, Attribute]:
        """The members of an enumeration in order; empty for other classes."""

    @abstractmethod
    def apply(self, func: Value, arguments: Arguments, node: ast.AST) -> Value:
        """The value of a call."""

    @abstractmethod
    def attribute(self, of: Value, name: str, node: ast.AST) -> Value:
        """The value of an attribute."""

    @abstractmethod
    def module(self, path: Path) -> ModuleState | None:
        """The module of a file, evaluated first if need be. None where it cannot be read."""

    @abstractmethod
    def reference(self, path: Path) -> ProjectModule:
        """The value that stands for a module or package of the project."""

    def step(self) -> None:
        """Count one step. Raises `StepsExhaustedError`."""
        self.record.steps += 1
        if self.record.steps > MAX_STEPS:
            raise StepsExhaustedError

    def place(self, node: ast.AST) -> Place:
        """Where a node of the current file is."""
        return Place(self.scope.file.path, getattr(node, "lineno", 1))

    def unknown(self, reason: str, node: ast.AST, of: Value = None) -> Unknown:
        """An unknown value for a node of the current file."""
        return Unknown(reason, self.place(node), self.scope.file.source(node), of)

    def undecided(self, test: ast.AST) -> Unknown:
        """Why what depends on a test is unknown."""
        source = self.scope.file.source(test)
        return Unknown(f"it depends on `{source}`, which is not known before run time", self.place(test), source)

    def computed(self, node: ast.AST, compute: Callable[[], Value], *, certain: bool = False) -> Value:
        """The result of a computation, unknown where it raises or gives something too large.

        Raises `ProjectError` for what Python raises too: `certain` says that all it is computed from is known.
        """
        try:
            return self.born(check_size(compute()))
        except COMPUTING_ERRORS as error:
            return self.failed(error, node, certain=certain)

    def failed(self, error: Exception, node: ast.AST, *, certain: bool, what: str = "computing it") -> Unknown:
        """Why a computation that raised is unknown. Raises `ProjectError` where the project certainly raises the same."""
        doubt = self.unknown(f"{what} raises {type(error).__name__}: {error}", node)
        if certain and not isinstance(error, (NotComputedError, RecursionError)):
            raise ProjectError(doubt, type(error))
        return doubt

    def problem(self, reason: str, node: ast.AST) -> None:
        """Report what is left out."""
        problem = Problem(self.place(node), reason)
        if problem not in self.problems[-20:]:
            self.problems.append(problem)

    def symbol(self, name: str) -> Symbol:
        """The one symbol of that name."""
        if name not in self._symbols:
            self._symbols[name] = Symbol(name)
        return self._symbols[name]

    def symbolic(self, func: Value, arguments: Arguments, node: ast.AST) -> Call:
        """A call that stays one, recorded."""
        call = Call(
            func=func,
            args=tuple(self.settled(value) for value in arguments.args),
            kwargs={name: self.settled(value) for name, value in arguments.kwargs.items()},
            place=self.place(node),
            within=self.within,
            certain=not self.regions,
            unresolved=arguments.unresolved,
        )
        self.record.calls.append(call)
        if is_decorated(func):
            self.ticks[call] = next(TICKS)
        return call

    def operation(self, operator: str, operands: Sequence[Value], node: ast.AST) -> Operation:
        """An operation that stays one, recorded."""
        settled = tuple(self.settled(value) for value in operands)
        result = Operation(operator, settled, self.place(node), self.within, not self.regions)
        self.record.operations.append(result)
        return result

    # --- certainty ---------------------------------------------------------------------------------------------------

    @contextmanager
    def region(self) -> Iterator[None]:
        """What happens inside may not happen at all, or more than once. An exception ends only what is inside."""
        outer, self._region = self.regions, self._region + 1
        self.regions = (*outer, self._region)
        try:
            yield
        except ProjectError:
            self.doubts += 1
        finally:
            self.regions = outer

    def doubt_from_here(self) -> None:
        """Open a region that whoever keeps the outer one closes."""
        self._region += 1
        self.regions = (*self.regions, self._region)

    @contextmanager
    def inside(self, scope: Scope, *within: Value) -> Iterator[None]:
        """Evaluate in another scope, enclosed by further values."""
        outer, around = self.scope, self.within
        self.scope, self.within = scope, (*around, *within)
        try:
            yield
        finally:
            self.scope, self.within = outer, around

    def alternatives(self, branches: Sequence[Callable[[], Outcome]], doubt: Unknown) -> Outcome:
        """Try each of several branches of which one will happen; names on which they differ become unknown."""
        scope = self.scope.owner
        before, results = dict(scope.names), []
        for branch in branches:
            _restore(scope.names, before)
            outcome = RAISE
            with self.region():
                outcome = branch()
            results.append((outcome, dict(scope.names)))
        going_on = [names for outcome, names in results if outcome - {"raise", "return"}]
        _restore(scope.names, _merged(going_on, doubt) if going_on else before)
        if self.frames and any("return" in outcome for outcome, _ in results):
            self.frames[-1].doubt = self.frames[-1].doubt or doubt
        outcomes = frozenset().union(*(outcome for outcome, _ in results))
        if "raise" in outcomes:
            self.raised = ProjectError(doubt)
            self.doubts += 1
        return outcomes - RAISE or RAISE

    def born(self, container: Value) -> Value:
        """Note where a new container comes from: what is made in a branch may be changed in it."""
        if self.regions:
            self._born[id(container)] = (container, self.regions)
        return container

    def may_change(self, container: Value) -> bool:
        """Whether a change here certainly happens whenever the container exists."""
        _, born = self._born.get(id(container), (None, ()))
        return born[: len(self.regions)] == self.regions

    def spent(self, value: Value, node: ast.AST) -> Value:
        """What iterating over a value now goes through: a list of it for what is no container, which an iterator then has no more."""
        value = self.seen(value)
        if not isinstance(value, Iterated):
            return value
        if not self._is_current(value):
            return self.unknown("what it goes through has changed since", node)
        elements = self.born(list(value))
        if value.once and self.may_change(value):
            value.clear()
        elif value.once:
            self.taint(value, self.unknown("it may have been used up", node))
        return elements

    def _is_current(self, value: Iterated) -> bool:
        """Whether nothing that an iterator goes through has changed, or may have."""
        return value.is_current() and all(self.seen(each) is each for each, _ in value.watched)

    def taint(self, container: Value, doubt: Unknown) -> None:
        """From here on the content of a container is unknown."""
        self._tainted.setdefault(id(container), (container, doubt))

    def seen(self, value: Value) -> Value:
        """A value as it is now: a container whose content became unknown is unknown."""
        if self._tainted and isinstance(value, MUTABLE) and id(value) in self._tainted:
            return self._tainted[id(value)][1]
        return value

    def settled(self, value: Value, depth: int = 0) -> Value:
        """A value as a callee gets it now: a copy of containers, so that later changes do not show."""
        value = self.seen(value)
        if isinstance(value, Iterated):
            value = self.handed(value)
        if isinstance(value, (list, tuple, dict)):
            self.record.steps += len(value)
            self.step()
            return self._copied(value, depth + 1)
        return set(value) if isinstance(value, set) else self.plain_member(value)

    def handed(self, value: Iterated) -> Value:
        """Its elements; whether the callee uses up an iterator is not known."""
        doubt = Unknown("what it goes through has changed since", Place(self.scope.file.path, 1))
        elements = list(value) if self._is_current(value) else doubt
        if value.once:
            self.taint(value, Unknown("it may have been used up", Place(self.scope.file.path, 1)))
        return elements

    @abstractmethod
    def plain_member(self, value: Value) -> Value:
        """The text or number behind a member of an enumeration that is one itself, otherwise the value."""

    def _copied(self, value: Value, depth: int) -> Value:
        if depth > MAX_NESTING:
            return Unknown("it is nested too deeply", Place(self.scope.file.path, 1))
        if isinstance(value, dict):
            return {self.settled(key, depth): self.settled(item, depth) for key, item in value.items()}
        if isinstance(value, list):
            return [self.settled(item, depth) for item in value]
        return tuple(self.settled(item, depth) for item in value) if isinstance(value, tuple) else value


def _restore(names: dict[str, Value], content: Mapping[str, Value]) -> None:
    names.clear()
    names.update(content)


def _merged(results: Sequence[Mapping[str, Value]], doubt: Unknown) -> dict[str, Value]:
    merged: dict[str, Value] = {}
    for names in results:
        for name in names:
            if name not in merged:
                merged[name] = agreed([each[name] for each in results if name in each], doubt)
    return merged


def agreed(values: Sequence[Value], doubt: Unknown) -> Value:
    """The one value that all agree on, otherwise the doubt, of all of them."""
    first = values[0] if values else MISSING
    return first if all(agree(first, other) for other in values[1:]) else replace(doubt, of=list(values))

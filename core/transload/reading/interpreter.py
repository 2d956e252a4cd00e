"""The evaluation of a project: modules in the order of their imports, each syntax by the handler of its table."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from transload.reading import attributes, calling, classes, expressions, functions, importing, statements
from transload.reading.machine import (
    MAX_DEPTH,
    NEXT,
    RAISE,
    Arguments,
    Machine,
    ModuleState,
    Outcome,
    ProjectError,
    Record,
    StepsExhaustedError,
)
from transload.reading.module_files import Locator, Problem, SourceFile
from transload.reading.scope import Scope
from transload.reading.values import (
    Attribute,
    Call,
    Class,
    Function,
    FunctionNode,
    Place,
    ProjectModule,
    Unknown,
    Value,
    qualified_name,
)

MAX_IMPORTS = 8
"""Modules evaluated within each other; most are evaluated before they are asked for."""


class Interpreter(Machine):
    """Evaluates the modules of one project, and traces functions of it."""

    def __init__(self, locator: Locator) -> None:
        super().__init__(locator)
        self._parsed: dict[Path, SourceFile | Problem] = {}
        self._references: dict[Path, ProjectModule] = {}
        self._running: list[Path] = []

    # --- syntax ---------------------------------------------------------------------------------------------------------

    def value(self, node: ast.expr) -> Value:
        self.step()
        if self.depth >= MAX_DEPTH:
            return self.unknown("it is nested too deeply", node)
        handler = expressions.HANDLERS.get(type(node), expressions.unsupported)
        self.depth += 1
        try:
            result = handler(self, node)
        finally:
            self.depth -= 1
        if self.attempts and (isinstance(result, Unknown) or _is_computed_later(result)):
            self.doubts += 1
            self.doubt_from_here()
        return result

    def statement(self, node: ast.stmt) -> Outcome:
        self.step()
        if self.depth >= MAX_DEPTH:
            self.problem("The statement is nested too deeply; it was left out.", node)
            return NEXT
        self.depth += 1
        try:
            return statements.HANDLERS[type(node)](self, node)
        finally:
            self.depth -= 1

    def block(self, body: Sequence[ast.stmt]) -> Outcome:
        return statements.execute(self, body)

    def apply(self, func: Value, arguments: Arguments, node: ast.AST) -> Value:
        return calling.apply(self, func, arguments, node)

    def attribute(self, of: Value, name: str, node: ast.AST) -> Value:
        return attributes.attribute(self, of, name, node)

    def function(self, node: FunctionNode) -> Function:
        return functions.define(self, node)

    def class_(self, node: ast.ClassDef) -> Class:
        return classes.define(self, node)

    def enumeration(self, class_: Class) -> Mapping[str, Attribute]:
        return classes.enumeration(self, class_)

    def plain_member(self, value: Value) -> Value:
        return classes.plain_member(self, value)

    def annotation(self, node: ast.expr | None) -> Value:
        if node is None:
            return None
        outer, self.record = self.record, Record(steps=self.record.steps)
        try:
            return self.value(_unquoted(node))
        except ProjectError as error:
            return error.doubt
        finally:
            outer.steps, self.record = self.record.steps, outer

    # --- modules --------------------------------------------------------------------------------------------------------

    def reference(self, path: Path) -> ProjectModule:
        if path not in self._references:
            self._references[path] = ProjectModule(self.locator.module_name(path), str(path))
        return self._references[path]

    def parsed(self, path: Path) -> SourceFile | Problem:
        """The syntax of a file; a problem is reported once."""
        if path not in self._parsed:
            self._parsed[path] = tree = self.locator.parse(path)
            if isinstance(tree, Problem):
                self.problems.append(tree)
        return self._parsed[path]

    def module(self, path: Path) -> ModuleState | None:
        """The module of a file. What it imports is evaluated before it, without nesting; circles are entered where they are met."""
        if path in self.modules:
            return self.modules[path]
        if len(self._running) >= MAX_IMPORTS:
            return None
        for each in self._before(path):
            self._evaluate(each)
        return self.modules.get(path)

    def _before(self, path: Path) -> list[Path]:
        """A file and what it imports, imported files first."""
        order: list[Path] = []
        met = {path}
        waiting = [(path, self._imports(path))]
        while waiting:
            current, imports = waiting[-1]
            following = next((each for each in imports if each not in met and each not in self.modules), None)
            if following is None:
                order.append(current)
                waiting.pop()
            else:
                met.add(following)
                waiting.append((following, self._imports(following)))
        return order

    def _imports(self, path: Path) -> Iterator[Path]:
        parsed = self.parsed(path)
        return iter(()) if isinstance(parsed, Problem) else importing.imported_files(self.locator, parsed)

    def _evaluate(self, path: Path) -> None:
        file = self.parsed(path)
        if isinstance(file, Problem) or path in self.modules:
            return
        scope = Scope(file, "module", names={"__name__": file.name, "__doc__": ast.get_docstring(file.tree)})
        state = self.modules[path] = ModuleState(file, scope)
        self._running.append(path)
        with self.fresh(scope, state.record):
            if self.block(file.tree.body) == RAISE:
                self._stopped(state)
        self._running.pop()
        for name in ("__name__", "__doc__"):
            scope.names.pop(name, None)
        state.done = True

    def _stopped(self, state: ModuleState) -> None:
        """Note that importing a module raises, and report it once, where it is raised."""
        state.raised = self.raised
        if self.raised is not None:
            doubt = self.raised.doubt
            problem = Problem(doubt.place, f"Importing it raises an exception ({doubt.reason}); the rest was left out.")
            self.problems += [problem] if problem not in self.problems else []

    @contextmanager
    def fresh(self, scope: Scope, record: Record) -> Iterator[None]:
        """Evaluate something apart from what is going on; running out of steps or stack ends only that."""
        outer = (self.record, self.within, self.regions, self.frames, getattr(self, "scope", scope))
        depth, attempts, self.attempts = self.depth, self.attempts, 0
        self.record, self.within, self.regions, self.frames, self.scope = record, (), (), [], scope
        try:
            yield
        except StepsExhaustedError:
            self._left(scope, "Evaluating it takes too many steps; the rest of it was left out.")
        except RecursionError:
            self._left(scope, "It is nested too deeply; the rest of it was left out.")
        except ProjectError as error:
            self.raised = error
        finally:
            self.record, self.within, self.regions, self.frames, self.scope = outer
            self.depth, self.attempts = depth, attempts

    def _left(self, scope: Scope, reason: str) -> None:
        self.problems.append(Problem(Place(scope.file.path, 1), reason))


def _is_computed_later(value: Value) -> bool:
    """Whether a value is what one of Python's own functions would give: those of others are taken to succeed."""
    return isinstance(value, Call) and (qualified_name(value) or "").startswith("builtins.")


def _unquoted(node: ast.expr) -> ast.expr:
    """An annotation that is written as text is an expression all the same."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return node
    try:
        inner = ast.parse(node.value.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return node
    for each in ast.walk(inner):
        each.lineno = each.end_lineno = node.lineno  # type: ignore[attr-defined]
        each.col_offset, each.end_col_offset = node.col_offset, node.end_col_offset  # type: ignore[attr-defined]
    return inner

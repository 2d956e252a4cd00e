"""A project read by its syntax: its modules with the symbolic calls that importing them would make.

>>> project = read_project(Path("dags"))                                           # doctest: +SKIP
>>> [call for module in project.modules.values() for call in module.calls]         # doctest: +SKIP
[<Call airflow.sdk.DAG at daily.py:3>]
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from transload.errors import ReadingError
from transload.reading.constructing import Construction, constructed
from transload.reading.functions import run, traced_names
from transload.reading.interpreter import Interpreter
from transload.reading.machine import ModuleState, Record
from transload.reading.module_files import Locator, Problem
from transload.reading.name_history import as_of
from transload.reading.programs import main_of
from transload.reading.scope import Scope
from transload.reading.values import Call, Function, Operation, ProjectModule, Unknown, Value

__all__ = ["Construction", "Module", "Problem", "Project", "Trace", "read_project"]


@dataclass(frozen=True)
class Module:
    """One module. `path` is posix and relative to the project's root.

    `calls` has every symbolic call that importing it makes, in order, whether nested in another call, in a loop or in a helper
    function; `operations` and `functions` likewise.
    """

    name: str
    path: str
    namespace: Mapping[str, Value]
    calls: tuple[Call, ...]
    operations: tuple[Operation, ...]
    functions: tuple[Function, ...]
    docstring: str | None


@dataclass(frozen=True)
class Trace:
    """What running the body of a function would do; `problems` are parts that were left out."""

    calls: tuple[Call, ...]
    operations: tuple[Operation, ...]
    functions: tuple[Function, ...]
    returned: Value
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Project:
    """What was read. `modules` are in the order of their paths, by name."""

    root: Path
    modules: Mapping[str, Module]
    problems: tuple[Problem, ...]
    _interpreter: Interpreter = field(repr=False, compare=False)

    def importers(self, package: str) -> tuple[str, ...]:
        """The paths of the modules that import a package, or one whose name starts with `{package}_`, sorted."""
        files = (state.file for state in self._interpreter.modules.values() if state is not None)
        return tuple(sorted(file.path for file in files if _imports(file.tree, package)))

    def trace(
        self, function: Function, arguments: Mapping[str, Value] | None = None, call: Call | None = None
    ) -> Trace:
        """Evaluate the body of a function. Parameters without a value in `arguments` are `Argument`s.

        With `call`, the names around the function are what they were when that call was made: in a loop they change.
        """
        tick = None if call is None else self._interpreter.ticks.get(call)
        with as_of(function, tick):
            return _traced(self._interpreter, function, arguments or {})

    def constructed(self, call: Call) -> Construction | None:
        """How the instance of a class of the project comes about that a call makes; None for any other call."""
        return constructed(self._interpreter, call)

    def trace_main(self, module: Module) -> Trace | None:
        """What running a module as a program does besides; None if it has nothing below `if __name__ == "__main__":`."""
        state = self._interpreter.module(self.root / module.path)
        main = main_of(state) if state else None
        return self.trace(main) if main else None

    def module(self, reference: ProjectModule) -> Module | None:
        """The module that a value stands for, read now if it is not among `modules`. None for a folder and what cannot be read."""
        state = self._interpreter.module(Path(reference.location)) if reference.location.endswith(".py") else None
        return _module(self._interpreter, state, reference.name) if state else None

    def package(self, reference: ProjectModule) -> tuple[Module, ...]:
        """The module that a value stands for and, for a package, those below it, in the order of their paths."""
        location = Path(reference.location)
        folder = location.parent if location.name == "__init__.py" else location
        discovered = [location] if folder.suffix == ".py" else self._interpreter.locator.discover()
        files = [path for path in discovered if path.is_relative_to(folder)]
        modules = [self.module(self._interpreter.reference(path)) for path in files]
        return tuple(module for module in modules if module is not None)


def read_project(root: Path, paths: Sequence[Path] | None = None, *, search: Sequence[Path] = ()) -> Project:
    """Read the Python files of a folder, or only those in `paths`, or a single file. Nothing is imported and nothing is run.

    Imports among the project's own files are followed whatever its layout; `search` are further folders that they may come from.
    Files that cannot be parsed are in `problems`. Raises `ReadingError` when there is no such file or folder.
    """
    if not root.exists():
        raise ReadingError("There is no such file or folder.", where=str(root), hint="Check the path.")
    folder = (root if root.is_dir() else root.parent).resolve()
    interpreter = Interpreter(Locator(folder, tuple(path.resolve() for path in search)))
    wanted = [root] if root.is_file() else paths
    files = interpreter.locator.discover() if wanted is None else [_absolute(path, folder) for path in wanted]
    return Project(folder, _modules(interpreter, files), tuple(interpreter.problems), interpreter)


def _imports(tree: ast.Module, package: str) -> bool:
    tops = (name.partition(".")[0] for node in ast.walk(tree) for name in _imported_names(node))
    return any(top == package or top.startswith(f"{package}_") for top in tops)


def _imported_names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []


def _absolute(path: Path, folder: Path) -> Path:
    """The path under the folder, not following a link that the file itself may be."""
    whole = path if path.is_absolute() else Path.cwd() / path
    return whole.parent.resolve() / whole.name


def _modules(interpreter: Interpreter, files: Sequence[Path]) -> dict[str, Module]:
    modules: dict[str, Module] = {}
    states = [interpreter.module(path) for path in sorted(files, key=interpreter.locator.relative)]
    for state in states:  # Only now: a module may assign to names of one before it.
        if state is not None:
            name = state.file.name if state.file.name not in modules else state.file.path
            modules[name] = _module(interpreter, state, name)
    return modules


def _module(interpreter: Interpreter, state: ModuleState, name: str) -> Module:
    record = state.record
    return Module(
        name=name,
        path=state.file.path,
        namespace={each: interpreter.seen(value) for each, value in state.scope.names.items()},
        calls=tuple(record.calls),
        operations=tuple(record.operations),
        functions=tuple(record.functions),
        docstring=ast.get_docstring(state.file.tree),
    )


def _traced(interpreter: Interpreter, function: Function, arguments: Mapping[str, Value]) -> Trace:
    if not isinstance(function.closure, Scope):
        raise TypeError("the closure of a function is a scope")
    record, before = Record(), len(interpreter.problems)
    returned: Value = Unknown("evaluating it takes too many steps", function.place)
    with interpreter.fresh(function.closure, record):
        interpreter.within = (*function.within, function)
        returned = run(interpreter, function, traced_names(interpreter, function, arguments))
    problems = tuple(interpreter.problems[before:])
    return Trace(
        tuple(record.calls), tuple(record.operations), tuple(record.functions), interpreter.seen(returned), problems
    )

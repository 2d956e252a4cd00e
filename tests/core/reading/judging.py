"""What Python binds when a program is run, and whether what the evaluator knows of it is the same."""

from __future__ import annotations

import ast
import contextlib
import enum
import importlib
import math
import os
import sys
import traceback
import types
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any, Final
from unittest import mock

from transload.reading.interpreter import Interpreter
from transload.reading.paths import is_path, path_of
from transload.reading.project import Project, read_project
from transload.reading.values import (
    SYMBOLIC,
    Attribute,
    Call,
    Class,
    Function,
    Iterated,
    ProjectModule,
    Symbol,
    Unknown,
    is_known,
)

from .programs import SWITCH

SETTINGS: Final = (None, "on", "")
"""What the switch is set to: a value that does not depend on it is the same in all runs."""


@contextmanager
def switched(setting: str | None) -> Iterator[None]:
    if setting is not None:
        os.environ[SWITCH] = setting
    try:
        yield
    finally:
        os.environ.pop(SWITCH, None)


class OverrunError(BaseException):
    """A program runs for too long."""


class _Limit:
    """Counts lines. A loop that grows what it goes through would never end."""

    def __init__(self) -> None:
        self.left = 5_000

    def __call__(self, frame: types.FrameType, event: str, arg: object) -> _Limit:  # noqa: ARG002 - Python calls it
        if frame.f_code.co_filename.startswith("<frozen"):
            return self
        self.left -= 1
        if self.left < 0:
            raise OverrunError
        return self


def run(source: str, setting: str | None = None) -> tuple[dict[str, Any], BaseException | None]:
    """The names that running a program binds, as far as it gets, and what it raises."""
    module = types.ModuleType("a")
    sys.modules["a"] = module
    try:
        with switched(setting), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sys.settrace(_Limit())
            exec(compile(source, "a.py", "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - made by the strategies
    except Exception as error:  # noqa: BLE001 - programs may raise anything
        return bound(module), error
    finally:
        sys.settrace(None)
        del sys.modules["a"]
    return bound(module), None


def bound(module: types.ModuleType) -> dict[str, Any]:
    return {name: value for name, value in vars(module).items() if not name.startswith("__")}


def read(source: str, folder: Path) -> tuple[Project, set[int]]:
    """A program read, and the lines in which something was unknown."""
    (folder / "a.py").write_text(source, encoding="utf-8")
    lines, value = set[int](), Interpreter.value

    def heeded(interpreter: Interpreter, node: ast.expr) -> object:
        result = value(interpreter, node)
        if not isinstance(result, (Function, Class, Symbol)) and not is_known(result):
            lines.add(node.lineno)
        return result

    with mock.patch.object(Interpreter, "value", heeded):
        return read_project(folder), lines


@dataclass
class Verdict:
    """How much of a program is known, and where that is wrong."""

    project: Project
    unknown: set[int]
    tree: ast.Module
    bound: int = 0
    known: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, namespace: Mapping[str, object], runs: list[tuple[dict[str, Any], BaseException | None]]) -> None:
        """Compare one module with what every run of it binds."""
        certain = [each for each in runs if self._is_certain(each[1])]
        complete, runs = len(certain) == len(runs), certain
        if not runs:
            return
        if complete and all(error for _, error in runs) and not self.stopped:
            self.wrong.append(f"It is read to its end, and raises {runs[0][1]!r}.")
        for name, value in namespace.items():
            actual = [names[name] for names, _ in runs if name in names]
            if actual and not isinstance(actual[0], (types.ModuleType, type, types.FunctionType)):
                self.bound += 1
                self.known += is_known(value) or is_path(value)
            self.wrong += [f"{name} is {value!r}, and not {each!r}" for each in actual if not self.agrees(value, each)]
        for names, _ in runs:
            self.bound += sum(
                name not in namespace and not isinstance(each, (types.ModuleType, type, types.FunctionType))
                for name, each in names.items()
            )

    def _is_certain(self, error: BaseException | None) -> bool:
        """Whether the evaluator can know how far a program gets: nothing in the statement that raises is unknown to it."""
        if error is None:
            return True
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno or 0 for frame in frames if frame.filename == "a.py"]
        statement = next(
            (each for each in self.tree.body if lines and each.lineno <= lines[0] <= (each.end_lineno or 0)), None
        )
        if statement is None or isinstance(error, (TypeError, AttributeError, NameError, StopIteration)):
            return False
        if len(lines) > 1 and self.unknown:
            return False
        span = {*lines, *range(statement.lineno, (statement.end_lineno or 0) + 1)}
        met = {call.place.line for call in self.project.modules["a"].calls}
        return not span & (met | self.unknown)

    @property
    def stopped(self) -> bool:
        """Whether the evaluator saw it raise."""
        return any(state.raised for state in self.project._interpreter.modules.values())

    def agrees(self, value: object, actual: Any) -> bool:  # noqa: PLR0911 - one rule per kind of value
        """Nothing that is known of a value differs from the actual one."""
        if isinstance(value, Unknown):
            return True
        if is_path(value):
            path = path_of(value)
            return isinstance(actual, PurePath) and (path is None or path.anchor == "//" or str(path) == str(actual))
        if isinstance(value, Function):
            return bool(value.decorators) or (
                callable(actual) and getattr(actual, "__name__", value.name) == value.name
            )
        if isinstance(value, Class):
            return isinstance(actual, type) and actual.__qualname__ == value.qualname
        if isinstance(value, Call) and isinstance(value.func, Class) and value in self.project._interpreter.fields:
            return self._instance(value, actual)
        if isinstance(value, Attribute) and isinstance(value.of, Class):
            return not isinstance(actual, enum.Enum) or (
                type(actual).__qualname__ == value.of.qualname
                and value.name in type(actual).__members__
                and type(actual).__members__[value.name] is actual
            )
        if isinstance(value, ProjectModule):
            return isinstance(actual, types.ModuleType) and actual.__name__ == value.name
        if isinstance(value, Symbol):
            return getattr(actual, "__name__", value.name.rpartition(".")[2]) == value.name.rpartition(".")[2]
        if isinstance(value, SYMBOLIC):
            return True
        return self._plain(value, actual)

    def _instance(self, value: Call, actual: Any) -> bool:
        assert isinstance(value.func, Class)
        if type(actual).__qualname__ != value.func.qualname:
            return False
        fields = self.project._interpreter.fields[value]
        held = (
            dict(zip(getattr(actual, "_fields", ()), actual, strict=False))
            if isinstance(actual, tuple)
            else vars(actual)
            if hasattr(type(actual), "__dict__")
            else {}
        )
        return all(
            self.agrees(self.project._interpreter.seen(each), held[name])
            for name, each in fields.items()
            if name in held
        )

    def _plain(self, value: Any, actual: Any) -> bool:  # noqa: PLR0911 - one rule per kind of value
        if is_iteration(value):
            return type(actual) not in (list, tuple, dict, set, frozenset, str, bytes)
        if type(value) is not type(actual):
            return False
        if isinstance(value, (list, tuple)):
            return len(value) == len(actual) and all(map(self.agrees, value, actual))
        if isinstance(value, dict):
            return not is_known(list(value)) or (
                len(value) == len(actual)
                and all(
                    self.agrees(key, other) and self.agrees(value[key], actual[other])
                    for key, other in zip(value, actual, strict=True)
                )
            )
        if isinstance(value, (set, frozenset)):
            known = {each for each in value if is_known(each)}
            return known <= actual and (len(known) < len(value) or len(value) == len(actual))
        if isinstance(value, float):
            return repr(value) == repr(actual) and math.copysign(1, value) == math.copysign(1, actual)
        return bool(value == actual)


def is_iteration(value: object) -> bool:
    """What Python iterates over and the evaluator holds as the elements."""
    return isinstance(value, Iterated)


def judged(source: str, folder: Path) -> Verdict:
    """A program of one module, run and read."""
    settings = SETTINGS if SWITCH in source else SETTINGS[:1]
    runs = [run(source, setting) for setting in settings]
    project, unknown = read(source, folder)
    verdict = Verdict(project, unknown, ast.parse(source))
    verdict.add(project.modules["a"].namespace, runs)
    return verdict


def judged_project(files: Mapping[str, str], folder: Path) -> Verdict:
    """A program of several modules, run and read."""
    for path, source in files.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(source, encoding="utf-8")
    settings = SETTINGS if any(SWITCH in source for source in files.values()) else SETTINGS[:1]
    runs = [_imported(files, folder, setting) for setting in settings]
    verdict = Verdict(read_project(folder), set(), ast.parse(""))
    if all(len(each) == len(files) for each in runs):
        for name, module in verdict.project.modules.items():
            verdict.add(module.namespace, [(each[name], None) for each in runs])
    return verdict


def _imported(files: Mapping[str, str], folder: Path, setting: str | None) -> dict[str, dict[str, Any]]:
    """The names of every module that can be imported."""
    names = [path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in sorted(files)]
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode, written = True, sys.dont_write_bytecode
    importlib.invalidate_caches()
    try:
        with switched(setting), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sys.settrace(_Limit())
            for name in names:
                with contextlib.suppress(Exception):
                    importlib.import_module(name)
            sys.settrace(None)
        return {name: bound(sys.modules[name]) for name in names if name in sys.modules}
    finally:
        sys.settrace(None)
        sys.path.remove(str(folder))
        sys.dont_write_bytecode = written
        for name in set(sys.modules) - before:
            if name.partition(".")[0] in ("a", "b", "pkg"):
                del sys.modules[name]

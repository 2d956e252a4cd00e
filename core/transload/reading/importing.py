"""Imports: names of the project's own modules, and symbols for everything else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from transload.reading.machine import NEXT, Machine, ModuleState, Outcome, ProjectError
from transload.reading.module_files import Locator, SourceFile
from transload.reading.values import MISSING, ProjectModule, Value

INIT: Final = "__init__.py"


def module_import(machine: Machine, node: ast.Import) -> Outcome:
    """`import a.b` binds `a`, `import a.b as c` binds the module itself."""
    for alias in node.names:
        dotted = alias.name if alias.asname else alias.name.partition(".")[0]
        whole = machine.locator.file_of(alias.name, machine.scope.file.location)
        if whole is not None and whole.suffix == ".py":
            _imported_whole(machine, whole)
        machine.scope.assign(alias.asname or dotted, _module(machine, dotted) if whole else machine.symbol(dotted))
    return NEXT


def _imported_whole(machine: Machine, path: Path) -> ModuleState | None:
    """The module of a file. Raises `ProjectError` where importing it certainly raises."""
    state = machine.module(path)
    if state is not None and state.raised is not None:
        raise ProjectError(state.raised.doubt, state.raised.kind)
    return state


def _module(machine: Machine, dotted: str) -> Value:
    path = machine.locator.file_of(dotted, machine.scope.file.location)
    return machine.symbol(dotted) if path is None else machine.reference(path)


def name_import(machine: Machine, node: ast.ImportFrom) -> Outcome:
    """`from a.b import c`, `from . import c`, `from a import *`."""
    path, dotted = _source(machine, node)
    if path is not None and path.suffix == ".py":
        _imported_whole(machine, path)
    for alias in node.names:
        if alias.name == "*":
            _star(machine, path, dotted)
        else:
            machine.scope.assign(alias.asname or alias.name, _member(machine, path, dotted, alias.name))
    return NEXT


def _source(machine: Machine, node: ast.ImportFrom) -> tuple[Path | None, str]:
    """The file or folder that names are imported from, if it is the project's, and its dotted name."""
    here = machine.scope.file
    dotted = node.module or ""
    if not node.level:
        return machine.locator.file_of(dotted, here.location), dotted
    path = relative(machine.locator, here.location, node.level, dotted)
    if path is not None:
        return path, machine.locator.module_name(path)
    above = here.name.split(".")[: -node.level + (here.location.name == INIT) or None]
    return None, ".".join([*above, *filter(None, [dotted])])


def relative(locator: Locator, importer: Path, level: int, dotted: str) -> Path | None:
    """What a relative import means."""
    folder = importer.parent
    for _ in range(level - 1):
        folder = folder.parent
    if not folder.is_relative_to(locator.root) and not any(folder.is_relative_to(base) for base in locator.search):
        return None
    if dotted:
        return locator.below(folder, dotted.split("."))
    return folder / INIT if locator.has(folder, INIT) else folder


def _member(machine: Machine, path: Path | None, dotted: str, name: str) -> Value:
    symbol = machine.symbol(f"{dotted}.{name}" if dotted else name)
    return symbol if path is None else member(machine, path, name, symbol)


def member(machine: Machine, path: Path, name: str, otherwise: Value) -> Value:
    """A name of a module of the project: what the module binds, or a module below it."""
    state = machine.module(path) if path.suffix == ".py" else None
    value = state.scope.names.get(name, MISSING) if state else MISSING
    if value is not MISSING:
        return value
    package = path.parent if path.name == INIT else path
    below = machine.locator.below(package, [name]) if path.suffix != ".py" or path.name == INIT else None
    if below is not None:
        return machine.reference(below)
    return _unfinished(machine, state, name) if state and not state.done else otherwise


def _unfinished(machine: Machine, state: ModuleState, name: str) -> Value:
    node = state.file.tree.body[0] if state.file.tree.body else state.file.tree
    return machine.unknown(f"{state.file.path} is imported in a circle and has not bound {name} yet", node)


def _star(machine: Machine, path: Path | None, dotted: str) -> None:
    state = machine.module(path) if path is not None and path.suffix == ".py" else None
    if state is None:
        if path is None and dotted not in machine.scope.module.stars:
            machine.scope.module.stars.append(dotted)
        return
    names = state.scope.names
    public = names.get("__all__")
    wanted = public if isinstance(public, (list, tuple)) else [name for name in names if not name.startswith("_")]
    for name in wanted:
        if isinstance(name, str) and name in names:
            machine.scope.assign(name, names[name])
    machine.scope.module.stars.extend(star for star in state.scope.stars if star not in machine.scope.module.stars)


def module_attribute(machine: Machine, module: ProjectModule, name: str, node: ast.AST) -> Value:
    """`module.name` for a module of the project. A name that it does not bind is taken for an external one."""
    if name in ("__name__", "__package__"):
        return module.name
    return member(machine, Path(module.location), name, machine.symbol(f"{module.name}.{name}"))


def imported_files(locator: Locator, file: SourceFile) -> Iterator[Path]:
    """The project's files that a module imports when it is imported itself."""
    waiting: list[ast.stmt] = list(file.tree.body)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.Import):
            yield from _files(locator.file_of(alias.name, file.location) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from _files(_imported(locator, file, node))
        elif isinstance(node, (ast.If, ast.Try)):
            waiting[:0] = [
                *node.body,
                *node.orelse,
                *(each for handler in getattr(node, "handlers", ()) for each in handler.body),
            ]


def _imported(locator: Locator, file: SourceFile, node: ast.ImportFrom) -> Iterator[Path | None]:
    dotted = node.module or ""
    path = (
        relative(locator, file.location, node.level, dotted) if node.level else locator.file_of(dotted, file.location)
    )
    yield path
    if path is not None and (path.name == INIT or path.suffix != ".py"):
        package = path.parent if path.name == INIT else path
        yield from (locator.below(package, [alias.name]) for alias in node.names)


def _files(paths: Iterator[Path | None]) -> Iterator[Path]:
    return (path for path in paths if path is not None and path.suffix == ".py")

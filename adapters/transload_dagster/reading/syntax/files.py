"""Which modules of a project its code locations consist of: what their entry modules define, import and load."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from transload.adapter import Target
from transload.reading.project import Module, Project
from transload.reading.values import Call, Function, ProjectModule, Symbol, Value
from transload_dagster.reading.locations import entry_of, locations
from transload_dagster.reading.syntax.functions import public

_DEFS_FOLDER: Final = frozenset({"dagster.load_from_defs_folder", "dagster.load_defs", "dagster.components.load_defs"})
_FOLDER: Final = "defs"
_COMPONENTS: Final = ("defs.yaml", "component.yaml")
_TYPE: Final = re.compile(r"^type:[ \t]*(\S+)", re.MULTILINE)


def modules_of(project: Project, target: Target) -> list[Module]:
    """The modules of the code locations that settings files name, in the order of their paths; without any, all but tests.

    Those that they import are among them, wherever Python finds them.
    """
    paths = {module.path for module in project.modules.values()}
    entries = [
        place for place in _entries(target) if place.is_relative_to(project.root) and _relative(place, project) in paths
    ]
    if not entries:
        named = target.path is not None and target.path.is_file()
        entries = [project.root / path for path in sorted(paths) if named or not _is_test(path)]
    found: dict[str, Module] = {}
    pending = entries[::-1]
    while pending:
        module = _module(project, pending.pop())
        if module is not None and module.path not in found:
            found[module.path] = module
            pending.extend(_reached(module, project))
    return [found[path] for path in sorted(found)]


def _entries(target: Target) -> list[Path]:
    if target.path is None or not target.path.is_dir():
        return []
    places = [entry_of(location) for location in locations(target) if location.whole]
    return [place for place in places if place is not None]


def _relative(place: Path, project: Project) -> str:
    return place.relative_to(project.root).as_posix()


def _module(project: Project, place: Path) -> Module | None:
    return project.module(ProjectModule(place.stem, str(place)))


def _reached(module: Module, project: Project) -> Iterator[Path]:
    """Files that values in its namespace come from, packages that it imports, and the folder that it has Dagster load."""
    for value in _values(module):
        if isinstance(value, ProjectModule):
            yield from (_located(each.path, project) for each in project.package(value))
        elif isinstance(value, (Call, Function)) and value.place.path != module.path:
            yield _located(value.place.path, project)
    if any(_loads_folder(call) for call in (*module.calls, *_traced(module, project))):
        folder = (project.root / module.path).parent / _FOLDER
        yield from (project.root / each.path for each in project.package(ProjectModule(_FOLDER, str(folder))))


def components_of(modules: Iterable[Module], project: Project) -> Iterator[tuple[str, str]]:
    """The files that configure components in the folders that modules have Dagster load, and the type of each component."""
    for module in modules:
        if any(_loads_folder(call) for call in (*module.calls, *_traced(module, project))):
            folder = (project.root / module.path).parent / _FOLDER
            for file in sorted(path for name in _COMPONENTS for path in folder.rglob(name)):
                yield from ((_relative(file, project), kind) for kind in _types(file))


def _types(file: Path) -> list[str]:
    """What the documents of a file say that they are."""
    text = file.read_text(encoding="utf-8", errors="replace")
    return [match[1].strip("'\"") for match in _TYPE.finditer(text)] or ["?"]


def _located(path: str, project: Project) -> Path:
    """The file of a path that is relative to the project's root or, where that is a package in a larger one, to the folder of that."""
    bases = (project.root, *project.root.parents)
    return next((base / path for base in bases if (base / path).is_file()), project.root / path)


def _values(module: Module) -> Iterator[Value]:
    pending: list[Any] = list(module.namespace.values())
    while pending:
        value = pending.pop()
        if isinstance(value, (list, tuple)):
            pending.extend(value)
        else:
            yield value


def _traced(module: Module, project: Project) -> Iterator[Call]:
    for function in module.functions:
        if any(isinstance(each, Symbol) and public(each.name) == "dagster.definitions" for each in function.decorators):
            yield from project.trace(function).calls


def _loads_folder(call: Call) -> bool:
    return isinstance(call.func, Symbol) and public(call.func.name) in _DEFS_FOLDER


def _is_test(path: str) -> bool:
    *folders, file = path.split("/")
    return file.startswith(("test_", "conftest")) or any(
        folder in ("tests", "test") or folder.endswith("_tests") for folder in folders
    )

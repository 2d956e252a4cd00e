"""The modules that the code locations of a project consist of: their entry modules, and all that these import and load."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from transload.adapter import Target
from transload.reading.project import Module, Project
from transload.reading.values import Call, Function, ProjectModule, Symbol
from transload_dagster.reading.locations import entry_of, locations
from transload_dagster.reading.syntax.functions import public

_DEFS_FOLDER: Final = frozenset({"dagster.load_from_defs_folder", "dagster.load_defs", "dagster.components.load_defs"})
_FOLDER: Final = "defs"
_COMPONENTS: Final = ("defs.yaml", "component.yaml")
_TYPE: Final = re.compile(r"^type:[ \t]*(\S+)", re.MULTILINE)


def modules_of(project: Project, target: Target) -> list[Module]:
    """The modules of the code locations that settings files name, in the order of their paths; without any, all but tests.

    Modules that they import are among them, wherever Python finds them.
    """
    paths = {module.path for module in project.modules.values()}
    entries: list[Path] = []
    if target.path is not None and target.path.is_dir():
        files = [entry_of(location) for location in locations(target) if location.whole]
        inside = [file for file in files if file is not None and file.is_relative_to(project.root)]
        entries = [file for file in inside if _relative(file, project) in paths]
    if not entries:
        named = target.path is not None and target.path.is_file()
        entries = [project.root / path for path in sorted(paths) if named or not _is_test(path)]
    modules: dict[str, Module] = {}
    pending = entries[::-1]
    while pending:
        file = pending.pop()
        module = project.module(ProjectModule(file.stem, str(file)))
        if module is not None and module.path not in modules:
            modules[module.path] = module
            pending.extend(_reached(module, project))
    return [modules[path] for path in sorted(modules)]


def _relative(file: Path, project: Project) -> str:
    return file.relative_to(project.root).as_posix()


def _reached(module: Module, project: Project) -> Iterator[Path]:
    """Files that values in its namespace come from, packages that it imports, and the folder that it has Dagster load."""
    pending: list[Any] = list(module.namespace.values())
    while pending:
        value = pending.pop()
        if isinstance(value, (list, tuple)):
            pending.extend(value)
        elif isinstance(value, ProjectModule):
            yield from (_located(inner.path, project) for inner in project.package(value))
        elif isinstance(value, (Call, Function)) and value.place.path != module.path:
            yield _located(value.place.path, project)
    folder = _loaded_folder(module, project)
    if folder is not None:
        yield from (project.root / inner.path for inner in project.package(ProjectModule(_FOLDER, str(folder))))


def components_of(modules: Iterable[Module], project: Project) -> Iterator[tuple[str, str]]:
    """The files that configure components in the folders that modules have Dagster load, and the type of each component."""
    for module in modules:
        folder = _loaded_folder(module, project)
        for file in sorted(path for name in _COMPONENTS for path in folder.rglob(name)) if folder is not None else ():
            # A file may hold several documents, each of a type of its own.
            text = file.read_text(encoding="utf-8", errors="replace")
            for kind in [match[1].strip("'\"") for match in _TYPE.finditer(text)] or ["?"]:
                yield _relative(file, project), kind


def _located(path: str, project: Project) -> Path:
    """The file of a path that is relative to the project's root or, where that is a package in a larger one, to the folder of that."""
    bases = (project.root, *project.root.parents)
    return next((base / path for base in bases if (base / path).is_file()), project.root / path)


def _loaded_folder(module: Module, project: Project) -> Path | None:
    """The folder `defs` beside a module that has Dagster load it, in its body or in a function under `@definitions`."""
    calls = list(module.calls)
    for function in module.functions:
        decorators = [decorator.name for decorator in function.decorators if isinstance(decorator, Symbol)]
        if "dagster.definitions" in map(public, decorators):
            calls += project.trace(function).calls
    called = [public(call.func.name) for call in calls if isinstance(call.func, Symbol)]
    return (project.root / module.path).parent / _FOLDER if _DEFS_FOLDER.intersection(called) else None


def _is_test(path: str) -> bool:
    *folders, file = path.split("/")
    return file.startswith(("test_", "conftest")) or any(
        folder in ("tests", "test") or folder.endswith("_tests") for folder in folders
    )

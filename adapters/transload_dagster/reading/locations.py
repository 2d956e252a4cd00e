"""The code locations of a target: what Dagster's own settings files name, else every file with definitions."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from transload.adapter import Target
from transload.carry import Carried, beside
from transload.errors import ReadingError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SKIPPED: Final = frozenset({"node_modules", "__pycache__", "build", "dist", "site-packages", "tests", "test"})
_LOOKED_FOR: Final = re.compile(
    r"Definitions|definitions|repository|load_defs|load_from_defs_folder|load_definitions_from_\w+"
)
_DEPTH: Final = 4
"""Folders below the target in which projects are looked for."""


@dataclass(frozen=True)
class Location:
    """A module or a file, perhaps an `attribute` of it; `folder` is the project's, from which its modules are imported."""

    folder: Path
    module: str | None = None
    file: Path | None = None
    attribute: str | None = None
    whole: bool = True
    """Whether it stands for its whole folder, and not for one of several files in it."""
    defines: bool = True
    """Whether a code location is what it is for, as far as its own text tells: a file of assets may be a part of another."""
    unread: str | None = None
    """Why it cannot be read at all: nothing here says what it consists of."""


def locations(target: Target) -> list[Location]:
    """The code locations of a target, in the order of their paths."""
    if target.module is not None:
        return [Location(Path.cwd(), module=target.module, attribute=target.attribute)]
    path = _path(target)
    if path.is_file() and path.suffix == ".py":
        return [Location(path.parent, file=path, attribute=target.attribute, whole=False)]
    if path.is_file():
        return list(_settings(path, path.parent))
    found = [location for file in _settings_files(path) for location in _settings(file, path)]
    unique = list(dict.fromkeys(found))
    return unique or _of_files(path)


def _path(target: Target) -> Path:
    if target.path is None:
        raise ReadingError("This target names nothing.", where=target.text, hint="Name a folder, a file or a module.")
    return target.path.resolve()


def entry_of(location: Location) -> Path | None:
    """The file that is imported for a location; None if its module is not in the project's folder."""
    if location.file is not None or location.module is None:
        return location.file
    stem = Path(*location.module.split("."))
    places = [
        home / path
        for home in (location.folder, location.folder / "src")
        for path in (stem.with_suffix(".py"), stem / "__init__.py")
    ]
    return next((place for place in places if place.is_file()), None)


def root_of(target: Target) -> Path:
    """The folder that paths in a reading are relative to."""
    if target.path is None:
        return Path.cwd()
    path = target.path.resolve()
    return path if path.is_dir() else path.parent


def manifest_of(root: Path) -> Carried:
    """What the manifest of a written project carries; nothing where there is none."""
    return beside(root)


def python_files(folder: Path) -> list[Path]:
    """Files that speak of Dagster, sorted; tests and what installs bring are left out."""
    return [file for file in _walk(folder, "*.py", 100) if b"dagster" in file.read_bytes()]


def _of_files(folder: Path) -> list[Location]:
    """Files with definitions first: they tell which of the others are their parts."""
    found = [Location(folder, file=file, whole=False, defines=_defines(file)) for file in python_files(folder)]
    return sorted(found, key=lambda location: not location.defines)


def _defines(file: Path) -> bool:
    """Whether a file has what Dagster looks for first: `Definitions`, a function that makes them, or a repository."""
    try:
        body = ast.parse(file.read_bytes()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(_LOOKED_FOR.fullmatch(name) for node in body for name in _made_by(node))


def _made_by(node: ast.stmt) -> Iterator[str]:
    """The names in what a statement binds a value to, or decorates a function with."""
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
        values = [node.value]
    else:
        values = node.decorator_list if isinstance(node, ast.FunctionDef) else []
    for each in (inner for value in values for inner in ast.walk(value)):
        if isinstance(each, (ast.Name, ast.Attribute)):
            yield each.id if isinstance(each, ast.Name) else each.attr


def _walk(folder: Path, pattern: str, depth: int) -> Iterator[Path]:
    pending = [(folder, depth)]
    while pending:
        here, left = pending.pop()
        yield from sorted(path for path in here.glob(pattern) if path.is_file())
        inner = sorted((path for path in here.iterdir() if _is_searched(path)), reverse=True) if left else []
        pending.extend((path, left - 1) for path in inner)


def _is_searched(path: Path) -> bool:
    environment = (path / "pyvenv.cfg").exists()
    return (
        path.is_dir()
        and not path.is_symlink()
        and not path.name.startswith(".")
        and path.name not in SKIPPED
        and not environment
    )


def _settings_files(folder: Path) -> list[Path]:
    """`workspace.yaml`, and every `pyproject.toml` that speaks of Dagster: a workspace is its projects."""
    return [path for path in _walk(folder, "*", _DEPTH) if path.name in ("workspace.yaml", "pyproject.toml", "dg.toml")]


def _settings(path: Path, root: Path) -> Iterable[Location]:
    return _workspace(path, root) if path.suffix in (".yaml", ".yml") else _toml(path)


def _toml(path: Path) -> Iterator[Location]:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise ReadingError(
            f"The settings cannot be read: {error}.", where=str(path.name), hint="Correct the file."
        ) from error
    tools = raw.get("tool", {}) if path.name == "pyproject.toml" else {"dg": raw}
    project = _table(_table(tools, "dg"), "project")
    root = project.get("root_module")
    if isinstance(root, str):
        yield Location(path.parent, module=str(project.get("code_location_target_module", f"{root}.definitions")))
        return
    yield from (Location(path.parent, module=name) for name in _modules(_table(tools, "dagster")))


def _modules(table: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(table.get("module_name"), str):
        yield table["module_name"]
    for each in table.get("modules", ()) if isinstance(table.get("modules"), list) else ():
        if isinstance(each, dict) and isinstance(each.get("name"), str):
            yield each["name"]


def _table(parent: Any, name: str) -> Mapping[str, Any]:
    table = parent.get(name, {}) if isinstance(parent, dict) else {}
    return table if isinstance(table, dict) else {}


def _workspace(path: Path, root: Path) -> Iterator[Location]:
    import yaml

    from transload.reading.data_files import REFUSED

    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except REFUSED as error:
        raise ReadingError(
            f"The workspace cannot be read: {error}.", where=path.name, hint="Correct the file."
        ) from error
    entries = raw.get("load_from", []) if isinstance(raw, dict) else []
    for place, entry in enumerate(entries if isinstance(entries, list) else [entries]):
        found = [_at_home(location, root) for location in _entry(entry, path.parent)]
        yield from found or [_unknown(entry, f"{path.relative_to(root).as_posix()} load_from[{place}]", path.parent)]


def _unknown(entry: Any, name: str, folder: Path) -> Location:
    kind = ", ".join(map(str, entry)) if isinstance(entry, dict) else type(entry).__name__
    return Location(folder, module=name, unread=f"A code location of the kind `{kind}` is not in these files.")


def _at_home(location: Location, root: Path) -> Location:
    """Dagster imports a module from where it is started, which is often the folder above."""
    above = replace(location, folder=root)
    return above if entry_of(location) is None and entry_of(above) is not None else location


def _entry(entry: Any, folder: Path) -> Iterator[Location]:
    for kind, value in entry.items() if isinstance(entry, dict) else ():
        options = value if isinstance(value, dict) else {}
        name = options.get("relative_path") or options.get("module_name") or options.get("package_name") or value
        home = folder / str(options.get("working_directory", "."))
        if kind == "python_file" and isinstance(name, str):
            yield Location(home, file=folder / name, attribute=options.get("attribute"))
        elif kind in ("python_module", "python_package") and isinstance(name, str):
            yield Location(home, module=name, attribute=options.get("attribute"))

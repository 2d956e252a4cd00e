"""The code locations of a target: what Dagster's own settings files name, else every file with definitions."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from transload.adapter import Target
from transload.errors import ReadingError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SKIPPED: Final = frozenset({"node_modules", "__pycache__", "build", "dist", "site-packages", "tests", "test"})
_SETTINGS: Final = ("workspace.yaml", "pyproject.toml", "dg.toml")
_DEFINING: Final = re.compile(
    r"Definitions|definitions|repository|load_defs|load_from_defs_folder|load_definitions_from_\w+"
)
_DEPTH: Final = 4
"""Levels of folders below the target in which settings of projects are looked for."""
_EVERY_DEPTH: Final = 100
"""Levels of folders in which Python files are looked for: more than any project has."""


@dataclass(frozen=True)
class Location:
    """A module or a file, perhaps an `attribute` of it; `folder` is the project's, from which its modules are imported."""

    folder: Path
    module: str | None = None
    file: Path | None = None
    attribute: str | None = None
    whole: bool = True
    """True if it stands for its whole folder, and not for one of several files in it."""
    defines: bool = True
    """True if its own text has definitions, as far as that tells: a file of mere assets may be a part of another location."""
    unread: str | None = None
    """The reason why it cannot be read: the files do not tell what it consists of."""


def locations(target: Target) -> list[Location]:
    """The code locations of a target, in the order of their paths."""
    if target.module is not None:
        return [Location(Path.cwd(), module=target.module, attribute=target.attribute)]
    if target.path is None:
        raise ReadingError("This target names nothing.", where=target.text, hint="Name a folder, a file or a module.")
    path = target.path.resolve()
    if path.is_file() and path.suffix == ".py":
        return [Location(path.parent, file=path, attribute=target.attribute, whole=False)]
    if path.is_file():
        return list(_settings(path, path.parent))
    # A workspace is its projects: settings are looked for below it too, and may name a location twice.
    files = [file for file in _walk(path, "*", _DEPTH) if file.name in _SETTINGS]
    unique = list(dict.fromkeys(location for file in files for location in _settings(file, path)))
    if unique:
        return unique
    # Without settings every file counts; those with definitions first, which tell which of the others are their parts.
    scripts = [Location(path, file=file, whole=False, defines=_defines(file)) for file in python_files(path)]
    return sorted(scripts, key=lambda location: not location.defines)


def entry_of(location: Location) -> Path | None:
    """The file that is imported for a location; None if its module is not in the project's folder."""
    if location.file is not None or location.module is None:
        return location.file
    stem = Path(*location.module.split("."))
    candidates = [
        home / path
        for home in (location.folder, location.folder / "src")
        for path in (stem.with_suffix(".py"), stem / "__init__.py")
    ]
    return next((file for file in candidates if file.is_file()), None)


def root_of(target: Target) -> Path:
    """The folder that paths in a reading are relative to."""
    if target.path is None:
        return Path.cwd()
    path = target.path.resolve()
    return path if path.is_dir() else path.parent


def python_files(folder: Path) -> list[Path]:
    """Files that mention Dagster, sorted; tests and installed packages are left out."""
    return [file for file in _walk(folder, "*.py", _EVERY_DEPTH) if b"dagster" in file.read_bytes()]


def _defines(file: Path) -> bool:
    """True for a file with what Dagster looks for first: `Definitions`, a function that makes them, or a repository."""
    try:
        body = ast.parse(file.read_bytes()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # What cannot be parsed is reported when it is read.
        return False
    for statement in body:
        values: Sequence[ast.expr] = statement.decorator_list if isinstance(statement, ast.FunctionDef) else ()
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
            values = (statement.value,)
        for node in (inner for value in values for inner in ast.walk(value)):
            name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
            if _DEFINING.fullmatch(name):
                return True
    return False


def _walk(folder: Path, pattern: str, depth: int) -> Iterator[Path]:
    pending = [(folder, depth)]
    while pending:
        here, left = pending.pop()
        yield from sorted(path for path in here.glob(pattern) if path.is_file())
        inner = sorted((path for path in here.iterdir() if _is_searched(path)), reverse=True) if left else []
        pending.extend((path, left - 1) for path in inner)


def _is_searched(path: Path) -> bool:
    is_environment = (path / "pyvenv.cfg").exists()
    is_hidden = path.name.startswith(".") or path.name in SKIPPED
    # Links may lead in circles.
    return path.is_dir() and not path.is_symlink() and not is_hidden and not is_environment


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
    # The older settings, of `dagster dev`: one module, or a list of them.
    table = _table(tools, "dagster")
    modules = table.get("modules")
    names = [table.get("module_name")]
    names += [entry.get("name") for entry in modules if isinstance(entry, dict)] if isinstance(modules, list) else []
    yield from (Location(path.parent, module=name) for name in names if isinstance(name, str))


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
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries]):
        known = list(_entry(entry, path.parent))
        for location in known:
            # Dagster imports a module from where it is started, which is often the folder above.
            above = replace(location, folder=root)
            yield above if entry_of(location) is None and entry_of(above) is not None else location
        if not known:
            name = f"{path.relative_to(root).as_posix()} load_from[{number}]"
            kind = ", ".join(map(str, entry)) if isinstance(entry, dict) else type(entry).__name__
            reason = f"A code location of the kind `{kind}` is not in these files."
            yield Location(path.parent, module=name, unread=reason)


def _entry(entry: Any, folder: Path) -> Iterator[Location]:
    for kind, value in entry.items() if isinstance(entry, dict) else ():
        options = value if isinstance(value, dict) else {}
        name = options.get("relative_path") or options.get("module_name") or options.get("package_name") or value
        home = folder / str(options.get("working_directory", "."))
        if kind == "python_file" and isinstance(name, str):
            yield Location(home, file=folder / name, attribute=options.get("attribute"))
        elif kind in ("python_module", "python_package") and isinstance(name, str):
            yield Location(home, module=name, attribute=options.get("attribute"))

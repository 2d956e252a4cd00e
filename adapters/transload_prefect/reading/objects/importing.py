"""Imports the files of a project one by one, as Prefect's own loader does: the root and the file's folder are on the path."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from transload.adapter import Failure, Target
from transload.errors import ReadingError
from transload.reading.module_files import Locator


class _Loaded:
    """The loaded modules by their file. Each is looked at once, without loading one that is lazy."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._by_file: dict[str, ModuleType] = {}

    def module(self, file: Path) -> ModuleType | None:
        """The module of a file that another module has imported already, under whatever name."""
        for name in [name for name in sys.modules if name not in self._seen]:
            self._seen.add(name)
            path = _file_of(sys.modules[name])
            if path is not None:
                self._by_file.setdefault(path, sys.modules[name])
        return self._by_file.get(str(file))


@dataclass
class Imported:
    """The modules by the path of their file, relative to `root`, and the files that did not import."""

    root: Path
    modules: dict[str, ModuleType] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    loaded: _Loaded = field(default_factory=_Loaded)

    @property
    def files(self) -> list[Path]:
        """The files of the modules."""
        return [self.root / path for path in self.modules]


def import_project(target: Target) -> Imported:
    """Import the files that a target names. Raises `ReadingError` for a module that does not exist."""
    if target.path is None:
        return _module(target)
    root = (target.path if target.path.is_dir() else target.path.parent).resolve()
    # The root is the working directory, as it is for Prefect's command line; what was on the import path stays there.
    sys.path[:] = [str(Path(entry).resolve()) for entry in sys.path]
    os.chdir(root)
    locator = Locator(root)
    files = locator.discover() if target.path.is_dir() else [root / target.path.name]
    result = Imported(root)
    sys.path[:0] = [str(folder) for folder in (root, root / "src") if folder.is_dir()]
    for file in files:
        _add(result, file, locator.relative(file))
    return result


def _module(target: Target) -> Imported:
    sys.path.insert(0, str(Path.cwd()))
    name = target.module or ""
    try:
        module = importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise ReadingError(
            f"The module {name} does not import: {last_line(error)}", hint="Try the import by hand."
        ) from error
    file = Path(module.__file__ or ".").resolve()
    root = file.parents[name.count(".") + (file.stem == "__init__")]
    result = Imported(root)
    folder = file.parent if file.stem == "__init__" else None
    for path in Locator(folder).discover() if folder else [file]:
        _add(result, path, path.relative_to(root).as_posix())
    return result


def _add(result: Imported, file: Path, relative: str) -> None:
    try:
        with _beside(file):
            result.modules[relative] = result.loaded.module(file) or _import(file, relative)
    except BaseException as error:  # noqa: BLE001 - whatever a project raises, the other files are still read
        result.failures.append(Failure(relative, last_line(error)))


def _file_of(module: Any) -> str | None:
    # `module.__file__` would load a module that is lazy, as `importlib.util.LazyLoader` and others make them.
    try:
        name = object.__getattribute__(module, "__dict__").get("__file__")
    except AttributeError:
        return None
    return name if isinstance(name, str) else None


def _import(file: Path, relative: str) -> ModuleType:
    """A file under the name that the project's own imports have for it, else under one that nothing else has."""
    parts = relative.removesuffix(".py").removesuffix("/__init__").split("/")
    parts = parts[1:] if parts[0] == "src" and len(parts) > 1 else parts
    name = ".".join(parts)
    if all(part.isidentifier() for part in parts) and name not in sys.modules:
        module = importlib.import_module(name)
        if _file_of(module) == str(file):
            return module
    unique = f"transload_read.{name}"
    spec = importlib.util.spec_from_file_location(unique, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file.name} is no module.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[unique] = module
    spec.loader.exec_module(module)
    return module


class _beside:  # noqa: N801 - used as a function
    """The file's folder at the end of the path while the file is imported."""

    def __init__(self, file: Path) -> None:
        self._folder = str(file.parent)

    def __enter__(self) -> None:
        sys.path.append(self._folder)

    def __exit__(self, *_error: object) -> None:
        # The last one is taken away, since the project may have put the same folder further ahead.
        if self._folder in sys.path:
            sys.path.reverse()
            sys.path.remove(self._folder)
            sys.path.reverse()


_LINK: Final = "For further information visit "


def last_line(error: BaseException) -> str:
    """The kind of an error and the last line of its message; what pydantic adds is a link to its own pages."""
    lines = [line for line in str(error).splitlines() if line.strip() and not line.lstrip().startswith(_LINK)]
    return f"{type(error).__name__}: {lines[-1].strip()}" if lines else type(error).__name__


@cache
def path_under(root: Path, file: str | None) -> str | None:
    """The path of a file relative to the root; None if it lies elsewhere."""
    if file is None:
        return None
    path = Path(file).resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else None


def named_values(module: ModuleType) -> Iterator[tuple[str, object]]:
    """The values that a module names: its globals, the members of its classes, and the items of its lists and dictionaries."""
    for name, value in list(vars(module).items()):
        if name.startswith("__"):
            continue
        yield name, value
        if isinstance(value, type) and value.__module__ == module.__name__:
            yield from ((name, getattr(member, "__func__", member)) for member in vars(value).values())
        elif isinstance(value, (list, tuple, set, frozenset)):
            yield from ((name, item) for item in value)
        elif isinstance(value, dict):
            yield from ((name, item) for item in value.values())

"""Importing a code location, and finding its definitions in it. Imports dagster, and the project."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Iterable, Iterator
from importlib import import_module, invalidate_caches
from importlib.util import module_from_spec, spec_from_file_location
from inspect import Parameter, isfunction, signature
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import dagster as dg

from transload.errors import ReadingError
from transload_dagster.reading.locations import Location

_ASSETS: Final = (dg.AssetsDefinition, dg.AssetSpec, dg.SourceAsset)


@contextlib.contextmanager
def imported(location: Location) -> Iterator[list[Any]]:
    """The definitions of a location, while its modules can be imported; afterwards they are forgotten, for the next may name its alike."""
    before, path, folder = set(sys.modules), list(sys.path), Path.cwd()
    places = [location.folder, location.folder / "src", *([location.file.parent] if location.file else [])]
    sys.path[:0] = [str(place) for place in dict.fromkeys(places) if place.is_dir()]
    invalidate_caches()
    try:
        os.chdir(location.folder)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield definitions(_module(location), location.attribute)
    finally:
        os.chdir(folder)
        sys.path[:] = path
        for name in set(sys.modules) - before:
            if _is_under(sys.modules[name], location.folder):
                del sys.modules[name]


def files_under(folder: Path) -> set[Path]:
    """The files of a folder that are imported now."""
    return {Path(module.__file__) for module in list(sys.modules.values()) if _is_under(module, folder)}  # type: ignore[arg-type]


def _is_under(module: Any, folder: Path) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and Path(file).is_relative_to(folder) and "site-packages" not in file


def _module(location: Location) -> ModuleType:
    if location.module is not None:
        return import_module(location.module)
    assert location.file is not None  # noqa: S101 - a location has one of the two
    name = _dotted(location.file)
    if name is not None:
        sys.path.insert(0, str(location.file.parents[name.count(".") + (location.file.name == "__init__.py")]))
        return import_module(name)
    return _by_path(location.file)


def _dotted(file: Path) -> str | None:
    """The full name of a file in a package, in which its relative imports work."""
    package = file.name == "__init__.py"
    parts = [] if package else [file.stem]
    folder = file.parent
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    return ".".join(parts) if len(parts) > (not package) and all(part.isidentifier() for part in parts) else None


def _by_path(file: Path) -> ModuleType:
    spec = spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise ReadingError("This is no Python file.", where=file.name, hint="Name a file that ends in .py.")
    module = module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    return module


def definitions(module: ModuleType, attribute: str | None) -> list[Any]:
    """What a module defines, in Dagster's own order of looking: `Definitions`, repositories, else its assets, bare specs too."""
    if attribute is not None:
        return [_resolved(_attribute(module, attribute), f"{module.__name__}:{attribute}")]
    whole = [value for value in vars(module).values() if isinstance(value, dg.Definitions) or _is_lazy(value)]
    if whole:
        return [value() if _is_lazy(value) else value for value in _once(whole)]
    repositories = [value for value in vars(module).values() if isinstance(value, dg.RepositoryDefinition)]
    return repositories or [dg.load_definitions_from_module(module)]


def _once(values: list[Any]) -> list[Any]:
    return list({id(value): value for value in values}.values())


def _attribute(module: ModuleType, name: str) -> Any:
    if not hasattr(module, name):
        raise ReadingError(
            f"The module has no attribute {name!r}.", where=module.__name__, hint="Name one of its definitions."
        )
    return getattr(module, name)


def _is_lazy(value: Any) -> bool:
    return type(value).__name__ == "LazyDefinitions"


def _resolved(value: Any, where: str) -> Any:
    """The definitions that an attribute is, or that it gives when it is called without arguments, as Dagster itself does."""
    found = value() if _is_lazy(value) or (isfunction(value) and not _required(value)) else value
    if isinstance(found, (dg.Definitions, dg.RepositoryDefinition)):
        return found
    if isinstance(found, (list, tuple)) and all(isinstance(each, _ASSETS) for each in found):
        return dg.Definitions(assets=found)
    hint = (
        "Name `Definitions`, a repository, a list of assets, or a function without arguments that gives one of these."
    )
    message = f"This holds no definitions, but a value of the class {type(found).__qualname__}."
    raise ReadingError(message, where=where, hint=hint)


def _required(function: Any) -> list[str]:
    parameters = signature(function).parameters.values()
    variable = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    return [each.name for each in parameters if each.default is Parameter.empty and each.kind not in variable]


def in_given_order(definitions: Iterable[Any], found: Any) -> list[Any]:
    """Dagster's graph holds checks in the order of their hashes: here those come last, as the project lists them, or by name."""
    listed = [spec.key for each in getattr(found, "asset_checks", None) or () for spec in each.check_specs]
    places = {key: place for place, key in enumerate(listed)}
    held = list(definitions)
    checks = [each for each in held if not tuple(each.specs)]
    checks.sort(key=lambda each: min((places.get(spec.key, 0), spec.name) for spec in each.check_specs))
    return [*(each for each in held if tuple(each.specs)), *checks]

"""The import of a code location, and the definitions in it. Imports dagster, and the project."""

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
    """The definitions of a location, while its modules can be imported; another location may have modules of the same names."""
    before, path, folder = set(sys.modules), list(sys.path), Path.cwd()
    homes = [location.folder, location.folder / "src", *([location.file.parent] if location.file else [])]
    sys.path[:0] = [str(home) for home in dict.fromkeys(homes) if home.is_dir()]
    # Files that were written a moment ago are not in the finders' listings of their folders.
    invalidate_caches()
    try:
        # Dagster imports a location from its working directory, and code may open files beside it.
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
    file, folder = location.file, location.file.parent
    is_package = file.name == "__init__.py"
    parts = [] if is_package else [file.stem]
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    if len(parts) > (not is_package) and all(part.isidentifier() for part in parts):
        # Under its full name in a package, where its relative imports work: `folder` is above the outermost one.
        sys.path.insert(0, str(folder))
        return import_module(".".join(parts))
    spec = spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise ReadingError("This is no Python file.", where=file.name, hint="Name a file that ends in .py.")
    module = module_from_spec(spec)
    # Before it runs, as an import does: pickles and annotations look modules up there.
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    return module


def definitions(module: ModuleType, attribute: str | None) -> list[Any]:
    """The definitions of a module, in Dagster's own order of looking: `Definitions`, repositories, else its assets, bare specs too."""
    if attribute is not None:
        return [_definitions_at(module, attribute)]
    whole = [value for value in vars(module).values() if isinstance(value, dg.Definitions) or _is_lazy(value)]
    if whole:
        # One object may stand under two names.
        distinct = {id(value): value for value in whole}.values()
        return [value if isinstance(value, dg.Definitions) else value() for value in distinct]
    repositories = [value for value in vars(module).values() if isinstance(value, dg.RepositoryDefinition)]
    return repositories or [dg.load_definitions_from_module(module)]


def _is_lazy(value: Any) -> bool:
    # What `@definitions` makes: by the name of its class, which is no public one.
    return type(value).__name__ == "LazyDefinitions"


def _definitions_at(module: ModuleType, attribute: str) -> Any:
    """The definitions that an attribute is, or that it gives when it is called without arguments, as Dagster itself does."""
    if not hasattr(module, attribute):
        raise ReadingError(
            f"The module has no attribute {attribute!r}.", where=module.__name__, hint="Name one of its definitions."
        )
    value = getattr(module, attribute)
    if isfunction(value):
        variable = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
        parameters = signature(value).parameters.values()
        takes_arguments = any(one.default is Parameter.empty and one.kind not in variable for one in parameters)
        value = value if takes_arguments else value()
    elif _is_lazy(value):
        value = value()
    if isinstance(value, (dg.Definitions, dg.RepositoryDefinition)):
        return value
    if isinstance(value, (list, tuple)) and all(isinstance(item, _ASSETS) for item in value):
        return dg.Definitions(assets=value)
    hint = (
        "Name `Definitions`, a repository, a list of assets, or a function without arguments that gives one of these."
    )
    message = f"This holds no definitions, but a value of the class {type(value).__qualname__}."
    raise ReadingError(message, where=f"{module.__name__}:{attribute}", hint=hint)


def in_listed_order(definitions: Iterable[Any], project: Any) -> list[Any]:
    """Definitions of assets, then those of checks alone as `project` lists them, or by name: Dagster's graph has them by their hashes."""
    listed = [spec.key for check in getattr(project, "asset_checks", None) or () for spec in check.check_specs]
    positions = {key: position for position, key in enumerate(listed)}
    assets: list[Any] = []
    checks: list[Any] = []
    for definition in definitions:
        (assets if tuple(definition.specs) else checks).append(definition)
    checks.sort(key=lambda check: min((positions.get(spec.key, 0), spec.name) for spec in check.check_specs))
    return [*assets, *checks]

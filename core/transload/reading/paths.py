"""Paths of `pathlib`, kept symbolic and computed where their text matters."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final

from transload.reading.values import Attribute, Call, Item, Operation, Symbol, Value

PATHS: Final = ("pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "pathlib.PurePosixPath")
ROOT: Final = "//"
"""Anchor of paths that start at the project's root, whose place on a machine is not known."""
SAME: Final = frozenset({"resolve", "absolute", "expanduser"})
TEXTS: Final = frozenset({"name", "stem", "suffix", "parts"})
COMPUTED: Final = frozenset({"joinpath", "with_suffix", "with_name", "with_stem", "relative_to"})
MAX_LINKS: Final = 60


def path_of(value: Value, depth: int = 0) -> PurePosixPath | None:  # noqa: PLR0911 - one return per kind of value
    """The path behind a symbolic value. One of the project's own files starts with `//`."""
    if depth > MAX_LINKS:
        return None
    if isinstance(value, str):
        return PurePosixPath(value) if not value.startswith(ROOT) else None
    if isinstance(value, Attribute):
        return _attribute(value, depth + 1)
    if isinstance(value, Call):
        return _call(value, depth + 1)
    if isinstance(value, Operation) and value.operator == "/":
        return _joined(value.operands, depth + 1)
    if (
        isinstance(value, Item)
        and isinstance(value.key, int)
        and isinstance(value.of, Attribute)
        and value.of.name == "parents"
    ):
        path = path_of(value.of.of, depth + 1)
        return path.parents[value.key] if path is not None and 0 <= value.key < len(path.parents) else None
    return None


def is_path(value: Value) -> bool:
    """Whether a value is symbolic and certainly a path."""
    return not isinstance(value, str) and not _is_file(value) and path_of(value) is not None


def path_text(value: Value) -> str | None:
    """The text of a path that does not depend on where the project is. None for everything else."""
    path = path_of(value) if isinstance(value, (Attribute, Call, Item, Operation)) else None
    return None if path is None or path.anchor == ROOT else str(path)


def path_attribute(value: Value, name: str) -> str | tuple[str, ...] | None:
    """The text of a path's `name`, `stem` or `suffix`, or its `parts`. None where that is not known."""
    if name not in TEXTS or not is_path(value):
        return None
    path = path_of(value)
    if path is None or (path.anchor == ROOT and not path.name) or (name == "parts" and path.anchor == ROOT):
        return None
    part: str | tuple[str, ...] = getattr(path, name)
    return part


def file_name(value: Value) -> str | None:
    """The name of the file for `__file__`."""
    path = path_of(value) if _is_file(value) else None
    return None if path is None else path.name


def _is_file(value: Value) -> bool:
    return isinstance(value, Attribute) and value.name == "__file__" and isinstance(value.of, Symbol)


def _attribute(value: Attribute, depth: int) -> PurePosixPath | None:
    if _is_file(value):
        return PurePosixPath(ROOT, value.place.path)
    path = path_of(value.of, depth) if value.name == "parent" and not isinstance(value.of, str) else None
    return None if path is None else path.parent


def _call(value: Call, depth: int) -> PurePosixPath | None:
    if isinstance(value.func, Symbol) and value.func.name in PATHS and not value.kwargs and not value.unresolved:
        return _joined(value.args, depth)
    if not isinstance(value.func, Attribute) or not is_path(value.func.of):
        return None
    path = path_of(value.func.of, depth)
    if path is None or value.func.name in SAME:
        return (
            path
            if path is None or path.anchor == ROOT or (value.func.name == "expanduser" and "~" not in str(path))
            else None
        )
    return _computed(path, value.func.name, value.args) if value.func.name in COMPUTED and not value.kwargs else None


def _computed(path: PurePosixPath, method: str, args: tuple[Value, ...]) -> PurePosixPath | None:
    arguments = [path_of(argument) for argument in args]
    if any(argument is None for argument in arguments):
        return None
    try:
        result: PurePosixPath = getattr(path, method)(*(str(argument) for argument in arguments))
    except (TypeError, ValueError):
        return None
    return result


def _joined(parts: tuple[Value, ...], depth: int) -> PurePosixPath | None:
    paths = [path_of(part, depth) for part in parts]
    known = [path for path in paths if path is not None]
    return PurePosixPath(*known) if len(known) == len(paths) else None

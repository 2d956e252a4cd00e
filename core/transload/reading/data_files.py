"""Files of YAML and JSON in a project: what they hold as JSON values, why one cannot be read, and where a value stands."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any, Final

import yaml

from transload.reading.module_files import ARTEFACTS, SKIPPED
from transload.reading.values import MAX_PARTS, weight

MAX_CHARACTERS: Final = 1_000_000
"""In a file; a longer one is none that people write."""

REFUSED: Final = (yaml.YAMLError, ValueError, TypeError, RecursionError, OverflowError, LookupError, AttributeError)
"""What PyYAML raises for what is no YAML: dates such as 2026-13-45 and tags without their value end in Python's own errors."""


@dataclass(frozen=True)
class DataFile:
    """One file. `path` is posix and relative to the project's root; `content` None and a `problem` for one that cannot be read."""

    path: str
    content: Any = None
    problem: str | None = None
    _node: Any = field(default=None, repr=False, compare=False)

    def line(self, *keys: str | int) -> int | None:
        """The line, from 1, of the value that lies behind keys and places in lists; of the last that there is on the way."""
        node = self._node
        for key in keys:
            node = _below(node, key) or node
        return None if node is None else node.start_mark.line + 1


def data_files(root: Path, endings: Sequence[str], only: Path | None = None) -> Iterator[DataFile]:
    """The files below a folder with one of the endings, in the order of their paths; or `only` one of them."""
    paths = [only] if only is not None and only.is_file() else sorted(_paths(root, endings))
    return (_read(path, path.relative_to(root).as_posix()) for path in paths)


def parsed(text: str) -> Any:
    """YAML, of which JSON is a part, as JSON values. Raises `ValueError`, with the reason, for what is none."""
    return _parsed(text)[0]


def _parsed(text: str) -> tuple[Any, Any]:
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"It has more than {MAX_CHARACTERS:,} characters.")
    try:
        node, content = yaml.compose(text, Loader=_Loader), yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe one
    except REFUSED as error:
        raise ValueError(f"This is no YAML: {' '.join(str(error).split()) or type(error).__name__}.") from error
    if weight(content) > MAX_PARTS:
        raise ValueError(f"It has more than {MAX_PARTS:,} values, counting those that are repeated by reference.")
    try:
        return _json(content), node
    except RecursionError as error:
        raise ValueError("Its values are nested too deeply.") from error


class _Loader(yaml.SafeLoader):
    """Times stay the texts that they are in JSON."""


_TIME: Final = "tag:yaml.org,2002:timestamp"
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIME]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _json(value: Any) -> Any:
    """The value with texts as keys. Raises `ValueError` for what JSON does not have."""
    if isinstance(value, dict):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json(item) for item in value]
    if value is None or isinstance(value, (bool, int, str)) or (isinstance(value, float) and isfinite(value)):
        return value
    raise ValueError(f"It holds {value!r}, which is no value of JSON.")


def _read(path: Path, relative: str) -> DataFile:
    try:
        content, node = _parsed(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        return DataFile(relative, problem=f"The file cannot be read: {error.strerror or error}.")
    except UnicodeDecodeError as error:
        return DataFile(relative, problem=f"This is no text in UTF-8: {error.reason}.")
    except ValueError as error:
        return DataFile(relative, problem=str(error))
    return DataFile(relative, content, None, node)


def _paths(root: Path, endings: Sequence[str]) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in SKIPPED | ARTEFACTS and not name.startswith(".")]
        yield from (Path(folder, name) for name in files if Path(name).suffix in endings)


def _below(node: Any, key: str | int) -> Any:
    if isinstance(node, yaml.MappingNode):
        return next((value for name, value in node.value if name.value == key), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key]
    return None

"""Where a name is assigned and where a function is defined, by the syntax of the files, each of which is parsed once."""

from __future__ import annotations

import ast
import os
import re
import warnings
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from types import CodeType
from typing import Final, NamedTuple

Definition = ast.FunctionDef | ast.AsyncFunctionDef

_NEAR: Final = 50
"""Lines below the first decorator that are searched for the definition, before the file is parsed, which takes longer."""

_DEF: Final = re.compile(rb"\s*(?:async\s+)?def\s+")

_BLOCKS: Final = frozenset({"body", "orelse", "finalbody", "handlers", "cases"})
"""Fields that hold statements, or what holds them."""

_CACHED: Final = 1024
"""Files whose tables are cached."""


class Table(NamedTuple):
    """A file: its functions by the line of `def` or of the first decorator, and the lines of first assignments."""

    definitions: dict[int, Definition]
    assignments: dict[str, int]


_NOTHING: Final = Table({}, {})


class Lines:
    """Lines of the files below a root."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._tables: dict[str, Table] = {}
        self._texts: dict[str, list[bytes]] = {}

    def definition(self, path: str, code: CodeType) -> int:
        """The line of `def`, where Python knows that of the first decorator."""
        if path not in self._texts:
            file = self._root / path
            self._texts[path] = file.read_bytes().splitlines() if file.is_file() else []
        line = _line_below(self._texts[path], code.co_firstlineno, code.co_name.encode())
        if line is not None:
            return line
        node = self._table(path).definitions.get(code.co_firstlineno)
        return code.co_firstlineno if node is None else node.lineno

    def assignment(self, path: str, name: str) -> int | None:
        """The line on which a module gives a name its first value."""
        return self._table(path).assignments.get(name)

    def _table(self, path: str) -> Table:
        if path not in self._tables:
            self._tables[path] = table(str(self._root / path))
        return self._tables[path]


def _line_below(text: list[bytes], first: int, name: bytes) -> int | None:
    """The line that begins with `def name`; None where it may be part of a string of several lines, or is not near."""
    for number, line in enumerate(text[first - 1 : first + _NEAR], first):
        start = _DEF.match(line)
        if start and line.startswith((name + b"(", name + b"["), start.end()):
            return number
        # From here on, a line that looks like the definition may be text.
        if line.endswith(b"\\") or b'"""' in line or b"'''" in line:
            return None
    return None


def table(file: str) -> Table:
    """The table of a file as it is now; an empty one for a file that is not there or is no Python."""
    try:
        state = os.stat(file)  # noqa: PTH116 - a fast call, since it is made for each function of a file
    except (OSError, ValueError):
        return _NOTHING
    return _table(file, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=_CACHED)
def _table(file: str, _changed: int, _size: int) -> Table:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return _NOTHING
    definitions = {
        min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]): node
        for node in _definitions(tree)
    }
    assignments: dict[str, int] = {}
    for node in tree.body:
        single = [node.target] if isinstance(node, ast.AnnAssign) else []
        for target in node.targets if isinstance(node, ast.Assign) else single:
            if isinstance(target, ast.Name):
                assignments.setdefault(target.id, node.lineno)
    return Table(definitions, assignments)


def _definitions(tree: ast.Module) -> Iterator[Definition]:
    """Functions stand where statements stand, so that no expression is looked into."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node
        for field in node._fields:
            if field in _BLOCKS:
                pending.extend(getattr(node, field))

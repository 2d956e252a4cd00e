"""Where a name is assigned and where a function is defined, by the syntax of the files, each of which is parsed once."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

Definition = ast.FunctionDef | ast.AsyncFunctionDef

_KEPT: Final = 1024
"""Files whose tables are kept."""


class Table(NamedTuple):
    """A file: its tree, its functions by the line of `def` or of the first decorator, and the lines of first assignments."""

    tree: ast.Module
    definitions: dict[int, Definition]
    assignments: dict[str, int]


_NOTHING: Final = Table(ast.Module(body=[], type_ignores=[]), {}, {})


class Lines:
    """Lines of the files below a root."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._tables: dict[str, Table] = {}

    def definition(self, path: str, first: int) -> int:
        """The line of `def`, where Python knows that of the first decorator."""
        found = self._table(path).definitions.get(first)
        return first if found is None else found.lineno

    def assignment(self, path: str, name: str) -> int | None:
        """The line on which a module gives a name its first value."""
        return self._table(path).assignments.get(name)

    def _table(self, path: str) -> Table:
        if path not in self._tables:
            self._tables[path] = table(str(self._root / path))
        return self._tables[path]


def table(file: str) -> Table:
    """The table of a file as it is now; an empty one for a file that is not there or is no Python."""
    try:
        state = Path(file).stat()
    except (OSError, ValueError):
        return _NOTHING
    return _table(file, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=_KEPT)
def _table(file: str, _changed: int, _size: int) -> Table:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return _NOTHING
    definitions = {
        min([node.lineno, *(each.lineno for each in node.decorator_list)]): node for node in _definitions(tree)
    }
    assignments: dict[str, int] = {}
    for name, line in _assignments(tree):
        assignments.setdefault(name, line)
    return Table(tree, definitions, assignments)


def _definitions(tree: ast.Module) -> Iterator[Definition]:
    """Functions stand where statements stand, so that no expression is looked into."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node
        pending.extend(each for each in ast.iter_child_nodes(node) if not isinstance(each, ast.expr))


def _assignments(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        yield from ((target.id, node.lineno) for target in targets if isinstance(target, ast.Name))

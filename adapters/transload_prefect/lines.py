"""Where a name is assigned and where a function is defined, by the syntax of the files."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import NamedTuple


class _Table(NamedTuple):
    definitions: dict[int, int]
    assignments: dict[str, int]


class Lines:
    """Lines of the files below a root."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._table = cache(self._read)

    def definition(self, path: str, first: int) -> int:
        """The line of `def`, where Python knows that of the first decorator."""
        return self._table(path).definitions.get(first, first)

    def assignment(self, path: str, name: str) -> int | None:
        """The line on which a module gives a name its first value."""
        return self._table(path).assignments.get(name)

    def _read(self, path: str) -> _Table:
        try:
            tree = ast.parse((self._root / path).read_bytes())
        except (OSError, SyntaxError, ValueError):
            return _Table({}, {})
        functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
        definitions = {
            min([node.lineno, *(each.lineno for each in node.decorator_list)]): node.lineno for node in functions
        }
        assignments: dict[str, int] = {}
        for node in tree.body:
            targets = (
                node.targets
                if isinstance(node, ast.Assign)
                else [node.target]
                if isinstance(node, ast.AnnAssign)
                else []
            )
            for target in targets:
                if isinstance(target, ast.Name):
                    assignments.setdefault(target.id, node.lineno)
        return _Table(definitions, assignments)

"""Syntax trees: read fast, and compared as programs."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from symtable import symtable
from typing import Any, Final

from transload.errors import SourceError
from transload.gc_pause import paused_collection
from transload.writing.rendering import render

_STRING: Final = re.compile(
    r'''("""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""|"[^"\\\n]*(?:\\.[^"\\\n]*)*"|'[^'\\\n]*(?:\\.[^'\\\n]*)*')''',
    re.DOTALL,
)
_LAST_COMMA: Final = re.compile(r",(?=\n\s*[)\]}])")
_IMPORT: Final = r"(?:import|from) [^\n(]*(?:\([^)]*\))?\n+"
_HEAD: Final = re.compile(rf"\A([\n']*)((?:{_IMPORT})+)")

_SCOPES: Final = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def parse(text: str, *, where: str) -> ast.Module:
    """The tree of a module. Raises `SourceError`, with the line, if it is none."""
    with _explained(where), paused_collection():
        return ast.parse(text)


def check(text: str, *, where: str) -> None:
    """Raises `SourceError`, with the line, for what Python does not parse: faster than `parse`, which makes objects of the tree."""
    with _explained(where), paused_collection():
        symtable(text, where, "exec")


@contextmanager
def _explained(where: str) -> Iterator[None]:
    try:
        yield
    except SyntaxError as error:
        raise SourceError(
            f"The generated source is no Python: {error.msg}.", where=f"{where}:{error.lineno}"
        ) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise SourceError(f"The generated source cannot be parsed: {error}.", where=where) from error


def unparse(tree: ast.Module) -> str:
    """The text of a module. Raises `SourceError` where it nests too deeply."""
    try:
        with paused_collection():
            return render(tree.body) + "\n"
    except RecursionError as error:
        hint = "Split it into several statements."
        raise SourceError("An expression is nested too deeply to be written.", hint=hint) from error


def walk(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes and all below them, as `ast.walk` finds them but in no order that means anything."""
    pending: list[Any] = list(nodes)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.AST):
            yield node
            for value in vars(node).values():
                if type(value) is list:
                    pending.extend(value)
                elif isinstance(value, ast.AST):
                    pending.append(value)


def same_tokens(before: str, after: str) -> bool:
    """Whether two texts are one but for what a formatter lays out; False also where that cannot be told fast.

    Laid out are white space outside of strings, quotes, a comma before a bracket that closes on a line of its own, brackets around the
    names of an import, and the order of the imports at the head.
    """
    return _tokens(before) == _tokens(after)


def _tokens(text: str) -> tuple[list[str], str, list[str]]:
    """The imports of the head, the code without them and without strings, and what is between the quotes of strings."""
    parts = _STRING.split(text)
    code = _LAST_COMMA.sub("", "'".join(parts[::2]))
    head = _HEAD.match(code)
    imports = [re.sub(r"[\s()]", "", each) for each in re.findall(_IMPORT, head[2])] if head else []
    rest = code[head.end() :] if head else code
    strings = [each[3:-3] if each.startswith('"""') else each[1:-1] for each in parts[1::2]]
    return sorted(imports), "".join(rest.split()), strings


def same_program(left: ast.Module, right: ast.Module) -> bool:
    """Whether two modules are equal but for positions, the order of the imports at their heads, and the indentation of docstrings."""
    pairs: list[tuple[Any, Any]] = [(_sorted_imports(left), _sorted_imports(right))]
    while pairs:
        one, other = pairs.pop()
        kind = type(one)
        if kind is not type(other):
            return False
        if kind is list:
            if len(one) != len(other):
                return False
            pairs.extend(zip(one, other, strict=True))
        elif isinstance(one, ast.AST):
            _append_fields(pairs, one, other)
        elif one != other:
            return False
    return True


def _append_fields(pairs: list[tuple[Any, Any]], one: ast.AST, other: ast.AST) -> None:
    if isinstance(one, _SCOPES):
        pairs.append((_docstring(one), _docstring(other)))
    for field in one._fields:
        here, there = getattr(one, field), getattr(other, field)
        if here is not there:
            pairs.append((here, there))


def _docstring(node: Any) -> str | None:
    """Takes the docstring out of the node's body."""
    body: list[ast.stmt] = node.body
    if not (body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)):
        return None
    text = body[0].value.value
    if not isinstance(text, str):
        return None
    node.body = body[1:]
    return inspect.cleandoc(text)


def _sorted_imports(module: ast.Module) -> list[Any]:
    doc = _docstring(module)
    size = next(
        (index for index, each in enumerate(module.body) if not isinstance(each, (ast.Import, ast.ImportFrom))),
        len(module.body),
    )
    return [doc, sorted(_imported(module.body[:size])), module.body[size:]]


def _imported(statements: Sequence[ast.stmt]) -> Iterator[tuple[str, ...]]:
    for each in statements:
        if isinstance(each, ast.Import):
            yield from (("", alias.name, alias.asname or "") for alias in each.names)
        elif isinstance(each, ast.ImportFrom):
            yield from (
                ("." * each.level + (each.module or ""), alias.name, alias.asname or "") for alias in each.names
            )

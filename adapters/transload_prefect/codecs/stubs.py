"""Tasks whose code is still to be moved: their body only says so."""

from __future__ import annotations

import ast
import inspect
import tokenize
from types import CodeType
from typing import Any, Final

STUB: Final = "__transload_stub__"
"""The attribute of a function that was made without source."""


def is_stub(function: Any) -> bool:
    """Whether a function does nothing but raise `NotImplementedError`."""
    if getattr(function, STUB, False):
        return True
    code = getattr(function, "__code__", None)
    if code is None or "NotImplementedError" not in code.co_names:
        return False
    shape = (code.co_filename, code.co_code, code.co_names)
    if shape not in _SHAPES:
        body = _body(code)
        if body is None:
            return False
        _SHAPES[shape] = is_stub_body(body)
    return _SHAPES[shape]


_SHAPES: Final[dict[tuple[str, bytes, tuple[str, ...]], bool]] = {}
"""File, instructions and the names in them → whether they are those of a stub: a file has thousands of stubs, which are all alike."""


def _body(code: CodeType) -> list[ast.stmt] | None:
    """The statements of a function, from its own lines alone; None where its file has others by now, or is not there."""
    try:
        with tokenize.open(code.co_filename) as file:
            text = "".join(inspect.getblock(file.readlines()[code.co_firstlineno - 1 :]))
        inner: list[ast.stmt] = ast.parse(f"if True:\n{text}" if text[:1].isspace() else text).body
    except (OSError, SyntaxError, ValueError, tokenize.TokenError):
        return None
    node = inner[0].body[0] if inner and isinstance(inner[0], ast.If) else inner[0] if inner else None
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == code.co_name:
        return node.body
    return None


def is_stub_body(body: list[ast.stmt]) -> bool:
    """Whether statements do nothing but raise `NotImplementedError`; a docstring, and the question for which partition, apart."""
    code = body[1:] if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) else body
    if len(code) > 1 and _asks_for_partition(code[0]):
        code = code[1:]
    if len(code) != 1 or not isinstance(code[0], ast.Raise):
        return False
    raised = code[0].exc.func if isinstance(code[0].exc, ast.Call) else code[0].exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


def _asks_for_partition(statement: ast.stmt) -> bool:
    asked = statement.value if isinstance(statement, ast.Assign) else None
    return isinstance(asked, ast.Call) and isinstance(asked.func, ast.Name) and asked.func.id == "current_partition"

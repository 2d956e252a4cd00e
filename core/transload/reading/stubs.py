"""Functions whose code is still to be moved: they do nothing but raise `NotImplementedError`."""

from __future__ import annotations

import ast
import inspect
import tokenize
from collections.abc import Sequence
from types import CodeType
from typing import Any, Final

MARK: Final = "__transload_stub__"
"""The attribute of a stub that was made without source."""

_ERROR: Final = "NotImplementedError"


def is_stub_node(node: ast.AST, helper: str | None = None) -> bool:
    """Whether a function of source is a stub; a lambda cannot raise. `asked` is the function that it may call before, for a name."""
    return not isinstance(node, ast.Lambda) and _is_stub_body(getattr(node, "body", []), helper)


def is_stub(function: Any, helper: str | None = None) -> bool:
    """Whether a function that was loaded is a stub."""
    if getattr(function, MARK, False):
        return True
    code = getattr(function, "__code__", None)
    if code is None or _ERROR not in code.co_names:
        return False
    shape = (code.co_filename, code.co_code, code.co_names)
    if shape not in _SHAPES:
        body = _body(code)
        if body is None:
            return False
        _SHAPES[shape] = _is_stub_body(body, helper)
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


def _is_stub_body(body: Sequence[ast.stmt], helper: str | None) -> bool:
    code = body[1:] if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) else body
    if len(code) > 1 and helper is not None and _is_call(code[0], helper):
        code = code[1:]
    if len(code) != 1 or not isinstance(code[0], ast.Raise):
        return False
    raised = code[0].exc.func if isinstance(code[0].exc, ast.Call) else code[0].exc
    return isinstance(raised, ast.Name) and raised.id == _ERROR


def _is_call(statement: ast.stmt, function: str) -> bool:
    """Whether a statement gives a name to what a function returns."""
    value = statement.value if isinstance(statement, ast.Assign) else None
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == function

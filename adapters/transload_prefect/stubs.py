"""Tasks whose code is still to be moved: their body only says so."""

from __future__ import annotations

import ast
import textwrap
from inspect import getsource
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
    try:
        tree = ast.parse(textwrap.dedent(getsource(function)))
    except (OSError, SyntaxError, TypeError):
        return False
    node = tree.body[0] if tree.body else None
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and is_stub_body(node.body)


def is_stub_body(body: list[ast.stmt]) -> bool:
    """Whether statements, a docstring apart, do nothing but raise `NotImplementedError`."""
    code = body[1:] if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) else body
    if len(code) != 1 or not isinstance(code[0], ast.Raise):
        return False
    raised = code[0].exc.func if isinstance(code[0].exc, ast.Call) else code[0].exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"

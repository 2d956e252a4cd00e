"""Tasks whose code is still to be moved: their body only says so."""

from __future__ import annotations

import ast
from typing import Any, Final

from transload_prefect.lines import table

STUB: Final = "__transload_stub__"
"""The attribute of a function that was made without source."""


def is_stub(function: Any) -> bool:
    """Whether a function does nothing but raise `NotImplementedError`."""
    if getattr(function, STUB, False):
        return True
    code = getattr(function, "__code__", None)
    if code is None or "NotImplementedError" not in code.co_names:
        return False
    node = table(code.co_filename).definitions.get(code.co_firstlineno)
    return node is not None and node.name == code.co_name and is_stub_body(node.body)


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

"""Forms as expressions."""

from __future__ import annotations

import ast
from typing import Any

from transload.forms import OPERATORS, Constant, Form
from transload.writing.expressions import attribute, call, dict_, list_, literal, operation
from transload.writing.module import Source

__all__ = ["Constant", "Form", "to_expr"]


def to_expr(value: Any, source: Source) -> ast.expr:
    """The expression of a form or of a plain value; what it names is imported into `source`.

    A package that `source` imports as a whole under an alias is named through it (`dg.AssetKey`).
    """
    if isinstance(value, ast.expr):
        return value
    if isinstance(value, Constant):
        return source.reference(value.name)
    if isinstance(value, Form):
        return _call(value, source)
    if isinstance(value, list):
        return list_([to_expr(item, source) for item in value])
    if isinstance(value, tuple):
        return ast.Tuple([to_expr(item, source) for item in value], ast.Load())
    if isinstance(value, dict):
        return dict_([(to_expr(key, source), to_expr(item, source)) for key, item in value.items()])
    return literal(value)


def _call(value: Form, source: Source) -> ast.expr:
    args = [to_expr(argument, source) for argument in value.args]
    kwargs = {key: to_expr(argument, source) for key, argument in value.kwargs.items()}
    if value.name in OPERATORS:
        return operation(value.name, *args)
    if value.name.startswith("."):
        return call(attribute(args[0], value.name[1:]), *args[1:], **kwargs)
    return call(source.reference(value.name), *args, **kwargs)

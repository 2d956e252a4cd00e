"""Forms as expressions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any, Final

from transload.forms import OPERATORS, Constant, Form
from transload.writing.constants import WRITERS, is_data
from transload.writing.expressions import LOAD, attribute, call_of, literal, operation
from transload.writing.module import Source

__all__ = ["Constant", "Form", "to_expr"]


def to_expr(value: Any, source: Source) -> ast.expr:
    """The expression of a form or of a plain value; what it names is imported into `source`.

    A package that `source` imports as a whole under an alias is named through it (`dg.AssetKey`).
    """
    plain = WRITERS.get(type(value))
    if plain is not None:
        return plain(value)
    if is_data(value):
        return ast.Constant(value)
    write = _WRITERS.get(type(value))
    return literal(value) if write is None else write(value, source)


def _call(value: Form, source: Source) -> ast.expr:
    args = [to_expr(argument, source) for argument in value.args]
    kwargs = {key: to_expr(argument, source) for key, argument in value.kwargs.items()}
    if value.name in OPERATORS:
        return operation(value.name, *args)
    if value.name.startswith("."):
        return call_of(attribute(args[0], value.name[1:]), args[1:], kwargs)
    return call_of(source.reference(value.name), args, kwargs)


_WRITERS: Final[Mapping[type, Callable[[Any, Source], ast.expr]]] = {
    Constant: lambda value, source: source.reference(value.name),
    Form: _call,
    list: lambda value, source: ast.List([to_expr(item, source) for item in value], LOAD),
    tuple: lambda value, source: ast.Tuple([to_expr(item, source) for item in value], LOAD),
    dict: lambda value, source: ast.Dict(
        [to_expr(key, source) for key in value], [to_expr(item, source) for item in value.values()]
    ),
}

"""Statements from expressions. Imports are collected by `transload.writing.module.Source`, not written by hand."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Sequence
from typing import Any, Final

from transload.writing.expressions import call, literal
from transload.writing.parameters import Parameter, arguments
from transload.writing.words import word

STORE: Final = ast.Store()

# Python 3.12 added the field; its parser always gives a list.
_GENERIC: Final[dict[str, Any]] = {"type_params": []} if "type_params" in ast.FunctionDef._fields else {}
_SPACE: Final = re.compile(r"\s")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_DOCUMENTED: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def assign(target: str, value: Any) -> ast.stmt:
    """`target = value`; the value is an expression or a plain value."""
    return ast.Assign(targets=[ast.Name(id=word(target), ctx=STORE)], value=literal(value), lineno=0)


def expression(value: ast.expr) -> ast.stmt:
    """An expression for its effect."""
    return ast.Expr(value=value)


def function(  # noqa: PLR0913 - each keyword is a part of Python's own statement
    name: str,
    *,
    parameters: Sequence[str | Parameter] = (),
    body: Sequence[ast.stmt] = (),
    decorators: Sequence[ast.expr] = (),
    returns: ast.expr | None = None,
    docstring: str | None = None,
    is_async: bool = False,
) -> ast.stmt:
    """A function. Without a body it does nothing. The docstring is written as `docstring_of` gives it.

    Raises `SourceError` for a name or a parameter that cannot be written.
    """
    kind = ast.AsyncFunctionDef if is_async else ast.FunctionDef
    return kind(
        name=word(name),
        args=arguments(parameters),
        body=_documented(docstring, body),
        decorator_list=list(decorators),
        returns=returns,
        lineno=0,
        **_GENERIC,
    )


def with_(context: ast.expr, body: Sequence[ast.stmt], alias: str | None = None) -> ast.stmt:
    """`with context as alias:`."""
    target = ast.Name(id=word(alias), ctx=STORE) if alias is not None else None
    items = [ast.withitem(context_expr=context, optional_vars=target)]
    return ast.With(items=items, body=_documented(None, body), lineno=0)


def main_guard(body: Sequence[ast.stmt]) -> ast.stmt:
    """`if __name__ == "__main__":`."""
    test = ast.Compare(
        left=ast.Name(id="__name__", ctx=ast.Load()), ops=[ast.Eq()], comparators=[ast.Constant("__main__")]
    )
    return ast.If(test=test, body=_documented(None, body), orelse=[])


def if_(test: ast.expr, body: Sequence[ast.stmt]) -> ast.stmt:
    """`if test:`."""
    return ast.If(test=test, body=_documented(None, body), orelse=[])


def raise_(error: ast.expr) -> ast.stmt:
    """`raise error`."""
    return ast.Raise(exc=error)


def not_implemented(message: Any) -> ast.stmt:
    """`raise NotImplementedError(message)`: the body of a function whose code is still to be moved."""
    return raise_(call("NotImplementedError", message))


def return_(value: Any) -> ast.stmt:
    """`return value`; the value is an expression or a plain value."""
    return ast.Return(value=literal(value))


def docstring_of(text: str) -> str:
    r"""A text as it reads when it is a docstring: no indentation in common (PEP 257), no white space but spaces, none at the ends.

    A double quote at either end has a space beside it, as formatters demand, and three of them become single ones; a lone
    surrogate becomes U+FFFD. Where this changes the text, and it matters, write it as an argument too.

    >>> docstring_of("  One line.\n\n    And more. ")
    'One line.\n\nAnd more.'
    """
    clean = (text.strip() if text.isprintable() else _unindented(text)).replace('"""', "'''")
    start, end = clean.startswith('"'), clean.endswith('"')
    return f"{' ' * start}{clean}{' ' * end}"


def _unindented(text: str) -> str:
    """A text that has more than one line, or white space but for spaces."""
    # Versions of Python differ in what other white space than the space counts as indentation.
    plain = "\n".join(_SPACE.sub(" ", line.expandtabs()) for line in text.strip().splitlines())
    # Python 3.13 does not compile a docstring that has one, not even escaped.
    plain = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", plain)
    lines = inspect.cleandoc(plain).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def documentation(text: str | None) -> list[ast.stmt]:
    """The docstring as a statement, or none if there is no text."""
    clean = docstring_of(text) if text else ""
    return [ast.Expr(value=ast.Constant(clean))] if clean else []


def indent_docstrings(statements: Sequence[ast.stmt], indent: str = "") -> None:
    """Give the lines of docstrings, in place, the indentation that they have in the text of a module."""
    pending: list[tuple[Any, str]] = [(each, indent) for each in statements if "body" in each._fields]
    while pending:
        node, indent = pending.pop()
        body: list[ast.stmt] = node.body
        deeper = f"{indent}    "
        pending += [(each, deeper) for each in body if "body" in each._fields]
        first = body[0]
        if isinstance(node, _DOCUMENTED) and isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            first.value = ast.Constant(_indented(first.value.value, deeper))


def _indented(text: Any, indent: str) -> Any:
    if not isinstance(text, str) or "\n" not in text:
        return text
    first, *others = inspect.cleandoc(text).split("\n")
    return "\n".join([first, *(f"{indent}{line}".rstrip() for line in others)])


def _documented(docstring: str | None, body: Sequence[ast.stmt]) -> list[ast.stmt]:
    return [*documentation(docstring), *body] or [ast.Pass()]

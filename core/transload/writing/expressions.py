"""Expressions from plain values and names. Nothing here takes source text, so that no text can become code."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import reduce
from typing import Any, Final

from transload.errors import SourceError
from transload.writing.constants import MAX_DEPTH, WRITERS, constant, is_data
from transload.writing.parameters import Parameter, arguments
from transload.writing.words import is_word, word, words

Expr = ast.expr

LOAD: Final = ast.Load()

MAX_CHAIN: Final = 100
"""How many operands of an operator may stand side by side: each is one level of the tree, and `ast.unparse` recurses."""


class Omit:
    """The type of `OMIT`."""

    def __repr__(self) -> str:
        return "OMIT"


OMIT: Final = Omit()
"""The value of a keyword argument that is not to be written."""

_BINARY: Final[Mapping[str, ast.operator]] = {
    "&": ast.BitAnd(),
    "|": ast.BitOr(),
    "^": ast.BitXor(),
    ">>": ast.RShift(),
    "<<": ast.LShift(),
    "+": ast.Add(),
    "-": ast.Sub(),
    "*": ast.Mult(),
    "/": ast.Div(),
}
_ASSOCIATIVE: Final = frozenset({"&", "|"})
_BOOLEAN: Final[Mapping[str, ast.boolop]] = {"and": ast.And(), "or": ast.Or()}
_UNARY: Final[Mapping[str, ast.unaryop]] = {"~": ast.Invert(), "not": ast.Not()}


def literal(value: Any) -> Expr:
    """The expression of a plain value; expressions inside of containers stay what they are.

    Takes None, `...`, bool, int, float (infinities and NaN too), str, bytes, list, tuple, set and frozenset (sorted), dict (in its
    order), date, time, datetime and timedelta (`Source` imports what these need), and members of enums, for their value.
    Raises `SourceError` for anything else, subclasses included, whose `repr` could be any code. Containers that hold no expressions
    are one node, an `ast.Constant`, which `ast.unparse` and `Source` write as they write the nodes of the parts.

    >>> ast.unparse(literal({"a": [1, -2.5, float("inf")], "b": {"y", "x"}}))
    "{'a': [1, -2.5, float('inf')], 'b': {'x', 'y'}}"
    """
    return _literal(value, MAX_DEPTH)


def name(dotted: str) -> Expr:
    """A name, dotted or not. Raises `SourceError` if a part of it is no identifier.

    >>> ast.unparse(name("dg.AssetKey"))
    'dg.AssetKey'
    """
    if "." not in dotted:
        return ast.Name(word(dotted), LOAD)
    first, *others = words(dotted)
    node: Expr = ast.Name(first, LOAD)
    for part in others:
        node = ast.Attribute(value=node, attr=part, ctx=LOAD)
    return node


def call(function: str | Expr, /, *args: Any, **kwargs: Any) -> Expr:
    """A call. Arguments are expressions or plain values; keyword arguments that are `OMIT` are left out.

    A keyword that is no identifier is passed by `**{"…": …}`.

    >>> ast.unparse(call("dg.AssetKey", ["a"], group=OMIT, **{"not a word": 1}))
    "dg.AssetKey(['a'], **{'not a word': 1})"
    """
    keywords = {key: _literal(value, MAX_DEPTH) for key, value in kwargs.items() if value is not OMIT} if kwargs else {}
    return call_of(_named(function), [_literal(value, MAX_DEPTH) for value in args], keywords)


def call_of(function: Expr, args: list[Expr], kwargs: Mapping[str, Expr]) -> Expr:
    """`call` where all are expressions already."""
    if not kwargs:
        return ast.Call(function, args, [])
    keywords = [ast.keyword(key, value) for key, value in kwargs.items() if is_word(key)]
    if len(keywords) < len(kwargs):
        odd = dict_((key, value) for key, value in kwargs.items() if not is_word(key))
        keywords.append(ast.keyword(arg=None, value=odd))
    return ast.Call(function, args, keywords)


def attribute(of: str | Expr, attr: str) -> Expr:
    """`of.attr`; `of` is an expression or a dotted name."""
    return ast.Attribute(value=_named(of), attr=word(attr), ctx=LOAD)


def item(of: str | Expr, key: Any) -> Expr:
    """`of[key]`; `of` is an expression or a dotted name."""
    return ast.Subscript(value=_named(of), slice=literal(key), ctx=LOAD)


def operation(operator: str, *operands: Expr) -> Expr:
    """Operands joined by an operator, from left to right; a single operand of a binary operator is itself.

    More than `MAX_CHAIN` operands of `&` and `|` are paired as a balanced tree, which both read alike. Raises `SourceError` for an
    unknown operator, for no operands, and for too many of another operator.

    >>> ast.unparse(operation("|", name("a"), operation("&", name("b"), operation("~", name("c")))))
    'a | b & ~c'
    """
    if operator in _UNARY and len(operands) == 1:
        return ast.UnaryOp(op=_UNARY[operator], operand=operands[0])
    if not operands or operator not in {**_BINARY, **_BOOLEAN}:
        raise SourceError(f"{operator!r} is no operator of {len(operands)} operands that can be written.")
    if len(operands) == 1:
        return operands[0]
    if operator in _BOOLEAN:
        return ast.BoolOp(op=_BOOLEAN[operator], values=list(operands))
    return _chain(operator, operands)


def lambda_(parameters: Sequence[str | Parameter], body: Expr) -> Expr:
    """`lambda …: body`. Raises `SourceError` for a bad parameter (see `transload.writing.parameters`)."""
    return ast.Lambda(args=arguments(parameters), body=body)


def list_(items: Iterable[Any]) -> Expr:
    """A list of expressions or plain values."""
    return literal(list(items))


def dict_(items: Iterable[tuple[Any, Any]]) -> Expr:
    """A dictionary of expressions or plain values, in their order."""
    pairs = [(literal(key), literal(value)) for key, value in items]
    return ast.Dict(keys=[key for key, _ in pairs], values=[value for _, value in pairs])


def _named(function: str | Expr) -> Expr:
    return name(function) if isinstance(function, str) else function


def _chain(operator: str, operands: Sequence[Expr]) -> Expr:
    node = _BINARY[operator]
    if len(operands) <= MAX_CHAIN:
        return reduce(lambda left, right: ast.BinOp(left=left, op=node, right=right), operands)
    if operator not in _ASSOCIATIVE:
        hint = "Write them as several statements."
        raise SourceError(f"{len(operands)} operands of {operator!r} are too many for one expression.", hint=hint)
    middle = len(operands) // 2
    return ast.BinOp(left=_chain(operator, operands[:middle]), op=node, right=_chain(operator, operands[middle:]))


def _literal(value: Any, depth: int) -> Expr:
    write = WRITERS.get(type(value))
    if write is not None:
        return write(value)
    if isinstance(value, ast.expr):
        return value
    if is_data(value, depth):
        return ast.Constant(value)
    container = _CONTAINERS.get(type(value))
    if container is None:
        return constant(value)
    if not depth:
        raise SourceError(
            f"A value nests more than {MAX_DEPTH} containers.", hint="Keep it in a file, and read that file."
        )
    return container(value, depth - 1)


def _items(values: Iterable[Any], depth: int) -> list[Expr]:
    return [_literal(value, depth) for value in values]


def _set(values: Iterable[Any], depth: int) -> Expr:
    items = sorted(_items(values, depth), key=_order)
    return ast.Set(elts=items) if items else ast.Call(func=ast.Name(id="set", ctx=LOAD), args=[], keywords=[])


def _order(node: Expr) -> tuple[str, Any, str]:
    """Texts by themselves and numbers by size, whatever their hashes are."""
    plain = node.value if isinstance(node, ast.Constant) and type(node.value) in (str, int) else ""
    return type(plain).__name__, plain, ast.dump(node)


def _frozenset(values: Collection[Any], depth: int) -> Expr:
    args = [_set(values, depth)] if values else []
    return ast.Call(func=ast.Name(id="frozenset", ctx=LOAD), args=args, keywords=[])


def _dict(values: Mapping[Any, Any], depth: int) -> Expr:
    return ast.Dict(keys=[*_items(values, depth)], values=_items(values.values(), depth))


_CONTAINERS: Final[Mapping[type, Callable[[Any, int], Expr]]] = {
    list: lambda values, depth: ast.List(elts=_items(values, depth), ctx=LOAD),
    tuple: lambda values, depth: ast.Tuple(elts=_items(values, depth), ctx=LOAD),
    set: _set,
    frozenset: _frozenset,
    dict: _dict,
}

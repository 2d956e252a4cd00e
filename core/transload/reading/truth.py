"""What can be decided about values: truth and comparisons. None where it cannot."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from transload.reading.values import (
    CONTAINERS,
    SCALARS,
    Attribute,
    Call,
    Class,
    Function,
    Iterated,
    ProjectModule,
    Symbol,
    Unknown,
    Value,
    agree,
    is_known,
    qualified_name,
)

ORDERED: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], bool]]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}
OLDEST: Final = (3, 10)
"""The oldest Python that projects are read for."""


def decided(value: Value) -> bool | None:
    """The truth of a value."""
    if isinstance(value, Iterated) and value.once:
        return True
    if isinstance(value, (*SCALARS, *CONTAINERS)):
        return bool(value)
    if isinstance(value, Symbol) and value.name in ("typing.TYPE_CHECKING", "typing_extensions.TYPE_CHECKING"):
        return True
    return True if isinstance(value, (Function, Class, ProjectModule)) else None


def compared(sign: ast.cmpop, left: Value, right: Value) -> bool | None:
    """The result of one comparison. Raises what Python raises for values that do not compare."""
    if isinstance(sign, (ast.NotEq, ast.IsNot, ast.NotIn)):
        opposite = _POSITIVE[type(sign)](left, right)
        return None if opposite is None else not opposite
    if type(sign) in _POSITIVE:
        return _POSITIVE[type(sign)](left, right)
    return _ordered(sign, left, right)


def _ordered(sign: ast.cmpop, left: Any, right: Any) -> bool | None:
    if _is_running_version(left) and isinstance(right, tuple):
        return _version(sign, right)
    return ORDERED[type(sign)](left, right) if is_known(left) and is_known(right) else None


def _is_running_version(value: Value) -> bool:
    return isinstance(value, Symbol) and value.name == "sys.version_info"


def _version(sign: ast.cmpop, bound: tuple[Any, ...]) -> bool | None:
    """A comparison with the running version, where every supported version gives the same answer."""
    if not is_known(bound) or bound >= OLDEST:
        return True if bound == OLDEST and isinstance(sign, ast.GtE) else None
    return isinstance(sign, (ast.Gt, ast.GtE))


def _equal(left: Value, right: Value) -> bool | None:
    if is_known(left) and is_known(right):
        return bool(left == right)
    if left is right and not isinstance(left, (*CONTAINERS, Unknown)):
        return True
    members = (
        isinstance(left, Attribute)
        and isinstance(right, Attribute)
        and left.of is right.of
        and isinstance(left.of, Class)
    )
    return False if members else None


def _identical(left: Value, right: Value) -> bool | None:
    if left is None or right is None:
        return _is_none(right if left is None else left)
    if isinstance(left, bool) and isinstance(right, bool):
        return left is right
    if isinstance(left, (*SCALARS, *CONTAINERS)) and isinstance(right, (*SCALARS, *CONTAINERS)):
        return None if type(left) is type(right) else False
    if isinstance(left, (Symbol, Function, Class)) and agree(left, right):
        return True
    return _equal(left, right) if isinstance(left, Attribute) and isinstance(right, Attribute) else None


def _is_none(value: Value) -> bool | None:
    if isinstance(value, (*SCALARS, *CONTAINERS)):
        return value is None
    if isinstance(value, (Function, Class, ProjectModule)):
        return False
    return False if isinstance(value, Call) and _is_construction(value) else None


def _is_construction(call: Call) -> bool:
    """Whether a call makes an object of a class, going by the capital letter that class names have."""
    if isinstance(call.func, Class):
        return True
    last = (qualified_name(call.func) or "").rpartition(".")[2]
    return isinstance(call.func, Symbol) and last[:1].isupper()


def _contained(left: Value, right: Value) -> bool | None:
    if isinstance(right, dict) and is_known(left) and is_known(list(right)):
        return left in right
    if isinstance(right, dict) or (isinstance(right, Iterated) and not right.once and right.is_current()):
        right = list(right)
    if is_known(left) and is_known(right):
        return left in right  # type: ignore[operator]
    if not isinstance(right, CONTAINERS):
        return None
    return True if any(_equal(left, each) for each in right) else None


_POSITIVE: Final[Mapping[type[ast.cmpop], Callable[[Value, Value], bool | None]]] = {
    ast.Eq: _equal,
    ast.In: _contained,
    ast.Is: _identical,
    ast.IsNot: _identical,
    ast.NotEq: _equal,
    ast.NotIn: _contained,
}

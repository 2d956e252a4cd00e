"""Operators: computed over known values, kept over symbolic ones."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from transload.reading.computing import check_operands, percent
from transload.reading.machine import Machine
from transload.reading.truth import decided
from transload.reading.values import CONTAINERS, SCALARS, Iterated, Unknown, Value, first_unknown, is_known

PLAIN: Final = (*SCALARS, *CONTAINERS)
SETS: Final = (set, frozenset)
BINARY: Final[Mapping[type[ast.operator], tuple[str, Callable[[Any, Any], Any]]]] = {
    ast.Add: ("+", operator.add),
    ast.BitAnd: ("&", operator.and_),
    ast.BitOr: ("|", operator.or_),
    ast.BitXor: ("^", operator.xor),
    ast.Div: ("/", operator.truediv),
    ast.FloorDiv: ("//", operator.floordiv),
    ast.LShift: ("<<", operator.lshift),
    ast.MatMult: ("@", operator.matmul),
    ast.Mod: ("%", operator.mod),
    ast.Mult: ("*", operator.mul),
    ast.Pow: ("**", operator.pow),
    ast.RShift: (">>", operator.rshift),
    ast.Sub: ("-", operator.sub),
}
UNARY: Final[Mapping[type[ast.unaryop], tuple[str, Callable[[Any], Any]]]] = {
    ast.Invert: ("~", operator.invert),
    ast.UAdd: ("+", operator.pos),
    ast.USub: ("-", operator.neg),
}


def binary(machine: Machine, node: ast.BinOp) -> Value:
    """Long chains of operators lean to the left: they are walked down and computed on the way back."""
    chain = [node]
    while isinstance(chain[-1].left, ast.BinOp):
        chain.append(chain[-1].left)
    result = machine.value(chain[-1].left)
    for link in reversed(chain):
        machine.step()
        result = operated(machine, link, result, machine.value(link.right))
    return result


def operated(machine: Machine, node: ast.BinOp | ast.AugAssign, left: Value, right: Value) -> Value:
    """The value of `left operator right`."""
    sign, compute = BINARY[type(node.op)]
    if isinstance(left, Iterated) or isinstance(right, Iterated):
        return machine.unknown("operators of what is iterated over are not computed", node)
    if sign in "-&^" and isinstance(left, SETS) and not (is_known(left) and is_known(right)):
        return first_unknown([left, right]) or machine.unknown("which elements are equal is not known", node)
    if isinstance(left, PLAIN) and isinstance(right, PLAIN):
        certain = is_known(left) and is_known(right)
        return machine.computed(node, lambda: _computed(sign, compute, left, right), certain=certain)
    unknown = next((side for side in (left, right) if isinstance(side, Unknown)), None)
    return unknown or machine.operation(sign, (left, right), node)


def _computed(sign: str, compute: Callable[[Any, Any], Any], left: Any, right: Any) -> Value:
    check_operands(sign, left, right)
    if sign == "%" and isinstance(left, (str, bytes)):
        return percent(left, right)
    return compute(left, right)


def _applied(compute: Callable[[Any], Any], operand: Any) -> Value:
    return compute(operand)


def unary(machine: Machine, node: ast.UnaryOp) -> Value:
    """`-x`, `+x`, `~x` and `not x`."""
    operand = machine.value(node.operand)
    if isinstance(node.op, ast.Not):
        truth = decided(operand)
        return machine.undecided(node.operand) if truth is None else not truth
    sign, compute = UNARY[type(node.op)]
    if isinstance(operand, PLAIN):
        return machine.computed(node, lambda: _applied(compute, operand), certain=is_known(operand))
    return operand if isinstance(operand, Unknown) else machine.operation(sign, (operand,), node)

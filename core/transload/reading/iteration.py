"""Iteration over values: what there is to go through, and where that is not known."""

from __future__ import annotations

import ast

from transload.reading.computing import elements
from transload.reading.machine import Machine
from transload.reading.values import Class, Unknown, Value


def items(machine: Machine, value: Value, node: ast.AST) -> list[Value] | None:
    """What iterating over a value gives. None where that is not known."""
    value = machine.spent(value, node)
    if isinstance(value, Class):
        return list(dict.fromkeys(machine.enumeration(value).values())) or None
    if may_coincide(value):
        return None
    if isinstance(value, (list, tuple, set, frozenset, dict, str, bytes)):
        return elements(value)
    return None


def may_coincide(value: Value) -> bool:
    """Whether a set or dictionary has several keys of which one is unknown, and may be equal to another."""
    if not isinstance(value, (dict, set, frozenset)) or len(value) < 2:
        return False
    return any(isinstance(each, Unknown) for each in value)

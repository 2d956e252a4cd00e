"""Loops: every round where that is certain, otherwise one that may not happen."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from functools import lru_cache
from typing import Final

from transload.reading import assigning, iteration
from transload.reading.computing import CHANGING, CHANGING_KNOWN
from transload.reading.machine import MAX_ITERATIONS, NEXT, Machine, Outcome
from transload.reading.truth import decided
from transload.reading.values import MISSING, MUTABLE, Unknown, Value

METHODS: Final = frozenset(
    name for table in (CHANGING, CHANGING_KNOWN) for methods in table.values() for name in methods
)
"""Methods that change what they are called on."""


def loop(machine: Machine, node: ast.For | ast.AsyncFor) -> Outcome:
    """`for`: every round over known elements, otherwise one that may not happen."""
    value = machine.value(node.iter)
    elements = iteration.items(machine, value, node.iter)
    if elements is None:
        doubt = (
            value
            if isinstance(value, Unknown)
            else machine.unknown("its elements are not known before run time", node.iter, value)
        )
        return _loop_once(machine, node, doubt)
    if len(elements) > MAX_ITERATIONS:
        machine.problem(f"The loop has more than {MAX_ITERATIONS:,} rounds; only the first were followed.", node)
    return _unrolled(machine, node, elements[:MAX_ITERATIONS])


def _unrolled(machine: Machine, node: ast.For | ast.AsyncFor, elements: Sequence[Value]) -> Outcome:
    outer, left = machine.regions, frozenset[str]()
    doubt: Unknown | None = None
    try:
        for each in elements:
            machine.step()
            assigning.assign(machine, node.target, each)
            outcome = machine.block(node.body)
            left |= outcome & {"return", "raise"}
            if not outcome & {"next", "continue"}:
                return left | (NEXT if "break" in outcome else frozenset())
            if outcome & {"break", "return"}:
                doubt = machine.unknown("in which round the loop ends is not known before run time", node.target)
                machine.doubt_from_here()
    finally:
        machine.regions = outer
    if doubt:
        assigning.assign(machine, node.target, doubt)
        _forget(machine, node, doubt)
    return left | _or_else(machine, node, doubt)


def _or_else(machine: Machine, node: ast.For | ast.AsyncFor | ast.While, doubt: Unknown | None) -> Outcome:
    """The `else` of a loop, which the loop may have left before if there is a doubt."""
    if not node.orelse or doubt is None:
        return machine.block(node.orelse) if node.orelse else NEXT
    return machine.alternatives([lambda: machine.block(node.orelse), lambda: NEXT], doubt)


def _forget(machine: Machine, node: ast.For | ast.AsyncFor | ast.While, doubt: Unknown) -> None:
    """Names that a loop binds, whose number of rounds is not known, are unknown in and after it."""
    bound, changed = _touched(node)
    for name in bound:
        if machine.scope.lookup(name) is not MISSING:
            machine.scope.assign(name, doubt)
    for name in changed:
        value = machine.scope.lookup(name)
        if isinstance(value, MUTABLE):
            machine.taint(value, replace(doubt, of=copy(value)))


@lru_cache(maxsize=1024)
def _touched(node: ast.For | ast.AsyncFor | ast.While) -> tuple[frozenset[str], frozenset[str]]:
    """The names that the body of a loop binds, and those of containers that it changes and reads."""
    nodes = [each for statement in node.body for each in ast.walk(statement)]
    bound = {each.id for each in nodes if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    changed = [
        each.value.id
        for each in nodes
        if isinstance(each, (ast.Attribute, ast.Subscript))
        and isinstance(each.value, ast.Name)
        and (each.attr in METHODS if isinstance(each, ast.Attribute) else not isinstance(each.ctx, ast.Load))
    ]
    read = Counter(each.id for each in nodes if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load))
    return frozenset(bound), frozenset(each for each in changed if read[each] > changed.count(each))


def _loop_once(machine: Machine, node: ast.For | ast.AsyncFor, doubt: Unknown) -> Outcome:
    left: Outcome = frozenset()

    def body() -> Outcome:
        nonlocal left
        _forget(machine, node, doubt)
        assigning.assign(machine, node.target, doubt)
        left = machine.block(node.body)
        return _ended(left)

    outcome = machine.alternatives([body, lambda: NEXT], doubt)
    return outcome | _or_else(machine, node, doubt if "break" in left else None)


def _ended(outcome: Outcome) -> Outcome:
    """How a loop ends whose body ended so."""
    return (outcome - {"break", "continue"}) | (NEXT if outcome & {"break", "continue"} else frozenset())


def repetition(machine: Machine, node: ast.While) -> Outcome:
    """`while`: as long as its test is certain, otherwise one round that may not happen."""
    for _ in range(MAX_ITERATIONS):
        test = machine.value(node.test)
        truth = decided(test)
        if truth is False:
            return machine.block(node.orelse) if node.orelse else NEXT
        if truth is None or isinstance(node.test, ast.Constant):
            doubt = test if isinstance(test, Unknown) else machine.undecided(node.test)
            return _repeated_once(machine, node, doubt)
        outcome = machine.block(node.body)
        if len(outcome) > 1 and outcome & {"break", "return"}:
            doubt = machine.unknown("in which round the loop ends is not known before run time", node.test)
            _forget(machine, node, doubt)
            return _ended(outcome) | _or_else(machine, node, doubt)
        if not outcome & {"next", "continue"}:
            return _ended(outcome)
    machine.problem(f"The loop has more than {MAX_ITERATIONS:,} rounds; only the first were followed.", node)
    return NEXT


def _repeated_once(machine: Machine, node: ast.While, doubt: Unknown) -> Outcome:
    def body() -> Outcome:
        _forget(machine, node, doubt)
        return _ended(machine.block(node.body))

    outcome = machine.alternatives([body, lambda: NEXT], doubt)
    endless = isinstance(node.test, ast.Constant)
    return outcome | _or_else(machine, node, doubt) if node.orelse and not endless else outcome

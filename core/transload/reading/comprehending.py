"""Comprehensions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from transload.reading import assigning, iteration
from transload.reading.machine import MAX_ITERATIONS, Machine, ProjectError
from transload.reading.scope import Scope
from transload.reading.truth import decided
from transload.reading.values import MISSING, Iterated, Unknown, Value, is_known

Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


def sequence(machine: Machine, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Value:
    """`[… for …]`, `{… for …}` and `(… for …)`; a generator is evaluated at once."""
    results: list[Value] = []
    sources: list[Value] = []
    try:
        doubt = _comprehended(machine, node, lambda: results.append(machine.value(node.elt)), sources)
    except ProjectError as error:
        if not isinstance(node, ast.GeneratorExp):
            raise
        doubt = error.doubt
    if doubt:
        return replace(doubt, of=results)
    if isinstance(node, ast.GeneratorExp):
        return machine.born(Iterated(results, watched=sources))
    if isinstance(node, ast.ListComp):
        return machine.born(results)
    return machine.computed(node, lambda: set(results), certain=is_known(results))


def dictionary(machine: Machine, node: ast.DictComp) -> Value:
    """`{…: … for …}`."""
    pairs: list[tuple[Value, Value]] = []
    doubt = _comprehended(machine, node, lambda: pairs.append((machine.value(node.key), machine.value(node.value))), [])
    return replace(doubt, of=pairs) if doubt else machine.computed(node, lambda: dict(pairs))


def _comprehended(
    machine: Machine, node: Comprehension, emit: Callable[[], None], sources: list[Value]
) -> Unknown | None:
    """Only what the first `for` goes through is evaluated outside: in a class body the rest does not see its names."""
    scope = Scope(machine.scope.file, "comprehension", machine.scope, machine.scope.qualname)
    source = machine.value(node.generators[0].iter)
    sources.append(source)
    with machine.inside(scope):
        return _generate(machine, node.generators, emit, source)


def _generate(
    machine: Machine, generators: Sequence[ast.comprehension], emit: Callable[[], None], value: Value = MISSING
) -> Unknown | None:
    """Run the rest of the generators for each item of the first. The answer is why the result is unknown, if it is."""
    if not generators:
        emit()
        return None
    first, *rest = generators
    value = machine.value(first.iter) if value is MISSING else value
    elements = iteration.items(machine, value, first.iter)
    if elements is None or len(elements) > MAX_ITERATIONS:
        return _once(machine, generators, emit, value)
    doubt: Unknown | None = None
    for each in elements:
        machine.step()
        assigning.assign(machine, first.target, each)
        doubt = _filtered(machine, first.ifs, lambda: _generate(machine, rest, emit)) or doubt
    return doubt


def _once(machine: Machine, generators: Sequence[ast.comprehension], emit: Callable[[], None], value: Value) -> Unknown:
    first, *rest = generators
    doubt = (
        value
        if isinstance(value, Unknown)
        else machine.unknown("its elements are not known before run time", first.iter, value)
    )
    with machine.region():
        assigning.assign(machine, first.target, doubt)
        _filtered(machine, first.ifs, lambda: _generate(machine, rest, emit))
    return doubt


def _filtered(machine: Machine, tests: Sequence[ast.expr], action: Callable[[], Unknown | None]) -> Unknown | None:
    for test in tests:
        truth = decided(machine.value(test))
        if truth is None:
            with machine.region():
                action()
            return machine.undecided(test)
        if not truth:
            return None
    return action()

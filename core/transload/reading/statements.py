"""Statements: one handler for each kind of syntax. Each tells how the statement may end."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from transload.reading import assigning, attempting, exceptions, importing, looping, matching
from transload.reading.machine import NEXT, RAISE, Machine, Outcome, ProjectError
from transload.reading.operators import operated
from transload.reading.truth import decided
from transload.reading.values import Unknown

TRY: Final = tuple(kind for kind in (ast.Try, getattr(ast, "TryStar", None)) if kind is not None)
_TYPE_ALIAS: Final = tuple(kind for kind in (getattr(ast, "TypeAlias", None),) if kind is not None)


def execute(machine: Machine, statements: Sequence[ast.stmt]) -> Outcome:
    """Execute a block. What follows a statement that may have left the block is itself not certain."""
    left: Outcome = frozenset()
    for position, statement in enumerate(statements):
        doubts = machine.doubts
        outcome = _executed(machine, statement)
        if machine.attempts and machine.doubts > doubts and outcome == NEXT:
            machine.doubt_from_here()
        if "next" not in outcome:
            return left | outcome
        if len(outcome) > 1:
            rest = statements[position + 1 :]
            return left | (outcome - NEXT) | _doubtful_rest(machine, rest, outcome, statement)
    return left | NEXT


def _executed(machine: Machine, statement: ast.stmt) -> Outcome:
    """How a statement ends; names that it would have bound for the first time say why they are not."""
    try:
        return machine.statement(statement)
    except ProjectError as error:
        machine.raised = error
        for name in _targets(statement):
            if machine.scope.kind == "module" and name not in machine.scope.names:
                machine.scope.assign(name, error.doubt)
        return RAISE


def _targets(statement: ast.stmt) -> list[str]:
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)):
        return []
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return [each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]


def _doubtful_rest(machine: Machine, rest: Sequence[ast.stmt], outcome: Outcome, node: ast.stmt) -> Outcome:
    test = getattr(node, "test", getattr(node, "iter", node))
    doubt = machine.undecided(test)
    if not outcome & {"break", "continue"}:
        if machine.frames and machine.frames[-1].doubt is None:
            machine.frames[-1].doubt = doubt
        with machine.region():
            return execute(machine, rest)
    return machine.alternatives([lambda: execute(machine, rest), lambda: NEXT], doubt)


def expression(machine: Machine, node: ast.Expr) -> Outcome:
    """An expression for its effects."""
    machine.value(node.value)
    return NEXT


def assignment(machine: Machine, node: ast.Assign) -> Outcome:
    """`a = b = …`."""
    value = machine.value(node.value)
    for target in node.targets:
        assigning.assign(machine, target, value)
    return NEXT


def annotated(machine: Machine, node: ast.AnnAssign) -> Outcome:
    """`a: int = …`."""
    if node.value is not None:
        assigning.assign(machine, node.target, machine.value(node.value))
    return NEXT


def augmented(machine: Machine, node: ast.AugAssign) -> Outcome:
    """`a += …`: containers change in place."""
    current = machine.value(node.target)
    addition = machine.value(node.value)
    result = assigning.augment(machine, node, current, addition)
    assigning.assign(machine, node.target, operated(machine, node, current, addition) if result is None else result)
    return NEXT


def returned(machine: Machine, node: ast.Return) -> Outcome:
    """`return …`."""
    value = machine.value(node.value) if node.value else None
    if machine.frames:
        machine.frames[-1].returned.append(value)
    return frozenset({"return"})


def raised(machine: Machine, node: ast.Raise) -> Outcome:
    """`raise …`; of the exception itself only the class is of interest."""
    kind = exceptions.kind_of(machine, machine.value(node.exc)) if node.exc else None
    raise ProjectError(machine.unknown("an exception is raised", node), kind)


def asserted(machine: Machine, node: ast.Assert) -> Outcome:
    """`assert …` is taken to hold where that is not known."""
    test = machine.value(node.test)
    if decided(test) is False:
        raise ProjectError(machine.unknown("what is asserted does not hold", node), AssertionError)
    if decided(test) is None:
        machine.doubts += 1
    return NEXT


def conditional(machine: Machine, node: ast.If) -> Outcome:
    """`if`: the one branch, or both where that is not decided."""
    test = machine.value(node.test)
    truth = decided(test)
    if truth is not None:
        return machine.block(node.body if truth else node.orelse)
    doubt = test if isinstance(test, Unknown) else machine.undecided(node.test)
    branches = [lambda: machine.block(node.body), lambda: machine.block(node.orelse)]
    return machine.alternatives(branches, doubt)


def definition(machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Outcome:
    """`def`."""
    machine.scope.assign(node.name, machine.function(node))
    return NEXT


def class_definition(machine: Machine, node: ast.ClassDef) -> Outcome:
    """`class`."""
    machine.scope.assign(node.name, machine.class_(node))
    return NEXT


def declared_global(machine: Machine, node: ast.Global) -> Outcome:
    """`global`."""
    for name in node.names:
        machine.scope.declare_global(name)
    return NEXT


def declared_nonlocal(machine: Machine, node: ast.Nonlocal) -> Outcome:
    """`nonlocal`."""
    for name in node.names:
        machine.scope.declare_nonlocal(name)
    return NEXT


def deleted(machine: Machine, node: ast.Delete) -> Outcome:
    """`del`."""
    for target in node.targets:
        assigning.delete(machine, target)
    return NEXT


def type_alias(machine: Machine, node: Any) -> Outcome:
    """`type X = …`."""
    assigning.assign(machine, node.name, machine.annotation(node.value))
    return NEXT


def _ends(how: str) -> Callable[[Machine, ast.stmt], Outcome]:
    outcome = frozenset({how})
    return lambda machine, node: outcome


HANDLERS: Final[Mapping[type[ast.stmt], Callable[[Machine, Any], Outcome]]] = {
    ast.AnnAssign: annotated,
    ast.Assert: asserted,
    ast.Assign: assignment,
    ast.AsyncFor: looping.loop,
    ast.AsyncFunctionDef: definition,
    ast.AsyncWith: attempting.context,
    ast.AugAssign: augmented,
    ast.Break: _ends("break"),
    ast.ClassDef: class_definition,
    ast.Continue: _ends("continue"),
    ast.Delete: deleted,
    ast.Expr: expression,
    ast.For: looping.loop,
    ast.FunctionDef: definition,
    ast.Global: declared_global,
    ast.If: conditional,
    ast.Import: importing.module_import,
    ast.ImportFrom: importing.name_import,
    ast.Match: matching.match,
    ast.Nonlocal: declared_nonlocal,
    ast.Pass: _ends("next"),
    ast.Raise: raised,
    ast.Return: returned,
    ast.While: looping.repetition,
    ast.With: attempting.context,
    **dict.fromkeys(TRY, attempting.attempt),
    **dict.fromkeys(_TYPE_ALIAS, type_alias),
}

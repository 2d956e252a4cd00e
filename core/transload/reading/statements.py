"""Statements: one handler for each kind of syntax. Each tells how the statement may end."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from transload.reading import assigning, comprehending, importing, matching
from transload.reading.machine import MAX_ITERATIONS, NEXT, RAISE, Machine, Outcome
from transload.reading.operators import operated
from transload.reading.truth import decided
from transload.reading.values import Unknown, Value

TRY: Final = tuple(kind for kind in (ast.Try, getattr(ast, "TryStar", None)) if kind is not None)
_TYPE_ALIAS: Final = tuple(kind for kind in (getattr(ast, "TypeAlias", None),) if kind is not None)


def execute(machine: Machine, statements: Sequence[ast.stmt]) -> Outcome:
    """Execute a block. What follows a statement that may have left the block is itself not certain."""
    left: Outcome = frozenset()
    for position, statement in enumerate(statements):
        outcome = machine.statement(statement)
        if "next" not in outcome:
            return left | outcome
        if len(outcome) > 1:
            rest = statements[position + 1 :]
            return left | (outcome - NEXT) | _doubtful_rest(machine, rest, outcome, statement)
    return left | NEXT


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
    """`raise …`; the exception itself is of no interest."""
    return RAISE


def asserted(machine: Machine, node: ast.Assert) -> Outcome:
    """`assert …` is taken to hold."""
    machine.value(node.test)
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


def loop(machine: Machine, node: ast.For | ast.AsyncFor) -> Outcome:
    """`for`: every round over known elements, otherwise one that may not happen."""
    value = machine.value(node.iter)
    elements = comprehending.items(machine, value)
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
    return left | (machine.block(node.orelse) if node.orelse else NEXT)


def _loop_once(machine: Machine, node: ast.For | ast.AsyncFor, doubt: Unknown) -> Outcome:
    def body() -> Outcome:
        assigning.assign(machine, node.target, doubt)
        return _ended(machine.block(node.body))

    outcome = machine.alternatives([body, lambda: NEXT], doubt)
    return outcome | (machine.block(node.orelse) if node.orelse else NEXT)


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
            return machine.alternatives([lambda: _ended(machine.block(node.body)), lambda: NEXT], doubt)
        outcome = machine.block(node.body)
        if outcome not in (NEXT, frozenset({"continue"})):
            return _ended(outcome) if len(outcome) == 1 else _ended(outcome) | NEXT
    machine.problem(f"The loop has more than {MAX_ITERATIONS:,} rounds; only the first were followed.", node)
    return NEXT


def attempt(machine: Machine, node: ast.Try) -> Outcome:
    """The body is taken to succeed; what only a handler binds is kept as well."""
    outcome = machine.block(node.body)
    if outcome == RAISE:
        outcome = _handled(machine, node.handlers) or RAISE
    else:
        _unlikely(machine, node.handlers)
        if node.orelse and "next" in outcome:
            outcome = (outcome - NEXT) | machine.block(node.orelse)
    last = machine.block(node.finalbody) if node.finalbody else NEXT
    return outcome if "next" in last else last


def _handled(machine: Machine, handlers: Sequence[ast.ExceptHandler]) -> Outcome | None:
    """How the first handler ends, after a body that certainly raises."""
    for handler in handlers[:1]:
        _bind_exception(machine, handler)
        return machine.block(handler.body)
    return None


def _unlikely(machine: Machine, handlers: Sequence[ast.ExceptHandler]) -> None:
    """Follow handlers for their calls; names that the body bound stay, and a `return` in a handler is not taken."""
    for handler in handlers:
        before = dict(machine.scope.names)
        returned = len(machine.frames[-1].returned) if machine.frames else 0
        with machine.region():
            _bind_exception(machine, handler)
            machine.block(handler.body)
        machine.scope.names.update(before)
        if machine.frames:
            del machine.frames[-1].returned[returned:]


def _bind_exception(machine: Machine, handler: ast.ExceptHandler) -> None:
    if handler.name:
        machine.scope.assign(
            handler.name, machine.unknown("which exception is raised is not known before run time", handler)
        )


def context(machine: Machine, node: ast.With | ast.AsyncWith) -> Outcome:
    """`with`: what is in it is enclosed by its values."""
    outer = machine.within
    try:
        for item in node.items:
            value = machine.value(item.context_expr)
            if item.optional_vars is not None:
                assigning.assign(machine, item.optional_vars, value)
            machine.within = (*machine.within, value)
        return machine.block(node.body)
    finally:
        machine.within = outer


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
    ast.AsyncFor: loop,
    ast.AsyncFunctionDef: definition,
    ast.AsyncWith: context,
    ast.AugAssign: augmented,
    ast.Break: _ends("break"),
    ast.ClassDef: class_definition,
    ast.Continue: _ends("continue"),
    ast.Delete: deleted,
    ast.Expr: expression,
    ast.For: loop,
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
    ast.While: repetition,
    ast.With: context,
    **dict.fromkeys(TRY, attempt),
    **dict.fromkeys(_TYPE_ALIAS, type_alias),
}

"""`try` and `with`: which handler runs, and what is open after a body that may have been left."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from transload.reading import assigning, classes, exceptions
from transload.reading.machine import NEXT, RAISE, Machine, Outcome
from transload.reading.values import Unknown, Value


def attempt(machine: Machine, node: ast.Try) -> Outcome:
    """The body is taken to succeed if nothing in it is unknown; what only a handler binds is kept as well."""
    before, doubts, regions = dict(machine.scope.names), machine.doubts, machine.regions
    machine.attempts += bool(node.handlers)
    outcome = machine.block(node.body)
    machine.attempts -= bool(node.handlers)
    machine.regions = regions
    if outcome == RAISE and machine.doubts == doubts:
        outcome = _handled(machine, node.handlers)
    elif node.handlers and machine.doubts > doubts:
        outcome = _perhaps_handled(machine, node, before, outcome)
    else:
        _unlikely(machine, node.handlers)
        if node.orelse and "next" in outcome:
            outcome = (outcome - NEXT) | machine.block(node.orelse)
    last = machine.block(node.finalbody) if node.finalbody else NEXT
    return outcome if "next" in last else last


def _handled(machine: Machine, handlers: Sequence[ast.ExceptHandler]) -> Outcome:
    """How the handler ends that takes what a body certainly raises."""
    error, possible = machine.raised, list[ast.ExceptHandler]()
    takes: bool | None = False
    for handler in handlers:
        takes = exceptions.takes(machine, handler.type, error.kind if error else None)
        if takes and not possible:
            return _handle(machine, handler)()
        possible += [handler] if takes is not False else []
        if takes:
            break
    else:
        if not possible:
            return RAISE
    doubt = machine.unknown("which exception is raised is not known before run time", handlers[0])
    outcome = machine.alternatives([_handle(machine, each) for each in possible], doubt)
    return outcome if takes else outcome | RAISE


def _handle(machine: Machine, handler: ast.ExceptHandler) -> Callable[[], Outcome]:
    def run() -> Outcome:
        _bind_exception(machine, handler)
        outcome = machine.block(handler.body)
        if handler.name:
            machine.scope.names.pop(handler.name, None)
        return outcome

    return run


def _perhaps_handled(machine: Machine, node: ast.Try, before: Mapping[str, Value], outcome: Outcome) -> Outcome:
    """After a body in which something is unknown, each handler may have run, from anywhere in the body."""
    doubt = machine.unknown("whether an exception is raised is not known before run time", node)
    after = dict(machine.scope.names)

    def went_on() -> Outcome:
        return (outcome - NEXT) | machine.block(node.orelse) if node.orelse and "next" in outcome else outcome

    def handled(handler: ast.ExceptHandler) -> Callable[[], Outcome]:
        def run() -> Outcome:
            for name in {*before, *after}:
                if before.get(name) is not after.get(name):
                    machine.scope.names[name] = doubt
            return _handle(machine, handler)()

        return run

    return machine.alternatives([went_on, *map(handled, node.handlers)], doubt)


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
    outer, suppressing = machine.within, list[Value]()
    try:
        for item in node.items:
            value = machine.value(item.context_expr)
            if item.optional_vars is not None:
                assigning.assign(machine, item.optional_vars, classes.entered(machine, value, item.context_expr))
            machine.within = (*machine.within, value)
            suppressing += [value] if exceptions.may_suppress(value) else []
        machine.attempts += bool(suppressing)
        before, doubts, regions = dict(machine.scope.names), machine.doubts, machine.regions
        outcome = machine.block(node.body)
        machine.attempts -= bool(suppressing)
        if outcome == RAISE and suppressing:
            return exceptions.suppressed(machine, suppressing)
        machine.regions = regions
        if suppressing and machine.doubts > doubts:
            _doubt_changes(machine, before, node)
        return outcome
    finally:
        machine.within = outer


def _doubt_changes(machine: Machine, before: Mapping[str, Value], node: ast.AST) -> Unknown:
    """Names that were bound since are unknown: an exception may have come before."""
    doubt = machine.unknown("whether an exception is raised is not known before run time", node)
    for name, value in list(machine.scope.names.items()):
        if before.get(name) is not value:
            machine.scope.names[name] = doubt
    return doubt

"""`match` statements."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any, Final

from transload.reading.machine import NEXT, Machine, Outcome
from transload.reading.truth import compared, decided
from transload.reading.values import CONTAINERS, SCALARS, Iterated, Unknown, Value

PLAIN: Final = (*SCALARS, *CONTAINERS)


def match(machine: Machine, node: ast.Match) -> Outcome:
    """Take the first case that certainly fits; follow all that may when that is not decided."""
    subject = machine.value(node.subject)
    possible: list[ast.match_case] = []
    for case in node.cases:
        fits = _fits(machine, case, subject)
        if fits is not False:
            possible.append(case)
        if fits:
            break
    else:
        fits = None
    if len(possible) == 1 and fits:
        return machine.block(possible[0].body)
    if not possible:
        return NEXT
    branches: list[Callable[[], Outcome]] = [_branch(machine, case, subject) for case in possible]
    return machine.alternatives([*branches, *([] if fits else [lambda: NEXT])], machine.undecided(node.subject))


def _branch(machine: Machine, case: ast.match_case, subject: Value) -> Callable[[], Outcome]:
    def run() -> Outcome:
        if not _pattern(machine, case.pattern, subject):
            _doubt(machine, case.pattern)
        return machine.block(case.body)

    return run


def _doubt(machine: Machine, pattern: ast.pattern) -> None:
    """Names that an undecided pattern binds are unknown."""
    for part in ast.walk(pattern):
        name = getattr(part, "rest" if isinstance(part, ast.MatchMapping) else "name", None)
        if isinstance(name, str):
            machine.scope.assign(name, machine.unknown("which pattern fits is not known before run time", pattern))


def _fits(machine: Machine, case: ast.match_case, subject: Value) -> bool | None:
    before = dict(machine.scope.owner.names)
    fits = _pattern(machine, case.pattern, subject)
    if not fits:
        machine.scope.owner.names.clear()
        machine.scope.owner.names.update(before)
        return fits
    if case.guard is None:
        return fits
    return decided(machine.value(case.guard))


def _pattern(machine: Machine, pattern: ast.pattern, subject: Value) -> bool | None:
    handler = PATTERNS.get(type(pattern))
    return handler(machine, pattern, subject) if handler else None


def _value(machine: Machine, pattern: ast.MatchValue, subject: Value) -> bool | None:
    return compared(ast.Eq(), subject, machine.value(pattern.value))


def _singleton(machine: Machine, pattern: ast.MatchSingleton, subject: Value) -> bool | None:
    return compared(ast.Is(), subject, pattern.value)


def _any(machine: Machine, pattern: ast.MatchOr, subject: Value) -> bool | None:
    results = [_pattern(machine, each, subject) for each in pattern.patterns]
    return True if True in results else None if None in results else False


def _capture(machine: Machine, pattern: ast.MatchAs, subject: Value) -> bool | None:
    fits = _pattern(machine, pattern.pattern, subject) if pattern.pattern else True
    if fits and pattern.name:
        machine.scope.assign(pattern.name, subject)
    return fits


def _sequence(machine: Machine, pattern: ast.MatchSequence, subject: Value) -> bool | None:
    if isinstance(subject, Iterated):
        return None
    if not isinstance(subject, (list, tuple)):
        return False if isinstance(subject, PLAIN) else None
    stars = [position for position, each in enumerate(pattern.patterns) if isinstance(each, ast.MatchStar)]
    spare = len(subject) - len(pattern.patterns)
    if (not stars and spare) or spare < -1:
        return False
    parts = list(subject)
    if stars:
        parts[stars[0] : stars[0] + spare + 1] = [list(subject[stars[0] : stars[0] + spare + 1])]
    return _every(machine, list(zip(pattern.patterns, parts, strict=True)))


def _star(machine: Machine, pattern: ast.MatchStar, subject: Value) -> bool | None:
    if pattern.name:
        machine.scope.assign(pattern.name, subject)
    return True


def _mapping(machine: Machine, pattern: ast.MatchMapping, subject: Value) -> bool | None:
    if not isinstance(subject, dict):
        return False if isinstance(subject, PLAIN) else None
    keys = [machine.value(key) for key in pattern.keys]
    if any(isinstance(key, Unknown) for key in (*keys, *subject)):
        return None
    if any(key not in subject for key in keys):
        return False
    if pattern.rest:
        machine.scope.assign(pattern.rest, {key: value for key, value in subject.items() if key not in keys})
    return _every(machine, [(each, subject[key]) for each, key in zip(pattern.patterns, keys, strict=True)])


def _every(machine: Machine, pairs: list[tuple[ast.pattern, Value]]) -> bool | None:
    results = [_pattern(machine, pattern, part) for pattern, part in pairs]
    return False if False in results else None if None in results else True


PATTERNS: Final[Mapping[type[ast.pattern], Callable[[Machine, Any, Value], bool | None]]] = {
    ast.MatchAs: _capture,
    ast.MatchMapping: _mapping,
    ast.MatchOr: _any,
    ast.MatchSequence: _sequence,
    ast.MatchSingleton: _singleton,
    ast.MatchStar: _star,
    ast.MatchValue: _value,
}

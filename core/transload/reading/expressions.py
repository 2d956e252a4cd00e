"""Expressions: one handler for each kind of syntax."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from transload.reading import assigning, comprehending, iteration, operators
from transload.reading.computing import BUILTINS, formatted
from transload.reading.machine import COMPUTING_ERRORS, Arguments, Machine, agreed
from transload.reading.paths import path_text
from transload.reading.truth import compared, decided
from transload.reading.values import (
    CONTAINERS,
    MISSING,
    SCALARS,
    Attribute,
    Call,
    Class,
    Item,
    Iterated,
    Place,
    Symbol,
    Unknown,
    Value,
    first_unknown,
    is_known,
)

PLAIN: Final = (*SCALARS, *CONTAINERS)


def constant(machine: Machine, node: ast.Constant) -> Value:
    """A literal."""
    return node.value


def name(machine: Machine, node: ast.Name) -> Value:
    """A name: the nearest binding, a builtin, or what the one star import from elsewhere must give."""
    value = machine.scope.lookup(node.id)
    return _not_bound(machine, node) if value is MISSING else machine.seen(value)


def _not_bound(machine: Machine, node: ast.Name) -> Value:
    if node.id == "__file__":
        module = machine.reference(machine.scope.file.location)
        return Attribute(module, "__file__", Place(machine.scope.file.path, 1))
    if node.id in BUILTINS:
        return machine.symbol(f"builtins.{node.id}")
    stars = machine.scope.module.stars
    if len(stars) == 1:
        return machine.symbol(f"{stars[0]}.{node.id}")
    return machine.unknown(f"the name {node.id} is not bound anywhere", node)


def attribute(machine: Machine, node: ast.Attribute) -> Value:
    """`of.name`."""
    return machine.seen(machine.attribute(machine.value(node.value), node.attr, node))


def call(machine: Machine, node: ast.Call) -> Value:
    """`func(…)`."""
    func = machine.value(node.func)
    arguments = _arguments(machine, node)
    return machine.seen(machine.apply(func, arguments, node))


def _arguments(machine: Machine, node: ast.Call) -> Arguments:
    args, unresolved = _elements(machine, node.args)
    kwargs: dict[str, Value] = {}
    for keyword in node.keywords:
        value = machine.value(keyword.value)
        if keyword.arg is not None:
            kwargs[keyword.arg] = value
        elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
            kwargs.update(value)
        else:
            unresolved.append(_unexpanded(machine, value, keyword.value))
    return Arguments(tuple(args), kwargs, tuple(unresolved))


@dataclass(frozen=True)
class _Spread:
    """A starred element that could not be expanded."""

    value: Value
    node: ast.expr


def _parts(machine: Machine, nodes: Sequence[ast.expr]) -> list[Value]:
    """The elements of a display or the positional arguments of a call, starred ones expanded where they can be."""
    parts: list[Value] = []
    for node in nodes:
        if not isinstance(node, ast.Starred):
            parts.append(machine.value(node))
            continue
        value = machine.value(node.value)
        items = iteration.items(machine, value, node.value)
        parts.extend([_Spread(value, node)] if items is None else items)
    return parts


def _elements(machine: Machine, nodes: Sequence[ast.expr]) -> tuple[list[Value], list[Unknown]]:
    parts = _parts(machine, nodes)
    unresolved = [_unexpanded(machine, part.value, part.node) for part in parts if isinstance(part, _Spread)]
    return [part for part in parts if not isinstance(part, _Spread)], unresolved


def _unexpanded(machine: Machine, value: Value, node: ast.AST) -> Unknown:
    return value if isinstance(value, Unknown) else machine.unknown("its elements are not known before run time", node)


def display(machine: Machine, node: ast.List | ast.Tuple | ast.Set) -> Value:
    """`[…]`, `(…)` and `{…}`."""
    parts = _parts(machine, node.elts)
    if any(isinstance(part, _Spread) for part in parts):
        return _sum(machine, node, parts)
    if isinstance(node, ast.Tuple):
        return machine.computed(node, lambda: tuple(parts))
    if isinstance(node, ast.List):
        return machine.born(parts)
    return machine.computed(node, lambda: set(parts), certain=is_known(parts))


def _sum(machine: Machine, node: ast.List | ast.Tuple | ast.Set, parts: Sequence[Value]) -> Value:
    """`[a, *b]` with a symbolic `b` is the sum of `[a]` and `b`."""
    terms: list[Value] = []
    for part in parts:
        if isinstance(part, _Spread) and isinstance(part.value, Unknown):
            return part.value
        if isinstance(part, _Spread):
            terms.append(part.value)
        elif terms and isinstance(terms[-1], list):
            terms[-1].append(part)
        else:
            terms.append([part])
    return machine.operation("+", terms, node)


def dictionary(machine: Machine, node: ast.Dict) -> Value:
    """`{…: …}`."""
    pairs: list[tuple[Value, Value]] = []
    for key, item in zip(node.keys, node.values, strict=True):
        name = None if key is None else machine.value(key)
        value = machine.value(item)
        if key is not None:
            pairs.append((name, value))
        elif isinstance(value, dict):
            pairs.extend(value.items())
        else:
            return _unexpanded(machine, value, item)
    return machine.computed(node, lambda: dict(pairs))


def boolean(machine: Machine, node: ast.BoolOp) -> Value:
    """`and` and `or`: what follows an undecided operand may not be evaluated."""
    stop = isinstance(node.op, ast.Or)
    for position, operand in enumerate(node.values):
        value = machine.value(operand)
        last = position == len(node.values) - 1
        truth = decided(value)
        if last or truth is stop:
            return value
        if truth is None:
            return _after_doubt(machine, node.values[position + 1 :], operand, value)
    raise AssertionError("a boolean operation has operands")  # pragma: no cover


def _after_doubt(machine: Machine, rest: Sequence[ast.expr], test: ast.expr, value: Value) -> Value:
    for operand in rest:
        with machine.region():
            machine.value(operand)
    return value if isinstance(value, Unknown) else machine.undecided(test)


def conditional(machine: Machine, node: ast.IfExp) -> Value:
    """`… if … else …`: unknown unless decided, or both agree."""
    test = machine.value(node.test)
    truth = decided(test)
    if truth is not None:
        return machine.value(node.body if truth else node.orelse)
    values: list[Value] = []
    for branch in (node.body, node.orelse):
        with machine.region():
            values.append(machine.value(branch))
    return agreed(values, machine.undecided(node.test)) if len(values) == 2 else machine.undecided(node.test)


def comparison(machine: Machine, node: ast.Compare) -> Value:
    """A chain of comparisons."""
    left = machine.value(node.left)
    for sign, operand in zip(node.ops, node.comparators, strict=True):
        right = machine.value(operand)
        if isinstance(sign, (ast.In, ast.NotIn)) and isinstance(right, Iterated) and right.once:
            right = machine.handed(right)
        try:
            result = compared(sign, left, right)
        except COMPUTING_ERRORS as error:
            return machine.failed(error, node, certain=is_known(left) and is_known(right), what="comparing")
        if result is None:
            return first_unknown((left, right)) or machine.undecided(node)
        if not result:
            return False
        left = right
    return True


def joined(machine: Machine, node: ast.JoinedStr) -> Value:
    """An f-string: text only where all of its parts are."""
    pieces: list[str] = []
    for part in node.values:
        value = machine.value(part)
        if not isinstance(value, str):
            return value
        pieces.append(value)
    return machine.computed(node, lambda: "".join(pieces))


CONVERSIONS: Final[Mapping[int, Callable[[Any], str]]] = {ord("a"): ascii, ord("r"): repr, ord("s"): str}


def interpolated(machine: Machine, node: ast.FormattedValue) -> Value:
    """One part of an f-string."""
    value = machine.plain_member(machine.value(node.value))
    spec = machine.value(node.format_spec) if node.format_spec else ""
    path = path_text(value)
    value = value if path is None else path
    if not is_known(value, sets=False) or not isinstance(spec, str):
        return first_unknown((value, spec)) or machine.unknown("its text is not known before run time", node.value)
    convert = CONVERSIONS.get(node.conversion)
    return machine.computed(
        node.value, lambda: formatted(convert(value) if convert else value, spec), certain=path is None
    )


def subscript(machine: Machine, node: ast.Subscript) -> Value:
    """`of[key]`."""
    of = machine.value(node.value)
    key = machine.value(node.slice)
    return machine.seen(item(machine, of, key, node))


def item(machine: Machine, of: Value, key: Value, node: ast.AST) -> Value:  # noqa: PLR0911 - one return per kind of value
    """The value of `of[key]`."""
    unknown = first_unknown((of, key)) if isinstance(of, Unknown) or not isinstance(of, PLAIN) else first_unknown(key)
    if unknown:
        return unknown
    if isinstance(of, Symbol) and of.name == "os.environ":
        return machine.unknown(f"environment variable {key} is not known before run time", node)
    if isinstance(of, Class) and isinstance(key, str) and (member := machine.enumeration(of).get(key)) is not None:
        return member
    if isinstance(of, Call) and (fields := machine.fields.get(of)) is not None and isinstance(key, int):
        return machine.computed(node, lambda: list(fields.values())[key])
    if not isinstance(of, PLAIN):
        return Item(of, machine.settled(key), machine.place(node))
    if isinstance(of, Iterated) and (of.once or of.watched or not isinstance(key, int)):
        return machine.unknown("an element of what is iterated over is not computed", node)
    if isinstance(of, dict) and any(isinstance(each, Unknown) for each in of):
        return machine.unknown("a key of the dictionary is not known before run time", node)
    certain = assigning.is_reachable(of, key)
    return machine.computed(node, lambda: machine.born(of[key]) if isinstance(key, slice) else of[key], certain=certain)  # type: ignore[index, call-overload]


def sliced(machine: Machine, node: ast.Slice) -> Value:
    """`start:stop:step` of known bounds."""
    bounds = [machine.value(bound) if bound else None for bound in (node.lower, node.upper, node.step)]
    return first_unknown(bounds) or slice(*bounds)


def named(machine: Machine, node: ast.NamedExpr) -> Value:
    """`name := …`."""
    value = machine.value(node.value)
    machine.scope.owner.assign(node.target.id, value)
    return value


def awaited(machine: Machine, node: ast.Await) -> Value:
    """`await …` is what it awaits."""
    return machine.value(node.value)


def yielded(machine: Machine, node: ast.Yield) -> Value:
    """`yield …`."""
    value = machine.value(node.value) if node.value else None
    assigning.give(machine, [value], node)
    return machine.unknown("what is sent to a generator is not known before run time", node)


def yielded_from(machine: Machine, node: ast.YieldFrom) -> Value:
    """`yield from …`."""
    value = machine.value(node.value)
    items = iteration.items(machine, value, node.value)
    if items is None and machine.frames:
        machine.frames[-1].doubt = machine.frames[-1].doubt or _unexpanded(machine, value, node)
    assigning.give(machine, [_unexpanded(machine, value, node)] if items is None else items, node)
    return machine.unknown("what a generator returns is not followed", node)


def unsupported(machine: Machine, node: ast.expr) -> Value:
    """Syntax that this evaluator does not know."""
    return machine.unknown(f"{type(node).__name__} is not evaluated", node)


HANDLERS: Final[Mapping[type[ast.expr], Callable[[Machine, Any], Value]]] = {
    ast.Attribute: attribute,
    ast.Await: awaited,
    ast.BinOp: operators.binary,
    ast.BoolOp: boolean,
    ast.Call: call,
    ast.Compare: comparison,
    ast.Constant: constant,
    ast.Dict: dictionary,
    ast.DictComp: comprehending.dictionary,
    ast.FormattedValue: interpolated,
    ast.GeneratorExp: comprehending.sequence,
    ast.IfExp: conditional,
    ast.JoinedStr: joined,
    ast.Lambda: lambda machine, node: machine.function(node),
    ast.List: display,
    ast.ListComp: comprehending.sequence,
    ast.Name: name,
    ast.NamedExpr: named,
    ast.Set: display,
    ast.SetComp: comprehending.sequence,
    ast.Slice: sliced,
    ast.Subscript: subscript,
    ast.Tuple: display,
    ast.UnaryOp: operators.unary,
    ast.Yield: yielded,
    ast.YieldFrom: yielded_from,
}

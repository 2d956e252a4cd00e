"""Assignment to targets, and changes to containers."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable, Sequence
from copy import copy
from pathlib import Path
from typing import Any

from transload.reading import iteration
from transload.reading.computing import NotComputedError, check_operands
from transload.reading.machine import COMPUTING_ERRORS, Machine, ProjectError
from transload.reading.values import (
    CONTAINERS,
    MUTABLE,
    SCALARS,
    Call,
    Class,
    Function,
    Item,
    Iterated,
    ProjectModule,
    Unknown,
    Value,
    is_known,
    lineage,
)


def assign(machine: Machine, target: ast.expr, value: Value) -> None:
    """Bind a target of any form: a name, several, an attribute or an item."""
    if isinstance(target, ast.Name):
        machine.scope.assign(target.id, value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        _unpack(machine, target, value)
    elif isinstance(target, ast.Attribute):
        set_attribute(machine, machine.value(target.value), target.attr, value, target)
    elif isinstance(target, ast.Subscript):
        set_item(machine, target, value)
    elif isinstance(target, ast.Starred):
        assign(machine, target.value, value)


def _unpack(machine: Machine, target: ast.Tuple | ast.List, value: Value) -> None:
    elements = iteration.items(machine, value, target)
    parts = _items_of(machine, target, value) if elements is None else _distributed(machine, target, elements)
    for each, part in zip(target.elts, parts, strict=True):
        assign(machine, each, part)


def _items_of(machine: Machine, target: ast.Tuple | ast.List, value: Value) -> list[Value]:
    """The parts of a value that is unpacked and not known: items of it up to a star."""
    if isinstance(value, Unknown):
        return [value] * len(target.elts)
    parts: list[Value] = []
    for position, each in enumerate(target.elts):
        starred = any(isinstance(other, ast.Starred) for other in target.elts[: position + 1])
        unknown = machine.unknown("how many elements are unpacked is not known before run time", each, value)
        parts.append(unknown if starred else Item(value, position, machine.place(each)))
    return parts


def _distributed(machine: Machine, target: ast.Tuple | ast.List, elements: Sequence[Value]) -> list[Value]:
    stars = [position for position, each in enumerate(target.elts) if isinstance(each, ast.Starred)]
    spare = len(elements) - len(target.elts)
    if (not stars and spare) or spare < -1:
        raise ProjectError(
            machine.unknown(f"{len(elements)} values do not fit {len(target.elts)} targets", target), ValueError
        )
    if not stars:
        return list(elements)
    start, stop = stars[0], stars[0] + spare + 1
    return [*elements[:start], list(elements[start:stop]), *elements[stop:]]


def set_attribute(  # noqa: PLR0913, PLR0917 - the three parts of an assignment, and where it stands
    machine: Machine, of: Value, name: str, value: Value, node: ast.AST
) -> None:
    """`of.name = value`: a field of an instance of the project's own class, otherwise an operation `setattr`."""
    fields = machine.fields.get(of) if isinstance(of, Call) else None
    if fields is not None:
        if is_intercepted(of, name):
            fields[name] = machine.unknown(f"what assigning {name} does is not followed", node)
            return
        certain = not machine.regions or name not in fields
        fields[name] = (
            value if certain else machine.unknown("it is assigned under a condition that is not decided", node)
        )
        return
    if isinstance(of, ProjectModule) and (state := machine.modules.get(Path(of.location))) is not None:
        state.scope.names[name] = (
            value if not machine.regions else machine.unknown("it is assigned under a condition", node)
        )
    if isinstance(of, Class) and isinstance(of.members, dict):
        of.members[name] = value if not machine.regions else machine.unknown("it is assigned under a condition", node)
    if not isinstance(of, (*SCALARS, *CONTAINERS, Unknown)):
        machine.operation("setattr", (of, name, value), node)


def is_intercepted(of: Value, name: str) -> bool:
    """Whether the class of an instance handles the assignment of an attribute itself."""
    if not isinstance(of, Call) or not isinstance(of.func, Class):
        return False
    kinds = [each.members for each in lineage(of.func)]
    return any("__setattr__" in each or isinstance(each.get(name), Function) for each in kinds)


def set_item(machine: Machine, target: ast.Subscript, value: Value) -> None:
    """`of[key] = value`."""
    of = machine.value(target.value)
    key = machine.value(target.slice)
    if of is machine.scope.module.names and isinstance(key, str):
        machine.scope.module.names[key] = value
    elif isinstance(of, (dict, list)) and not isinstance(of, Iterated):
        change(machine, of, lambda held: _stored(held, key, value), target, certain=is_reachable(of, key))
    elif not isinstance(of, (*SCALARS, *CONTAINERS, Unknown)):
        machine.operation("setitem", (of, key, value), target)


def is_reachable(of: Value, key: Value) -> bool:
    """Whether it is known of a key if the container has it."""
    keys = key if not isinstance(key, slice) else [key.start, key.stop, key.step]
    return is_known(keys) and (not isinstance(of, dict) or all(is_known(each) for each in of))


def _stored(of: dict[Value, Value] | list[Value], key: Value, value: Value) -> None:
    if isinstance(key, Unknown):
        raise NotComputedError("the key is not known before run time")
    if isinstance(key, slice) and not isinstance(value, CONTAINERS):
        raise NotComputedError("what the part is replaced by is not known before run time")
    of[key] = value  # type: ignore[call-overload]


def change(  # noqa: PLR0913 - the parts of a change, and where it stands
    machine: Machine, container: Value, action: Callable[[Any], Value], node: ast.AST, *, certain: bool = False
) -> Value:
    """Change a container, or make it unknown where the change is not certain.

    Raises `ProjectError` where Python raises too: `certain` says that all that the change looks at is known.
    """
    seen = machine.seen(container)
    if isinstance(seen, Unknown):
        _perhaps(action, seen.of)
        return seen
    if not machine.may_change(container):
        doubt = machine.unknown("it is changed under a condition that is not decided", node, copy(container))
        _perhaps(action, doubt.of)
        machine.taint(container, doubt)
        return doubt
    try:
        return action(container)
    except COMPUTING_ERRORS as error:
        doubt = machine.failed(error, node, certain=certain, what="the change")
        machine.taint(container, doubt)
        return doubt


def _perhaps(action: Callable[[Any], Value], held: Value) -> None:
    """Change the copy that tells what an unknown container may hold."""
    with contextlib.suppress(*COMPUTING_ERRORS):
        action(held)


def delete(machine: Machine, target: ast.expr) -> None:
    """`del target`."""
    if isinstance(target, ast.Name):
        machine.scope.names.pop(target.id, None)
    elif isinstance(target, (ast.Tuple, ast.List)):
        for each in target.elts:
            delete(machine, each)
    elif isinstance(target, ast.Subscript):
        of, key = machine.value(target.value), machine.value(target.slice)
        if isinstance(of, (dict, list)):
            change(machine, of, lambda held: held.__delitem__(key), target, certain=is_reachable(of, key))


def augment(machine: Machine, node: ast.AugAssign, current: Value, addition: Value) -> Value | None:
    """`list += …`, `dict |= …` and `set |= …` change the container in place. None where a new value has to be bound."""
    if isinstance(current, list) and isinstance(node.op, ast.Mult):
        return change(
            machine, current, lambda held: _repeated(held, addition), node, certain=is_known([current, addition])
        )
    method = _IN_PLACE.get((type(current), type(node.op)))
    if method is None or not isinstance(current, MUTABLE):
        return None
    elements = iteration.items(machine, addition, node)
    is_open = isinstance(current, set) and not (
        isinstance(addition, (set, frozenset))
        and (isinstance(node.op, ast.BitOr) or (is_known(current) and is_known(addition)))
    )
    if isinstance(addition, Unknown) or elements is None or is_open:
        change(machine, current, lambda _: _refuse(addition), node)
    else:
        change(machine, current, lambda held: method(held, addition if isinstance(addition, dict) else elements), node)
    return machine.seen(current)


def _repeated(held: list[Value], times: Any) -> list[Value]:
    check_operands("*", held, times)
    held *= times
    return held


def _refuse(addition: Value) -> None:
    raise TypeError("what is added is not known before run time")


_IN_PLACE: dict[tuple[type, type[ast.operator]], Callable[..., None]] = {
    (list, ast.Add): list.extend,
    (dict, ast.BitOr): dict.update,
    (set, ast.BitAnd): set.intersection_update,
    (set, ast.BitOr): set.update,
    (set, ast.BitXor): set.symmetric_difference_update,
    (set, ast.Sub): set.difference_update,
}


def give(machine: Machine, values: Sequence[Value], node: ast.AST) -> None:
    """What a generator yields."""
    if machine.frames:
        frame = machine.frames[-1]
        frame.yielded.extend(values)
        if machine.regions != frame.regions and frame.doubt is None:
            frame.doubt = machine.unknown("whether it is yielded is not decided", node)

"""Attributes of values of every kind."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any, Final

from transload.reading import classes, computing, importing, paths
from transload.reading.machine import Machine, ProjectError
from transload.reading.values import (
    CONTAINERS,
    MISSING,
    MUTABLE,
    SCALARS,
    Attribute,
    Call,
    Class,
    Function,
    Iterated,
    ProjectModule,
    Symbol,
    Unknown,
    Value,
    described,
)

METHOD_TABLES: Final = (computing.LOOKING, computing.ARRANGING, computing.CHANGING, computing.CHANGING_KNOWN)


def attribute(machine: Machine, of: Value, name: str, node: ast.AST) -> Value:
    """The value of `of.name`."""
    handler = next((handler for kind, handler in BY_KIND.items() if isinstance(of, kind)), _path)
    return handler(machine, of, name, node)


def _plain(machine: Machine, of: Value, name: str, node: ast.AST) -> Value:
    if isinstance(of, Iterated):
        return machine.unknown(f"the attribute {name} of what is iterated over is not computed", node)
    if of is None and not hasattr(of, name):
        raise ProjectError(machine.unknown(f"None has no attribute {name}", node), AttributeError)
    fields = computing.type_of(of, computing.FIELDS)
    if fields is not None and name in computing.FIELDS[fields]:
        return getattr(of, name)
    kinds = [(table, computing.type_of(of, table)) for table in METHOD_TABLES]
    if any(kind is not None and name in table[kind] for table, kind in kinds):
        return Attribute(of, name, machine.place(node))
    doubt = machine.unknown(f"the attribute {name} of {described(of)} is not computed", node)
    if isinstance(of, MUTABLE):
        machine.taint(of, doubt)  # It may be a method that changes it.
    return doubt


def _symbol(machine: Machine, of: Symbol, name: str, node: ast.AST) -> Value:
    return machine.symbol(f"{of.name}.{name}")


def _function(machine: Machine, of: Function, name: str, node: ast.AST) -> Value:
    texts = {"__name__": of.name, "__qualname__": of.qualname, "__module__": of.module, "__doc__": of.docstring}
    return texts[name] if name in texts else Attribute(of, name, machine.place(node))


def _call(machine: Machine, of: Call, name: str, node: ast.AST) -> Value:
    if isinstance(of.func, Class):
        return classes.instance_attribute(machine, of, name, node)
    return _path(machine, of, name, node)


def _path(machine: Machine, of: Value, name: str, node: ast.AST) -> Value:
    text = paths.path_attribute(of, name)
    return Attribute(of, name, machine.place(node)) if text is None else text


def _attribute(machine: Machine, of: Attribute, name: str, node: ast.AST) -> Value:
    """`Colour.RED.value` and `.name`; parts of paths."""
    held = classes.member_value(machine, of)
    if held is MISSING or name not in ("name", "value"):
        return _path(machine, of, name, node)
    return of.name if name == "name" else held


def _unknown(machine: Machine, of: Unknown, name: str, node: ast.AST) -> Value:
    """The reason stays the first one."""
    return of


BY_KIND: Final[Mapping[Any, Callable[[Machine, Any, str, ast.AST], Value]]] = {
    Unknown: _unknown,
    ProjectModule: importing.module_attribute,
    Symbol: _symbol,
    Call: _call,
    Attribute: _attribute,
    Class: classes.class_attribute,
    Function: _function,
    **dict.fromkeys((*SCALARS, *CONTAINERS), _plain),
}

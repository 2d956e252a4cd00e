"""Calls of a file that is run as a program, and functions that make tasks or flows when they are called: an import does neither."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Final

from transload.reading.project import Module, Project
from transload.reading.values import Call, Function
from transload_prefect.reading.syntax.symbols import DECORATORS, TASK_CLASSES, short_name


def main_calls(project: Project, module: Module) -> Sequence[Call]:
    """The calls below `if __name__ == "__main__":`, where Prefect's users serve and deploy their flows."""
    trace = project.trace_main(module)
    return trace.calls if trace else ()


def making_functions(functions: Mapping[str, Sequence[Function]], project: Project) -> set[int]:
    """The functions (by `id`) of each module that make tasks or flows when they are called, by themselves or through another of these."""
    making: set[int] = set()
    for _ in range(_ROUNDS):
        for module_name, module in project.modules.items():
            names = {
                name
                for name, value in module.namespace.items()
                if id(value) in making or short_name(value) in _DEFINING
            }
            making |= {id(function) for function in functions[module_name] if _mentions(function, names)}
    return making


_ROUNDS: Final = 2
"""A helper around a decorator, and the callers of the helper."""

_DEFINING: Final = DECORATORS | TASK_CLASSES


def _mentions(function: Function, names: set[str]) -> bool:
    """True if a body has one of the names, or an attribute of Prefect's that makes a task or flow."""
    # The body alone: a function that is a task itself mentions the decorator above it.
    body = function.node.body if isinstance(function.node.body, list) else [function.node.body]
    return any(
        (isinstance(node, ast.Name) and node.id in names)
        or (isinstance(node, ast.Attribute) and node.attr in _DEFINING)
        for part in body
        for node in ast.walk(part)
    )

"""What running a file as a program does, and what a function would make if it were called: importing the file does neither."""

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


def makers(functions: Mapping[str, Sequence[Function]], project: Project) -> set[int]:
    """The functions (by `id`) of each module that make tasks or flows when they are called, by themselves or through another of these."""
    found: set[int] = set()
    for _ in range(_ROUNDS):
        for name, module in project.modules.items():
            known = {
                each for each, value in module.namespace.items() if id(value) in found or short_name(value) in _MAKING
            }
            found |= {id(function) for function in functions[name] if _makes(function, known)}
    return found


_ROUNDS: Final = 2
"""A helper around a decorator, and what calls the helper."""

_MAKING: Final = DECORATORS | TASK_CLASSES


def _makes(function: Function, known: set[str]) -> bool:
    return any(
        (isinstance(node, ast.Name) and node.id in known) or (isinstance(node, ast.Attribute) and node.attr in _MAKING)
        for part in _body(function)
        for node in ast.walk(part)
    )


def _body(function: Function) -> Sequence[ast.AST]:
    return function.node.body if isinstance(function.node.body, list) else [function.node.body]

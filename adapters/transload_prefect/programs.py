"""What running a file as a program does, and what a function would make if it were called: importing the file does neither."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from transload.reading.project import Module, Project
from transload.reading.values import Call, Function
from transload_prefect.symbols import DECORATORS, TASK_CLASSES, short_name


def main_calls(project: Project, module: Module) -> Sequence[Call]:
    """The calls below `if __name__ == "__main__":`, where Prefect's users serve and deploy their flows."""
    own = next(
        (
            function
            for function in module.functions
            if function.module == module.name and function.qualname == function.name
        ),
        None,
    )
    body = _main_body(project, module) if own else []
    if own is None or not body:
        return ()
    node = ast.parse("def main(): pass").body[0]
    if not isinstance(node, ast.FunctionDef):
        return ()
    node.body = body
    return project.trace(replace(own, name="main", qualname="main", parameters=(), decorators=(), node=node)).calls


def _main_body(project: Project, module: Module) -> list[ast.stmt]:
    try:
        text = (project.root / module.path).read_bytes()
        tree = ast.parse(text) if b"__main__" in text else ast.Module(body=[], type_ignores=[])
    except (OSError, SyntaxError, ValueError):
        return []
    return [
        statement for node in tree.body if isinstance(node, ast.If) and _is_main(node.test) for statement in node.body
    ]


def _is_main(test: ast.expr) -> bool:
    if not isinstance(test, ast.Compare) or len(test.comparators) != 1:
        return False
    sides = (test.left, test.comparators[0])
    names = [side.id for side in sides if isinstance(side, ast.Name)]
    return names == ["__name__"] and any(isinstance(side, ast.Constant) and side.value == "__main__" for side in sides)


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
    return bool(known) and any(
        isinstance(node, ast.Name) and node.id in known for part in _body(function) for node in ast.walk(part)
    )


def _body(function: Function) -> Sequence[ast.AST]:
    return function.node.body if isinstance(function.node.body, list) else [function.node.body]

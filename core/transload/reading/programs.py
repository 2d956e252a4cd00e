"""What running a file as a program does and importing it does not: the bodies of `if __name__ == "__main__":`."""

from __future__ import annotations

import ast

from transload.reading.machine import ModuleState
from transload.reading.values import Function, Place


def main_of(state: ModuleState) -> Function | None:
    """These bodies as a function without parameters; None for a file that has none."""
    body = [
        statement
        for node in state.file.tree.body
        if isinstance(node, ast.If) and _is_main(node.test)
        for statement in node.body
    ]
    if not body:
        return None
    node = ast.parse("def main(): pass").body[0]
    if not isinstance(node, ast.FunctionDef):
        raise TypeError("the text of a function is a function")
    node.body = body
    return Function(
        name="main",
        qualname="main",
        module=state.file.name,
        parameters=(),
        docstring=None,
        decorators=(),
        place=Place(state.file.path, body[0].lineno),
        is_async=False,
        returns=None,
        node=node,
        closure=state.scope,
        within=(),
        certain=True,
    )


def _is_main(test: ast.expr) -> bool:
    if not isinstance(test, ast.Compare) or len(test.comparators) != 1 or not isinstance(test.ops[0], ast.Eq):
        return False
    sides = (test.left, test.comparators[0])
    names = [side.id for side in sides if isinstance(side, ast.Name)]
    return names == ["__name__"] and any(isinstance(side, ast.Constant) and side.value == "__main__" for side in sides)

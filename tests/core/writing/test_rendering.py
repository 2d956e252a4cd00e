"""Statements are written as `ast.unparse` writes them."""

from __future__ import annotations

import ast
import inspect
import types
from importlib import import_module

import pytest

from transload.writing.rendering import render

MODULES = [
    "argparse",
    "ast",
    "asyncio.base_events",
    "contextlib",
    "dataclasses",
    "email.message",
    "enum",
    "inspect",
    "json.decoder",
]

STATEMENTS = """
'''Text of the module: "quoted", with a \\\\.'''
import os, sys as system
from a import (b, c as d)
x = y = 1
a, b = (1, 2)
f(*args, key=-1, **{'no word': 1}, **more)[0].attr('é\\n', b'x', 1e999, 2j, ...)
(lambda: 0)(1)
(-1).real
{'a': [1, (2,), ()], **rest}
{1, 2}
d['k', 1:2] = (yield_ := 3)
with open('x') as file, lock:
    class Inner:
        'a docstring'
        text = '''two
    lines'''
async def g(a, /, b: int=1, *c, d, **e) -> None:
    '''One

    Two
    '''
    await g
    yield (yield x)
@decorated(by=[this])
def h(a, b: str):
    'tab\\tand \\x00'
    raise Error from error
    def inner():
        raise
"""


@pytest.mark.parametrize("name", MODULES)
def test_modules_of_the_standard_library_are_written_as_ast_unparse_writes_them(name: str) -> None:
    module: types.ModuleType = import_module(name)
    tree = ast.parse(inspect.getsource(module))
    assert render(tree.body) == ast.unparse(tree)


def test_every_kind_of_statement_is_written_as_ast_unparse_writes_it() -> None:
    tree = ast.parse(STATEMENTS)
    assert render(tree.body) == ast.unparse(tree)
    for statement in tree.body[1:]:
        assert render([statement]) == ast.unparse(ast.Module(body=[statement], type_ignores=[]))

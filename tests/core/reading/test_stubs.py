"""What counts as code that is still to be moved: the same of source and of what was loaded from it."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path
from typing import Any

import pytest

from transload.reading.stubs import MARK, is_stub, is_stub_node

CASES: dict[str, tuple[str, bool]] = {
    "bare": ("def f():\n    raise NotImplementedError\n", True),
    "message": ("def f(x, *, y=1):\n    raise NotImplementedError(f'move {x}')\n", True),
    "documented": ("async def f():\n    '''Text.'''\n    raise NotImplementedError('x')\n", True),
    "asked": ("def f():\n    key = partition()\n    raise NotImplementedError(f'{key}')\n", True),
    "works before": ("def f():\n    print(1)\n    raise NotImplementedError\n", False),
    "asks others": ("def f():\n    key = other()\n    raise NotImplementedError(key)\n", False),
    "other error": ("def f():\n    raise ValueError(NotImplementedError)\n", False),
    "empty": ("def f(): ...\n", False),
    "maybe": ("def f(x):\n    if x:\n        raise NotImplementedError\n", False),
}


def loaded(path: Path, text: str) -> Any:
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("case", CASES)
def test_source_and_what_is_loaded_agree(case: str, tmp_path: Path) -> None:
    text, expected = CASES[case]
    module = loaded(tmp_path / f"stub_{case.replace(' ', '_')}.py", text)

    assert is_stub_node(ast.parse(text).body[0], "partition") is expected
    assert is_stub(module.f, "partition") is expected


def test_what_may_be_asked_before_is_told_by_the_tool() -> None:
    assert not is_stub_node(ast.parse(CASES["asked"][0]).body[0])


def test_a_lambda_is_none_and_a_mark_is_enough() -> None:
    def made() -> None: ...

    assert not is_stub(lambda: NotImplementedError)
    assert not is_stub(made)
    made.__dict__[MARK] = True
    assert is_stub(made)

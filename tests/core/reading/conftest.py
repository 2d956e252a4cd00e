"""Small projects written from snippets."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from transload.reading.project import Module, Project, read_project

Read = Callable[..., Project]
ReadModule = Callable[[str], Module]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a project made of the given files, by name with `__` for `/`: `read(dags__a="x = 1")`."""

    def read_files(**files: str) -> Project:
        for name, text in files.items():
            parts = name.replace("____init__", "/INIT").replace("__", "/").replace("INIT", "__init__")
            path = tmp_path / f"{parts}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")
        return read_project(tmp_path)

    return read_files


@pytest.fixture
def module(read: Read) -> ReadModule:
    """Read a project of one file, `a.py`."""
    return lambda text: read(a=text).modules["a"]

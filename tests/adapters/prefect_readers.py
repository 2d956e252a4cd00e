"""Prefect's two readers on a folder, which must say the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from transload import loading
from transload.adapter import Reading, Target
from transload.reading.project import read_project
from transload_prefect import adapter

Read = Callable[[Path], Reading]


def static(root: Path) -> Reading:
    return adapter.static.read(read_project(root), Target("prefect", str(root), path=root))


def loaded(root: Path) -> Reading:
    return loading.load(adapter, Target("prefect", str(root), path=root))


both = pytest.mark.parametrize("read", [static, pytest.param(loaded, marks=pytest.mark.prefect)])


def read_module(root: Path, read: Read, text: str) -> Reading:
    """A project of one module, all of which is read."""
    (root / "p.py").write_text(text)
    reading = read(root)
    assert reading.failures == ()
    return reading

"""Folders for the time that a process lives."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

_below: list[Path] = []


def put_below(folder: Path) -> None:
    """From now on folders are made in this one. Whoever made it removes it, however this process ends."""
    _below[:] = [folder]


def scratch_folder(name: str) -> str:
    """A new empty folder, which is gone after this process."""
    made = tempfile.mkdtemp(prefix=f"transload-{name}-", dir=_below[0] if _below else None)
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made

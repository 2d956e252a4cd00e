"""The toy's objects → model. A project may have a `start.py`, which is run as other tools run their users' files."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

from transload import carry
from transload.adapter import Failure, Reading, Target
from transload.carry import Carried
from transload.errors import ReadingError

from .model import graph_from
from .source import PROJECT


def load(target: Target) -> Reading:
    """Run the project's `start.py` if there is one, then read its file."""
    root = Path(str(target.path))
    failures = _start(root / "start.py")
    if not (root / PROJECT).exists():
        raise ReadingError("This is no toy project.", where=target.text, hint=f"Give a folder with {PROJECT}.")
    raw = json.loads((root / PROJECT).read_text(encoding="utf-8"))
    manifest = root / carry.MANIFEST
    carried = (
        carry.loads(manifest.read_text(encoding="utf-8"), where=carry.MANIFEST) if manifest.exists() else Carried()
    )
    return Reading(graph_from(raw, "load"), carried, failures=failures)


def from_objects(objects: Any, manifest: Carried, _target: Target) -> Reading:
    """What `runtime.build` built."""
    return Reading(graph_from(objects, "load"), manifest)


def _start(file: Path) -> tuple[Failure, ...]:
    if not file.exists():
        return ()
    try:
        runpy.run_path(str(file))
    except Exception as error:  # noqa: BLE001 - whatever a user's file raises is a finding
        return (Failure(file.name, f"{type(error).__name__}: {error}"),)
    return ()

"""The toy's objects → model. A project may have a `start.py`, which is run as other tools run their users' files."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from transload import carry
from transload.adapter import Failure, Reading, Target
from transload.carry import Carried

from .model import ToyProject, graph_from, project_in


def load(target: Target) -> Reading:
    """Run the project's `start.py` if there is one, then read its file."""
    root = Path(str(target.path))
    failures = _start(root / "start.py")
    return Reading(graph_from(project_in(root), "load"), carry.beside(root), failures=failures)


def from_objects(objects: Any, manifest: Carried, _target: Target) -> Reading:
    """What `runtime.build` built."""
    return Reading(graph_from(ToyProject.model_validate(objects), "load"), manifest)


def _start(file: Path) -> tuple[Failure, ...]:
    if not file.exists():
        return ()
    try:
        runpy.run_path(str(file))
    except Exception as error:  # noqa: BLE001 - whatever a user's file raises is a finding
        return (Failure(file.name, f"{type(error).__name__}: {error}"),)
    return ()

"""A toy project → model, as text."""

from __future__ import annotations

import json
from pathlib import Path

from transload import carry
from transload.adapter import Reading, Target
from transload.reading.project import Project

from .model import graph_from
from .source import PROJECT


def read(project: Project, target: Target) -> Reading:
    """The one file, and the manifest beside it."""
    root = Path(project.root)
    raw = json.loads((root / PROJECT).read_text(encoding="utf-8"))
    manifest = root / carry.MANIFEST
    carried = carry.loads(manifest.read_text(encoding="utf-8"), where=str(manifest))
    return Reading(graph_from(raw, "static"), carried)

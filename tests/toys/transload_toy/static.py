"""A toy project → model, as text."""

from __future__ import annotations

from pathlib import Path

from transload import carry
from transload.adapter import Reading, Target, attribute_losses
from transload.reading.project import Project

from .model import graph_from, project_in


def read(project: Project, target: Target) -> Reading:
    """The one file, and the manifest beside it."""
    root = Path(project.root)
    return Reading(graph_from(project_in(root), "static"), carry.beside(root), attribute_losses(target))

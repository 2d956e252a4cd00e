"""Symbolic calls → graph. Needs no Prefect."""

from __future__ import annotations

from transload.adapter import Reading, Target
from transload.carry import beside
from transload.reading.project import Project
from transload_prefect.reading import manifest
from transload_prefect.reading.graph import assemble
from transload_prefect.reading.syntax.reader import Reader


def read(project: Project, target: Target) -> Reading:
    """The graph of a project, without importing it."""
    reader = Reader(project, target.attribute)
    reader.read()
    manifest.deployments(project.root, reader.facts)
    return assemble(reader.facts, target, beside(project.root))

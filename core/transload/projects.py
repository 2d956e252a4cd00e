"""Translation → a project in a folder."""

from __future__ import annotations

from pathlib import Path

from transload import routing
from transload.adapter import Translation
from transload.bridging import FILE as SETTINGS
from transload.gc_pause import paused_collection
from transload.registry import adapter_for
from transload.writing.formatting import format_sources
from transload.writing.project import ProjectFiles, write_project


def generate(translation: Translation) -> ProjectFiles:
    """The files of the project, formatted, with the settings of the bridge where it has routes. Nothing is written."""
    with paused_collection():
        files = format_sources(adapter_for(translation.tool).source.write(translation))
    return {**files, SETTINGS: routing.dumps(translation.routes)} if translation.routes else files


def write(translation: Translation, root: Path, *, force: bool = False) -> list[Path]:
    """Write the project whole or not at all. Raises `OutputError` where files are in the way and `force` is not given."""
    return write_project(root, generate(translation), force=force)

"""The folder of a project, and the manifests in it, which carry whatever Airflow has no place for."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from transload.adapter import Target
from transload.carry import MANIFEST, Carried, beside, merge
from transload.errors import ReadingError

_FOLDERS: Final = (".", "dags")


def root_of(target: Target) -> Path:
    """The folder that paths are relative to. Raises `ReadingError` for a target without a path."""
    if target.path is None:
        raise ReadingError("An Airflow project is a folder or a file.", where=target.text, hint="Give its DAGs folder.")
    return target.path if target.path.is_dir() else target.path.parent


def carried_beside(root: Path) -> Carried:
    """The content of the manifests beside the DAGs. Raises `DocumentError` for one that is damaged."""
    carried = Carried()
    for folder in _FOLDERS:
        where = (root / folder / MANIFEST).relative_to(root).as_posix()
        carried = merge(carried, beside(root / folder, where))
    return carried

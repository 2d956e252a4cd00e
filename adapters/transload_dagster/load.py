"""Dagster's objects → model. Imports dagster, and the project."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any, Final

from transload.adapter import Failure, Reading, Target
from transload.carry import Carried
from transload.errors import ReadingError
from transload_dagster.assemble import reading
from transload_dagster.facts import Facts
from transload_dagster.importing import files_under, imported
from transload_dagster.inspecting import Inspector
from transload_dagster.locations import Location, entry_of, locations, manifest_of, root_of

_FAILED: Final = (Exception, SystemExit)
"""Whatever a user's project raises, be it SystemExit, is that project's failure."""


def load(target: Target) -> Reading:
    """Import the project, code location by code location, and read it. A location that does not load is a failure; the rest goes on."""
    found = locations(target)
    if not found:
        raise ReadingError(
            "No Dagster project was found here.",
            where=target.text,
            hint="Name a folder, file or module with definitions.",
        )
    root = root_of(target)
    facts = Facts()
    failures = _read_all(found, root, facts)
    whole = reading(facts, target, manifest_of(root))
    return Reading(whole.graph, whole.carried, whole.losses, tuple(failures))


def from_objects(objects: Any, manifest: Carried, target: Target) -> Reading:
    """Read the `Definitions` that `runtime.build` built."""
    facts = Facts()
    Inspector(facts, None).read(objects)
    return reading(facts, target, manifest)


def _read_all(found: list[Location], root: Path, facts: Facts) -> list[Failure]:
    """A file that a location with definitions imports is a part of that location, and need not load alone."""
    helpers: set[Path] = set()
    failures: dict[Location, Failure] = {}
    for location in found:
        if location.defines or location.file not in helpers:
            try:
                helpers |= _read(location, root, facts)
            except _FAILED as error:
                failures[location] = Failure(_path(location, root), traceback.format_exception_only(error)[-1].strip())
    return [failure for location, failure in failures.items() if location.whole or location.file not in helpers]


def _read(location: Location, root: Path, facts: Facts) -> set[Path]:
    """The files that a location with definitions is made of, besides its own."""
    found = Facts()
    with imported(location) as definitions:
        for each in definitions:
            Inspector(found, root).read(each)
        files = files_under(location.folder) if location.defines and not location.whole else set()
    for name, items in vars(found).items():
        getattr(facts, name).extend(items)
    return files - {location.file}


def _path(location: Location, root: Path) -> str:
    place = entry_of(location) or location.folder
    return place.relative_to(root).as_posix() if place.is_relative_to(root) else place.name

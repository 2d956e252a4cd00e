"""Dagster's objects → model. Imports dagster, and the project."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

from transload.adapter import Failure, Reading, Target
from transload.carry import Carried
from transload.errors import ReadingError
from transload.writing.syntax import paused_collection
from transload_dagster.assemble import reading
from transload_dagster.facts import Facts
from transload_dagster.importing import imported
from transload_dagster.inspecting import Inspector
from transload_dagster.locations import Location, entry_of, locations, manifest_of, root_of


@paused_collection()
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
    failures = [failure for location in found for failure in _read(location, root, facts)]
    whole = reading(facts, target, manifest_of(root))
    return Reading(whole.graph, whole.carried, whole.losses, tuple(failures))


def from_objects(objects: Any, manifest: Carried, target: Target) -> Reading:
    """Read the `Definitions` that `runtime.build` built."""
    facts = Facts()
    Inspector(facts, None).read(objects)
    return reading(facts, target, manifest)


def _read(location: Location, root: Path, facts: Facts) -> list[Failure]:
    """Whatever a user's project raises, be it SystemExit, is that project's failure."""
    found = Facts()
    try:
        with imported(location) as definitions:
            for each in definitions:
                Inspector(found, root).read(each)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - code of a user raises anything
        return [Failure(_path(location, root), traceback.format_exception_only(error)[-1].strip())]
    for name, items in vars(found).items():
        getattr(facts, name).extend(items)
    return []


def _path(location: Location, root: Path) -> str:
    place = entry_of(location) or location.folder
    return place.relative_to(root).as_posix() if place.is_relative_to(root) else place.name

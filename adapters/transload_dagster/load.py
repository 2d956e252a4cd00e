"""Dagster's objects → model. Imports dagster, and the project."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any, Final, TypeVar

from transload.adapter import Failure, Reading, Target
from transload.carry import Carried
from transload.errors import ReadingError
from transload_dagster.reading.facts import Facts, JobFact, ScheduleFact
from transload_dagster.reading.graph import reading
from transload_dagster.reading.locations import Location, entry_of, locations, manifest_of, root_of
from transload_dagster.reading.objects.facts import Inspector
from transload_dagster.reading.objects.importing import files_under, imported

_Fact = TypeVar("_Fact", JobFact, ScheduleFact)
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
    failures = _read_all(target, found, facts)
    whole = reading(facts, target, manifest_of(root))
    return Reading(whole.graph, whole.carried, whole.losses, tuple(failures))


def from_objects(objects: Any, manifest: Carried, target: Target) -> Reading:
    """Read the `Definitions` that `runtime.build` built."""
    facts = Facts()
    Inspector(facts, None).read(objects)
    return reading(facts, target, manifest)


def _read_all(target: Target, found: list[Location], facts: Facts) -> list[Failure]:
    """A file that a location with definitions imports is a part of that location, and need not load alone.

    Raises `ReadingError` for an attribute that the target itself names and that holds no definitions.
    """
    root = root_of(target)
    helpers: set[Path] = set()
    failures: dict[Location, Failure] = {}
    for location in found:
        if location.defines or location.file not in helpers:
            try:
                helpers |= _read(location, root, facts)
            except _FAILED as error:
                if target.attribute is not None and isinstance(error, ReadingError):
                    raise
                failures[location] = Failure(_path(location, root), _reason(error))
    return [failure for location, failure in failures.items() if location.whole or location.file not in helpers]


def _reason(error: BaseException) -> str:
    return str(error) if isinstance(error, ReadingError) else traceback.format_exception_only(error)[-1].strip()


def _read(location: Location, root: Path, facts: Facts) -> set[Path]:
    """The files that a location with definitions is made of, besides its own."""
    if location.unread is not None:
        raise ReadingError(location.unread)
    found = Facts()
    with imported(location) as definitions:
        for each in definitions:
            Inspector(found, root).read(each)
        files = files_under(location.folder) if location.defines and not location.whole else set()
    facts.specs += found.specs
    facts.ops += found.ops
    facts.checks += found.checks
    facts.jobs += _once(found.jobs)
    facts.schedules += _once(found.schedules)
    facts.losses += dict.fromkeys(found.losses)
    return files - {location.file}


def _once(items: list[_Fact]) -> list[_Fact]:
    """`Definitions` that are merged from others of the same module repeat these."""
    return list({repr(item): item for item in items}.values())


def _path(location: Location, root: Path) -> str:
    place = entry_of(location)
    if place is None:
        return str(location.module)
    return place.relative_to(root).as_posix() if place.is_relative_to(root) else place.name

"""Dagster's objects → model. Imports dagster, and the project."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any, Final, TypeVar

from transload.adapter import Failure, Reading, Target
from transload.carry import Carried, beside
from transload.errors import ReadingError
from transload_dagster.reading.facts import Facts, JobFact, ScheduleFact
from transload_dagster.reading.graph import reading
from transload_dagster.reading.locations import Location, entry_of, locations, root_of
from transload_dagster.reading.objects.facts import Inspector
from transload_dagster.reading.objects.importing import files_under, imported

_Fact = TypeVar("_Fact", JobFact, ScheduleFact)
_FAILED: Final = (Exception, SystemExit)
"""The errors that are a project's own failure, be it SystemExit."""


def load(target: Target) -> Reading:
    """Import the project, code location by code location, and read it. A location that does not load is a failure; the rest goes on."""
    code_locations = locations(target)
    if not code_locations:
        raise ReadingError(
            "No Dagster project was found here.",
            where=target.text,
            hint="Name a folder, file or module with definitions.",
        )
    root = root_of(target)
    facts = Facts()
    failures = _read_all(target, code_locations, facts)
    result = reading(facts, target, beside(root))
    return Reading(result.graph, result.carried, result.losses, tuple(failures))


def from_objects(objects: Any, manifest: Carried, target: Target) -> Reading:
    """Read the `Definitions` that `runtime.build` built."""
    facts = Facts()
    Inspector(facts, None).read(objects)
    return reading(facts, target, manifest)


def _read_all(target: Target, code_locations: list[Location], facts: Facts) -> list[Failure]:
    """The locations that do not load. A file that a location with definitions imports is a part of that one, and need not load alone.

    Raises `ReadingError` for an attribute that the target itself names and that holds no definitions.
    """
    root = root_of(target)
    helpers: set[Path] = set()
    failures: dict[Location, Failure] = {}
    for location in code_locations:
        if location.defines or location.file not in helpers:
            try:
                helpers |= _read(location, root, facts)
            except _FAILED as error:
                is_own = isinstance(error, ReadingError)
                if target.attribute is not None and is_own:
                    raise
                reason = str(error) if is_own else traceback.format_exception_only(error)[-1].strip()
                failures[location] = Failure(_path(location, root), reason)
    # What a file of a folder imports is known only after the last one: a failure may turn out to be a helper's.
    return [failure for location, failure in failures.items() if location.whole or location.file not in helpers]


def _read(location: Location, root: Path, facts: Facts) -> set[Path]:
    """The files that a location with definitions is made of, besides its own."""
    if location.unread is not None:
        raise ReadingError(location.unread)
    own = Facts()
    with imported(location) as objects:
        for definitions in objects:
            Inspector(own, root).read(definitions)
        # `sys.modules` tells it only while the project is imported.
        files = files_under(location.folder) if location.defines and not location.whole else set()
    facts.specs += own.specs
    facts.ops += own.ops
    facts.checks += own.checks
    facts.jobs += _distinct(own.jobs)
    facts.schedules += _distinct(own.schedules)
    facts.losses += dict.fromkeys(own.losses)
    return files - {location.file}


def _distinct(facts: list[_Fact]) -> list[_Fact]:
    """`Definitions` that are merged from others of the same module repeat their jobs and schedules."""
    return list({repr(fact): fact for fact in facts}.values())


def _path(location: Location, root: Path) -> str:
    file = entry_of(location)
    if file is None:
        return str(location.module)
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else file.name

"""What each consumer of OpenLineage needs, as data, with the reason in one line each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from transload.errors import SettingsError


@dataclass(frozen=True)
class Dialect:
    """How events are made for one consumer.

    `static`: whether it takes DatasetEvents and JobEvents; else each job is a run, START and COMPLETE, whose id is made of the job
    and the event time. `repeat`: whether dataset facets and symlinks are repeated on the jobs' inputs and outputs.
    `symlink_type`: the type word of other names. `split`: whether a job that makes several assets from different inputs is one job
    for each, rather than one with a `lineage` facet. `reasons`: field → why it is as it is.
    """

    name: str
    static: bool
    repeat: bool
    symlink_type: str
    split: bool
    reasons: Mapping[str, str]


PLAIN: Final = Dialect(
    name="plain",
    static=True,
    repeat=False,
    symlink_type="TABLE",
    split=False,
    reasons={
        "static": "The specification's own events for what is declared and not run.",
        "repeat": "A dataset's facets belong to its DatasetEvent.",
        "symlink_type": "The word that OpenLineage's own Java client uses.",
        "split": "The specification's lineage facet says which output is made from which input.",
    },
)

MARQUEZ: Final = Dialect(
    name="marquez",
    static=True,
    repeat=True,
    symlink_type="DB_TABLE",
    split=True,
    reasons={
        "static": "It stores DatasetEvents and JobEvents since 0.42.",
        "repeat": "Each event makes a new dataset version, whose facets are the event's own.",
        "symlink_type": "The word that its own documentation uses.",
        "split": "It (0.51) does not read the lineage facet, and links each input to each output.",
    },
)

OPENMETADATA: Final = Dialect(
    name="openmetadata",
    static=False,
    repeat=True,
    symlink_type="LOCATION",
    split=True,
    reasons={
        "static": "Its connector and its REST endpoint (2.0.7) reject JobEvents and DatasetEvents.",
        "repeat": "There is no DatasetEvent to carry them.",
        "symlink_type": "It tries every identifier but LOCATION before the dataset's name, and would take a tool's name for a table.",
        "split": "It ignores the lineage facet, and links each input to each output.",
    },
)

DATAHUB: Final = Dialect(
    name="datahub",
    static=False,
    repeat=True,
    symlink_type="TABLE",
    split=True,
    reasons={
        "static": "Its OpenLineage endpoint converts RunEvents.",
        "repeat": "A later event without a facet can wipe the aspect that an earlier one made.",
        "symlink_type": "The word that OpenLineage's own Java client uses.",
        "split": "It ignores the lineage facet, and links each input to each output.",
    },
)

DIALECTS: Final[Mapping[str, Dialect]] = {each.name: each for each in (PLAIN, MARQUEZ, OPENMETADATA, DATAHUB)}


def dialect(name: str) -> Dialect:
    """The dialect of that name. Raises `SettingsError` for an unknown one."""
    if name not in DIALECTS:
        raise SettingsError(f"There is no dialect {name!r}.", hint=f"Use one of: {', '.join(DIALECTS)}.")
    return DIALECTS[name]

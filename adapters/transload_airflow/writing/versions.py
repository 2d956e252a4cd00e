"""The Airflow that a form needs, beyond the oldest that is written for. Compared: task SDK 1.1.0, 1.2.2 and 1.3.2."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from transload.forms import Form
from transload_airflow.codecs.classes import kind_of

Version = tuple[int, int]

OLDEST: Final[Version] = (3, 1)
NEXT: Final[Version] = (3, 4)
"""The first that is not known yet."""

_UNITS: Final = ("Hour", "Day", "Week", "Month", "Quarter", "Year")

SINCE: Final[Mapping[str, Version]] = {
    **dict.fromkeys((f"StartOf{unit}Mapper" for unit in _UNITS), (3, 2)),
    **dict.fromkeys(
        (
            "AllowedKeyMapper",
            "ChainMapper",
            "CronPartitionTimetable",
            "IdentityMapper",
            "PartitionedAssetTimetable",
            "ProductMapper",
        ),
        (3, 2),
    ),
    **dict.fromkeys((f"{unit}Window" for unit in _UNITS), (3, 3)),
    **dict.fromkeys(
        (
            "FanOutMapper",
            "FixedKeyMapper",
            "MinimumCount",
            "PartitionedAtRuntime",
            "RollupMapper",
            "SegmentWindow",
            "WaitForAll",
            "transload_airflow.running.mappers.PartitionsMapper",
            "transload_airflow.running.mappers.TimeWindowMapper",
            "transload_airflow.running.timetables.PartitionsTimetable",
        ),
        (3, 3),
    ),
}
"""Class of `airflow.sdk`, or of transload's plugin → the first version that has it, if that is not the oldest."""

SINCE_KEYWORDS: Final[Mapping[str, Version]] = {"max_downstream_keys": (3, 3)}
"""The same of keywords of partition mappers."""


def needs(values: Iterable[Any]) -> dict[str, Version]:
    """The classes and keywords among these values that the oldest version lacks → the first version that has them."""
    needed: dict[str, Version] = {}
    for form in (value for value in values if isinstance(value, Form)):
        kind = kind_of(form) or form.name
        if kind in SINCE:
            needed[kind] = SINCE[kind]
            needed |= {key: SINCE_KEYWORDS[key] for key in form.kwargs if key in SINCE_KEYWORDS}
    return needed


def oldest(needed: Mapping[str, Version]) -> Version:
    """The oldest version that has all of it."""
    return max(needed.values(), default=OLDEST)


def shown(version: Version) -> str:
    """`3.2`."""
    return ".".join(map(str, version))


def sentence(needed: Mapping[str, Version]) -> str:
    """The version that is needed, and the classes that it is needed for."""
    version = oldest(needed)
    names = sorted(name for name, since in needed.items() if since == version)
    own = [name.rpartition(".")[2] for name in names if "." in name]
    airflows = [name for name in names if "." not in name]
    has = f", which has {', '.join(airflows)}" if airflows else ""
    takes = f", which takes transload's {', '.join(own)}" if own else ""
    return f"Airflow {shown(version)} or later{has}{takes}"

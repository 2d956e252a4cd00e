"""A DAG that listens to two assets: every pair of upstream definitions and mappers, for updates of all or of any."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import product
from typing import Final, NamedTuple

from transload.model.assets import Asset
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import AssetId
from transload.model.jobs import Flow, Job, Schedule, Write
from transload.model.partitions import (
    CalendarUnit,
    FloorMapping,
    IdentityMapping,
    PartitionMapping,
    Partitions,
    StaticPartitions,
    TimePartitions,
)
from transload.model.triggers import AllOf, AnyOf, Trigger, Updated
from transload.triggering import Evaluate, Step, Update

from .sequences import START

HOURLY: Final = TimePartitions(cron="0 * * * *", start="2026-03-01T00:00:00")
DAILY: Final = TimePartitions(cron="0 0 * * *", start="2026-02-01T00:00:00")
STATIC: Final = StaticPartitions(keys=("de", "us"))
UPSTREAM: Final[Mapping[str, Partitions | None]] = {
    "hourly": HOURLY, "daily": DAILY, "static": STATIC, "unknown": None,
}  # fmt: skip
UPDATED: Final[Mapping[str, tuple[str, ...]]] = {
    "hourly": ("2026-03-31T23:00:00", "2026-04-01T00:00:00", "2026-04-01T05:00:00"),
    "daily": ("2026-03-31T00:00:00", "2026-04-01T00:00:00"),
    "static": STATIC.keys,
    "unknown": ("fr", "2026-04-01T00:00:00"),
}
"""Keys of which the assets are updated; one is of three definitions."""

DAY: Final = FloorMapping(unit=CalendarUnit.DAY)
MONTH: Final = FloorMapping(unit=CalendarUnit.MONTH)
MAPPINGS: Final[Mapping[str, PartitionMapping]] = {"day": DAY, "month": MONTH, "identity": IdentityMapping()}
SIDES: Final = tuple(product(UPSTREAM, MAPPINGS))
OUT: Final = AssetId("s3://lake", "out")


class Pair(NamedTuple):
    """What a DAG listens to: for each of two assets the name of its definition and that of its mapper; all of them, or any."""

    clicks: tuple[str, str]
    views: tuple[str, str]
    is_all: bool

    @property
    def trigger(self) -> Trigger:
        """Clicks first."""
        sides = {"clicks": self.clicks, "views": self.views}
        parts = [Updated(asset=asset(name, up), mapping=MAPPINGS[down]) for name, (up, down) in sides.items()]
        return AllOf(parts=tuple(parts)) if self.is_all else AnyOf(parts=tuple(parts))

    @property
    def swapped(self) -> Trigger:
        """Views first."""
        trigger = self.trigger
        assert isinstance(trigger, (AllOf, AnyOf))
        return type(trigger)(parts=trigger.parts[::-1])


PAIRS: Final = tuple(Pair(clicks, views, is_all) for clicks, views, is_all in product(SIDES, SIDES, (True, False)))
"""The 144 of two sides, twice."""


def asset(name: str, definition: str) -> AssetId:
    """The asset of a name whose keys are those of a definition."""
    return AssetId("s3://lake", f"{name}_{definition}")


def graph(trigger: Trigger, out: Partitions | None = None) -> AssetGraph:
    """A flow with the trigger, and one for each asset with known partitions."""
    names = {asset(name, up): definition for name in ("clicks", "views") for up, definition in UPSTREAM.items()}
    jobs = [Job(name=each.name, writes=(Write(asset=each),)) for each in (*names, OUT)]
    flows = [Flow(name=each.name, jobs=(each.name,), partitions=definition) for each, definition in names.items()]
    consumer = Flow(name="out", jobs=("out",), schedules=(Schedule(trigger=trigger),))
    assets = [Asset(id=each, partitions=definition) for each, definition in names.items()]
    return graph_of([*assets, Asset(id=OUT, partitions=out)], jobs, [*flows, consumer])


def steps() -> list[Step]:
    """Every asset is updated for every key, then the scheduler looks."""
    updates: list[Step] = [
        Update(asset(name, up), key) for name in ("clicks", "views") for up, keys in UPDATED.items() for key in keys
    ]
    return [*updates, Evaluate(START + timedelta(minutes=1))]

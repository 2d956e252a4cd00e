"""The contract itself is tested: an adapter that breaks a promise does not pass it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from transload.declaration import Adapter
from transload.errors import TransloadError
from transload.model.assets import Alias, Asset, FreshWithin, Watcher
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import identify, logical
from transload.model.jobs import BackfillPolicy, Flow, Job, Read, Retries, Schedule, Write
from transload.model.partitions import LastMapping, StaticPartitions
from transload.model.triggers import AliasUpdated, AnyOf, Cron, OnMissing, Updated
from transload.testing import laws
from transload.testing.content import NO_TOOL
from transload.testing.liars import LIES, READING_LIES
from transload.testing.requirements import requirements_of
from transload.testing.subjects import needs

RAW, CLEAN, LOST = (
    identify("s3://lake/raw"),
    identify("postgres://db/shop/public/clean"),
    logical(NO_TOOL, "x", ["y"]),
)


def estate(adapter: Adapter) -> AssetGraph:
    """A little of everything, so that every lie has something to lie about; one name leads its reader to another identity."""
    raw = Asset(
        id=RAW,
        title="Raw",
        description="Orders as they come, one file per hour.",
        url="https://wiki.example.com/raw",
        owners=("ann@example.com",),
        tags={"tier": "1"},
        kinds=("json",),
        group="orders",
        code_version="7",
        metadata={"rows": 12},
        partitions=StaticPartitions(keys=("de", "fr")),
        freshness=FreshWithin(fail=3600.0),
        trigger=OnMissing(),
        watchers=(Watcher(name="inbox", trigger="company.triggers.Inbox"),),
    )
    load = Job(
        name="etl.load",
        writes=(Write(asset=RAW),),
        retries=Retries(count=3, delays=(60.0,), jitter=0.5),
        timeout=60.0,
        backfill=BackfillPolicy(per_run=3),
        pool="small",
        description="Loads.",
        writes_aliases=("late",),
    )
    clean = Job(
        name="Clean up (nightly)!", reads=(Read(asset=RAW, mapping=LastMapping()),), writes=(Write(asset=CLEAN),)
    )
    trigger = AnyOf(parts=(Cron(expression="0 0 * * *"), Updated(asset=RAW), AliasUpdated(alias="late")))
    etl = Flow(
        name="etl", jobs=("Clean up (nightly)!", "etl.load"), schedules=(Schedule(trigger=trigger),), concurrency=2
    )
    lost = Asset(id=LOST, names={adapter.tool: requirements_of(adapter).elsewhere})
    return graph_of([raw, Asset(id=CLEAN), lost], [load, clean], [etl], [Alias(name="late", group="g")])


SOURCE_LAWS: Final = (
    laws.every_difference_is_reported,
    laws.losses_are_well_formed,
    laws.names_are_sound,
    laws.source_round_trips,
)
OBJECT_LAWS: Final = (laws.objects_round_trip,)


@needs("source")
def test_the_honest_adapter_passes(adapter: Adapter) -> None:
    """Otherwise catching the liars would prove nothing."""
    for law in SOURCE_LAWS:
        law(adapter, estate(adapter))


@needs("source")
@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_every_lie_is_caught(adapter: Adapter, lie: Callable[[Adapter], Adapter]) -> None:
    """By the laws that need no tool."""
    with pytest.raises((AssertionError, TransloadError)):
        _try(SOURCE_LAWS, lie(adapter))


@needs("runtime", "load")
@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_every_lie_is_caught_in_objects(adapter: Adapter, lie: Callable[[Adapter], Adapter]) -> None:
    """By the law of runtime objects alone."""
    with pytest.raises((AssertionError, TransloadError)):
        _try(OBJECT_LAWS, lie(adapter))


@needs("static")
@pytest.mark.parametrize("lie", READING_LIES, ids=lambda lie: lie.__name__)
def test_every_lie_of_a_reader_is_caught(adapter: Adapter, lie: Callable[[Adapter], Adapter]) -> None:
    """By the laws of reading alone."""
    required, lying = requirements_of(adapter), lie(adapter)
    with pytest.raises((AssertionError, KeyError, TypeError)):  # noqa: PT012 - one of them must raise
        laws.readings_say_where(lying, required.project)
        laws.what_is_unknown_is_reported(lying, required.unknown)


def _try(tried: tuple[laws.Law, ...], adapter: Adapter) -> None:
    for law in tried:
        law(adapter, estate(adapter))

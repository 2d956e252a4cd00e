"""Partition definitions, mappings and policies: model → form → Dagster's object → form → model."""

from __future__ import annotations

from typing import Any

import pytest

from transload.forms import Constant, form, to_object
from transload.model.assets import FreshBy, FreshWithin
from transload.model.jobs import BackfillPolicy, Retries
from transload.model.partitions import (
    AllMapping,
    CalendarUnit,
    DimensionMapping,
    DimensionPair,
    DimensionsMapping,
    DynamicPartitions,
    FloorMapping,
    IdentityMapping,
    LastMapping,
    MultiPartitions,
    SpecificMapping,
    StaticMapping,
    StaticPartitions,
    TimeMapping,
    TimePartitions,
)
from transload_dagster.codecs import mappings, partitions, policies
from transload_dagster.shaping.nearest import Place, nearest

PACKAGES = ("dagster",)
DAILY = TimePartitions(cron="0 0 * * *", start="2024-01-01T00:00:00", format="%Y-%m-%d")
STATIC = StaticPartitions(keys=("eu", "us"))

DEFINITIONS = [
    DAILY,
    DAILY.model_copy(
        update={"cron": "30 4 * * *", "timezone": "Europe/Paris", "end_offset": 1, "end": "2025-01-01T00:00:00"}
    ),
    TimePartitions(cron="15 * * * *", start="2024-01-01T06:00:00", format="%Y-%m-%d-%H:%M"),
    TimePartitions(cron="0 0 * * 1", start="2024-01-01T00:00:00", format="%Y-%m-%d"),
    TimePartitions(cron="0 0 1 * *", start="2024-01-01T00:00:00", format="%Y-%m-%d"),
    TimePartitions(
        cron="0 */6 * * *",
        start="2024-01-01T00:00:00",
        format="%Y-%m-%dT%H:%M:%S",
        exclusions=("0 6 * * *", "2024-02-01T12:00:00"),
    ),
    STATIC,
    StaticPartitions(keys=()),
    DynamicPartitions(name="customers"),
    MultiPartitions(dimensions={"day": DAILY, "region": STATIC}),
]
MAPPINGS = [
    IdentityMapping(),
    AllMapping(),
    LastMapping(),
    SpecificMapping(keys=("a", "b")),
    StaticMapping(table={"a": ("x",), "b": ("x", "y")}),
    TimeMapping(),
    TimeMapping(start_offset=-1, end_offset=-1, allow_missing=True),
    DimensionMapping(),
    DimensionMapping(dimension="day"),
    DimensionsMapping(table={"day": DimensionPair(dimension="date", mapping=TimeMapping(start_offset=-1))}),
]


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("definition", DEFINITIONS, ids=str)
def test_definitions_come_back(definition: Any) -> None:
    """Whatever class a person would write it with, it is the same definition."""
    from transload_dagster.reading.objects.values import described

    form = partitions.definition(definition)

    assert partitions.expressible(definition) == definition
    assert partitions.read_definition(form) == definition
    assert partitions.read_definition(described(to_object(form, PACKAGES))) == definition


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mapping", MAPPINGS, ids=str)
def test_mappings_come_back(mapping: Any) -> None:
    """Those that are false in a condition, too."""
    from transload_dagster.reading.objects.values import described

    form = mappings.mapping_form(mapping)

    assert mappings.expressible(mapping) == mapping
    assert mappings.read_mapping(form) == mapping
    assert mappings.read_mapping(described(to_object(form, PACKAGES))) == mapping


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("value", "write", "read"),
    [
        (Retries(count=3), policies.retries_form, policies.read_retries),
        (
            Retries(count=1, delays=(2.5,), backoff="exponential", jitter="plus_minus"),
            policies.retries_form,
            policies.read_retries,
        ),
        (BackfillPolicy(), policies.backfill_form, policies.read_backfill),
        (BackfillPolicy(per_run=7), policies.backfill_form, policies.read_backfill),
        (FreshWithin(fail=3600.0, warn=60.0), policies.freshness_form, policies.read_freshness),
        (
            FreshBy(cron="0 9 * * *", lower_bound=3600.0, timezone="Asia/Tokyo"),
            policies.freshness_form,
            policies.read_freshness,
        ),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_policies_come_back(value: Any, write: Any, read: Any) -> None:
    """Retries, backfill policies and freshness."""
    from transload_dagster.reading.objects.values import described

    assert read(write(value)) == value
    assert read(described(to_object(write(value), PACKAGES))) == value


@pytest.mark.parametrize("argument", ["backoff", "jitter"])
def test_retries_that_grow_as_no_table_knows_are_not_read(argument: str) -> None:
    unknown = form("dagster.RetryPolicy", delay=1, **{argument: Constant("shop.settings.SLOWER")})

    assert policies.read_retries(unknown) is None


@pytest.mark.dagster
@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("0 0 * * *", ["2024-01-01", "2024-01-02"]),
        ("0 0 * * MON", ["2024-01-01", "2024-01-08"]),
        ("0 0 1 * *", ["2024-01-01", "2024-02-01"]),
    ],
)
def test_written_definitions_have_the_keys_that_are_meant(text: str, keys: list[str]) -> None:
    """The object's own first keys."""
    definition = TimePartitions(cron=text, start="2024-01-01T00:00:00", format="%Y-%m-%d")

    assert to_object(partitions.definition(definition), PACKAGES).get_partition_keys()[:2] == keys


@pytest.mark.parametrize(
    "changes",
    [
        {"start": None},
        {"start": "2024-03-31T02:30:00", "timezone": "Europe/Paris"},
        {"timezone": "Mars/Olympus"},
        {"cron": "0 0 31 2 *"},
        {"cron": "61 * * * *"},
    ],
    ids=str,
)
def test_what_dagster_cannot_be_told_is_not_written(changes: dict[str, Any]) -> None:
    """No start, a time that does not exist, an unknown zone, a cron expression that never fires."""
    assert partitions.expressible(DAILY.model_copy(update=changes)) is None


def test_a_format_that_gives_two_windows_one_key_is_replaced() -> None:
    """Hours spelled by their day would all be one key."""
    kept = partitions.expressible(DAILY.model_copy(update={"cron": "0 * * * *"}))

    assert isinstance(kept, TimePartitions)
    assert kept.format == "%Y-%m-%dT%H"


def test_what_depends_on_the_definitions_is_not_told_without_them() -> None:
    """Days of hours are those that overlap, in the zone of the keys only."""
    assert mappings.expressible(FloorMapping(unit=CalendarUnit.DAY)) is None


@pytest.mark.parametrize("start", ["9999-12-31T23:00:00+00:00", "0001-01-01T00:00:00+00:00", "nonsense"])
def test_a_start_of_runs_that_is_none_for_windows_is_told(start: str) -> None:
    """The calendar ends; nothing else tells when the windows begin."""
    found = nearest(DAILY.model_copy(update={"start": None}), Place("flow", start))

    assert isinstance(found.definition, TimePartitions) == bool(found.differences or found.remarks)
    assert not isinstance(found.definition, TimePartitions) or found.definition.start is not None


def test_windows_begin_with_the_first_run() -> None:
    """That of the tick before the window of the run, where runs are for the window that has just ended."""
    daily = DAILY.model_copy(update={"start": None, "timezone": "Europe/Paris"})

    for offset, first in ((None, "2025-12-31T00:00:00"), (0, "2026-01-01T00:00:00"), (1, "2026-01-02T00:00:00")):
        found = nearest(daily.model_copy(update={"run_offset": offset}), Place("flow", "2025-12-31T05:00:00+00:00"))

        assert isinstance(found.definition, TimePartitions)
        assert (found.definition.start, found.differences) == (first, ())

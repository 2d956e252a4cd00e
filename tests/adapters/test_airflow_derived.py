"""The partitions of assets follow from the DAGs that write them."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transload.model.assets import Asset
from transload.model.graph import graph_of
from transload.model.identity import identify
from transload.model.jobs import Flow, Job, Schedule, Write
from transload.model.partitions import (
    AllowedMapping,
    CalendarUnit,
    ChainMapping,
    FanOutMapping,
    FixedMapping,
    FloorMapping,
    IdentityMapping,
    PartitionMapping,
    Partitions,
    ProductMapping,
    RollupMapping,
    StaticPartitions,
    TimePartitions,
    Window,
)
from transload.model.triggers import Cron, Trigger, Updated
from transload.partitioning import Known, downstream, exists, spelled
from transload.partitioning.mappings import Sides
from transload.partitioning.propagation import derived, made

HOURS = TimePartitions(cron="0 * * * *", format="%Y-%m-%dT%H:%M", start="2026-01-05T00:00:00")
DAY = FloorMapping(unit=CalendarUnit.DAY, input_format=HOURS.format)
A, B, C = (identify(f"s3://lake/{name}") for name in "abc")
NOON = datetime(2027, 1, 20, 12, tzinfo=timezone.utc)

units = st.sampled_from(list(CalendarUnit))


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
@given(unit=units, number=st.integers(0, 5000))
def test_a_mapper_gives_keys_of_the_definition_that_it_implies(zone: str, unit: CalendarUnit, number: int) -> None:
    """From the first unit that begins within the upstream."""
    upstream = HOURS.model_copy(update={"timezone": zone, "format": "%Y-%m-%dT%H:%M%z"})
    mapping = FloorMapping(unit=unit, timezone=zone, input_format=upstream.format)
    found = made(mapping, upstream)
    assert isinstance(found, TimePartitions)
    keys = list(spelled(upstream, known=Known(NOON)))
    (key,) = downstream(mapping, keys[number % len(keys)], Sides(upstream, found, Known(NOON)))
    first = next(spelled(found, known=Known(NOON.replace(year=2030))))
    assert exists(found, key, Known(NOON.replace(year=2030))) or key < first


CASES: list[tuple[PartitionMapping, Partitions | None]] = [
    (IdentityMapping(), HOURS),
    (FixedMapping(key="all"), StaticPartitions(keys=("all",))),
    (AllowedMapping(keys=("de", "fr")), StaticPartitions(keys=("de", "fr"))),
    (DAY, TimePartitions(cron="0 0 * * *", format="%Y-%m-%d", start="2026-01-05T00:00:00", end_offset=1)),
    (
        RollupMapping(upstream=DAY, window=Window(unit=CalendarUnit.DAY)),
        TimePartitions(cron="0 0 * * *", format="%Y-%m-%d", start="2026-01-05T00:00:00"),
    ),
    (
        FanOutMapping(upstream=DAY, window=Window(unit=CalendarUnit.DAY)),
        TimePartitions(cron="0 * * * *", format="%Y-%m-%dT%H", start="2026-01-05T00:00:00", end_offset=24),
    ),
    (
        ChainMapping(steps=(DAY, FloorMapping(unit=CalendarUnit.MONTH, input_format="%Y-%m-%d"))),
        TimePartitions(cron="0 0 1 * *", format="%Y-%m", start="2026-01-01T00:00:00", end_offset=1),
    ),
    (ProductMapping(parts=(IdentityMapping(), IdentityMapping())), None),
    (DAY.model_copy(update={"output_format": "day"}), None),
]


@pytest.mark.parametrize(("mapping", "expected"), CASES)
def test_what_mappers_imply(mapping: PartitionMapping, expected: Partitions | None) -> None:
    assert made(mapping, HOURS) == expected


def _flow(name: str, trigger: Trigger, **fields: object) -> Flow:
    return Flow.model_validate(
        {"name": name, "jobs": (f"{name}.make",), "schedules": (Schedule(trigger=trigger),), **fields}
    )


def _found(*flows: Flow) -> dict[str, Partitions]:
    assets = dict(zip("abc", (A, B, C), strict=True))
    jobs = [Job(name=flow.jobs[0], writes=(Write(asset=assets[flow.name[0]]),)) for flow in flows]
    graph = graph_of([Asset(id=each) for each in assets.values()], jobs, flows)
    return {asset.name: partitions for asset, partitions in derived(graph, {}).items()}


@pytest.mark.parametrize(
    ("run_offset", "start"), [(0, "2026-01-05T00:00:00"), (None, "2026-01-04T23:00:00"), (-2, None)]
)
def test_partitions_begin_with_the_first_run_of_the_dag(run_offset: int | None, start: str | None) -> None:
    """A run at the start is for the window that begins there or, where it is for the one that closes, for that before it."""
    hours = HOURS.model_copy(update={"start": None, "run_offset": run_offset})
    cron = Cron(expression=hours.cron, timezone="UTC")
    found = _found(_flow("a", cron, partitions=hours, start="2026-01-04T23:30:00+00:00"))
    assert found == {"a": hours.model_copy(update={"start": start})}


def test_partitions_are_passed_from_dag_to_dag_in_any_order() -> None:
    """Also around a circle, and not where two DAGs that write one asset disagree."""
    cron = Cron(expression=HOURS.cron, timezone="UTC")
    first = _flow("c", cron, partitions=HOURS)
    second = _flow("a", Updated(asset=C, mapping=DAY))
    third = _flow("b", Updated(asset=A, mapping=IdentityMapping()))
    days = made(DAY, HOURS)
    assert _found(first, second, third) == {"c": HOURS, "a": days, "b": days}
    circle = _flow("c2", Updated(asset=B, mapping=IdentityMapping()))
    assert _found(third, second, first, circle) == {"a": made(DAY, None), "b": made(DAY, None)}
    other = _flow("b2", Updated(asset=C, mapping=IdentityMapping()))
    assert _found(first, second, third, other) == {"c": HOURS, "a": days}

"""Partitions that come from Airflow, built in Dagster: its own classes list and map the keys that Airflow's mappers make.

What Airflow's mappers make is computed by the algebra, which has judges of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from importlib import metadata
from itertools import islice, takewhile
from typing import Any, Final, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transload.adapter import Translation
from transload.errors import PartitionError
from transload.loss import Severity
from transload.model.assets import Asset
from transload.model.graph import AssetGraph, graph_of
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
    MultiPartitions,
    PartitionMapping,
    Partitions,
    ProductMapping,
    RollupMapping,
    RuntimePartitions,
    StaticPartitions,
    TimePartitions,
    WaitPolicy,
    Window,
)
from transload.model.triggers import Updated
from transload.partitioning import Known, parse, spell
from transload.partitioning.deriving import at_close, through
from transload.partitioning.keywise import mapped, rolled_up
from transload.partitioning.windows import windows_of
from transload.translator import prepare
from transload_dagster import adapter


def _installed() -> str:
    try:
        return metadata.version("dagster")
    except metadata.PackageNotFoundError:
        return ""


pytestmark = [
    pytest.mark.dagster,
    # Seen with 1.12.0: after a change of clocks its keys of some crons are an hour off.
    pytest.mark.skipif(
        _installed().startswith("1.12."), reason="Dagster 1.12 counts some windows otherwise at a change of clocks"
    ),
    pytest.mark.filterwarnings("ignore:.*is currently in beta"),
]

EFFORT: Final = float(os.environ.get("TRANSLOAD_EFFORT", "1"))


def effort(examples: int) -> settings:
    return settings(
        max_examples=max(1, int(examples * EFFORT)), derandomize=True, suppress_health_check=list(HealthCheck)
    )


RAW, MADE = identify("s3://lake/raw"), identify("s3://lake/made")
ZONES: Final = ("UTC", "America/New_York", "Europe/Paris", "Asia/Kolkata", "America/Havana")
FULL: Final = "%Y-%m-%dT%H:%M:%S"
OFFSET: Final = "%Y-%m-%d %H:%M%z"
CRONS: Final = (
    "0 * * * *",
    "15 * * * *",
    "*/30 * * * *",
    "0 0 * * *",
    "@daily",
    "30 6 * * *",
    "0 6,18 * * *",
    "0 0 * * 1",
    "0 6 * * 1-5",
    "0 0 1 * *",
    "0 0 1 1,4,7,10 *",
)
STARTS: Final = ("2024-01-01T00:00:00+00:00", "2024-03-09T07:00:00+00:00", "2023-12-30T23:30:00+00:00")
NOWS: Final = tuple(
    datetime(*each).replace(tzinfo=timezone.utc)  # noqa: DTZ001 - it has one at once
    for each in ((2024, 3, 10, 12), (2024, 3, 31, 1, 30), (2024, 11, 3, 6, 10), (2025, 1, 2), (2024, 2, 29, 23, 59))
)


@st.composite
def times(draw: Any) -> TimePartitions:
    """As Airflow's timetables have them: without a start, a run at each tick."""
    return TimePartitions(
        cron=draw(st.sampled_from(CRONS)),
        timezone=draw(st.sampled_from(ZONES)),
        format=draw(st.sampled_from((FULL, FULL, OFFSET))),
        run_offset=draw(st.sampled_from((0, 0, None, -1, -2, 1))),
    )


units = st.sampled_from(CalendarUnit)


def floor(up: TimePartitions, unit: CalendarUnit, zone: str | None = None, output: str | None = None) -> FloorMapping:
    return FloorMapping(unit=unit, timezone=zone or up.timezone, input_format=up.format, output_format=output)


@st.composite
def of_time(draw: Any) -> tuple[PartitionMapping, Partitions]:
    up = draw(times())
    zone = draw(st.sampled_from((None, None, *ZONES)))
    unit = draw(units)
    outputs = (None, None, None, "%Y-%m-%d") if unit is not CalendarUnit.HOUR else (None,)
    low = floor(up, unit, zone, draw(st.sampled_from(outputs)))
    window = Window(
        unit=draw(st.sampled_from((unit, unit, unit, CalendarUnit.DAY))),
        backward=draw(st.sampled_from((False, False, True))),
    )
    wait = WaitPolicy(minimum=draw(st.sampled_from((None, None, 2, -1))))
    high = FloorMapping(unit=CalendarUnit.MONTH, timezone=low.timezone, input_format="%Y-%m-%d")
    return draw(
        st.sampled_from(
            (
                IdentityMapping(),
                low,
                RollupMapping(upstream=low, window=window, wait=wait),
                RollupMapping(upstream=low, window=Window(unit=unit)),
                FanOutMapping(upstream=low, window=Window(unit=unit), downstream=floor(up, CalendarUnit.HOUR)),
                FixedMapping(key="all"),
                ChainMapping(steps=(floor(up, CalendarUnit.DAY, zone), high)),
            )
        )
    ), up  # fmt: skip


class Case(NamedTuple):
    """A mapping from what a flow writes, and what Dagster has of it."""

    mapping: PartitionMapping
    original: Partitions
    start: str
    translation: Translation


def graph(up: Partitions, mapping: PartitionMapping, start: str) -> AssetGraph:
    """As the reader of Airflow gives it."""
    heard = Schedule(trigger=Updated(asset=RAW, mapping=mapping))
    return graph_of(
        assets=[Asset(id=RAW, partitions=up), Asset(id=MADE)],
        jobs=[Job(name="load.raw", writes=(Write(asset=RAW),)), Job(name="make.made", writes=(Write(asset=MADE),))],
        flows=[
            Flow(name="load", jobs=("load.raw",), partitions=up, start=start),
            Flow(name="make", jobs=("make.made",), schedules=(heard,)),
        ],
    )


def case(up: Partitions, mapping: PartitionMapping, start: str = STARTS[0]) -> Case:
    return Case(mapping, up, start, prepare(graph(up, mapping, start), adapter))


class Real(NamedTuple):
    """Dagster's own objects of both assets."""

    upstream: Any
    downstream: Any
    mapping: Any


def real(found: Case) -> Real:
    import dagster as dg

    definitions = adapter.runtime.build(found.translation).objects
    assets = definitions.resolve_asset_graph()
    up, down = (dg.AssetKey(found.translation.graph.asset[each].names["dagster"]) for each in (RAW, MADE))
    nodes = assets.get(up), assets.get(down)
    mapping = None if nodes[1].partitions_def is None else assets.get_partition_mapping(down, up)
    return Real(nodes[0].partitions_def, nodes[1].partitions_def, mapping)


def native(found: Case, which: Any) -> Partitions:
    definition = found.translation.native.asset[which].partitions
    assert definition is not None
    return definition


def is_exact(found: Case) -> bool:
    """Whether the report has no difference of the mapping."""
    return not any(
        loss.field == "reads" and loss.severity is Severity.APPROXIMATED for loss in found.translation.losses
    )


def runs(definition: TimePartitions, start: str, now: datetime) -> list[str]:
    """The canonical keys of the runs of Airflow's timetable up to now: of each tick since the start, some ticks on."""
    windows = windows_of(definition)
    shift = -1 if definition.run_offset is None else definition.run_offset
    ticks = list(takewhile(lambda each: each.start.epoch <= now.timestamp(), windows.since(instant(start))))
    opening = next(windows.since(instant(start))).start.epoch
    before = [each.start for each in islice(windows.until(opening), max(0, -shift))]
    after = [each.start for each in islice(windows.since(now.timestamp() + 1), max(0, shift))]
    every = [*before[::-1], *(each.start for each in ticks), *after]
    first = max(0, shift)
    return [tick.local.isoformat() for tick in every[first : first + len(ticks)]]


def instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def bare(definition: TimePartitions) -> TimePartitions:
    return at_close(definition).model_copy(update={"end_offset": 0})


@effort(200)
@given(times(), st.sampled_from(STARTS), st.sampled_from(NOWS))
def test_dagster_lists_the_keys_of_the_runs_so_far(up: TimePartitions, start: str, now: datetime) -> None:
    """Of every tick from the start of the DAG, before and after its window ends. Before the first run Dagster may have its key."""
    found = case(up, IdentityMapping(), start)
    there, wanted = native(found, RAW), runs(up, start, now)

    keys = real(found).upstream.get_partition_keys(current_time=now)

    assert keys == [spell(there, key) for key in wanted] or (not wanted and len(keys) <= 1 + (up.run_offset or 0))


FINE: Final = Known(datetime(9000, 1, 1, tzinfo=timezone.utc))


EARLY: Final = "2015-06-01T00:00:00+00:00"
LATE: Final = datetime(2025, 1, 1, tzinfo=timezone.utc)
"""Dagster's subsets have only what has been, whatever time they are asked for."""
EDGES: Final = (
    datetime(2016, 12, 1, tzinfo=timezone.utc).timestamp(),
    datetime(2023, 12, 1, tzinfo=timezone.utc).timestamp(),
)
"""Starts and ends are left out."""


def around(definition: TimePartitions, moment: datetime) -> list[str]:
    """The canonical keys of some windows around a moment."""
    windows = windows_of(definition)
    epoch = moment.timestamp()
    both = (*islice(windows.until(epoch), 20), *islice(windows.since(epoch), 20))
    inside = [each for each in both if EDGES[0] < each.start.epoch < EDGES[1]]
    return [each.start.local.isoformat() for each in sorted(inside, key=lambda each: each.start.epoch)]


def canonical(definition: Partitions, texts: Iterable[str]) -> set[Any]:
    def read(text: str) -> Any:
        try:
            return parse(definition, text, FINE)
        except PartitionError:
            return text

    return {read(text) for text in texts}


def feeds(mapping: PartitionMapping, key: str) -> tuple[str, ...]:
    try:
        return mapped(mapping, key)
    except PartitionError:
        return ()


def dagster_feeds(found: Real, key: str, now: datetime) -> set[str]:
    subset = found.upstream.empty_subset().with_partition_keys([key])
    result = found.mapping.get_downstream_partitions_for_partitions(
        subset, found.upstream, found.downstream, current_time=now
    )
    return set(result.get_partition_keys())


def dagster_takes(found: Real, key: str, now: datetime) -> set[str]:
    subset = found.downstream.empty_subset().with_partition_keys([key])
    result = found.mapping.get_upstream_mapped_partitions_result_for_partitions(
        subset, found.downstream, found.upstream, current_time=now
    )
    return {*result.partitions_subset.get_partition_keys(), *result.required_but_nonexistent_partition_keys}


MOMENTS: Final = st.builds(
    lambda days, hours: datetime(2016, 1, 1, tzinfo=timezone.utc) + timedelta(days=days, hours=hours),
    st.integers(0, 3000),
    st.integers(0, 23),
)
TURNS: Final = st.sampled_from(
    tuple(
        datetime(*each).replace(tzinfo=timezone.utc)  # noqa: DTZ001 - it has one at once
        for each in ((2022, 3, 13, 7), (2022, 3, 27, 1), (2022, 10, 30, 1), (2022, 11, 6, 6), (2020, 12, 31, 23), (2016, 2, 29))
    )
)  # fmt: skip


# Always as many: another number draws others, of which a few ask for a year of minutes.
@settings(max_examples=150, derandomize=True, suppress_health_check=list(HealthCheck))
@given(of_time(), MOMENTS | TURNS)
def test_a_mapping_without_a_difference_maps_as_the_mapper(
    said: tuple[PartitionMapping, TimePartitions], moment: datetime
) -> None:
    """Both ways, at times that the translation never tried."""
    mapping, up = said
    found = case(up, mapping, EARLY)
    made = through(mapping, bare(up))
    if made is None or not is_exact(found):
        return
    upper, lower, dagster = native(found, RAW), native(found, MADE), real(found)
    fed: set[str] = set()
    for key in around(bare(up), moment)[5:35:3]:
        texts = feeds(mapping, spell(up, key))
        fed.update(texts)
        mine = {spell(lower, each) for each in canonical(made, texts)}
        assert dagster_feeds(dagster, spell(upper, key), LATE) == mine, key
    if isinstance(mapping, RollupMapping):
        for text in sorted(fed)[:4]:
            (key,) = canonical(made, [text])
            wanted = {spell(upper, each) for each in canonical(bare(up), rolled_up(mapping, text))}
            assert dagster_takes(dagster, spell(lower, key), LATE) == wanted, text


LAND: Final = StaticPartitions(keys=("de", "fr", "us"))
DAYS: Final = TimePartitions(cron="0 0 * * *", format="%Y-%m-%d", start="2024-02-27", end="2024-03-03")
GRID: Final = MultiPartitions(dimensions={"day": DAYS, "land": LAND})
MONTHS: Final = FloorMapping(unit=CalendarUnit.MONTH, input_format="%Y-%m-%d")
ALL: Final = FixedMapping(key="all")


@pytest.mark.parametrize(
    ("up", "mapping"),
    [
        (LAND, IdentityMapping()),
        (LAND, AllowedMapping(keys=("us", "de", "xx"))),
        (LAND, ALL),
        (LAND, RollupMapping(upstream=ALL, window=Window(segments=LAND.keys))),
        (LAND, RollupMapping(upstream=ALL, window=Window(segments=("de", "us")))),
        (LAND, ChainMapping(steps=(AllowedMapping(keys=("de", "us")), ALL))),
        (DAYS, ALL),
        (GRID, IdentityMapping()),
        (GRID, ProductMapping(parts=(MONTHS, IdentityMapping()))),
        (GRID, ProductMapping(parts=(MONTHS, ALL))),
        (GRID, ProductMapping(parts=(IdentityMapping(), AllowedMapping(keys=("de",))))),
    ],
    ids=str,
)
def test_keys_of_other_kinds_are_mapped_as_by_the_mapper(up: Partitions, mapping: PartitionMapping) -> None:
    """Every key: Dagster lists those that the mapper makes, and maps as it does, or the report says what differs."""
    found = case(up, mapping)
    dagster = real(found)
    ups, downs = (each.get_partition_keys(current_time=LATE) for each in dagster[:2])
    fed = {key: set(feeds(mapping, key)) for key in ups}

    assert set(downs) == set().union(*fed.values())
    if is_exact(found):
        assert {key: dagster_feeds(dagster, key, LATE) for key in ups} == fed
    if isinstance(mapping, RollupMapping) and is_exact(found):
        assert dagster_takes(dagster, "all", LATE) == set(rolled_up(mapping, "all"))


def test_keys_that_only_a_run_knows_are_in_one_store() -> None:
    """What is derived from them by identity shares their keys."""
    import dagster as dg

    dagster = real(case(RuntimePartitions(), IdentityMapping()))

    assert isinstance(dagster.upstream, dg.DynamicPartitionsDefinition)
    assert dagster.upstream == dagster.downstream == dg.DynamicPartitionsDefinition(name="load_job")

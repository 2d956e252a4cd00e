"""Keys and mappings of partitions, computed without a tool, against Dagster's own classes."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from importlib import metadata
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transload.forms import to_object
from transload.model.partitions import (
    AllMapping,
    DimensionMapping,
    DimensionPair,
    DimensionsMapping,
    IdentityMapping,
    LastMapping,
    MultiPartitions,
    PartitionMapping,
    Partitions,
    SpecificMapping,
    StaticMapping,
    StaticPartitions,
    TimeMapping,
    TimePartitions,
)
from transload.partitioning import Known, Sides, downstream, parse, spell, spelled, upstream, window
from transload_dagster.codecs import mappings


def _installed() -> str:
    try:
        return metadata.version("dagster")
    except metadata.PackageNotFoundError:
        return ""


_INSTALLED: Final = _installed()

pytestmark = [
    pytest.mark.dagster,
    # Seen with 1.12.0: after a change of clocks its keys of some crons are an hour off.
    pytest.mark.skipif(
        _INSTALLED.startswith("1.12."), reason="Dagster 1.12 counts some windows otherwise at a change of clocks"
    ),
    # Several mappings are beta in 1.12 and 1.13.
    pytest.mark.filterwarnings("ignore:.*is currently in beta"),
]

EFFORT: Final = float(os.environ.get("TRANSLOAD_EFFORT", "1"))
EXAMPLES: Final = settings(
    max_examples=int(150 * EFFORT), derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)

ZONES: Final = (
    "UTC",
    "America/New_York",
    "Europe/Paris",
    "Asia/Kolkata",
    "America/St_Johns",
    "Australia/Adelaide",
    "America/Sao_Paulo",
    "America/Havana",
    "Asia/Kathmandu",
    "Europe/Dublin",
    "Pacific/Apia",
)
"""Half-hour and 45-minute zones, a gap at midnight, a winter that saves, a day that was skipped. Lord Howe's changes are of half an
hour, in which Dagster's own hourly ticks depend on where they are counted from."""

CRONS: Final = (
    "0 * * * *",
    "30 * * * *",
    "15,45 * * * *",
    "*/15 * * * *",
    "0 0 * * *",
    "30 2 * * *",
    "30 1 * * *",
    "0 */6 * * *",
    "0 1,2,3 * * *",
    "15,45 1-3 * * *",
    "0 0 * * 0",
    "30 2 * * 1",
    "0 6 * * 1-5",
    "0 0 1 * *",
    "30 2 28 * *",
    "0 0 31 * *",
    "0 0 L * *",
    "0 0 1 1,4,7,10 *",
    "0 12 1 * 1",
    "0 0 * * 1#1",
    "0 0 * * 5#5",
    "@daily",
    "@hourly",
)
OFTEN: Final = frozenset(cron for cron in CRONS if cron.endswith(" * * *") and cron != "0 0 * * *")
EXCLUSIONS: Final = (
    (),
    (),
    ("0 0 * * 1",),
    ("0 1-2 * * *", "0 6 * * *"),
    ("2024-03-10T12:00:00", "2024-11-03T00:00:00"),
)
"""Never all ticks: Dagster would look for one without end."""

FINE: Final = "%Y-%m-%d-%H:%M"
MOMENTS: Final = tuple(
    datetime(*each)  # noqa: DTZ001 - local times of the definition
    for each in (
        (2024, 2, 28),
        (2024, 3, 9, 12),
        (2024, 3, 30, 1),
        (2024, 10, 26, 23),
        (2024, 11, 2, 22),
        (2024, 12, 29),
        (2020, 12, 27),
        (2011, 12, 29),
        (2017, 10, 14),
        (2026, 3, 8, 2, 30),
    )
)

moments = st.sampled_from(MOMENTS)


@st.composite
def times(draw: st.DrawFn, zone: str | None = None) -> TimePartitions:
    start = draw(moments)
    end = draw(st.none() | st.integers(1, 400).map(lambda hours: (start + timedelta(hours=hours)).isoformat()))
    cron = draw(st.sampled_from(CRONS))
    return TimePartitions(
        cron=cron,
        start=start.isoformat(),
        end=end,
        timezone=zone or draw(st.sampled_from(ZONES)),
        format=draw(st.sampled_from((FINE, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M%z"))),
        end_offset=draw(st.sampled_from((0, 0, 0, 1, 2, -1, -3))),
        exclusions=draw(st.sampled_from(EXCLUSIONS)) if cron in OFTEN else (),
    )


def later(definition: TimePartitions, hours: int) -> datetime:
    """A time some hours after the start, more for expressions that tick seldom."""
    scale = 1 if definition.cron.split()[1:2] in (["*"], []) else 24 * 7
    return datetime.fromisoformat(definition.start or "").replace(tzinfo=timezone.utc) + timedelta(hours=hours * scale)


def theirs(definition: Partitions | None) -> Any:
    import dagster

    if isinstance(definition, MultiPartitions):
        return dagster.MultiPartitionsDefinition({name: theirs(each) for name, each in definition.dimensions.items()})
    if isinstance(definition, StaticPartitions):
        return dagster.StaticPartitionsDefinition(list(definition.keys))
    assert isinstance(definition, TimePartitions)
    assert definition.start
    return dagster.TimeWindowPartitionsDefinition(
        start=datetime.fromisoformat(definition.start),
        end=datetime.fromisoformat(definition.end) if definition.end else None,
        fmt=definition.format,
        timezone=definition.timezone,
        cron_schedule=definition.cron,
        end_offset=definition.end_offset,
        exclusions=[each if " " in each else datetime.fromisoformat(each) for each in definition.exclusions],
    )


HOURS: Final = st.integers(-30, 90)


@EXAMPLES
@given(times(), HOURS)
def test_keys_of_time_windows_are_dagsters(definition: TimePartitions, hours: int) -> None:
    now = later(definition, hours)

    assert list(spelled(definition, known=Known(now))) == list(theirs(definition).get_partition_keys(current_time=now))


@EXAMPLES
@given(times(), HOURS)
def test_windows_of_keys_are_dagsters(definition: TimePartitions, hours: int) -> None:
    judge = theirs(definition)
    for text in judge.get_partition_keys(current_time=later(definition, hours)):
        expected = judge.time_window_for_partition_key(text)
        start, end = window(definition, str(parse(definition, text)))
        if judge.get_partition_key_for_timestamp(expected.start.timestamp()) != text:
            # Several ticks within the hour that the clock shows twice: Dagster gives the window of another key.
            assert spell(definition, start.isoformat()) == text
            continue

        assert (start.timestamp(), end.timestamp()) == (expected.start.timestamp(), expected.end.timestamp())


@pytest.mark.parametrize(
    ("cron", "form"),
    [
        ("0 7 * * *", "%Y-%m-%d"),
        ("0 0 * * 0", "%Y-%m-%d"),
        ("0 0 1 * *", "%Y-%m"),
        ("0 0 1 1 *", "%Y"),
        ("0 0 29 2 *", "%Y-%m-%d"),
        ("0 0 * * 1", "%G-W%V-%u"),
    ],
)
def test_keys_coarser_than_their_ticks_are_dagsters(cron: str, form: str) -> None:
    definition = TimePartitions(cron=cron, start="2018-01-01T00:00:00", format=form, timezone="America/New_York")
    now = datetime(2027, 1, 10, tzinfo=timezone.utc)
    texts = list(spelled(definition, known=Known(now)))

    assert texts == list(theirs(definition).get_partition_keys(current_time=now))
    assert [spell(definition, parse(definition, text)) for text in texts] == texts


@given(times(), st.lists(st.text("abc-é ", min_size=1), unique=True, max_size=4), HOURS)
@settings(parent=EXAMPLES, max_examples=int(60 * EFFORT))
def test_keys_of_several_dimensions_are_dagsters(day: TimePartitions, regions: list[str], hours: int) -> None:
    now = later(day, min(hours, 40))
    definition = MultiPartitions(dimensions={"region": StaticPartitions(keys=tuple(regions)), "day": day})
    expected = theirs(definition).get_partition_keys(current_time=now)

    assert list(spelled(definition, known=Known(now))) == [str(key) for key in expected]


def their_upstream(mapping: PartitionMapping, key: str, sides: Sides) -> tuple[set[str], set[str]]:
    up, down = theirs(sides.upstream), theirs(sides.downstream)
    found = judge_of(mapping).get_upstream_mapped_partitions_result_for_partitions(
        down.empty_subset().with_partition_keys([key]), down, up, current_time=sides.known.now
    )
    missing = found.required_but_nonexistent_subset.get_partition_keys()
    return set(found.partitions_subset.get_partition_keys()), set(missing)


def their_downstream(mapping: PartitionMapping, key: str, sides: Sides) -> set[str]:
    up, down = theirs(sides.upstream), theirs(sides.downstream)
    found = judge_of(mapping).get_downstream_partitions_for_partitions(
        up.empty_subset().with_partition_keys([key]), up, down, current_time=sides.known.now
    )
    return set(found.get_partition_keys())


def judge_of(mapping: PartitionMapping) -> Any:
    return to_object(mappings.mapping_form(mapping), ("dagster",))


def agree_upstream(mapping: PartitionMapping, key: str, sides: Sides) -> None:
    found = upstream(mapping, key, sides)

    assert (set(found.keys), set(found.missing)) == their_upstream(mapping, key, sides)
    assert len(set(found.keys)) == len(found.keys)


def agree_downstream(mapping: PartitionMapping, key: str, sides: Sides) -> None:
    found = downstream(mapping, key, sides)

    assert set(found) == their_downstream(mapping, key, sides)
    assert len(set(found)) == len(found)


def some(keys: list[str]) -> list[str]:
    """The first, the last and some between."""
    return sorted({*keys[:2], *keys[-2:], *keys[:: max(1, len(keys) // 4)]})


STEADY: Final = (
    "0 * * * *",
    "30 * * * *",
    "0 0 * * *",
    "0 */6 * * *",
    "30 2 * * *",
    "0 0 * * 0",
    "0 6 * * 1-5",
    "0 0 1 * *",
)
BEGINNINGS: Final = tuple(datetime(2024, month, day) for month, day in ((3, 8), (3, 10), (10, 25), (11, 1), (2, 27)))  # noqa: DTZ001


# An end before that of the first window is left out: Dagster lists the window's key, and then maps it to nothing.
@st.composite
def pairs(draw: st.DrawFn) -> Sides:
    zone = draw(st.sampled_from(ZONES[:6]))

    def side() -> TimePartitions:
        start = draw(st.sampled_from(BEGINNINGS))
        return TimePartitions(
            cron=draw(st.sampled_from(STEADY)),
            start=start.isoformat(),
            end=draw(st.sampled_from((None, None, (start + timedelta(days=70)).isoformat()))),
            timezone=zone,
            format=FINE,
            end_offset=draw(st.sampled_from((0, 0, 1, -1))),
        )

    now = datetime(2024, 11, 5, tzinfo=timezone.utc) + timedelta(hours=draw(st.integers(0, 60)))
    return Sides(side(), side(), Known(now))


OFFSETS: Final = st.sampled_from(((0, 0), (0, 0), (-1, 0), (-1, -1), (0, 1), (-3, 2), (1, 1)))


@settings(parent=EXAMPLES, max_examples=int(100 * EFFORT))
@given(pairs(), OFFSETS, st.booleans())
def test_time_mappings_are_dagsters(sides: Sides, offsets: tuple[int, int], allow_missing: bool) -> None:
    mapping = TimeMapping(start_offset=offsets[0], end_offset=offsets[1], allow_missing=allow_missing)
    for key in some(list(theirs(sides.downstream).get_partition_keys(current_time=sides.known.now))):
        agree_upstream(mapping, key, sides)
    for key in some(list(theirs(sides.upstream).get_partition_keys(current_time=sides.known.now))):
        agree_downstream(mapping, key, sides)


NOW: Final = Known(datetime(2024, 3, 14, 5, tzinfo=timezone.utc))
DAILY: Final = TimePartitions(
    cron="0 0 * * *", start="2024-03-08T00:00:00", timezone="America/New_York", format="%Y-%m-%d"
)
HOURLY: Final = DAILY.model_copy(update={"cron": "0 * * * *", "format": FINE})
WEEKLY: Final = DAILY.model_copy(update={"cron": "0 0 * * 0", "start": "2024-03-03T00:00:00"})
EU: Final = StaticPartitions(keys=("de", "fr", "it"))
WORLD: Final = StaticPartitions(keys=("fr", "us", "de"))
GRID: Final = MultiPartitions(dimensions={"day": DAILY, "region": EU})
HOURS_GRID: Final = MultiPartitions(dimensions={"a_region": EU, "hour": HOURLY})

CASES: Final[tuple[tuple[PartitionMapping, Partitions, Partitions], ...]] = (
    (IdentityMapping(), EU, EU),
    (IdentityMapping(), EU, WORLD),
    (IdentityMapping(), DAILY, WEEKLY),
    (IdentityMapping(), WEEKLY, DAILY),
    (AllMapping(), DAILY, EU),
    (AllMapping(), GRID, EU),
    (LastMapping(), DAILY, EU),
    (LastMapping(), EU, DAILY),
    (LastMapping(), GRID, EU),
    (SpecificMapping(keys=("de", "it")), EU, DAILY),
    (StaticMapping(table={"de": ("fr", "us"), "fr": ("fr",), "it": ()}), EU, WORLD),
    (DimensionMapping(), GRID, DAILY),
    (DimensionMapping(), DAILY, GRID),
    (DimensionMapping(), GRID, EU),
    (DimensionMapping(), EU, GRID),
    (DimensionMapping(), GRID, WEEKLY),
    (DimensionMapping(), HOURLY, GRID),
    (DimensionsMapping(table={"day": DimensionPair(dimension="day", mapping=IdentityMapping())}), GRID, GRID),
    (
        DimensionsMapping(table={"hour": DimensionPair(dimension="day", mapping=TimeMapping(start_offset=-1))}),
        HOURS_GRID,
        GRID,
    ),
    (
        DimensionsMapping(
            table={
                "day": DimensionPair(dimension="hour", mapping=TimeMapping()),
                "region": DimensionPair(
                    dimension="a_region", mapping=StaticMapping(table={"de": ("fr", "it"), "fr": (), "it": ("de",)})
                ),
            }
        ),
        GRID,
        HOURS_GRID,
    ),
)


@pytest.mark.parametrize(("mapping", "up", "down"), CASES)
def test_every_mapping_is_dagsters(mapping: PartitionMapping, up: Partitions, down: Partitions) -> None:
    sides = Sides(up, down, NOW)
    for key in some(list(spelled(down, known=NOW))):
        agree_upstream(mapping, key, sides)
    for key in some(list(spelled(up, known=NOW))):
        agree_downstream(mapping, key, sides)

"""Laws of the partition algebra that need no tool."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from itertools import islice, pairwise
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transload.errors import PartitionError
from transload.model.partitions import (
    AllMapping,
    AllowedMapping,
    CalendarUnit,
    DimensionMapping,
    DimensionPair,
    DimensionsMapping,
    DynamicPartitions,
    FixedMapping,
    FloorMapping,
    IdentityMapping,
    LastMapping,
    MultiPartitions,
    OpaqueMapping,
    OpaquePartitions,
    PartitionMapping,
    Partitions,
    ProductMapping,
    RollupMapping,
    RuntimePartitions,
    SpecificMapping,
    StaticMapping,
    StaticPartitions,
    TimeMapping,
    TimePartitions,
    WaitPolicy,
    Window,
)
from transload.partitioning import (
    Known,
    Sides,
    complete,
    downstream,
    exists,
    keys,
    parse,
    spell,
    spelled,
    upstream,
    window,
)
from transload.partitioning.mappings import inferred

EFFORT: Final = float(os.environ.get("TRANSLOAD_EFFORT", "1"))
EXAMPLES: Final = settings(max_examples=int(100 * EFFORT), derandomize=True)
NOW: Final = Known(datetime(2024, 3, 14, 5, tzinfo=timezone.utc), {"customers": ("a|b", "c")})
ZONES: Final = (
    "UTC",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "America/Havana",
    "Pacific/Apia",
    "+05:45",
)
CRONS: Final = (
    "0 * * * *",
    "*/20 * * * *",
    "0 0 * * *",
    "30 2 * * *",
    "0 0 * * 0",
    "0 0 1 * *",
    "0 0 L * *",
    "0 12 29 2 *",
    "@daily",
)

times = st.builds(
    TimePartitions,
    cron=st.sampled_from(CRONS),
    start=st.sampled_from(("2024-03-01T00:00:00", "2011-12-29T00:00:00", "2023-10-30T07:30:00")),
    timezone=st.sampled_from(ZONES),
    format=st.sampled_from(("%Y-%m-%d-%H:%M", "%Y-%m-%dT%H:%M:%S%z", "%d/%m/%Y %H.%M")),
)
texts = st.lists(st.text(min_size=1, max_size=4).filter(lambda text: "|" not in text), unique=True, max_size=3).map(
    tuple
)


def first(found: Iterable[str], number: int = 60) -> list[str]:
    return list(islice(found, number))


@EXAMPLES
@given(times)
def test_spelling_and_parsing_are_inverse(definition: TimePartitions) -> None:
    found = [str(key) for key in islice(keys(definition, known=NOW), 60)]

    assert [parse(definition, spell(definition, key)) for key in found] == found
    assert [spell(definition, key) for key in found] == first(spelled(definition, known=NOW))


@EXAMPLES
@given(times)
def test_windows_lie_end_to_end_and_instants_ascend(definition: TimePartitions) -> None:
    found = [window(definition, str(key)) for key in islice(keys(definition, known=NOW), 60)]

    assert all(start.timestamp() < end.timestamp() for start, end in found)
    assert all(before[1].timestamp() == after[0].timestamp() for before, after in pairwise(found))


@EXAMPLES
@given(times, texts, st.sampled_from(("|", "-", "/")))
def test_keys_of_dimensions_are_split_as_they_were_joined(
    day: TimePartitions, regions: tuple[str, ...], delimiter: str
) -> None:
    definition = MultiPartitions(dimensions={"r": StaticPartitions(keys=regions), "day": day}, delimiter=delimiter)
    for key in islice(keys(definition, known=NOW), 20):
        text = spell(definition, key)
        try:
            assert parse(definition, text, NOW) == key
        except PartitionError as error:
            assert "two keys" in error.message  # noqa: PT017 - a delimiter within a key may leave two readings


def test_an_empty_delimiter_divides_no_key() -> None:
    """Airflow takes one, and then has a partition for no key."""
    definition = MultiPartitions(dimensions={"a": StaticPartitions(keys=("x",))}, delimiter="")
    mapping = ProductMapping(parts=(IdentityMapping(), IdentityMapping()), delimiter="")
    at_runtime = Sides(RuntimePartitions(), RuntimePartitions())

    for ask in (lambda: parse(definition, "x", NOW), lambda: downstream(mapping, "ab", at_runtime)):
        with pytest.raises(PartitionError, match="empty delimiter"):
            ask()


def test_a_key_with_the_delimiter_in_it_is_split_by_what_the_dimensions_have() -> None:
    definition = MultiPartitions(
        dimensions={"customer": DynamicPartitions(name="customers"), "region": StaticPartitions(keys=("x|y", "z"))}
    )

    assert parse(definition, "a|b|x|y", NOW) == (("customer", "a|b"), ("region", "x|y"))
    assert list(spelled(definition, known=NOW)) == ["a|b|x|y", "a|b|z", "c|x|y", "c|z"]


@pytest.mark.parametrize(
    ("definition", "count"),
    [
        (
            TimePartitions(
                cron="0 * * * *", start="2024-03-10T00:00:00", end="2024-03-11T00:00:00", timezone="America/New_York"
            ),
            23,
        ),
        (
            TimePartitions(
                cron="0 * * * *", start="2024-11-03T00:00:00", end="2024-11-04T00:00:00", timezone="America/New_York"
            ),
            25,
        ),
        (
            TimePartitions(
                cron="0 * * * *", start="2024-04-07T00:00:00", end="2024-04-08T00:00:00", timezone="Australia/Lord_Howe"
            ),
            24,
        ),
        (TimePartitions(cron="0 0 * * *", start="2024-01-01T00:00:00", end="2025-01-01T00:00:00"), 366),
        (TimePartitions(cron="0 0 * * 1", start="2020-01-01T00:00:00", end="2021-01-11T00:00:00"), 53),
        (TimePartitions(cron="0 0 29 2 *", start="2000-01-01T00:00:00", end="2025-01-01T00:00:00"), 6),
    ],
)
def test_days_of_23_and_25_hours_leap_days_and_week_53(definition: TimePartitions, count: int) -> None:
    assert len(list(keys(definition))) == count


def test_the_repeated_hour_is_spelled_with_its_offset() -> None:
    definition = TimePartitions(
        cron="0 * * * *", start="2024-10-27T01:00:00", timezone="Europe/Paris", format="%Y-%m-%d-%H:%M"
    )

    assert first(spelled(definition, known=Known(datetime(2024, 10, 28, tzinfo=timezone.utc))), 4) == [
        "2024-10-27-01:00",
        "2024-10-27-02:00",
        "2024-10-27-02:00+0100",
        "2024-10-27-03:00",
    ]
    assert parse(definition, "2024-10-27-02:00+0100") == "2024-10-27T02:00:00+01:00"


def test_ticks_within_the_repeated_hour_are_told_apart() -> None:
    definition = TimePartitions(
        cron="15,45 1 * * *",
        start="2024-11-03T00:00:00",
        end="2024-11-04T00:00:00",
        timezone="America/New_York",
        format="%Y-%m-%d-%H:%M",
    )

    assert [parse(definition, text) for text in spelled(definition)] == list(keys(definition))


DAILY: Final = TimePartitions(
    cron="0 0 * * *", start="2024-03-01T00:00:00", timezone="America/New_York", format="%Y-%m-%d"
)
HOURLY: Final = DAILY.model_copy(
    update={"cron": "0 * * * *", "format": "%Y-%m-%dT%H:%M:%S", "start": "2024-03-09T00:00:00"}
)
EU: Final = StaticPartitions(keys=("de", "fr"))
GRID: Final = MultiPartitions(dimensions={"day": DAILY, "region": EU})
SHORT: Final = DAILY.model_copy(update={"start": "2024-03-09T00:00:00"})
DAYS: Final = FloorMapping(unit=CalendarUnit.DAY, timezone="America/New_York")
MAPPINGS: Final[tuple[tuple[PartitionMapping, Partitions, Partitions], ...]] = (
    (IdentityMapping(), EU, EU),
    (IdentityMapping(), DAILY, SHORT),
    (AllMapping(), DAILY, EU),
    (LastMapping(), DAILY, EU),
    (SpecificMapping(keys=("de",)), EU, DAILY),
    (StaticMapping(table={"de": ("fr", "de"), "fr": ()}), EU, EU),
    (TimeMapping(), HOURLY, SHORT),
    (TimeMapping(), DAILY, HOURLY),
    (FixedMapping(key="de"), DAILY, EU),
    (AllowedMapping(keys=("de",)), EU, EU),
    (DAYS, HOURLY, SHORT),
    (
        ProductMapping(parts=(FloorMapping(unit=CalendarUnit.DAY, input_format="%Y-%m-%d"), IdentityMapping())),
        GRID,
        GRID,
    ),
    (DimensionMapping(dimension="day"), GRID, DAILY),
    (DimensionMapping(), EU, GRID),
    (DimensionsMapping(table={"day": DimensionPair(dimension="day", mapping=IdentityMapping())}), GRID, GRID),
)


@pytest.mark.parametrize(("mapping", "up", "down"), MAPPINGS)
def test_a_mapping_and_its_inverse_agree(mapping: PartitionMapping, up: Partitions, down: Partitions) -> None:
    sides = Sides(up, down, NOW)
    ups, downs = list(spelled(up, known=NOW)), list(spelled(down, known=NOW))
    forward = {(each, key) for each in ups for key in downstream(mapping, each, sides)}
    backward = {(each, key) for key in downs for each in upstream(mapping, key, sides).keys}

    assert {pair for pair in forward if pair[1] in downs} == backward


def test_a_rollup_waits_for_the_keys_that_map_to_it() -> None:
    mapping = RollupMapping(upstream=FloorMapping(unit=CalendarUnit.WEEK), window=Window(unit=CalendarUnit.WEEK))
    sides = Sides(None, None)
    wanted = upstream(mapping, "2020-12-28 (W53)", sides).keys

    assert len(wanted) == 7
    assert {downstream(mapping, each, sides) for each in wanted} == {("2020-12-28 (W53)",)}
    assert not complete(WaitPolicy(), wanted, wanted[1:])
    assert complete(WaitPolicy(minimum=-1), wanted, wanted[1:])


def test_more_downstream_keys_than_the_limit_are_none() -> None:
    mapping = AllowedMapping(keys=("a",), limit=1)

    assert downstream(mapping, "a", Sides(None, None)) == ("a",)
    assert downstream(mapping, "b", Sides(None, None)) == ()


PROGRAM: Final = """
from datetime import datetime, timezone
from transload.model.partitions import TimePartitions
from transload.partitioning import Known, spelled
hourly = TimePartitions(cron="0 * * * *", start="2024-11-02T00:00:00", timezone="America/New_York", format="%Y-%m-%d-%H:%M")
print(*spelled(hourly, known=Known(datetime(2024, 11, 4, tzinfo=timezone.utc))))
"""


def test_keys_do_not_depend_on_the_zone_of_the_machine() -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM], env={**os.environ, "TZ": zone}, check=True, capture_output=True, text=True
        ).stdout
        for zone in ("UTC", "Asia/Tokyo", "America/New_York", "Australia/Lord_Howe")
    }

    assert len(found) == 1
    assert "2024-11-03-01:00-0500" in found.pop()


def test_keys_are_made_one_after_the_other() -> None:
    definition = TimePartitions(cron="* * * * *", start="2000-01-01T00:00:00", timezone="Europe/Paris")
    first(spelled(definition, known=NOW), 10)
    tracemalloc.start()
    for _ in islice(spelled(definition, known=NOW), 30_000):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 8_000_000


NAIVE: Final = datetime(2024, 1, 1)  # noqa: DTZ001 - what is refused


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        (RuntimePartitions(), "not known before a run"),
        (OpaquePartitions(tool="x"), "not known before a run"),
        (DynamicPartitions(name="unknown"), "not known"),
        (TimePartitions(cron="0 0 * * *"), "no start"),
        (TimePartitions(cron="0 0 30 2 *", start="2024-01-01"), "no month has"),
        (TimePartitions(cron="nonsense", start="2024-01-01"), "no cron expression"),
        (TimePartitions(cron="0 0 * * * 5", start="2024-01-01"), "6 fields"),
        (TimePartitions(cron="H 0 * * *", start="2024-01-01"), "hashed"),
        (TimePartitions(cron="0 0 15W * *", start="2024-01-01"), "nearest weekday"),
        (TimePartitions(cron="0 0 * * *", start="soon"), "no ISO-8601 time"),
        (TimePartitions(cron="0 0 * * *", start="2024-01-01", timezone="Mars/Olympus"), "no time zone"),
        (TimePartitions(cron="0 0 * * *", start="2024-01-01", timezone="../etc"), "no time zone"),
        (TimePartitions(cron="0 0 * * *", start="2024-01-01", exclusions=("0 0 * * *",)), "leave no partition"),
        (MultiPartitions(dimensions={"a": MultiPartitions(dimensions={"b": EU})}), "has dimensions itself"),
    ],
)
def test_what_cannot_be_computed_is_said(definition: Partitions, message: str) -> None:
    with pytest.raises(PartitionError, match=message):
        list(keys(definition, known=NOW))


def test_times_without_a_zone_are_refused() -> None:
    with pytest.raises(PartitionError, match="has no zone"):
        list(keys(DAILY, known=Known(NAIVE)))
    with pytest.raises(PartitionError, match="has no zone"):
        list(keys(DAILY, (NAIVE, NAIVE + timedelta(days=1))))
    with pytest.raises(PartitionError, match="has no zone"):
        window(DAILY, "2024-03-01T00:00:00")


def test_a_key_has_the_dimensions_of_its_definition() -> None:
    both = MultiPartitions(dimensions={"day": DAILY, "place": EU})
    for key in ("2024-03-01", (("day", "2024-03-01"),), (("place", "eu"), ("day", "2024-03-01"))):
        with pytest.raises(PartitionError, match="is no key of day, place"):
            spell(both, key)
    with pytest.raises(PartitionError, match="its definition has none"):
        spell(EU, (("place", "eu"),))


@pytest.mark.parametrize("text", ["", "2024-03-01x", "2024-13-01", "%Y", "2024-03-01T00"])
def test_a_text_that_is_no_key_is_said(text: str) -> None:
    assert not exists(DAILY, text)
    with pytest.raises(PartitionError):
        parse(DAILY, text)


def test_only_keys_of_existing_windows_exist() -> None:
    assert exists(DAILY, "2024-03-12", NOW)
    assert not exists(DAILY, "2024-03-14", NOW)
    assert not exists(DAILY, "2024-02-29", NOW)


def test_a_mapping_of_one_tool_alone_is_refused() -> None:
    mapping = OpaqueMapping(tool="x")
    with pytest.raises(PartitionError, match="opaque"):
        upstream(mapping, "a", Sides(EU, EU))
    with pytest.raises(PartitionError, match="opaque"):
        downstream(mapping, "a", Sides(EU, EU))


def test_a_roll_up_without_a_window_waits_for_what_its_mapping_says() -> None:
    """And feeds no more keys than its limit."""
    days = TimePartitions(cron="0 0 * * *", start="2026-01-01", format="%Y-%m-%d")
    sides = Sides(days, days, Known(datetime(2026, 6, 1, tzinfo=timezone.utc)))
    inner = TimeMapping(start_offset=-2)
    whole, narrow = (RollupMapping(upstream=inner, window=Window(), limit=limit) for limit in (3, 2))

    assert upstream(whole, "2026-03-09", sides) == upstream(inner, "2026-03-09", sides)
    assert downstream(whole, "2026-03-09", sides) == ("2026-03-09", "2026-03-10", "2026-03-11")
    assert downstream(narrow, "2026-03-09", sides) == ()


DAY, WEEK = (TimePartitions(cron=cron, start="2026-01-01") for cron in ("0 0 * * *", "0 0 * * 1"))
LETTERS = StaticPartitions(keys=("a", "b"))


@pytest.mark.parametrize(
    ("sides", "mapping"),
    [
        (Sides(DAY, WEEK), TimeMapping()),
        (Sides(LETTERS, DAY), IdentityMapping()),
        (Sides(DAY, MultiPartitions(dimensions={"day": DAY, "letter": LETTERS})), DimensionMapping()),
        (
            Sides(MultiPartitions(dimensions={"week": WEEK, "day": DAY}), StaticPartitions(keys=("z",))),
            IdentityMapping(),
        ),
        (Sides(DAY, None), AllMapping()),
    ],
)
def test_between_two_definitions_a_mapping_goes_without_saying(sides: Sides, mapping: PartitionMapping) -> None:
    assert inferred(sides) == mapping

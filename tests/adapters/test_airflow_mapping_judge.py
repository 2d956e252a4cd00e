"""Mappings between definitions, written to Airflow and stored there, against the algebra: the keys of every update and of every run."""

from __future__ import annotations

import importlib
import json
import os
from datetime import datetime, timedelta, timezone
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from transload.errors import PartitionError
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
    RollupMapping,
    SpecificMapping,
    StaticMapping,
    StaticPartitions,
    TimeMapping,
    TimePartitions,
    WaitPolicy,
)
from transload.partitioning import Known, Sides, complete, downstream, keys, spell, upstream
from transload.partitioning.mappings import ITSELF
from transload_airflow.codecs import mappings as mappers
from transload_airflow.codecs import own_mappings, records

pytestmark = pytest.mark.airflow

EFFORT: Final = float(os.environ.get("TRANSLOAD_EFFORT", "1"))
EVER: Final = Known(datetime(9000, 1, 1, tzinfo=timezone.utc))


def effort(examples: int) -> settings:
    return settings(
        max_examples=max(1, int(examples * EFFORT)), derandomize=True, suppress_health_check=list(HealthCheck)
    )


def stored(mapping: PartitionMapping, sides: Sides) -> Any:
    """The mapper that is written, as Airflow's scheduler gets it out of its database."""
    pytest.importorskip("airflow.partition_mappers.wait_policy")
    native = mappers.between(mapping, sides)
    assert native is not None, own_mappings.refusal(mapping, sides)
    form = mappers.to_form(native, sides)
    assert form is not None
    assert mappers.from_form(form) == native
    encode = importlib.import_module("airflow.serialization.encoders").encode_partition_mapper
    decode = importlib.import_module("airflow.serialization.decoders").decode_partition_mapper
    built = to_object(form, ("airflow.sdk", own_mappings.HOME, records.HOME))
    return decode(json.loads(json.dumps(encode(built))))


def fed(mapper: Any, key: str) -> set[str]:
    """The runs that an update feeds, as `AssetManager` asks for them: what raises feeds none."""
    try:
        found = mapper.to_downstream(key)
    except Exception:  # noqa: BLE001 - as Airflow does
        return set()
    return {found} if isinstance(found, str) else set(found)


def feeds(mapping: PartitionMapping, key: str, sides: Sides) -> set[str]:
    """The same by the algebra."""
    try:
        return set(downstream(mapping, key, sides))
    except PartitionError:
        return set()


def awaited(mapping: PartitionMapping, key: str, sides: Sides) -> frozenset[str]:
    """The keys that a run waits for, by the algebra."""
    found = upstream(mapping, key, sides)
    return frozenset((*found.keys, *found.missing))


def started(definition: Partitions | None) -> Any:
    """With the start that a mapper takes for windows without one."""
    if isinstance(definition, TimePartitions) and definition.start is None:
        return definition.model_copy(update={"start": "1970-01-01T00:00:00"})
    return definition


def agree(mapping: PartitionMapping, sides: Sides, sample: list[str]) -> Any:
    """Airflow feeds the same runs, and each waits for the same keys; the mapper that does so."""
    mapper = stored(mapping, sides)
    ever = Sides(started(sides.upstream), started(sides.downstream), EVER)
    runs: set[str] = set()
    for key in sample:
        found = fed(mapper, key)
        assert found == feeds(mapping, key, ever), key
        runs.update(sorted(found)[:3])
    for run in sorted(runs)[:12]:
        wanted = mapper.to_upstream(run) if mapper.is_rollup else {key for key in sample if run in fed(mapper, key)}
        assert wanted == awaited(mapping, run, ever), run
    return mapper


ZONES: Final = ("UTC", "America/New_York", "Europe/Paris", "Asia/Kolkata", "Australia/Lord_Howe")
FORMATS: Final = ("%Y-%m-%dT%H:%M:%S", "%Y%m%d-%H:%M")
DATES: Final = (*FORMATS, "%Y-%m-%d", "%d.%m.%Y")
MONTHS: Final = (*DATES, "%Y-%m")
CRONS: Final = {
    "0 * * * *": FORMATS, "@hourly": FORMATS, "*/15 * * * *": FORMATS, "0 0 * * *": DATES, "@daily": DATES, "0 6 * * 1-5": DATES,
    "0 0 * * 0": DATES, "0 0 * * 1": DATES, "0 0 1 * *": MONTHS, "0 0 1 */3 *": MONTHS, "0 0 1 1 *": (*MONTHS, "%Y"),
}  # fmt: skip
STARTS: Final = (
    "2024-02-26",
    "2024-03-09",
    "2024-03-30T05:00:00",
    "2024-10-05",
    "2024-10-26",
    "2024-11-02",
    "2020-12-27",
)


@st.composite
def times(draw: Any, zone: str | None = None) -> TimePartitions:
    cron = draw(st.sampled_from(list(CRONS)))
    start = draw(st.none() | st.sampled_from(STARTS))
    days = draw(st.none() | st.integers(1, 900))
    end = None if days is None or start is None else datetime.fromisoformat(start) + timedelta(days=days)
    return TimePartitions(
        cron=cron,
        start=start,
        end=None if end is None else end.isoformat(),
        timezone=zone or draw(st.sampled_from(ZONES)),
        format=draw(st.sampled_from(CRONS[cron])),
        end_offset=draw(st.sampled_from((0, 0, 1, -1))),
        exclusions=draw(st.sampled_from(((), (), ("0 0 * * 6",), ("2024-11-03T00:00:00",)))),
    )


def sample_of(definition: TimePartitions, since: str) -> list[str]:
    """Some keys around a turn of the clock."""
    around = datetime.fromisoformat(since).replace(tzinfo=ZoneInfo(definition.timezone))
    window = (around - timedelta(days=2), around + timedelta(days=400))
    return [spell(definition, key) for key in islice(keys(definition, window, EVER), 75)]


@st.composite
def time_sides(draw: Any) -> Sides:
    """Mostly of one zone."""
    zone = draw(st.none() | st.sampled_from(ZONES))
    return Sides(draw(times(zone)), draw(times(zone)))


OFFSETS: Final = st.sampled_from(((0, 0), (0, 0), (-1, 0), (-6, 0), (-1, -1), (0, 1), (1, 1), (-2, 1)))


@effort(400)
@given(time_sides(), OFFSETS, st.booleans(), st.sampled_from(STARTS))
def test_time_windows_are_those_of_the_algebra(
    sides: Sides, offsets: tuple[int, int], allow_missing: bool, since: str
) -> None:
    mapping = TimeMapping(start_offset=offsets[0], end_offset=offsets[1], allow_missing=allow_missing)
    assume(own_mappings.refusal(mapping, sides) is None)
    assert isinstance(sides.upstream, TimePartitions)

    agree(mapping, sides, sample_of(sides.upstream, since))


UNITS: Final = ("0 * * * *", "0 0 * * *", "0 0 * * 1", "0 0 1 * *", "0 0 1 */3 *", "0 0 1 1 *")
HOUR, DAY, WEEK, MONTH, QUARTER, YEAR = UNITS
PARTS: Final = ((HOUR, DAY), (DAY, WEEK), (DAY, MONTH), (MONTH, YEAR))
NATIVE: Final = {*((unit, unit) for unit in UNITS), *PARTS, *((up, down) for down, up in PARTS)}
FULL: Final = "%Y-%m-%dT%H:%M:%S"


@effort(200)
@given(
    st.sampled_from(UNITS), st.sampled_from(UNITS), st.sampled_from(("UTC", "Europe/Paris")), st.sampled_from(STARTS), st.booleans()
)  # fmt: skip
def test_calendar_units_are_airflows_own_where_these_are_exact(
    up: str, down: str, zone: str, since: str, allow_missing: bool
) -> None:
    """In UTC; in a zone of its own only keys of dates."""
    form = FULL if zone == "UTC" else "%Y-%m-%d"
    assume(zone == "UTC" or UNITS[0] not in (up, down))
    definitions = [TimePartitions(cron=each, timezone=zone, format=form, start="2018-01-01") for each in (up, down)]
    sides = Sides(definitions[0], definitions[1])

    mapper = agree(TimeMapping(allow_missing=allow_missing), sides, sample_of(definitions[0], since))

    assert type(mapper).__module__.startswith("airflow.") == ((up, down) in NATIVE)


STATIC: Final = st.lists(st.sampled_from(("de", "fr", "us", "x|y", "2024-03-09")), min_size=1, unique=True).map(
    lambda found: StaticPartitions(keys=tuple(found))
)
BOUNDED: Final = TimePartitions(cron="0 0 * * *", start="2024-03-09", end="2024-03-19", format="%Y-%m-%d")
DAILY: Final = BOUNDED.model_copy(update={"end": None})


def listed(definition: Partitions) -> list[str]:
    return [spell(definition, key) for key in keys(definition, known=EVER)]


@st.composite
def keyed(draw: Any) -> tuple[PartitionMapping, Sides]:
    """Mappings of keys that are no times, or not taken for them."""
    sides = Sides(draw(STATIC | st.just(BOUNDED)), draw(STATIC | st.just(BOUNDED)))
    ups, downs = (st.sampled_from(listed(each)) for each in (sides.upstream, sides.downstream) if each is not None)
    rows = st.dictionaries(ups, st.lists(downs, min_size=1, max_size=3, unique=True).map(tuple), max_size=4)
    tables = rows.map(lambda table: StaticMapping(table=table))
    specific = st.lists(ups, min_size=1, max_size=3, unique=True).map(lambda found: SpecificMapping(keys=tuple(found)))
    return draw(st.one_of(st.just(IdentityMapping()), st.just(AllMapping()), tables, specific)), sides


@effort(400)
@given(keyed())
def test_keys_are_mapped_as_by_the_algebra(given_: tuple[PartitionMapping, Sides]) -> None:
    """Identity, all keys, tables and lists of keys."""
    mapping, sides = given_
    assert sides.upstream is not None

    agree(mapping, sides, listed(sides.upstream))


COUNTRIES: Final = StaticPartitions(keys=("de", "fr", "x|y"))
GRID: Final = MultiPartitions(dimensions={"day": BOUNDED, "country": COUNTRIES})
HOURS: Final = BOUNDED.model_copy(update={"cron": "0 * * * *", "format": FULL})
WIDE: Final = MultiPartitions(dimensions={"day": DAILY, "country": COUNTRIES}, delimiter="/")
PAIRS: Final = DimensionsMapping(
    table={
        "day": DimensionPair(dimension="day", mapping=TimeMapping(start_offset=-1)),
        "country": DimensionPair(dimension="country", mapping=IdentityMapping()),
    }
)


@pytest.mark.parametrize(
    ("mapping", "sides"),
    [
        (DimensionMapping(), Sides(GRID, BOUNDED)),
        (DimensionMapping(dimension="country"), Sides(GRID, COUNTRIES)),
        (DimensionMapping(), Sides(BOUNDED, GRID)),
        (DimensionMapping(dimension="day"), Sides(HOURS, GRID)),
        (DimensionMapping(), Sides(COUNTRIES, GRID)),
        (PAIRS, Sides(GRID, GRID)),
        (PAIRS, Sides(GRID, WIDE)),
        (IdentityMapping(), Sides(GRID, GRID)),
        (IdentityMapping(), Sides(GRID, MultiPartitions(dimensions={"day": BOUNDED, "land": COUNTRIES}))),
    ],
)
def test_dimensions_are_mapped_as_by_the_algebra(mapping: PartitionMapping, sides: Sides) -> None:
    """One of several, several to several; a key may have the delimiter in it."""
    assert sides.upstream is not None

    agree(mapping, sides, listed(sides.upstream))


def test_a_newest_key_is_that_of_the_moment() -> None:
    sides = Sides(DAILY, COUNTRIES)
    mapper = stored(LastMapping(), sides)
    now = Known(datetime.now(timezone.utc))
    (newest,) = upstream(LastMapping(), None, Sides(DAILY, COUNTRIES, now)).keys

    assert fed(mapper, newest) == set(COUNTRIES.keys)
    assert fed(mapper, "2024-03-10") == set()
    assert mapper.to_upstream("de") == {newest}


@pytest.mark.parametrize(
    ("mapping", "sides"),
    [
        (AllMapping(), Sides(DAILY, COUNTRIES)),
        (SpecificMapping(keys=("de",)), Sides(COUNTRIES, DAILY)),
        (LastMapping(), Sides(DAILY, DAILY)),
        (TimeMapping(), Sides(COUNTRIES, DAILY)),
        (TimeMapping(), Sides(DAILY, None)),
        (DimensionMapping(), Sides(COUNTRIES, WIDE)),
        (DimensionMapping(), Sides(GRID, GRID)),
        (DimensionMapping(), Sides(StaticPartitions(keys=("?",)), GRID)),
    ],
)
def test_what_no_mapper_can_tell_has_a_reason(mapping: PartitionMapping, sides: Sides) -> None:
    """Keys without an end cannot all be there; without definitions on both sides there is nothing to compare."""
    reason = own_mappings.refusal(mapping, sides)

    assert reason is not None
    assert reason[0].isupper()
    assert mappers.between(mapping, sides) is None


@effort(100)
@given(st.none() | st.integers(-9, 9).filter(bool), st.integers(1, 5), st.sets(st.integers(0, 6)))
def test_a_sliding_window_waits_as_its_policy_says(minimum: int | None, days: int, arrived: set[int]) -> None:
    policy = WaitPolicy(minimum=minimum)
    mapping = RollupMapping(upstream=TimeMapping(start_offset=1 - days), window=ITSELF, wait=policy, limit=days)
    mapper = stored(mapping, Sides(DAILY, DAILY))
    wanted = mapper.to_upstream("2024-06-10")
    there = {f"2024-06-{10 - each:02}" for each in arrived}

    assert len(wanted) == days
    assert mapper.max_downstream_keys == days
    assert mapper.wait_policy.is_satisfied_by_keys(matched=there & wanted, expected=wanted).satisfied == complete(
        policy, wanted, there
    )


def test_a_run_knows_the_start_of_its_window() -> None:
    paris = DAILY.model_copy(update={"timezone": "Europe/Paris"})
    sides = Sides(paris, MultiPartitions(dimensions={"day": paris, "country": COUNTRIES}))

    assert stored(DimensionMapping(), sides).to_partition_date("x|y|2024-04-01") == datetime(
        2024, 4, 1, tzinfo=ZoneInfo("Europe/Paris")
    )


@pytest.mark.parametrize(
    ("mapping", "down"), [(TimeMapping(start_offset=-1), DAILY), (DimensionMapping(), GRID), (AllMapping(), COUNTRIES)]
)
@pytest.mark.parametrize("key", ["nonsense", "2024-03-08", "2024-03-19"])
def test_what_is_no_key_feeds_no_run(mapping: PartitionMapping, down: Partitions, key: str) -> None:
    """Nor does a day before the start or after the end: Airflow's audit log says so."""
    with pytest.raises(ValueError, match="is no key of the upstream partitions"):
        stored(RollupMapping(upstream=mapping, window=ITSELF, limit=9), Sides(BOUNDED, down)).to_downstream(key)

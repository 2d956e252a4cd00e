"""Keys, mappers, windows and wait policies, computed without a tool, against Airflow's own classes."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transload.errors import PartitionError
from transload.model.partitions import (
    AllowedMapping,
    CalendarUnit,
    ChainMapping,
    FanOutMapping,
    FixedMapping,
    FloorMapping,
    IdentityMapping,
    PartitionMapping,
    ProductMapping,
    RollupMapping,
    TimePartitions,
    WaitPolicy,
    Window,
)
from transload.partitioning import Sides, complete, downstream, keys, parse, reachable, spell, upstream

pytestmark = pytest.mark.airflow

EFFORT: Final = float(os.environ.get("TRANSLOAD_EFFORT", "1"))
EXAMPLES: Final = settings(
    max_examples=int(300 * EFFORT), derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
ZONES: Final = ("UTC", "America/New_York", "Europe/Paris", "Asia/Kolkata", "America/St_Johns", "Australia/Adelaide")
NONE: Final = Sides(None, None)


def mappers() -> Any:
    """Airflow's run-time classes; the module came with 3.2, windows and wait policies with 3.3."""
    pytest.importorskip("airflow.partition_mappers.window")
    modules = ("base", "temporal", "window", "wait_policy", "chain", "product", "identity", "allowed_key", "fixed_key")
    return {
        name: value
        for module in modules
        for name, value in vars(importlib.import_module(f"airflow.partition_mappers.{module}")).items()
    }


# Hours restricted as "*" with days restricted too are left out: Airflow adds days of 24 hours, and is an hour off after a change of
# the clock. So is a time skipped at 2:30: Airflow's tick is at 3:30, Dagster's and ours at 3:00.
CRONS: Final = (
    "0 * * * *", "*/15 * * * *", "7,37 * * * *", "0 0 * * *", "0 2 * * *", "0 */6 * * *", "0 1,2,3 * * *", "0 6 * * 1-5",
    "0 0 1 * *", "0 0 L * *", "0 0 29 2 *", "0 12 1 * 1", "0 0 * * 1#1", "0 0 * * 5#5", "@daily", "@weekly", "@monthly",
)  # fmt: skip
STARTS: Final = ((2024, 2, 27), (2024, 3, 9), (2024, 3, 30), (2024, 4, 6), (2024, 10, 5), (2024, 11, 1), (2020, 12, 27))


@EXAMPLES
@given(st.sampled_from(CRONS), st.sampled_from(ZONES), st.sampled_from(STARTS), st.integers(0, 100))
def test_keys_of_a_cron_timetable_are_airflows(cron: str, zone: str, start: tuple[int, int, int], hours: int) -> None:
    trigger = pytest.importorskip("airflow.timetables.trigger")
    if not hasattr(trigger, "CronPartitionTimetable"):
        pytest.skip("Airflow before 3.2 has no partitions")
    form = "%Y-%m-%dT%H:%M:%S%z"
    definition = TimePartitions(cron=cron, timezone=zone, format=form)
    earliest = datetime(*start, tzinfo=timezone.utc)
    latest = earliest + timedelta(hours=hours * (1 if cron.split()[1:2] == ["*"] else 24))
    infos = trigger.CronPartitionTimetable(cron, timezone=zone, key_format=form).iter_partition_dagrun_infos(
        earliest=earliest, latest=latest
    )
    expected = [info.partition_key for info in infos]
    # Airflow takes the bounds for local times, both inclusive.
    local = [each.replace(tzinfo=zone_of(zone), fold=1) for each in (earliest, latest)]
    found = list(keys(definition, (local[0], local[1] + timedelta(seconds=1))))

    assert [spell(definition, key) for key in found] == expected
    assert [parse(definition, text) for text in expected] == found


def zone_of(name: str) -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


FLOORS: Final = {unit: f"StartOf{unit.value.title()}Mapper" for unit in CalendarUnit}
WINDOWS: Final = {unit: f"{unit.value.title()}Window" for unit in CalendarUnit}


def mapper(mapping: PartitionMapping) -> Any:
    """Airflow's own object of a mapping."""
    return _MAPPERS[type(mapping)](mapping, mappers())


def _window(window: Window, classes: Any) -> Any:
    if window.unit is None:
        return classes["SegmentWindow"](list(window.segments))
    direction = classes["Window"].Direction.BACKWARD if window.backward else classes["Window"].Direction.FORWARD
    return classes[WINDOWS[window.unit]](direction=direction)


def _policy(policy: WaitPolicy, classes: Any) -> Any:
    return classes["WaitForAll"]() if policy.minimum is None else classes["MinimumCount"](policy.minimum)


_MAPPERS: Final[dict[type, Any]] = {
    IdentityMapping: lambda _mapping, classes: classes["IdentityMapper"](),
    FloorMapping: lambda mapping, classes: classes[FLOORS[mapping.unit]](
        timezone=mapping.timezone, input_format=mapping.input_format, output_format=mapping.output_format
    ),
    FixedMapping: lambda mapping, classes: classes["FixedKeyMapper"](mapping.key),
    AllowedMapping: lambda mapping, classes: classes["AllowedKeyMapper"](list(mapping.keys)),
    RollupMapping: lambda mapping, classes: classes["RollupMapper"](
        upstream_mapper=mapper(mapping.upstream),
        window=_window(mapping.window, classes),
        wait_policy=_policy(mapping.wait, classes),
    ),
    FanOutMapping: lambda mapping, classes: classes["FanOutMapper"](
        upstream_mapper=mapper(mapping.upstream),
        window=_window(mapping.window, classes),
        downstream_mapper=mapper(mapping.downstream) if mapping.downstream else None,
    ),
    ProductMapping: lambda mapping, classes: classes["ProductMapper"](
        *map(mapper, mapping.parts), delimiter=mapping.delimiter
    ),
    ChainMapping: lambda mapping, classes: classes["ChainMapper"](*map(mapper, mapping.steps)),
}


def expected(mapping: PartitionMapping, key: str) -> tuple[str, ...]:
    """What Airflow's object gives; a key that it refuses queues nothing."""
    found = mapper(mapping).to_downstream(key)
    return (found,) if isinstance(found, str) else tuple(found)


TURNS: Final = ("2024-03-10T02:30", "2024-11-03T01:30", "2024-02-29", "2020-12-31", "2021-01-03T23:59")
moments = st.sampled_from(list(map(datetime.fromisoformat, TURNS))) | st.datetimes(
    datetime.fromisoformat("1999-12-20"), datetime.fromisoformat("2032-01-10")
)
floors = st.builds(
    FloorMapping,
    unit=st.sampled_from(CalendarUnit),
    timezone=st.sampled_from(ZONES),
    input_format=st.sampled_from(("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z", "%Y%m%d %H")),
)
windows = st.builds(Window, unit=st.sampled_from(CalendarUnit), backward=st.booleans())


def key_for(mapping: FloorMapping, moment: datetime) -> str:
    return moment.replace(tzinfo=timezone.utc).strftime(mapping.input_format)


@EXAMPLES
@given(floors, moments)
def test_floors_are_airflows(mapping: FloorMapping, moment: datetime) -> None:
    key = key_for(mapping, moment)

    assert downstream(mapping, key, NONE) == expected(mapping, key)


def or_refusal(work: Callable[[], Iterable[str]]) -> frozenset[str] | str:
    """The keys, or the word that both refuse in their own ways: a window of months must begin a month."""
    try:
        return frozenset(work())
    except (PartitionError, ValueError):
        return "refused"


@EXAMPLES
@given(floors, windows, moments)
def test_rollups_are_airflows(mapping: FloorMapping, window: Window, moment: datetime) -> None:
    rollup = RollupMapping(upstream=mapping, window=window)
    key = key_for(mapping, moment)
    (down,) = downstream(rollup, key, NONE)

    assert (down,) == expected(rollup, key)
    assert or_refusal(lambda: upstream(rollup, down, NONE).keys) == or_refusal(lambda: mapper(rollup).to_upstream(down))


@EXAMPLES
@given(floors, windows, st.none() | floors, moments)
def test_fan_outs_are_airflows(
    mapping: FloorMapping, window: Window, down: FloorMapping | None, moment: datetime
) -> None:
    fan_out = FanOutMapping(upstream=mapping, window=window, downstream=down)
    key = key_for(mapping, moment)

    assert or_refusal(lambda: downstream(fan_out, key, NONE)) == or_refusal(lambda: expected(fan_out, key))


DAY: Final = FloorMapping(unit=CalendarUnit.DAY)
WEEK: Final = FloorMapping(unit=CalendarUnit.WEEK, input_format="%Y-%m-%d")
COMPOUND: Final = (
    (IdentityMapping(), "a|b"),
    (FixedMapping(key="all"), "x"),
    (AllowedMapping(keys=("us", "eu")), "eu"),
    (ProductMapping(parts=(IdentityMapping(), DAY)), "us|2026-03-13T10:42:15"),
    (
        ProductMapping(parts=(AllowedMapping(keys=("us",)), DAY, FixedMapping(key="z")), delimiter="/"),
        "us/2026-03-13T10:42:15/q",
    ),
    (ChainMapping(steps=(DAY, WEEK)), "2026-03-13T10:42:15"),
    (
        ChainMapping(steps=(DAY, FanOutMapping(upstream=WEEK, window=Window(unit=CalendarUnit.WEEK)))),
        "2026-03-13T10:42:15",
    ),
    (RollupMapping(upstream=FixedMapping(key="all"), window=Window(segments=("us", "eu"))), "us"),
    (
        FanOutMapping(upstream=DAY, window=Window(unit=CalendarUnit.DAY), downstream=IdentityMapping()),
        "2026-03-13T10:42:15",
    ),
)


@pytest.mark.parametrize(("mapping", "key"), COMPOUND)
def test_compound_mappings_are_airflows(mapping: PartitionMapping, key: str) -> None:
    assert downstream(mapping, key, NONE) == expected(mapping, key)


@pytest.mark.parametrize(
    ("mapping", "key"),
    [
        (AllowedMapping(keys=("us",)), "eu"),
        (ProductMapping(parts=(AllowedMapping(keys=("us",)), DAY)), "eu|2026-03-13T10:42:15"),
        (ProductMapping(parts=(IdentityMapping(), DAY)), "us"),
        (DAY, "2026-03-13"),
    ],
)
def test_what_airflow_refuses_has_no_downstream_key(mapping: PartitionMapping, key: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        expected(mapping, key)

    try:
        found = downstream(mapping, key, NONE)
    except PartitionError:
        found = ()
    assert found == ()


def test_a_segment_window_waits_for_airflows_keys() -> None:
    mapping = RollupMapping(upstream=FixedMapping(key="all"), window=Window(segments=("us", "eu", "us")))

    assert set(upstream(mapping, "all", NONE).keys) == mapper(mapping).to_upstream("all")


@EXAMPLES
@given(
    st.none() | st.integers(-5, 5).filter(bool),
    st.sets(st.sampled_from("abcde"), max_size=5),
    st.sets(st.sampled_from("abcdefg"), max_size=7),
)
def test_wait_policies_are_airflows(minimum: int | None, wanted: set[str], there: set[str]) -> None:
    policy = WaitPolicy(minimum=minimum)
    verdict = _policy(policy, mappers()).is_satisfied_by_keys(matched=there, expected=wanted)

    assert complete(policy, wanted, there) == verdict.satisfied
    assert reachable(policy, wanted) != verdict.unreachable

"""The definitions of keys that mappings make: laws that need no tool."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from itertools import islice
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transload.model.assets import Asset
from transload.model.graph import graph_of
from transload.model.identity import identify
from transload.model.jobs import Flow, Job, Schedule, Write
from transload.model.partitions import (
    AllMapping,
    AllowedMapping,
    CalendarUnit,
    ChainMapping,
    FanOutMapping,
    FixedMapping,
    FloorMapping,
    IdentityMapping,
    MultiPartitions,
    PartitionMapping,
    ProductMapping,
    RollupMapping,
    RuntimePartitions,
    StaticPartitions,
    TimeMapping,
    TimePartitions,
    Window,
)
from transload.model.triggers import AllOf, Trigger, Updated
from transload.partitioning import Known, exists, keys, spell
from transload.partitioning.comparing import Sided, compared
from transload.partitioning.deriving import at_close, through
from transload.partitioning.keywise import mapped, rolled_up
from transload.partitioning.propagation import derived

EFFORT: Final = float(os.environ.get("TRANSLOAD_EFFORT", "1"))
SETTINGS: Final = settings(
    max_examples=max(1, int(300 * EFFORT)), derandomize=True, suppress_health_check=list(HealthCheck)
)
EVER: Final = Known(datetime(9000, 1, 1, tzinfo=timezone.utc))
ZONES: Final = ("UTC", "America/New_York", "Europe/Paris", "Asia/Kolkata", "Australia/Lord_Howe")
CRONS: Final = ("0 * * * *", "@hourly", "15,45 * * * *", "30 6 * * *", "0 6,18 * * *", "0 0 * * 0", "0 6 * * 1-5", "0 0 1 * *")  # fmt: skip
STARTS: Final = ("2024-03-09T05:00:00", "2024-10-26T00:00:00", "2020-12-27T12:00:00", "2024-02-28T00:00:00")
HOURS: Final = TimePartitions(cron="0 * * * *", start="2024-01-01T05:00:00")
LAND: Final = StaticPartitions(keys=("de", "us"))

times: Final = st.builds(
    TimePartitions, cron=st.sampled_from(CRONS), start=st.sampled_from(STARTS), timezone=st.sampled_from(ZONES)
)


@SETTINGS
@given(times, st.sampled_from(CalendarUnit))
def test_every_key_that_a_floor_makes_is_one_of_the_definition(up: TimePartitions, unit: CalendarUnit) -> None:
    mapping = FloorMapping(unit=unit, timezone=up.timezone)
    made = through(mapping, up)
    assert isinstance(made, TimePartitions)

    for key in islice(keys(up, known=EVER), 60):
        spelled = spell(up, key)
        # The second of two hours of one name has its offset in its key, which no mapper can read.
        for text in mapped(mapping, spelled) if "+" not in spelled else ():
            assert exists(made, text, EVER), text


@SETTINGS
@given(times, st.sampled_from(CalendarUnit))
def test_the_first_key_of_a_floor_is_the_first_of_the_definition(up: TimePartitions, unit: CalendarUnit) -> None:
    mapping = FloorMapping(unit=unit, timezone=up.timezone)
    made = through(mapping, up)
    assert made is not None

    (first,) = mapped(mapping, spell(up, next(keys(up, known=EVER))))
    assert spell(made, next(keys(made, known=EVER))) == first


@SETTINGS
@given(st.sampled_from(STARTS), st.sampled_from(("UTC", "Asia/Kolkata")))
def test_a_rollup_has_whole_units_only(start: str, zone: str) -> None:
    up = HOURS.model_copy(update={"start": start, "timezone": zone})
    mapping = RollupMapping(
        upstream=FloorMapping(unit=CalendarUnit.DAY, timezone=zone), window=Window(unit=CalendarUnit.DAY)
    )
    made = through(mapping, up)
    assert made is not None

    first = spell(made, next(keys(made, known=EVER)))
    assert all(exists(up, key, EVER) for key in rolled_up(mapping, first))


DAY: Final = FloorMapping(unit=CalendarUnit.DAY)
GRID: Final = MultiPartitions(dimensions={"hour": HOURS, "land": LAND})


@pytest.mark.parametrize(
    ("mapping", "up", "kind"),
    [
        (IdentityMapping(), LAND, LAND),
        (IdentityMapping(), None, None),
        (FixedMapping(key="all"), None, StaticPartitions(keys=("all",))),
        (AllowedMapping(keys=("us", "xx")), LAND, StaticPartitions(keys=("us",))),
        (AllowedMapping(keys=("us", "xx")), RuntimePartitions(), StaticPartitions(keys=("us", "xx"))),
        (DAY, None, TimePartitions(cron="0 0 * * *", format="%Y-%m-%d", end_offset=1)),
        (DAY, GRID, None),
        (DAY, HOURS.model_copy(update={"format": "%H o'clock, %d.%m.%Y"}), None),
        (DAY, LAND, None),
        (ChainMapping(steps=(DAY, FixedMapping(key="x"))), HOURS, StaticPartitions(keys=("x",))),
        (FanOutMapping(upstream=DAY, window=Window(segments=("a",))), HOURS, StaticPartitions(keys=("a",))),
        (ProductMapping(parts=(DAY, DAY)), LAND, None),
        (ProductMapping(parts=(DAY, DAY)), HOURS, None),
        (ProductMapping(parts=(IdentityMapping(), IdentityMapping()), delimiter="/"), GRID, None),
        (ProductMapping(parts=(IdentityMapping(), IdentityMapping())), GRID, GRID),
        (AllMapping(), LAND, None),
    ],
    ids=str,
)
def test_what_a_mapping_makes(mapping: PartitionMapping, up: object, kind: object) -> None:
    assert through(mapping, up) == kind  # type: ignore[arg-type]


def test_runs_before_the_end_of_a_window_are_an_offset() -> None:
    plain = HOURS.model_copy(update={"end_offset": 0})

    assert at_close(plain) is plain
    assert at_close(plain.model_copy(update={"run_offset": 0})) == plain.model_copy(update={"end_offset": 1})
    assert at_close(plain.model_copy(update={"run_offset": -1})) == plain


def test_a_chain_of_flows_is_derived_upstream_first() -> None:
    names = ("c", "a", "b", "raw")
    ids = {name: identify(f"s3://lake/{name}") for name in names}
    before = {"a": "raw", "b": "a", "c": "b"}

    def trigger(name: str) -> Trigger:
        return Updated(asset=ids[before[name]], mapping=DAY if name == "a" else IdentityMapping())

    graph = graph_of(
        assets=[Asset(id=each) for each in ids.values()],
        jobs=[Job(name=name, writes=(Write(asset=ids[name]),)) for name in before],
        flows=[Flow(name=name, jobs=(name,), schedules=(Schedule(trigger=trigger(name)),)) for name in sorted(before, reverse=True)],
    )  # fmt: skip

    found = derived(graph, {ids["raw"]: HOURS})

    assert {found[ids[name]] for name in before} == {through(DAY, HOURS)}


def test_a_circle_of_flows_has_no_partitions() -> None:
    raw, made = identify("s3://lake/raw"), identify("s3://lake/made")
    both = AllOf(parts=(Updated(asset=made, mapping=IdentityMapping()), Updated(asset=raw, mapping=IdentityMapping())))
    graph = graph_of(
        assets=[Asset(id=raw), Asset(id=made)],
        jobs=[Job(name="make", writes=(Write(asset=made),)), Job(name="load", writes=(Write(asset=raw),))],
        flows=[Flow(name=name, jobs=(name,), schedules=(Schedule(trigger=both),)) for name in ("make", "load")],
    )

    assert derived(graph, {}) == {}


def test_a_day_of_local_hours_is_told_from_the_hours_that_the_day_has() -> None:
    """Airflow's day has 24 steps of the clock, whatever the clock does."""
    paris = HOURS.model_copy(update={"timezone": "Europe/Paris"})
    for up, same in ((HOURS, True), (paris, False)):
        mapping = RollupMapping(
            upstream=FloorMapping(unit=CalendarUnit.DAY, timezone=up.timezone), window=Window(unit=CalendarUnit.DAY)
        )
        made = through(mapping, up)
        assert made is not None

        found = compared(Sided(mapping, up, made), Sided(TimeMapping(), up, made))

        assert found.is_same is same
        assert found.alike > 0.99
        assert (found.key, len(found.ours), len(found.theirs)) == ((None, 0, 0) if same else ("2024-10-27", 24, 25))

"""Definitions and mappings that make sense, as people write them: nothing is lost in silence, and what was written comes back."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from transload.declaration import Adapter
from transload.model import partitions as p
from transload.model.assets import Asset
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import identify
from transload.model.jobs import Flow, Job, Read, Schedule, Write
from transload.model.triggers import Cron, Eager, Updated
from transload.testing import laws
from transload.testing.subjects import effort, needs

RAW, CLEAN = identify("s3://lake/raw"), identify("s3://lake/clean")
DAILY: Final = p.TimePartitions(cron="0 0 * * *", start="2026-01-01", format="%Y-%m-%d")
KEYS: Final = p.StaticPartitions(keys=("de", "fr", "x|y"))

times = st.builds(
    p.TimePartitions,
    cron=st.sampled_from(("0 * * * *", "@hourly", "0 0 * * *", "0 0 * * 0", "0 0 * * 1", "0 0 1 * *")),
    start=st.sampled_from(("2024-02-26", "2026-01-01T00:00:00")),
    end=st.none() | st.just("2026-03-01"),
    timezone=st.sampled_from(("UTC", "Europe/Paris")),
    format=st.sampled_from(("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d-%H:%M")),
    end_offset=st.sampled_from((0, 0, 1)),
    exclusions=st.sampled_from(((), (), ("0 0 * * 6",))),
)
plain = times | st.sampled_from((DAILY, KEYS, p.StaticPartitions(keys=("emea",)), p.DynamicPartitions(name="users")))
grids = st.builds(lambda day: p.MultiPartitions(dimensions={"day": day, "country": KEYS}), times)
definitions = st.none() | plain | plain | grids

ROWS: Final = {"de": ("emea",), "fr": ("emea",), "x|y": ("emea", "de")}
DAY: Final = p.FloorMapping(unit=p.CalendarUnit.DAY)
mappings = st.one_of(
    st.none(),
    st.builds(
        p.TimeMapping, start_offset=st.integers(-3, 1), end_offset=st.integers(0, 1), allow_missing=st.booleans()
    ),
    st.sampled_from(
        (
            p.IdentityMapping(),
            p.AllMapping(),
            p.LastMapping(),
            p.SpecificMapping(keys=("de",)),
            p.StaticMapping(table=ROWS),
            p.DimensionMapping(),
            p.DimensionMapping(dimension="day"),
            p.DimensionsMapping(
                table={"day": p.DimensionPair(dimension="day", mapping=p.TimeMapping(start_offset=-1))}
            ),
            DAY,
            p.RollupMapping(upstream=DAY, window=p.Window(unit=p.CalendarUnit.DAY)),
            p.FanOutMapping(upstream=DAY, window=p.Window(unit=p.CalendarUnit.DAY)),
            p.FixedMapping(key="all"),
            p.AllowedMapping(keys=("de", "us")),
            p.ProductMapping(parts=(p.IdentityMapping(), DAY)),
            p.ChainMapping(steps=(DAY, p.FixedMapping(key="all"))),
            p.RollupMapping(
                upstream=p.TimeMapping(start_offset=-6), window=p.Window(), wait=p.WaitPolicy(minimum=-1), limit=7
            ),
        )
    ),
)
nights = st.sampled_from(("0 0 * * *", "0 3 * * *", "@hourly"))


@st.composite
def graphs(draw: Any) -> AssetGraph:
    """A partitioned asset on a schedule, and one made from it: when it is updated, by its own condition or that of a flow."""
    up, down, mapping = draw(definitions), draw(definitions), draw(mappings)
    zone = up.timezone if isinstance(up, p.TimePartitions) else "UTC"
    night = Schedule(trigger=Cron(expression=draw(nights), timezone=zone))
    flows = [Flow(name="load", jobs=("load.raw",), schedules=(night,), partitions=up)] if draw(st.booleans()) else []
    stated = draw(st.booleans())
    if stated:
        trigger = Updated(asset=RAW, mapping=mapping)
        flows.append(Flow(name="clean", jobs=("clean.clean",), schedules=(Schedule(trigger=trigger),), partitions=down))
    return graph_of(
        assets=[Asset(id=RAW, partitions=up), Asset(id=CLEAN, partitions=down, trigger=None if stated else Eager())],
        jobs=[
            Job(name="load.raw", writes=(Write(asset=RAW),)),
            Job(name="clean.clean", reads=(Read(asset=RAW, mapping=mapping),), writes=(Write(asset=CLEAN),)),
        ],
        flows=flows,
    )


@needs("source")
@given(graph=graphs())
@effort(80)
def test_partitioned_graphs_round_trip_in_source(adapter: Adapter, graph: AssetGraph) -> None:
    """Every difference is in the report, and the static reader gives back the rest."""
    laws.every_difference_is_reported(adapter, graph)
    laws.losses_are_well_formed(adapter, graph)
    laws.source_round_trips(adapter, graph)


@needs("runtime", "load")
@given(graph=graphs())
@effort(60)
def test_partitioned_graphs_round_trip_in_objects(adapter: Adapter, graph: AssetGraph) -> None:
    """The tool takes what was built, and the reader of objects gives it back."""
    if laws.is_held_by_the_installed_version(adapter, graph):
        laws.objects_round_trip(adapter, graph)


@needs("source", "load")
@given(graph=graphs())
@effort(12)
def test_partitioned_graphs_round_trip_when_loaded(adapter: Adapter, graph: AssetGraph) -> None:
    """The tool imports and stores what was written."""
    if laws.is_held_by_the_installed_version(adapter, graph):
        laws.loaded_source_round_trips(adapter, graph)

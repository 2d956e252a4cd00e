"""Partitions of a graph are code that runs in a Prefect project, and come back from it; keys and windows are those of the algebra."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transload import carry
from transload.adapter import Reading, Target, Translation
from transload.errors import PartitionError
from transload.loss import Code
from transload.model.assets import Asset
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import identify
from transload.model.jobs import Flow, Job, Read, Schedule, Write
from transload.model.partitions import (
    AllMapping,
    CalendarUnit,
    ChainMapping,
    DimensionMapping,
    DimensionPair,
    DimensionsMapping,
    DynamicPartitions,
    FanOutMapping,
    FloorMapping,
    IdentityMapping,
    MultiPartitions,
    OpaqueMapping,
    OpaquePartitions,
    PartitionMapping,
    Partitions,
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
from transload.model.triggers import Updated
from transload.partitioning import Known, Sides, parse, spelled, upstream, window
from transload.reading.project import read_project
from transload.translator import meaning, prepare
from transload.writing.formatting import format_sources
from transload.writing.project import write_project
from transload_prefect import adapter, source
from transload_prefect.running.keys import closed_last

DAILY = TimePartitions(cron="0 0 * * *", start="2024-01-01", timezone="Europe/Berlin", format="%Y-%m-%d")
HOURLY = TimePartitions(
    cron="0 * * * *", start="2024-01-01T00:00:00", timezone="Europe/Berlin", format="%Y-%m-%d-%H:%M"
)
COUNTRIES = StaticPartitions(keys=("de", "fr"))
BOTH = MultiPartitions(dimensions={"day": DAILY, "country": COUNTRIES})
ORDERS, CLEAN = identify("s3://lake/orders"), identify("s3://lake/clean")

FLOWS = """
@materialize(CLEAN, asset_deps=[mapped(ORDERS, TimeMapping(start_offset=-1))])
def clean() -> None:
    partition = current_partition()
    raise NotImplementedError(f"Move the code of f/clean here, for the partition {partition.key}.")


@flow
def f(partition_key: str | None = None, upstream_partition: str | None = None) -> None:
    with PartitionedRun(
        CLEAN, partition_key, upstream_partition, [mapped(ORDERS, TimeMapping(start_offset=-1))]
    ):
        clean()
"""


STARTED = "flow f", "schedules", Code.SCHEDULE_TRIGGER


def told(translation: Translation) -> list[tuple[str, str, Code]]:
    return [(loss.subject, loss.field, loss.code) for loss in translation.losses]


def estate(
    own: Partitions | None = DAILY,
    mapping: PartitionMapping | None = None,
    flow: Partitions | None = None,
    parameters: dict[str, str | None] | None = None,
) -> AssetGraph:
    """A daily asset that is made from an hourly one when that is updated."""
    job = Job(name="f/clean", reads=(Read(asset=ORDERS, mapping=mapping),), writes=(Write(asset=CLEAN),))
    updated = Schedule(name="updated", trigger=Updated(asset=ORDERS))
    made = Flow(name="f", jobs=(job.name,), partitions=flow, schedules=(updated,), parameters=parameters or {})
    return graph_of([Asset(id=ORDERS, partitions=HOURLY), Asset(id=CLEAN, partitions=own)], [job], [made])


def restored(reading: Reading) -> AssetGraph:
    graph, losses = carry.restore(reading.graph, reading.carried, "prefect")
    assert (losses, reading.losses) == ((), ())
    return graph


def read_back(translation: Translation, folder: Path) -> AssetGraph:
    write_project(folder, source.write(translation), force=True)
    return restored(adapter.static.read(read_project(folder), Target("prefect", ".", path=folder)))


def test_it_reads_like_hand_written() -> None:
    files = dict(format_sources(source.write(prepare(estate(mapping=TimeMapping(start_offset=-1)), adapter))))

    assert "DAILY = TimePartitions(" in files["partitions.py"]
    assert 'CLEAN = PartitionedAsset(key="s3://lake/clean", partitions=DAILY)' in files["assets.py"]
    assert files["flows.py"].endswith(FLOWS)
    assert "upstream_partition: '{{ event.resource.id }}#{{ event.payload.partition }}'" in files["prefect.yaml"]
    assert files["requirements.txt"].splitlines()[-1] == "transload[prefect]"
    assert "partition_key" in files["README.md"]


DEFINITIONS: list[Partitions] = [
    DAILY,
    COUNTRIES,
    BOTH,
    RuntimePartitions(),
    DynamicPartitions(name="customers"),
    TimePartitions(cron="0 6 * * 1", end="2026-01-01", end_offset=-1, exclusions=("0 6 1 * *",), run_offset=2),
    StaticPartitions(keys=('"); import os', "{x}", "ä\n")),
]
MAPPINGS: list[PartitionMapping] = [
    IdentityMapping(),
    TimeMapping(start_offset=-2, end_offset=-1, allow_missing=True),
    SpecificMapping(keys=("2024-01-01-00:00",)),
    StaticMapping(table={"a": ("x", "y"), "b": ()}),
    RollupMapping(
        upstream=FloorMapping(unit=CalendarUnit.DAY),
        window=Window(unit=CalendarUnit.DAY),
        wait=WaitPolicy(minimum=-2),
    ),
    FanOutMapping(upstream=IdentityMapping(), window=Window(segments=("a", "b")), downstream=AllMapping()),
    ChainMapping(steps=(AllMapping(), DimensionMapping(dimension="day"))),
    DimensionsMapping(table={"day": DimensionPair(dimension="d", mapping=TimeMapping())}),
]


@pytest.mark.parametrize("own", DEFINITIONS)
@pytest.mark.parametrize("own_flow", [None, COUNTRIES])
def test_a_definition_is_code_and_comes_back(own: Partitions, own_flow: Partitions | None, tmp_path: Path) -> None:
    translation = prepare(estate(own, flow=own_flow), adapter)

    assert (told(translation), bool(translation.carried)) == ([STARTED], False)
    assert meaning(read_back(translation, tmp_path)) == meaning(translation.expected)


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_a_mapping_is_code_and_comes_back(mapping: PartitionMapping, tmp_path: Path) -> None:
    translation = prepare(estate(mapping=mapping), adapter)

    assert (told(translation), bool(translation.carried)) == ([STARTED], False)
    assert meaning(read_back(translation, tmp_path)) == meaning(translation.expected)


@pytest.mark.prefect
@pytest.mark.parametrize("own", DEFINITIONS)
@pytest.mark.parametrize("mapping", [None, *MAPPINGS[1:3]])
def test_objects_hold_them_too(own: Partitions, mapping: PartitionMapping | None) -> None:
    translation = prepare(estate(own, mapping), adapter)

    built = adapter.runtime.build(translation)

    reading = adapter.load.from_objects(built.objects, built.manifest, Target("prefect", "objects"))
    assert meaning(restored(reading)) == meaning(translation.expected)


def test_what_only_another_tool_understands_is_carried(tmp_path: Path) -> None:
    opaque = OpaquePartitions(tool="dagster", detail={"class": "mine"})
    translation = prepare(estate(opaque, OpaqueMapping(tool="dagster"), flow=opaque), adapter)

    assert {loss.code for loss in translation.losses} >= {
        Code.ASSET_PARTITIONS,
        Code.FLOW_PARTITIONS,
        Code.PARTITION_MAPPING,
    }
    assert "PartitionedRun" not in source.write(translation)["flows.py"]
    assert meaning(read_back(translation, tmp_path)) == meaning(translation.expected)


@pytest.mark.parametrize("parameters", [{"partition_key": None}, {"partition_key": "2024-02-29"}, {"day": "x"}])
def test_a_parameter_of_the_same_name_stays(parameters: dict[str, str | None], tmp_path: Path) -> None:
    translation = prepare(estate(flow=DAILY, parameters=parameters), adapter)

    assert meaning(read_back(translation, tmp_path)) == meaning(translation.expected)


def test_assets_of_different_partitions_leave_the_flow_to_its_parameter() -> None:
    """A run has one partition, which cannot be an hour and a day."""
    jobs = [Job(name="h", writes=(Write(asset=ORDERS),)), Job(name="d", writes=(Write(asset=CLEAN),))]
    assets = [Asset(id=ORDERS, partitions=HOURLY), Asset(id=CLEAN, partitions=DAILY)]

    translation = prepare(graph_of(assets, jobs, [Flow(name="f", jobs=("h", "d"))]), adapter)

    assert [(loss.subject, loss.field) for loss in translation.losses] == [("flow f", "partitions")]
    assert "PartitionedRun" not in source.write(translation)["flows.py"]


@pytest.mark.parametrize(
    ("mapping", "exact"),
    [(None, True), (TimeMapping(start_offset=-1, end_offset=-1), True), (TimeMapping(start_offset=-1), False)],
)
def test_a_trigger_is_exact_where_an_update_feeds_one_partition(
    mapping: PartitionMapping | None, *, exact: bool
) -> None:
    graph = estate(mapping=mapping)
    daily = graph.replaced(assets=[asset.model_copy(update={"partitions": DAILY}) for asset in graph.assets])

    assert told(prepare(daily, adapter)) == ([] if exact else [STARTED])


def test_a_flow_is_made_for_each_definition() -> None:
    jobs = [Job(name="h", writes=(Write(asset=ORDERS),)), Job(name="d", writes=(Write(asset=CLEAN),))]
    graph = graph_of([Asset(id=ORDERS, partitions=HOURLY), Asset(id=CLEAN, partitions=DAILY)], jobs)

    translation = prepare(graph, adapter)

    assert {flow.name: flow.jobs for flow in translation.native.flows} == {
        "assets-hourly": ("h",),
        "assets-daily": ("d",),
    }
    assert source.write(translation)["flows.py"].count("with PartitionedRun(") == 2


@pytest.mark.prefect
@pytest.mark.parametrize("definition", [DAILY, HOURLY, BOTH])
@given(data=st.data())
@settings(max_examples=40)
def test_a_run_has_the_key_the_window_and_the_upstream_of_the_algebra(
    definition: Partitions, data: st.DataObject
) -> None:
    """Over two years with leap day and changes of the clock."""
    from transload_prefect.running.partitions import PartitionedAsset, PartitionedRun, current_partition, mapped

    day = datetime(2024, 1, 5, tzinfo=timezone.utc) + timedelta(days=data.draw(st.integers(0, 700)))
    key = data.draw(st.sampled_from([*islice(spelled(definition, (day, day + timedelta(days=2))), 60)]))
    offset = data.draw(st.integers(-3, 0))
    mapping: PartitionMapping = TimeMapping(start_offset=offset, allow_missing=True)
    mapping = DimensionMapping(dimension="day") if definition == BOTH else mapping
    orders = mapped(PartitionedAsset(key="s3://lake/orders", partitions=DAILY), mapping)

    with PartitionedRun(definition, key) as partition:
        found = current_partition()
        read = found.upstream(orders)

    assert found is partition
    assert partition.key == key
    own, text = (DAILY, key.partition("|")[2]) if definition == BOTH else (definition, key)
    assert partition.window == window(own, str(parse(own, text)))  # type: ignore[arg-type]
    assert read == upstream(mapping, key, Sides(DAILY, definition, Known(now=partition.now))).keys
    with pytest.raises(PartitionError, match="no partition here"):
        current_partition()


@pytest.mark.parametrize("offset", [-2, -1, 0, 1, 2])
@given(minutes=st.integers(0, 2 * 365 * 24 * 60))
@settings(max_examples=30)
def test_a_scheduled_run_has_the_last_partition_there_is(offset: int, minutes: int) -> None:
    now = datetime(2024, 2, 1, tzinfo=timezone.utc) + timedelta(minutes=minutes)
    definition = DAILY.model_copy(update={"end_offset": offset})

    *_, last = spelled(definition, known=Known(now=now))

    assert closed_last(definition, now) == last
    assert closed_last(definition.model_copy(update={"start": None}), now) == last


@pytest.mark.parametrize(
    ("offset", "key"),
    [(None, "2024-03-30"), (-1, "2024-03-30"), (0, "2024-03-31"), (1, "2024-04-01"), (-3, "2024-03-28")],
)
def test_a_run_offset_counts_ticks(offset: int | None, key: str) -> None:
    """None: the window that closes at the tick; 0: the one that opens at it (Airflow 3.2, `CronPartitionTimetable`)."""
    definition = DAILY.model_copy(update={"run_offset": offset, "start": None})

    assert closed_last(definition, datetime(2024, 3, 31, 0, 30, tzinfo=timezone.utc)) == key


WRONG = [
    (DAILY, "2024-3-1", "nearest is '2024-03-01'"),
    (DAILY, "2024-03-01T05:00", "nearest is '2024-03-01'"),
    (DAILY, "2023-12-31", "no partition of '0 0 [*] [*] [*]', Europe/Berlin"),
    (COUNTRIES, "de ", "nearest is 'de'"),
    (BOTH, "fr|2024-3-1", "nearest is 'fr|2024-03-01'"),
    (COUNTRIES, None, "Pass `partition_key`: de, fr"),
    (BOTH, None, "Pass `partition_key`: de|2024-01-01"),
]


@pytest.mark.prefect
@pytest.mark.parametrize(("definition", "key", "said"), WRONG)
def test_a_wrong_key_gets_the_nearest_right_one(definition: Partitions, key: str | None, said: str) -> None:
    from transload_prefect.running.partitions import PartitionedRun

    with pytest.raises(PartitionError, match=said.replace("|", r"\|")), PartitionedRun(definition, key):
        pass


@pytest.mark.prefect
def test_an_update_of_another_asset_gives_the_partition_that_it_feeds() -> None:
    from transload_prefect.running.partitions import PartitionedAsset, PartitionedRun, mapped, upstream_text

    orders = PartitionedAsset(key="s3://lake/orders", partitions=HOURLY)
    daily = mapped(
        PartitionedAsset(key="s3://lake/clean", partitions=DAILY), TimeMapping(start_offset=-1, end_offset=-1)
    )

    def fed(asset: PartitionedAsset, key: str, own: Partitions = DAILY) -> str:
        return PartitionedRun(own, None, upstream_text(asset, key), [orders, daily]).partition().key

    assert fed(orders, "2024-03-31-03:00") == "2024-03-31"
    assert fed(daily, "2024-02-28") == "2024-02-29"
    with pytest.raises(PartitionError, match="feeds 24 partitions"):
        PartitionedRun(
            HOURLY, None, upstream_text(mapped(daily, TimeMapping()), "2024-02-28"), [mapped(daily, TimeMapping())]
        ).partition()
    with pytest.raises(PartitionError, match="reads no partitions of"):
        PartitionedRun(DAILY, None, upstream_text("s3://lake/other", "x"), [orders]).partition()


@pytest.mark.prefect
def test_a_partitioned_asset_is_to_prefect_the_asset_that_it_is() -> None:
    """Else its updates would be reported twice where a task's data show it as an input too (Prefect 3.9.1 compares assets)."""
    from prefect.assets import Asset as Plain

    from transload_prefect.running.partitions import PartitionedAsset, mapped

    asset = PartitionedAsset(key="s3://lake/orders", partitions=DAILY)

    assert len({asset, Plain(key="s3://lake/orders"), mapped("s3://lake/orders", AllMapping())}) == 1
    assert asset != PartitionedAsset(key="s3://lake/other", partitions=DAILY)

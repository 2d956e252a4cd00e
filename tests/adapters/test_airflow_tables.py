"""The tables of triggers, partitions and fields: what is written is read back, by forms and through the real classes."""

from __future__ import annotations

import dataclasses
import inspect
from datetime import timedelta
from typing import Any

import pytest

from transload.forms import to_object
from transload.model.identity import identify
from transload.model.jobs import Retries
from transload.model.partitions import (
    AllMapping,
    AllowedMapping,
    CalendarUnit,
    ChainMapping,
    DimensionMapping,
    FanOutMapping,
    FixedMapping,
    FloorMapping,
    IdentityMapping,
    LastMapping,
    PartitionMapping,
    Partitions,
    ProductMapping,
    RollupMapping,
    RuntimePartitions,
    SpecificMapping,
    StaticPartitions,
    TimeMapping,
    TimePartitions,
    WaitPolicy,
    Window,
)
from transload.model.triggers import (
    AliasUpdated,
    AllOf,
    AnyOf,
    AtLeast,
    Continuous,
    Cron,
    Eager,
    Interval,
    Once,
    RRule,
    Trigger,
    Updated,
    leaves,
)
from transload.partitioning.cron import is_zone
from transload_airflow.codecs import fields, keywords, mappings
from transload_airflow.codecs.classes import HOMES
from transload_airflow.codecs.legal import is_cron
from transload_airflow.codecs.timetables import from_schedule
from transload_airflow.codecs.triggers import canonical, to_schedule

PACKAGES = ("airflow.sdk", *HOMES.values())
DAY = FloorMapping(unit=CalendarUnit.DAY)
A, B, C = (Updated(asset=identify(f"s3://lake/{name}")) for name in "abc")
NIGHT = Cron(expression="0 1 * * *", timezone="Europe/Berlin")

MAPPINGS: list[PartitionMapping] = [
    IdentityMapping(),
    IdentityMapping(limit=5),
    *(FloorMapping(unit=unit) for unit in CalendarUnit),
    FloorMapping(unit=CalendarUnit.HOUR, timezone="America/New_York", input_format="%Y", output_format="%H", limit=3),
    FixedMapping(key="all"),
    AllowedMapping(keys=("us", "de")),
    RollupMapping(upstream=DAY, window=Window(unit=CalendarUnit.DAY)),
    RollupMapping(
        upstream=DAY, window=Window(unit=CalendarUnit.WEEK, backward=True), wait=WaitPolicy(minimum=-2), limit=9
    ),
    RollupMapping(upstream=FixedMapping(key="all"), window=Window(segments=("de", "us")), wait=WaitPolicy(minimum=1)),
    FanOutMapping(upstream=FloorMapping(unit=CalendarUnit.WEEK), window=Window(unit=CalendarUnit.WEEK)),
    FanOutMapping(upstream=DAY, window=Window(unit=CalendarUnit.HOUR), downstream=IdentityMapping()),
    ProductMapping(parts=(IdentityMapping(), DAY), delimiter="/"),
    ChainMapping(steps=(DAY, FloorMapping(unit=CalendarUnit.MONTH, input_format="%Y-%m-%d")), limit=1),
]

FOREIGN: list[PartitionMapping] = [
    AllMapping(),
    LastMapping(),
    SpecificMapping(keys=("a",)),
    TimeMapping(start_offset=-1),
    DimensionMapping(dimension="date"),
    FloorMapping(unit=CalendarUnit.DAY, timezone="Nowhere/Land"),
    FixedMapping(key=""),
    ChainMapping(steps=(DAY,)),
    RollupMapping(upstream=IdentityMapping(), window=Window(unit=CalendarUnit.DAY)),
    RollupMapping(upstream=DAY, window=Window(unit=CalendarUnit.DAY), wait=WaitPolicy(minimum=0)),
    FanOutMapping(upstream=DAY, window=Window(unit=CalendarUnit.HOUR)),
]

TRIGGERS: list[Trigger] = [
    Cron(expression="0 0 * * *"),
    Cron(expression="5 4 * * sun"),
    NIGHT,
    Interval(seconds=90),
    Once(),
    Continuous(),
    A,
    AliasUpdated(alias="late"),
    AllOf(parts=(A, B, C)),
    AnyOf(parts=(A, B, AliasUpdated(alias="late"))),
    AllOf(parts=(AllOf(parts=(A, B)), C)),
    AllOf(parts=(A, AllOf(parts=(B, C)))),
    AnyOf(parts=(AllOf(parts=(A, B)), C)),
    AnyOf(parts=tuple(Updated(asset=identify(f"s3://lake/{number}")) for number in range(300))),
    AnyOf(parts=(NIGHT, A)),
    AnyOf(parts=(NIGHT, A, AllOf(parts=(B, C)))),
    AnyOf(parts=(Interval(seconds=60), A)),
    AnyOf(parts=(NIGHT, Cron(expression="0 5 * * *", timezone="Europe/Berlin"))),
    AllOf(parts=tuple(A.model_copy(update={"asset": each.asset, "mapping": DAY}) for each in (A, B))),
    AnyOf(parts=(A.model_copy(update={"mapping": DAY}), B.model_copy(update={"mapping": IdentityMapping()}))),
]

INEXPRESSIBLE: list[Trigger] = [
    RRule(rule="FREQ=DAILY"),
    Eager(),
    AllOf(parts=(NIGHT, A)),
    AnyOf(parts=(NIGHT, Interval(seconds=60))),
    AnyOf(parts=(A, A.model_copy(update={"mapping": DAY}))),
    A.model_copy(update={"mapping": LastMapping()}),
    Cron(expression="not a cron"),
    Cron(expression="0 0 * * *", timezone="Nowhere/Land"),
    Interval(seconds=-1),
    AllOf(parts=()),
    AtLeast(count=2, parts=(A, B)),
]

PARTITIONED: list[tuple[Trigger | None, Partitions]] = [
    (Cron(expression="0 0 * * *", timezone="UTC"), TimePartitions(cron="0 0 * * *")),
    (Cron(expression="0 0 * * *", timezone="UTC"), TimePartitions(cron="0 0 * * *", run_offset=0, format="%Y-%m-%d")),
    (NIGHT, TimePartitions(cron="0 1 * * *", timezone="Europe/Berlin", run_offset=3)),
    (None, RuntimePartitions()),
]


@pytest.mark.parametrize("mapping", MAPPINGS, ids=repr)
def test_mappings_come_back_from_forms(mapping: PartitionMapping) -> None:
    """Every mapping that Airflow has."""
    assert mappings.native(mapping) == mapping


@pytest.mark.airflow
@pytest.mark.parametrize("mapping", MAPPINGS, ids=repr)
def test_mappings_come_back_from_the_real_classes(mapping: PartitionMapping) -> None:
    """The same through objects."""
    from airflow import sdk

    from transload_airflow.reading.objects.values import to_form

    if not hasattr(sdk, "RollupMapper"):
        pytest.skip("This Airflow has not all of the mappers.")

    assert mappings.from_form(to_form(to_object(mappings.to_form(mapping), PACKAGES))) == mapping


@pytest.mark.parametrize("mapping", FOREIGN, ids=repr)
def test_mappings_that_airflow_has_not_are_not_written(mapping: PartitionMapping) -> None:
    """Nor those that its classes refuse."""
    assert mappings.to_form(mapping) is None


@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda trigger: repr(trigger)[:80])
def test_triggers_come_back_from_forms(trigger: Trigger) -> None:
    """Every trigger that is a schedule in Airflow."""
    assert canonical(trigger, None) == (trigger, None, {}, {})


@pytest.mark.airflow
@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda trigger: repr(trigger)[:80])
def test_triggers_come_back_from_a_real_dag(trigger: Trigger) -> None:
    """The same through a DAG, which takes the schedule and is stored."""
    assert _through_a_dag(trigger, None) == (trigger, None, {}, {})


@pytest.mark.parametrize("trigger", INEXPRESSIBLE, ids=lambda trigger: repr(trigger)[:80])
def test_triggers_that_airflow_has_not_are_not_written(trigger: Trigger) -> None:
    """Rather no schedule than another one."""
    assert to_schedule(trigger, None, lambda leaf: leaf) is None


@pytest.mark.parametrize(("trigger", "given"), PARTITIONED, ids=repr)
def test_partitions_come_back_from_forms(trigger: Trigger | None, given: Partitions) -> None:
    """Those that a timetable has."""
    assert canonical(trigger, given) == (trigger, given, {}, {})


@pytest.mark.airflow
@pytest.mark.parametrize(("trigger", "given"), PARTITIONED, ids=repr)
def test_partitions_come_back_from_a_real_dag(trigger: Trigger | None, given: Partitions) -> None:
    """The same through a DAG."""
    assert _through_a_dag(trigger, given) == (trigger, given, {}, {})


@pytest.mark.parametrize("given", [StaticPartitions(keys=("a",)), TimePartitions(cron="0 * * * *")], ids=repr)
def test_partitions_without_a_timetable_are_not_written(given: Partitions) -> None:
    """A list of keys, or several windows between two ticks of the schedule."""
    assert to_schedule(NIGHT, given, lambda leaf: leaf) is None


def _mapping(leaf: Trigger) -> PartitionMapping | None:
    return leaf.mapping if isinstance(leaf, Updated) else None


def _through_a_dag(trigger: Trigger | None, given: Partitions | None) -> Any:
    from airflow import sdk
    from airflow.sdk import DAG, Asset, AssetAlias
    from airflow.serialization import serialized_objects

    from transload_airflow.reading.objects.values import to_form

    names = ("DagSerialization", "SerializedDAG")
    serialiser = next(vars(serialized_objects)[name] for name in names if name in vars(serialized_objects))

    def leaf(part: Any) -> Any:
        return (
            AssetAlias(part.alias)
            if isinstance(part, AliasUpdated)
            else Asset(part.asset.name, f"s3://lake/{part.asset.name}")
        )

    def back(value: Any) -> Trigger:
        alias = value.name.endswith("AssetAlias")
        return AliasUpdated(alias=value.kwargs["name"]) if alias else Updated(asset=identify(value.kwargs["uri"]))

    if not hasattr(sdk, "PartitionedAtRuntime") and (given or any(map(_mapping, leaves(trigger)))):
        pytest.skip("This Airflow has no partitions.")
    schedule = to_object(to_schedule(trigger, given, leaf), PACKAGES)
    dag = DAG("d", schedule=schedule, max_active_runs=1)
    assert serialiser.to_dict(dag)
    return from_schedule(to_form(dag.schedule), None, back)


@pytest.mark.parametrize(
    "retries",
    [
        Retries(count=1),
        Retries(count=2, delays=(300.0,)),
        Retries(count=3, delays=(1.5,), backoff="geometric", jitter="up_to_double", max_delay=3600.0),
        Retries(count=3, delays=(1.5,), backoff="geometric", factor=3.0, jitter="up_to_double"),
    ],
    ids=repr,
)
def test_retries_come_back(retries: Retries) -> None:
    """No delay is none, and Airflow's own delay is not written."""
    arguments = fields.retry_arguments(retries)

    assert fields.retries_of(arguments) == retries
    assert ("retry_delay" in arguments) == (retries.delays != (300.0,))


@pytest.mark.parametrize(
    "tags", [{}, {"a": "", "team": "data"}, {"a:b": "c"}, {"": "x"}, {"a": "b c"}, {"k": "", "k:v": ""}], ids=repr
)
def test_tags_settle(tags: dict[str, str]) -> None:
    """What comes back once comes back always."""
    once = fields.tags_of(fields.tag_texts(tags))

    assert fields.tags_of(fields.tag_texts(once)) == once


@pytest.mark.parametrize(
    ("owners", "text"), [(("ann", "bob"), "ann, bob"), (("a, b",), None), ((), None), ((" x",), None)]
)
def test_owners_are_one_line(owners: tuple[str, ...], text: str | None) -> None:
    """Names that would read differently are not written."""
    assert fields.owner_text(owners) == text


@pytest.mark.parametrize("expression", ["* * * * *", "*/5 0-6 1,15 jan-mar mon-fri", "0 0 * * 7", "0 0 31 12 sun"])
def test_cron_expressions_that_are_written(expression: str) -> None:
    """Values, names, ranges, steps and lists."""
    assert is_cron(expression)


@pytest.mark.parametrize(
    "expression",
    ["", "@daily", "60 * * * *", "* * * *", "* * * * * *", "5-1 * * * *", "a b c d e", "*/0 * * * *", "\u0661 * * * *"],
)
def test_cron_expressions_that_are_not(expression: str) -> None:
    """Rather carried than refused by Airflow when it parses the file."""
    assert not is_cron(expression)


@pytest.mark.airflow
@pytest.mark.parametrize(
    "expression",
    ["*/5 0-6 1,15 jan-mar mon-fri", "0 0 * * 7", "59 23 31 12 6", "*/59 */23 */31 */12 */7", "0-59/2 * * * *"],
)
def test_airflow_takes_what_is_written(expression: str) -> None:
    """Its own timetable validates it."""
    from airflow.timetables.trigger import CronTriggerTimetable

    assert is_cron(expression)
    CronTriggerTimetable(expression, timezone="UTC").validate()


def test_zones_are_those_of_the_iana_database() -> None:
    """Neither paths nor the zone of the machine."""
    assert [
        name for name in ("UTC", "Europe/Berlin", "../etc/passwd", "localtime", "", "Nowhere") if is_zone(name)
    ] == ["UTC", "Europe/Berlin"]


def test_the_documentation_of_a_dag_is_never_the_path_of_a_file() -> None:
    """Airflow would read the file and show it."""
    assert not fields.is_document("/etc/secrets.md")


@pytest.mark.airflow
def test_every_keyword_of_a_dag_has_its_place() -> None:
    """Law L2: a keyword that a newer Airflow brings fails here, until the table says where it goes."""
    from airflow.sdk import DAG

    known = keywords.FLOW | keywords.FLOW_NATIVE | keywords.FLOW_STRUCTURE | {"self"}

    assert set(inspect.signature(DAG.__init__).parameters) - known == set()


@pytest.mark.airflow
def test_every_keyword_of_an_operator_has_its_place() -> None:
    """Law L2 for tasks."""
    from airflow.sdk import BaseOperator

    known = keywords.JOB | keywords.JOB_NATIVE | keywords.JOB_STRUCTURE

    assert set(inspect.signature(BaseOperator.__init__).parameters) - known == set()


@pytest.mark.airflow
def test_every_keyword_of_an_asset_has_its_place() -> None:
    """Law L2 for assets, and for the functions that make them."""
    from airflow.sdk import Asset, asset

    known = keywords.ASSET | keywords.ASSET_NATIVE | {"self"}
    of_functions = known | keywords.FLOW | keywords.FLOW_NATIVE | keywords.FLOW_STRUCTURE | {"outlets"}

    assert set(inspect.signature(Asset.__init__).parameters) - known == set()
    assert set(inspect.signature(asset.__init__).parameters) - of_functions == set()
    assert set(inspect.signature(asset.multi.__init__).parameters) - of_functions == set()


SDK_ELSEWHERE = {
    "BaseDeadlineReference", "DeadlineAlert", "DeadlineReference", "EventsTimetable", "PartitionMapper", "Window", "NullTimetable",
}  # fmt: skip
"""Names with these words that are no part of an asset graph (deadlines of runs), or bases of what is; irregular events are opaque."""


@pytest.mark.airflow
def test_every_class_of_assets_schedules_and_partitions_is_known() -> None:
    """Law L2: a class that a newer Airflow exports fails here, until a table reads it."""
    from airflow import sdk

    from transload_airflow.codecs.timetables import TIMETABLES
    from transload_airflow.reading.identities import ALIASES, ASSETS

    words = ("Asset", "Timetable", "Mapper", "Window", "Partition", "Schedule")
    exported = {name for name in sdk.__all__ if any(word in name for word in words)}
    known = {
        *ASSETS,
        *ALIASES,
        *TIMETABLES,
        *mappings.READERS,
        "AssetAll",
        "AssetAny",
        "AssetWatcher",
        "AssetAccessControl",
    }
    windows = {f"{unit.value.capitalize()}Window" for unit in CalendarUnit} | {"SegmentWindow"}

    assert exported - known - windows - SDK_ELSEWHERE == set()


def _arguments(kind: Any) -> set[str]:
    return set(inspect.signature(kind.__init__).parameters) - {"self"}


def _exported(*words: str) -> dict[str, Any]:
    """What Airflow exports of these kinds."""
    from airflow import sdk

    return {name: getattr(sdk, name) for name in sdk.__all__ if any(word in name for word in words)}


@pytest.mark.airflow
def test_every_argument_of_a_timetable_is_known() -> None:
    """Law L2: one that a newer Airflow brings fails here, until the table says what it is by default."""
    from transload_airflow.reading.objects.values import _TIMETABLES, _UNHELD

    several = {*_TIMETABLES["CronTriggerTimetable"], "crons"}
    known = {"MultipleCronTriggerTimetable": several, "PartitionedAtRuntime": {"args", "kwargs"}}
    tables = _exported("Timetable", "AtRuntime", "Schedule")
    unknown = {
        name: _arguments(kind) - {*known.get(name, _TIMETABLES.get(name, ())), *_UNHELD}
        for name, kind in tables.items()
        if name != "NullTimetable"
    }

    assert {name: names for name, names in unknown.items() if names} == {}


@pytest.mark.airflow
def test_an_argument_that_a_newer_timetable_brings_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """As its object holds it, so that it ends in what only Airflow understands."""
    from airflow.sdk import DAG
    from airflow.timetables.trigger import CronTriggerTimetable

    from transload_airflow.reading.objects.values import to_form

    before = CronTriggerTimetable.__init__

    def newer(self: Any, cron: str, *, timezone: str = "UTC", grace: int = 0, interval: Any = timedelta()) -> None:
        before(self, cron, timezone=timezone, interval=interval)
        self.grace = grace

    monkeypatch.setattr(CronTriggerTimetable, "__init__", newer)
    made = CronTriggerTimetable("0 1 * * *", grace=5)  # type: ignore[call-arg]
    found = from_schedule(to_form(DAG("d", schedule=made).schedule), None, lambda _: None)

    assert found.native == {"grace": 5}


LIMIT = "max_downstream_keys"
FLOOR = (LIMIT, "timezone", "input_format", "output_format")
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "AllowedKeyMapper": (LIMIT, "allowed_keys"),
    "AssetAccessControl": ("producer_teams", "consumer_teams", "allow_global"),
    "AssetAlias": ("name", "group"),
    "AssetAll": ("objects",),
    "AssetAny": ("objects",),
    "AssetWatcher": ("name", "trigger"),
    "ChainMapper": (LIMIT, "mapper0", "mapper1", "mappers"),
    "FanOutMapper": (LIMIT, "upstream_mapper", "window", "downstream_mapper"),
    "FixedKeyMapper": (LIMIT, "downstream_key"),
    "IdentityMapper": (LIMIT,),
    "Metadata": ("asset", "extra", "alias"),
    "MinimumCount": ("n",),
    "PartitionMapper": (LIMIT,),
    "ProductMapper": (LIMIT, "mapper0", "mapper1", "mappers", "delimiter"),
    "RollupMapper": (LIMIT, "upstream_mapper", "window", "wait_policy"),
    "SegmentWindow": ("segments",),
    "WaitForAll": (),
    "Window": ("direction",),
    **{f"StartOf{unit.value.capitalize()}Mapper": FLOOR for unit in CalendarUnit},
    **{f"{unit.value.capitalize()}Window": ("direction",) for unit in CalendarUnit},
}
"""Class → the arguments that the readers take."""


@pytest.mark.airflow
def test_every_argument_of_mappers_windows_and_assets_is_known() -> None:
    """Law L2: a class or an argument that a newer Airflow brings fails here, until a reader takes it."""
    words = ("Mapper", "Window", "Count", "WaitFor", "AssetA", "AssetWatcher", "Metadata")
    unknown = {
        name: _arguments(kind) - set(ARGUMENTS[name]) if name in ARGUMENTS else {"all of it"}
        for name, kind in _exported(*words).items()
        if kind.__init__ is not object.__init__ or name not in ARGUMENTS
    }

    assert {name: names for name, names in unknown.items() if names} == {}


@pytest.mark.airflow
def test_every_argument_of_a_task_group_is_known() -> None:
    """Law L2 for groups."""
    from airflow.sdk import TaskGroup

    assert _arguments(TaskGroup) - set(keywords.GROUP) - keywords.GROUP_STRUCTURE == set()


def test_forms_are_values() -> None:
    """Equal forms are equal, so that a table can be compared with what comes back."""
    assert dataclasses.is_dataclass(mappings.to_form(DAY))
    assert to_schedule(Interval(seconds=60), None, lambda leaf: leaf) == timedelta(minutes=1)


@pytest.mark.parametrize(
    ("name", "legal"),
    [
        ("etl", True),
        ("p" * 256, True),
        ("p" * 257, False),
        ("default_pool", False),
        ("", False),
        (" etl", False),
        ("a\nb", False),
    ],
)
def test_a_pool_has_a_name_that_airflow_can_store_and_that_is_not_the_default(name: str, legal: bool) -> None:
    assert fields.is_pool(name) is legal

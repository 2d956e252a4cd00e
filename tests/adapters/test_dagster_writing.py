"""What Dagster's writers make of what Dagster does not have as it is, on Dagster itself."""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from typing import Any

import pytest

from transload.adapter import Target
from transload.carry import restore
from transload.loss import Code, Severity
from transload.model.assets import Asset, Check
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import AssetId
from transload.model.jobs import Flow, Job, Read, Schedule, Write
from transload.model.partitions import TimePartitions
from transload.model.triggers import AllOf, AnyOf, Cron, Trigger, Updated
from transload.translator import meaning, translate
from transload_dagster import adapter
from transload_dagster.codecs import partitions

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ORDERS, REVENUE = AssetId("s3://lake", "orders"), AssetId("s3://lake", "revenue")
HOURLY = Cron(expression="0 * * * *", timezone="UTC")


def _graph(*schedules: Schedule, trigger: Trigger | None = None) -> AssetGraph:
    """Revenue is made of orders, by a flow with these schedules."""
    return graph_of(
        assets=[Asset(id=ORDERS), Asset(id=REVENUE, trigger=trigger)],
        jobs=[Job(name="etl.sum", reads=(Read(asset=ORDERS),), writes=(Write(asset=REVENUE),))],
        flows=[Flow(name="etl", jobs=("etl.sum",), schedules=schedules)],
    )


def _back(graph: AssetGraph) -> AssetGraph:
    """The graph as it is read back from what Dagster was given."""
    translation = translate(graph, "dagster")
    built = adapter.runtime.build(translation)
    found = adapter.load.from_objects(built.objects, built.manifest, Target("dagster", "here"))
    return restore(found.graph, found.carried, "dagster")[0]


def _lost(graph: AssetGraph, code: Code) -> list[tuple[str, str, Severity]]:
    losses = translate(graph, "dagster").losses
    return [(loss.subject, loss.field, loss.severity) for loss in losses if loss.code is code]


NAMED = _graph(
    Schedule(name="on-revenue", trigger=HOURLY),
    Schedule(name="on revenue", trigger=HOURLY),
    Schedule(name="etl_job", trigger=HOURLY),
    Schedule(name="stays", trigger=HOURLY),
    Schedule(trigger=HOURLY),
)


def _schedule_names(graph: AssetGraph) -> list[str | None]:
    (flow,) = translate(graph, "dagster").native.flows
    return [schedule.name for schedule in flow.schedules]


def test_every_schedule_has_a_legal_name_of_its_own() -> None:
    """Law L3: what clashes ends in a hash; a name that Dagster takes stays, and the default needs none. Each change is told."""
    *changed, kept, default = _schedule_names(NAMED)

    assert [str(name).rpartition("_")[0] for name in changed] == ["on_revenue", "on_revenue", "etl_job"]
    assert (len(set(changed)), kept, default) == (3, "stays", None)
    assert _lost(NAMED, Code.NAME_CHANGED) == [
        ("flow etl", f"schedules[{place}].name", Severity.APPROXIMATED) for place in range(3)
    ]
    assert _schedule_names(_graph(Schedule(name="on-revenue", trigger=HOURLY))) == ["on_revenue"]


@pytest.mark.dagster
def test_names_of_schedules_come_back() -> None:
    """Law L1: Dagster takes the names, and the way back gives the old ones."""
    assert meaning(_back(NAMED)).flows == meaning(translate(NAMED, "dagster").expected).flows
    assert [schedule.name for schedule in _back(NAMED).flow["etl"].schedules] == [
        schedule.name for schedule in NAMED.flow["etl"].schedules
    ]


EITHER = _graph(Schedule(name="either", trigger=AnyOf(parts=(HOURLY, Updated(asset=ORDERS)))))


def test_ticks_or_updates_are_a_schedule_and_a_condition() -> None:
    """Airflow's `AssetOrTimeSchedule`: both halves act, and the difference is told."""
    native = translate(EITHER, "dagster").native
    (schedule,) = native.flow["etl"].schedules

    assert (schedule.name, schedule.trigger, native.asset[REVENUE].trigger) == ("either", HOURLY, Updated(asset=ORDERS))
    assert _lost(EITHER, Code.SCHEDULE_TRIGGER) == [
        (f"asset {ORDERS.namespace}/revenue", "trigger", Severity.APPROXIMATED),
        ("flow etl", "schedules[0].trigger", Severity.APPROXIMATED),
    ]


@pytest.mark.dagster
def test_ticks_or_updates_come_back() -> None:
    """Law L1: the whole trigger is restored."""
    assert meaning(_back(EITHER)).flows == meaning(translate(EITHER, "dagster").expected).flows
    assert _back(EITHER).flow["etl"].schedules == EITHER.flow["etl"].schedules


def _requested(graph: AssetGraph, steps: list[tuple[str, bool]]) -> list[int]:
    """How much Dagster's evaluator asks for at each moment of a day, `True` where orders were just updated."""
    dagster = pytest.importorskip("dagster")
    definitions = adapter.runtime.build(translate(graph, "dagster")).objects
    key = dagster.AssetKey(list(translate(graph, "dagster").graph.asset[ORDERS].names["dagster"]))
    cursor: Any = None
    found = []
    with dagster.DagsterInstance.ephemeral() as instance:
        for text, updated in steps:
            if updated:
                instance.report_runless_asset_event(dagster.AssetMaterialization(key))
            now = datetime.fromisoformat(f"2024-01-01T{text}").replace(tzinfo=timezone.utc)
            result = dagster.evaluate_automation_conditions(definitions, instance, evaluation_time=now, cursor=cursor)
            cursor = result.cursor
            found.append(result.total_requested)
    return found


STEPS = [
    ("00:10", False),
    ("00:20", False),
    ("01:01", False),
    ("01:02", False),
    ("01:03", True),
    ("01:04", False),
    ("02:01", False),
]


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("kind", "requested"), [(AnyOf, [0, 0, 1, 0, 1, 0, 1]), (AllOf, [0, 0, 0, 0, 1, 0, 0])])
def test_a_tick_in_a_condition_fires_as_it_says(kind: Any, requested: list[int]) -> None:
    """Law L5: a tick counts until something was asked for, alone or with an update; both readers give the condition back."""
    graph = _graph(trigger=kind(parts=(HOURLY, Updated(asset=ORDERS))))

    assert _requested(graph, STEPS) == requested
    assert not _lost(graph, Code.ASSET_TRIGGER)
    assert _back(graph).asset[REVENUE].trigger == graph.asset[REVENUE].trigger


def _offset(zone: str) -> TimePartitions:
    return TimePartitions(cron="0 0 * * *", start="2024-03-30T00:00:00", timezone=zone, format="%Y-%m-%dT%H:%M%z")


@pytest.mark.dagster
@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris", "America/New_York"])
def test_a_start_in_a_format_with_an_offset_has_one(zone: str) -> None:
    """Dagster refuses a start that its own format does not read. Both readers give the definition back."""
    dagster = pytest.importorskip("dagster")
    own = partitions.expressible(_offset(zone))
    assert own == _offset(zone)
    form = partitions.definition(own)
    assert isinstance(form.kwargs["start_date"], str)
    assert partitions.read_definition(form) == own
    definition = dagster.DailyPartitionsDefinition(**form.kwargs)
    keys = definition.get_partition_keys(current_time=datetime(2024, 4, 2, 12, tzinfo=timezone.utc))

    offsets = {"UTC": ("+0000", "+0000"), "Europe/Paris": ("+0100", "+0200"), "America/New_York": ("-0400", "-0400")}
    assert (keys[0], keys[2]) == tuple(
        f"2024-03-{day}T00:00{offset}" if day == 30 else f"2024-04-01T00:00{offset}"
        for day, offset in zip((30, 1), offsets[zone], strict=True)
    )


def test_a_written_project_names_its_code_location() -> None:
    """Dagster warns of a project without one."""
    settings = tomllib.loads(adapter.source.write(translate(EITHER, "dagster"))["pyproject.toml"])

    assert settings["tool"]["dg"]["project"]["code_location_name"] == "dagster_project"


@pytest.mark.dagster
@pytest.mark.parametrize("names", [("first", "second"), ("second", "first")])
def test_checks_come_back_in_their_order(names: tuple[str, ...]) -> None:
    """Law L9: Dagster's graph holds them in the order of their hashes."""
    checks = tuple(Check(name=name, reads=(ORDERS,)) for name in names)
    graph = graph_of(assets=[Asset(id=ORDERS), Asset(id=REVENUE, checks=checks)])

    assert [check.name for check in _back(graph).asset[REVENUE].checks] == list(names)

"""A day of hours that Airflow waits for is waited for in Dagster too, as Dagster's own evaluation says."""

from __future__ import annotations

from typing import Any

import pytest

from transload.model.assets import Asset, Origin
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import identify
from transload.model.jobs import Flow, Job, Schedule, Write
from transload.model.partitions import (
    CalendarUnit,
    FloorMapping,
    PartitionMapping,
    RollupMapping,
    TimePartitions,
    WaitPolicy,
    Window,
)
from transload.model.triggers import AllOf, Trigger, Updated
from transload.translator import prepare
from transload_dagster import adapter

VISITS, CLICKS, DAYS = (identify(f"s3://lake/{name}") for name in ("visits", "clicks", "days"))
HOURS = TimePartitions(cron="0 * * * *", start="2026-01-05T00:00:00", format="%Y-%m-%dT%H:%M:%S")
A_DAY = FloorMapping(unit=CalendarUnit.DAY)
ALL_HOURS = RollupMapping(upstream=A_DAY, window=Window(unit=CalendarUnit.DAY))
FIVE_HOURS = ALL_HOURS.model_copy(update={"wait": WaitPolicy(minimum=5)})


def _graph(trigger: Trigger) -> AssetGraph:
    origin = Origin(tool="airflow")
    job = Job(name="days.make", writes=(Write(asset=DAYS),), origin=origin)
    flow = Flow(name="days", jobs=(job.name,), schedules=(Schedule(trigger=trigger),), origin=origin)
    hourly = [Asset(id=each, partitions=HOURS) for each in (VISITS, CLICKS)]
    return graph_of([*hourly, Asset(id=DAYS)], [job], [flow])


def _hour(mapping: PartitionMapping) -> Updated:
    return Updated(asset=VISITS, mapping=mapping)


def test_the_report_says_what_differs() -> None:
    """No sentence about waiting where nothing waits, and the one of the table where something does."""
    all_of_them, some_of_them = (prepare(_graph(_hour(each)), adapter).losses for each in (ALL_HOURS, FIVE_HOURS))

    assert "once none of those upstream is missing" in " ".join(loss.message for loss in all_of_them)
    assert "at the first update upstream" in " ".join(loss.message for loss in some_of_them)


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("trigger", "upstream"),
    [
        (_hour(ALL_HOURS), ["visits"]),
        (AllOf(parts=(_hour(ALL_HOURS), Updated(asset=CLICKS, mapping=ALL_HOURS))), ["visits", "clicks"]),
    ],
    ids=["one", "both"],
)
def test_a_day_is_asked_for_when_its_hours_are_there(trigger: Trigger, upstream: list[str]) -> None:
    import dagster as dg

    definitions: Any = adapter.runtime.build(prepare(_graph(trigger), adapter)).objects
    names = {key.path[-1]: key for key in definitions.resolve_all_asset_keys()}
    with dg.DagsterInstance.ephemeral() as instance:
        cursor = dg.evaluate_automation_conditions(definitions, instance=instance).cursor
        asked = []
        for hour in range(24):
            for name in upstream:
                event = dg.AssetMaterialization(names[name], partition=f"2026-01-05T{hour:02}:00:00")
                instance.report_runless_asset_event(event)
            result = dg.evaluate_automation_conditions(definitions, instance=instance, cursor=cursor)
            cursor = result.cursor
            asked.append(result.get_requested_partitions(names["days"]))
    assert asked[:-1] == [set()] * 23
    assert asked[-1] == {"2026-01-05"}

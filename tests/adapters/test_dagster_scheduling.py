"""A schedule of partitioned assets asks for partitions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from transload.model.assets import Asset
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import identify
from transload.model.jobs import Flow, Job, Schedule, Write
from transload.model.partitions import Partitions, StaticPartitions, TimePartitions
from transload.model.triggers import Cron
from transload.translator import prepare
from transload_dagster import adapter, source

RAW = identify("s3://lake/raw")
DAYS = TimePartitions(cron="0 0 * * *", start="2026-03-01T00:00:00", timezone="Europe/Berlin", format="%Y-%m-%d")
MIDNIGHT = Cron(expression="0 0 * * *", timezone="Europe/Berlin")


def _graph(partitions: Partitions | None, trigger: Cron = MIDNIGHT) -> AssetGraph:
    schedule = Schedule(name="nightly", trigger=trigger, active=True, tags={"team": "sales"})
    return graph_of(
        [Asset(id=RAW, partitions=partitions)],
        [Job(name="load", writes=(Write(asset=RAW),))],
        [Flow(name="raw", jobs=("load",), schedules=(schedule,))],
    )


@pytest.mark.parametrize(
    ("partitions", "trigger", "written"),
    [
        (DAYS, MIDNIGHT, "build_schedule_from_partitioned_job"),
        (DAYS, MIDNIGHT.model_copy(update={"timezone": "UTC"}), "ScheduleDefinition"),
        (DAYS, MIDNIGHT.model_copy(update={"expression": "0 6 * * *"}), "ScheduleDefinition"),
        (StaticPartitions(keys=("de",)), MIDNIGHT, "ScheduleDefinition"),
        (None, MIDNIGHT, "ScheduleDefinition"),
    ],
)
def test_ticks_at_the_ends_of_windows_are_those_of_the_partitions(
    partitions: Partitions | None, trigger: Cron, written: str
) -> None:
    files = source.write(prepare(_graph(partitions, trigger), adapter))
    (jobs,) = [text for path, text in files.items() if path.endswith("jobs.py")]
    assert f"dg.{written}(" in jobs


@pytest.mark.dagster
@pytest.mark.filterwarnings(
    "ignore:Function `JobDefinition.run_request_for_partition` is deprecated"
)  # Dagster's own call
def test_the_runs_of_a_tick_are_for_the_window_that_has_ended() -> None:
    """Also for definitions that are built, and on the day on which the clock changes."""
    import dagster as dg

    from transload_dagster import runtime

    built: Any = runtime.build(prepare(_graph(DAYS), adapter)).objects
    repository = built.get_repository_def()
    schedule = repository.get_schedule_def("nightly")
    times = {"2026-03-29": "2026-03-29T22:00:00+00:00", "2026-03-28": "2026-03-28T23:00:00+00:00"}
    for day, end in times.items():
        context: Any = dg.build_schedule_context(
            scheduled_execution_time=datetime.fromisoformat(end), repository_def=repository
        )
        (request,) = schedule.evaluate_tick(context).run_requests
        assert (request.partition_key, request.tags["team"]) == (day, "sales")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING

"""Partitions of time as Airflow's scheduler and its backfills run them, by the timetable that is written, against the algebra's keys."""

from __future__ import annotations

import importlib
import json
import os
from datetime import datetime, timedelta, timezone
from itertools import islice
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from transload.forms import to_object
from transload.model.partitions import TimePartitions
from transload.model.triggers import Cron
from transload.partitioning import Known, keys, spelled, window
from transload_airflow.codecs import own_timetables, records
from transload_airflow.codecs.triggers import to_schedule

pytestmark = pytest.mark.airflow

EFFORT: Final = float(os.environ.get("TRANSLOAD_EFFORT", "1"))
EVER: Final = Known(datetime(9000, 1, 1, tzinfo=timezone.utc))


def stored(partitions: TimePartitions, cron: str) -> Any:
    """The timetable that is written, as Airflow's scheduler gets it out of its database."""
    pytest.importorskip("airflow.partition_mappers.wait_policy")
    form = to_schedule(Cron(expression=cron, timezone=partitions.timezone), partitions, lambda leaf: leaf)
    assert form is not None
    encode = importlib.import_module("airflow.serialization.encoders").encode_timetable
    decode = importlib.import_module("airflow.serialization.decoders").decode_timetable
    built = to_object(form, ("airflow.sdk", own_timetables.HOME, records.HOME))
    return decode(json.loads(json.dumps(encode(built))))


def scheduled(timetable: Any, since: datetime, most: int) -> list[Any]:
    """The first runs of a DAG that catches up, one after the other."""
    base = importlib.import_module("airflow.timetables.base")
    pendulum = importlib.import_module("pendulum")
    limits = base.TimeRestriction(earliest=pendulum.instance(since), latest=None, catchup=True)
    runs: list[Any] = []
    while len(runs) < most:
        run = timetable.next_dagrun_info_v2(last_dagrun_info=runs[-1] if runs else None, restriction=limits)
        if run is None:
            break
        runs.append(run)
    return runs


STARTS: Final = ("2024-02-27", "2024-03-09T05:00:00", "2024-03-30", "2024-10-26", "2024-11-02", "2020-12-27")
partitions = st.builds(
    TimePartitions,
    cron=st.sampled_from(
        ("0 * * * *", "@hourly", "*/30 * * * *", "0 0 * * *", "30 2 * * *", "0 6 * * 1-5", "0 0 * * 0", "0 0 1 * *")
    ),
    start=st.sampled_from(STARTS),
    end=st.none() | st.sampled_from(("2024-11-20", "2025-01-01T12:00:00")),
    timezone=st.sampled_from(("UTC", "America/New_York", "Europe/Paris", "Australia/Lord_Howe")),
    format=st.sampled_from(("%Y-%m-%dT%H:%M:%S", "%Y%m%d-%H:%M")),
    exclusions=st.sampled_from(((), ("0 0 * * 6",), ("2024-11-03T00:00:00",), ("0 1 * * *",))),
)


@settings(max_examples=max(1, int(250 * EFFORT)), derandomize=True, suppress_health_check=list(HealthCheck))
@given(partitions)
def test_scheduled_runs_have_the_keys_of_the_definition(definition: TimePartitions) -> None:
    """Each window once, as it closes, in order: repeated and skipped hours, gaps and the end included."""
    assume(own_timetables.is_needed(definition, definition.cron))
    assert definition.start is not None
    runs = scheduled(stored(definition, definition.cron), datetime(2020, 1, 1, tzinfo=timezone.utc), 60)
    known = list(islice(keys(definition, known=EVER), 60))

    assert [run.partition_key for run in runs] == list(islice(spelled(definition, known=EVER), 60))
    windows = [window(definition, str(key)) for key in known]
    assert [run.partition_date.timestamp() for run in runs] == [start.timestamp() for start, _ in windows]
    assert all(run.run_after.timestamp() >= end.timestamp() for run, (_, end) in zip(runs, windows, strict=True))


@settings(max_examples=max(1, int(250 * EFFORT)), derandomize=True, suppress_health_check=list(HealthCheck))
@given(partitions, st.integers(0, 300), st.integers(0, 20))
def test_backfills_run_the_keys_of_the_definition(definition: TimePartitions, since: int, days: int) -> None:
    """Those whose windows start between two times."""
    assume(own_timetables.is_needed(definition, definition.cron))
    timetable = stored(definition, definition.cron)
    first = datetime(2024, 2, 1, tzinfo=timezone.utc) + timedelta(days=since)
    infos = list(timetable.iter_partition_dagrun_infos(earliest=first, latest=first + timedelta(days=days)))
    low, high = (timetable.localize_partition_datetime(each) for each in (first, first + timedelta(days=days)))

    assert [info.partition_key for info in infos] == list(spelled(definition, (low, high + timedelta(seconds=1)), EVER))
    assert [timetable.resolve_partition_date(info.partition_key) for info in infos] == [
        info.partition_date for info in infos
    ]


def test_a_job_that_runs_at_night_runs_the_day_before() -> None:
    """And on Monday the Friday, where weekends have no partitions."""
    days = TimePartitions(cron="0 0 * * *", start="2026-01-01", end="2026-01-08", format="%Y-%m-%d")
    days = days.model_copy(update={"timezone": "Europe/Paris", "exclusions": ("0 0 * * 6,0",)})
    runs = scheduled(stored(days, "0 3 * * *"), datetime(2025, 12, 1, tzinfo=timezone.utc), 9)

    assert [(run.run_after.isoformat()[:13], run.partition_key) for run in runs] == [
        ("2026-01-02T02", "2026-01-01"),
        ("2026-01-03T02", "2026-01-02"),
        ("2026-01-06T02", "2026-01-05"),
        ("2026-01-07T02", "2026-01-06"),
        ("2026-01-08T02", "2026-01-07"),
    ]


def test_hours_are_not_run_by_the_day() -> None:
    """A run is for one partition; a key that no window has is refused."""
    hours = TimePartitions(cron="0 * * * *", start="2026-01-01", end="2026-02-01")

    assert own_timetables.refusal(hours, "0 0 * * *", "UTC") is not None
    with pytest.raises(ValueError, match="no time"):
        stored(hours, hours.cron).resolve_partition_date("2026")

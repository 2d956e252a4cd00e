"""When each tool ticks at times that a clock skips or shows twice, computed without it, against the tool itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta, timezone
from importlib import metadata
from typing import Any, Final

import pytest

from transload.counterparts import known_tools
from transload.model.triggers import Cron
from transload.triggering import Context
from transload.triggering.ticks import ticks_of

CHANGES: Final = [
    ("Europe/Paris", "2026-03-29"),
    ("Europe/Paris", "2026-10-25"),
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("America/Santiago", "2026-09-06"),
    ("America/Havana", "2026-03-08"),
    ("America/Havana", "2026-11-01"),
    ("Atlantic/Azores", "2026-10-25"),
]
CRONS: Final = (
    "30 2 * * *", "0 2 * * *", "30 1 * * *", "0 3 * * *", "30 0 * * *", "30 * * * *", "0 * * * *", "0 */2 * * *", "30 1,2 * * *",
    "15,45 2 * * *", "0 0 * * 0", "30 0,1 * * *", "*/20 0 * * *",
)  # fmt: skip


def _in_airflow(cron: str, zone: str, start: datetime) -> Iterator[datetime]:
    from airflow.timetables.trigger import CronTriggerTimetable
    from pendulum import instance

    timetable: Any = CronTriggerTimetable(cron, timezone=zone)
    tick = timetable._align_to_next(instance(start))
    while True:
        yield tick
        tick = timetable._get_next(tick)


def _in_dagster(cron: str, zone: str, start: datetime) -> Iterator[datetime]:
    from dagster._utils.schedules import cron_string_iterator

    return cron_string_iterator(start.timestamp(), cron, zone)


def _in_prefect(cron: str, zone: str, start: datetime) -> Iterable[datetime]:
    from prefect.server.schemas.schedules import CronSchedule

    if tuple(map(int, metadata.version("prefect").split(".")[:2])) < (3, 9):
        pytest.skip("what is judged is Prefect's reading of skipped times from 3.9 on")
    # What is moved over a gap comes before what is moved less.
    return sorted(asyncio.run(CronSchedule(cron=cron, timezone=zone).get_dates(n=200, start=start)))


JUDGES: Final[dict[str, Callable[[str, str, datetime], Iterable[datetime]]]] = {
    "airflow": _in_airflow,
    "dagster": _in_dagster,
    "prefect": _in_prefect,
}


@pytest.mark.parametrize("tool", [pytest.param(tool, marks=getattr(pytest.mark, tool)) for tool in JUDGES])
@pytest.mark.parametrize(("zone", "day"), CHANGES)
@pytest.mark.parametrize("cron", CRONS)
def test_the_ticks_around_a_change_of_the_clock_are_those_of_the_tool(
    tool: str, zone: str, day: str, cron: str
) -> None:
    start = datetime.fromisoformat(day).replace(tzinfo=timezone.utc) - timedelta(days=1)
    end = start + timedelta(days=3)
    clock = known_tools().semantics[tool].clock
    ours = ticks_of(Cron(expression=cron, timezone=zone), Context(), start, clock)(start - timedelta(seconds=1), end)
    theirs = []
    for tick in JUDGES[tool](cron, zone, start):
        if tick > end:
            break
        theirs.append(datetime.fromtimestamp(tick.timestamp(), timezone.utc))
    assert ours == theirs

"""Partitions of time and when their runs start ↔ `running.timetables`, as forms: what Airflow's own timetable cannot say."""

from __future__ import annotations

from itertools import islice, pairwise
from typing import Final

from transload.errors import PartitionError
from transload.forms import Form, form
from transload.model.partitions import TimePartitions
from transload.partitioning.clocks import clock_of
from transload.partitioning.cron import is_zone
from transload.partitioning.windows import windows_of
from transload_airflow.codecs.legal import PRESETS, is_cron
from transload_airflow.codecs.records import record_form

HOME: Final = "transload_airflow.running.timetables"
TIMETABLE: Final = f"{HOME}.PartitionsTimetable"

_TICKS: Final = 400
"""So many ticks are looked at for crowded ones: with a tick a day, a year with its changes of the clock."""

_UTC: Final = "UTC"


def to_form(partitions: TimePartitions, cron: str | None, zone: str | None) -> Form:
    """The timetable; `cron` and `zone` are those of the runs, None where they are those of the partitions."""
    return form(TIMETABLE, record_form(partitions), cron=cron, timezone=zone)


def is_needed(partitions: TimePartitions, cron: str) -> bool:
    """True where Airflow's own timetable gives other keys than the definition, a start aside."""
    bounded = partitions.end is not None or partitions.exclusions or partitions.end_offset
    # An hour that a clock shows twice has one key there, and two runs.
    twice = "%z" not in partitions.format and partitions.timezone != _UTC and is_hourly(partitions)
    return bool(bounded or twice or cron != partitions.cron)


def is_hourly(partitions: TimePartitions) -> bool:
    """True where every hour has ticks. Raises `PartitionError` for a wrong definition."""
    return clock_of(partitions.cron, partitions.timezone).cron.is_every_hour


def refusal(partitions: TimePartitions, cron: str, zone: str) -> str | None:
    """The reason why no timetable can run these partitions at these times, one sentence; None where one can."""
    legal = all(is_cron(PRESETS.get(text, text)) for text in (partitions.cron, cron))
    if not legal or not all(map(is_zone, (partitions.timezone, zone))):
        return "Airflow does not take the cron expression or the time zone."
    if partitions.run_offset is not None:
        return "Runs that are shifted by ticks are for Airflow's own timetable."
    try:
        return _crowded(partitions, cron, zone)
    except PartitionError as error:
        return str(error)


def _crowded(partitions: TimePartitions, cron: str, zone: str) -> str | None:
    """The same of definitions that Airflow takes: keys that are ambiguous, or several windows to one run."""
    windows, clock = windows_of(partitions), clock_of(cron, zone)
    first = next(windows.since(windows.start or 0))
    if windows.parse(windows.spell(first.start)).start != first.start:
        return "The format of the keys does not tell them apart."
    if (cron, zone) == (partitions.cron, partitions.timezone):
        return None
    for before, after in pairwise(islice(clock.since(first.end.epoch), _TICKS)):
        closed = islice(windows.since(next(windows.until(before.epoch)).end.epoch), 2)
        if sum(window.end.epoch <= after.epoch for window in closed) > 1:
            return "Several partitions end between two runs, and a run is for one."
    return None

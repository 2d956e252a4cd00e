"""When a DAG of Airflow is due: its timetables of time, without catchup (3.3.2; `timetables/trigger.py`).

The scheduler keeps the time of the next run. Having started it, it asks the timetable for the one after, which is never before the last
tick: ticks that were missed are one run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Final

from transload.model.triggers import Cron, Interval
from transload.partitioning.clocks import Tick, clock_of
from transload.triggering.playing import unknown

Next = Callable[["datetime | None", datetime], datetime]
"""The time of the last run, None before the first, and that of the clock → the time of the next run."""

_LEAST_GRACE: Final = timedelta(minutes=5)


def timetable(times: Sequence[Cron | Interval], zone: str) -> Next:
    """`DeltaTriggerTimetable`, `CronTriggerTimetable` or `MultipleCronTriggerTimetable`; `zone` is Airflow's default."""
    several = [_interval(each) if isinstance(each, Interval) else _cron(each, zone) for each in times]
    return several[0] if len(several) == 1 else _several(several)


def _interval(interval: Interval) -> Next:
    """At once, and then that long after the last run, whenever that was."""
    span = timedelta(seconds=interval.seconds)
    return lambda last, now: now if last is None else max(now, last + span)


def _cron(cron: Cron, zone: str) -> Next:
    if not cron.day_or:
        raise unknown(cron, "airflow", "its cron expressions join days and weekdays by or")
    clock = clock_of(cron.expression, cron.timezone or zone)

    def before(moment: datetime) -> datetime:
        return _moment(next(clock.until(moment.timestamp())))

    def after(moment: datetime) -> datetime:
        return next(tick for tick in map(_moment, clock.since(moment.timestamp())) if tick > moment)

    def following(last: datetime | None, now: datetime) -> datetime:
        passed = before(now)
        return max(passed, after(last)) if last is not None else _first(passed, after(passed), now)

    return following


def _first(passed: datetime, coming: datetime, now: datetime) -> datetime:
    """The last tick, if it was so lately that a new DAG still runs for it: a tenth of the pause, or five minutes."""
    is_late = now - passed > max((coming - passed) / 10, _LEAST_GRACE)
    return coming if is_late else passed


def _several(timetables: Sequence[Next]) -> Next:
    """The latest of the times that have come, else the earliest to come."""

    def following(last: datetime | None, now: datetime) -> datetime:
        found = [each(last, now) for each in timetables]
        come = [moment for moment in found if moment <= now]
        return max(come) if come else min(found)

    return following


def _moment(tick: Tick) -> datetime:
    return datetime.fromtimestamp(tick.epoch, timezone.utc)

"""A timetable for DAGs whose partitions Airflow's own cannot tell: with an end, gaps, an hour shown twice, runs at another time.

Registered by `transload_airflow.running.plugin` wherever transload is installed beside Airflow 3.3 or later. Imports airflow.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from datetime import timezone as utc
from typing import Any, Final

import pendulum
from airflow.timetables.base import DagRunInfo, TimeRestriction
from airflow.timetables.base import Timetable as CoreTimetable
from airflow.timetables.trigger import CronPartitionTimetable

from transload.errors import PartitionError
from transload.forms import Form
from transload.model.partitions import TimePartitions
from transload.partitioning.clocks import clock_of
from transload.partitioning.windows import Window, windows_of
from transload_airflow.codecs import own_timetables

_EVER: Final = datetime(9000, 1, 1, tzinfo=utc.utc).timestamp()
"""Seconds since 1970 by which every window has closed."""

_FIRST: Final = "1970-01-01T00:00:00"
"""The start of a definition that states none."""


class PartitionsTimetable(CronPartitionTimetable):
    """One run for each window of a definition, at the first tick of `cron` after it has closed: as it closes unless given.

    `PartitionsTimetable(TimePartitions(cron="0 0 * * *", start="2026-01-01", exclusions=("0 0 * * 6,0",)), cron="0 3 * * *")` runs at three
    in the night for the day before, on weekends not at all. Raises `ValueError` where a tick would have to run several windows.
    """

    def __init__(self, partitions: TimePartitions, *, cron: str | None = None, timezone: str | None = None) -> None:
        reason = own_timetables.refusal(partitions, cron or partitions.cron, timezone or partitions.timezone)
        if reason is not None:
            raise ValueError(reason)
        super().__init__(
            cron or partitions.cron, timezone=timezone or partitions.timezone, key_format=partitions.format
        )
        self.partitions, self.cron, self.zone = partitions, cron, timezone
        self._clock = clock_of(cron or partitions.cron, timezone or partitions.timezone)
        self._windows = windows_of(partitions if partitions.start else partitions.model_copy(update={"start": _FIRST}))

    def as_form(self) -> Form:
        """The call that makes this timetable, as both readers of DAGs see it."""
        return own_timetables.to_form(self.partitions, self.cron, self.zone)

    def serialize(self) -> dict[str, Any]:
        """The JSON that Airflow stores."""
        dumped = self.partitions.model_dump(mode="json", exclude_defaults=True)
        return {"partitions": dumped, "cron": self.cron, "timezone": self.zone}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> CoreTimetable:
        """The timetable that `serialize` stored."""
        partitions = TimePartitions.model_validate(data["partitions"])
        return cls(partitions, cron=data.get("cron"), timezone=data.get("timezone"))

    def next_dagrun_info_v2(
        self, *, last_dagrun_info: DagRunInfo | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """The next run: ticks at which no window has closed have none, and after the last window there is none."""
        info = super().next_dagrun_info_v2(last_dagrun_info=last_dagrun_info, restriction=restriction)
        tick = None if info is None else info.run_after
        while tick is not None and (restriction.latest is None or tick <= restriction.latest):
            window = self._closed(tick)
            if window is not None and window != self._closed(self._get_prev(tick)):
                return self._info(tick, window)
            tick = self._later(tick, window)
        return None

    def _closed(self, tick: pendulum.DateTime) -> Window | None:
        """The window that a run at this time is for: the newest that there is."""
        bounds = self._windows.bounds(tick.timestamp())
        return None if bounds is None else max(bounds.first, bounds.last)

    def _later(self, tick: pendulum.DateTime, window: Window | None) -> pendulum.DateTime | None:
        """The next tick at which a window may have closed; None after the last window."""
        ever = self._windows.bounds(_EVER)
        if ever is None or (self._windows.end is not None and window == max(ever.first, ever.last)):
            return None
        first = pendulum.from_timestamp(ever.first.end.epoch)
        # Straight to the first window: a start far ahead would be reached tick by tick.
        return self._align_to_next(first) if window is None and first > tick else self._get_next(tick)

    def _info(self, run_after: pendulum.DateTime, window: Window) -> DagRunInfo:
        return DagRunInfo(
            run_after=run_after,
            data_interval=None,
            partition_date=pendulum.from_timestamp(window.start.epoch),
            partition_key=self._windows.spell(window.start),
        )

    def _get_partition_info(self, run_date: Any) -> Any:
        # The base class (Airflow 3.3) calls it for each tick, of which not every one has a window; `_info` replaces the result.
        return run_date, ""

    def iter_partition_dagrun_infos(self, *, earliest: datetime, latest: datetime) -> Iterable[DagRunInfo]:
        """See the base class: a backfill's runs, for the windows that start within the times, both inclusive."""
        low, high = (self.localize_partition_datetime(moment).timestamp() for moment in (earliest, latest))
        for window in self._windows.between(low, high + 1):
            if self._windows.has(window, _EVER):
                yield self._info(pendulum.from_timestamp(window.start.epoch), window)

    def _decode_partition_date(self, partition_key: str) -> datetime:
        from airflow.exceptions import InvalidPartitionKeyError

        try:
            window = self._windows.parse(partition_key)
        except PartitionError as error:
            raise InvalidPartitionKeyError(str(error)) from error
        return pendulum.from_timestamp(window.start.epoch)

    def _get_next(self, current: pendulum.DateTime) -> pendulum.DateTime:
        # The base class (Airflow 3.3) takes all its ticks from this method and the next. By transload's clock: Airflow's is an hour
        # off for some expressions on days on which a clock changes.
        now = current.timestamp()
        return pendulum.from_timestamp(next(tick.epoch for tick in self._clock.since(now) if tick.epoch > now))

    def _get_prev(self, current: pendulum.DateTime) -> pendulum.DateTime:
        now = current.timestamp()
        return pendulum.from_timestamp(next(tick.epoch for tick in self._clock.until(now) if tick.epoch < now))

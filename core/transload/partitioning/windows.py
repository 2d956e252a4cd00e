"""The windows of a time-partitioned definition: which there are, and how their keys are spelled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import islice, pairwise, starmap
from typing import Final, NamedTuple, cast

from transload.errors import PartitionError
from transload.model.partitions import TimePartitions
from transload.partitioning.clocks import Clock, Tick, clock_of, offsets
from transload.partitioning.spelling import read_time, write_time, writer

_SUFFIX: Final = "%z"
_FUTILE: Final = 20_000
"""After so many excluded windows in a row none is looked for: Dagster would look for ever."""

_CRON: Final = 5
"""Words of a cron expression, which an ISO time has not."""


class Window(NamedTuple):
    """From a tick (inclusive) to the next (exclusive)."""

    start: Tick
    end: Tick


@dataclass(frozen=True)
class Bounds:
    """The first and the last window that exist at a time."""

    first: Window
    last: Window


class Windows:
    """The windows of a definition. Instants are seconds since 1970.

    Raises `PartitionError` for a definition that is wrong.
    """

    def __init__(self, definition: TimePartitions) -> None:
        self.definition = definition
        self.clock = clock_of(definition.cron, definition.timezone)
        self.start = self._instant(definition.start)
        self.end = self._instant(definition.end)
        self.bounds: Callable[[float], Bounds | None] = lru_cache(maxsize=8)(self._bounds)
        self._instants, self._crons = self._exclusions(definition.exclusions)
        self._write = writer(definition.format)
        self._is_suffixed = self.clock.cron.is_every_hour and _SUFFIX not in definition.format

    def _instant(self, text: str | None) -> int | None:
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise PartitionError(f"{text!r} is no ISO-8601 time.", hint="Write 2026-01-31T00:00:00.") from error
        return round((moment if moment.tzinfo else moment.replace(tzinfo=self.clock.zone)).timestamp())

    def _exclusions(self, texts: Iterable[str]) -> tuple[frozenset[int], tuple[Clock, ...]]:
        instants, crons = [], []
        for text in texts:
            if len(text.split()) >= _CRON or text.startswith("@"):
                crons.append(clock_of(text, self.definition.timezone))
            else:
                instants.append(self._instant(text) or 0)
        return frozenset(instants), tuple(crons)

    def is_excluded(self, tick: Tick) -> bool:
        """Whether the window that starts at this tick does not exist."""
        return tick.epoch in self._instants or any(clock.has(tick) for clock in self._crons)

    def since(self, epoch: float) -> Iterator[Window]:
        """The windows that start at or after an instant, ascending, without regard to start and end."""
        windows = starmap(Window, pairwise(self.clock.since(epoch)))
        return self._without_excluded(windows) if self.definition.exclusions else windows

    def until(self, epoch: float) -> Iterator[Window]:
        """The windows that end at or before an instant, descending, without regard to start and end."""
        windows = (Window(start, end) for end, start in pairwise(self.clock.until(epoch)))
        return self._without_excluded(windows) if self.definition.exclusions else windows

    def _without_excluded(self, windows: Iterable[Window]) -> Iterator[Window]:
        skipped = 0
        for window in windows:
            skipped = skipped + 1 if self.is_excluded(window.start) else 0
            if not skipped:
                yield window
            elif skipped > _FUTILE:
                raise PartitionError(
                    f"The exclusions of {self.definition.cron!r} seem to leave no partition.", hint="Exclude less."
                )

    def holding(self, epoch: float, *, before: bool = False) -> Window:
        """The last window that starts at or before (or only before) an instant."""
        ticks = self.clock.until(epoch)
        tick = next(tick for tick in ticks if not (before and tick.epoch == epoch) and not self.is_excluded(tick))
        return next(self.since(tick.epoch))

    def existing(self, now: float) -> Iterator[Window]:
        """The windows that exist at an instant, ascending: what Dagster's `get_partition_keys` lists (1.13)."""
        bounds = self.bounds(now)
        if bounds is None:
            return
        last = bounds.last.start.epoch
        for window in self.since(bounds.first.start.epoch):
            yield window
            if window.start.epoch >= last:
                return

    def between(self, start: float, end: float) -> Iterator[Window]:
        """The windows that start from one instant (inclusive) to another (exclusive), ascending."""
        for window in self.since(start):
            if window.start.epoch >= end:
                return
            yield window

    def _bounds(self, now: float) -> Bounds | None:
        if self.start is None:
            raise PartitionError(
                f"The partitions of {self.definition.cron!r} have no start.",
                hint="Say between which times to list them.",
            )
        first = next(self.since(self.start))
        if (self.end is not None and self.end <= self.start) or first.end.epoch > self._closed(now):
            return None
        return Bounds(first, self._last(now, first))

    def _closed(self, now: float) -> float:
        """The instant by which a window has ended that exists."""
        offset = self.definition.end_offset
        if offset == 0:
            return now
        windows = self.since(now) if offset > 0 else self.until(now)
        return next(islice(windows, offset if offset > 0 else -offset - 1, None)).start.epoch

    def _last(self, now: float, first: Window) -> Window:
        """`_get_last_partition_window` of Dagster 1.13: where the end is near, `end` bounds the offset and not the other way round."""
        offset = self.definition.end_offset
        if offset == 0:
            return next(self.until(now if self.end is None else min(now, self.end)))
        closed = next(self.until(now))
        moved = self.since(closed.end.epoch) if offset > 0 else islice(self.until(now), 1, None)
        at_offset = next(islice(moved, abs(offset) - 1, None))
        at_end = next(self.until(self.end)) if self.end is not None else None
        if at_end is not None and at_end.start.epoch <= at_offset.start.epoch:
            return at_end
        return max(at_offset, first)

    def has(self, window: Window, now: float | None) -> bool:
        """Whether this window exists at an instant, or at any where None is given."""
        if self.is_excluded(window.start):
            return False
        if now is None or self.start is None:
            bounded = (self.start or -float("inf"), self.end if self.end is not None else float("inf"))
            return bounded[0] <= window.start.epoch < bounded[1]
        bounds = self.bounds(now)
        return bounds is not None and bounds.first.start.epoch <= window.start.epoch <= bounds.last.start.epoch

    def spell(self, tick: Tick) -> str:
        """The key of the window that starts at this tick.

        Where every hour has ticks, a time shown twice gets its offset the second time (Dagster 1.13, `dst_safe_strftime`).
        """
        local = tick.local
        if local.fold and self._is_suffixed:
            before, after = offsets(local)
            if before > after:
                return write_time(local, self.definition.format + _SUFFIX)
        return self._write(local)

    def parse(self, text: str) -> Window:
        """The window with this key, whether it exists or not. Raises `PartitionError` where the text is no key."""
        moment = self._read(text)
        # Where a time is shown twice, the key may be of the second: Dagster 1.13 takes a window between for it.
        for fold in (0, 1):
            window = next(self.since(moment.replace(fold=fold).timestamp()), None)
            if window is not None and self.spell(window.start) == text:
                return window
        raise PartitionError(
            f"{text!r} is no key of the partitions of {self.definition.cron!r} in {self.definition.timezone}.",
            hint="Give a key as the definition's format spells it.",
        )

    def _read(self, text: str) -> datetime:
        form = self.definition.format
        try:
            moment = read_time(text, form)
        except PartitionError:
            if not self._is_suffixed:
                raise
            moment = read_time(text, form + _SUFFIX)
        return moment if moment.tzinfo else moment.replace(tzinfo=self.clock.zone)


windows_of = cast("Callable[[TimePartitions], Windows]", lru_cache(maxsize=256)(Windows))
"""The windows of a definition, kept. A record that is frozen is hashable, which pyright takes from no `model_config`: hence the cast."""

"""Windows of one definition against those of another that overlap them (Dagster 1.13, `TimeWindowPartitionMapping`)."""

from __future__ import annotations

from typing import Final, NamedTuple

from transload.model.partitions import TimeMapping, TimePartitions
from transload.partitioning.windows import Bounds, Window, Windows, windows_of

_DAILY: Final = "0 0 * * *"
_HOURLY: Final = "0 * * * *"
_BOUNDS: Final = frozenset({"start", "end"})


class Stretch(NamedTuple):
    """From one instant (inclusive) to another (exclusive), in seconds since 1970."""

    start: float
    end: float


class Overlap(NamedTuple):
    """What a window maps to: the stretch of windows that exist, and stretches of those that should and do not."""

    there: Stretch | None
    missing: tuple[Stretch, ...] = ()


class Across(NamedTuple):
    """From which windows to which; `offsets` shift start and end. `is_up` tells whether it is from downstream to upstream."""

    origin: Windows
    target: Windows
    offsets: tuple[int, int]
    is_up: bool


def across(mapping: TimeMapping, upstream: TimePartitions, downstream: TimePartitions, *, is_up: bool) -> Across:
    """The mapping in one of its directions; offsets count windows of the downstream definition."""
    up, down = windows_of(upstream), windows_of(downstream)
    if is_up:
        return Across(down, up, (mapping.start_offset, mapping.end_offset), is_up)
    return Across(up, down, (-mapping.end_offset, -mapping.start_offset), is_up)


def overlap(way: Across, window: Window, now: float) -> Overlap:
    """What a window maps to at a time. Raises `PartitionError` for a definition without a start."""
    stretch = Stretch(window.start.epoch, window.end.epoch)
    if way.offsets == (0, 0):
        if _is_same(way, stretch) or _is_day_of_hours(way, stretch, now):
            return Overlap(stretch)
        if way.target.start is not None and stretch.end <= way.target.start:
            return Overlap(None, (stretch,))
    bounds = way.target.bounds(now)
    shifted = _shifted(way, stretch, bounds)
    if shifted.start >= shifted.end:
        return Overlap(None)
    return _clipped(shifted, bounds)


def _is_same(way: Across, stretch: Stretch) -> bool:
    """Whether both sides have the same windows here, so that nothing needs looking for."""
    origin, target = way.origin, way.target
    if origin.definition == target.definition:
        return True
    if _shape(origin.definition) != _shape(target.definition) or not _starts_within(way, stretch):
        return False
    return target.end is None or (origin.end is not None and target.end >= origin.end)


def _shape(definition: TimePartitions) -> dict[str, object]:
    return definition.model_dump(exclude=set(_BOUNDS))


def _starts_within(way: Across, stretch: Stretch) -> bool:
    return (
        way.target.start is None
        or stretch.start >= way.target.start
        or (way.origin.start or stretch.start) >= way.target.start
    )


def _is_day_of_hours(way: Across, stretch: Stretch, now: float) -> bool:
    if not _is_plain(way.origin, _DAILY) or not _is_plain(way.target, _HOURLY) or not _starts_within(way, stretch):
        return False
    days, hours = way.origin.bounds(now), way.target.bounds(now)
    return days is not None and hours is not None and days.last.end.epoch <= hours.last.end.epoch


def _is_plain(windows: Windows, cron: str) -> bool:
    return windows.definition.cron == cron and not windows.definition.exclusions


def _shifted(way: Across, stretch: Stretch, bounds: Bounds | None) -> Stretch:
    if not way.is_up:
        aligned = _aligned(way, stretch)
        return Stretch(*(_moved(way.target, each, by, bounds) for each, by in zip(aligned, way.offsets, strict=True)))
    moved = Stretch(*(_moved(way.origin, each, by, bounds) for each, by in zip(stretch, way.offsets, strict=True)))
    return _aligned(way, moved)


def _moved(windows: Windows, epoch: float, offset: int, bounds: Bounds | None) -> float:
    """An edge some windows later, or earlier; never beyond the windows that exist."""
    for _ in range(offset):
        epoch = next(windows.since(epoch)).end.epoch
    for _ in range(-offset):
        epoch = next(windows.until(epoch)).start.epoch
    if bounds is None or offset == 0:
        return epoch
    return min(bounds.last.end.epoch, epoch) if offset > 0 else max(bounds.first.start.epoch, epoch)


def _aligned(way: Across, stretch: Stretch) -> Stretch:
    """The edges of the target's windows around a stretch."""
    if way.origin.definition.cron == way.target.definition.cron or (
        _is_plain(way.origin, _DAILY) and _is_plain(way.target, _HOURLY)
    ):
        return stretch
    return Stretch(
        way.target.holding(stretch.start).start.epoch, way.target.holding(stretch.end, before=True).end.epoch
    )


def _clipped(stretch: Stretch, bounds: Bounds | None) -> Overlap:
    if bounds is None:
        return Overlap(None, (stretch,))
    first, last = bounds.first, bounds.last
    there = None
    if stretch.start <= last.start.epoch and stretch.end >= first.end.epoch:
        there = Stretch(max(stretch.start, first.start.epoch), min(stretch.end, last.end.epoch))
    return Overlap(there, _beyond(stretch, Stretch(first.start.epoch, last.end.epoch)))


def _beyond(stretch: Stretch, whole: Stretch) -> tuple[Stretch, ...]:
    """What of a stretch lies before or after the windows that exist; all of it where it begins before and ends after them."""
    if stretch.start < whole.start and stretch.end > whole.end:
        return (stretch,)
    if stretch.start < whole.start:
        return (Stretch(stretch.start, min(stretch.end, whole.start)),)
    return (Stretch(max(stretch.start, whole.end), stretch.end),) if stretch.end > whole.end else ()

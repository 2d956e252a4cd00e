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
    given = Stretch(window.start.epoch, window.end.epoch)
    if way.offsets == (0, 0):
        if _is_same(way, given) or _is_day_of_hours(way, given, now):
            return Overlap(given)
        if way.target.start is not None and given.end <= way.target.start:
            return Overlap(None, (given,))
    bounds = way.target.bounds(now)
    found = _shifted(way, given, bounds)
    if found.start >= found.end:
        return Overlap(None)
    return _clipped(found, bounds)


def _is_same(way: Across, given: Stretch) -> bool:
    """Whether both sides have the same windows here, so that nothing needs looking for."""
    origin, target = way.origin, way.target
    if origin.definition == target.definition:
        return True
    if _shape(origin.definition) != _shape(target.definition) or not _starts_within(way, given):
        return False
    return target.end is None or (origin.end is not None and target.end >= origin.end)


def _shape(definition: TimePartitions) -> dict[str, object]:
    return definition.model_dump(exclude=set(_BOUNDS))


def _starts_within(way: Across, given: Stretch) -> bool:
    return (
        way.target.start is None
        or given.start >= way.target.start
        or (way.origin.start or given.start) >= way.target.start
    )


def _is_day_of_hours(way: Across, given: Stretch, now: float) -> bool:
    if not _is_plain(way.origin, _DAILY) or not _is_plain(way.target, _HOURLY) or not _starts_within(way, given):
        return False
    days, hours = way.origin.bounds(now), way.target.bounds(now)
    return days is not None and hours is not None and days.last.end.epoch <= hours.last.end.epoch


def _is_plain(windows: Windows, cron: str) -> bool:
    return windows.definition.cron == cron and not windows.definition.exclusions


def _shifted(way: Across, given: Stretch, bounds: Bounds | None) -> Stretch:
    if not way.is_up:
        aligned = _aligned(way, given)
        return Stretch(*(_moved(way.target, each, by, bounds) for each, by in zip(aligned, way.offsets, strict=True)))
    moved = Stretch(*(_moved(way.origin, each, by, bounds) for each, by in zip(given, way.offsets, strict=True)))
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


def _aligned(way: Across, given: Stretch) -> Stretch:
    """The edges of the target's windows around a stretch."""
    if way.origin.definition.cron == way.target.definition.cron or (
        _is_plain(way.origin, _DAILY) and _is_plain(way.target, _HOURLY)
    ):
        return given
    return Stretch(way.target.holding(given.start).start.epoch, way.target.holding(given.end, before=True).end.epoch)


def _clipped(found: Stretch, bounds: Bounds | None) -> Overlap:
    if bounds is None:
        return Overlap(None, (found,))
    first, last = bounds.first, bounds.last
    there = None
    if found.start <= last.start.epoch and found.end >= first.end.epoch:
        there = Stretch(max(found.start, first.start.epoch), min(found.end, last.end.epoch))
    return Overlap(there, _beyond(found, Stretch(first.start.epoch, last.end.epoch)))


def _beyond(found: Stretch, whole: Stretch) -> tuple[Stretch, ...]:
    """What of a stretch lies before or after the windows that exist; all of it where it begins before and ends after them."""
    if found.start < whole.start and found.end > whole.end:
        return (found,)
    if found.start < whole.start:
        return (Stretch(found.start, min(found.end, whole.start)),)
    return (Stretch(max(found.start, whole.end), found.end),) if found.end > whole.end else ()

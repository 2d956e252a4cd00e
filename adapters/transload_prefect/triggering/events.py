"""Event triggers of Prefect, which count events in windows of time (3.9.1; `evaluate` and `proactive_evaluation` in `triggers.py`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from transload.model.identity import AssetId

_KEPT: Final = timedelta(seconds=60)
"""For how long a window that is over is kept (setting `server.events.expired_bucket_buffer`)."""


@dataclass(frozen=True)
class Counting:
    """Which updates are counted, up to how many, and for how long; by each resource alone where `is_by_resource`."""

    matches: Callable[[AssetId], bool]
    threshold: int = 1
    within: timedelta = timedelta(0)
    is_by_resource: bool = False

    def place(self, asset: AssetId) -> AssetId | None:
        """The counter that an asset is counted in."""
        return asset if self.is_by_resource else None


@dataclass
class _Bucket:
    """Events counted from `start` (None: however old) until `end`."""

    start: datetime | None
    end: datetime
    count: int = 0


class Counter(Protocol):
    """An event trigger at work."""

    def react(self, asset: AssetId, at: datetime) -> bool:
        """Whether an event makes it fire."""
        ...

    def pass_time(self, at: datetime, /) -> int:
        """How often it fires since time has passed."""
        ...


class Reactive:
    """Fires as soon as enough events came, and then looks away until the window ends."""

    def __init__(self, counting: Counting) -> None:
        self.counting = counting
        self.buckets: dict[AssetId | None, _Bucket] = {}

    def react(self, asset: AssetId, at: datetime) -> bool:
        """Count an event that it listens to."""
        if not self.counting.matches(asset):
            return False
        place, within = self.counting.place(asset), self.counting.within
        bucket = self.buckets.setdefault(place, _Bucket(None, at + within))
        if bucket.start is not None and at < bucket.start:
            return False
        if within and at >= bucket.end:
            bucket = self.buckets[place] = _Bucket(at, at + within)
        bucket.count += 1
        if bucket.count < self.counting.threshold:
            return False
        self._look_away(place, bucket)
        return True

    def _look_away(self, place: AssetId | None, bucket: _Bucket) -> None:
        del self.buckets[place]
        if self.counting.within:
            self.buckets[place] = _Bucket(bucket.end, bucket.end + self.counting.within)

    def pass_time(self, at: datetime) -> int:
        """Never; but windows long over are forgotten, with what they counted. One of no length is over with its first event."""
        self.buckets = {place: bucket for place, bucket in self.buckets.items() if bucket.end > at - _KEPT}
        return 0


class Proactive:
    """Fires at the end of each window in which too few events came."""

    def __init__(self, counting: Counting) -> None:
        self.counting = counting
        self.buckets: dict[AssetId | None, _Bucket] = {}
        self.next: datetime | None = None

    def react(self, asset: AssetId, at: datetime) -> bool:
        """Count an event that it listens to; one after the end of a window is the first of the next, and may make that end fire."""
        if not self.counting.matches(asset):
            return False
        place = self.counting.place(asset)
        bucket = self.buckets.setdefault(place, _Bucket(None, at + self.counting.within))
        if bucket.start is not None and at < bucket.start:
            return False
        if at < bucket.end:
            bucket.count += 1
            return False
        self.buckets[place] = self._following(at, count=1)
        return bucket.count < self.counting.threshold

    def _following(self, at: datetime, count: int = 0) -> _Bucket:
        return _Bucket(at, at + self.counting.within, count)

    def pass_time(self, at: datetime) -> int:
        """Once for each window that has ended; a window in which enough came is forgotten at once."""
        if self.next is not None and at < self.next:
            return 0
        if not self.counting.is_by_resource:
            self.buckets.setdefault(None, self._following(at))
        self.buckets = {
            place: bucket for place, bucket in self.buckets.items() if bucket.count < self.counting.threshold
        }
        ended = [place for place, bucket in self.buckets.items() if bucket.end <= at]
        self.buckets.update({place: self._following(at) for place in ended})
        self.next = min([at + self.counting.within, *(bucket.end for bucket in self.buckets.values())])
        return len(ended)

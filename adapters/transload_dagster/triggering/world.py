"""The world of a Dagster automation condition: updates, requests and partitions, tick by tick."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Final, Optional

from transload.errors import TriggerError
from transload.model.identity import AssetId
from transload.model.partitions import (
    DimensionMapping,
    IdentityMapping,
    MultiPartitions,
    PartitionMapping,
    Partitions,
    TimeMapping,
    TimePartitions,
)
from transload.partitioning import Known, Sides, downstream, spelled
from transload.partitioning.definitions import dimensions, split
from transload.partitioning.windows import windows_of
from transload.triggering.steps import Context, Update

Key = Optional[str]  # noqa: UP045 - an alias of 3.10 that help() shows
"""A partition, None for an asset without partitions."""

Keys = frozenset[Key]
NONE: Final[Keys] = frozenset()
WHOLE: Final[Keys] = frozenset({None})
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)


class World:
    """The events that Dagster has stored, and the ticks of the one asset that has the condition."""

    def __init__(self, context: Context, asset: AssetId) -> None:
        self.context = context
        self.asset = asset
        self.now = _BEGINNING
        self.before: datetime | None = None
        self.requested: Keys = NONE
        self.running: Keys = NONE
        self._present: dict[AssetId, Keys] = {}
        self._fresh: dict[AssetId, Keys] = {}

    def update(self, update: Update) -> None:
        """Store a materialization; one without a partition says nothing of an asset that has partitions."""
        key = update.partition if update.asset in self.context.partitions else None
        if key is not None or update.asset not in self.context.partitions:
            self._present[update.asset] = self._present.get(update.asset, NONE) | {key}
            self._fresh[update.asset] = self._fresh.get(update.asset, NONE) | {key}

    def finish(self) -> None:
        """The runs that go on write their partitions."""
        for key in self.running:
            self.update(Update(self.asset, key))
        self.running = NONE

    def begin(self, at: datetime) -> None:
        """A tick begins."""
        self.now = at

    def end(self, requested: Keys) -> None:
        """A tick has ended, with these requests."""
        self.before = self.now
        self.requested = requested
        self.running |= requested
        self._fresh = {}

    @property
    def is_first(self) -> bool:
        """True at the first tick."""
        return self.before is None

    def updated(self, asset: AssetId) -> Keys:
        """The partitions that were updated since the last tick; none at the first."""
        return NONE if self.is_first else self._fresh.get(asset, NONE) & self.all(asset)

    def missing(self, asset: AssetId) -> Keys:
        """The partitions that were never updated."""
        return self.all(asset) - self._present.get(asset, NONE)

    def keys(self, asset: AssetId) -> tuple[Key, ...]:
        """The partitions there are now, in their order."""
        definition = self.context.partitions.get(asset)
        return (None,) if definition is None else tuple(spelled(definition, known=self._known))

    def all(self, asset: AssetId) -> Keys:
        """The partitions there are now."""
        return frozenset(self.keys(asset))

    def latest(self, asset: AssetId) -> Keys:
        """The partitions of the latest time window, all where there is no time in them."""
        definition = self.context.partitions.get(asset)
        if isinstance(definition, MultiPartitions):
            return self._latest_of(definition, asset)
        return self._last(definition) if isinstance(definition, TimePartitions) else self.all(asset)

    def _latest_of(self, definition: MultiPartitions, asset: AssetId) -> Keys:
        times = [
            number
            for number, (_, dimension) in enumerate(dimensions(definition))
            if isinstance(dimension, TimePartitions)
        ]
        keys = self.all(asset)
        for number in times:
            inner = dimensions(definition)[number][1]
            last = self._last(inner) if isinstance(inner, TimePartitions) else NONE
            keys = frozenset(key for key in keys if key and split(definition, key, self._known)[number] in last)
        return keys

    def _last(self, definition: TimePartitions) -> Keys:
        windows = windows_of(definition)
        bounds = windows.bounds(self.now.timestamp())
        return frozenset({windows.spell(bounds.last.start)}) if bounds else NONE

    @property
    def _known(self) -> Known:
        return Known(now=self.now)

    def upstream(self, asset: AssetId) -> tuple[AssetId, ...]:
        """The assets that an asset is made of; of other assets than that of the condition they are not known, and count as none."""
        return tuple(dict.fromkeys(self.context.upstream)) if asset == self.asset else ()

    def down(self, origin: AssetId, target: AssetId, keys: Iterable[Key]) -> Keys:
        """The partitions of `target` that belong to these of `origin`."""
        sources = frozenset(keys)
        up, own = self.context.partitions.get(origin), self.context.partitions.get(target)
        if origin == target or not sources:
            return sources
        if up is None or own is None:
            return self.all(target)
        declared = self.context.mappings.get(origin) if target == self.asset else None
        mapping, sides = declared or _inferred(up, own), Sides(up, own, self._known)
        return frozenset(
            target_key for key in sources for target_key in downstream(mapping, _text(key), sides)
        ) & self.all(target)


def _text(key: Key) -> str:
    if key is None:
        raise TriggerError("An asset with partitions was updated without one.", hint="Give the partition.")
    return key


def _inferred(up: Partitions, own: Partitions) -> PartitionMapping:
    """Dagster's mapping where none is declared (`infer_partition_mapping`, 1.13)."""
    if isinstance(up, MultiPartitions) != isinstance(own, MultiPartitions):
        return DimensionMapping()
    both = isinstance(up, TimePartitions) and isinstance(own, TimePartitions)
    return TimeMapping() if both else IdentityMapping()

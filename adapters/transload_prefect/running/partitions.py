"""Partitions in flows of Prefect, which has none: the helper that written projects call.

The convention: a run works on one partition, which its parameter `partition_key` names; task runs and events have the tag
`partition:<key>`, and what a task materializes has the key in its metadata, under `partition`. A key of several dimensions is
one text, joined as the definition says.

    with PartitionedRun(DAILY, partition_key) as partition:
        load()

Keys, windows and mappings are computed by `transload.partitioning`, as they are in every other tool.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextvars import ContextVar, Token
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import islice
from types import TracebackType
from typing import Final, cast

from prefect.assets import Asset
from prefect.context import AssetContext, TagsContext, TaskRunContext
from prefect.runtime import flow_run

from transload.errors import PartitionError
from transload.model.partitions import (
    AllMapping,
    AllowedMapping,
    ChainMapping,
    DimensionMapping,
    DimensionPair,
    DimensionsMapping,
    DynamicPartitions,
    FanOutMapping,
    FixedMapping,
    FloorMapping,
    IdentityMapping,
    LastMapping,
    MultiPartitions,
    PartitionMapping,
    Partitions,
    ProductMapping,
    RollupMapping,
    RuntimePartitions,
    SpecificMapping,
    StaticMapping,
    StaticPartitions,
    TimeMapping,
    TimePartitions,
    WaitPolicy,
    Window,
)
from transload.partitioning import Known, Sides, downstream, parse, upstream, window
from transload.partitioning.definitions import dimensions, split
from transload_prefect.running.keys import checked, closed_last, examples

__all__ = [
    "AllMapping",
    "AllowedMapping",
    "ChainMapping",
    "DimensionMapping",
    "DimensionPair",
    "DimensionsMapping",
    "DynamicPartitions",
    "FanOutMapping",
    "FixedMapping",
    "FloorMapping",
    "IdentityMapping",
    "LastMapping",
    "MultiPartitions",
    "Partition",
    "PartitionedAsset",
    "PartitionedRun",
    "ProductMapping",
    "RollupMapping",
    "RuntimePartitions",
    "SpecificMapping",
    "StaticMapping",
    "StaticPartitions",
    "TimeMapping",
    "TimePartitions",
    "WaitPolicy",
    "Window",
    "current_partition",
    "mapped",
    "upstream_text",
]

TAG: Final = "partition:"
"""The beginning of a partition's tag."""

METADATA: Final = "partition"
"""The key of a materialization's metadata under which the partition is."""

SEPARATOR: Final = "#"
"""Between an asset's key, in which Prefect allows none, and a partition's."""


class PartitionedAsset(Asset):
    """An asset with its partitions; as one that a task reads (see `mapped`), also which of them it reads.

    For Prefect it is the same asset as any other with its key and properties.
    """

    partitions: Partitions | None = None
    mapping: PartitionMapping | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Asset) and (self.key, self.properties) == (other.key, other.properties)

    def __hash__(self) -> int:
        return hash(self.key)


def mapped(asset: str | Asset, mapping: PartitionMapping) -> PartitionedAsset:
    """An asset for `asset_deps`, of which a task reads the partitions that the mapping leads to."""
    if isinstance(asset, str):
        return PartitionedAsset(key=asset, mapping=mapping)
    partitions = getattr(asset, "partitions", None)
    return PartitionedAsset(key=asset.key, properties=asset.properties, partitions=partitions, mapping=mapping)


@dataclass(frozen=True)
class Partition:
    """One partition: its key, the definition that has it, and the time (aware) up to which partitions exist."""

    key: str
    definition: Partitions
    now: datetime

    @property
    def tag(self) -> str:
        """The tag of runs and events."""
        return f"{TAG}{self.key}"

    @property
    def keys(self) -> Mapping[str, str]:
        """The key of each dimension by its name. Raises `PartitionError` for a definition without dimensions."""
        if not isinstance(self.definition, MultiPartitions):
            raise PartitionError(f"The partition {self.key!r} has no dimensions.", hint="Use `key`.")
        names = (name for name, _ in dimensions(self.definition))
        return dict(zip(names, split(self.definition, self.key, self._known), strict=True))

    @property
    def window(self) -> tuple[datetime, datetime]:
        """Start (inclusive) and end (exclusive), aware, in the definition's zone; of several dimensions, those of the one of time.

        Raises `PartitionError` for a partition without a window, or with several.
        """
        parts = [(self.definition, self.key)]
        if isinstance(self.definition, MultiPartitions):
            parts = [(self.definition.dimensions[name], key) for name, key in self.keys.items()]
        of_time = [(definition, key) for definition, key in parts if isinstance(definition, TimePartitions)]
        if len(of_time) != 1:
            raise PartitionError(f"The partition {self.key!r} has {len(of_time)} windows.", hint="Use `key` or `keys`.")
        ((definition, key),) = of_time
        return window(definition, str(parse(definition, key)))

    @property
    def _known(self) -> Known:
        return Known(now=self.now)

    def upstream(self, asset: Asset, mapping: PartitionMapping | None = None) -> tuple[str, ...]:
        """The keys of an asset's partitions that this one is made from.

        Without a mapping, that of the asset or, in a task, of its `asset_deps` holds; else Dagster's default for the two
        definitions. An asset without partitions has no keys. Raises `PartitionError` where one of them does not exist, or the
        mapping cannot be computed.
        """
        definition = getattr(asset, "partitions", None)
        declared = mapping or _declared_mapping(asset)
        if definition is None and declared is None:
            return ()
        sides = Sides(definition, self.definition, self._known)
        partitions = upstream(declared or _default_mapping(definition, self.definition), self.key, sides)
        if partitions.missing:
            hint = "Let the mapping allow missing ones, or run a later partition."
            raise PartitionError(f"Of {asset.key} there is no partition {', '.join(partitions.missing)}.", hint=hint)
        return partitions.keys


def _declared_mapping(asset: Asset) -> PartitionMapping | None:
    """The asset's own mapping, or that of the running task's dependency with its key."""
    context = TaskRunContext.get()
    dependencies = context.task.asset_deps if context else []
    mappings = (getattr(other, "mapping", None) for other in (asset, *dependencies) if other.key == asset.key)
    return next((mapping for mapping in mappings if mapping is not None), None)


def _default_mapping(up: Partitions | None, down: Partitions) -> PartitionMapping:
    """The mapping between two definitions for which none is declared (Dagster 1.13, `infer_partition_mapping`)."""
    if up is None:
        return AllMapping()
    if isinstance(up, MultiPartitions) != isinstance(down, MultiPartitions):
        return DimensionMapping()
    return TimeMapping() if isinstance(up, TimePartitions) and isinstance(down, TimePartitions) else IdentityMapping()


_current: ContextVar[Partition] = ContextVar("transload_partition")


def current_partition() -> Partition:
    """The partition of this run; in a task that materializes, it goes into the metadata of what is materialized.

    Raises `PartitionError` outside of `PartitionedRun`, and in a task that runs in another process: give it the partition.
    """
    partition = _current.get(None)
    if partition is None:
        raise PartitionError(
            "There is no partition here.", hint="Call the task within `with PartitionedRun(…)`, in threads."
        )
    context = AssetContext.get()
    for asset in context.downstream_assets if context else ():
        asset.add_metadata({METADATA: partition.key})
    return partition


class PartitionedRun:
    """The body of a flow that works on one partition; tasks called in it have the partition's tag."""

    def __init__(
        self,
        partitions: Partitions | PartitionedAsset,
        key: str | None = None,
        upstream_partition: str | None = None,
        reads: Iterable[PartitionedAsset] = (),
    ) -> None:
        """The partition is one of `partitions` (a definition, or an asset that has one), the first of these that is given.

        * that with the `key`;
        * that which `upstream_partition` feeds: asset and key of the event that triggered the run, as `upstream_text` joins them,
          by the mapping in `reads`;
        * of a definition by time, the one whose window closed last when the run was scheduled.
        """
        self._source = partitions
        self._key = key
        self._upstream = upstream_partition
        self._reads = tuple(reads)
        self._before: tuple[Token[Partition], TagsContext] | None = None

    @property
    def definition(self) -> Partitions:
        """The definition. Raises `PartitionError` for an asset without partitions."""
        definition = self._source.partitions if isinstance(self._source, PartitionedAsset) else self._source
        if definition is None:
            raise PartitionError("The asset has no partitions.", hint="Give `PartitionedRun` a definition.")
        return definition

    @property
    def of_asset(self) -> bool:
        """True if the partitions are those of an asset."""
        return isinstance(self._source, PartitionedAsset)

    def __enter__(self) -> Partition:
        """The partition. Raises `PartitionError` where none is passed or follows from the time, or where it does not exist."""
        partition = self.partition()
        # A flow that is called within another one has its own partition, and not the tag of the other's.
        others = {tag for tag in TagsContext.get().current_tags if not tag.startswith(TAG)}
        tags = TagsContext(current_tags={*others, partition.tag})
        tags.__enter__()
        self._before = (_current.set(partition), tags)
        return partition

    def __exit__(self, *raised: object) -> None:
        if self._before is not None:
            token, tags = self._before
            _current.reset(token)
            tags.__exit__(*cast("tuple[type[BaseException], BaseException, TracebackType]", raised))
            self._before = None

    def partition(self) -> Partition:
        """The partition of the run. Raises `PartitionError` where none is passed or follows from the time, or where it does not exist."""
        definition = self.definition
        if self._key:
            now = datetime.now(timezone.utc)
            return Partition(checked(definition, self._key, now), definition, now)
        # A run that starts late, or is tried again, keeps the partition that it was scheduled for.
        now = cast("datetime", flow_run.scheduled_start_time)
        asset, _, key = (self._upstream or "").partition(SEPARATOR)
        if key:
            return Partition(self._fed_partition(asset, key, now), definition, now)
        if isinstance(definition, TimePartitions):
            return Partition(closed_last(definition, now), definition, now)
        raise PartitionError(
            "The run is not told its partition.", hint=f"Pass `partition_key`: {examples(definition, now)}."
        )

    def _fed_partition(self, key: str, up_key: str, now: datetime) -> str:
        read = next((asset for asset in self._reads if asset.key == key), None)
        if read is None:
            raise PartitionError(f"The flow reads no partitions of {key}.", hint="Pass `partition_key`.")
        sides = Sides(read.partitions, self.definition, Known(now=now))
        mapping = read.mapping or _default_mapping(read.partitions, self.definition)
        keys = downstream(mapping, up_key, sides)
        if len(keys) != 1:
            listed = ", ".join(islice(keys, 9)) or "none that has closed"
            raise PartitionError(
                f"The partition {up_key!r} of {key} feeds {len(keys)} partitions: {listed}.",
                hint="Start a run for each, with its `partition_key`.",
            )
        return keys[0]


def upstream_text(asset: str | Asset, key: str) -> str:
    """Asset and key of an upstream partition as one parameter, `upstream_partition`."""
    return f"{asset if isinstance(asset, str) else asset.key}{SEPARATOR}{key}"

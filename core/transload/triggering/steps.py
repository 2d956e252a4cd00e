"""What happens to a trigger, step by step, and what it fires: the words in which all tools' triggers are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Union

from transload.model.identity import AssetId
from transload.model.partitions import PartitionMapping, Partitions


@dataclass(frozen=True)
class Update:
    """An asset was updated or, where `partition` is given, that partition of it."""

    asset: AssetId
    partition: str | None = None


@dataclass(frozen=True)
class Evaluate:
    """The tool looks at its triggers at `at` (with a zone, never before the one before it).

    A loop of its scheduler, a tick of its sensor; in a tool that handles each event by itself, those sent so far are handled, and its
    clock shows `at`. The updates that come before it happened after the last `Evaluate`, and at the latest at `at`.
    """

    at: datetime


@dataclass(frozen=True)
class Finished:
    """The runs requested so far have ended; each has updated the asset that the trigger stands on."""


Step = Union[Update, Evaluate, Finished]  # noqa: UP007 - an alias of 3.10 that help() shows


@dataclass(frozen=True)
class Firing:
    """One run: its partition key, and the assets whose updates it consumed where the tool says, else empty."""

    partition: str | None = None
    consumed: frozenset[AssetId] = frozenset()


@dataclass(frozen=True)
class Context:
    """What the meaning of a trigger needs of the graph.

    `asset` is the one that the trigger stands on and that its runs update, None for a flow that writes none; `upstream` are the
    assets that it is made of. `partitions` are the definitions of all of these, those that have one; `mappings` lead from an upstream
    asset to `asset`. `aliases` gives the assets that were attached to each alias. `zone` is the tool's default time zone. `start` is
    when the trigger was switched on (None: at the first `Evaluate`); time before it starts nothing.
    """

    asset: AssetId | None = None
    upstream: tuple[AssetId, ...] = ()
    partitions: Mapping[AssetId, Partitions] = field(default_factory=dict)
    mappings: Mapping[AssetId, PartitionMapping] = field(default_factory=dict)
    aliases: Mapping[str, tuple[AssetId, ...]] = field(default_factory=dict)
    zone: str = "UTC"
    start: datetime | None = None

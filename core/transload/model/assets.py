"""Assets and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from transload.model.base import Record, Tagged
from transload.model.identity import AssetId
from transload.model.partitions import Partitions
from transload.model.triggers import Trigger

Residue = Mapping[str, Mapping[str, JsonValue]]
"""What only one tool understands: tool → field of that tool → value."""

NativeNames = Mapping[str, tuple[str, ...]]
"""How each tool spells a name: Dagster's key path, Airflow's (name, uri), Prefect's (key,)."""


class Origin(Record):
    """Where a definition was read: which tool and instance, which way (`load`, `static`, `live`), which file (relative) and line."""

    tool: str
    way: Literal["load", "static", "live", "document"] = "static"
    path: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line is not None else self.path
        return place or self.tool


class Column(Record):
    """One column of a table. `nullable` and `unique` None: not stated. `constraints` are further ones, in words."""

    name: str
    type: str | None = None
    description: str | None = None
    nullable: bool | None = None
    unique: bool | None = None
    constraints: tuple[str, ...] = ()
    tags: Mapping[str, str] = Field(default_factory=dict)


class ColumnSource(Record):
    """A column of an upstream asset."""

    asset: AssetId
    column: str


class FreshWithin(Tagged):
    """Stale when the last update is older than `fail` seconds; a warning after `warn` seconds."""

    kind: Literal["within"] = "within"
    fail: float
    warn: float | None = None


class FreshBy(Tagged):
    """Must be updated in the `lower_bound` seconds before each tick of `cron` (Dagster `FreshnessPolicy.cron`)."""

    kind: Literal["by"] = "by"
    cron: str
    lower_bound: float
    timezone: str = "UTC"


Freshness = Annotated[FreshWithin | FreshBy, Field(discriminator="kind")]


class Check(Record):
    """A check of an asset. `blocking`: a failure holds back what is downstream. `function` is the qualified name of the code."""

    name: str
    description: str | None = None
    blocking: bool = False
    reads: tuple[AssetId, ...] = ()
    metadata: Mapping[str, JsonValue] = Field(default_factory=dict)
    function: str | None = None
    native: Residue = Field(default_factory=dict)


class Watcher(Record):
    """What watches for changes made outside (Airflow `AssetWatcher`): the class path of the trigger and its arguments."""

    name: str
    trigger: str
    arguments: Mapping[str, JsonValue] = Field(default_factory=dict)


class Asset(Record):
    """A dataset that somebody writes or reads.

    `id` is its OpenLineage identity, the only one that joins tools; `names` are its spellings in the tools; `title` is a name for
    people. `trigger` is a condition on the asset itself (Dagster); a schedule belongs to a flow. `native` holds what only one tool
    understands, and `origin` where it was read: neither is part of what the asset means.
    """

    id: AssetId
    names: NativeNames = Field(default_factory=dict)
    title: str | None = None
    description: str | None = None
    url: str | None = None
    owners: tuple[str, ...] = ()
    tags: Mapping[str, str] = Field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    group: str | None = None
    code_version: str | None = None
    metadata: Mapping[str, JsonValue] = Field(default_factory=dict)
    columns: tuple[Column, ...] = ()
    column_lineage: Mapping[str, tuple[ColumnSource, ...]] = Field(default_factory=dict)
    partitions: Partitions | None = None
    freshness: Freshness | None = None
    checks: tuple[Check, ...] = ()
    trigger: Trigger | None = None
    watchers: tuple[Watcher, ...] = ()
    virtual: bool = False
    native: Residue = Field(default_factory=dict)
    origin: Origin | None = None


class Alias(Record):
    """A name that stands for whatever assets a run attaches to it (Airflow `AssetAlias`)."""

    name: str
    group: str | None = None
    native: Residue = Field(default_factory=dict)
    origin: Origin | None = None

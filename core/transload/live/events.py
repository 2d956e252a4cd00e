"""What a running tool reports of an asset, in one form for all tools."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

from pydantic import AwareDatetime, Field, JsonValue

from transload.model.assets import Column
from transload.model.base import Record
from transload.model.identity import AssetId

Kind = Literal["materialised", "observed", "failed"]

Cause = Literal["schedule", "asset_event", "automation", "sensor", "manual", "backfill", "retry", "external", "unknown"]
"""What started the run behind an event.

"automation" is Dagster's declarative automation and Prefect's automations, "external" an event that no run of the tool made, such as
one that was posted to its API.
"""

_DIGEST_SIZE: Final = 16
"""Bytes: 32 hexadecimal digits fit into a tag value of Dagster (63 characters) and a run id of Airflow (250)."""


class RunRef(Record):
    """The run, and in it the job, that made an event.

    `job` is the OpenLineage job name in its tool (Airflow `dag.task`, Dagster's asset or op, Prefect `flow/task`), `run` the tool's own
    id of the run
    (Airflow run_id, Dagster run id, Prefect flow run id), `task_run` the id of the part of it (Prefect task run id), `attempt` counts
    from 1,
    `map_index` tells mapped tasks of Airflow apart.
    """

    flow: str | None = None
    job: str | None = None
    run: str | None = None
    task_run: str | None = None
    attempt: int = 1
    map_index: int = -1
    started: AwareDatetime | None = None
    ended: AwareDatetime | None = None


class UpstreamEvent(Record):
    """What a run actually read: an asset, perhaps some of its partitions, and the native identity of the event behind it, if known."""

    asset: AssetId
    partitions: tuple[str, ...] = ()
    native: str | None = None


class AssetEvent(Record):
    """One asset event of a running tool.

    `instance` is the name of the instance in `transload.toml`, `native` the event's identity there: the same event read twice, from
    whichever page or
    window, has the same. `at` is when it happened by the tool's clock; `names` the asset as the tool names it. `partitions` are the
    tool's own
    spellings of the keys, a range given as all of its keys. `backfill` names the backfill that it belongs to. `marks` are what the
    bridge itself put
    there (effect id, hops), by which echoes are known. `data_version`, `rows` and `columns` are what the tool reported of the data.
    """

    tool: str
    instance: str
    native: str
    kind: Kind
    asset: AssetId
    names: tuple[str, ...] = ()
    at: AwareDatetime
    partitions: tuple[str, ...] = ()
    run: RunRef = Field(default_factory=RunRef)
    cause: Cause = "unknown"
    caused_by: tuple[UpstreamEvent, ...] = ()
    reads: tuple[UpstreamEvent, ...] = ()
    backfill: str | None = None
    scheduled_for: AwareDatetime | None = None
    rows: int | None = None
    columns: tuple[Column, ...] = ()
    data_version: str | None = None
    message: str | None = None
    metadata: Mapping[str, JsonValue] = Field(default_factory=dict)
    marks: Mapping[str, str] = Field(default_factory=dict)

    @property
    def id(self) -> str:
        """The identity of the event everywhere: a hash of tool, instance and native identity, 32 hexadecimal digits."""
        text = json.dumps([self.tool, self.instance, self.native], ensure_ascii=True)
        return hashlib.blake2b(text.encode("ascii"), digest_size=_DIGEST_SIZE).hexdigest()


def order_of(event: AssetEvent) -> tuple[datetime, str]:
    """The key by which events of several pages are put in order: their time, then their identity."""
    return event.at, event.id

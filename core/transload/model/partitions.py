"""Partition definitions and partition mappings: a superset of Airflow's and Dagster's, in neutral words."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from transload.model.base import Record, Tagged


class TimePartitions(Tagged):
    """One partition per tick of a cron expression: the window from that tick to the next.

    `start` (inclusive) and `end` (exclusive) are ISO-8601 local times in `timezone`; None means unbounded.
    `format` is the strftime spelling of a key. `end_offset` counts windows kept beyond (or, negative, short of) the last closed
    one. `exclusions` are cron expressions or ISO instants whose windows do not exist (Dagster 1.11.16 and later).
    `run_offset` shifts the partition that a tick belongs to, in ticks (Airflow 3.2, `CronPartitionTimetable`).
    """

    kind: Literal["time"] = "time"
    cron: str
    start: str | None = None
    end: str | None = None
    timezone: str = "UTC"
    format: str = "%Y-%m-%dT%H:%M:%S"
    end_offset: int = 0
    exclusions: tuple[str, ...] = ()
    run_offset: int | None = None


class StaticPartitions(Tagged):
    """A fixed list of keys, in order."""

    kind: Literal["static"] = "static"
    keys: tuple[str, ...]


class DynamicPartitions(Tagged):
    """Keys that the tool keeps in its own store under `name` (Dagster's dynamic partitions)."""

    kind: Literal["dynamic"] = "dynamic"
    name: str


class RuntimePartitions(Tagged):
    """Keys known only when a run starts or a task reports them (Airflow 3.3, `PartitionedAtRuntime`)."""

    kind: Literal["runtime"] = "runtime"


class MultiPartitions(Tagged):
    """Several dimensions by name; `delimiter` joins their keys in the order of the sorted names, as Dagster does."""

    kind: Literal["multi"] = "multi"
    dimensions: Mapping[str, Partitions]
    delimiter: str = "|"


class OpaquePartitions(Tagged):
    """A definition that only `tool` understands, held as it was read."""

    kind: Literal["opaque"] = "opaque"
    tool: str
    detail: JsonValue = None


Partitions = Annotated[
    TimePartitions | StaticPartitions | DynamicPartitions | RuntimePartitions | MultiPartitions | OpaquePartitions,
    Field(discriminator="kind"),
]


class CalendarUnit(str, Enum):
    """The calendar units of Airflow's `StartOf…Mapper` and `…Window` classes."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class WaitPolicy(Record):
    """When a roll-up is complete: `minimum` None for all; n > 0 for at least n; n < 0 for at most -n missing (Airflow 3.3)."""

    minimum: int | None = None


class Window(Record):
    """A set of upstream keys around one key: the parts of a calendar `unit`, or a list of `segments` (Airflow 3.3)."""

    unit: CalendarUnit | None = None
    segments: tuple[str, ...] = ()
    backward: bool = False
    opaque: JsonValue = None


class IdentityMapping(Tagged):
    """The downstream key is the upstream key."""

    kind: Literal["identity"] = "identity"
    limit: int | None = None


class AllMapping(Tagged):
    """Every upstream key."""

    kind: Literal["all"] = "all"


class LastMapping(Tagged):
    """The newest upstream key."""

    kind: Literal["last"] = "last"


class SpecificMapping(Tagged):
    """These upstream keys, whatever the downstream key."""

    kind: Literal["specific"] = "specific"
    keys: tuple[str, ...]


class StaticMapping(Tagged):
    """A table from each upstream key to its downstream keys."""

    kind: Literal["static"] = "static"
    table: Mapping[str, tuple[str, ...]]


class TimeMapping(Tagged):
    """The upstream windows that overlap the downstream one, widened by offsets counted in windows of the downstream definition."""

    kind: Literal["time"] = "time"
    start_offset: int = 0
    end_offset: int = 0
    allow_missing: bool = False


class FloorMapping(Tagged):
    """The start of the calendar unit that the upstream key falls in (Airflow 3.2, `StartOfDayMapper` and its like)."""

    kind: Literal["floor"] = "floor"
    unit: CalendarUnit
    timezone: str = "UTC"
    input_format: str = "%Y-%m-%dT%H:%M:%S"
    output_format: str | None = None
    limit: int | None = None


class FixedMapping(Tagged):
    """One downstream key for every upstream key (Airflow 3.3)."""

    kind: Literal["fixed"] = "fixed"
    key: str
    limit: int | None = None


class AllowedMapping(Tagged):
    """Identity for these keys; every other upstream key is ignored (Airflow 3.2)."""

    kind: Literal["allowed"] = "allowed"
    keys: tuple[str, ...]
    limit: int | None = None


class RollupMapping(Tagged):
    """Many upstream keys to one: wait until those of `window` have arrived (Airflow 3.3).

    A window of neither unit nor segments is what `upstream` itself says, such as the windows that a time mapping with offsets takes.
    """

    kind: Literal["rollup"] = "rollup"
    upstream: PartitionMapping
    window: Window
    wait: WaitPolicy = WaitPolicy()
    limit: int | None = None


class FanOutMapping(Tagged):
    """One upstream key to each key of `window` (Airflow 3.3)."""

    kind: Literal["fan_out"] = "fan_out"
    upstream: PartitionMapping
    window: Window
    downstream: PartitionMapping | None = None
    limit: int | None = None


class ProductMapping(Tagged):
    """The i-th segment of the key through the i-th mapping (Airflow 3.2, `ProductMapper`)."""

    kind: Literal["product"] = "product"
    parts: tuple[PartitionMapping, ...]
    delimiter: str = "|"
    limit: int | None = None


class ChainMapping(Tagged):
    """One mapping after the other (Airflow 3.2, `ChainMapper`)."""

    kind: Literal["chain"] = "chain"
    steps: tuple[PartitionMapping, ...]
    limit: int | None = None


class DimensionMapping(Tagged):
    """A single dimension against one of several: `dimension` names it, None when only one fits (Dagster `MultiToSingle…`)."""

    kind: Literal["dimension"] = "dimension"
    dimension: str | None = None


class DimensionPair(Record):
    """How one upstream dimension maps to a downstream one."""

    dimension: str
    mapping: PartitionMapping


class DimensionsMapping(Tagged):
    """Several dimensions against several: upstream dimension → downstream dimension and mapping (Dagster `MultiPartitionMapping`)."""

    kind: Literal["dimensions"] = "dimensions"
    table: Mapping[str, DimensionPair]


class OpaqueMapping(Tagged):
    """A mapping that only `tool` understands, held as it was read."""

    kind: Literal["opaque"] = "opaque"
    tool: str
    detail: JsonValue = None


PartitionMapping = Annotated[
    IdentityMapping
    | AllMapping
    | LastMapping
    | SpecificMapping
    | StaticMapping
    | TimeMapping
    | FloorMapping
    | FixedMapping
    | AllowedMapping
    | RollupMapping
    | FanOutMapping
    | ProductMapping
    | ChainMapping
    | DimensionMapping
    | DimensionsMapping
    | OpaqueMapping,
    Field(discriminator="kind"),
]

for _record in (
    MultiPartitions,
    RollupMapping,
    FanOutMapping,
    ProductMapping,
    ChainMapping,
    DimensionPair,
    DimensionsMapping,
):
    _record.model_rebuild()

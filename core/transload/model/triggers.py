"""What starts work: time, updates of assets, events, and the expressions over them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from transload.model.base import Tagged
from transload.model.conditions import Predicate, assets_of
from transload.model.identity import AssetId
from transload.model.partitions import PartitionMapping


class Cron(Tagged):
    """A cron expression. `timezone` None is the tool's default. `day_or` False means that day of month *and* day of week must match."""

    kind: Literal["cron"] = "cron"
    expression: str
    timezone: str | None = None
    day_or: bool = True


class Interval(Tagged):
    """Every `seconds`, counted from `anchor` (ISO-8601; None: the tool's own choice). Prefect counts whole days in the `timezone`."""

    kind: Literal["interval"] = "interval"
    seconds: float
    anchor: str | None = None
    timezone: str | None = None


class RRule(Tagged):
    """A recurrence rule of RFC 5545."""

    kind: Literal["rrule"] = "rrule"
    rule: str
    timezone: str | None = None


class Once(Tagged):
    """One run, as soon as possible (Airflow `@once`)."""

    kind: Literal["once"] = "once"


class Continuous(Tagged):
    """A new run as soon as the last has ended (Airflow `@continuous`)."""

    kind: Literal["continuous"] = "continuous"


class Updated(Tagged):
    """An update of an asset. `reference` tells that the source named it only by name or by URI (Airflow `Asset.ref`)."""

    kind: Literal["updated"] = "updated"
    asset: AssetId
    mapping: PartitionMapping | None = None
    reference: Literal["name", "uri"] | None = None


class AliasUpdated(Tagged):
    """An update of any asset that was attached to an alias at run time (Airflow `AssetAlias`)."""

    kind: Literal["alias_updated"] = "alias_updated"
    alias: str


class AllOf(Tagged):
    """Each of `parts` since the last firing; `within` seconds of one another when given (Prefect compound trigger)."""

    kind: Literal["all"] = "all"
    parts: tuple[Trigger, ...]
    within: float | None = None


class AnyOf(Tagged):
    """Any one of `parts`."""

    kind: Literal["any"] = "any"
    parts: tuple[Trigger, ...]
    within: float | None = None


class AtLeast(Tagged):
    """At least `count` of `parts` (Prefect compound trigger with a number)."""

    kind: Literal["at_least"] = "at_least"
    count: int
    parts: tuple[Trigger, ...]
    within: float | None = None


class InOrder(Tagged):
    """Each of `parts`, in this order (Prefect sequence trigger)."""

    kind: Literal["in_order"] = "in_order"
    parts: tuple[Trigger, ...]
    within: float | None = None


class Eager(Tagged):
    """Dagster's `AutomationCondition.eager()`: some dependency was updated, none is missing or in progress."""

    kind: Literal["eager"] = "eager"


class OnCron(Tagged):
    """Dagster's `AutomationCondition.on_cron()`: after a tick, once every dependency was updated since that tick."""

    kind: Literal["on_cron"] = "on_cron"
    expression: str
    timezone: str = "UTC"


class OnMissing(Tagged):
    """Dagster's `AutomationCondition.on_missing()`: the partition is missing and no dependency is."""

    kind: Literal["on_missing"] = "on_missing"


class Condition(Tagged):
    """Any other Dagster automation condition.

    `predicate` is its meaning, where all of its parts are known; `tree` is what Dagster's serdes writes; `source` is its text in
    static reading.
    """

    kind: Literal["condition"] = "condition"
    label: str | None = None
    predicate: Predicate | None = None
    tree: JsonValue = None
    source: str | None = None


class Event(Tagged):
    """An event trigger of Prefect that is not simply the update of an asset, held field by field in `match`."""

    kind: Literal["event"] = "event"
    match: JsonValue = None


class Opaque(Tagged):
    """A trigger that only `tool` understands (a custom timetable, a sensor), named by `type` and held as it was read."""

    kind: Literal["opaque"] = "opaque"
    tool: str
    type: str
    detail: JsonValue = None


Trigger = Annotated[
    Cron
    | Interval
    | RRule
    | Once
    | Continuous
    | Updated
    | AliasUpdated
    | AllOf
    | AnyOf
    | AtLeast
    | InOrder
    | Eager
    | OnCron
    | OnMissing
    | Condition
    | Event
    | Opaque,
    Field(discriminator="kind"),
]

for _record in (AllOf, AnyOf, AtLeast, InOrder):
    _record.model_rebuild()


def leaves(trigger: Trigger | None) -> Iterator[Trigger]:
    """Every part of an expression that is not itself an expression, in order of writing."""
    pending = [] if trigger is None else [trigger]
    while pending:
        part = pending.pop()
        if isinstance(part, (AllOf, AnyOf, AtLeast, InOrder)):
            pending.extend(reversed(part.parts))
        else:
            yield part


def updated_assets(trigger: Trigger | None) -> tuple[AssetId, ...]:
    """The assets whose updates the trigger listens to, without repeats, in order of writing."""
    return tuple(dict.fromkeys(leaf.asset for leaf in leaves(trigger) if isinstance(leaf, Updated)))


def updated_aliases(trigger: Trigger | None) -> tuple[str, ...]:
    """The aliases that the trigger listens to, without repeats, in order of writing."""
    return tuple(dict.fromkeys(leaf.alias for leaf in leaves(trigger) if isinstance(leaf, AliasUpdated)))


def named_assets(trigger: Trigger | None) -> tuple[AssetId, ...]:
    """The assets that the trigger names: those whose updates it listens to, and those that its conditions look at."""
    conditions = (leaf.predicate for leaf in leaves(trigger) if isinstance(leaf, Condition))
    assets = (asset for predicate in conditions for asset in assets_of(predicate))
    return tuple(dict.fromkeys((*updated_assets(trigger), *assets)))

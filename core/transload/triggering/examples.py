"""The forms that triggers have, each with an example on which tools are compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from transload.model.conditions import AnyDeps, Not, Since
from transload.model.identity import AssetId, uri_of
from transload.model.partitions import (
    CalendarUnit,
    ChainMapping,
    FanOutMapping,
    FloorMapping,
    IdentityMapping,
    PartitionMapping,
    ProductMapping,
    RollupMapping,
    TimePartitions,
    WaitPolicy,
    Window,
)
from transload.model.triggers import (
    AliasUpdated,
    AllOf,
    AnyOf,
    AtLeast,
    Condition,
    Continuous,
    Cron,
    Eager,
    Event,
    InOrder,
    Interval,
    Once,
    OnCron,
    OnMissing,
    Opaque,
    RRule,
    Trigger,
    Updated,
    leaves,
)
from transload.triggering.changes import is_on_change
from transload.triggering.conversions import crons
from transload.triggering.presets import ANY_DEPS_MISSING, ANY_DEPS_UPDATED, HANDLED, NEWLY_UPDATED
from transload.triggering.steps import Context

A, B, C, OWN = (AssetId("s3://lake", name) for name in ("a", "b", "c", "own"))
CONTEXT: Final = Context(asset=OWN, upstream=(A, B), aliases={"daily": (A, B)})
"""Where the examples stand."""

_GROUPS: Final = (AllOf, AnyOf, AtLeast, InOrder)
_TIMES: Final = (Cron, Interval, RRule)
_DEPS_UPDATED: Final = tuple(
    Since(part=part, reset=HANDLED) for part in (ANY_DEPS_UPDATED, AnyDeps(part=NEWLY_UPDATED))
)


@dataclass(frozen=True)
class Form:
    """A form of triggers: what people call it, and one of them."""

    title: str
    example: Trigger
    context: Context = CONTEXT


def _updates(*assets: AssetId) -> tuple[Updated, ...]:
    return tuple(Updated(asset=asset) for asset in assets)


def _rolled_up(wait: WaitPolicy) -> Updated:
    days = FloorMapping(unit=CalendarUnit.DAY)
    return Updated(asset=A, mapping=RollupMapping(upstream=days, window=Window(unit=CalendarUnit.DAY), wait=wait))


_HOURS: Final = TimePartitions(cron="0 * * * *", start="2026-01-01T00:00:00")
_DAILY: Final = Cron(expression="0 3 * * *", timezone="UTC")
_HOURLY: Final = Cron(expression="0 * * * *", timezone="UTC")

FORMS: Final[Mapping[str, Form]] = {
    "updated": Form("an asset is updated", Updated(asset=A)),
    "all": Form("all of several assets are updated", AllOf(parts=_updates(A, B))),
    "any": Form("any of several assets is updated", AnyOf(parts=_updates(A, B))),
    "nested": Form("all and any of assets, nested", AnyOf(parts=(AllOf(parts=_updates(A, B)), Updated(asset=C)))),
    "alias": Form("an asset of an alias is updated", AliasUpdated(alias="daily")),
    "partitioned": Form("a partition of an asset is updated", Updated(asset=A, mapping=IdentityMapping())),
    "rolled_up": Form("all partitions of an asset that a roll-up waits for are updated", _rolled_up(WaitPolicy())),
    "counted": Form(
        "so many partitions of an asset as a roll-up waits for are updated", _rolled_up(WaitPolicy(minimum=5))
    ),
    "at_least": Form("at least n of several assets are updated", AtLeast(count=2, parts=_updates(A, B, C))),
    "in_order": Form("assets are updated in an order", InOrder(parts=_updates(A, B))),
    "within": Form("assets are updated within a time of one another", AllOf(parts=_updates(A, B), within=5400)),
    "cron": Form("a cron expression", _DAILY),
    "changing": Form(
        "a cron expression at a time that the clock of its zone skips or shows twice",
        Cron(expression="30 2 * * *", timezone="Europe/Paris"),
    ),
    "cron_both": Form(
        "a cron expression whose day and weekday must both match", Cron(expression="0 3 1 * 4", day_or=False)
    ),
    "crons": Form("several cron expressions of one time zone", AnyOf(parts=(_DAILY, _HOURLY))),
    "zones": Form(
        "several cron expressions of several time zones",
        AnyOf(parts=(_DAILY, _DAILY.model_copy(update={"timezone": "Asia/Kathmandu"}))),
    ),
    "times": Form("several times of several kinds", AnyOf(parts=(_DAILY, Interval(seconds=5400)))),
    "clockwork": Form(
        "an interval with an anchor that divides the day of UTC",
        Interval(seconds=5400, anchor="2026-01-01T00:30:00+00:00"),
    ),
    "anchored": Form("any other interval with an anchor", Interval(seconds=6000, anchor="2026-01-01T00:30:00+00:00")),
    "interval": Form("an interval", Interval(seconds=5400)),
    "rrule": Form("a recurrence rule", RRule(rule="FREQ=DAILY;BYHOUR=3;BYMINUTE=0;BYSECOND=0", timezone="UTC")),
    "once": Form("once", Once()),
    "continuous": Form("again and again", Continuous()),
    "time_or_assets": Form("a point in time, or updates of assets", AnyOf(parts=(_HOURLY, Updated(asset=A)))),
    "eager": Form("`eager`", Eager()),
    "on_cron": Form("`on_cron`", OnCron(expression="0 3 * * *")),
    "on_missing": Form("`on_missing`", OnMissing(), replace(CONTEXT, partitions={OWN: _HOURS})),
    "deps_updated": Form("`any_deps_updated` since the last request", Condition(predicate=_DEPS_UPDATED[0])),
    "condition": Form("any other automation condition", Condition(predicate=Not(part=ANY_DEPS_MISSING))),
    "pattern": Form(
        "an event of assets whose keys match a pattern", Event(match={"match": {"prefect.resource.id": "s3://lake/*"}})
    ),
    "threshold": Form(
        "an event trigger with a threshold or a time to wait",
        Event(match={"match": {"prefect.resource.id": uri_of(A)}, "threshold": 2, "within": 5400}),
    ),
    "proactive": Form(
        "an event that stays away (proactive)",
        Event(match={"match": {"prefect.resource.id": uri_of(A)}, "posture": "Proactive", "within": 5400}),
    ),
    "event": Form("any other event", Event(match={"expect": ["orders.placed"]})),
    "opaque": Form("a timetable, sensor or other code of one's own", Opaque(tool="any", type="timetable")),
}


def form_of(trigger: Trigger) -> str:
    """The form of a trigger, which is to be in normal form: a key of `FORMS`."""
    parts = list(leaves(trigger))
    special = next((_ODD[type(leaf)](leaf) for leaf in parts if type(leaf) in _ODD), None)
    if not isinstance(trigger, _GROUPS):
        return special or _of_leaf(trigger)
    if special is not None:
        return special
    mappings = [leaf.mapping for leaf in parts if isinstance(leaf, Updated) and leaf.mapping is not None]
    return _of_mappings(mappings) if mappings else _of_group(trigger)


def _of_mappings(mappings: Sequence[PartitionMapping]) -> str:
    """Whether updates of partitions are waited for, and for all of them."""
    pending, waits = list(mappings), []
    while pending:
        part = pending.pop()
        if isinstance(part, RollupMapping):
            waits.append(part.wait)
        pending.extend(_inside(part))
    if not waits:
        return "partitioned"
    return "rolled_up" if all(wait.minimum is None for wait in waits) else "counted"


def _inside(mapping: PartitionMapping) -> Sequence[PartitionMapping]:
    if isinstance(mapping, (RollupMapping, FanOutMapping)):
        return (mapping.upstream,)
    if isinstance(mapping, ProductMapping):
        return mapping.parts
    return mapping.steps if isinstance(mapping, ChainMapping) else ()


def _of_leaf(trigger: Trigger) -> str:
    if isinstance(trigger, Updated):
        return "updated" if trigger.mapping is None else _of_mappings([trigger.mapping])
    if isinstance(trigger, Cron):
        return _of_cron(trigger)
    if isinstance(trigger, Interval):
        return "interval" if trigger.anchor is None else "clockwork" if crons(trigger, CONTEXT) else "anchored"
    return _PLAIN[type(trigger)]


def _of_cron(cron: Cron) -> str:
    if not cron.day_or:
        return "cron_both"
    return "changing" if is_on_change(cron, CONTEXT.zone) else "cron"


_PLAIN: Final[Mapping[type, str]] = {AliasUpdated: "alias", RRule: "rrule"}


def _of_group(trigger: AllOf | AnyOf | AtLeast | InOrder) -> str:
    times = [isinstance(part, _TIMES) for part in trigger.parts]
    if any(isinstance(leaf, _TIMES) for leaf in leaves(trigger)):
        return _of_times(trigger) if times and all(times) else "time_or_assets"
    if trigger.within is not None:
        return "within"
    if any(isinstance(leaf, AliasUpdated) for leaf in leaves(trigger)):
        return "alias"
    if isinstance(trigger, (AtLeast, InOrder)):
        return trigger.kind
    return "nested" if any(isinstance(part, _GROUPS) for part in trigger.parts) else trigger.kind


def _of_times(trigger: AllOf | AnyOf | AtLeast | InOrder) -> str:
    if not isinstance(trigger, AnyOf) or not all(isinstance(part, Cron) and part.day_or for part in trigger.parts):
        return "times"
    return "crons" if len({part.timezone for part in trigger.parts if isinstance(part, Cron)}) == 1 else "zones"


def _event(event: Event) -> str:
    item = event.match if isinstance(event.match, dict) else {}
    if item.get("posture") == "Proactive":
        return "proactive"
    if item.get("threshold", 1) != 1 or item.get("within", 0) != 0:
        return "threshold"
    return "pattern" if set(item) <= {"type", "expect", "match", "for_each"} and item.get("match") else "event"


def _condition(condition: Condition) -> str:
    return "deps_updated" if condition.predicate in _DEPS_UPDATED else "condition"


_ODD: Final[Mapping[type, Callable[..., str]]] = {
    Event: _event,
    Condition: _condition,
    Eager: lambda _: "eager",
    OnCron: lambda _: "on_cron",
    OnMissing: lambda _: "on_missing",
    Once: lambda _: "once",
    Continuous: lambda _: "continuous",
    Opaque: lambda _: "opaque",
}
"""What decides the form of the whole in which it stands."""

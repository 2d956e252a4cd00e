"""Triggers ↔ Dagster's automation conditions, as forms (1.12 to 1.13)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from transload.forms import Form
from transload.model.conditions import (
    Both,
    Either,
    InLatestWindow,
    OfAsset,
    Predicate,
    Since,
    TickPassed,
)
from transload.model.identity import AssetId
from transload.model.triggers import AllOf, AnyOf, Condition, Cron, Eager, OnCron, OnMissing, Trigger, Updated
from transload.partitioning.cron import is_zone
from transload.triggering import presets
from transload_dagster.codecs import legal
from transload_dagster.codecs.conditions import Labels, Node, UnreadCondition, node_of, places, predicate_and_labels
from transload_dagster.codecs.conditions_out import Spell, phrase

_DEFAULT_ZONE: Final = "UTC"
"""The zone of Dagster's conditions that name none."""

AssetOf = Callable[[tuple[str, ...]], AssetId]
"""The asset of a key."""


class ReadTrigger(NamedTuple):
    """The trigger of a condition, and those labels in it that Dagster itself would not give."""

    trigger: Trigger
    labels: Labels


def read_trigger(condition: Node | UnreadCondition, asset_of: AssetOf) -> ReadTrigger:
    """The trigger of a condition. A preset is recognised by its tree, not by its label, which survives edits."""
    if isinstance(condition, UnreadCondition):
        return ReadTrigger(Condition(label=condition.label, tree=condition.tree, source=condition.source), {})
    predicate, labels = predicate_and_labels(condition, asset_of)
    trigger = _preset(predicate) or _plain(predicate)
    if trigger is not None:
        return ReadTrigger(trigger, labels)
    inner = {place: label for place, label in labels.items() if place}
    return ReadTrigger(Condition(label=condition.label, predicate=predicate), inner)


def _preset(predicate: Predicate) -> Trigger | None:
    if predicate == presets.EAGER:
        return Eager()
    if predicate == presets.ON_MISSING:
        return OnMissing()
    tick = next((part for _, part in places(predicate) if isinstance(part, TickPassed)), None)
    if tick is None or predicate != presets.on_cron(tick.expression, tick.timezone):
        return None
    return OnCron(expression=tick.expression, timezone=tick.timezone)


def _plain(predicate: Predicate) -> Trigger | None:
    """Updates and ticks since the last request, and all or any of them; a group in a group of its own kind stays a tree."""
    kind = _GROUPS.get(type(predicate))
    if kind is not None and isinstance(predicate, (Both, Either)):
        parts = [None if type(part) is type(predicate) else _plain(part) for part in predicate.parts]
        known = tuple(part for part in parts if part is not None)
        return kind(parts=known) if len(known) == len(parts) > 1 else None
    if not isinstance(predicate, Since) or predicate.reset != presets.HANDLED:
        return None
    part = predicate.part
    if isinstance(part, TickPassed):
        return Cron(expression=part.expression, timezone=part.timezone)
    return Updated(asset=part.asset) if isinstance(part, OfAsset) and part.part == presets.NEWLY_UPDATED else None


_GROUPS: Final[Mapping[type, type[AllOf | AnyOf]]] = {Both: AllOf, Either: AnyOf}


def predicate_of(trigger: Trigger) -> Predicate | None:
    """The predicate of a trigger; None where there is none. A tick counts until the asset is requested or updated."""
    if isinstance(trigger, Cron):
        tick = TickPassed(expression=trigger.expression, timezone=trigger.timezone or _DEFAULT_ZONE)
        return Since(part=tick, reset=presets.HANDLED) if trigger.day_or else None
    if isinstance(trigger, (AllOf, AnyOf)):
        # Inside a combination updates count, and ticks, which wait for the other parts. A part without a tree spoils the whole.
        combined = (part for part in trigger.parts if isinstance(part, (Updated, Cron, AllOf, AnyOf, Condition)))
        parts = tuple(predicate for part in combined if (predicate := predicate_of(part)) is not None)
        if not parts or len(parts) < len(trigger.parts) or trigger.within is not None:
            return None
        return Both(parts=parts) if isinstance(trigger, AllOf) else Either(parts=parts)
    return presets.predicate_of(trigger)


def expressible(trigger: Trigger, labels: Labels | None = None) -> Trigger | None:
    """The part of a trigger that an automation condition holds, in the one shape that a reader gives back; None if none."""
    tree = _tree(trigger, labels or {})
    return None if tree is None else read_trigger(tree, _itself).trigger


def expressible_labels(trigger: Trigger, labels: Labels) -> Labels:
    """The labels that a reader of a condition with this trigger gives back."""
    tree = _tree(trigger, labels)
    return {} if tree is None else read_trigger(tree, _itself).labels


def _itself(asset: Any) -> AssetId:
    return asset  # type: ignore[no-any-return]


def _tree(trigger: Trigger, labels: Labels) -> Node | None:
    predicate = predicate_of(trigger)
    if predicate is None:
        return None
    for _, part in places(predicate):
        is_legal = _LEGAL.get(type(part))
        if is_legal is not None and not is_legal(part):
            return None
    return node_of(predicate, {**labels, "": trigger.label} if isinstance(trigger, Condition) else labels)


_LEGAL: Final[Mapping[type, Callable[[Any], bool]]] = {
    TickPassed: lambda tick: legal.cron(tick.expression) and is_zone(tick.timezone),
    InLatestWindow: lambda window: window.lookback is None or (window.lookback > 0 and legal.span(window.lookback)),
    **dict.fromkeys((Both, Either), lambda group: bool(group.parts)),
}
"""Dagster's own demands on a part of a predicate."""


def condition(trigger: Trigger, spell: Spell, labels: Labels | None = None) -> Form:
    """The form of an expressible trigger."""
    tree = _tree(trigger, labels or {})
    assert tree is not None  # noqa: S101 - the rule of the field leaves nothing else
    return phrase(tree, spell)

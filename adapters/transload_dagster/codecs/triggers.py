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
from transload.triggering import presets
from transload_dagster.codecs import legal
from transload_dagster.codecs.conditions import Labels, Node, Unsaid, node_of, places, said
from transload_dagster.codecs.conditions_out import Spell, phrase

_DEFAULT_ZONE: Final = "UTC"
"""The zone of Dagster's conditions that name none."""

Find = Callable[[tuple[str, ...]], AssetId]
"""The asset of a key."""


class Told(NamedTuple):
    """What a reader found: the trigger, and those labels in it that Dagster itself would not give."""

    trigger: Trigger
    labels: Labels


def told(found: Node | Unsaid, find: Find) -> Told:
    """The trigger that a condition says. A preset is recognised by its tree: labels survive edits."""
    if isinstance(found, Unsaid):
        return Told(Condition(label=found.label, tree=found.tree, source=found.source), {})
    return _told(*said(found, find), found.label)


def _told(predicate: Predicate, labels: Labels, label: str | None) -> Told:
    trigger = _preset(predicate) or _plain(predicate)
    if trigger is not None:
        return Told(trigger, labels)
    inner = {place: text for place, text in labels.items() if place}
    return Told(Condition(label=label, predicate=predicate), inner)


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
    """The tree that stands for a trigger; None where none does. A tick counts until something was asked for."""
    if isinstance(trigger, Cron):
        tick = TickPassed(expression=trigger.expression, timezone=trigger.timezone or _DEFAULT_ZONE)
        return Since(part=tick, reset=presets.HANDLED) if trigger.day_or else None
    if isinstance(trigger, (AllOf, AnyOf)):
        return _combined(trigger)
    return presets.predicate_of(trigger)


def _combined(trigger: AllOf | AnyOf) -> Predicate | None:
    """Inside a combination updates count, and ticks, which wait for the other parts. One that cannot be said spoils the whole."""
    heard = (part for part in trigger.parts if isinstance(part, (Updated, Cron, AllOf, AnyOf, Condition)))
    parts = tuple(each for part in heard if (each := predicate_of(part)) is not None)
    if not parts or len(parts) < len(trigger.parts) or trigger.within is not None:
        return None
    return Both(parts=parts) if isinstance(trigger, AllOf) else Either(parts=parts)


def expressible(trigger: Trigger, labels: Labels | None = None) -> Trigger | None:
    """What of a trigger an automation condition says, in the one shape that a reader gives back; None if nothing."""
    tree = _tree(trigger, labels or {})
    return None if tree is None else told(tree, _itself).trigger


def expressible_labels(trigger: Trigger, labels: Labels) -> Labels:
    """Which of the labels a condition with this trigger gives back."""
    tree = _tree(trigger, labels)
    return {} if tree is None else told(tree, _itself).labels


def _itself(asset: Any) -> AssetId:
    return asset  # type: ignore[no-any-return]


def _tree(trigger: Trigger, labels: Labels) -> Node | None:
    predicate = predicate_of(trigger)
    if predicate is None or not all(_is_legal(part) for _, part in places(predicate)):
        return None
    given = {**labels, "": trigger.label} if isinstance(trigger, Condition) else labels
    return node_of(predicate, given)


def _is_legal(predicate: Predicate) -> bool:
    legal_part = _LEGAL.get(type(predicate))
    return legal_part is None or legal_part(predicate)


_LEGAL: Final[Mapping[type, Callable[[Any], bool]]] = {
    TickPassed: lambda each: legal.cron(each.expression) and legal.zone(each.timezone),
    InLatestWindow: lambda each: each.lookback is None or (each.lookback > 0 and legal.span(each.lookback)),
    **dict.fromkeys((Both, Either), lambda each: bool(each.parts)),
}


def condition(trigger: Trigger, spell: Spell, labels: Labels | None = None) -> Form:
    """The form of an expressible trigger."""
    tree = _tree(trigger, labels or {})
    assert tree is not None  # noqa: S101 - the rule of the field leaves nothing else
    return phrase(tree, spell)

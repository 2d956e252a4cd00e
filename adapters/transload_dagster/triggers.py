"""Triggers ↔ Dagster's automation conditions, as forms (1.12 to 1.13)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from transload.forms import Form, form
from transload.model.identity import AssetId
from transload.model.triggers import AllOf, AnyOf, Condition, Cron, Eager, OnCron, OnMissing, Trigger, Updated
from transload_dagster import legal

CONDITION: Final = "dagster.AutomationCondition"
_SINCE: Final = ".since_last_handled"
_TICK: Final = f"{CONDITION}.cron_tick_passed"
_DEFAULT_ZONE: Final = "UTC"
"""The zone of Dagster's conditions that name none."""

Spell = Callable[[AssetId], Form]
"""The key of an asset."""

Find = Callable[[Form], AssetId | None]
"""The asset of a key; None if the key is not known."""


def expressible(trigger: Trigger) -> Trigger | None:
    """What of a trigger an automation condition says, in the one shape that a reader gives back; None if nothing."""
    return _EXPRESSIBLE.get(type(trigger), lambda _: None)(trigger)


def _updated(trigger: Updated) -> Updated:
    return Updated(asset=trigger.asset)


def _on_cron(trigger: OnCron) -> OnCron | None:
    return trigger if legal.cron(trigger.expression) and legal.zone(trigger.timezone) else None


def _combined(trigger: AllOf | AnyOf) -> Trigger | None:
    """Dagster flattens `a & (b & c)`, and a combination of one is that one. A part that cannot be said spoils the whole."""
    parts = [heard for part in trigger.parts if (heard := _listening(part)) is not None]
    if not parts or len(parts) < len(trigger.parts) or trigger.within is not None:
        return None
    kind = type(trigger)
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,))]
    return kind(parts=tuple(flat)) if len(flat) > 1 else flat[0]


def _listening(trigger: Trigger) -> Trigger | None:
    """Inside a combination updates count, and ticks, which wait for the other parts."""
    return expressible(trigger) if isinstance(trigger, (Updated, Cron, AllOf, AnyOf)) else None


def _tick(trigger: Cron) -> Cron | None:
    zone = trigger.timezone or _DEFAULT_ZONE
    known = trigger.day_or and legal.cron(trigger.expression) and legal.zone(zone)
    return Cron(expression=trigger.expression, timezone=zone) if known else None


_EXPRESSIBLE: Final[Mapping[type, Callable[[Any], Trigger | None]]] = {
    Eager: lambda trigger: trigger,
    OnMissing: lambda trigger: trigger,
    OnCron: _on_cron,
    Cron: _tick,
    Updated: _updated,
    AllOf: _combined,
    AnyOf: _combined,
}


def condition(trigger: Trigger, spell: Spell) -> Form:
    """The form of an expressible trigger."""
    if isinstance(trigger, Updated):
        updated = form(f"{CONDITION}.asset_matches", spell(trigger.asset), form(f"{CONDITION}.newly_updated"))
        return form(_SINCE, updated)
    if isinstance(trigger, Cron):
        return form(_SINCE, _cron_form(_TICK, trigger.expression, trigger.timezone))
    if isinstance(trigger, (AllOf, AnyOf)):
        return form(_OPERATORS[type(trigger)], *(condition(part, spell) for part in trigger.parts))
    return _PRESETS[type(trigger)](trigger)


_OPERATORS: Final[Mapping[type, str]] = {AllOf: "&", AnyOf: "|"}


def _cron_form(name: str, expression: str, zone: str | None) -> Form:
    return form(name, expression, *(() if zone in (None, _DEFAULT_ZONE) else (zone,)))


_PRESETS: Final[Mapping[type, Callable[[Any], Form]]] = {
    Eager: lambda _: form(f"{CONDITION}.eager"),
    OnMissing: lambda _: form(f"{CONDITION}.on_missing"),
    OnCron: lambda trigger: _cron_form(f"{CONDITION}.on_cron", trigger.expression, trigger.timezone),
}


def read_condition(value: Any, find: Find, source: str | None = None) -> Trigger:
    """The trigger that a form says; `Condition` with its text for every other one."""
    return _read(value, find) or Condition(source=source)


def _read(value: Any, find: Find) -> Trigger | None:
    if not isinstance(value, Form):
        return None
    if value.name in ("&", "|"):
        return _read_combined(value, find)
    if value.name == _SINCE and len(value.args) == 1:
        return _read_tick(value.args[0]) or _read_updated(value.args[0], find)
    preset = _READ_PRESETS.get(value.name.removeprefix(f"{CONDITION}."))
    return preset(value) if preset else None


def _read_combined(value: Form, find: Find) -> Trigger | None:
    kind: type[AllOf | AnyOf] = AllOf if value.name == "&" else AnyOf
    parts = [_read(operand, find) for operand in _operands(value)]
    listening = [part for part in parts if isinstance(part, (Updated, Cron, AllOf, AnyOf))]
    return expressible(kind(parts=tuple(listening))) if len(listening) == len(parts) else None


def _operands(value: Form) -> Sequence[Any]:
    """The operands of a chain of one operator, which may be long, from left to right."""
    found: list[Any] = []
    while isinstance(value, Form) and value.name in ("&", "|") and len(value.args) > 1:
        left, *rest = value.args
        found.extend(reversed(rest))
        if not (isinstance(left, Form) and left.name == value.name):
            found.append(left)
            break
        value = left
    return found[::-1]


def _read_updated(value: Any, find: Find) -> Trigger | None:
    if not isinstance(value, Form) or value.name != f"{CONDITION}.asset_matches":
        return None
    key, inner = (*value.args, *value.kwargs.values(), None, None)[:2]
    if inner != form(f"{CONDITION}.newly_updated"):
        return None
    asset = find(key if isinstance(key, Form) else form("dagster.AssetKey", key))
    return None if asset is None else Updated(asset=asset)


def _read_on_cron(value: Form, kind: type[OnCron | Cron] = OnCron) -> Trigger | None:
    arguments = {**dict(zip(("cron_schedule", "cron_timezone"), value.args, strict=False)), **value.kwargs}
    cron, zone = arguments.get("cron_schedule"), arguments.get("cron_timezone", _DEFAULT_ZONE)
    return kind(expression=cron, timezone=zone) if isinstance(cron, str) and isinstance(zone, str) else None


def _read_tick(value: Any) -> Trigger | None:
    """A tick that counts until something was asked for. One that does not is no trigger of the model."""
    return _read_on_cron(value, Cron) if isinstance(value, Form) and value.name == _TICK else None


_READ_PRESETS: Final[Mapping[str, Callable[[Form], Trigger | None]]] = {
    "eager": lambda value: Eager() if not value.args and not value.kwargs else None,
    "on_missing": lambda value: OnMissing() if not value.args and not value.kwargs else None,
    "on_cron": _read_on_cron,
}

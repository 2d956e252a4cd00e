"""Triggers of the model ↔ what Prefect writes in a deployment: items of `schedules` and items of `triggers`, as in `prefect.yaml`.

Time is a schedule (`cron`, `interval`, `rrule`); everything else is an automation trigger (`event`, `compound`, `sequence`), and an
update of an asset is the event `prefect.asset.materialization.succeeded` of the resource with the asset's key. A schedule cannot be
a part of a compound trigger. Seen on Prefect 3.9.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import JsonValue, TypeAdapter, ValidationError

from transload.model.identity import AssetId
from transload.model.moments import moment_of
from transload.model.triggers import AllOf, AnyOf, AtLeast, Cron, Event, InOrder, Interval, RRule, Trigger, Updated
from transload.partitioning.cron import PRESETS, is_plain, is_zone

MATERIALIZED: Final = "prefect.asset.materialization.succeeded"
RESOURCE: Final = "prefect.resource.id"

Item = dict[str, Any]
KeyOf = Callable[[AssetId], str]
AssetOf = Callable[[str], AssetId | None]

_SECONDS: Final = TypeAdapter(timedelta)
_DEFAULTS: Final[Mapping[str, Any]] = {
    "type": "event",
    "match": {},
    "match_related": {},
    "after": [],
    "expect": [],
    "for_each": [],
    "posture": "Reactive",
    "threshold": 1,
    "within": 0.0,
}
_SETS: Final = frozenset({"after", "expect", "for_each"})
TIMES: Final = frozenset({"cron", "interval", "rrule"})
"""The fields for the time of a schedule, of which it has one."""
SCHEDULE_FIELDS: Final = frozenset({*TIMES, "timezone", "day_or", "anchor_date"})
TRIGGER_FIELDS: Final = frozenset({*_DEFAULTS, "require", "triggers"})
_GLOB: Final = re.compile(r"[*?\[]")


class NotExpressibleError(ValueError):
    """Prefect has no words for a trigger; the message says why."""


# Model → Prefect


def items(trigger: Trigger | None, key_of: KeyOf) -> tuple[list[Item], list[Item]]:
    """The schedules and the triggers of a deployment. Raises `NotExpressibleError`."""
    parts: Sequence[Trigger] = [] if trigger is None else [trigger]
    # The items of a deployment are alternatives, so that an `AnyOf` needs no compound trigger.
    if isinstance(trigger, AnyOf) and trigger.within is None and len(trigger.parts) > 1:
        parts = trigger.parts
    schedules = [_schedule(part) for part in parts if isinstance(part, (Cron, Interval, RRule))]
    return schedules, [_automation(part, key_of) for part in parts if not isinstance(part, (Cron, Interval, RRule))]


def _schedule(trigger: Cron | Interval | RRule) -> Item:
    if trigger.timezone is not None and not is_zone(trigger.timezone):
        raise NotExpressibleError(f"{trigger.timezone!r} is no time zone of the IANA database.")
    zone = {"timezone": trigger.timezone} if trigger.timezone is not None else {}
    if isinstance(trigger, Cron):
        return {"cron": _checked_cron(trigger.expression), **zone, **({} if trigger.day_or else {"day_or": False})}
    if isinstance(trigger, RRule):
        return {"rrule": _checked_rule(trigger.rule), **zone}
    if not 0 < trigger.seconds < _LONGEST:
        raise NotExpressibleError("An interval is longer than nothing and shorter than 200 years.")
    if trigger.anchor is not None and moment_of(trigger.anchor) is None:
        raise NotExpressibleError(f"{trigger.anchor!r} is no point in time of ISO 8601.")
    anchor = {"anchor_date": trigger.anchor} if trigger.anchor is not None else {}
    return {"interval": _number(trigger.seconds), **anchor, **zone}


def _automation(trigger: Trigger, key_of: KeyOf) -> Item:
    if isinstance(trigger, Updated):
        key = key_of(trigger.asset)
        if _GLOB.search(key):
            raise NotExpressibleError(f"The key {key!r} would be taken for a pattern.")
        return {"type": "event", "expect": [MATERIALIZED], "match": {RESOURCE: key}}
    if isinstance(trigger, Event):
        return _checked_event(trigger.match)
    if isinstance(trigger, (AllOf, AnyOf, AtLeast, InOrder)):
        return _composite(trigger, key_of)
    raise NotExpressibleError(
        f"Prefect has no trigger of the kind {trigger.kind!r}." if trigger.kind not in TIMES else _NO_TIME
    )


def _composite(trigger: AllOf | AnyOf | AtLeast | InOrder, key_of: KeyOf) -> Item:
    if not trigger.parts:
        raise NotExpressibleError("A compound trigger needs parts.")
    if trigger.within is not None and not 0 < trigger.within < _LONGEST:
        raise NotExpressibleError("The time within which a compound trigger fires is longer than nothing.")
    parts = {"triggers": [_automation(part, key_of) for part in trigger.parts]}
    within = {} if trigger.within is None else {"within": _number(trigger.within)}
    if isinstance(trigger, InOrder):
        return {"type": "sequence", **parts, **within}
    require = "all" if isinstance(trigger, AllOf) else "any" if isinstance(trigger, AnyOf) else trigger.count
    if isinstance(require, int) and not 1 <= require <= len(trigger.parts):
        raise NotExpressibleError(f"A compound trigger of {len(trigger.parts)} parts cannot ask for {require} of them.")
    return {"type": "compound", "require": require, **parts, **within}


_NO_TIME: Final = "A schedule cannot be a part of a compound trigger in Prefect."
_LONGEST: Final = 200 * 366 * 86400.0
"""Seconds in 200 years: far more than anybody means, and far less than what a `timedelta` or a date overflows at."""


def _number(seconds: float) -> int | float:
    return int(seconds) if seconds == int(seconds) else seconds


def _checked_cron(expression: str) -> str:
    if expression not in PRESETS and not is_plain(expression, steps_beyond=True):
        raise NotExpressibleError(f"{expression!r} is no cron expression of five fields.")
    return expression


_RULE_PART: Final[Mapping[str, str]] = {
    "FREQ": r"YEARLY|MONTHLY|WEEKLY|DAILY|HOURLY|MINUTELY",
    "INTERVAL": r"[1-9]\d{0,3}",
    "COUNT": r"[1-9]\d{0,5}",
    "UNTIL": r"20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|1\d|2[0-8])(?:T(?:[01]\d|2[0-3])[0-5]\d[0-5]\d)?",
    "BYDAY": r"(?:MO|TU|WE|TH|FR|SA|SU)(?:,(?:MO|TU|WE|TH|FR|SA|SU))*",
    "BYHOUR": r"(?:1?\d|2[0-3])(?:,(?:1?\d|2[0-3]))*",
    "BYMINUTE": r"[1-5]?\d(?:,[1-5]?\d)*",
    "BYSECOND": r"[1-5]?\d(?:,[1-5]?\d)*",
    "BYMONTH": r"(?:[1-9]|1[0-2])(?:,(?:[1-9]|1[0-2]))*",
    "BYMONTHDAY": r"(?:[1-9]|[12]\d|3[01])(?:,(?:[1-9]|[12]\d|3[01]))*",
}
"""The parts of RFC 5545 section 3.3.10 that a pattern can check without parsing them."""


def _checked_rule(rule: str) -> str:
    pairs = [part.partition("=")[::2] for part in rule.removeprefix("RRULE:").split(";")]
    names = [name for name, _ in pairs]
    legal = all(name in _RULE_PART and re.fullmatch(_RULE_PART[name], value, re.ASCII) for name, value in pairs)
    if not legal or names[0] != "FREQ" or len(set(names)) < len(names) or {"COUNT", "UNTIL"} <= set(names):
        raise NotExpressibleError(f"{rule!r} is not surely a recurrence rule.")
    return rule


def _checked_event(match: JsonValue) -> Item:
    """An event trigger's own fields, in normal form. Raises `NotExpressibleError` for anything that Prefect would refuse."""
    if not isinstance(match, dict) or not set(match) <= set(_DEFAULTS) or match.get("type", "event") != "event":
        raise NotExpressibleError("The event trigger has fields that Prefect does not know.")
    item = {"type": "event", **match}
    within = item.get("within", 0)
    # Prefect looks for what did not happen every few seconds, and refuses less than ten.
    shortest = 10 if item.get("posture") == "Proactive" else 0
    legal = (
        all(_is_sorted_texts(item.get(name, [])) for name in _SETS)
        and _is_resource(item.get("match", {}))
        and all(map(_is_resource, _listed(item.get("match_related", {}))))
        and item.get("posture", "Reactive") in ("Reactive", "Proactive")
        and type(item.get("threshold", 1)) is int
        and isinstance(within, (int, float))
        and not isinstance(within, bool)
        and shortest <= within < _LONGEST
    )
    if not legal:
        raise NotExpressibleError("The event trigger has values that Prefect does not accept.")
    if _updated_key(normal(item)) is not None:
        raise NotExpressibleError("Prefect's readers take the event for an update of an asset.")
    return item


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _is_sorted_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value) and value == sorted(set(value))


def _is_resource(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(expected, str) or (isinstance(expected, list) and all(isinstance(text, str) for text in expected))
        for expected in value.values()
    )


# Prefect → model


def trigger_of(schedules: Iterable[Item], automations: Iterable[Item], asset_of: AssetOf) -> Trigger | None:
    """The trigger of a deployment: several items are alternatives. Fields that are no part of the trigger are looked over."""
    parts: list[Trigger] = [_time_trigger(item) for item in schedules]
    parts.extend(_event_trigger(normal(item), asset_of) for item in automations)
    return AnyOf(parts=tuple(parts)) if len(parts) > 1 else parts[0] if parts else None


def _time_trigger(item: Item) -> Trigger:
    zone = item.get("timezone")
    if item.get("cron") is not None:
        return Cron(expression=str(item["cron"]), timezone=zone, day_or=item.get("day_or") is not False)
    # Prefect itself fills in UTC for the other two.
    zone = None if zone == "UTC" else zone
    if item.get("rrule") is not None:
        return RRule(rule=str(item["rrule"]).removeprefix(_IMPLIED_START), timezone=zone)
    seconds = _as_seconds(item.get("interval"))
    if seconds is None:
        return Event(match={"schedule": {key: _json(value) for key, value in item.items() if key in SCHEDULE_FIELDS}})
    return Interval(seconds=seconds, anchor=_anchor(item.get("anchor_date")), timezone=zone)


_IMPLIED_START: Final = "DTSTART:20200101T000000\n"
"""The start that Prefect 3.9.1 puts before a rule that has none, where it is declared in Python."""


def _anchor(value: Any) -> str | None:
    """ISO-8601 with an offset. Prefect takes one without for UTC."""
    if not isinstance(value, (str, datetime)):
        return None if value is None else str(value)
    moment = moment_of(value.isoformat() if isinstance(value, datetime) else value)
    return str(value) if moment is None else moment.isoformat()


def _as_seconds(value: Any) -> float | None:
    try:
        return _SECONDS.validate_python(value).total_seconds()
    except ValidationError:
        return None


def normal(item: Item) -> Item:
    """An automation trigger without defaults, its sets sorted and its times in seconds: however it was spelled, it looks the same."""
    fields = {
        name: _normal_value(name, value) for name, value in item.items() if name in TRIGGER_FIELDS and value is not None
    }
    kind = "event" if "triggers" not in fields else "compound" if "require" in fields else "sequence"
    fields.setdefault("type", kind)
    return {
        name: value
        for name, value in fields.items()
        if name == "type" or name not in _DEFAULTS or value != _DEFAULTS[name]
    }


def _normal_value(name: str, value: Any) -> Any:
    if name in _SETS:
        return sorted({str(text) for text in ([value] if isinstance(value, str) else value)})
    if name == "within":
        seconds = _as_seconds(value)
        return str(value) if seconds is None else _number(seconds)
    if name == "triggers":
        return [normal(inner) for inner in value]
    return _json(value)


def _event_trigger(item: Item, asset_of: AssetOf) -> Trigger:
    if item["type"] in ("compound", "sequence"):
        parts = tuple(_event_trigger(part, asset_of) for part in item.get("triggers", ()))
        within = item.get("within")
        if item["type"] == "sequence":
            return InOrder(parts=parts, within=within)
        require = item.get("require", "any")
        if isinstance(require, int):
            return AtLeast(count=require, parts=parts, within=within)
        return (AllOf if require == "all" else AnyOf)(parts=parts, within=within)
    key = _updated_key(item)
    asset = asset_of(key) if key is not None else None
    if asset is not None:
        return Updated(asset=asset)
    return Event(match={name: value for name, value in item.items() if name != "type" or value != "event"})


def _updated_key(item: Item) -> str | None:
    """The key of the one asset whose update an event trigger, in normal form, waits for."""
    if set(item) != {"type", "expect", "match"} or item["expect"] != [MATERIALIZED] or set(item["match"]) != {RESOURCE}:
        return None
    keys = _listed(item["match"][RESOURCE])
    # A leading `!` is Prefect's negation.
    return keys[0] if len(keys) == 1 and not _GLOB.search(keys[0]) and keys[0][:1] != "!" else None


def updated_keys(automations: Iterable[Item]) -> list[str]:
    """The keys of the assets whose updates the triggers of a deployment wait for."""
    pending, keys = [normal(item) for item in automations], []
    while pending:
        item = pending.pop(0)
        pending.extend(item.get("triggers", ()))
        key = _updated_key(item)
        keys.extend([key] if key is not None else [])
    return keys


def _json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(item) for item in value]
    return value if isinstance(value, (str, int, float, bool)) or value is None else str(value)

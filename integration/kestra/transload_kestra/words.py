"""Kestra's own words ↔ values of the model: durations, retries, inputs and triggers.

Seen in Kestra 1.3: `io.kestra.plugin.core.trigger.Schedule`, `Constant` among the retries, `TaskRun.nextRetryDate`, the types of inputs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from transload.model.jobs import Retries, Schedule
from transload.model.triggers import Cron, Opaque

from . import TOOL

SCHEDULE: Final = "io.kestra.plugin.core.trigger.Schedule"
KEY: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]*")
"""The id of an input or a trigger."""

_DURATION: Final = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,9})?)S)?)?")
_CRON: Final = re.compile(r"@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)|[\d*/,-]+(?: [\d*/,-]+){4}")
_ZONE: Final = re.compile(r"[A-Za-z]+(?:[/_+-][A-Za-z0-9]+)*")
_TYPES: Final = {"STRING": str, "BOOLEAN": bool, "INT": int, "FLOAT": float}
_NANOSECONDS: Final = 9
_INT: Final = 2**31
"""Of an input INT, which is a Java integer."""


def seconds_of(text: Any) -> float | None:
    """The seconds of an ISO-8601 duration without years and months; None for any other value."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes, seconds = (Decimal(part or 0) for part in match.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


def duration(seconds: float) -> str | None:
    """The duration; None where Java's, which counts nanoseconds, has none that is the same."""
    exact = Decimal(repr(seconds))
    plain = f"{exact:f}"
    fits = exact >= 0 and len(plain.partition(".")[2]) <= _NANOSECONDS
    return f"PT{plain.removesuffix('.0')}S" if fits and seconds_of(f"PT{plain}S") == seconds else None


def retry_of(retries: Retries) -> dict[str, Any] | None:
    """`maxAttempts` counts the first try too. Only a constant wait is the same in both worlds."""
    interval = duration(retries.delays[0]) if len(retries.delays) == 1 else None
    same = retries.count > 0 and interval is not None and retries == Retries(count=retries.count, delays=retries.delays)
    return {"type": "constant", "interval": interval, "maxAttempts": retries.count + 1} if same else None


def retries_of(value: Any) -> Retries | None:
    """None for what is no constant retry with a number of attempts."""
    if not isinstance(value, Mapping) or set(value) != {"type", "interval", "maxAttempts"}:
        return None
    seconds, attempts = seconds_of(value["interval"]), value["maxAttempts"]
    known = value["type"] == "constant" and seconds is not None and type(attempts) is int and attempts > 1
    return Retries(count=attempts - 1, delays=(seconds or 0.0,)) if known else None


def input_of(name: str, value: Any) -> dict[str, Any] | None:
    """The input with a value of its own; None where Kestra has no type for it, or not the name."""
    types = [kind for kind, python in _TYPES.items() if type(value) is python]
    is_held = types and KEY.fullmatch(name) and not (types == ["INT"] and not -_INT <= value < _INT)
    return {"id": name, "type": types[0], "defaults": value} if is_held else None


def parameter_of(value: Any) -> tuple[str, Any] | None:
    """The name and default of an input; None for one that says more, or has no default."""
    if not isinstance(value, Mapping) or set(value) != {"id", "type", "defaults"}:
        return None
    python = _TYPES.get(str(value["type"]))
    return (
        (value["id"], value["defaults"]) if type(value["defaults"]) is python and isinstance(value["id"], str) else None
    )


def trigger_of(schedule: Schedule, name: str) -> dict[str, Any] | None:
    """A trigger of a flow; None for a schedule that Kestra has no word for."""
    trigger = schedule.trigger
    inputs = {"inputs": dict(schedule.parameters)} if schedule.parameters else {}
    common = {"description": schedule.description, "disabled": None if schedule.active is None else not schedule.active}
    told = {key: value for key, value in common.items() if value is not None}
    if isinstance(trigger, Cron) and trigger.day_or and _CRON.fullmatch(trigger.expression):
        zone = {} if trigger.timezone is None else {"timezone": trigger.timezone}
        is_zone = trigger.timezone is None or _ZONE.fullmatch(trigger.timezone)
        cron = {"id": name, "type": SCHEDULE, "cron": trigger.expression, **zone, **inputs, **told}
        return cron if is_zone else None
    if isinstance(trigger, Opaque) and trigger.tool == TOOL and isinstance(trigger.detail, Mapping) and trigger.type:
        return {"id": name, "type": trigger.type, **trigger.detail, **inputs, **told}
    return None


def schedule_of(trigger: Any) -> Schedule | None:
    """What a trigger says; None for one without id and type. What only Kestra understands is kept as it is."""
    if not isinstance(trigger, Mapping):
        return None
    rest = dict(trigger)
    name, kind, inputs = rest.pop("id", None), rest.pop("type", None), rest.pop("inputs", None)
    description, disabled = rest.pop("description", None), rest.pop("disabled", None)
    fits = isinstance(name, str) and isinstance(kind, str) and isinstance(inputs, (Mapping, type(None)))
    if not (fits and isinstance(description, (str, type(None))) and isinstance(disabled, (bool, type(None)))):
        return None
    zone, cron = rest.get("timezone"), rest.get("cron")
    is_cron = kind == SCHEDULE and set(rest) <= {"cron", "timezone"} and isinstance(cron, str)
    known = Cron(expression=cron, timezone=zone) if is_cron and isinstance(zone, (str, type(None))) else None
    return Schedule(
        name=name,
        trigger=known or Opaque(tool=TOOL, type=kind, detail=rest),
        active=None if disabled is None else not disabled,
        description=description,
        parameters=inputs or {},
    )

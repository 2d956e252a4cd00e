"""The values in a deployment that Prefect refuses: they are reported and left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from transload.loss import Code
from transload_prefect.codecs.triggers import TIMES
from transload_prefect.reading.facts import DeploymentFact, Facts

_FIELDS: Final[Mapping[str, type | tuple[type, ...]]] = {
    "name": str,
    "description": str,
    "parameters": Mapping,
    "tags": (str, list, tuple),
    "schedule": Mapping,
    "schedules": list,
    "triggers": list,
}
"""Fields of a deployment, with the types that Prefect takes."""

_NUMBER: Final = (int, float)
_TRIGGER: Final[Mapping[str, type | tuple[type, ...]]] = {
    "match": Mapping,
    "match_related": (Mapping, list),
    "expect": (str, list),
    "after": (str, list),
    "for_each": (str, list),
    "posture": str,
    "threshold": int,
    "within": (*_NUMBER, str),
    "require": (int, str),
    "triggers": list,
}
"""Fields of an automation trigger, with the types that Prefect takes."""

_KINDS: Final = frozenset({"event", "compound", "sequence", "metric"})
_POSTURES: Final = frozenset({"Reactive", "Proactive", "Metric"})
_REQUIRED: Final = frozenset({"any", "all"})


def valid_fields(deployment: DeploymentFact, facts: Facts) -> Iterator[tuple[str, Any]]:
    """The fields of a deployment, without values that Prefect would refuse, which are reported."""
    for name, value in deployment.fields.items():
        valid: Any = value
        refused = incomplete = False
        if value is not None and not isinstance(value, _FIELDS.get(name, object)):
            refused = True
        elif name == "schedule" and isinstance(value, Mapping):
            # An empty one is no schedule, which Prefect accepts.
            refused = bool(value) and not _is_schedule(value)
            valid = value or None
        elif name in _ITEMS and isinstance(value, list):
            valid = [item for item in value if isinstance(item, Mapping) and _ITEMS[name](item)]
            incomplete = len(valid) < len(value)
        if refused or incomplete:
            message = f"Prefect does not take this value for `{name}`; it is left out."
            subject = f"deployment {deployment.fields.get('name')}"
            facts.add_loss(subject, name, message, Code.UNREADABLE, deployment.origin)
        if not refused:
            yield name, valid


def _is_schedule(item: Mapping[str, Any]) -> bool:
    """True if it has exactly one of `cron`, `interval` and `rrule`."""
    return sum(item.get(name) is not None for name in TIMES) == 1


def _is_trigger(item: Mapping[str, Any]) -> bool:
    """True if Prefect takes the trigger, and each trigger in it."""
    pending: list[Any] = [item]
    while pending:
        trigger = pending.pop()
        if not isinstance(trigger, Mapping):
            return False
        if any(
            trigger.get(name) is not None and not isinstance(trigger[name], kind) for name, kind in _TRIGGER.items()
        ):
            return False
        if trigger.get("type", "event") not in _KINDS or trigger.get("posture", "Reactive") not in _POSTURES:
            return False
        require = trigger.get("require", "any")
        if not isinstance(require, int) and require not in _REQUIRED:
            return False
        pending.extend(trigger.get("triggers") or ())
    return True


_ITEMS: Final[Mapping[str, Callable[[Mapping[str, Any]], bool]]] = {
    "schedules": _is_schedule,
    "triggers": _is_trigger,
}

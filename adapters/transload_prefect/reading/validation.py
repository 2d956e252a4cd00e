"""What Prefect refuses in a deployment: it is reported and left out."""

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
"""Fields of a deployment that mean nothing with a value of another type."""

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
"""Fields of an automation trigger, the same."""

_KINDS: Final = frozenset({"event", "compound", "sequence", "metric"})
_POSTURES: Final = frozenset({"Reactive", "Proactive", "Metric"})
_REQUIRED: Final = frozenset({"any", "all"})


def sound(deployment: DeploymentFact, found: Facts) -> Iterator[tuple[str, Any]]:
    """The fields of a deployment, without values that Prefect would refuse, which are reported."""
    for name, value in deployment.fields.items():
        refused = value is not None and not isinstance(value, _FIELDS.get(name, object))
        items = value if isinstance(value, list) and _FIELDS.get(name) is list else []
        kept = [item for item in items if isinstance(item, Mapping) and _ITEMS[name](item)]
        refused = refused or (
            name == "schedule" and isinstance(value, Mapping) and bool(value) and not _is_schedule(value)
        )
        if refused or len(kept) < len(items):
            message = f"Prefect does not take this value for `{name}`; it is left out."
            subject = f"deployment {deployment.fields.get('name')}"
            found.lost(subject, name, message, Code.UNREADABLE, deployment.origin)
        if not refused:
            yield name, kept if items else value or None if name == "schedule" else value


def _is_schedule(item: Mapping[str, Any]) -> bool:
    """Exactly one of the ways to say when."""
    return sum(item.get(name) is not None for name in TIMES) == 1


def _is_trigger(item: Mapping[str, Any]) -> bool:
    pending = [item]
    while pending:
        each = pending.pop()
        if not isinstance(each, Mapping) or not _is_one_trigger(each):
            return False
        pending.extend(each.get("triggers") or ())
    return True


def _is_one_trigger(item: Mapping[str, Any]) -> bool:
    typed = all(item.get(name) is None or isinstance(item[name], kind) for name, kind in _TRIGGER.items())
    require = item.get("require", "any")
    return (
        typed
        and item.get("type", "event") in _KINDS
        and item.get("posture", "Reactive") in _POSTURES
        and (isinstance(require, int) or require in _REQUIRED)
    )


_ITEMS: Final[Mapping[str, Callable[[Mapping[str, Any]], bool]]] = {
    "schedules": _is_schedule,
    "triggers": _is_trigger,
}

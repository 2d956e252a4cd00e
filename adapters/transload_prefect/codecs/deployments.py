"""Ways to start a flow ↔ deployments of Prefect, in the form that `prefect.yaml` has."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from pydantic import JsonValue

from transload.model.jobs import Schedule
from transload.naming import digest
from transload_prefect.codecs import tags
from transload_prefect.codecs.triggers import (
    SCHEDULE_FIELDS,
    TRIGGER_FIELDS,
    AssetOf,
    Item,
    KeyOf,
    NotExpressibleError,
    items,
    trigger_of,
)

FILE: Final = "prefect.yaml"
"""The file in which a project declares its deployments."""

Deployment = dict[str, Any]

RESIDUE: Final[Mapping[str, type | tuple[type, ...]]] = {
    "version": str,
    "work_pool": dict,
    "concurrency_limit": (int, dict),
    "enforce_parameter_schema": bool,
    "paused": bool,
}
"""Fields of a deployment that only Prefect has, and that are written back; with the type that a value must have."""

WORK_POOL: Final[Mapping[str, type]] = {"name": str, "work_queue_name": str, "job_variables": dict}
"""Fields of a deployment's work pool, the same."""

KNOWN: Final = frozenset(
    {
        *RESIDUE,
        "name",
        "description",
        "tags",
        "parameters",
        "schedule",
        "schedules",
        "triggers",
        "entrypoint",
        "flow_name",
    }
    | {"build", "push", "pull", "sla", "version_type"}
)
_MODELLED: Final = frozenset(
    {"name", "description", "tags", "parameters", "schedule", "schedules", "triggers", "entrypoint", "flow_name"}
)
_TEMPLATE: Final = "{{"
_BANNED: Final = re.compile(r"[/%&<>]")


class Written(NamedTuple):
    """A deployment, and the fields of the schedule that it does not hold, with the reasons."""

    deployment: Deployment
    reasons: tuple[tuple[str, str], ...]


def is_name(text: str) -> bool:
    """True if Prefect takes a text as the name of a flow or a deployment."""
    return bool(text.strip("' \"")) and not _BANNED.search(text) and not text.endswith(".py") and _TEMPLATE not in text


def legal_name(text: str, fallback: str) -> str:
    """A name that Prefect takes, the text itself where it can be, and else distinct for distinct texts."""
    if is_name(text):
        return text
    stem = re.sub(r"[/%&<>{}]+", "-", text).strip("-. '\"").removesuffix(".py") or fallback
    return f"{stem}-{digest(text)}"


def deployment_of(schedule: Schedule, name: str, key_of: KeyOf) -> Written:
    """The deployment of a schedule."""
    reasons: list[tuple[str, str]] = []
    deployment: Deployment = {"name": name}
    for field, value in (("description", schedule.description), ("parameters", dict(schedule.parameters))):
        if value and has_template(value):
            reasons.append((field, "Prefect would take the double braces in it for a template."))
        elif value:
            deployment[field] = value
    words = [word for word in tags.words(schedule.tags) if word and not has_template(word)]
    if words:
        deployment["tags"] = words
    _add_triggers(deployment, schedule, key_of, reasons)
    _add_residue(deployment, schedule, reasons)
    if schedule.active is False and not deployment.keys() & {"schedules", "triggers"}:
        deployment["paused"] = True
    return Written(deployment, tuple(reasons))


def _add_triggers(deployment: Deployment, schedule: Schedule, key_of: KeyOf, reasons: list[tuple[str, str]]) -> None:
    try:
        schedules, triggers = items(schedule.trigger, key_of)
    except NotExpressibleError as error:
        reasons.append(("trigger", str(error)))
        return
    if has_template([schedules, triggers]):
        reasons.append(("trigger", "Prefect would take the double braces in it for a template."))
        return
    extras = schedule.native.get("prefect", {})
    # Where the deployment as a whole is paused its schedules stay as they are; it does not hold up triggers.
    is_paused = schedule.active is False and not triggers and extras.get("paused") is True
    if schedule.active is not None and not is_paused:
        schedules = [{**item, "active": schedule.active} for item in schedules]
        triggers = [{**item, "enabled": schedule.active} for item in triggers]
    schedules = _with_extras(schedules, extras.get("schedules"), _is_schedule_extra)
    triggers = _with_extras(triggers, extras.get("triggers"), _is_trigger_extra)
    deployment.update({"schedules": schedules} if schedules else {})
    deployment.update({"triggers": triggers} if triggers else {})


def _with_extras(written: list[Item], extras: JsonValue, legal: Any) -> list[Item]:
    if not isinstance(extras, list) or len(extras) != len(written) or not all(map(legal, extras)):
        return written
    return [{**extra, **item} for item, extra in zip(written, extras, strict=True) if isinstance(extra, dict)]


_SCHEDULE_EXTRAS: Final[Mapping[str, type]] = {"slug": str, "parameters": dict, "active": bool}
_TRIGGER_EXTRAS: Final[Mapping[str, type | tuple[type, ...]]] = {
    "name": str,
    "description": str,
    "enabled": bool,
    "parameters": dict,
    "job_variables": dict,
    "schedule_after": (int, float),
}


def _is_schedule_extra(extra: JsonValue) -> bool:
    return _has_types(extra, _SCHEDULE_EXTRAS) and not has_template(extra)


def _is_trigger_extra(extra: JsonValue) -> bool:
    """Templates are left to the server in the parameters of a trigger alone, and there without `$`, the environment of who deploys."""
    checked = extra
    if isinstance(extra, dict) and "$" not in str(extra.get("parameters")):
        checked = {**extra, "parameters": None}
    return _has_types(extra, _TRIGGER_EXTRAS) and not has_template(checked)


def _has_types(values: JsonValue, types: Mapping[str, Any]) -> bool:
    return isinstance(values, dict) and all(
        name in types and isinstance(value, types[name]) and bool(value or isinstance(value, bool))
        for name, value in values.items()
    )


def _add_residue(deployment: Deployment, schedule: Schedule, reasons: list[tuple[str, str]]) -> None:
    for name, value in schedule.native.get("prefect", {}).items():
        if name in ("schedules", "triggers"):
            continue
        if name == "paused" and value is True and schedule.active is not False and "triggers" not in deployment:
            reasons.append(("native.prefect.paused", "It says otherwise than whether the schedule is active."))
            continue
        if name in RESIDUE and is_residue(name, value):
            deployment[name] = value
        else:
            reasons.append((f"native.prefect.{name}", f"`{name}` is not written to a deployment."))


def is_residue(name: str, value: JsonValue) -> bool:
    """True if Prefect takes a value for a field of its own."""
    if not isinstance(value, RESIDUE[name]) or has_template(value) or not (value or isinstance(value, bool)):
        return False
    if name == "work_pool" and isinstance(value, dict):
        return _has_types(value, WORK_POOL) and "name" in value
    if name == "concurrency_limit":
        return type(value) is int and value > 0
    return True


def has_template(value: Any) -> bool:
    """True if Prefect would take a part of a value for a template."""
    pending = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, str) and _TEMPLATE in part:
            return True
        if isinstance(part, Mapping):
            pending.extend((*part.keys(), *part.values()))
        elif isinstance(part, (list, tuple)):
            pending.extend(part)
    return False


# Prefect → model


def schedule_of(deployment: Mapping[str, Any], asset_of: AssetOf) -> Schedule:
    """The schedule that a deployment stands for."""
    schedules = _listed(deployment.get("schedules")) + _listed(deployment.get("schedule"))
    triggers = _listed(deployment.get("triggers"))
    paused = deployment.get("paused") is True and not triggers
    active, schedule_extras, trigger_extras = _common_state(schedules, triggers, paused=paused)
    modelled = _MODELLED | {"paused"} if paused and not schedules else _MODELLED
    native = {name: value for name, value in deployment.items() if name not in modelled and value not in (None, {}, [])}
    native.update(
        {name: extras for name, extras in (("schedules", schedule_extras), ("triggers", trigger_extras)) if any(extras)}
    )
    return Schedule(
        name=deployment.get("name"),
        trigger=trigger_of(schedules, triggers, asset_of),
        active=active,
        description=deployment.get("description") or None,
        parameters=deployment.get("parameters") or {},
        tags=tags.mapping(str(tag) for tag in _listed(deployment.get("tags"))),
        native={"prefect": native} if native else {},
    )


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]


def _common_state(
    schedules: Sequence[Item], triggers: Sequence[Item], *, paused: bool
) -> tuple[bool | None, list[Item], list[Item]]:
    """The state that all items share, and the extra fields of each: with its own state where they differ, and without the trigger.

    A deployment that is `paused` starts none of its schedules, whatever their state; it does not hold up its triggers (Prefect 3.9.1).
    """
    stated = [item.get("active") for item in schedules] + [item.get("enabled") for item in triggers]
    common = (
        stated[0] if stated and isinstance(stated[0], bool) and all(value is stated[0] for value in stated) else None
    )
    if paused and common is True:
        common = None
    left_out = frozenset() if common is None else frozenset({"active", "enabled"})
    return (
        False if paused else common,
        [_extra_fields(item, SCHEDULE_FIELDS | left_out) for item in schedules],
        [_extra_fields(item, TRIGGER_FIELDS | left_out) for item in triggers],
    )


def _extra_fields(item: Item, known: frozenset[str]) -> Item:
    return {name: value for name, value in item.items() if name not in known and value not in (None, {}, "")}

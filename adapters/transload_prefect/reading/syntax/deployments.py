"""`flow.to_deployment(…)`, `flow.serve(…)` and `flow.deploy(…)` as symbolic calls → fields of a deployment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from transload.loss import Code
from transload.reading.values import Attribute, Call, Symbol, Unknown
from transload_prefect.reading.manifest import flattened
from transload_prefect.reading.syntax.arguments import CallKeywords
from transload_prefect.reading.syntax.symbols import SCHEDULES, TRIGGERS, short_name

_SAME: Final = (
    "description",
    "tags",
    "parameters",
    "paused",
    "version",
    "concurrency_limit",
    "enforce_parameter_schema",
)
_POOL: Final = {"work_pool_name": "name", "work_queue_name": "work_queue_name", "job_variables": "job_variables"}
_TIMES: Final = ("cron", "interval", "rrule")
_WITH_A_FIELD: Final = frozenset(
    {
        "flow",
        "entrypoint",
        *_SAME,
        *_POOL,
        *_TIMES,
        "name",
        "schedule",
        "schedules",
        "triggers",
        "timezone",
        "anchor_date",
    }
)
HOW_TO_RUN: Final = frozenset(
    {"entrypoint_type", "limit", "webserver", "pause_on_shutdown", "print_starting_message", "global_limit"}
    | {"print_next_steps", "print_next_steps_message", "ignore_warnings"}
)
"""Keywords about the process that the call starts, and not about the deployment."""

KEYWORDS: Final = _WITH_A_FIELD | HOW_TO_RUN | {"version_type", "_sla", "image", "build", "push"}
"""All keywords of `to_deployment`, `serve` and `deploy`; those without a field that are not about the process are kept as residue."""


TOGETHER: Final = ("image", "build", "push")
"""Keywords of `deploy(…)` that hold for each of its deployments."""

_DEFAULTS: Final = {"paused": False, "enforce_parameter_schema": True}
"""Values that are left out, since Prefect has them without the keyword."""

_ALWAYS_SET: Final = {name: {"active": True} for name in ("Cron", "Interval", "RRule")}
"""Fields that a `prefect.schedules.Schedule` always sets, so that a loaded project has them."""


def deployment_fields(call: Call, arguments: CallKeywords) -> dict[str, Any]:
    """The fields, in the form of `prefect.yaml`."""
    texts = (argument for argument in call.args if isinstance(argument, str))
    name = arguments.text("name") if "name" in call.kwargs else next(texts, None)
    fields: dict[str, Any] = {"name": name}
    for field in _SAME:
        value: Any = call.kwargs.get(field)
        if field == "concurrency_limit" and short_name(value) == "ConcurrencyLimitConfig":
            fields[field] = {
                option: arguments.plain(option, _member(setting))
                for option, setting in value.kwargs.items()
                if setting is not None
            }
        elif field in call.kwargs:
            fields[field] = arguments.value(field)
    pool = {field: arguments.value(keyword) for keyword, field in _POOL.items() if call.kwargs.get(keyword) is not None}
    fields["work_pool"] = {field: value for field, value in pool.items() if value}
    fields["schedules"] = list(_schedules(call, arguments))
    triggers = _listed(call.kwargs.get("triggers"))
    fields["triggers"] = [item for trigger in triggers for item in _trigger(trigger, arguments)]
    for keyword in sorted(set(call.kwargs) - _WITH_A_FIELD - HOW_TO_RUN):
        fields[keyword.lstrip("_")] = arguments.value(keyword)
    return {
        field: value
        for field, value in fields.items()
        if value not in (None, [], {}) and value is not _DEFAULTS.get(field)
    }


def _member(value: Any) -> Any:
    """The name of a member of an enumeration."""
    return value.name.rpartition(".")[2] if isinstance(value, (Symbol, Attribute)) else value


def deployed_together(fields: Mapping[str, Any], call: Call, arguments: CallKeywords) -> dict[str, Any]:
    """The fields of a deployment that is an argument of `deploy(…)`, whose keywords hold for all its arguments."""
    pool = arguments.plain("work_pool_name", call.kwargs.get("work_pool_name"))
    named = {"name": pool} if isinstance(pool, str) else {}
    more = {name: arguments.plain(name, call.kwargs[name]) for name in TOGETHER if call.kwargs.get(name) is not None}
    known = {name: value for name, value in more.items() if not isinstance(value, Unknown)}
    whole = {**fields, **known, "work_pool": {**named, **fields.get("work_pool", {})}}
    return {name: value for name, value in whole.items() if value != {}}


def _schedules(call: Call, arguments: CallKeywords) -> Iterator[dict[str, Any]]:
    for kind in _TIMES:
        for value in _listed(call.kwargs.get(kind)):
            item = {
                kind: arguments.plain(kind, value),
                "active": True,
                "timezone": arguments.value("timezone"),
                "anchor_date": arguments.value("anchor_date"),
            }
            if not isinstance(item[kind], Unknown):
                yield {field: part for field, part in item.items() if part is not None}
    for value in (*_listed(call.kwargs.get("schedule")), *_listed(call.kwargs.get("schedules"))):
        item = _schedule(value, arguments)
        if item:
            yield item


def _schedule(value: Any, arguments: CallKeywords) -> dict[str, Any]:
    """The fields of one schedule; none, reported, for a value that is no known form of one."""
    if isinstance(value, dict):
        inner = {
            field: _schedule(part, arguments) if field == "schedule" else arguments.plain(field, part)
            for field, part in value.items()
        }
        return flattened({field: part for field, part in inner.items() if not isinstance(part, Unknown)})
    name = short_name(value) or ""
    if isinstance(value, Call) and name == "DeploymentScheduleCreate":
        return _schedule(dict(value.kwargs), arguments)
    if not isinstance(value, Call) or name not in SCHEDULES:
        _report_unresolved(value, "schedules", arguments)
        return {}
    fields = {SCHEDULES[name]: value.args[0], **value.kwargs} if value.args else dict(value.kwargs)
    plain = {**_ALWAYS_SET.get(name, {}), **{field: arguments.plain(field, part) for field, part in fields.items()}}
    return {field: part for field, part in plain.items() if part is not None and not isinstance(part, Unknown)}


def _trigger(value: Any, arguments: CallKeywords) -> Iterator[dict[str, Any]]:
    """The fields of one trigger; nothing, reported, for a value that is no known form of one."""
    if isinstance(value, dict):
        yield {str(field): arguments.plain(str(field), part) for field, part in value.items()}
    elif isinstance(value, Call) and short_name(value) in TRIGGERS:
        fields: dict[str, Any] = {}
        for field, part in value.kwargs.items():
            if field == "triggers":
                fields[field] = [item for inner in _listed(part) for item in _trigger(inner, arguments)]
            else:
                fields[field] = arguments.plain(field, _member(part) if field == "posture" else part)
        known = {field: part for field, part in fields.items() if not isinstance(part, Unknown)}
        yield {"type": TRIGGERS[short_name(value) or ""], **known}
    else:
        _report_unresolved(value, "triggers", arguments)


def _report_unresolved(value: Any, field: str, arguments: CallKeywords) -> None:
    reason = f": {value.reason}" if isinstance(value, Unknown) else ""
    arguments.add_loss(field, f"One of its {field} cannot be told from the text{reason}.", Code.UNRESOLVED)


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]

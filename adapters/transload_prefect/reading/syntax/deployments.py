"""`flow.to_deployment(…)`, `flow.serve(…)` and `flow.deploy(…)` as symbolic calls → fields of a deployment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from transload.loss import Code
from transload.reading.values import Attribute, Call, Symbol, Unknown
from transload_prefect.reading.manifest import flattened
from transload_prefect.reading.syntax.arguments import Sayings
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
_TAKEN: Final = frozenset(
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
"""Keywords that say how a process is run, and nothing of the deployment."""

KEYWORDS: Final = _TAKEN | HOW_TO_RUN | {"version_type", "_sla", "image", "build", "push"}
"""All keywords of `to_deployment`, `serve` and `deploy`; those that are neither taken nor about the process are kept as residue."""


TOGETHER: Final = ("image", "build", "push")
"""Keywords of `deploy(…)` that are said of each deployment."""

_UNSAID: Final = {"paused": False, "enforce_parameter_schema": True}
"""What says nothing."""

_STATED: Final = {name: {"active": True} for name in ("Cron", "Interval", "RRule")}
"""What a `prefect.schedules.Schedule` always says, so that Prefect cannot tell that nobody said it."""


def deployment_fields(call: Call, said: Sayings) -> dict[str, Any]:
    """The fields, in the form of `prefect.yaml`."""
    name = said.text("name") if "name" in call.kwargs else next(filter(_is_text, call.args), None)
    fields: dict[str, Any] = {"name": name if isinstance(name, str) else None}
    fields.update({field: _plain(field, call.kwargs[field], said) for field in _SAME if field in call.kwargs})
    pool = {field: said.value(keyword) for keyword, field in _POOL.items() if call.kwargs.get(keyword) is not None}
    fields["work_pool"] = {field: value for field, value in pool.items() if value}
    fields["schedules"] = list(_schedules(call, said))
    fields["triggers"] = [item for each in _listed(call.kwargs.get("triggers")) for item in _trigger(each, said)]
    for keyword in sorted(set(call.kwargs) - _TAKEN - HOW_TO_RUN):
        fields[keyword.lstrip("_")] = said.value(keyword)
    return {
        field: value
        for field, value in fields.items()
        if value not in (None, [], {}) and value is not _UNSAID.get(field)
    }


def _plain(field: str, value: Any, said: Sayings) -> Any:
    """The value of a keyword; the limit may be a `ConcurrencyLimitConfig`."""
    if field != "concurrency_limit" or short_name(value) != "ConcurrencyLimitConfig":
        return said.value(field)
    return {name: said.plain(name, _member(each)) for name, each in value.kwargs.items() if each is not None}


def _member(value: Any) -> Any:
    """The name of a member of an enumeration."""
    return value.name.rpartition(".")[2] if isinstance(value, (Symbol, Attribute)) else value


def deployed_together(fields: Mapping[str, Any], call: Call, said: Sayings) -> dict[str, Any]:
    """The fields of a deployment that is an argument of `deploy(…)`, which says something of all its arguments."""
    pool = said.plain("work_pool_name", call.kwargs.get("work_pool_name"))
    named = {"name": pool} if isinstance(pool, str) else {}
    more = {name: said.plain(name, call.kwargs[name]) for name in TOGETHER if call.kwargs.get(name) is not None}
    known = {name: value for name, value in more.items() if not isinstance(value, Unknown)}
    whole = {**fields, **known, "work_pool": {**named, **fields.get("work_pool", {})}}
    return {name: value for name, value in whole.items() if value != {}}


def _schedules(call: Call, said: Sayings) -> Iterator[dict[str, Any]]:
    for time in _TIMES:
        for value in _listed(call.kwargs.get(time)):
            item = {
                time: said.plain(time, value),
                "active": True,
                "timezone": said.value("timezone"),
                "anchor_date": said.value("anchor_date"),
            }
            if not isinstance(item[time], Unknown):
                yield {field: each for field, each in item.items() if each is not None}
    for value in (*_listed(call.kwargs.get("schedule")), *_listed(call.kwargs.get("schedules"))):
        item = _schedule(value, said)
        if item:
            yield item


def _schedule(value: Any, said: Sayings) -> dict[str, Any]:
    if isinstance(value, dict):
        inner = {
            field: _schedule(each, said) if field == "schedule" else said.plain(field, each)
            for field, each in value.items()
        }
        return flattened({field: each for field, each in inner.items() if not isinstance(each, Unknown)})
    name = short_name(value)
    if not isinstance(value, Call) or name is None:
        _unread(value, "schedules", said)
        return {}
    if name == "DeploymentScheduleCreate":
        return _schedule(dict(value.kwargs), said)
    if name not in SCHEDULES:
        _unread(value, "schedules", said)
        return {}
    fields = {SCHEDULES[name]: value.args[0], **value.kwargs} if value.args else dict(value.kwargs)
    plain = {**_STATED.get(name, {}), **{field: said.plain(field, each) for field, each in fields.items()}}
    return {field: each for field, each in plain.items() if each is not None and not isinstance(each, Unknown)}


def _trigger(value: Any, said: Sayings) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield {str(field): said.plain(str(field), each) for field, each in value.items()}
    elif isinstance(value, Call) and short_name(value) in TRIGGERS:
        fields = {field: _field(field, each, said) for field, each in value.kwargs.items()}
        known = {field: each for field, each in fields.items() if not isinstance(each, Unknown)}
        yield {"type": TRIGGERS[short_name(value) or ""], **known}
    else:
        _unread(value, "triggers", said)


def _field(name: str, value: Any, said: Sayings) -> Any:
    if name == "triggers":
        return [item for each in _listed(value) for item in _trigger(each, said)]
    return said.plain(name, _member(value) if name == "posture" else value)


def _unread(value: Any, field: str, said: Sayings) -> None:
    reason = f": {value.reason}" if isinstance(value, Unknown) else ""
    said.lost(field, f"One of its {field} cannot be told from the text{reason}.", Code.UNRESOLVED)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]

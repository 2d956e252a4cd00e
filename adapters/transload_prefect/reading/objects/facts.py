"""Prefect's objects → what was found. Looks at their attributes only, and imports nothing of Prefect."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any, Final

from pydantic import JsonValue

from transload.loss import Code
from transload.model.assets import Origin
from transload_prefect.codecs import keywords
from transload_prefect.codecs.plain import Plain
from transload_prefect.codecs.retries import Told
from transload_prefect.codecs.stubs import is_stub
from transload_prefect.reading.facts import (
    AssetFact,
    DeploymentFact,
    Facts,
    FlowFact,
    RunFact,
    TaskFact,
    report_wrapped,
)

_STARTED: Final = datetime.now(timezone.utc)
"""An interval's anchor between now and the import of this module is the moment when Prefect made the schedule: nobody said it."""

_ELSEWHERE: Final = object()
"""In the place of an attribute that an older Prefect does not have."""

PROPERTIES: Final = ("name", "url", "description", "owners")
"""The fields of `AssetProperties`."""


def asset_of(asset: Any, origin: Origin) -> AssetFact:
    """An `Asset`."""
    said = {name: getattr(asset.properties, name, None) for name in PROPERTIES} if asset.properties else {}
    said["partitions"] = getattr(asset, "partitions", None)
    return AssetFact(asset.key, {name: value for name, value in said.items() if value is not None}, origin)


def assets_of(task: Any) -> list[Any]:
    """The `Asset`s that a task names."""
    return [*getattr(task, "assets", ()), *task.asset_deps]


def task_of(task: Any, origin: Origin, found: Facts) -> TaskFact:
    """A task, materializing or not."""
    delay = task.retry_delay_seconds
    if hasattr(task.fn, "fn"):
        report_wrapped(f"task {task.name}", origin, found)
    return TaskFact(
        name=task.name,
        origin=origin,
        function=function_of(task.fn),
        description=task.description,
        tags=tuple(sorted(task.tags)),
        retries=Told(
            task.retries, list(delay) if isinstance(delay, (list, tuple)) else delay, task.retry_jitter_factor
        ),
        timeout=task.timeout_seconds,
        writes=tuple(asset.key for asset in getattr(task, "assets", ())),
        deps=tuple(asset.key for asset in task.asset_deps),
        mappings=_mappings(task),
        residue=_residue(task, keywords.TASK, origin, found),
    )


def _mappings(task: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for asset in task.asset_deps:
        mapping = getattr(asset, "mapping", None)
        if mapping is not None:
            found.setdefault(asset.key, mapping)
    return found


def run_of(run: Any) -> RunFact:
    """A `PartitionedRun`."""
    return RunFact(run.definition, run.of_asset)


def flow_of(flow: Any, origin: Origin, entrypoint: str | None, found: Facts) -> FlowFact:
    """A flow, without its calls."""
    if hasattr(flow.fn, "fn"):
        report_wrapped(f"flow {flow.name}", origin, found)
    parameters = inspect.signature(flow.fn).parameters.values()
    plain = Plain()
    named = [each for each in parameters if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]
    required: list[JsonValue] = [each.name for each in named if each.default is each.empty]
    residue = _residue(flow, keywords.FLOW, origin, found)
    defaults = {each.name: plain.value(each.default) for each in named if each.default is not each.empty}
    if plain.described:
        found.lost(f"flow {flow.name}", "parameters", "A default is no plain value.", Code.NOT_SERIALISABLE, origin)
    return FlowFact(
        name=flow.name,
        origin=origin,
        entrypoint=entrypoint,
        description=flow.description,
        retries=Told(flow.retries, flow.retry_delay_seconds),
        parameters=defaults,
        residue={**residue, **({keywords.REQUIRED: required} if required else {})},
    )


def innermost(item: Any) -> Any:
    """The function of a task or a flow, below whatever is wrapped around it."""
    while hasattr(item, "fn"):
        item = item.fn
    return inspect.unwrap(item) if callable(item) else item


def place_of(function: Any) -> Any:
    """Where the code of a function is, which is the same even if its file was imported twice."""
    code = getattr(function, "__code__", None)
    return (code.co_filename, code.co_firstlineno, code.co_name) if code else id(function)


def function_of(function: Any) -> str | None:
    """The qualified name of the code, None for a stub that has none yet."""
    inner = innermost(function)
    if is_stub(inner) or not hasattr(inner, "__qualname__"):
        return None
    return f"{inner.__module__}.{inner.__qualname__}"


def _residue(item: Any, table: Mapping[str, keywords.Option], origin: Origin, found: Facts) -> dict[str, JsonValue]:
    subject = f"{'task' if table is keywords.TASK else 'flow'} {item.name}"
    residue: dict[str, JsonValue] = {}
    for name, option in table.items():
        plainly = getattr(item, option.attribute, _ELSEWHERE)
        if plainly is None or plainly is option.default or (type(plainly) is list and plainly == option.default):
            continue
        value = _said(item, name, option)
        if value is None or value == option.default:
            continue
        plain = Plain()
        residue[name] = plain.value(value)
        if plain.described:
            found.lost(
                subject,
                name,
                f"The value of `{name}` is no plain value; only its name is kept.",
                Code.NOT_SERIALISABLE,
                origin,
            )
    return residue


def _said(item: Any, name: str, option: keywords.Option) -> Any:
    """The value that the user gave, where Prefect tells it from what it made of it."""
    if not hasattr(item, option.attribute):
        return _before_user_options(item, name)
    value = getattr(item, option.attribute)
    if inspect.isclass(value) and value.__name__ == "NotSet":
        return None
    if name in _MADE_UP and hasattr(item, "_entrypoint"):
        return None if value == getattr(_bare(item), option.attribute) else value
    return value


_MADE_UP: Final = frozenset({"version", "task_runner"})
"""What Prefect makes up for a flow that was told nothing: a hash of its file, and a pool of threads."""


@lru_cache(maxsize=1)
def _bare(flow: Any) -> Any:
    return type(flow)(flow.fn, validate_parameters=False)


def _before_user_options(task: Any, name: str) -> Any:
    """Before 3.7.8 a task does not keep what it was told apart from what Prefect made of it."""
    value = getattr(task, name, None)
    plain = next((kind for kind in type(task).__mro__ if kind.__name__ == "Task"), None)
    return None if plain is None or value == getattr(plain(task.fn), name, None) else value


def deployment_of(deployment: Any, flow: Any, origin: Origin) -> DeploymentFact:
    """A `RunnerDeployment`; what Prefect took over from its flow is not said again."""
    plain = Plain()
    fields: dict[str, Any] = {
        "name": deployment.name,
        "description": None
        if flow is not None and deployment.description == flow.description
        else deployment.description,
        "version": None if flow is not None and deployment.version == flow.version else deployment.version,
        "tags": list(deployment.tags),
        "parameters": plain.value(deployment.parameters),
        "paused": deployment.paused or None,
        "enforce_parameter_schema": None if deployment.enforce_parameter_schema else False,
        "work_pool": _work_pool(deployment),
        "concurrency_limit": _limit(deployment),
        "schedules": [_schedule(item) for item in deployment.schedules or ()],
        "triggers": [
            _trigger(item, number, deployment.name) for number, item in enumerate(deployment.triggers, start=1)
        ],
    }
    said = {name: value for name, value in fields.items() if value not in (None, [], {})}
    return DeploymentFact(said, origin, deployment.flow_name)


def _work_pool(deployment: Any) -> dict[str, Any]:
    pool = {
        "name": deployment.work_pool_name,
        "work_queue_name": deployment.work_queue_name,
        "job_variables": Plain().value(deployment.job_variables),
    }
    return {name: value for name, value in pool.items() if value}


def _limit(deployment: Any) -> Any:
    options_ = getattr(deployment, "concurrency_options", None)
    if options_ is None:
        return deployment.concurrency_limit
    return {"limit": deployment.concurrency_limit, **options_.model_dump(mode="json", exclude_none=True)}


def _schedule(item: Any) -> dict[str, Any]:
    said: dict[str, Any] = {
        "slug": item.slug,
        "parameters": Plain().value(item.parameters),
        "max_scheduled_runs": item.max_scheduled_runs,
        "replaces": getattr(item, "replaces", None),
        "active": item.active if "active" in item.model_fields_set else None,
        **_time(item.schedule),
    }
    return {name: value for name, value in said.items() if value not in (None, {})}


def _time(schedule: Any) -> dict[str, Any]:
    said = {name: getattr(schedule, name, None) for name in ("cron", "rrule", "interval", "anchor_date", "timezone")}
    if said["anchor_date"] is not None and _STARTED <= said["anchor_date"] <= datetime.now(timezone.utc):
        said["anchor_date"] = None
    day_or = getattr(schedule, "day_or", True)
    return {**said, **({} if day_or else {"day_or": False})}


def _trigger(item: Any, number: int, deployment: str) -> dict[str, Any]:
    """The fields that were set. Prefect names automations by itself."""
    said: dict[str, Any] = item.model_dump(mode="json", exclude_unset=True)
    if "schedule_after" in said:
        said["schedule_after"] = item.schedule_after.total_seconds()
    if said.get("name") == f"{deployment}__automation_{number}":
        del said["name"]
    said["type"] = item.type
    return said

"""Prefect's objects → facts. Looks at their attributes only, and imports nothing of Prefect."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any, Final

from pydantic import JsonValue

from transload.loss import Code
from transload.model.assets import Origin
from transload.reading.stubs import is_stub
from transload_prefect.codecs import keywords
from transload_prefect.codecs.partitions import CURRENT
from transload_prefect.codecs.plain import Plain
from transload_prefect.codecs.retries import RetryOptions
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
"""When this module was imported. Prefect sets the anchor of an interval without one to the present: it lies between this and now."""

_MISSING: Final = object()
"""In the place of an attribute that an older Prefect does not have."""

PROPERTIES: Final = ("name", "url", "description", "owners")
"""The fields of `AssetProperties`."""


def asset_of(asset: Any, origin: Origin) -> AssetFact:
    """An `Asset`."""
    properties = {name: getattr(asset.properties, name, None) for name in PROPERTIES} if asset.properties else {}
    properties["partitions"] = getattr(asset, "partitions", None)
    return AssetFact(asset.key, {name: value for name, value in properties.items() if value is not None}, origin)


def assets_of(task: Any) -> list[Any]:
    """The `Asset`s that a task names."""
    return [*getattr(task, "assets", ()), *task.asset_deps]


def task_of(task: Any, origin: Origin, facts: Facts) -> TaskFact:
    """A task, materializing or not."""
    if hasattr(task.fn, "fn"):
        report_wrapped(f"task {task.name}", origin, facts)
    delay = task.retry_delay_seconds
    # Only `PartitionedAsset` has a mapping; of several with one key the first counts.
    mappings: dict[str, Any] = {}
    for asset in task.asset_deps:
        mapping = getattr(asset, "mapping", None)
        if mapping is not None:
            mappings.setdefault(asset.key, mapping)
    return TaskFact(
        name=task.name,
        origin=origin,
        function=function_of(task.fn),
        description=task.description,
        tags=tuple(sorted(task.tags)),
        retries=RetryOptions(
            task.retries, list(delay) if isinstance(delay, (list, tuple)) else delay, task.retry_jitter_factor
        ),
        timeout=task.timeout_seconds,
        writes=tuple(asset.key for asset in getattr(task, "assets", ())),
        deps=tuple(asset.key for asset in task.asset_deps),
        mappings=mappings,
        residue=_residue(task, keywords.TASK, origin, facts),
    )


def run_of(run: Any) -> RunFact:
    """A `PartitionedRun`."""
    return RunFact(run.definition, run.of_asset)


def flow_of(flow: Any, origin: Origin, entrypoint: str | None, facts: Facts) -> FlowFact:
    """A flow, without its calls."""
    if hasattr(flow.fn, "fn"):
        report_wrapped(f"flow {flow.name}", origin, facts)
    parameters = [
        parameter
        for parameter in inspect.signature(flow.fn).parameters.values()
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    required: list[JsonValue] = [parameter.name for parameter in parameters if parameter.default is parameter.empty]
    residue = _residue(flow, keywords.FLOW, origin, facts)
    plain = Plain()
    defaults = {
        parameter.name: plain.value(parameter.default)
        for parameter in parameters
        if parameter.default is not parameter.empty
    }
    if plain.described:
        facts.add_loss(f"flow {flow.name}", "parameters", "A default is no plain value.", Code.NOT_SERIALISABLE, origin)
    return FlowFact(
        name=flow.name,
        origin=origin,
        entrypoint=entrypoint,
        description=flow.description,
        retries=RetryOptions(flow.retries, flow.retry_delay_seconds),
        parameters=defaults,
        residue={**residue, **({keywords.REQUIRED: required} if required else {})},
    )


def innermost(item: Any) -> Any:
    """The function of a task or a flow, below whatever is wrapped around it."""
    while hasattr(item, "fn"):
        item = item.fn
    return inspect.unwrap(item) if callable(item) else item


def place_of(function: Any) -> Any:
    """The place of a function's code, which is the same even if its file was imported twice."""
    code = getattr(function, "__code__", None)
    return (code.co_filename, code.co_firstlineno, code.co_name) if code else id(function)


def function_of(function: Any) -> str | None:
    """The qualified name of the function that is run; None for a stub, whose code is still to come."""
    inner = innermost(function)
    if is_stub(inner, CURRENT) or not hasattr(inner, "__qualname__"):
        return None
    return f"{inner.__module__}.{inner.__qualname__}"


def _residue(item: Any, table: Mapping[str, keywords.Option], origin: Origin, facts: Facts) -> dict[str, JsonValue]:
    """The options of a task or flow that differ from their defaults; a value that is not plain is reported."""
    subject = f"{'task' if table is keywords.TASK else 'flow'} {item.name}"
    residue: dict[str, JsonValue] = {}
    for name, option in table.items():
        # Most options of most tasks are at their defaults, which is quicker to see than which value the user gave.
        attribute = getattr(item, option.attribute, _MISSING)
        if (
            attribute is None
            or attribute is option.default
            or (type(attribute) is list and attribute == option.default)
        ):
            continue
        value = _user_value(item, name, option)
        if value is None or value == option.default:
            continue
        plain = Plain()
        residue[name] = plain.value(value)
        if plain.described:
            message = f"The value of `{name}` is no plain value; only its name is kept."
            facts.add_loss(subject, name, message, Code.NOT_SERIALISABLE, origin)
    return residue


def _user_value(item: Any, name: str, option: keywords.Option) -> Any:
    """The value of an option as the user gave it; None where Prefect itself set it."""
    if not hasattr(item, option.attribute):
        # Before 3.7.8 a task has no `_user_…` attributes: only a task without options shows what Prefect sets by itself.
        value = getattr(item, name, None)
        plain = next((kind for kind in type(item).__mro__ if kind.__name__ == "Task"), None)
        return None if plain is None or value == getattr(plain(item.fn), name, None) else value
    value = getattr(item, option.attribute)
    # `prefect.utilities.annotations.NotSet`, known by its name since nothing of Prefect is imported here.
    if inspect.isclass(value) and value.__name__ == "NotSet":
        return None
    if name in _SET_BY_PREFECT and hasattr(item, "_entrypoint"):
        return None if value == getattr(_flow_without_options(item), option.attribute) else value
    return value


_SET_BY_PREFECT: Final = frozenset({"version", "task_runner"})
"""Options that Prefect sets on a flow that has none: a hash of its file, and a pool of threads."""


# Both options of one flow are compared one after the other, so that one entry is enough.
@lru_cache(maxsize=1)
def _flow_without_options(flow: Any) -> Any:
    return type(flow)(flow.fn, validate_parameters=False)


def deployment_of(deployment: Any, flow: Any, origin: Origin) -> DeploymentFact:
    """A `RunnerDeployment`, without the description and the version that Prefect copied from its flow."""
    description, version = deployment.description, deployment.version
    pool = {
        "name": deployment.work_pool_name,
        "work_queue_name": deployment.work_queue_name,
        "job_variables": Plain().value(deployment.job_variables),
    }
    limit = deployment.concurrency_limit
    limit_options = getattr(deployment, "concurrency_options", None)
    if limit_options is not None:
        limit = {"limit": limit, **limit_options.model_dump(mode="json", exclude_none=True)}
    fields: dict[str, Any] = {
        "name": deployment.name,
        "description": None if flow is not None and description == flow.description else description,
        "version": None if flow is not None and version == flow.version else version,
        "tags": list(deployment.tags),
        "parameters": Plain().value(deployment.parameters),
        "paused": deployment.paused or None,
        "enforce_parameter_schema": None if deployment.enforce_parameter_schema else False,
        "work_pool": {name: value for name, value in pool.items() if value},
        "concurrency_limit": limit,
        "schedules": [_schedule(item) for item in deployment.schedules or ()],
        "triggers": [
            _trigger(item, number, deployment.name) for number, item in enumerate(deployment.triggers, start=1)
        ],
    }
    fields = {name: value for name, value in fields.items() if value not in (None, [], {})}
    return DeploymentFact(fields, origin, deployment.flow_name)


def _schedule(item: Any) -> dict[str, Any]:
    schedule, day_or = item.schedule, getattr(item.schedule, "day_or", True)
    time = {name: getattr(schedule, name, None) for name in ("cron", "rrule", "interval", "anchor_date", "timezone")}
    if time["anchor_date"] is not None and _STARTED <= time["anchor_date"] <= datetime.now(timezone.utc):
        time["anchor_date"] = None
    fields: dict[str, Any] = {
        "slug": item.slug,
        "parameters": Plain().value(item.parameters),
        "max_scheduled_runs": item.max_scheduled_runs,
        "replaces": getattr(item, "replaces", None),
        "active": item.active if "active" in item.model_fields_set else None,
        **time,
        **({} if day_or else {"day_or": False}),
    }
    return {name: value for name, value in fields.items() if value not in (None, {})}


def _trigger(item: Any, number: int, deployment: str) -> dict[str, Any]:
    """The fields that were set. The name is left out where it is the one that Prefect gives to automations without one."""
    fields: dict[str, Any] = item.model_dump(mode="json", exclude_unset=True)
    if "schedule_after" in fields:
        fields["schedule_after"] = item.schedule_after.total_seconds()
    if fields.get("name") == f"{deployment}__automation_{number}":
        del fields["name"]
    fields["type"] = item.type
    return fields

"""What Dagster's objects hold that has no place in the model: a reader reports it, by the name of the argument."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from inspect import getclosurevars
from typing import Any, Final

_DEFINITIONS: Final = ("resources", "executor", "loggers", "metadata")
_DAGSTERS_METADATA: Final = ("dagster/", "plugin_component_types_json")
"""How keys begin that Dagster itself adds to sensors, and `load_from_defs_folder` to definitions."""
_JOB: Final[Mapping[str, tuple[str, ...]]] = {
    "config": ("config", "_original_config_argument"),
    "run_tags": ("run_tags", "_run_tags"),
    "metadata": ("metadata",),
    "executor_def": ("executor_def",),
    "hooks": ("hooks", "hook_defs"),
    "op_retry_policy": ("op_retry_policy", "_op_retry_policy"),
    "owners": ("owners", "_owners"),
    "automation_condition": ("automation_condition", "_automation_condition"),
}
"""Argument of `define_asset_job` → attributes that hold it, before and after a repository has resolved the job."""
_CHECK: Final = ("automation_condition", "partitions_def")
_CHECK_OP: Final[Mapping[str, str]] = {"op_tags": "tags", "retry_policy": "retry_policy", "pool": "pool"}
_SCHEDULE: Final[Mapping[str, str]] = {
    "metadata": "metadata",
    "environment_vars": "environment_vars",
    "required_resource_keys": "_raw_required_resource_keys",
    "owners": "owners",
}
_FUNCTIONS: Final = ("run_config_fn", "tags_fn", "should_execute", "execution_fn")
_SENSOR: Final = ("tags", "run_tags", "description", "default_condition", "minimum_interval_seconds")
_SENSOR_DEFAULT: Final = 30
"""Seconds between two evaluations of a sensor."""


def of_definitions(found: Any) -> dict[str, Any]:
    """Arguments of `Definitions`; a repository gives what it has of them to its jobs."""
    held = {name: getattr(found, name, None) for name in _DEFINITIONS}
    return _given({**held, "metadata": _own_metadata(held["metadata"])})


def of_job(job: Any) -> dict[str, Any]:
    """Arguments of `define_asset_job`, less Dagster's defaults: an executor of a resolved job, and the tags as tags of the runs."""
    held = {name: _first(job, places) for name, places in _JOB.items()}
    default = {"executor_def": not hasattr(job, "selection"), "run_tags": held["run_tags"] == job.tags}
    return _given({name: value for name, value in held.items() if not default.get(name)})


def of_check(spec: Any, node: Any | None) -> dict[str, Any]:
    """Arguments of `AssetCheckSpec`, and those of `asset_check` that its own op has."""
    own = {name: getattr(node, place, None) for name, place in _CHECK_OP.items()}
    return _given({**{name: getattr(spec, name, None) for name in _CHECK}, **own})


def of_schedule(schedule: Any) -> dict[str, Any]:
    """Arguments of `ScheduleDefinition`. Dagster keeps the run config only in the function that gives it."""
    functions = {name: getattr(schedule, f"_{name}", None) for name in _FUNCTIONS}
    own = {name: value for name, value in functions.items() if hasattr(value, "__code__") and not _is_dagsters(value)}
    maker = functions["run_config_fn"]
    config = getclosurevars(maker).nonlocals.get("run_config") if maker is not None and _is_dagsters(maker) else None
    plain = {name: getattr(schedule, place, None) for name, place in _SCHEDULE.items()}
    return _given({"run_config": config, **own, **plain})


def of_automation_sensor(sensor: Any) -> dict[str, Any]:
    """Arguments of `AutomationConditionSensorDefinition` that are not Dagster's defaults."""
    held = _given({name: getattr(sensor, name, getattr(sensor, f"_{name}", None)) for name in _SENSOR})
    if held.get("minimum_interval_seconds") == _SENSOR_DEFAULT:
        del held["minimum_interval_seconds"]
    switches = {
        "emit_backfills": None if getattr(sensor, "emit_backfills", True) else False,
        "use_user_code_server": getattr(sensor, "_use_user_code_server", False) or None,
    }
    return {**held, **_given({"metadata": _own_metadata(sensor.metadata), **switches})}


def _own_metadata(given: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (given or {}).items() if not key.startswith(_DAGSTERS_METADATA)}


def _first(of: Any, names: tuple[str, ...]) -> Any:
    return next((getattr(of, name) for name in names if hasattr(of, name)), None)


def _is_dagsters(function: Any) -> bool:
    return str(getattr(function, "__module__", "")).startswith("dagster.")


def _given(held: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in held.items() if not (value is None or _is_empty(value))}


def _is_empty(value: Any) -> bool:
    return isinstance(value, Collection) and len(value) == 0

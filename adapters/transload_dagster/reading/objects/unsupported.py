"""What Dagster's objects hold that has no place in the model: a reader reports it, by the name of the argument."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from inspect import Parameter, getclosurevars, signature
from typing import Any, Final

from transload_dagster.reading.fields import shown

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
_CHECK_OP: Final[Mapping[str, str]] = {"retry_policy": "retry_policy", "pool": "pool"}
COMPUTE_KIND: Final = "dagster/compute_kind"
_SCHEDULE: Final[Mapping[str, str]] = {
    "metadata": "metadata",
    "environment_vars": "_environment_vars",
    "required_resource_keys": "_raw_required_resource_keys",
    "owners": "owners",
}
_FUNCTIONS: Final = ("run_config_fn", "tags_fn", "should_execute", "execution_fn")
_CONDITION_SENSOR: Final[Mapping[str, str]] = {
    "name": "name",
    "target": "_sensor_target",
    "tags": "tags",
    "run_tags": "run_tags",
    "description": "description",
    "default_condition": "_default_condition",
}
_SENSOR: Final[Mapping[str, str]] = {
    "owners": "_owners",
    "required_resource_keys": "_raw_required_resource_keys",
    "monitored_assets": "_monitored_assets",
    "monitored_jobs": "_monitored_jobs",
}
_SENSOR_DEFAULT: Final = 30
"""Seconds between two evaluations of a sensor."""


def of_definitions(found: Any) -> dict[str, Any]:
    """Arguments of `Definitions`; a repository gives what it has of them to its jobs."""
    held = {name: getattr(found, name, None) for name in _DEFINITIONS}
    return _given({**held, "metadata": _own_metadata(held["metadata"])})


def of_job(job: Any) -> dict[str, Any]:
    """Arguments of `define_asset_job`, less Dagster's defaults: an executor of a resolved job, and the tags as tags of the runs."""
    held = {name: _first(job, places) for name, places in _JOB.items()}
    held["metadata"] = _own_metadata(held["metadata"])
    default = {"executor_def": not hasattr(job, "selection"), "run_tags": held["run_tags"] == job.tags}
    return _given({name: value for name, value in held.items() if not default.get(name)})


def of_check(spec: Any, node: Any | None) -> dict[str, Any]:
    """Arguments of `AssetCheckSpec`, and those of `asset_check` or `multi_asset_check` that its own op has."""
    held = {name: getattr(spec, name, None) for name in _CHECK}
    return _given(held if node is None else {**held, **_of_check_op(spec, node)})


def _of_check_op(spec: Any, node: Any) -> dict[str, Any]:
    tags = dict(node.tags)
    alone = node.name == f"{spec.asset_key.to_python_identifier()}_{spec.name}"
    return {
        **{name: getattr(node, place, None) for name, place in _CHECK_OP.items()},
        "compute_kind": tags.pop(COMPUTE_KIND, None),
        "op_tags": tags,
        "config_schema": config_of(node),
        "required_resource_keys": getattr(node, "required_resource_keys", None),
        "description": None if alone else node.description,
    }


def of_source(assets: Any) -> dict[str, Any]:
    """Arguments of `observable_source_asset` and of an observable `SourceAsset`."""
    return _given({"op_tags": dict(assets.node_def.tags), "required_resource_keys": _required(assets)})


def of_inputs(node: Any) -> dict[str, dict[str, Any]]:
    """Arguments of `AssetIn`, by the name of the input."""
    inputs = getattr(node, "input_defs", ())
    return {each.name: {"input_manager_key": each.input_manager_key} for each in inputs if each.input_manager_key}


def _required(assets: Any) -> set[str]:
    return {key for key in assets.node_def.required_resource_keys if not key.endswith("io_manager")}


def input_managers(node: Any) -> set[str]:
    """The keys of IO managers that load inputs: the default one, and those that are reported."""
    return {"io_manager", *(held["input_manager_key"] for held in of_inputs(node).values())}


def configured(node: Any, function: Any) -> str | None:
    """What an op is configured by: the class of its function's argument, else the fields."""
    takes = "config" in getattr(getattr(function, "__code__", None), "co_varnames", ())
    parameters = signature(function).parameters if takes else {}
    held = parameters["config"].annotation if "config" in parameters else None
    if held is not None and held is not Parameter.empty:
        return str(getattr(held, "__name__", held)).rpartition(".")[2]
    found = config_of(node)
    return None if found is None else shown(found)


def config_of(node: Any) -> Any:
    """The fields of what an op is configured by, None if it is not."""
    schema = getattr(node, "config_schema", None)
    field = schema.as_field() if schema is not None and hasattr(schema, "as_field") else None
    if field is None or (not field.is_required and field.config_type.kind.name == "ANY"):
        return None
    return dict.fromkeys(getattr(field.config_type, "fields", [field.config_type.given_name]), "") or None


def of_schedule(schedule: Any) -> dict[str, Any]:
    """Arguments of `ScheduleDefinition` and `schedule`. Dagster keeps the run config only in the function that gives it."""
    functions = {name: getattr(schedule, f"_{name}", None) for name in _FUNCTIONS}
    maker = functions["run_config_fn"]
    config = getclosurevars(maker).nonlocals.get("run_config") if maker is not None and is_dagsters(maker) else None
    # What decorates a function holds the functions beside it in its closure.
    wrapped = getattr(functions["execution_fn"], "wrapped_fn", None)
    held = getclosurevars(wrapped).nonlocals if wrapped is not None else {}
    functions |= {name: held[name] for name in ("tags_fn", "should_execute") if name in held}
    own = {name: value for name, value in functions.items() if hasattr(value, "__code__") and not is_dagsters(value)}
    plain = {name: getattr(schedule, place, None) for name, place in _SCHEDULE.items()}
    return _given({"run_config": config, **own, **plain, "metadata": _own_metadata(plain["metadata"])})


def tags_of(schedule: Any) -> dict[str, str]:
    """The tags of a schedule; those that `build_schedule_from_partitioned_job` gives to its runs are in a closure only."""
    function = getattr(getattr(schedule, "_execution_fn", None), "decorated_fn", None)
    held = getclosurevars(function).nonlocals.get("tags") if function is not None and is_dagsters(function) else None
    return dict(held or schedule.tags or {})


def of_automation_sensor(sensor: Any) -> dict[str, Any]:
    """Arguments of `AutomationConditionSensorDefinition` that are not Dagster's defaults."""
    held = {name: getattr(sensor, place, None) for name, place in _CONDITION_SENSOR.items()}
    interval = sensor.minimum_interval_seconds
    switches = {
        "minimum_interval_seconds": None if interval == _SENSOR_DEFAULT else interval,
        "default_status": sensor.default_status if sensor.default_status.name == "RUNNING" else None,
        "emit_backfills": None if getattr(sensor, "emit_backfills", True) else False,
        "use_user_code_server": getattr(sensor, "_use_user_code_server", False) or None,
    }
    return _given({**held, **switches, "metadata": _own_metadata(sensor.metadata)})


def of_sensor(sensor: Any) -> dict[str, Any]:
    """Arguments of every other sensor, less those that its schedules have."""
    held = {name: getattr(sensor, place, None) for name, place in _SENSOR.items()}
    kind = "request_assets" if held.get("monitored_assets") else "asset_selection"
    status = getattr(sensor, "_run_status", None)
    if status is not None and status.name != "FAILURE":
        held["run_status"] = status
    held["monitor_all_code_locations"] = getattr(sensor, "_monitor_all_code_locations", None) or None
    held[kind] = getattr(sensor, "asset_selection", None)
    return _given({**held, "metadata": _own_metadata(sensor.metadata)})


def _own_metadata(given: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (given or {}).items() if not key.startswith(_DAGSTERS_METADATA)}


def _first(of: Any, names: tuple[str, ...]) -> Any:
    return next((getattr(of, name) for name in names if hasattr(of, name)), None)


def is_dagsters(function: Any) -> bool:
    """Whether a function is Dagster's own."""
    return str(getattr(function, "__module__", "")).startswith("dagster.")


def _given(held: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in held.items() if not (value is None or _is_empty(value))}


def _is_empty(value: Any) -> bool:
    return isinstance(value, Collection) and len(value) == 0

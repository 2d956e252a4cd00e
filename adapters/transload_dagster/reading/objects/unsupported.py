"""Arguments, by their names, that Dagster's objects hold and the model has no place for: a reader reports them.

Many are in private attributes or in closures only. Each is asked for with a default, since versions differ (1.12 to 1.13).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from inspect import Parameter, getclosurevars, signature
from typing import Any, Final

from transload_dagster.reading.fields import shown

_DEFINITIONS: Final = ("resources", "executor", "loggers", "metadata")
_DAGSTERS_METADATA: Final = ("dagster/", "plugin_component_types_json")
"""The start of keys that Dagster itself adds to sensors, and `load_from_defs_folder` to definitions."""
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
DEFAULT_INTERVAL: Final = 30
"""Seconds between two evaluations of a sensor: `DEFAULT_SENSOR_DAEMON_INTERVAL` of dagster/_core/definitions/sensor_definition.py."""


def of_definitions(definitions: Any) -> dict[str, Any]:
    """Arguments of `Definitions`; a repository gives what it has of them to its jobs."""
    arguments = {name: getattr(definitions, name, None) for name in _DEFINITIONS}
    return _present({**arguments, "metadata": _own_metadata(arguments["metadata"])})


def of_job(job: Any) -> dict[str, Any]:
    """Arguments of `define_asset_job`, less Dagster's defaults: an executor of a resolved job, and the tags as tags of the runs."""
    arguments: dict[str, Any] = {}
    for name, attributes in _JOB.items():
        # The first that exists, even if it is None: the others are of another class.
        arguments[name] = next((getattr(job, attribute) for attribute in attributes if hasattr(job, attribute)), None)
    arguments["metadata"] = _own_metadata(arguments["metadata"])
    default = {"executor_def": not hasattr(job, "selection"), "run_tags": arguments["run_tags"] == job.tags}
    return _present({name: value for name, value in arguments.items() if not default.get(name)})


def of_check(spec: Any, node: Any | None) -> dict[str, Any]:
    """Arguments of `AssetCheckSpec`, and those of `asset_check` or `multi_asset_check` that its own op has."""
    arguments = {name: getattr(spec, name, None) for name in _CHECK}
    if node is not None:
        tags = dict(node.tags)
        # The op of `asset_check` has this name and the check's description; that of `multi_asset_check` has its own.
        is_single = node.name == f"{spec.asset_key.to_python_identifier()}_{spec.name}"
        arguments |= {
            "retry_policy": getattr(node, "retry_policy", None),
            "pool": getattr(node, "pool", None),
            "compute_kind": tags.pop(COMPUTE_KIND, None),
            "op_tags": tags,
            "config_schema": config_of(node),
            "required_resource_keys": getattr(node, "required_resource_keys", None),
            "description": None if is_single else node.description,
        }
    return _present(arguments)


def of_source(assets: Any) -> dict[str, Any]:
    """Arguments of `observable_source_asset` and of an observable `SourceAsset`."""
    node = assets.node_def
    # Dagster adds the IO manager to the resources of every op.
    resources = {key for key in node.required_resource_keys if not key.endswith("io_manager")}
    return _present({"op_tags": dict(node.tags), "required_resource_keys": resources})


def of_inputs(node: Any) -> dict[str, dict[str, Any]]:
    """Arguments of `AssetIn`, by the name of the input."""
    inputs = getattr(node, "input_defs", ())
    return {
        definition.name: {"input_manager_key": definition.input_manager_key}
        for definition in inputs
        if definition.input_manager_key
    }


def input_managers(node: Any) -> set[str]:
    """The keys of IO managers that load inputs: the default one, and those that are reported."""
    return {"io_manager", *(arguments["input_manager_key"] for arguments in of_inputs(node).values())}


def configured(node: Any, function: Any) -> str | None:
    """The config of an op in words: the class of its function's argument, else the names of the fields."""
    has_config = "config" in getattr(getattr(function, "__code__", None), "co_varnames", ())
    parameters = signature(function).parameters if has_config else {}
    annotation = parameters["config"].annotation if "config" in parameters else None
    if annotation is not None and annotation is not Parameter.empty:
        return str(getattr(annotation, "__name__", annotation)).rpartition(".")[2]
    fields = config_of(node)
    return None if fields is None else shown(fields)


def config_of(node: Any) -> Any:
    """The fields of an op's config, None if it has none."""
    schema = getattr(node, "config_schema", None)
    # Without a schema an op has an optional field of any type.
    field = schema.as_field() if schema is not None and hasattr(schema, "as_field") else None
    if field is None or (not field.is_required and field.config_type.kind.name == "ANY"):
        return None
    return dict.fromkeys(getattr(field.config_type, "fields", [field.config_type.given_name]), "") or None


def of_schedule(schedule: Any) -> dict[str, Any]:
    """Arguments of `ScheduleDefinition` and `schedule`."""
    functions = {name: getattr(schedule, f"_{name}", None) for name in _FUNCTIONS}
    run_config_fn, config = functions["run_config_fn"], None
    if run_config_fn is not None and is_dagsters(run_config_fn):
        # A constant run config is kept only in the closure of the function that Dagster makes of it.
        config = getclosurevars(run_config_fn).nonlocals.get("run_config")
    # `@schedule` wraps the user's function in one of its own, whose closure holds the other functions.
    wrapped = getattr(functions["execution_fn"], "wrapped_fn", None)
    closure = getclosurevars(wrapped).nonlocals if wrapped is not None else {}
    functions |= {name: closure[name] for name in ("tags_fn", "should_execute") if name in closure}
    own = {name: value for name, value in functions.items() if hasattr(value, "__code__") and not is_dagsters(value)}
    plain = {name: getattr(schedule, attribute, None) for name, attribute in _SCHEDULE.items()}
    return _present({"run_config": config, **own, **plain, "metadata": _own_metadata(plain["metadata"])})


def tags_of(schedule: Any) -> dict[str, str]:
    """The tags of a schedule."""
    function = getattr(getattr(schedule, "_execution_fn", None), "decorated_fn", None)
    tags = None
    if function is not None and is_dagsters(function):
        # Those that `build_schedule_from_partitioned_job` gives to its runs are in the closure of its function only.
        tags = getclosurevars(function).nonlocals.get("tags")
    return dict(tags or schedule.tags or {})


def of_automation_sensor(sensor: Any) -> dict[str, Any]:
    """Arguments of `AutomationConditionSensorDefinition` that are not Dagster's defaults."""
    arguments = {name: getattr(sensor, attribute, None) for name, attribute in _CONDITION_SENSOR.items()}
    interval = sensor.minimum_interval_seconds
    switches = {
        "minimum_interval_seconds": None if interval == DEFAULT_INTERVAL else interval,
        "default_status": sensor.default_status if sensor.default_status.name == "RUNNING" else None,
        "emit_backfills": None if getattr(sensor, "emit_backfills", True) else False,
        "use_user_code_server": getattr(sensor, "_use_user_code_server", False) or None,
    }
    return _present({**arguments, **switches, "metadata": _own_metadata(sensor.metadata)})


def of_sensor(sensor: Any) -> dict[str, Any]:
    """Arguments of every other sensor, less those that the model has for the schedules it is read as."""
    arguments = {name: getattr(sensor, attribute, None) for name, attribute in _SENSOR.items()}
    # A multi-asset sensor starts assets by `request_assets`, every other by `asset_selection`; both are in one attribute.
    kind = "request_assets" if arguments.get("monitored_assets") else "asset_selection"
    status = getattr(sensor, "_run_status", None)
    if status is not None and status.name != "FAILURE":
        arguments["run_status"] = status
    arguments["monitor_all_code_locations"] = getattr(sensor, "_monitor_all_code_locations", None) or None
    arguments[kind] = getattr(sensor, "asset_selection", None)
    return _present({**arguments, "metadata": _own_metadata(sensor.metadata)})


def _own_metadata(metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (metadata or {}).items() if not key.startswith(_DAGSTERS_METADATA)}


def is_dagsters(function: Any) -> bool:
    """True for a function of Dagster's own."""
    return str(getattr(function, "__module__", "")).startswith("dagster.")


def _present(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in arguments.items()
        if value is not None and not (isinstance(value, Collection) and len(value) == 0)
    }

"""Every argument of Dagster's asset definitions, and where a reader puts it. What is not in these tables is reported.

Signatures of 1.12 and 1.13.29. A word tells where the value goes: `field` a field of the asset, `op` one of what computes it,
`handled` something that the reader looks at itself, `residue` what only Dagster understands, `lost` what is reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from transload.forms import Constant

_FIELDS: Final[Mapping[str, str]] = dict.fromkeys(
    (
        "description", "metadata", "group_name", "owners", "tags", "kinds", "code_version", "partitions_def", "freshness_policy",
        "automation_condition", "is_virtual",
    ),
    "field",
)  # fmt: skip
_OP: Final[Mapping[str, str]] = dict.fromkeys(("op_tags", "retry_policy", "backfill_policy", "pool"), "op")
_LOST: Final[Mapping[str, str]] = dict.fromkeys(("auto_materialize_policy", "legacy_freshness_policy"), "lost")
_RESIDUE: Final[Mapping[str, str]] = dict.fromkeys(
    ("config_schema", "resource_defs", "hooks", "io_manager_def", "dagster_type", "config"), "residue"
)
_SENSOR: Final[Mapping[str, str]] = {
    **dict.fromkeys(("description", "tags"), "field"),
    **dict.fromkeys(("metadata", "required_resource_keys"), "lost"),
}
_STARTS: Final = ("name", "minimum_interval_seconds", "default_status", "job_name", "job", "jobs")
_MONITORED: Final[Mapping[str, str]] = dict.fromkeys(
    ("monitored_jobs", "job_selection", "monitor_all_code_locations", "monitor_all_repositories"), "lost"
)
_HANDLED: Final = ("name", "key", "key_prefix", "ins", "deps", "check_specs")


def _table(*tables: Mapping[str, str], handled: tuple[str, ...] = ()) -> dict[str, str]:
    merged = {name: place for table in tables for name, place in table.items()}
    return {**merged, **dict.fromkeys(handled, "handled")}


KEYWORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "dagster.asset": _table(
        _FIELDS,
        _OP,
        _LOST,
        _RESIDUE,
        handled=(
            *_HANDLED, "compute_fn", "output_required", "non_argument_deps", "compute_kind", "required_resource_keys",
            "io_manager_key",
        ),
    ),
    "dagster.multi_asset": _table(
        {"description": "op"},
        _OP,
        {name: place for name, place in _RESIDUE.items() if name in ("config_schema", "resource_defs", "hooks")},
        handled=(
            "name", "outs", "ins", "deps", "specs", "check_specs", "internal_asset_deps", "partitions_def", "group_name", "code_version",
            "can_subset", "required_resource_keys", "compute_kind", "non_argument_deps",
        ),
    ),
    "dagster.graph_asset": _table(
        {name: place for name, place in _FIELDS.items() if name not in ("freshness_policy", "is_virtual")},
        _LOST,
        {"freshness_policy": "field"},
        {name: place for name, place in _RESIDUE.items() if name in ("config", "resource_defs", "hooks")},
        {"backfill_policy": "op"},
        handled=("compose_fn", "name", "key", "key_prefix", "ins", "check_specs"),
    ),
    "dagster.graph_multi_asset": _table(
        {name: place for name, place in _RESIDUE.items() if name in ("config", "resource_defs", "hooks")},
        {"backfill_policy": "op"},
        handled=("name", "outs", "ins", "partitions_def", "group_name", "can_subset", "check_specs"),
    ),
    "dagster.AssetSpec": _table(_FIELDS, _LOST, handled=("key", "deps", "skippable")),
    "dagster.AssetOut": _table(
        _FIELDS,
        _LOST,
        dict.fromkeys(("dagster_type", "backfill_policy"), "lost"),
        handled=("key", "key_prefix", "is_required", "io_manager_key"),
    ),
    "dagster.SourceAsset": _table(
        {name: place for name, place in _FIELDS.items() if name not in ("owners", "kinds", "code_version", "is_virtual")},
        dict.fromkeys(("io_manager_def", "resource_defs", "op_tags", "_required_resource_keys"), "lost"),
        _LOST,
        {"auto_observe_interval_minutes": "lost"},
        handled=("key", "io_manager_key", "observe_fn"),
    ),
    "dagster.observable_source_asset": _table(
        {name: place for name, place in _FIELDS.items() if name not in ("owners", "kinds", "code_version", "is_virtual")},
        dict.fromkeys(("io_manager_def", "resource_defs", "op_tags", "required_resource_keys"), "lost"),
        _LOST,
        {"auto_observe_interval_minutes": "lost"},
        handled=("observe_fn", "key", "name", "key_prefix", "io_manager_key"),
    ),
    "dagster.AssetDep": _table(handled=("asset", "partition_mapping", "metadata")),
    "dagster.AssetIn": _table(
        {"input_manager_key": "lost"},
        handled=("key", "key_prefix", "partition_mapping", "metadata", "dagster_type"),
    ),
    "dagster.AssetCheckSpec": _table(
        dict.fromkeys(("description", "blocking", "metadata"), "field"),
        dict.fromkeys(("automation_condition", "partitions_def"), "lost"),
        handled=("name", "asset", "additional_deps"),
    ),
    "dagster.asset_check": _table(
        dict.fromkeys(("description", "blocking", "metadata"), "field"),
        dict.fromkeys((
            "required_resource_keys", "resource_defs", "config_schema", "compute_kind", "op_tags", "retry_policy",
            "automation_condition", "pool", "partitions_def"), "lost",
        ),
        handled=("name", "asset", "additional_deps", "additional_ins"),
    ),
    "dagster.multi_asset_check": _table(
        dict.fromkeys((
            "name", "description", "can_subset", "compute_kind", "op_tags", "resource_defs", "required_resource_keys",
            "retry_policy", "config_schema", "ins", "pool"), "lost",
        ),
        handled=("specs",),
    ),
    "dagster.define_asset_job": _table(
        dict.fromkeys(("description", "tags", "partitions_def"), "field"),
        dict.fromkeys((
            "config", "run_tags", "metadata", "executor_def", "hooks", "op_retry_policy", "owners", "automation_condition"),
            "lost",
        ),
        handled=("name", "selection"),
    ),
    "dagster.ScheduleDefinition": _table(
        dict.fromkeys(("description", "tags"), "field"),
        dict.fromkeys((
            "run_config", "run_config_fn", "tags_fn", "metadata", "should_execute", "environment_vars", "execution_fn",
            "required_resource_keys", "owners"), "lost",
        ),
        handled=("name", "cron_schedule", "job_name", "job", "target", "execution_timezone", "default_status"),
    ),
    "dagster.schedule": _table(
        dict.fromkeys(("description", "tags"), "field"),
        dict.fromkeys((
            "tags_fn", "metadata", "should_execute", "environment_vars", "required_resource_keys", "owners"), "lost",
        ),
        handled=("name", "cron_schedule", "job_name", "job", "target", "execution_timezone", "default_status"),
    ),
    "dagster.build_schedule_from_partitioned_job": _table(
        dict.fromkeys(("description", "tags"), "field"),
        dict.fromkeys(("metadata", "owners"), "lost"),
        handled=(
            "job", "name", "minute_of_hour", "hour_of_day", "day_of_week", "day_of_month", "default_status", "cron_schedule",
            "execution_timezone",
        ),
    ),
    "dagster.sensor": _table(
        _SENSOR, dict.fromkeys(("asset_selection", "owners"), "lost"), handled=(*_STARTS, "target"),
    ),
    "dagster.asset_sensor": _table(_SENSOR, handled=(*_STARTS, "asset_key")),
    "dagster.multi_asset_sensor": _table(
        _SENSOR, dict.fromkeys(("monitored_assets", "request_assets"), "lost"), handled=_STARTS,
    ),
    "dagster.run_status_sensor": _table(
        _SENSOR, _MONITORED, {"run_status": "lost"}, handled=(*_STARTS, "request_job", "request_jobs"),
    ),
    "dagster.run_failure_sensor": _table(_SENSOR, _MONITORED, handled=(*_STARTS, "request_job", "request_jobs")),
    "dagster.AutomationConditionSensorDefinition": _table(
        dict.fromkeys((
            "name", "target", "default_status", "tags", "run_tags", "minimum_interval_seconds", "description", "metadata",
            "emit_backfills", "use_user_code_server", "default_condition"), "lost",
        ),
    ),
    "dagster.Definitions": _table(
        dict.fromkeys(("resources", "executor", "loggers", "metadata"), "lost"),
        handled=("assets", "schedules", "sensors", "jobs", "asset_checks", "component_tree"),
    ),
}  # fmt: skip
"""By the qualified name of a decorator or class."""

POSITIONAL: Final[Mapping[str, tuple[str, ...]]] = {
    "dagster.asset": ("compute_fn",),
    "dagster.graph_asset": ("compose_fn",),
    "dagster.observable_source_asset": ("observe_fn",),
    "dagster.AssetSpec": ("key",),
    "dagster.AssetOut": ("key_prefix", "key", "dagster_type", "description"),
    "dagster.SourceAsset": ("key", "metadata", "io_manager_key"),
    "dagster.AssetDep": ("asset",),
    "dagster.AssetIn": ("key", "metadata", "key_prefix", "input_manager_key", "partition_mapping", "dagster_type"),
    "dagster.AssetCheckSpec": ("name",),
    "dagster.define_asset_job": ("name", "selection", "config", "description", "tags"),
    "dagster.ScheduleDefinition": ("name",),
    "dagster.AutomationConditionSensorDefinition": ("name",),
    "dagster.Definitions": (
        "assets", "schedules", "sensors", "jobs", "resources", "executor", "loggers", "asset_checks", "metadata",
    ),
    "dagster.schedule": ("cron_schedule",),
    "dagster.sensor": ("job_name",),
    "dagster.asset_sensor": ("asset_key",),
    "dagster.multi_asset_sensor": ("monitored_assets",),
    "dagster.run_status_sensor": ("run_status",),
    "dagster.run_failure_sensor": ("name",),
    "dagster.build_schedule_from_partitioned_job": (
        "job", "description", "name", "minute_of_hour", "hour_of_day", "day_of_week", "day_of_month", "default_status", "tags",
        "cron_schedule", "execution_timezone",
    ),
}  # fmt: skip
"""Parameters that may be given by position."""

DEFAULTS: Final[Mapping[str, Any]] = {
    "emit_backfills": True,
    "use_user_code_server": False,
    "can_subset": False,
    "minimum_interval_seconds": 30,
    "default_status": Constant("dagster.DefaultSensorStatus.STOPPED"),
    "monitor_all_code_locations": False,
    "monitor_all_repositories": False,
}
"""Dagster's own defaults of arguments that have no place: with these values they are no loss."""

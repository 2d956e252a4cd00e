"""The keywords of tasks and flows, as tables: some are fields of the model, the others residue that only Prefect reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import JsonValue


@dataclass(frozen=True)
class Option:
    """A keyword of `@task` or `@flow`.

    `attribute` holds it on the object, `default` is its value if it is left out, `written` the type that a value must have to be
    written (None: it is not written, since it is no plain value).
    """

    attribute: str
    default: Any = None
    written: type | tuple[type, ...] | None = None


_HOOK: Final = {name: Option(f"{name}_hooks", []) for name in ("on_completion", "on_failure", "on_running")}

MODELLED: Final = frozenset(
    {
        "name",
        "description",
        "tags",
        "retries",
        "retry_delay_seconds",
        "retry_jitter_factor",
        "timeout_seconds",
        "asset_deps",
        "assets",
    }
)
"""Keywords of tasks that are fields of the model."""

MODELLED_BY_FLOWS: Final = frozenset({"name", "description", "retries", "retry_delay_seconds"})

TASK: Final[Mapping[str, Option]] = {
    "by": Option("materialized_by", None, str),
    "version": Option("version", None, str),
    "task_run_name": Option("task_run_name", None, str),
    "persist_result": Option("_user_persist_result", None, bool),
    "result_storage_key": Option("result_storage_key", None, str),
    "cache_result_in_memory": Option("cache_result_in_memory", default=True, written=bool),
    "log_prints": Option("log_prints", default=False, written=bool),
    "refresh_cache": Option("refresh_cache", None, bool),
    "cache_expiration": Option("cache_expiration"),
    "cache_policy": Option("_user_cache_policy"),
    "cache_key_fn": Option("cache_key_fn"),
    "result_storage": Option("result_storage"),
    "result_serializer": Option("result_serializer"),
    "retry_condition_fn": Option("retry_condition_fn"),
    "viz_return_value": Option("viz_return_value"),
    "on_rollback": Option("on_rollback_hooks", []),
    "on_commit": Option("on_commit_hooks", []),
    **_HOOK,
}

MATERIALIZING: Final = frozenset({"by"})
"""Options that only a task which materializes assets has."""

FLOW: Final[Mapping[str, Option]] = {
    "version": Option("version", None, str),
    "flow_run_name": Option("flow_run_name", None, str),
    "timeout_seconds": Option("timeout_seconds", None, (int, float)),
    "validate_parameters": Option("should_validate_parameters", default=True, written=bool),
    "persist_result": Option("persist_result", None, bool),
    "cache_result_in_memory": Option("cache_result_in_memory", default=True, written=bool),
    "log_prints": Option("log_prints", None, bool),
    "task_runner": Option("task_runner"),
    "result_storage": Option("result_storage"),
    "result_serializer": Option("result_serializer"),
    "on_cancellation": Option("on_cancellation_hooks", []),
    "on_crashed": Option("on_crashed_hooks", []),
    **_HOOK,
}

REQUIRED: Final = "required"
"""The residue of a flow that names its parameters without a default, in order."""

SUBFLOWS: Final = "subflows"
"""The residue of a flow that names the flows which it calls."""


def written(table: Mapping[str, Option]) -> frozenset[str]:
    """The options that the writers write back."""
    return frozenset(name for name, option in table.items() if option.written is not None)


def is_legal(table: Mapping[str, Option], name: str, value: JsonValue) -> bool:
    """True if Prefect takes the value of an option, and the value differs from leaving it out."""
    option = table[name]
    if option.written is None or not isinstance(value, option.written) or value == option.default:
        return False
    if isinstance(value, bool):
        return option.written is bool and (value or option.default is not False)
    if name == "timeout_seconds":
        return isinstance(value, (int, float)) and 0 < value < _LONGEST
    return bool(value)


_LONGEST: Final = 1e9
"""Seconds, about thirty years: far below what overflows a `timedelta`."""

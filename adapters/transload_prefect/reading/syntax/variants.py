"""`task.with_options(…)` and `flow.with_options(…)`: the new keywords that replace the old ones (Prefect 3.9.1, both methods)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_HOOKS: Final = frozenset({"on_completion", "on_failure", "on_running", "on_cancellation", "on_crashed"})

_UNLESS_EMPTY: Final = _HOOKS | {
    "name",
    "description",
    "cache_key_fn",
    "cache_expiration",
    "retry_condition_fn",
    "viz_return_value",
    "asset_deps",
    "flow_run_name",
    "version",
}
"""Keywords whose value replaces the old one unless it is empty."""

_UNLESS_NONE: Final = frozenset(
    # Until 3.8 no tags leave a task with the old ones.
    {"tags", "cache_result_in_memory", "timeout_seconds", "task_runner", "validate_parameters"}
)

_OF_FLOWS: Final = frozenset({"retries", "retry_delay_seconds"})

_NEVER: Final = frozenset({"by", "materialized_by"})
"""Keywords that the method accepts, and that change nothing."""


def updated_keywords(before: Mapping[str, Any], new: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The keywords of a "task", "materialize" or "flow" after `with_options`.

    >>> updated_keywords({"retries": 1, "tags": ["a"]}, {"retries": 2, "tags": None}, "task")
    {'retries': 2, 'tags': ['a']}
    """
    return {**before, **{name: value for name, value in new.items() if _replaces(name, value, kind)}}


def _replaces(name: str, value: Any, kind: str) -> bool:
    if kind == "materialize":
        return name not in _NEVER and not (name == "assets" and value is None)
    if name in _UNLESS_EMPTY:
        return value not in (None, "", [], (), {}, 0)
    return value is not None or name not in _UNLESS_NONE | (_OF_FLOWS if kind == "flow" else frozenset())

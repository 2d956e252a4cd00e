"""Every keyword of Airflow's DAGs, operators and assets (2.4 to 3.3), by the part of the model that has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

FLOW: Final = frozenset(
    {
        "catchup",
        "dag_display_name",
        "default_args",
        "description",
        "doc_md",
        "end_date",
        "is_paused_upon_creation",
        "max_active_runs",
        "params",
        "schedule",
        "schedule_interval",
        "start_date",
        "tags",
        "timetable",
    }
)
"""Keywords of a DAG that end in a field of `Flow`, or in its jobs."""

FLOW_NATIVE: Final = frozenset(
    {
        "access_control",
        "allowed_run_types",
        "auto_register",
        "concurrency",
        "dagrun_timeout",
        "deadline",
        "default_view",
        "disable_bundle_versioning",
        "fail_fast",
        "fail_stop",
        "full_filepath",
        "jinja_environment_kwargs",
        "max_active_tasks",
        "max_consecutive_failed_dag_runs",
        "on_failure_callback",
        "on_success_callback",
        "orientation",
        "owner_links",
        "render_template_as_native_obj",
        "rerun_with_latest_version",
        "sla_miss_callback",
        "template_searchpath",
        "template_undefined",
        "user_defined_filters",
        "user_defined_macros",
    }
)
"""Keywords of a DAG that only Airflow understands: kept in the residue."""

FLOW_STRUCTURE: Final = frozenset({"dag_id", "task_group"})
"""Keywords of a DAG that are its name or its tasks."""

JOB: Final = frozenset(
    {
        "doc",
        "doc_md",
        "execution_timeout",
        "inlets",
        "max_retry_delay",
        "outlets",
        "owner",
        "pool",
        "python_callable",
        "retries",
        "retry_delay",
        "retry_exponential_backoff",
        "trigger_rule",
    }
)
"""Keywords of an operator that end in a field of `Job`."""

JOB_STRUCTURE: Final = frozenset(
    {"task_id", "dag", "default_args", "task_group", "kwargs", "kwargs_to_upstream", "self"}
)
"""Keywords of an operator that are its name or its place."""

JOB_IMPLIED: Final = {
    "executor_config": {},
    "is_setup": False,
    "is_teardown": False,
    "multiple_outputs": False,
    "on_failure_fail_dagrun": False,
    "op_args": (),
    "op_kwargs": {},
    "params": {},
}
"""Arguments that Airflow's own decorators add, with the values that mean nothing."""

JOB_NATIVE: Final = frozenset(
    {
        "allow_nested_operators",
        "depends_on_past",
        "do_xcom_push",
        "doc_json",
        "doc_rst",
        "doc_yaml",
        "email",
        "email_on_failure",
        "email_on_retry",
        "end_date",
        "executor",
        "executor_config",
        "ignore_first_depends_on_past",
        "logger_name",
        "map_index_template",
        "max_active_tis_per_dag",
        "max_active_tis_per_dagrun",
        "multiple_outputs",
        "on_execute_callback",
        "on_failure_callback",
        "on_retry_callback",
        "on_skipped_callback",
        "on_success_callback",
        "params",
        "pool_slots",
        "post_execute",
        "pre_execute",
        "priority_weight",
        "queue",
        "render_template_as_native_obj",
        "resources",
        "retry_policy",
        "run_as_user",
        "sla",
        "start_date",
        "task_concurrency",
        "task_display_name",
        "wait_for_downstream",
        "wait_for_past_depends_before_skipping",
        "weight_rule",
    }
)
"""Keywords of every operator that only Airflow understands. Those of a particular operator are kept too."""

GROUP: Final[Mapping[str, Any]] = {
    "default_args": {},
    "doc_md": None,
    "expand": None,
    "group_display_name": "",
    "parent": None,
    "prefix_group_id": True,
    "tooltip": "",
    "ui_color": "CornflowerBlue",
    "ui_fgcolor": "#000",
}
"""Keywords of a task group and their defaults: all are kept in the residue of its DAG.

`expand` is what it is mapped over, `parent` the group around it where its id does not tell.
"""

GROUP_STRUCTURE: Final = frozenset({"add_suffix_on_collision", "dag", "group_id", "parent_group"})
"""Keywords of a task group that are its name or its place."""

ASSET: Final = frozenset({"name", "uri", "group", "extra", "watchers"})
"""Keywords of an asset that end in a field of `Asset`."""

ASSET_NATIVE: Final = frozenset({"access_control", "class"})
"""Keywords of an asset that only Airflow understands: kept in the residue. `class` is that of a subclass."""

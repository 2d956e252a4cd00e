"""Operators that decide, start and do something without a function ↔ the model's words for it (the standard provider for Airflow 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast, get_args

from pydantic import JsonValue

from transload.forms import Constant
from transload.model.dataflow import Decision, Rule, Start, Work
from transload_airflow.codecs.definitions import PLAIN_OPERATOR
from transload_airflow.codecs.residue import described

DECIDING: Final[Mapping[str, str]] = {
    "branch": "airflow.sdk.task.branch",
    "short_circuit": "airflow.sdk.task.short_circuit",
}
"""Kind of decision → the decorator that is written for it."""

_PYTHON: Final = "airflow.providers.standard.operators.python"
STUBS: Final[Mapping[str, str]] = {
    f"{_PYTHON}.PythonOperator": PLAIN_OPERATOR,
    f"{_PYTHON}.BranchPythonOperator": DECIDING["branch"],
    f"{_PYTHON}.ShortCircuitOperator": DECIDING["short_circuit"],
}
"""Operator that runs a function → the decorator that says the same, for a function that is still to be filled in."""

DEFAULT_RULE: Final = "all_success"

_RULES: Final = frozenset({DEFAULT_RULE, *get_args(Rule)})
_FORMER_RULES: Final = {"none_failed_or_skipped": "none_failed_min_one_success", "dummy": "always"}
"""Names of rules that Airflow 2 still took, with those that they have had since 2.2."""

_DECISIONS: Final[Mapping[str, Decision]] = {
    **dict.fromkeys(
        (
            "branch",
            "branch_external_python",
            "branch_virtualenv",
            "BranchDateTimeOperator",
            "BranchDayOfWeekOperator",
            "BranchExternalPythonOperator",
            "BranchPythonOperator",
            "BranchPythonVirtualenvOperator",
            "BranchSQLOperator",
        ),
        Decision(kind="branch"),
    ),
    **dict.fromkeys(("short_circuit", "LatestOnlyOperator", "ShortCircuitOperator"), Decision(kind="short_circuit")),
}
_NOTHING: Final = frozenset({"DummyOperator", "EmptyOperator"})
_COMMANDS: Final[Mapping[str, str]] = {"BashOperator": "bash_command", "SSHOperator": "command"}
_STATEMENTS: Final[Mapping[str, str]] = {
    "BigQueryInsertJobOperator": "configuration",
    "MySqlOperator": "sql",
    "PostgresOperator": "sql",
    "SQLExecuteQueryOperator": "sql",
    "SnowflakeOperator": "sql",
    "SqliteOperator": "sql",
}


def rule_of(value: Any) -> str | None:
    """The trigger rule that a keyword gives: "all_success" without one, None for what is no rule."""
    if isinstance(value, Constant):
        value = value.name.rpartition(".")[2].lower()
    text = DEFAULT_RULE if value is None else getattr(value, "value", value)
    text = _FORMER_RULES.get(text, text) if isinstance(text, str) else None
    return text if text in _RULES else None


def own_rule(value: Any) -> Rule | None:
    """The rule, unless it is the usual one."""
    rule = rule_of(value)
    return None if rule in (None, DEFAULT_RULE) else cast("Rule", rule)


def decision_of(operator: str) -> Decision | None:
    """The decision that a task makes about those after it."""
    return _DECISIONS.get(_short(operator))


def work_of(operator: str, kwargs: Mapping[str, Any]) -> Work | None:
    """The work of an operator that has no function: None for one that is not known here, or whose text only a run would tell."""
    name = _short(operator)
    if name in _NOTHING:
        return Work(kind="nothing")
    command, statement = kwargs.get(_COMMANDS.get(name, "")), kwargs.get(_STATEMENTS.get(name, ""))
    if isinstance(command, str):
        return Work(kind="command", text=command)
    return Work(kind="sql", text=statement) if isinstance(statement, str) else None


def start_of(operator: str, kwargs: Mapping[str, Any]) -> Start | None:
    """The DAG that a `TriggerDagRunOperator` starts, where its id is known."""
    dag_id = kwargs.get("trigger_dag_id")
    if _short(operator) != "TriggerDagRunOperator" or not isinstance(dag_id, str):
        return None
    conf = kwargs.get("conf")
    parameters: dict[str, JsonValue] = {}
    if isinstance(conf, Mapping):
        parameters = {str(key): described(value) for key, value in conf.items()}
    return Start(flow=dag_id, parameters=parameters, wait=kwargs.get("wait_for_completion") is True)


def _short(operator: str) -> str:
    return operator.rpartition(".")[2]

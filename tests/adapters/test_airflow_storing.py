"""What Airflow parses and cannot store is reported, and nothing else is: its own serialiser is the judge."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from transload.loss import Code
from transload_airflow.reading.objects import serialization
from transload_airflow.reading.objects.facts import define_all
from transload_airflow.reading.objects.serialization import last_line, unstorable

DAGS = """
    from datetime import datetime, timedelta

    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.sdk import DAG, Asset, BaseOperator, task
    from airflow.timetables.base import Timetable

    class Odd(Timetable):
        pass

    class Loader(BaseOperator):
        template_fields = ("table",)

        def __init__(self, table, **kwargs):
            super().__init__(**kwargs)
            self.table = table
            self.connection = object()

    raw = Asset("raw", "s3://lake/raw", extra={"rows": [1, None, {"a": True}]})

    with DAG("plain", schedule=[raw], tags=["a"], description="Plain.", doc_md="# Plain", max_active_runs=2):
        @task(outlets=[raw], retries=2, retry_delay=timedelta(minutes=1), doc_md="Loads.")
        def load(): ...
        load()
    with DAG("classic", schedule="@daily", start_date=datetime(2026, 1, 1)):
        EmptyOperator(task_id="t", outlets=[raw])
    with DAG("dropped", schedule=None):
        Loader(task_id="t", table="orders")
    with DAG("dated", schedule=[Asset("d", "s3://lake/d", extra={"at": datetime(2026, 1, 1)})]):
        EmptyOperator(task_id="t")
    with DAG("dated_outlet", schedule=None):
        @task(outlets=[Asset("e", "s3://lake/e", extra={"at": {1, 2}})])
        def write(): ...
        write()
    with DAG("odd", schedule=Odd()):
        EmptyOperator(task_id="t")
    with DAG("called_back", schedule=None, on_success_callback=print):
        EmptyOperator(task_id="t", on_failure_callback=lambda context: None, executor_config={"k": 1})
    with DAG("templated", schedule=None):
        Loader(task_id="t", table={"a": object})
"""

pytestmark = pytest.mark.airflow


@pytest.fixture
def dags(tmp_path: Path) -> dict[str, Any]:
    """The DAGs of the file, made by executing it as Airflow does."""
    path = tmp_path / "dags.py"
    path.write_text(dedent(DAGS), encoding="utf-8")
    scope: dict[str, Any] = {"__name__": "dags", "__file__": str(path)}
    made: dict[str, Any] = {}
    sdk = importlib.import_module("airflow.sdk")
    before = sdk.DAG.__enter__

    def entered(dag: Any) -> Any:
        made[dag.dag_id] = dag
        return before(dag)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sdk.DAG, "__enter__", entered)
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), scope)  # noqa: S102 - the file above
    return made


def refused(dags: dict[str, Any]) -> set[str]:
    """The DAGs that Airflow's serialiser, asked for each of them, gives no JSON of."""
    module = importlib.import_module("airflow.serialization.serialized_objects")
    serialiser = getattr(module, "DagSerialization", None) or module.SerializedDAG
    return {dag_id for dag_id, dag in dags.items() if _is_refused(dag, serialiser)}


def _is_refused(dag: Any, serialiser: Any) -> bool:
    try:
        json.dumps(serialiser.to_dict(dag))
    except Exception:  # noqa: BLE001 - any refusal counts
        return True
    return False


def reported(dags: dict[str, Any]) -> dict[str, Any]:
    return {loss.subject: loss for loss in unstorable(dags.values(), define_all(dags.values(), None))}


def test_what_the_serialiser_refuses_is_what_is_reported(dags: dict[str, Any]) -> None:
    """Attributes that the serialiser leaves out are no reason; values of `extra` and timetables that it has no form for are."""
    losses = reported(dags)

    assert set(losses) == {f"flow {dag_id}" for dag_id in refused(dags)}
    assert {"flow dated", "flow dated_outlet", "flow odd"} <= set(losses)
    assert losses.keys().isdisjoint({"flow plain", "flow classic", "flow dropped", "flow called_back"})
    assert {loss.code for loss in losses.values()} == {Code.NOT_SERIALISABLE}
    assert all(loss.message.startswith("Airflow cannot store this DAG: ") for loss in losses.values())


def test_an_attribute_that_the_serialiser_drops_does_not_hide_the_rest(dags: dict[str, Any]) -> None:
    """An operator keeps an object that is no JSON; Airflow stores the DAG without it, and so nothing is reported."""
    module = importlib.import_module("airflow.serialization.serialized_objects")
    serialiser = getattr(module, "DagSerialization", None) or module.SerializedDAG
    (task,) = serialiser.to_dict(dags["dropped"])["dag"]["tasks"]

    assert "connection" not in task["__var"]
    assert task["__var"]["table"] == "orders"


def test_only_a_plain_dag_is_spared_the_serialiser(dags: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The short cut takes what can always be stored, and no more."""
    asked: list[str] = []
    reason = serialization._storing_error

    def noted(dag: Any, serialiser: Any) -> str | None:
        asked.append(dag.dag_id)
        return reason(dag, serialiser)

    monkeypatch.setattr(serialization, "_storing_error", noted)
    reported(dags)

    assert set(dags) - set(asked) == {"plain"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("one\n  two \n\n", "two"), ("only", "only"), (" \n ", "No reason was given."), ("", "No reason was given.")],
)
def test_the_last_line_of_a_message_is_its_reason(text: str, expected: str) -> None:
    """Empty ones do not count."""
    assert last_line(text) == expected

"""Branches, trigger rules and starts of other DAGs: read alike by both readers, kept by Airflow, and said where another tool has none."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import pytest

from transload.loss import Severity
from transload.model.dataflow import Decision, Start, Work
from transload.model.graph import AssetGraph
from transload.projects import write
from transload.reader import Options, Way, read
from transload.translator import translate

GATE: Final = """
from datetime import datetime
from airflow.sdk import DAG, Asset, TriggerRule, task
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator

good, bad = Asset("s3://lake/good"), Asset("s3://lake/quarantine")

with DAG("gate", schedule="@daily", start_date=datetime(2024, 1, 1)):

    @task.branch
    def choose():
        return "publish"

    @task(outlets=[good])
    def publish(): ...

    @task(outlets=[bad])
    def quarantine(): ...

    @task(trigger_rule="one_failed")
    def page(): ...

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def cleanup(): ...

    both = [publish(), quarantine()]
    choose() >> both
    both >> page()
    both >> cleanup()
    EmptyOperator(task_id="start") >> BashOperator(task_id="count", bash_command="wc -l")
    TriggerDagRunOperator(task_id="next", trigger_dag_id="report", conf={"day": 1}, wait_for_completion=True)
"""


def gate(folder: Path, way: Way = Way.STATIC) -> AssetGraph:
    (folder / "gate.py").write_text(GATE, encoding="utf-8")
    return read(f"airflow:{folder}", Options(way=way, python=sys.executable)).graph


def expect_control(graph: AssetGraph) -> None:
    job = graph.job
    assert job["gate.choose"].decision == Decision(kind="branch")
    assert {name: each.rule for name, each in job.items() if each.rule} == {
        "gate.page": "one_failed",
        "gate.cleanup": "all_done",
    }
    assert job["gate.start"].work == Work(kind="nothing")
    assert job["gate.count"].work == Work(kind="command", text="wc -l")
    assert job["gate.next"].starts == Start(flow="report", parameters={"day": 1}, wait=True)


def test_control_flow_is_read_from_the_syntax(tmp_path: Path) -> None:
    expect_control(gate(tmp_path))


@pytest.mark.airflow
def test_control_flow_is_read_from_the_objects(tmp_path: Path) -> None:
    expect_control(gate(tmp_path, Way.LOAD))


@pytest.mark.airflow
def test_what_is_written_decides_and_waits_in_airflow(tmp_path: Path) -> None:
    translation = translate(gate(tmp_path), "airflow")
    write(translation, tmp_path / "new")
    loaded = read(f"airflow:{tmp_path / 'new' / 'dags'}", Options(way=Way.LOAD, python=sys.executable)).graph
    assert loaded.job["gate.choose"].decision == Decision(kind="branch")
    assert "@task.branch" in (tmp_path / "new/dags/gate.py").read_text(encoding="utf-8")
    assert loaded.job["gate.page"].rule == "one_failed"


@pytest.mark.parametrize(
    ("tool", "job", "field", "sentence"),
    [
        ("prefect", "gate.choose", "decision", "here all of them run: gate.publish, gate.quarantine."),
        ("dagster", "gate.choose", "decision", "here all of them run: gate.publish, gate.quarantine."),
        ("prefect", "gate.page", "rule", "as soon as one task before it has failed; here it runs once all"),
        ("prefect", "gate.next", "starts", "It started a run of the flow report and waited for its end"),
    ],
)
def test_a_tool_without_it_says_what_runs_now(tmp_path: Path, tool: str, job: str, field: str, sentence: str) -> None:
    losses = translate(gate(tmp_path), tool).losses
    (loss,) = [loss for loss in losses if loss.subject == f"job {job}" and loss.field == field]
    assert loss.severity is Severity.APPROXIMATED
    assert sentence in loss.message


def test_a_rule_that_airflow_does_not_have_is_kept_as_it_was_read(tmp_path: Path) -> None:
    text = GATE.replace('"one_failed"', '"one_fell"')
    (tmp_path / "gate.py").write_text(text, encoding="utf-8")
    job = read(f"airflow:{tmp_path}", Options(way=Way.STATIC)).graph.job["gate.page"]
    assert job.rule is None
    assert job.native["airflow"]["arguments"] == {"trigger_rule": "one_fell"}

"""The checks of an asset run in Airflow: `dag.test()` on a database of its own is the judge."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from transload.loss import Code
from transload.model import document
from transload.model.graph import AssetGraph
from transload.translator import prepare
from transload.writing.formatting import format_sources
from transload.writing.project import write_project
from transload_airflow import adapter

from .quality import ORDERS, PROJECT, RUNS, checked

PROGRAM = """
import json, sys
import etl
run = etl.DAG_OF_TEST.test()
print("STATES " + json.dumps({each.task_id: str(each.state) for each in run.get_task_instances()}))
"""

OBJECTS = """
# Airflow parses a file only if it says airflow and dag.
from pathlib import Path
from transload.model import document
from transload.model.graph import AssetGraph
from transload.translator import prepare
from transload_airflow import adapter

text = Path(__file__).with_name("graph.json").read_text()
DAG_OF_TEST = adapter.runtime.build(prepare(document.loads(text, where="graph.json"), adapter)).objects["etl"]
for task_id in ("make", "use"):
    DAG_OF_TEST.get_task(task_id).python_callable = lambda: None
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database of Airflow."""
    root = tmp_path_factory.mktemp("airflow")
    _airflow(_environment(root), "db", "migrate")
    return root


def _airflow(environment: dict[str, str], *arguments: str) -> None:
    command = [sys.executable, "-m", "airflow", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _environment(home: Path, *folders: Path) -> dict[str, str]:
    return {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__DAGS_FOLDER": str((*folders, home)[0]),
        "PYTHONPATH": os.pathsep.join([*map(str, folders), *sys.path]),
    }


def _project(root: Path, graph: AssetGraph) -> None:
    """The written DAG, whose other tasks are filled in; the same as objects; and the project that the checks are in."""
    write_project(root, format_sources(adapter.source.write(prepare(graph, adapter))))
    dag = root / "dags" / "etl.py"
    stub = 'raise NotImplementedError("Fill in the body of the original.")'
    assert dag.read_text().count(stub) == 2
    dag.write_text(dag.read_text().replace(stub, "return None") + "\nDAG_OF_TEST = make_task.operator.dag\n")
    files = {
        "objects/etl.py": OBJECTS,
        "objects/graph.json": document.dumps(graph),
        # A package in full: a module of its name, left on the path by another test, would come before its folder alone.
        "shop/__init__.py": "",
        "shop/quality.py": PROJECT,
    }
    for path, text in files.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text)


def _run(home: Path, root: Path, folder: str) -> tuple[dict[str, str], str]:
    """What became of each task, and what was logged."""
    command = [sys.executable, "-c", PROGRAM]
    environment = _environment(home, root / folder, root)
    if metadata.version("apache-airflow-core").startswith("3.1."):
        # Later ones do it in `dag.test()`.
        _airflow(environment, "dags", "reserialize")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=180)
    said = [line for line in done.stdout.splitlines() if line.startswith("STATES ")]
    assert said, done.stdout + done.stderr
    states = json.loads(said[0].removeprefix("STATES "))
    return {task.split("_")[0]: state for task, state in states.items()}, done.stdout + done.stderr


@pytest.mark.airflow
@pytest.mark.parametrize(("check", "blocking", "states", "said"), RUNS)
def test_a_check_runs_after_its_asset_is_made_and_holds_back_who_reads_it_if_it_is_blocking(
    home: Path,
    tmp_path: Path,
    check: str,
    blocking: bool,
    states: dict[str, str],
    said: str,
) -> None:
    """In written source, and for the most telling case in objects."""
    _project(tmp_path, checked(check, blocking=blocking))

    for folder in ("dags", "objects") if (check, blocking) == ("bad", True) else ("dags",):
        found, logged = _run(home, tmp_path, folder)

        assert found == {task: state.replace("held back", "upstream_failed") for task, state in states.items()}, logged
        assert said in logged


def test_the_losses_say_where_each_check_runs_and_what_differs() -> None:
    losses = prepare(checked("good", blocking=True), adapter).losses

    (loss,) = [each for each in losses if each.code is Code.ASSET_CHECKS]
    assert loss.field == "checks[complete]"
    assert "The task check_orders_complete runs it." in loss.message
    assert "other DAGs start even where it fails" in loss.message


def test_a_check_of_what_nobody_writes_is_kept_and_said_to_run_nowhere() -> None:
    graph = checked("good", blocking=True)
    translation = prepare(graph.replaced(jobs=[graph.job["use"]], flows=[]), adapter)

    (loss,) = [each for each in translation.losses if each.code is Code.ASSET_CHECKS]
    assert "nothing in Airflow runs it" in loss.message
    assert translation.expected.asset[ORDERS].checks == graph.asset[ORDERS].checks

"""The checks of an asset run in Prefect: a call of the flow is the judge."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from transload.loss import Code
from transload.model import document
from transload.model.graph import AssetGraph
from transload.translator import prepare
from transload.writing.formatting import format_sources
from transload.writing.project import write_project
from transload_prefect import adapter

from .quality import PROJECT, RUNS, checked

SERVER = """
import sys
from prefect.settings import PREFECT_API_URL
from prefect.testing.utilities import prefect_test_harness
with prefect_test_harness(server_startup_timeout=300):
    print(f"API {PREFECT_API_URL.value()}", flush=True)
    sys.stdin.read()
"""

PROGRAM = """
import json
import time
from prefect import get_client
from prefect.client.schemas.filters import FlowRunFilter
from flows import etl
ended = etl(return_state=True)
raised = ended.result(raise_on_failure=False)
error = f"{type(raised).__name__}: {raised}" if isinstance(raised, Exception) else ""
own = FlowRunFilter(id={"any_": [ended.state_details.flow_run_id]})
states, before = {}, None
with get_client(sync_client=True) as client:
    # The server hears of the last states after the flow has ended.
    for _ in range(300):
        runs = client.read_task_runs(flow_run_filter=own)
        states = {each.name.rsplit("-", 1)[0]: each.state_type.value for each in runs}
        if states == before and set(states.values()) <= {"COMPLETED", "FAILED"}:
            break
        before = states
        time.sleep(0.1)
print("STATES " + json.dumps([states, error]))
"""

OBJECTS = """
from pathlib import Path
from transload.model import document
from transload.translator import prepare
from transload_prefect import adapter

text = Path(__file__).with_name("graph.json").read_text()
built = adapter.runtime.build(prepare(document.loads(text, where="graph.json"), adapter)).objects
etl = built.flows["etl"]
for name in ("make", "use"):
    built.tasks[name].fn = lambda: None
"""


def _project(root: Path, graph: AssetGraph) -> None:
    """The written flow, whose other tasks are filled in; the same as objects; and the project that the checks are in."""
    write_project(root, format_sources(adapter.source.write(prepare(graph, adapter))))
    flows = root / "flows.py"
    filled = "\n".join("    pass" if "Move the code of" in line else line for line in flows.read_text().splitlines())
    assert filled.count("    pass") == 2
    flows.write_text(filled)
    files = {
        "objects/flows.py": OBJECTS,
        "objects/graph.json": document.dumps(graph),
        # A package in full: a module of its name, left on the path by another test, would come before its folder alone.
        "shop/__init__.py": "",
        "shop/quality.py": PROJECT,
    }
    for path, text in files.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server for all cases, each of which looks at its own run only: one takes ten seconds to start."""
    environment = {**os.environ, "PREFECT_HOME": str(tmp_path_factory.mktemp("server"))}
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", SERVER], env=environment, text=True, **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield next(line for line in process.stdout if line.startswith("API ")).split()[1]
        process.stdin.close()


def _run(api: str, folder: Path, root: Path) -> tuple[dict[str, str], str]:
    """What became of each task that ran, and what was logged."""
    environment = {
        **os.environ,
        "PREFECT_API_URL": api,
        "PREFECT_HOME": str(root / "home"),
        "PYTHONPATH": os.pathsep.join([str(folder), str(root), *sys.path]),
    }
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=180)
    printed = [line for line in done.stdout.splitlines() if line.startswith("STATES ")]
    assert printed, done.stdout + done.stderr
    states, error = json.loads(printed[0].removeprefix("STATES "))
    return {task.split("_")[0]: state for task, state in states.items()}, done.stdout + done.stderr + error


@pytest.mark.prefect
@pytest.mark.parametrize(("check", "blocking", "states", "said"), RUNS)
def test_a_check_runs_after_its_asset_is_made_and_holds_back_who_reads_it_if_it_is_blocking(
    tmp_path: Path, api: str, check: str, blocking: bool, states: dict[str, str], said: str
) -> None:
    """In written source, and for the most telling case in objects."""
    _project(tmp_path, checked(check, blocking=blocking))
    expected = {
        task: {"success": "COMPLETED", "failed": "FAILED"}[state]
        for task, state in states.items()
        if state != "held back"
    }

    for folder in (tmp_path, tmp_path / "objects") if (check, blocking) == ("bad", True) else (tmp_path,):
        found, logged = _run(api, folder, tmp_path)

        assert found == expected, logged
        assert said in logged


def test_the_losses_say_where_each_check_runs_and_what_differs() -> None:
    losses = prepare(checked("good", blocking=True), adapter).losses

    (loss,) = [each for each in losses if each.code is Code.ASSET_CHECKS]
    assert loss.field == "checks[complete]"
    assert "The task check_orders_complete runs it." in loss.message
    assert "ends the flow" in loss.message

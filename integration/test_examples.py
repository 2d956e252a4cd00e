"""Three examples, each translated from tool to tool and run in each: the partitions and the runs are the same, or differ as stated."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

import pytest

from tests.simulation.judging import Worker
from transload import read, translate
from transload.difference import differences
from transload.model.graph import AssetGraph
from transload.projects import write

pytestmark = [pytest.mark.airflow, pytest.mark.dagster, pytest.mark.prefect]

EXAMPLES: Final = Path(__file__).parent / "examples"
ROOT: Final = Path(__file__).parents[1]
CLICKS: Final = "s3://lake/clicks"


@contextmanager
def asked(program: str, home: Path, **environment: str) -> Iterator[Worker]:
    """A tool at work on a project, in a process of its own."""
    home.mkdir()
    homes = {f"{tool}_HOME": str(home) for tool in ("AIRFLOW", "DAGSTER", "PREFECT")}
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    database = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db"}
    worker = Worker(
        str(EXAMPLES / "driving" / program), home, {**homes, **database, "PYTHONPATH": paths, **environment}
    )
    try:
        yield worker
    finally:
        worker.close()


def translated(graph: AssetGraph, tool: str, root: Path) -> Path:
    """The project of a graph in a tool."""
    write(translate(graph, tool), root)
    return root


class _Filled(ast.NodeTransformer):
    def __init__(self, code: str) -> None:
        self.code = code

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        if isinstance(node.body[-1], ast.Raise):
            node.body[-1:] = ast.parse(self.code.replace("NAME", repr(node.name))).body
        return node


def filled(project: Path, code: str) -> None:
    """The stubs of a project get a body."""
    for path in project.rglob("*.py"):
        tree = _Filled(code).visit(ast.parse(path.read_text(encoding="utf-8")))
        path.write_text(ast.unparse(tree), encoding="utf-8")


# Hourly → daily: Airflow → Dagster → Airflow

DAY: Final = datetime(2026, 3, 2, tzinfo=timezone.utc)
HOURS: Final = [f"2026-03-02T{hour:02}:00" for hour in range(24)]
READ: Final = """
context = dg.AssetExecutionContext.get()
assets = [dep for dep in context.assets_def.asset_deps[context.asset_key]]
return dg.MaterializeResult(metadata={
    dep.to_user_string(): list(context.asset_partition_keys_for_input("_".join(dep.path))) for dep in assets})
"""
"""What takes the place of the code that is still to be moved into each function: it tells which partitions it reads."""


def test_an_hourly_to_daily_roll_up_goes_from_airflow_to_dagster_and_back(tmp_path: Path) -> None:
    """Dagster's day is made of the hours that Airflow waits for, and the way back gives the same DAGs."""
    original = read(f"airflow:{EXAMPLES}/hourly_to_daily/dags").graph
    in_dagster = translated(original, "dagster", tmp_path / "dagster")
    again = read(f"dagster:{in_dagster}").graph
    in_airflow = translated(again, "airflow", tmp_path / "airflow")
    assert differences(original, read(f"airflow:{in_airflow}/dags").graph) == ()

    filled(in_dagster, READ)
    source = {"PROJECT": str(in_dagster / "src"), "MODULE": "dagster_project.definitions"}
    with asked("dagster_partitions.py", tmp_path / "ran-dagster", **source) as dagster:
        assert dagster.ask(["clicks", HOURS]) == [[hour, {}] for hour in HOURS]
        assert dagster.ask(["visits", ["2026-03-02"]]) == [["2026-03-02", {"clicks": HOURS}]]

    for name, dags in (("original", EXAMPLES / "hourly_to_daily" / "dags"), ("back", in_airflow / "dags")):
        with asked("airflow_updates.py", tmp_path / f"ran-{name}", PROJECT=str(dags)) as airflow:
            assert airflow.ask(_hour_by_hour()) == _runs_of_a_day(), name


def _hour_by_hour() -> list[Any]:
    """After each hour the scheduler looks; the hour is loaded; the scheduler looks again."""
    steps: list[Any] = []
    for number, key in enumerate(HOURS, start=1):
        at = DAY + timedelta(hours=number)
        steps += [_evaluate(at, 1), ["update", CLICKS, key], _evaluate(at, 9)]
    return steps


def _evaluate(at: datetime, minutes: int) -> list[str]:
    return ["evaluate", (at + timedelta(minutes=minutes)).isoformat()]


def _runs_of_a_day() -> list[list[list[str]]]:
    found: list[list[list[str]]] = [each for hour in HOURS for each in ([["clicks", hour]], [])]
    found[-1] = [["visits", "2026-03-02"]]
    return found

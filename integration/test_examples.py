"""Three examples, each translated from tool to tool and run in each: the partitions and the runs are the same, or differ as stated."""

from __future__ import annotations

import ast
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from tests.simulation.judging import Worker

from transload import read, translate
from transload.counterparts import firings, known_tools
from transload.difference import differences
from transload.model.graph import AssetGraph
from transload.model.identity import identify
from transload.model.triggers import AllOf, AnyOf, Cron, Updated
from transload.projects import write
from transload.triggering import Context, Evaluate, Step, Update

pytestmark = [pytest.mark.airflow, pytest.mark.dagster, pytest.mark.prefect]

EXAMPLES: Final = Path(__file__).parent / "examples"
ROOT: Final = Path(__file__).parents[1]
TABLE: Final = (ROOT / "docs" / "triggers.md").read_text(encoding="utf-8")
WALKS: Final = (ROOT / "docs" / "partitions.md").read_text(encoding="utf-8")
CLICKS: Final = "s3://lake/clicks"
START: Final = "2026-03-02T00:00:00+00:00"
"""When Airflow parses the DAGs first."""


@contextmanager
def asked(program: str, home: Path, **environment: str) -> Iterator[Worker]:
    """A tool at work on a project, in a process of its own."""
    home.mkdir()
    homes = {f"{tool}_HOME": str(home) for tool in ("AIRFLOW", "DAGSTER", "PREFECT")}
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    database = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db"}
    worker = Worker(
        str(EXAMPLES / "driving" / program),
        home,
        {**homes, **database, "PYTHONPATH": paths, "START": START, **environment},
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
        last = node.body[-1]
        if isinstance(last, ast.Raise) or (isinstance(last, ast.Expr) and isinstance(last.value, ast.Constant)):
            node.body[-1:] = ast.parse(self.code).body
        return node


def filled(project: Path, code: str) -> None:
    """The stubs of a project, and functions of a docstring alone, get a body."""
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
    dags = str(in_airflow / "dags")
    with (
        asked("dagster_partitions.py", tmp_path / "ran-dagster", **source) as dagster,
        asked("airflow_updates.py", tmp_path / "ran-airflow", PROJECT=dags) as airflow,
    ):
        ticks = [(DAY + timedelta(hours=number)).isoformat() for number in range(1, 25)]
        assert [dagster.ask(["clicks_job_schedule", tick]) for tick in ticks] == [[hour] for hour in HOURS]
        assert dagster.ask(["clicks", HOURS]) == [[hour, {}] for hour in HOURS]
        assert dagster.ask(["visits", ["2026-03-02"]]) == [["2026-03-02", {"clicks": HOURS}]]
        assert airflow.ask(_hour_by_hour()) == _runs_of_a_day()


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


# Two dimensions: Dagster → Airflow → Prefect

DAYS: Final = ["2026-03-28", "2026-03-29", "2026-03-30"]
"""Around the hour that Berlin's clock skips: the day in the middle has 23 hours."""

SALES: Final = [f"{day}|{region}" for day in DAYS for region in ("emea", "us")]
RECORDED: Final = """
import json, os
from prefect.context import TaskRunContext
start, end = partition.window
reads = {dep.key: partition.upstream(dep) for dep in TaskRunContext.get().task.asset_deps}
with open(os.environ["RECORD"], "a") as file:
    file.write(json.dumps([partition.key, (end.timestamp() - start.timestamp()) / 3600, reads]) + "\\n")
"""


def test_two_dimensions_go_from_dagster_to_airflow_to_prefect(tmp_path: Path) -> None:
    """The keys that Dagster lists are those of the runs that Airflow starts, and a run in Prefect reads what Dagster's does."""
    shop = Path(shutil.copytree(EXAMPLES / "region_by_day", tmp_path / "shop"))
    in_airflow = translated(read(f"dagster:{shop}").graph, "airflow", tmp_path / "airflow")
    in_prefect = translated(read(f"airflow:{in_airflow}/dags").graph, "prefect", tmp_path / "prefect")

    filled(shop, READ)
    filled(in_prefect, RECORDED)
    source = {"PROJECT": str(in_prefect), "RECORD": str(tmp_path / "record")}
    with (
        asked("dagster_partitions.py", tmp_path / "ran-dagster", PROJECT=str(shop), MODULE="shop") as dagster,
        asked("airflow_updates.py", tmp_path / "ran-airflow", PROJECT=str(in_airflow / "dags")) as airflow,
        asked("prefect_runs.py", tmp_path / "ran-prefect", **source) as prefect,
    ):
        days, keys = dagster.ask(["orders", None]), dagster.ask(["sales", None])
        ran = dagster.ask(["sales", SALES])
        updates = [["update", "dagster://default/orders", day] for day in days]
        (runs,) = airflow.ask([*updates, _evaluate(DAY, 0)])
        told = prefect.ask(["sales_flow", SALES])

    assert ran == [[key, {"orders": [key.partition("|")[0]]}] for key in SALES]
    assert sorted(key for dag, key in runs if dag == "sales") == sorted(keys)
    assert [[key, {"orders": found["dagster://default/orders"]}] for key, _, found in told] == ran
    assert [hours for _, hours, _ in told] == [24, 24, 23, 23, 24, 24]


# A nested schedule in all three

ASSETS: Final = {name: identify(f"s3://lake/{name}") for name in ("orders", "stock", "report")}
ORDERS, STOCK = ASSETS["orders"], ASSETS["stock"]
MORNING: Final = Cron(expression="0 6 * * *", timezone="UTC")
NOON: Final = "2026-03-02T12:00:00+00:00"
STEPS: Final = [
    ("", "13:00"),
    ("orders", "14:00"),
    ("stock", "15:00"),
    ("orders stock", "16:00"),
    ("", "17:00"),
    ("orders stock orders stock", "18:00"),
    ("", "19:00"),
    ("orders stock", "next 06:00"),
    ("", "next 07:00"),
    ("", "next 08:00"),
]
"""What is updated before each evaluation, and when this is."""

RUNS: Final = {
    "airflow": [0, 0, 1, 1, 0, 1, 0, 1, 1, 0],
    "dagster": [0, 0, 1, 0, 0, 1, 0, 2, 0, 0],
    "prefect": [0, 0, 1, 1, 0, 2, 0, 2, 0, 0],
}
"""The runs of the report at each evaluation.

Dagster forgets the updates in the tick after a request, and makes one run of four updates; Prefect makes two. Of an update and a tick at
once Airflow makes a run each, one loop after the other.
"""


def test_a_nested_schedule_fires_in_each_tool_as_the_table_says(tmp_path: Path) -> None:
    """`(orders & stock) | cron`, written by hand for Airflow and translated to the others: the same updates and ticks for all."""
    original = read(f"airflow:{EXAMPLES}/nested_schedule/dags").graph
    in_dagster = translated(original, "dagster", tmp_path / "dagster")
    in_prefect = translated(original, "prefect", tmp_path / "prefect")
    (trigger,) = [each.trigger for each in original.flow["report"].schedules if each.trigger is not None]
    assert trigger == AnyOf(parts=(MORNING, AllOf(parts=(Updated(asset=ORDERS), Updated(asset=STOCK)))))

    dags = str(EXAMPLES / "nested_schedule" / "dags")
    source = {"PROJECT": str(in_dagster / "src"), "MODULE": "dagster_project.definitions", "ASSET": "report"}
    with (
        asked("airflow_updates.py", tmp_path / "ran-airflow", PROJECT=dags, START=NOON) as airflow,
        asked("dagster_conditions.py", tmp_path / "ran-dagster", **source) as dagster,
        asked("prefect_triggers.py", tmp_path / "ran-prefect") as prefect,
    ):
        ran = airflow.ask(_steps("s3://lake/"))
        assert [[dag for dag, _ in runs].count("report") for runs in ran] == RUNS["airflow"]
        assert dagster.ask(_steps("")) == RUNS["dagster"]
        case = {"deployments": _deployments(in_prefect), "start": NOON, "steps": _steps("s3://lake/")}
        assert prefect.ask(case) == [RUNS["prefect"]]

    for tool, runs in RUNS.items():
        context = Context(asset=ASSETS["report"], start=datetime.fromisoformat(NOON))
        assert list(map(len, firings(trigger, _model_steps(), tool, context=context))) == runs, tool
        if tool != "airflow":
            assert known_tools().equivalence(trigger, "airflow", tool, context).difference in TABLE


def test_the_documentation_shows_these_runs() -> None:
    rows = [
        f"| {', '.join(updated.split()) or 'nothing'}{' and 06:00' if '06:00' in when else ''} | {' | '.join(map(str, runs))} |"
        for (updated, when), *runs in zip(STEPS, *RUNS.values(), strict=True)
    ]
    assert "\n".join(rows) in WALKS


def _steps(prefix: str) -> list[Any]:
    found: list[Any] = []
    for updated, when in STEPS:
        day, hour = ("2026-03-03T", when.removeprefix("next ")) if when.startswith("next") else ("2026-03-02T", when)
        found += [["update", f"{prefix}{name}", None] for name in updated.split()]
        found.append(["evaluate", f"{day}{hour}:00+00:00"])
    return found


def _model_steps() -> list[Step]:
    return [
        Update(ASSETS[what]) if kind == "update" else Evaluate(datetime.fromisoformat(what))
        for kind, what, *_ in _steps("")
    ]


def _deployments(project: Path) -> list[Any]:
    """The schedules and triggers of the report, as its prefect.yaml has them."""
    listed = yaml.safe_load((project / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    return [each for each in listed if each["entrypoint"] == "flows.py:report"]

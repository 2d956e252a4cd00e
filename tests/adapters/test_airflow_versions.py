"""What is written says which Airflow it needs, and that is so."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import pytest

from transload.model.assets import Asset
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import identify
from transload.model.jobs import Flow, Job, Schedule, Write
from transload.model.partitions import (
    CalendarUnit,
    FloorMapping,
    IdentityMapping,
    PartitionMapping,
    RollupMapping,
    RuntimePartitions,
    TimePartitions,
    Window,
)
from transload.model.triggers import Cron, Updated
from transload.translator import prepare
from transload.writing.formatting import format_sources
from transload_airflow import adapter
from transload_airflow.writing.versions import NEXT, SINCE

RAW = identify("s3://lake/raw")
DAY = FloorMapping(unit=CalendarUnit.DAY)


def consumer(mapping: PartitionMapping | None) -> AssetGraph:
    flow = Flow(name="f", schedules=(Schedule(trigger=Updated(asset=RAW, mapping=mapping)),))
    return graph_of([Asset(id=RAW)], flows=[flow])


def producer() -> AssetGraph:
    partitions = TimePartitions(cron="0 0 * * *", format="%Y-%m-%d")
    flow = Flow(
        name="f", jobs=("f.w",), partitions=partitions, schedules=(Schedule(trigger=Cron(expression="0 0 * * *")),)
    )
    return graph_of([Asset(id=RAW, partitions=partitions)], [Job(name="f.w", writes=(Write(asset=RAW),))], [flow])


GRAPHS = {
    "plain": (consumer(None), "3.1"),
    "time": (producer(), "3.2"),
    "day": (consumer(DAY), "3.2"),
    "limited": (consumer(IdentityMapping(limit=3)), "3.3"),
    "rollup": (consumer(RollupMapping(upstream=DAY, window=Window(unit=CalendarUnit.DAY))), "3.3"),
    "runtime": (graph_of(flows=[Flow(name="f", partitions=RuntimePartitions())]), "3.3"),
}
EACH = pytest.mark.parametrize("name", GRAPHS)


def files(graph: AssetGraph) -> dict[str, str]:
    return dict(format_sources(adapter.source.write(prepare(graph, adapter))))


def installed() -> tuple[int, ...]:
    return tuple(map(int, importlib.metadata.version("apache-airflow-core").split(".")[:2]))


@EACH
def test_a_project_says_the_oldest_airflow_that_it_runs_on(name: str) -> None:
    """In its requirements, its README, and the file that needs it."""
    graph, oldest = GRAPHS[name]
    written = files(graph)
    following = ".".join(map(str, NEXT))

    assert written["requirements.txt"].startswith(f"apache-airflow-core>={oldest},<{following}\n")
    assert f"Airflow {oldest} or later" in written["README.md"]
    assert (f"Needs Airflow {oldest} or later" in written["dags/f.py"]) == (oldest != "3.1")


IMPORTING = """
import sys
for name in sys.argv[1:]:
    sys.path.insert(0, f"{name}/dags")
    for module in ("f", "transload_assets"):
        sys.modules.pop(module, None)
    try:
        import f
        print(name)
    except (ImportError, TypeError):
        pass
"""


@pytest.mark.airflow
def test_it_imports_exactly_where_it_says_so(tmp_path: Path) -> None:
    """By the Airflow that is installed."""
    for name, (graph, _) in GRAPHS.items():
        for path, text in files(graph).items():
            (tmp_path / name / path).parent.mkdir(exist_ok=True, parents=True)
            (tmp_path / name / path).write_text(text, encoding="utf-8")
    command = [sys.executable, "-W", "ignore", "-c", IMPORTING, *GRAPHS]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)

    expected = [name for name, (_, oldest) in GRAPHS.items() if installed() >= tuple(map(int, oldest.split(".")))]
    assert done.stdout.split() == expected


@pytest.mark.airflow
def test_the_table_of_versions_is_that_of_airflow() -> None:
    """Each class is there from the version on that the table gives."""
    from airflow import sdk

    own = {name: since for name, since in SINCE.items() if "." not in name}
    assert {name: hasattr(sdk, name) for name in own} == {name: installed() >= since for name, since in own.items()}


@pytest.mark.airflow
def test_airflow_takes_the_plugins_classes_from_the_version_that_the_table_gives() -> None:
    from airflow.plugins_manager import AirflowPlugin

    needed = {since for name, since in SINCE.items() if "." in name}
    assert {installed() >= since for since in needed} == {hasattr(AirflowPlugin, "partition_mappers")}


def test_the_readme_speaks_of_files_that_are_there_only() -> None:
    """Of the manifest where something is carried, of the assets where there are any."""
    plain = files(graph_of(flows=[Flow(name="f")]))
    full = files(graph_of([Asset(id=RAW, title="Raw")], [Job(name="f.w", writes=(Write(asset=RAW),), tags={"a": ""})]))

    for written in (plain, full):
        mentioned = set(re.findall(r"`(dags/[^`]+)`", written["README.md"]))
        assert mentioned == {"dags/transload_assets.py", "dags/transload.json"} & set(written)
    assert "dags/transload.json" in full
    assert "if it is there" not in full["README.md"]

"""Airflow's own run events and the static events of three projects are one graph, in which nothing stands twice."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any, Final

import pytest
from tests.core.lineage import openmetadata
from tests.core.lineage.marquez import Marquez

from transload.lineage.dialects import DIALECTS
from transload.lineage.events import Settings, serialised, static_events
from transload.loss import Code
from transload.model.identity import identify, logical
from transload.reader import Options, Way, read_all

Event = Mapping[str, Any]
Name = tuple[str, str]

PROVIDER: Final = "apache-airflow-providers-openlineage"


def _installed(distribution: str) -> bool:
    try:
        importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


pytestmark = [
    pytest.mark.airflow,
    pytest.mark.skipif(
        not _installed(PROVIDER) and "TRANSLOAD_JUDGES" not in os.environ, reason=f"{PROVIDER} is not installed"
    ),
]

AIRFLOW: Final = """
    from airflow.sdk import DAG, Asset, task

    raw = Asset("raw_orders", "s3a://lake/raw/orders/")
    clicks = Asset("clicks", "abfs://events@acme.dfs.core.windows.net/clicks")
    orders = Asset("orders", "postgresql+psycopg2://loader@warehouse/shop/public/orders")
    features = Asset("features", "dagster://default/ml/features")
    published = Asset("published", "iceberg://lakehouse/ml/features")

    with DAG("ingest", schedule=None):

        @task(outlets=[raw, clicks])
        def copy(): ...

        @task(inlets=[raw], outlets=[orders])
        def load(): ...

        @task(inlets=[orders], outlets=[Asset("checked")])
        def check(): ...

        copy() >> load() >> check()

    with DAG("publish", schedule=[features]):

        @task(inlets=[features], outlets=[published])
        def publish(): ...

        publish()
"""
"""Of these schemes, Airflow's own providers convert none."""

DAGSTER: Final = """
    import dagster as dg

    orders = dg.AssetSpec(["warehouse", "orders"], metadata={"dagster/uri": "postgres://warehouse:5432/shop/public/orders"})
    clicks = dg.AssetSpec("clicks", metadata={"dagster/uri": "abfss://events@acme.dfs.core.windows.net/clicks"})

    @dg.asset(deps=[orders, clicks], metadata={"dagster/uri": "snowflake://acme/SHOP/ANALYTICS/REVENUE"})
    def revenue() -> None: ...

    @dg.asset(key=["ml", "features"], deps=[revenue])
    def features() -> None: ...

    defs = dg.Definitions(assets=[orders, clicks, revenue, features])
"""

PREFECT: Final = """
    from prefect import flow
    from prefect.assets import materialize

    @materialize("gcs://reports/ranking.csv", asset_deps=["iceberg://lakehouse/ml/features"])
    def rank() -> None: ...

    @flow
    def report() -> None:
        rank()
"""

CHAIN: Final = [
    identify("s3://lake/raw/orders"),
    identify("postgres://warehouse/shop/public/orders"),
    identify("snowflake://acme/SHOP/ANALYTICS/REVENUE"),
    logical("dagster", "default", ["ml", "features"]),
    identify("iceberg://lakehouse/ml/features"),
    identify("gs://reports/ranking.csv"),
]
"""What is made from what, through all three tools."""

NAME_ONLY: Final = logical("airflow", "default", ["checked"])

RUN: Final = """
    import sys
    from airflow.dag_processing.dagbag import DagBag

    dags = DagBag(sys.argv[1]).dags
    states = [str(dags[name].test().state) for name in ("ingest", "publish")]
    sys.exit(states != ["success", "success"])
"""

TASK: Final = "TASK"


@dataclass(frozen=True)
class Estate:
    """Three projects in one folder, and the events of Airflow's provider that running the first one gave."""

    root: Path
    runs: list[Event]

    def static(self, dialect: str) -> list[Event]:
        """The static events of the three, read without any of the tools."""
        sources = [f"{tool}:{self.root / tool}" for tool in ("airflow", "dagster", "prefect")]
        found = read_all(sources, Options(way=Way.STATIC))
        assert {loss.code for loss in found.losses} == {Code.CREDENTIAL_REMOVED}
        settings = Settings(time="2026-01-01T00:00:00+00:00", dialect=DIALECTS[dialect])
        return [json.loads(serialised(event)) for event in static_events(found.graph, settings)]

    @property
    def tasks(self) -> list[Event]:
        """The run events of tasks; those of DAGs have neither inputs nor outputs."""
        return [event for event in self.runs if event["job"]["facets"]["jobType"]["jobType"] == TASK]


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    """Airflow runs its DAGs in a process of its own, with a database of its own."""
    root = tmp_path_factory.mktemp("estate")
    for tool, name, text in (
        ("airflow", "dags.py", AIRFLOW),
        ("dagster", "definitions.py", DAGSTER),
        ("prefect", "flows.py", PREFECT),
    ):
        (root / tool).mkdir()
        (root / tool / name).write_text(dedent(text), encoding="utf-8")
    events = root / "events.jsonl"
    _airflow(root, events, "-m", "airflow", "db", "migrate")
    _airflow(root, events, "-c", dedent(RUN), str(root / "airflow"))
    return Estate(root, [json.loads(line) for line in events.read_text(encoding="utf-8").splitlines()])


def _airflow(root: Path, events: Path, *arguments: str) -> None:
    transport = {"type": "file", "log_file_path": str(events), "append": True}
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(root / "home"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(root / "airflow"),
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(transport),
    }
    told: dict[str, Any] = {"env": environment, "capture_output": True, "text": True, "timeout": 240}
    done = subprocess.run([sys.executable, *arguments], check=False, **told)  # noqa: S603 - the tool under test
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def _name(entity: Mapping[str, Any]) -> Name:
    return entity["namespace"], entity["name"]


def _ports(event: Event) -> tuple[set[Name], set[Name]]:
    return set(map(_name, event["inputs"])), set(map(_name, event["outputs"]))


def _stored(*streams: Iterable[Event]) -> Marquez:
    marquez = Marquez()
    for stream in streams:
        for event in stream:
            marquez.receive(event)
    return marquez


def _connected(marquez: Marquez) -> set[int]:
    """Every dataset that the first one is linked with by jobs, in whatever direction."""
    sides = [
        marquez.inputs.get(job, set()) | marquez.outputs.get(job, set())
        for job in {**marquez.inputs, **marquez.outputs}
    ]
    reached = {marquez.node(*CHAIN[0])}
    pending = deque(sides * len(sides))
    while pending:
        side = pending.popleft()
        reached |= side if side & reached else set()
    return reached


def test_each_task_runs_as_the_job_that_was_declared_for_it_on_the_datasets_declared(estate: Estate) -> None:
    declared = {_name(event["job"]): _ports(event) for event in estate.static("plain") if "job" in event}

    ran = {_name(event["job"]) for event in estate.tasks}

    assert ran == {("default", name) for name in ("ingest.copy", "ingest.load", "ingest.check", "publish.publish")}
    for event in estate.tasks:
        inputs, outputs = declared[_name(event["job"])]
        assert _ports(event) == (inputs, outputs - {NAME_ONLY})


def test_an_asset_of_a_name_alone_is_only_in_the_static_events(estate: Estate) -> None:
    """Airflow's provider asks no converter about a URI without a scheme."""
    assert NAME_ONLY in {_name(event["dataset"]) for event in estate.static("plain") if "dataset" in event}
    assert NAME_ONLY not in {name for event in estate.runs for side in _ports(event) for name in side}


@pytest.mark.parametrize("dialect", ["plain", "marquez"])
def test_run_events_add_no_dataset_and_no_job_but_the_dags_themselves(estate: Estate, dialect: str) -> None:
    static = estate.static(dialect)
    before, after = _stored(static), _stored(static, estate.runs)

    assert after.symlinks == before.symlinks
    jobs = {_name(event["job"]) for event in static if "job" in event}
    assert set(after.inputs) - jobs == {("default", "ingest"), ("default", "publish")}


@pytest.mark.parametrize("dialect", ["plain", "marquez", "datahub", "openmetadata"])
def test_all_three_projects_are_one_connected_graph_before_and_after_a_run(estate: Estate, dialect: str) -> None:
    static = estate.static(dialect)
    for marquez in (_stored(static), _stored(static, estate.runs)):
        nodes = [marquez.node(*asset) for asset in CHAIN]
        assert len(set(nodes)) == len(CHAIN)
        assert set(nodes) <= marquez.downstream(nodes[0])
        used = set().union(*marquez.inputs.values(), *marquez.outputs.values())
        assert used == _connected(marquez)


def test_run_events_that_come_first_meet_the_same_nodes(estate: Estate) -> None:
    marquez = _stored(estate.runs, estate.static("plain"))

    nodes = {marquez.node(*asset) for asset in CHAIN}
    assert nodes <= marquez.downstream(marquez.node(*CHAIN[0]))


@openmetadata.where_it_is
def test_openmetadata_puts_run_events_on_the_datasets_of_static_ones(estate: Estate) -> None:
    """Its connector takes what a finished task sends; the graph is one, and the run adds no dataset to it."""
    finished = [event for event in estate.tasks if event["eventType"] == "COMPLETE"]
    static = openmetadata.judged(map(serialised, estate.static("openmetadata")))
    runs = openmetadata.judged(map(serialised, finished))

    assert [verdict["connector"] for verdict in runs] == [True] * len(finished) != []
    known, ran = (
        {tuple(each[:2]) for verdict in side for each in (*verdict["inputs"], *verdict["outputs"])}
        for side in (static, runs)
    )
    assert ran <= known
    start = (CHAIN[0].namespace, CHAIN[0].name)
    assert {tuple(asset) for asset in CHAIN} <= openmetadata.reached([*static, *runs], start)

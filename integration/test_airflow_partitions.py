"""A partitioned graph written to Airflow, then run there: Airflow's own scheduler starts the runs that Dagster would start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Final

import pytest

from transload.model.assets import Asset
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import identify
from transload.model.jobs import Job, Read, Write
from transload.model.partitions import MultiPartitions, PartitionMapping, StaticPartitions, TimeMapping, TimePartitions
from transload.model.triggers import Eager
from transload.translator import prepare
from transload.writing.project import write_project
from transload_airflow import adapter

pytestmark = pytest.mark.airflow

RAW, SLIDING, GRID = (identify(f"s3://lake/{name}") for name in ("raw", "sliding", "grid"))
DAYS: Final = TimePartitions(cron="0 0 * * *", start="2026-01-01", format="%Y-%m-%d", timezone="America/New_York")
COUNTRIES: Final = StaticPartitions(keys=("de", "fr"))

UPDATES: Final = ("2026-03-07", "2026-03-08", "2026-03-09", "no-key", "2026-03-10", "2026-01-01")
"""Around the hour that New York's clock skips."""

RUN: Final = """
    import json, sys
    from airflow.assets.manager import AssetManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
    from airflow.jobs.job import Job
    from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
    from airflow.models.asset import AssetActive, AssetModel
    from airflow.models.dag import DagModel
    from airflow.models.dagbundle import DagBundleModel
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    sys.path.append(sys.argv[1])  # as the DAG processor does
    bag = DagBag(sys.argv[1])
    assert bag.import_errors == {}, bag.import_errors
    with create_session() as session:
        session.add(DagBundleModel(name="written"))
        session.commit()
        sync_bag_to_db(bag, "written", "1", session=session)
        for dag in session.scalars(select(DagModel)):
            dag.is_paused = False
        raw = session.scalar(select(AssetModel).where(AssetModel.uri == "s3://lake/raw"))
        if session.scalar(select(AssetActive).where(AssetActive.uri == raw.uri)) is None:
            session.add(AssetActive(name=raw.name, uri=raw.uri))
        session.commit()
        scheduler = SchedulerJobRunner(job=Job())
        told = {}
        for key in json.loads(sys.argv[2]):
            AssetManager.register_asset_change(asset=raw, session=session, partition_key=key)
            session.commit()
            scheduler._create_dagruns_for_partitioned_asset_dags(session=session)
            session.commit()
            told[key] = sorted([run.dag_id, run.partition_key] for run in session.scalars(select(DagRun)))
    print("runs:" + json.dumps(told))
"""


def _graph() -> AssetGraph:
    def made(name: str, mapping: PartitionMapping | None) -> Job:
        return Job(
            name=name, reads=(Read(asset=RAW, mapping=mapping),), writes=(Write(asset=identify(f"s3://lake/{name}")),)
        )

    grid = MultiPartitions(dimensions={"day": DAYS, "country": COUNTRIES})
    return graph_of(
        assets=[
            Asset(id=RAW, partitions=DAYS),
            Asset(id=SLIDING, partitions=DAYS, trigger=Eager()),
            Asset(id=GRID, partitions=grid, trigger=Eager()),
        ],
        jobs=[
            Job(name="raw", writes=(Write(asset=RAW),)),
            made("sliding", TimeMapping(start_offset=-2)),
            made("grid", None),
        ],
    )


def _airflow(root: Path, *arguments: str) -> str:
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(root / "home"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(root / "new" / "dags"),
    }
    done = subprocess.run(  # noqa: S603 - the tool under test
        [sys.executable, *arguments], check=False, env=environment, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def test_airflow_starts_the_runs_that_the_mappings_mean(tmp_path: Path) -> None:
    """A window of three days slides over the updates; each day is run for each country; at the start the window is shorter."""
    pytest.importorskip("airflow.partition_mappers.wait_policy")
    write_project(tmp_path / "new", adapter.source.write(prepare(_graph(), adapter)))
    _airflow(tmp_path, "-m", "airflow", "db", "migrate")
    said = _airflow(tmp_path, "-c", dedent(RUN), str(tmp_path / "new" / "dags"), json.dumps(UPDATES))
    (line,) = [line for line in said.splitlines() if line.startswith("runs:")]
    runs = {key: [tuple(run) for run in found] for key, found in json.loads(line.removeprefix("runs:")).items()}
    days = [key for key in UPDATES if key != "no-key"]

    assert [dag for dag, _ in runs["2026-03-08"]] == ["grid"] * 4
    assert [run for run in runs["2026-03-09"] if run[0] == "sliding"] == [("sliding", "2026-03-09")]
    assert runs["no-key"] == runs["2026-03-09"]
    assert sorted(runs["2026-01-01"]) == sorted(
        [("grid", f"{country}|{day}") for country in COUNTRIES.keys for day in days]
        + [("sliding", day) for day in ("2026-01-01", "2026-03-09", "2026-03-10")]
    )

"""What becomes of backfill policies, pools, limits of runs and freshness where a tool has no such thing: what to do is said, and works."""

from __future__ import annotations

from pathlib import Path

import pytest

from transload.declaration import Adapter
from transload.loss import Loss, Severity
from transload.model.assets import Asset, Column, FreshWithin
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import identify
from transload.model.jobs import BackfillPolicy, Flow, Job, Write
from transload.registry import adapter_for
from transload.translator import prepare

ORDERS = identify("s3://lake/orders")
TOOLS = ("airflow", "dagster", "prefect")


def estate() -> AssetGraph:
    """A job with a pool and a backfill policy, in a flow with a limit."""
    asset = Asset(
        id=ORDERS, freshness=FreshWithin(fail=30.0), columns=(Column(name="id", type="int", constraints=("odd",)),)
    )
    job = Job(name="load", writes=(Write(asset=ORDERS),), backfill=BackfillPolicy(per_run=7), pool="warehouse")
    return graph_of([asset], [job], [Flow(name="etl", jobs=("load",), concurrency=3)])


def losses(adapter: Adapter, field: str) -> list[Loss]:
    return [loss for loss in prepare(estate(), adapter).losses if loss.field == field]


def test_airflow_says_how_to_limit_the_runs_of_a_backfill() -> None:
    (loss,) = losses(adapter_for("airflow"), "backfill")

    assert "one run takes 7 partitions at most" in loss.message
    assert "`airflow backfill create --dag-id etl --max-active-runs N`" in str(loss.remedy)


def test_prefect_has_a_tag_for_the_pool_and_says_how_to_limit_it() -> None:
    translation = prepare(estate(), adapter_for("prefect"))
    (loss,) = [each for each in translation.losses if each.field == "pool"]

    assert translation.native.job["load"].tags == {"pool": "warehouse"}
    assert loss.severity is Severity.APPROXIMATED
    assert "`prefect concurrency-limit create pool:warehouse SLOTS`" in str(loss.remedy)
    assert 'tags=["pool:warehouse"]' in adapter_for("prefect").source.write(translation)["flows.py"].replace("'", '"')


def test_a_tag_that_is_called_pool_stays_and_the_pool_is_carried() -> None:
    graph = estate()
    job = graph.job["load"].model_copy(update={"tags": {"pool": "swimming"}})
    translation = prepare(graph.replaced(jobs=[job]), adapter_for("prefect"))
    (loss,) = [each for each in translation.losses if each.field == "pool"]

    assert translation.native.job["load"].tags == {"pool": "swimming"}
    assert loss.severity is Severity.CARRIED


@pytest.mark.dagster
def test_dagster_counts_the_runs_of_a_limited_job_by_a_tag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own instance takes the settings that the loss gives."""
    from dagster import DagsterInstance

    adapter = adapter_for("dagster")
    translation = prepare(estate(), adapter)
    (loss,) = [each for each in translation.losses if each.field == "concurrency"]
    (tmp_path / "dagster.yaml").write_text(str(loss.remedy).removeprefix("Put into dagster.yaml: "))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))

    with DagsterInstance.get() as instance:
        queue = instance.get_concurrency_config().run_queue_config
    job = adapter.runtime.build(translation).objects.resolve_job_def("etl_job")

    assert queue is not None
    assert queue.tag_concurrency_limits == [{"key": "transload/flow", "value": "etl_job", "limit": 3}]
    assert job.tags["transload/flow"] == "etl_job"


@pytest.mark.parametrize("tool", TOOLS)
def test_freshness_that_is_not_watched_is_left_to_a_route(tool: str) -> None:
    (loss,) = losses(adapter_for(tool), "freshness")

    assert "`--triggers bridge`" in str(loss.remedy)


@pytest.mark.parametrize("tool", ["airflow", "prefect"])
def test_columns_reach_a_backend_by_static_events(tool: str) -> None:
    (loss,) = losses(adapter_for(tool), "columns")

    assert "`transload lineage emit`" in str(loss.remedy)

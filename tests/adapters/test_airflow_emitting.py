"""What the code of a task adds to events at run time is said in the report, in the same words by both readers."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from transload.adapter import Reading, Target
from transload.loss import Code, Severity
from transload.reading.project import read_project
from transload_airflow import adapter

PROJECT = """
    from airflow.providers.standard.operators.python import PythonOperator
    from airflow.sdk import Asset, AssetAlias, DAG, Metadata, asset, dag, get_current_context, task, task_group

    late = AssetAlias("late")
    orders = Asset("orders", "s3://lake/orders")

    def helper(events):
        pass

    def by_class(**context):
        context["outlet_events"][late].add(orders)

    @dag(schedule=None)
    def d():
        @task(outlets=[late])
        def known(*, outlet_events):
            for day in ("mon", "tue"):
                outlet_events[late].add(Asset(f"s3://lake/{day}"))

        @task(outlets=[late])
        def open_ended(paths, **context):
            for path in paths:
                context["outlet_events"][AssetAlias("late")].add(Asset(path))

        @task(outlets=[orders, late])
        def described():
            yield Metadata(orders, {"rows": 3})
            yield Metadata(asset=orders, extra={}, alias=late)

        @task(outlets=[orders])
        def assigned():
            get_current_context()["outlet_events"][orders].extra = {"rows": 3}
            get_current_context()["outlet_events"][orders].extra["more"] = 4

        @task(outlets=[orders])
        def keyed(*, outlet_events):
            outlet_events[orders].extra |= {"rows": 3}
            outlet_events[orders].add_partitions(["us", "eu"])

        @task(outlets=[orders])
        def handed_over(*, outlet_events):
            helper(outlet_events)

        @task(inlets=[orders])
        def reads_only(*, inlet_events):
            return len(inlet_events[orders])

        @task_group
        def inside():
            described.override(task_id="again")()

        known(), open_ended([]), described(), assigned(), handed_over(), keyed(), reads_only(), inside()
        PythonOperator(task_id="classic", python_callable=by_class, outlets=[late])

    d()

    @asset(schedule=None)
    def own(self, context):
        context["outlet_events"][self].extra = {"rows": 1}
"""

UNKNOWN = "one that only running it would tell"
METADATA = "Its code attaches metadata to the event of an asset at run time: s3://lake/orders."
ADDED = "Its code adds to the alias late at run time: s3://lake/orders."
SAID = {
    ("job d.known", "Its code adds to the alias late at run time: s3://lake/mon."),
    ("job d.known", "Its code adds to the alias late at run time: s3://lake/tue."),
    ("job d.open_ended", "Its code adds to the alias late at run time: an asset that only running it would tell."),
    ("job d.described", METADATA),
    ("job d.described", ADDED),
    ("job d.assigned", METADATA),
    (
        "job d.handed_over",
        "Its code takes the events of its outlets at run time; what it adds to them only running it would tell.",
    ),
    ("job d.keyed", METADATA),
    ("job d.keyed", "Its code gives keys of partitions to the event of an asset at run time: s3://lake/orders."),
    ("job d.inside.again", METADATA),
    ("job d.inside.again", ADDED),
    ("job d.classic", ADDED),
    ("job own.own", f"Its code attaches metadata to the event of an asset at run time: {UNKNOWN}."),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The project in a folder."""
    (tmp_path / "dags.py").write_text(dedent(PROJECT), encoding="utf-8")
    return tmp_path


def static(root: Path) -> Reading:
    return adapter.static.read(read_project(root), Target("airflow", str(root), path=root))


def said(reading: Reading) -> set[tuple[str, str]]:
    return {(loss.subject, loss.message) for loss in reading.losses if loss.code is Code.JOB_BODY}


def test_assets_and_metadata_that_code_adds_are_named_where_that_is_certain(root: Path) -> None:
    """Aliases, `Metadata`, the extra of an event; events that are only read are not mentioned."""
    losses = static(root).losses

    assert said(static(root)) == SAID
    assert len(losses) == len(SAID)
    assert {(loss.field, loss.severity) for loss in losses} == {("writes", Severity.DROPPED)}
    assert all(loss.origin is not None and loss.origin.path == "dags.py" for loss in losses)


@pytest.mark.airflow
def test_the_loaded_project_says_the_same(root: Path) -> None:
    """The functions that Airflow holds are looked up in their files."""
    loaded = adapter.load.load(Target("airflow", str(root), path=root))

    assert loaded.failures == ()
    assert said(loaded) == SAID


@pytest.mark.airflow
def test_code_without_a_file_of_the_project_is_not_passed_over(tmp_path: Path) -> None:
    """That it takes the events is told by its names; what it does with them is not."""
    text = """
        from airflow.sdk import Asset, DAG, task
        scope = {}
        exec("def made(*, outlet_events): outlet_events['a'].extra = {}", scope)
        with DAG("d", schedule=None):
            task(outlets=[Asset("a")])(scope["made"])()
    """
    (tmp_path / "dags.py").write_text(dedent(text), encoding="utf-8")
    loaded = adapter.load.load(Target("airflow", str(tmp_path), path=tmp_path))

    assert said(loaded) == {
        (
            "job d.made",
            "Its code takes the events of its outlets at run time; what it adds to them only running it would tell.",
        )
    }

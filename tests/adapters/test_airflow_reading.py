"""Projects as people write them, read by importing them and by their syntax."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from transload.adapter import Reading, Target
from transload.carry import restore
from transload.difference import differences
from transload.loss import Code
from transload.model.identity import identify, logical
from transload.model.jobs import Read, Retries, Schedule, Write
from transload.model.partitions import (
    CalendarUnit,
    FloorMapping,
    RollupMapping,
    RuntimePartitions,
    StaticPartitions,
    TimeMapping,
    TimePartitions,
    WaitPolicy,
    Window,
)
from transload.model.triggers import AliasUpdated, AllOf, AnyOf, Cron, Interval, Once, Opaque, Updated
from transload.reading.project import read_project
from transload_airflow import adapter

SHARED = """
    from airflow.sdk import Asset, AssetAlias, AssetWatcher
    from airflow.providers.standard.triggers.file import FileDeleteTrigger

    LAKE = "s3://lake"
    raw = Asset(
        name="raw", uri=f"{LAKE}/raw/", group="bronze", extra={"owner": "ann", "rows": [1, 2.5, None]},
        watchers=[AssetWatcher(name="drop", trigger=FileDeleteTrigger(filepath="/drop"))],
    )
    clean = Asset("clean", "postgres://db:5432/shop/public/clean")
    late = AssetAlias("late_arrivals")
"""

DAGS = """
    from datetime import timedelta

    import pendulum
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.sdk import (
        DAG, Asset, AssetOrTimeSchedule, CronPartitionTimetable, CronTriggerTimetable, DayWindow, Label,
        MultipleCronTriggerTimetable, Param, PartitionedAssetTimetable, PartitionedAtRuntime, RollupMapper, StartOfDayMapper,
        TaskGroup, asset, chain, dag, task, task_group,
    )
    from shared import clean, late, raw

    with DAG(
        "ingest",
        schedule="@daily",
        start_date=pendulum.datetime(2026, 1, 1, tz="Europe/Berlin"),
        catchup=True,
        tags=["team:data", "bronze"],
        default_args={"owner": "ann, bob", "retries": 2},
        params={"size": Param(3, type="integer"), "mode": "full"},
        doc_md="# Ingest",
        max_active_runs=1,
        dag_display_name="Ingest!",
        dagrun_timeout=timedelta(hours=1),
    ):
        start = EmptyOperator(task_id="start")
        copy = BashOperator(
            task_id="copy", bash_command="cp", outlets=[raw, late], retry_delay=timedelta(minutes=1),
            retry_exponential_backoff=2.0, max_retry_delay=600, execution_timeout=timedelta(hours=2), pool="disk", owner="eve",
        )
        with TaskGroup("checks") as checks:
            one = EmptyOperator(task_id="one")
            two = EmptyOperator(task_id="two", trigger_rule="all_done")
            one >> Label("then") >> two
        start >> copy >> checks
        end = EmptyOperator(task_id="end")
        checks >> end

    @dag(schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("30 2 * * *", timezone="Asia/Tokyo"), assets=raw & clean))
    def transform():
        '''Turns raw into clean.

        Slowly.
        '''

        @task
        def extract(size: int = 3):
            return size

        @task(inlets=[raw], outlets=[clean])
        def load(value, factor=2):
            '''Loads.'''
            return value * factor

        @task_group
        def both(x):
            load(x)
            load.override(task_id="again", retries=1)(x, factor=3)

        both(extract())
        extract.override(task_id="mapped").expand(size=[1, 2])

    transform()

    def make(name):
        with DAG(f"loop_{name}", schedule=[raw] if name == "a" else raw | late | Asset("orders")):
            steps = [EmptyOperator(task_id=f"step_{n}") for n in range(3)]
            chain(*steps)

    for name in ("a", "b"):
        make(name)

    with DAG("hourly", schedule=CronPartitionTimetable("0 * * * *", timezone="UTC", key_format="%Y-%m-%dT%H", run_offset=-1)):
        BashOperator(task_id="write", bash_command="w", outlets=[Asset("hours", "s3://lake/hours")])

    rollup = RollupMapper(upstream_mapper=StartOfDayMapper(timezone="Europe/Paris"), window=DayWindow())
    with DAG("days", schedule=PartitionedAssetTimetable(assets=Asset("hours", "s3://lake/hours"), default_partition_mapper=rollup)):
        EmptyOperator(task_id="t", outlets=[Asset("days", "s3://lake/days")])

    with DAG("keys", schedule=PartitionedAtRuntime()):
        EmptyOperator(task_id="t")
    with DAG("often", schedule=timedelta(hours=6), is_paused_upon_creation=True):
        EmptyOperator(task_id="t")
    with DAG("twice", schedule=MultipleCronTriggerTimetable("0 1 * * *", "0 5 * * *", timezone="UTC")):
        EmptyOperator(task_id="t")
    with DAG("once", schedule="@once"):
        EmptyOperator(task_id="t")
    with DAG("manual", schedule=None):
        EmptyOperator(task_id="t")

    @asset(uri="s3://lake/summary", schedule=Asset.ref(name="clean") & raw, group="gold", tags={"gold"})
    def summary(context, self, clean, limit=3):
        '''One row a day.'''
        return limit

    @asset.multi(outlets=[Asset("x", "s3://lake/x"), Asset("y", "s3://lake/y")], schedule=summary)
    def pair(context):
        yield from ()
"""

RAW, CLEAN = identify("s3://lake/raw"), identify("postgres://db/shop/public/clean")
HOURS, SUMMARY = identify("s3://lake/hours"), identify("s3://lake/summary")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The project in a folder."""
    (tmp_path / "shared.py").write_text(dedent(SHARED), encoding="utf-8")
    (tmp_path / "shop.py").write_text(dedent(DAGS), encoding="utf-8")
    return tmp_path


def static(root: Path) -> Reading:
    return adapter.static.read(read_project(root), Target("airflow", str(root), path=root))


def project(root: Path, text: str) -> Path:
    (root / "dags.py").write_text(dedent(text), encoding="utf-8")
    return root


def test_identities_come_from_uris_else_from_names(shop: Path) -> None:
    """One table is one node whatever its URI looks like; a name alone belongs to the deployment."""
    ids = {asset.id for asset in static(shop).graph.assets}

    assert {RAW, CLEAN, HOURS, SUMMARY, logical("airflow", "default", ["orders"])} <= ids


def test_assets_have_their_fields(shop: Path) -> None:
    """Group, extra, watchers; the owner of an asset is not guessed from its extra."""
    raw = static(shop).graph.asset[RAW]

    assert (raw.group, raw.names["airflow"]) == ("bronze", ("raw", "s3://lake/raw"))
    assert raw.metadata == {"owner": "ann", "rows": [1, 2.5, None]}
    assert raw.watchers[0].trigger == "airflow.providers.standard.triggers.file.FileDeleteTrigger"
    assert raw.watchers[0].arguments == {"filepath": "/drop", "poke_interval": 5.0}


def test_flows_have_their_fields(shop: Path) -> None:
    """A preset becomes its expression, in the zone of the start date."""
    flow = static(shop).graph.flow["ingest"]

    assert flow.schedules == (Schedule(trigger=Cron(expression="0 0 * * *", timezone="Europe/Berlin")),)
    assert (flow.start, flow.catchup, flow.concurrency) == ("2025-12-31T23:00:00+00:00", True, 1)
    assert (flow.title, flow.description, flow.owners) == ("Ingest!", "# Ingest", ("ann", "bob"))
    assert flow.tags == {"team": "data", "bronze": ""}
    assert flow.parameters == {"size": 3, "mode": "full"}
    assert flow.native["airflow"]["dagrun_timeout"] == {"seconds": 3600.0}


def test_tasks_have_their_fields(shop: Path) -> None:
    """Arguments of the DAG for all of its tasks are those of each task."""
    graph = static(shop).graph
    copy = graph.job["ingest.copy"]

    assert (copy.writes, copy.writes_aliases) == ((Write(asset=RAW),), ("late_arrivals",))
    assert copy.retries == Retries(count=2, delays=(60.0,), backoff="geometric", jitter="up_to_double", max_delay=600.0)
    assert (copy.timeout, copy.pool, copy.owners) == (7200.0, "disk", ("eve",))
    assert str(copy.native["airflow"]["operator"]).endswith(".BashOperator")
    assert graph.job["ingest.start"].retries == Retries(count=2, delays=(300.0,))
    assert graph.job["ingest.start"].owners == ()


def test_the_order_of_tasks_goes_through_groups_labels_and_data(shop: Path) -> None:
    """Arrows, groups, chains, and outputs that are handed over."""
    after = {job.name: job.after for job in static(shop).graph.jobs}

    assert after["ingest.copy"] == ("ingest.start",)
    assert after["ingest.checks.one"] == ("ingest.copy",)
    assert after["ingest.checks.two"] == ("ingest.checks.one",)
    assert after["ingest.end"] == ("ingest.checks.two",)
    assert after["transform.both.load"] == after["transform.both.again"] == ("transform.extract",)
    assert after["loop_b.step_2"] == ("loop_b.step_1",)


def test_schedules_of_every_kind(shop: Path) -> None:
    """Assets, aliases, time, both, partitions."""
    triggers = {flow.name: flow.schedules[0].trigger for flow in static(shop).graph.flows if flow.schedules}
    clock = Cron(expression="30 2 * * *", timezone="Asia/Tokyo")
    orders = logical("airflow", "default", ["orders"])
    rollup = RollupMapping(
        upstream=FloorMapping(unit=CalendarUnit.DAY, timezone="Europe/Paris"), window=Window(unit=CalendarUnit.DAY)
    )

    assert triggers["transform"] == AnyOf(parts=(clock, AllOf(parts=(Updated(asset=RAW), Updated(asset=CLEAN)))))
    assert triggers["loop_a"] == Updated(asset=RAW)
    assert triggers["loop_b"] == AnyOf(
        parts=(Updated(asset=RAW), AliasUpdated(alias="late_arrivals"), Updated(asset=orders))
    )
    assert triggers["days"] == Updated(asset=HOURS, mapping=rollup)
    assert triggers["often"] == Interval(seconds=21600)
    assert triggers["twice"] == AnyOf(
        parts=tuple(Cron(expression=f"0 {hour} * * *", timezone="UTC") for hour in (1, 5))
    )
    assert triggers["once"] == Once()
    assert triggers["summary"] == AllOf(parts=(Updated(asset=CLEAN, reference="name"), Updated(asset=RAW)))
    assert triggers["pair"] == Updated(asset=SUMMARY)


def test_a_schedule_may_say_that_its_dag_starts_paused(shop: Path) -> None:
    """Paused is not active."""
    flow = static(shop).graph.flow

    assert flow["often"].schedules[0].active is False
    assert flow["manual"].schedules == ()


def test_partitions_of_a_dag_are_those_of_what_it_writes(shop: Path) -> None:
    """`run_offset=-1` is the window that closes at the tick, which is what the model means without an offset."""
    graph = static(shop).graph
    hours = TimePartitions(cron="0 * * * *", format="%Y-%m-%dT%H")

    assert graph.flow["hourly"].partitions == hours
    assert graph.asset[HOURS].partitions == hours
    assert graph.flow["keys"].partitions == RuntimePartitions()


def test_parameters_of_an_asset_function_are_its_inputs(shop: Path) -> None:
    """Those with defaults, and those that Airflow fills in, are not."""
    job = static(shop).graph.job["summary.summary"]

    assert job.reads == (Read(asset=CLEAN, argument="clean"),)
    assert job.writes == (Write(asset=SUMMARY),)
    assert job.function == "shop.summary"


def test_nothing_is_left_over(shop: Path) -> None:
    """Everything in the project is understood."""
    assert static(shop).losses == ()


@pytest.mark.airflow
def test_loading_and_reading_the_syntax_agree(shop: Path) -> None:
    """Both ways give one graph, but for where they saw it."""
    from airflow import sdk

    if not hasattr(sdk, "PartitionedAtRuntime"):
        pytest.skip("The project uses what came with Airflow 3.3.")
    loaded = adapter.load.load(Target("airflow", str(shop), path=shop))

    assert loaded.failures == ()
    assert differences(loaded.graph, static(shop).graph) == ()
    assert [loss for loss in loaded.losses if loss.code is not Code.NOT_SERIALISABLE] == []


OLDER = """
    from datetime import datetime, timedelta

    from airflow import DAG, Dataset
    from airflow.datasets import DatasetAlias
    from airflow.decorators import task
    from airflow.models.baseoperator import cross_downstream
    from airflow.operators.python import PythonOperator
    from airflow.timetables.datasets import DatasetOrTimeSchedule
    from airflow.timetables.trigger import CronTriggerTimetable

    orders = Dataset("s3://lake/orders", extra={"a": 1})

    def work():
        return 1

    dag = DAG("old", schedule_interval="0 6 * * 1", start_date=datetime(2024, 1, 1), catchup=False)
    first = PythonOperator(task_id="first", python_callable=work, outlets=[orders], dag=dag)
    second = PythonOperator(task_id="second", python_callable=work, dag=dag)
    third = PythonOperator(task_id="third", python_callable=work, dag=dag)
    first.set_downstream(second)
    third << second

    with DAG("both", schedule=DatasetOrTimeSchedule(timetable=CronTriggerTimetable("0 1 * * *", timezone="UTC"), datasets=[orders])):
        @task(outlets=[DatasetAlias("some")])
        def t(): ...
        t()
"""


def test_source_of_airflow_2(tmp_path: Path) -> None:
    """Datasets are assets, whatever they were called."""
    graph = static(project(tmp_path, OLDER)).graph
    orders = identify("s3://lake/orders")

    assert graph.asset[orders].metadata == {"a": 1}
    assert graph.asset[orders].group is None
    assert graph.flow["old"].schedules == (Schedule(trigger=Cron(expression="0 6 * * 1")),)
    assert graph.flow["both"].schedules[0].trigger == AnyOf(
        parts=(Cron(expression="0 1 * * *", timezone="UTC"), Updated(asset=orders))
    )
    assert (graph.job["old.second"].after, graph.job["old.third"].after) == (("old.first",), ("old.second",))
    assert graph.job["old.first"].function == "dags.work"
    assert graph.job["both.t"].writes_aliases == ("some",)


def test_what_only_running_tells_is_reported(tmp_path: Path) -> None:
    """An unknown dag_id, schedule, or asset is a finding with its reason, and the rest is read."""
    reading = static(
        project(
            tmp_path,
            """
            import os
            from airflow.sdk import DAG, Asset, task
            with DAG(os.environ["NAME"], schedule=os.environ["CRON"], unheard_of=1):
                @task(outlets=[Asset(os.environ["ASSET"]), Asset("known")])
                def t(): ...
                t()
            """,
        )
    )

    assert {loss.code for loss in reading.losses} == {Code.UNRESOLVED, Code.UNKNOWN_KEYWORD}
    assert [asset.names["airflow"] for asset in reading.graph.assets] == [("known", "known")]
    assert any("NAME" in loss.message for loss in reading.losses)


def test_a_timetable_of_the_project_is_kept_as_it_was_read(tmp_path: Path) -> None:
    """Its class and arguments are in the model, and the report says so."""
    reading = static(
        project(
            tmp_path,
            """
            from company.timetables import Workdays
            from airflow.sdk import DAG
            with DAG("d", schedule=Workdays(hour=3)): ...
            """,
        )
    )
    trigger = reading.graph.flow["d"].schedules[0].trigger

    assert isinstance(trigger, Opaque)
    assert trigger.type == "company.timetables.Workdays"
    assert {loss.code for loss in reading.losses} >= {Code.UNKNOWN_KIND}


def test_credentials_are_left_out(tmp_path: Path) -> None:
    """Neither the graph nor the report shows them."""
    reading = static(
        project(
            tmp_path,
            """
            from airflow.sdk import DAG, Asset
            from airflow.providers.standard.operators.empty import EmptyOperator
            with DAG("d"):
                EmptyOperator(task_id="t", outlets=[Asset(uri="postgres://ann:hunter2@db/shop/public/clean")])
            """,
        )
    )

    assert [asset.id for asset in reading.graph.assets] == [CLEAN]
    assert [loss.code for loss in reading.losses] == [Code.CREDENTIAL_REMOVED]
    assert "hunter2" not in f"{reading}"


def test_two_assets_of_one_identity_stay_two(tmp_path: Path) -> None:
    """The later one is known by its name, and the report says so."""
    reading = static(
        project(
            tmp_path,
            """
            from airflow.sdk import DAG, Asset
            from airflow.providers.standard.operators.empty import EmptyOperator
            with DAG("d"):
                EmptyOperator(task_id="t", outlets=[Asset("a", "s3://lake/x"), Asset("b", "s3a://lake/x")])
            """,
        )
    )

    assert {asset.id for asset in reading.graph.assets} == {
        identify("s3://lake/x"),
        logical("airflow", "default", ["b"]),
    }
    assert [loss.code for loss in reading.losses] == [Code.SHARED_IDENTITY]


def test_a_file_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    """Its syntax is a problem of the project, and the other file is read."""
    (tmp_path / "broken.py").write_text("from airflow.sdk import DAG\nDAG(", encoding="utf-8")
    project(tmp_path, "from airflow.sdk import DAG\nwith DAG('d'): ...")

    assert [flow.name for flow in static(tmp_path).graph.flows] == ["d"]


@pytest.mark.airflow
def test_a_file_that_does_not_import_is_a_failure(tmp_path: Path) -> None:
    """With its path and the last line of the reason."""
    (tmp_path / "broken.py").write_text("from airflow.sdk import DAG\nimport nowhere_at_all", encoding="utf-8")
    project(tmp_path, "from airflow.sdk import DAG\nwith DAG('d'): ...")

    reading = adapter.load.load(Target("airflow", str(tmp_path), path=tmp_path))

    assert [flow.name for flow in reading.graph.flows] == ["d"]
    assert [(failure.path, "nowhere_at_all" in failure.reason) for failure in reading.failures] == [("broken.py", True)]


@pytest.mark.airflow
def test_what_airflow_cannot_store_is_reported(tmp_path: Path) -> None:
    """Airflow itself parses such a DAG, and only logs that it is not stored."""
    text = """
        from airflow.sdk import DAG, Asset
        from airflow.providers.standard.operators.empty import EmptyOperator
        with DAG("d"):
            EmptyOperator(task_id="t", outlets=[Asset("a", extra={"when": {1, 2}})])
    """
    reading = adapter.load.load(Target("airflow", str(tmp_path), path=project(tmp_path, text)))

    assert Code.NOT_SERIALISABLE in {loss.code for loss in reading.losses}


def test_a_plain_project_carries_nothing(shop: Path) -> None:
    """There is nothing to restore in a project that transload did not write."""
    reading = static(shop)

    assert restore(reading.graph, reading.carried, "airflow") == (reading.graph, ())


OF_TRANSLOAD = """
    from airflow.sdk import DAG, Asset, MinimumCount, PartitionedAssetTimetable
    from transload.model.partitions import StaticMapping, StaticPartitions, TimePartitions
    from transload_airflow.running.mappers import PartitionsMapper, TimeWindowMapper
    from transload_airflow.running.timetables import PartitionsTimetable

    DAYS = TimePartitions(cron="@daily", start="2026-01-01", exclusions=["0 0 * * 6"])
    WEEKS = TimePartitions(cron="0 0 * * 1", start="2026-01-05")
    raw, keyed = Asset("raw"), Asset("keyed")
    table = PartitionsMapper(
        StaticMapping(table={"de": ["emea"]}), upstream=StaticPartitions(keys=["de"]), downstream=StaticPartitions(keys=["emea"])
    )
    week = TimeWindowMapper(upstream=DAYS, downstream=WEEKS, wait_policy=MinimumCount(-1), max_downstream_keys=2)
    weekly = TimeWindowMapper(upstream=WEEKS, downstream=WEEKS)
    with DAG("night", schedule=PartitionsTimetable(DAYS, cron="0 3 * * *")): ...
    with DAG("week", schedule=PartitionedAssetTimetable(assets=raw, default_partition_mapper=week)): ...
    with DAG("other", schedule=PartitionedAssetTimetable(assets=raw, default_partition_mapper=weekly)): ...
    with DAG("table", schedule=PartitionedAssetTimetable(assets=keyed, default_partition_mapper=table)): ...
"""


def _read_back(reading: Reading) -> None:
    days = TimePartitions(cron="@daily", start="2026-01-01", exclusions=("0 0 * * 6",))
    weeks = TimePartitions(cron="0 0 * * 1", start="2026-01-05")
    flows = reading.graph.flow
    waiting = RollupMapping(upstream=TimeMapping(), window=Window(), wait=WaitPolicy(minimum=-1), limit=2)

    assert flows["night"].partitions == days
    assert flows["night"].schedules[0].trigger == Cron(expression="0 3 * * *", timezone="UTC")
    assert flows["week"].partitions == weeks
    assert flows["week"].schedules[0].trigger == Updated(asset=logical("airflow", "default", ["raw"]), mapping=waiting)
    assert flows["table"].partitions == StaticPartitions(keys=("emea",))
    keyed = reading.graph.asset[logical("airflow", "default", ["keyed"])]
    assert keyed.partitions == StaticPartitions(keys=("de",))
    assert reading.graph.asset[logical("airflow", "default", ["raw"])].partitions == weeks
    assert [(loss.subject, loss.code) for loss in reading.losses] == [("flow week", Code.CONTRADICTION)]


def test_mappers_and_timetables_of_transload_are_what_they_say(tmp_path: Path) -> None:
    """The definitions become those of the assets and DAGs; where two mappers contradict, the first DAG is right, and it is said."""
    _read_back(static(project(tmp_path, OF_TRANSLOAD)))


@pytest.mark.airflow
def test_mappers_and_timetables_of_transload_are_loaded(tmp_path: Path) -> None:
    """The same by importing them."""
    pytest.importorskip("airflow.partition_mappers.wait_policy")
    root = project(tmp_path, OF_TRANSLOAD)
    _read_back(adapter.load.load(Target("airflow", str(root), path=root)))


OPERATORS = """
    import os
    from datetime import timedelta
    from functools import partial
    from json import dumps

    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.providers.standard.operators.python import PythonOperator
    from airflow.sdk import DAG, Asset, BaseOperator, TaskGroup, XComArg, task

    class Load(BaseOperator):
        def __init__(self, *, table, **kwargs):
            kwargs.setdefault("retries", 5)
            super().__init__(task_id=f"load_{table}", outlets=[Asset(self.uri(table))], **kwargs)
        def uri(self, table): return f"s3://lake/{table}"
        def execute(self, context): ...

    class Copy(EmptyOperator):
        def __init__(self, *, source, **kwargs):
            super().__init__(**kwargs)
            self.inlets = [Asset(source)]
            self.outlets = [*self.outlets, Asset("copied")]

    class Clean(TaskGroup):
        def __init__(self, group_id="clean", **kwargs):
            super().__init__(group_id=group_id, **kwargs)
            with self:
                EmptyOperator(task_id="inner", outlets=[Asset("cleaned")])

    class TeamDAG(DAG):
        def __init__(self, name, **kwargs):
            super().__init__(dag_id=f"team_{name}", tags=["team"], **kwargs)

    class Lake(Asset):
        asset_type = "lake"
        def __init__(self, table, **kwargs):
            super().__init__(name=f"lake_{table}", uri=f"s3://lake/{table}", **kwargs)
        @classmethod
        def gold(cls, table): return cls(f"gold_{table}")

    class Deep(Lake):
        pass

    def work(x): ...

    with TeamDAG("a", schedule=[Lake("rates"), Deep("deep")]):
        later = EmptyOperator(task_id="later")
        later.outlets = [Asset("assigned")]
        later.pool = "disk"
        later.trigger_rule = "all_done"
        added = BashOperator(task_id="added", bash_command="x", inlets=[Asset("given")], retry_delay=timedelta(minutes=1))
        added.add_inlets([Asset("more")])
        added.outlets.append(Lake.gold("x"))
        Load(table="orders") >> Clean()
        Copy(task_id="copy", source="s3://lake/orders", outlets=[Asset("mine")])
        PythonOperator(task_id="lambda", python_callable=lambda: 1)
        PythonOperator(task_id="dumps", python_callable=dumps)
        PythonOperator(task_id="partial", python_callable=partial(work, 1))
        @task
        def keys(): return {"a": 1}
        @task
        def use(value): ...
        use(keys()["a"])
        use.override(task_id="argument")(XComArg(added))
        use.override(task_id="name")(later.task_id)
"""


def _own_operators(reading: Reading) -> None:
    graph = reading.graph
    names = {asset.id: asset.names["airflow"][0] for asset in graph.assets}
    jobs = {job.name.removeprefix("team_a."): job for job in graph.jobs}
    ports = {
        name: ([names[each.asset] for each in job.reads], [names[each.asset] for each in job.writes])
        for name, job in jobs.items()
        if job.reads or job.writes
    }
    arguments: dict[str, Any] = {name: job.native.get("airflow", {}).get("arguments", {}) for name, job in jobs.items()}
    rates = graph.asset[identify("s3://lake/rates")]

    assert ports == {
        "added": (["given", "more"], ["lake_gold_x"]),
        "clean.inner": ([], ["cleaned"]),
        "copy": (["s3://lake/orders"], ["mine", "copied"]),
        "later": ([], ["assigned"]),
        "load_orders": ([], ["s3://lake/orders"]),
    }
    assert (rates.group, rates.native["airflow"]["class"]) == ("lake", "dags.Lake")
    assert graph.flow["team_a"].tags == {"team": ""}
    assert (jobs["later"].pool, jobs["later"].rule, arguments["later"]) == ("disk", "all_done", {})
    assert jobs["load_orders"].retries == Retries(count=5, delays=(300.0,))
    assert arguments["added"]["retry_delay"] == {"seconds": 60.0}
    assert [jobs[name].function for name in ("dumps", "partial")] == ["json.dumps", "dags.work"]
    assert arguments["partial"]["python_callable"] == {"call": "functools.partial", "args": [{"name": "dags.work"}, 1]}
    assert arguments["use"]["op_args"] == [{"name": "keys.output['a']"}]
    assert (jobs["argument"].after, jobs["name"].after) == (("team_a.added",), ())
    assert arguments["name"]["op_args"] == ["later"]


def test_classes_of_the_project_are_what_their_initialisers_make_them(tmp_path: Path) -> None:
    """Operators, groups, DAGs and assets; ports that are filled later; functions from elsewhere; outputs by key."""
    reading = static(project(tmp_path, OPERATORS))

    _own_operators(reading)
    assert reading.losses == ()


@pytest.mark.airflow
def test_operators_are_loaded_as_they_are_and_not_as_they_were_given(tmp_path: Path) -> None:
    """The same by importing them: what a class or the project sets afterwards counts."""
    root = project(tmp_path, OPERATORS)
    loaded = adapter.load.load(Target("airflow", str(root), path=root))

    _own_operators(loaded)
    assert differences(loaded.graph, static(root).graph) == ()


@pytest.mark.airflow
def test_a_parameter_of_a_dag_is_an_argument_of_a_task(tmp_path: Path) -> None:
    """Airflow's object for it holds the DAG, which holds the task: it is named, and not followed."""
    text = """
        from airflow.sdk import Asset, dag, task

        @dag(schedule=None)
        def shop(day: str = "today"):
            @task(outlets=[Asset("s3://lake/orders")])
            def orders(day): ...
            orders(day)
        shop()
    """
    root = project(tmp_path, text)

    loaded = adapter.load.load(Target("airflow", str(root), path=root))

    assert [job.name for job in loaded.graph.jobs] == ["shop.orders"]
    assert [(loss.field, "DagParam" in loss.message) for loss in loaded.losses] == [("native.airflow.op_args", True)]


LOOPS = """
    from airflow.sdk import Asset, dag, task, task_group

    def asset(): return Asset(f"of_{name}")
    for name in ("a", "b"):
        @dag(dag_id=f"loop_{name}", schedule=None)
        def made():
            @task(outlets=[asset(), Asset(name)])
            def write(): ...
            write()
            for number in (1, 2):
                @task_group(group_id=f"group_{number}")
                def group():
                    @task(outlets=[Asset(f"{name}_{number}")])
                    def inner(): ...
                    inner()
                group()
        made()
"""


@pytest.mark.airflow
def test_dags_made_in_a_loop_are_those_of_their_turn(tmp_path: Path) -> None:
    """The body of a decorated function runs when it is called."""
    root = project(tmp_path, LOOPS)
    reading = static(root)
    writes = {job.name: [write.asset.name for write in job.writes] for job in reading.graph.jobs}

    inner = {f"loop_{name}.group_{n}.inner": [f"{name}_{n}"] for name in ("a", "b") for n in (1, 2)}
    assert writes == {"loop_a.write": ["of_a", "a"], "loop_b.write": ["of_b", "b"], **inner}
    assert differences(adapter.load.load(Target("airflow", str(root), path=root)).graph, reading.graph) == ()


def test_arguments_that_cannot_be_told_are_reported(tmp_path: Path) -> None:
    """Of a task, of an asset, of a port that is filled under a condition, of what an initialiser hands on."""
    text = """
        import os, json
        from airflow.sdk import DAG, Asset
        from airflow.providers.standard.operators.empty import EmptyOperator
        more = json.loads(os.environ["MORE"])
        class Mine(EmptyOperator):
            def __init__(self, **kwargs):
                if os.environ["X"]:
                    super().__init__(outlets=[Asset("x")], **kwargs)
                else:
                    super().__init__(**kwargs)
        with DAG("d"):
            EmptyOperator(task_id="starred", **more)
            EmptyOperator(task_id="asset", outlets=[Asset("known", **more)])
            maybe = EmptyOperator(task_id="maybe")
            if os.environ["Y"]:
                maybe.outlets = [Asset("y")]
            Mine(task_id="mine")
    """
    losses = static(project(tmp_path, text)).losses

    assert {(loss.subject, loss.field) for loss in losses if loss.code is Code.UNRESOLVED} == {
        ("asset known", "**"),
        ("job d.asset", "outlets"),
        ("job d.maybe", "outlets"),
        ("job d.mine", "*"),
        ("job d.starred", "*"),
    }


def test_files_that_airflow_ignores_are_not_read(tmp_path: Path) -> None:
    """Unless others import them; what is in a zip file is reported."""
    dag = "from airflow.sdk import DAG\nwith DAG('{}') as d: ..."
    for name in ("kept", "skipped", "sub/inner", "sub/wanted", "other/deep/far", "parts"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{name}.py").write_text(dag.format(name.replace("/", "_")), encoding="utf-8")
    (tmp_path / ".airflowignore").write_text("# comment\nskip*.py\nsub/*\n!wanted.py\n/parts.[pq]y\n", encoding="utf-8")
    (tmp_path / "other" / ".airflowignore").write_text("deep/\n", encoding="utf-8")
    (tmp_path / "more.zip").write_bytes(b"no zip")
    reading = static(tmp_path)

    assert [flow.name for flow in reading.graph.flows] == ["kept", "sub_wanted"]
    assert [(loss.subject, loss.code) for loss in reading.losses] == [("file more.zip", Code.UNRESOLVED)]


@pytest.mark.airflow
def test_airflow_ignores_the_same_files(tmp_path: Path) -> None:
    """Its own discovery is the judge; before 3.3 it took `deep/` below the top and `!` otherwise."""
    from airflow import sdk

    if not hasattr(sdk, "PartitionedAtRuntime"):
        pytest.skip("The patterns are those of Airflow 3.3.")
    test_files_that_airflow_ignores_are_not_read(tmp_path)
    (tmp_path / "more.zip").unlink()
    loaded = adapter.load.load(Target("airflow", str(tmp_path), path=tmp_path))

    assert [flow.name for flow in loaded.graph.flows] == ["kept", "sub_wanted"]


TIMETABLES = """
    from airflow.sdk import DAG
    from airflow.timetables.base import Timetable
    from airflow.timetables.interval import DeltaDataIntervalTimetable
    from dateutil.relativedelta import relativedelta

    class Workdays(Timetable):
        def __init__(self, hour, *, country="DE"):
            self._hour, self.country = hour, country
        def serialize(self): return {"hour": self._hour}

    with DAG("own", schedule=Workdays(3)) as own: ...
    with DAG("months", schedule=DeltaDataIntervalTimetable(relativedelta(months=1))) as months: ...
"""


@pytest.mark.airflow
def test_timetables_of_the_project_keep_their_arguments(tmp_path: Path) -> None:
    """By either way of reading, and nobody calls them assets."""
    root = project(tmp_path, TIMETABLES)
    readings = (static(root), adapter.load.load(Target("airflow", str(root), path=root)))

    assert differences(readings[0].graph, readings[1].graph) == ()
    for reading in readings:
        trigger = reading.graph.flow["own"].schedules[0].trigger
        assert isinstance(trigger, Opaque)
        assert trigger.detail == {"call": "dags.Workdays", "kwargs": {"hour": 3}}
        assert Code.NOT_AN_ASSET not in {loss.code for loss in reading.losses}


@pytest.mark.airflow
def test_two_dags_of_one_id_in_a_file_are_reported(tmp_path: Path) -> None:
    """Airflow says nothing, and takes either of them."""
    text = """
        from airflow.sdk import DAG
        from airflow.providers.standard.operators.empty import EmptyOperator
        with DAG("twin", schedule=None): EmptyOperator(task_id="x")
        with DAG("twin", schedule="@daily"): EmptyOperator(task_id="a")
    """
    root = project(tmp_path, text)
    loaded = adapter.load.load(Target("airflow", str(root), path=root))

    assert [(loss.subject, loss.code) for loss in loaded.losses] == [("flow twin", Code.CONTRADICTION)]
    assert loaded.graph.flow["twin"].jobs == ("twin.a",)


@pytest.mark.airflow
def test_functions_that_make_assets_may_list_those_of_others(tmp_path: Path) -> None:
    """Which still make several. Texts that are no templates are such by both ways of reading."""
    from airflow import sdk

    if not hasattr(sdk, "literal"):
        pytest.skip("Airflow 3.1 has no literals.")
    text = """
        from airflow.providers.standard.operators.bash import BashOperator
        from airflow.sdk import DAG, Asset, asset, literal
        @asset(schedule=None)
        def one(): ...
        @asset.multi(schedule=None, outlets=[one, Asset("two")])
        def several(): ...
        with DAG("d", schedule=None):
            BashOperator(task_id="t", bash_command=literal("{{ x }}"))
    """
    root = project(tmp_path, text)
    loaded = adapter.load.load(Target("airflow", str(root), path=root))

    assert loaded.graph.job["several.several"].native["airflow"]["operator"] == "airflow.sdk.asset.multi"
    assert differences(loaded.graph, static(root).graph) == ()


def test_a_dag_without_a_name_in_its_module_is_reported(tmp_path: Path) -> None:
    """Airflow does not find it."""
    text = """
        from airflow.sdk import DAG
        from airflow.providers.standard.operators.empty import EmptyOperator
        dags = [DAG(f"d{number}", schedule=None) for number in range(2)]
        EmptyOperator(task_id="t", dag=dags[0])
        found = DAG("found", schedule=None)
        EmptyOperator(task_id="t", dag=found)
    """
    losses = static(project(tmp_path, text)).losses

    assert [(loss.subject, loss.code) for loss in losses] == [("flow d0", Code.UNCERTAIN)]


def test_conditions_of_a_task_and_contexts_of_setups(tmp_path: Path) -> None:
    """A condition is no decorator that makes a task; an order that is not followed is reported."""
    text = """
        from airflow.sdk import DAG, setup, task, teardown
        def never(context): return False
        with DAG("d"):
            @task.skip_if(never)
            @task
            def t(): ...
            t()
            @setup
            def up(): ...
            @teardown(on_failure_fail_dagrun=True)
            def down(): ...
            @task
            def inside(): ...
            with up() >> down():
                inside()
    """
    reading = static(project(tmp_path, text))
    native: dict[str, Any] = {job.name: job.native.get("airflow", {}) for job in reading.graph.jobs}

    assert native["d.t"] == {
        "arguments": {"pre_execute": [{"call": "airflow.sdk.task.skip_if", "args": [{"name": "dags.never"}]}]}
    }
    assert native["d.down"]["arguments"] == {"on_failure_fail_dagrun": True, "is_teardown": True}
    assert {(loss.subject, loss.field) for loss in reading.losses} == {("job d.up", "after"), ("job d.down", "after")}


@pytest.mark.parametrize(
    ("call", "cron"),
    [('build("x", "0 5 * * *")', "0 5 * * *"), ('build("x")', "0 0 * * *"), ('build("x", cron=None)', "0 0 * * *")],
)
def test_a_schedule_that_a_function_chooses_is_that_of_the_call(tmp_path: Path, call: str, cron: str) -> None:
    source = """
        from airflow.sdk import DAG

        def build(name, cron=None):
            DAG(name, schedule="@daily" if cron is None else cron)
    """
    (tmp_path / "dags.py").write_text(f"{dedent(source)}\n{call}\n", encoding="utf-8")
    reading = static(tmp_path)

    assert [each.trigger for flow in reading.graph.flows for each in flow.schedules] == [Cron(expression=cron)]


@pytest.mark.parametrize(
    ("multiplier", "kept"), [("1", False), ("1.0", False), ("True", False), ("3.0", False), ("-2.0", True)]
)
def test_only_a_backoff_that_retries_do_not_have_stays_as_it_is(tmp_path: Path, multiplier: str, kept: bool) -> None:
    source = f"""
        from airflow.providers.standard.operators.bash import BashOperator
        from airflow.sdk import DAG

        with DAG("d"):
            BashOperator(task_id="t", bash_command="true", retries=2, retry_exponential_backoff={multiplier})
    """
    (tmp_path / "dags.py").write_text(dedent(source), encoding="utf-8")
    (job,) = static(tmp_path).graph.jobs

    assert ("retry_exponential_backoff" in str(job.native)) is kept

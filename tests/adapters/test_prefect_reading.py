"""Both readers take in the same of a project with everything in it, and nothing of it is lost in silence."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.adapters.prefect_readers import loaded, static

from transload import loading
from transload.adapter import Reading, Target
from transload.loss import Code, Loss
from transload.model.assets import Asset
from transload.model.graph import AssetGraph
from transload.model.identity import identify
from transload.model.jobs import Job, Read, Retries
from transload.model.triggers import AllOf, AnyOf, AtLeast, Cron, Event, InOrder, Interval, RRule, Updated
from transload.translator import meaning
from transload_prefect import adapter
from transload_prefect.codecs.deployments import deployment_of, schedule_of

PROJECT = {
    "lake.py": '''
"""Keys and assets."""
from prefect.assets import Asset, AssetProperties

BASE = "s3://lake"
ORDERS = Asset(
    key=f"{BASE}/orders",
    properties=AssetProperties(name="Orders", url="https://x.example/orders", description="All.", owners=["ann", "bob"]),
)
TABLES = {name: Asset(key=f"postgres://wh/db/public/{name}") for name in ("clean", "sums")}
UNUSED = Asset(key="s3://lake/unused")
''',
    "pipelines/daily.py": '''
from datetime import timedelta
from functools import partial

from prefect import flow, task
from prefect.assets import Asset, materialize
from prefect.events import DeploymentEventTrigger
from prefect.schedules import Cron, Interval, RRule
from prefect.tasks import exponential_backoff

from lake import BASE, ORDERS, TABLES

by_dbt = partial(materialize, by="dbt")


@materialize(
    ORDERS,
    asset_deps=["sftp://partner/orders.csv", Asset(key="https://api.example/v1")],
    retries=3,
    retry_delay_seconds=exponential_backoff(backoff_factor=2),
    retry_jitter_factor=0.5,
    timeout_seconds=30,
    tags=["raw", "team:sales", "day:mon", "day:tue"],
    version="2",
)
def load(day: str):
    """Fetch.

    In full.
    """
    return [day]


@by_dbt(TABLES["clean"], name="clean it", retries=1, retry_delay_seconds=[5])
def clean(orders, other=None):
    return orders


@task(log_prints=True, cache_expiration=timedelta(hours=1), persist_result=True)
def hand_on(data):
    return data


@materialize(TABLES["sums"], "s3://lake/sums.json")
async def sums(rows, *more):
    return {"rows": rows}


@task
def alone(): ...


class Steps:
    @task(asset_deps=["s3://lake/by-hand"])
    def step(self): ...


@flow
def child(n):
    alone()
    return n


@flow(name="daily sales", retries=2, retry_delay_seconds=60, log_prints=True, timeout_seconds=600, description="Every day.")
async def daily(day: str, full: bool = False, options: dict = {"a": [1, None]}):
    orders = load(day)
    cleaned = clean.submit(hand_on(orders))
    total = await sums(rows=cleaned.result())
    clean.with_options(assets=[f"{BASE}/extra"], asset_deps=[])(orders={"x": [total]})
    done = alone.submit(wait_for=[cleaned])
    clean.with_options(retries=4)(orders)
    child(1)
    return done


nightly = daily.to_deployment(
    "nightly",
    schedules=[
        Cron("0 1 * * *", timezone="Europe/Berlin", slug="night"),
        Interval(timedelta(minutes=90), anchor_date="2026-01-01T00:00:00Z", active=False),
        RRule("FREQ=WEEKLY;BYDAY=MO", timezone="America/New_York"),
    ],
    parameters={"day": "today"},
    tags=["prod"],
    triggers=[
        DeploymentEventTrigger(
            name="when loaded",
            expect={"prefect.asset.materialization.succeeded"},
            match={"prefect.resource.id": "s3://lake/orders"},
            parameters={"day": "{{ event.payload.day }}"},
        )
    ],
    concurrency_limit=2,
    work_pool_name="pool",
    job_variables={"cpu": 2},
)

if __name__ == "__main__":
    child.serve(name="served", cron="0 5 * * *", tags=["x"])
''',
    "prefect.yaml": """
name: sales
definitions:
  pool: &pool
    name: process
    job_variables: {image: "{{ $IMAGE }}"}
deployments:
  - name: from-yaml
    entrypoint: pipelines/daily.py:child
    description: By hand.
    tags: ["a", "{{ $ENV }}"]
    parameters: {n: 3}
    work_pool: *pool
    schedule: {cron: "30 2 * * *", day_or: false}
    triggers:
      - type: compound
        require: all
        within: 3600
        triggers:
          - {type: event, expect: [prefect.asset.materialization.succeeded], match: {prefect.resource.id: s3://lake/orders}}
          - type: sequence
            triggers:
              - {expect: [a.b], match_related: {prefect.resource.role: flow}}
              - {expect: [c], threshold: 3, within: "00:01:00"}
      - type: compound
        require: 1
        triggers:
          - {type: event, posture: Proactive, within: 30, expect: [x]}
      - {type: event, expect: [prefect.asset.materialization.succeeded], match: {prefect.resource.id: "s3://lake/*"}}
  - name: lost
    entrypoint: nowhere.py:flow
    mystery: 1
pull:
  - prefect.deployments.steps.set_working_directory: {directory: /srv}
""",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    for name, text in PROJECT.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture(scope="module")
def graph(project: Path) -> AssetGraph:
    return static(project).graph


def by_name(graph: AssetGraph, name: str) -> Job:
    return graph.job[f"daily sales/{name}"]


ORDERS, CLEAN, EXTRA, SUMS = (
    identify(uri)
    for uri in ("s3://lake/orders", "postgres://wh/db/public/clean", "s3://lake/extra", "postgres://wh/db/public/sums")
)


def _as_told(graph: AssetGraph) -> AssetGraph:
    """Before 3.7.8 `with_options` makes `persist_result` of a cache policy that nobody gave."""
    if tuple(map(int, str(adapter.installed()).split(".")[:3])) >= (3, 7, 8):
        return graph
    told = {"prefect": {"by": "dbt"}}
    jobs = [
        job.model_copy(update={"native": told}) if job.name.endswith(("clean it#2", "clean it#3")) else job
        for job in graph.jobs
    ]
    return graph.replaced(jobs=jobs)


@pytest.mark.prefect
def test_importing_and_looking_find_the_same(project: Path) -> None:
    first, second = loaded(project), static(project)

    assert first.failures == ()
    assert meaning(_as_told(first.graph)) == meaning(second.graph)
    origins = [
        [(each.name, each.origin.path, each.origin.line) for each in reading.graph.jobs if each.origin]
        for reading in (first, second)
    ]
    assert origins[0] == origins[1]


@pytest.mark.prefect
def test_importing_reports_what_looking_reports(project: Path) -> None:
    def told(losses: tuple[Loss, ...]) -> set[tuple[str, str, Code]]:
        return {(loss.subject, loss.field, loss.code) for loss in losses}

    assert told(loaded(project).losses) == told(static(project).losses)


def test_properties_of_assets_are_fields(graph: AssetGraph) -> None:
    orders = graph.asset[ORDERS]

    assert (orders.title, orders.url, orders.description) == ("Orders", "https://x.example/orders", "All.")
    assert orders.owners == ("ann", "bob")
    assert orders.names == {"prefect": ("s3://lake/orders",)}
    assert identify("s3://lake/unused") in graph.asset


def test_options_of_tasks_are_fields_or_residue(graph: AssetGraph) -> None:
    load, handed = by_name(graph, "load"), by_name(graph, "hand_on")

    assert load.retries == Retries(count=3, delays=(2.0, 4.0, 8.0), jitter=0.5)
    assert load.timeout == 30.0
    assert load.tags == {"raw": "", "team": "sales", "day:mon": "", "day:tue": ""}
    assert load.description == "Fetch.\n\nIn full."
    assert load.function == "pipelines.daily.load"
    assert load.native == {"prefect": {"version": "2"}}
    assert handed.native == {"prefect": {"log_prints": True, "cache_expiration": 3600.0, "persist_result": True}}
    assert by_name(graph, "clean it").native == {"prefect": {"by": "dbt"}}


def test_data_flow_gives_reads(graph: AssetGraph) -> None:
    assert by_name(graph, "clean it").reads == (Read(asset=ORDERS, argument="orders", inferred=True),)
    assert by_name(graph, "clean it").after == ("daily sales/hand_on",)
    assert by_name(graph, "sums").reads == (Read(asset=CLEAN, argument="rows", inferred=True),)
    assert [read.asset for read in graph.job["child/alone"].reads] == [CLEAN]


def test_a_task_with_other_assets_is_another_job(graph: AssetGraph) -> None:
    other = by_name(graph, "clean it#2")

    assert [write.asset for write in other.writes] == [EXTRA]
    assert {read.asset for read in other.reads} == {SUMS, identify("s3://lake/sums.json")}


def test_flows_have_parameters_and_what_they_call(graph: AssetGraph) -> None:
    daily = graph.flow["daily sales"]

    assert daily.parameters == {"full": False, "options": {"a": [1, None]}}
    assert daily.native["prefect"] == {
        "required": ["day"],
        "log_prints": True,
        "timeout_seconds": 600,
        "subflows": ["child"],
    }
    assert daily.retries == Retries(count=2, delays=(60.0,))
    assert daily.description == "Every day."
    assert daily.concurrency == 2
    assert daily.jobs == (
        *(f"daily sales/{name}" for name in ("load", "hand_on", "clean it", "sums", "clean it#2")),
        "child/alone",
        "daily sales/clean it#3",
    )


def test_a_task_that_no_flow_calls_keeps_what_it_reads(graph: AssetGraph) -> None:
    assert graph.job["step"].reads == (Read(asset=identify("s3://lake/by-hand")),)
    assert "step" not in graph.flows_of


def test_deployments_in_python_are_schedules(graph: AssetGraph) -> None:
    (nightly,) = graph.flow["daily sales"].schedules

    assert nightly.trigger == AnyOf(
        parts=(
            Cron(expression="0 1 * * *", timezone="Europe/Berlin"),
            Interval(seconds=5400.0, anchor="2026-01-01T00:00:00+00:00"),
            RRule(rule="FREQ=WEEKLY;BYDAY=MO", timezone="America/New_York"),
            Updated(asset=ORDERS),
        )
    )
    assert nightly.native["prefect"] == {
        "work_pool": {"name": "pool", "job_variables": {"cpu": 2}},
        "schedules": [{"slug": "night", "active": True}, {"active": False}, {"active": True}],
        "triggers": [{"name": "when loaded", "parameters": {"day": "{{ event.payload.day }}"}}],
    }


_PAUSED = """
from prefect import flow
@flow
def f(): ...
bare = f.to_deployment("bare", paused=True)
timed = f.to_deployment("timed", paused=True, cron="0 1 * * *")
"""


@pytest.mark.prefect
@pytest.mark.parametrize("reader", [static, loaded])
def test_a_paused_deployment_is_not_active(tmp_path: Path, reader: Callable[[Path], Reading]) -> None:
    (tmp_path / "p.py").write_text(_PAUSED)
    (tmp_path / "prefect.yaml").write_text(
        "deployments:\n  - {name: yaml, entrypoint: 'p.py:f', paused: true, schedule: {cron: '0 1 * * *'}}\n"
    )

    schedules = reader(tmp_path).graph.flow["f"].schedules

    assert {each.name: each.active for each in schedules} == {"bare": False, "timed": False, "yaml": False}
    for each in schedules:
        written = deployment_of(each, each.name or "", str)
        assert (schedule_of(written.deployment, lambda _key: None), written.reasons) == (each, ())


def test_what_a_file_serves_as_a_program_is_read(graph: AssetGraph) -> None:
    served = next(each for each in graph.flow["child"].schedules if each.name == "served")

    assert (served.trigger, served.tags) == (Cron(expression="0 5 * * *"), {"x": ""})


def test_deployments_in_yaml_are_schedules(graph: AssetGraph) -> None:
    schedule = next(each for each in graph.flow["child"].schedules if each.name == "from-yaml")

    assert schedule.trigger == AnyOf(
        parts=(
            Cron(expression="30 2 * * *", day_or=False),
            AllOf(
                within=3600.0,
                parts=(
                    Updated(asset=ORDERS),
                    InOrder(
                        parts=(
                            Event(match={"expect": ["a.b"], "match_related": {"prefect.resource.role": "flow"}}),
                            Event(match={"expect": ["c"], "threshold": 3, "within": 60}),
                        )
                    ),
                ),
            ),
            AtLeast(count=1, parts=(Event(match={"expect": ["x"], "posture": "Proactive", "within": 30}),)),
            Event(
                match={
                    "expect": ["prefect.asset.materialization.succeeded"],
                    "match": {"prefect.resource.id": "s3://lake/*"},
                }
            ),
        )
    )
    assert schedule.parameters == {"n": 3}
    assert schedule.tags == {"a": "", "{{ $ENV }}": ""}
    assert schedule.native["prefect"] == {"work_pool": {"name": "process", "job_variables": {"image": "{{ $IMAGE }}"}}}


def test_what_is_not_taken_in_is_reported_with_its_place(project: Path) -> None:
    told = {(loss.subject, loss.field, loss.code): str(loss.origin) for loss in static(project).losses}

    assert told == {
        ("deployment lost", "entrypoint", Code.UNRESOLVED): "prefect.yaml:30",
        ("deployment lost", "mystery", Code.UNKNOWN_KEYWORD): "prefect.yaml:30",
        ("deployment from-yaml", "tags", Code.UNCERTAIN): "prefect.yaml:8",
        ("deployment from-yaml", "work_pool", Code.UNCERTAIN): "prefect.yaml:8",
        ("file prefect.yaml", "pull", Code.FLOW_NATIVE): "prefect.yaml",
    }


@pytest.mark.parametrize(
    ("text", "subject", "code"),
    [
        ("@materialize('s3://b/k', colour='red')\ndef f(): ...", "task f", Code.UNKNOWN_KEYWORD),
        ("@materialize(os.environ['KEY'])\ndef f(): ...", "task f", Code.UNRESOLVED),
        ("@task(on_completion=[print])\ndef f(): ...", "task f", Code.NOT_SERIALISABLE),
        ("@flow(**os.environ)\ndef f(): ...", "flow f", Code.UNRESOLVED),
        ("Asset(key=os.getenv('K'))", "asset at p.py:5", Code.UNRESOLVED),
        ("def make():\n    return materialize('s3://b/k')(os.getenv('F'))", "function make", Code.UNRESOLVED),
        ("@materialize('s3://u:pw@b/k')\ndef f(): ...", "asset s3://b/k", Code.CREDENTIAL_REMOVED),
        ("A = Asset(key='s3://b/k')\nB = Asset(key='s3a://b/k')", "asset s3a://b/k", Code.SHARED_IDENTITY),
        ("@task\ndef t(): ...\n@flow\ndef f(x):\n    if x:\n        t()", "flow f", Code.UNCERTAIN),
        (
            "from prefect.automations import Automation\nAutomation(name='n', trigger=None, actions=[])",
            "automation n",
            Code.UNKNOWN_KIND,
        ),
    ],
)
def test_what_looking_cannot_tell_is_reported(tmp_path: Path, text: str, subject: str, code: Code) -> None:
    head = "import os\nfrom prefect import flow, task\nfrom prefect.assets import Asset, materialize\n\n"
    (tmp_path / "p.py").write_text(head + text)

    found = {(loss.subject, loss.code) for loss in static(tmp_path).losses}

    assert (subject, code) in found


def test_what_a_variant_of_a_task_says_is_read(tmp_path: Path) -> None:
    """`with_options` changes what it names, and nothing else."""
    (tmp_path / "p.py").write_text(
        "from prefect import flow\nfrom prefect.assets import materialize\n"
        "@materialize('s3://b/k', retries=4, timeout_seconds=9, tags=['a'], retry_jitter_factor=0.5)\n"
        "def build(): ...\n"
        "@flow\ndef f():\n"
        "    build()\n    build.with_options(name='other', retries=7, tags=['z'], retry_delay_seconds=[1, 2])()\n"
    )
    jobs = static(tmp_path).graph.job

    assert (jobs["f/other"].retries, jobs["f/other"].timeout) == (Retries(count=7, delays=(1.0, 2.0), jitter=0.5), 9.0)
    assert (dict(jobs["f/other"].tags), dict(jobs["f/build"].tags)) == ({"z": ""}, {"a": ""})
    assert jobs["f/build"].retries == Retries(count=4, jitter=0.5)


def test_no_credential_is_kept(tmp_path: Path) -> None:
    (tmp_path / "p.py").write_text(
        "from prefect.assets import Asset\nA = Asset(key='postgres://ann:secret@h/db/s/t')\n"
    )

    reading = static(tmp_path)

    assert "secret" not in repr(reading)
    assert [asset.names["prefect"] for asset in reading.graph.assets] == [("postgres://h/db/s/t",)]


@pytest.mark.prefect
def test_importing_has_no_effects(tmp_path: Path) -> None:
    """Flows are not run, tasks are not run, and the body of a flow can neither write files nor start processes."""
    canary = tmp_path / "canary"
    project = tmp_path / "project"
    project.mkdir()
    (project / "p.py").write_text(
        f"""
import os
from prefect import flow, task
from prefect.assets import materialize

@materialize("s3://b/k")
def t():
    open({str(canary)!r}, "w").write("task")

@flow
def f():
    t()
    open({str(canary)!r}, "w").write("body")

@flow
def g():
    os.system("touch {canary}")
    t()

f()
g.serve(name="x")
"""
    )

    reading = loaded(project)

    assert not canary.exists()
    assert {flow.name: flow.jobs for flow in reading.graph.flows} == {"f": ("f/t",), "g": ("f/t",)}
    assert {loss.code for loss in reading.losses} == {Code.UNCERTAIN}
    assert not os.environ.get("PREFECT_API_URL")


@pytest.mark.prefect
def test_a_file_that_does_not_import_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("import nothing_of_the_kind\n")
    (tmp_path / "good.py").write_text("from prefect.assets import Asset\nA = Asset(key='s3://b/k')\n")

    reading = loaded(tmp_path)

    assert [asset.id for asset in reading.graph.assets] == [identify("s3://b/k")]
    assert [(failure.path, failure.reason) for failure in reading.failures] == [
        ("bad.py", "ModuleNotFoundError: No module named 'nothing_of_the_kind'")
    ]


@pytest.mark.prefect
def test_one_attribute_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "p.py").write_text(
        "from prefect import flow\nfrom prefect.assets import Asset, materialize\nA = Asset(key='s3://b/k')\n"
        "@materialize('s3://b/x')\ndef t(): ...\n@flow\ndef f():\n    t()\n@flow\ndef g(): ...\n"
    )
    target = Target("prefect", "p.py:f", path=tmp_path / "p.py", attribute="f")

    reading = loading.load(adapter, target)

    assert [flow.name for flow in reading.graph.flows] == ["f"]
    assert [asset.id for asset in reading.graph.assets] == [Asset(id=identify("s3://b/x")).id]


@pytest.mark.parametrize(
    "decorators",
    [
        "",
        "@plain\n",
        "@plain\n@given(\n    1,\n)\n",
        '@given("""\ndef decorated(): ...\n""")\n',
        "@given('a\\\ndef decorated(): ...')\n",
        "@given(" + "1,\n" * 60 + ")\n",
    ],
)
def test_the_line_of_a_function_is_that_of_its_def(tmp_path: Path, decorators: str) -> None:
    from transload_prefect.reading.syntax.lines import Lines

    text = f"plain = given = lambda *_: lambda function: function\nplain = plain()\n{decorators}def decorated(): ...\n"
    (tmp_path / "module.py").write_text(text, encoding="utf-8")
    defined: dict[str, Callable[[], None]] = {}
    exec(compile(text, str(tmp_path / "module.py"), "exec"), defined)  # noqa: S102 - a text of this test

    line = Lines(tmp_path).definition("module.py", defined["decorated"].__code__)

    assert line == len(text.splitlines())

"""What is written for Prefect is what one of its users would write, and loads there without a warning."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transload import carry, loading
from transload.adapter import Reading, Target, Translation, fields_without_row
from transload.loss import Code, Severity
from transload.model import document
from transload.model.assets import Asset, Origin
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import identify
from transload.model.jobs import Flow, Job, Read, Retries, Schedule, Write
from transload.model.partitions import StaticPartitions
from transload.model.triggers import Cron, Eager, OnCron, Updated
from transload.reading.project import read_project
from transload.testing.suite.large import large
from transload.translator import meaning, prepare
from transload.writing.formatting import format_sources
from transload.writing.project import write_project
from transload_prefect import adapter, source
from transload_prefect.codecs import keywords
from transload_prefect.support import SUPPORT

ORDERS, CLEAN = identify("s3://lake/orders"), identify("postgres://wh/db/public/clean")


def estate() -> AssetGraph:
    load = Job(
        name="ingest.load",
        writes=(Write(asset=ORDERS),),
        retries=Retries(count=2, delays=(5.0,)),
        description="Fetch the orders.",
        native={"prefect": {"by": "dlt", "log_prints": True}},
        function="shop.load",
        origin=Origin(tool="airflow", path="dags/shop.py", line=7),
    )
    clean = Job(name="clean", reads=(Read(asset=ORDERS),), writes=(Write(asset=CLEAN),), tags={"team": "sales"})
    nightly = Schedule(name="nightly", trigger=Cron(expression="0 1 * * *", timezone="Europe/Berlin"))
    ingest = Flow(name="ingest", jobs=("ingest.load",), schedules=(nightly,), parameters={"day": None})
    assets = [Asset(id=ORDERS, title="Orders", owners=("ann",)), Asset(id=CLEAN, group="sales", trigger=Eager())]
    return graph_of(assets, [load, clean], [ingest])


ASSETS = '''"""The assets. Written by transload."""

from prefect.assets import Asset, AssetProperties

CLEAN = Asset(key="postgres://wh:5432/db/public/clean")
ORDERS = Asset(key="s3://lake/orders", properties=AssetProperties(name="Orders", owners=["ann"]))
'''

FLOWS = '''"""Tasks and flows. Written by transload from definitions of Airflow."""

from prefect import flow
from prefect.assets import materialize

from assets import CLEAN, ORDERS


@materialize(CLEAN, asset_deps=[ORDERS], tags=["team:sales"])
def clean() -> None:
    raise NotImplementedError("Move the code of clean here.")


@materialize(ORDERS, retries=2, retry_delay_seconds=5, by="dlt", log_prints=True)
def load() -> None:
    """Fetch the orders."""
    raise NotImplementedError("Move the code of ingest.load here: shop.load, dags/shop.py:7.")


@flow(name="clean")
def clean_flow() -> None:
    clean()


@flow
def ingest(day=None) -> None:
    load()
'''

YAML = """  - name: nightly
    entrypoint: flows.py:ingest
    schedules:
      - cron: 0 1 * * *
        timezone: Europe/Berlin
"""


def written(graph: AssetGraph) -> dict[str, str]:
    return dict(format_sources(source.write(prepare(graph, adapter))))


def test_it_reads_like_hand_written() -> None:
    files = written(estate())

    assert sorted(files) == ["README.md", "assets.py", "flows.py", "prefect.yaml", "requirements.txt", "transload.json"]
    assert files["assets.py"] == ASSETS
    assert files["flows.py"].startswith(FLOWS)
    assert files["prefect.yaml"].endswith(YAML)
    assert "name: eager\n    entrypoint: flows.py:clean_flow\n" in files["prefect.yaml"]


def test_every_field_has_a_row() -> None:
    assert list(fields_without_row(SUPPORT)) == []


def test_a_graph_that_prefect_holds_whole_needs_no_manifest() -> None:
    graph = graph_of(
        [Asset(id=ORDERS)], [Job(name="f/load", writes=(Write(asset=ORDERS),))], [Flow(name="f", jobs=("f/load",))]
    )

    translation = prepare(graph, adapter)

    assert (translation.losses, bool(translation.carried)) == ((), False)
    assert "transload.json" not in source.write(translation)


@pytest.mark.parametrize(
    ("trigger", "started"),
    [(Eager(), Updated(asset=ORDERS)), (OnCron(expression="0 5 * * *"), Cron(expression="0 5 * * *", timezone="UTC"))],
)
def test_a_condition_on_an_asset_starts_a_flow_of_its_own(trigger: Eager | OnCron, started: Updated | Cron) -> None:
    graph = estate()
    changed = [asset.model_copy(update={"trigger": trigger}) if asset.id == CLEAN else asset for asset in graph.assets]

    translation = prepare(graph.replaced(assets=changed), adapter)

    (made,) = [flow for flow in translation.native.flows if flow.name != "ingest"]
    assert [schedule.trigger for schedule in made.schedules] == [started]
    assert made.jobs == ("clean",)
    assert ("asset postgres://wh:5432/db/public/clean", "trigger", Severity.APPROXIMATED) in {
        (loss.subject, loss.field, loss.severity) for loss in translation.losses
    }


def _eager(*uris: str) -> AssetGraph:
    """Assets of one group, each with a condition of its own and a job that writes it."""
    assets = [
        Asset(id=identify(uri), group="sales", trigger=OnCron(expression=f"0 {n} * * *")) for n, uri in enumerate(uris)
    ]
    jobs = [Job(name=f"j{n}", writes=(Write(asset=asset.id),)) for n, asset in enumerate(assets)]
    return graph_of(assets, jobs)


def _flow_names(graph: AssetGraph) -> list[str]:
    return [flow.names["prefect"][0] for flow in prepare(graph, adapter).native.flows]


def test_a_flow_for_one_asset_has_its_name() -> None:
    assert _flow_names(_eager("s3://lake/raw/orders.csv", "postgres://h/shop/public/sums")) == ["orders", "sums"]


def test_assets_of_one_end_are_told_apart_by_more_of_their_names() -> None:
    assert _flow_names(_eager("s3://lake/raw/orders", "s3://lake/clean/orders")) == ["clean-orders", "raw-orders"]


def test_assets_that_start_together_have_a_flow_of_their_group() -> None:
    graph = _eager("s3://lake/a", "s3://lake/b")
    together = graph.replaced(assets=[asset.model_copy(update={"trigger": Eager()}) for asset in graph.assets])

    assert _flow_names(together) == ["sales-eager"]


def test_a_digest_is_added_only_where_two_flows_would_have_one_name() -> None:
    graph = _eager("s3://a/orders", "s3://b/orders", "s3://c/sums")
    first, *_ = _flow_names(graph)
    names = _flow_names(graph.replaced(assets=list(reversed(graph.assets)), jobs=list(reversed(graph.jobs))))

    assert sorted(names) == sorted(_flow_names(graph))
    assert "sums" in names
    assert first.startswith("sales-on-cron")
    assert len(set(names)) == 3


@pytest.mark.parametrize(
    ("tool", "retries", "delays", "severity"),
    [
        ("dagster", Retries(count=3, delays=(10.0,), backoff="exponential"), (10.0, 30.0, 70.0), Severity.CARRIED),
        ("dagster", Retries(count=3, delays=(1.5,), backoff="linear"), (1.5, 3.0, 4.5), Severity.CARRIED),
        (
            "dagster",
            Retries(count=2, delays=(10.0,), backoff="exponential", jitter="full"),
            (10.0, 30.0),
            Severity.APPROXIMATED,
        ),
        (
            "airflow",
            Retries(count=5, delays=(60.0,), backoff="geometric", jitter="up_to_double", max_delay=200.0),
            (60.0, 120.0, 200.0),
            Severity.APPROXIMATED,
        ),
        (
            "airflow",
            Retries(count=2, delays=(1.2,), backoff="geometric", jitter="up_to_double"),
            (2.0, 3.0),
            Severity.APPROXIMATED,
        ),
        (
            "airflow",
            Retries(count=2, delays=(50000.0,), backoff="geometric", jitter="up_to_double"),
            (50000.0, 86400.0),
            Severity.APPROXIMATED,
        ),
        (
            "dagster",
            Retries(count=60, delays=(1.0,), backoff="linear"),
            tuple(map(float, range(1, 51))),
            Severity.APPROXIMATED,
        ),
    ],
)
def test_growing_delays_are_written_as_a_list(
    tool: str, retries: Retries, delays: tuple[float, ...], severity: Severity
) -> None:
    """The list is what the other tool waits, without its jitter; the original is carried, so that the way back restores it."""
    job = Job(name="f/j", retries=retries, origin=Origin(tool=tool))
    translation = prepare(graph_of(jobs=[job], flows=[Flow(name="f", jobs=("f/j",))]), adapter)

    (written,) = translation.native.jobs
    assert written.retries == Retries(count=retries.count, delays=delays)
    assert [(loss.field, loss.severity, loss.code) for loss in translation.losses] == [
        ("retries", severity, Code.JOB_RETRIES)
    ]
    assert translation.expected.jobs[0].retries == retries


def test_a_partitioned_flow_is_told_its_partition() -> None:
    flow = Flow(name="f", partitions=StaticPartitions(keys=("a",)))

    files = written(graph_of(flows=[flow]))

    assert "def f(partition_key: str | None = None)" in files["flows.py"]


def test_what_prefect_does_not_take_as_an_option_is_carried() -> None:
    job = Job(
        name="j", native={"prefect": {"log_prints": "yes", "by": "", "version": 3, "cache_result_in_memory": False}}
    )

    translation = prepare(graph_of(jobs=[job]), adapter)

    assert translation.native.jobs[0].native == {"prefect": {"cache_result_in_memory": False}}
    assert {loss.code for loss in translation.losses} == {Code.JOB_NATIVE}


RESIDUES = {
    name: st.booleans()
    if option.written is bool
    else st.text(st.characters(codec="utf-8"), max_size=8)
    if option.written is str
    else st.floats(0, 1e12)
    for table in (keywords.TASK, keywords.FLOW)
    for name, option in table.items()
    if option.written is not None
}
ANY_RESIDUE = st.fixed_dictionaries(
    {}, optional={**RESIDUES, "required": st.lists(st.sampled_from(["a", "b", "if", "x-y"]), max_size=3)}
)


def _restored(reading: Reading) -> AssetGraph:
    graph, losses = carry.restore(reading.graph, reading.carried, "prefect")
    assert losses == ()
    return graph


def _translated(residue: dict[str, object]) -> Translation:
    job = Job(name="j", native={"prefect": residue} if residue else {})
    writer = Job(name="w", native=job.native, writes=(Write(asset=ORDERS),))
    flow = Flow(name="f", jobs=("j", "w"), native=job.native, parameters={"c": 1})
    return prepare(graph_of([Asset(id=ORDERS)], [job, writer], [flow]), adapter)


@given(ANY_RESIDUE)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_options_of_prefect_come_back_from_source(tmp_path: Path, residue: dict[str, object]) -> None:
    translation = _translated(residue)
    write_project(tmp_path, source.write(translation), force=True)
    if not translation.carried:
        (tmp_path / carry.MANIFEST).unlink(missing_ok=True)

    reading = adapter.static.read(read_project(tmp_path), Target("prefect", ".", path=tmp_path))

    assert meaning(_restored(reading)) == meaning(translation.expected)


@pytest.mark.prefect
@given(ANY_RESIDUE)
@settings(max_examples=60)
def test_options_of_prefect_come_back_from_objects(residue: dict[str, object]) -> None:
    translation = _translated(residue)
    built = adapter.runtime.build(translation)

    reading = adapter.load.from_objects(built.objects, built.manifest, Target("prefect", "objects"))

    assert meaning(_restored(reading)) == meaning(translation.expected)


@pytest.mark.prefect
def test_written_source_imports_without_warnings(tmp_path: Path) -> None:
    write_project(tmp_path / "p", written(estate()))
    of_prefect = [
        "-W",
        "ignore::UserWarning:pydantic_settings.main",
        "-W",
        "ignore::UserWarning:pydantic.fields",
    ]  # 3.4.7
    command = [
        sys.executable,
        *of_prefect,
        "-c",
        "import prefect, warnings; warnings.simplefilter('error', append=True); import flows",
    ]

    done = subprocess.run(command, cwd=tmp_path / "p", capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.prefect
def test_written_source_is_read_back_by_importing_it(tmp_path: Path) -> None:
    translation = prepare(estate(), adapter)
    write_project(tmp_path / "p", format_sources(source.write(translation)))

    reading = loading.load(adapter, Target("prefect", "p", path=tmp_path / "p"))

    assert (reading.losses, reading.failures) == ((), ())
    assert meaning(_restored(reading)) == meaning(translation.expected)


@pytest.mark.prefect
def test_one_line_gives_objects(tmp_path: Path) -> None:
    import transload_prefect

    path = tmp_path / "graph.json"
    path.write_text(document.dumps(estate()))

    objects = transload_prefect.flows(str(path))

    assert {name: asset.key for name, asset in objects.assets.items()} == {
        "CLEAN": "postgres://wh:5432/db/public/clean",
        "ORDERS": "s3://lake/orders",
    }
    assert objects.tasks["clean"].asset_deps == [objects.assets["ORDERS"]]
    with pytest.raises(NotImplementedError, match="The code of clean is not part of the graph"):
        objects.tasks["clean"].fn()
    assert [deployment.name for deployment in objects.deployments] == ["eager", "nightly"]


def test_hostile_names_stay_text() -> None:
    evil = "__import__('os').system('touch /tmp/x')\n\"\"\"{{ $HOME }}"
    graph = graph_of(
        [Asset(id=ORDERS, title=evil, description=evil)],
        [Job(name=evil, writes=(Write(asset=ORDERS),), description=evil, tags={evil: evil})],
        [
            Flow(
                name=evil,
                jobs=(evil,),
                parameters={evil: evil, "day": evil},
                schedules=(Schedule(name=evil, description=evil),),
            )
        ],
    )

    files = written(graph)

    called = {
        ast.unparse(node.func)
        for text in (files["assets.py"], files["flows.py"])
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
    }
    assert {name for name in called if not name.startswith("import_os")} <= {
        "Asset",
        "AssetProperties",
        "materialize",
        "flow",
        "NotImplementedError",
    }
    assert "{{" not in files["prefect.yaml"]
    assert json.loads(files["transload.json"])["transload"] == 1


def test_no_file_of_a_large_project_poses_as_a_module_that_others_import() -> None:
    """The folder of the flows is on the module path while Prefect loads them."""
    files = adapter.source.write(prepare(large(), adapter))

    assert not any(path.endswith(("/json.py", "flows/prefect.py", "flows/tasks.py")) for path in files)

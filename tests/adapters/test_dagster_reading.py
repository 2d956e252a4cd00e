"""A project as people write them, read by importing it and by its syntax."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from transload.adapter import Reading, Target
from transload.difference import differences
from transload.loss import Code
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import identify, logical
from transload.model.partitions import DynamicPartitions, MultiPartitions, TimeMapping, TimePartitions
from transload.model.triggers import AnyOf, Cron, Eager, OnCron, Opaque, Updated
from transload.reading.project import read_project
from transload_dagster import adapter
from transload_dagster.reading.syntax.key_prefix import prefix_of

ALL_ARGUMENTS = pytest.mark.skipif(
    (adapter.installed() or "").startswith("1.12."), reason="Dagster 1.12 does not take all of these arguments"
)

SHOP = '''
from datetime import timedelta

import dagster as dg

daily = dg.DailyPartitionsDefinition(start_date="2024-01-01", timezone="Europe/Paris")
region = dg.StaticPartitionsDefinition(["eu", "us"])

raw = dg.AssetSpec(["raw", "orders"], group_name="raw", metadata={"dagster/uri": "s3a://Lake/raw/orders/"}, kinds={"s3", "csv"})
events = dg.AssetSpec("events", deps=[raw])


class Client(dg.ConfigurableResource):
    url: str = ""


@dg.asset(
    key_prefix="clean",
    deps=[dg.AssetDep(raw, partition_mapping=dg.LastPartitionMapping())],
    partitions_def=daily,
    owners=["team:data", "ann@example.com"],
    tags={"layer": "silver"},
    code_version="3",
    retry_policy=dg.RetryPolicy(max_retries=2, delay=10, backoff=dg.Backoff.EXPONENTIAL),
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="warehouse",
    automation_condition=dg.AutomationCondition.eager(),
    freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36), warn_window=timedelta(hours=24)),
    metadata={
        "rows": 10,
        "page": dg.MetadataValue.url("https://example.com"),
        "dagster/column_schema": dg.TableSchema(
            columns=[
                dg.TableColumn("id", "int", constraints=dg.TableColumnConstraints(nullable=False, unique=True)),
                dg.TableColumn("note"),
            ]
        ),
    },
    check_specs=[dg.AssetCheckSpec("not_empty", asset=["clean", "orders"], blocking=True)],
)
def orders(context: dg.AssetExecutionContext, client: Client) -> dg.MaterializeResult:
    """Orders without noise."""


@dg.asset(
    ins={"frame": dg.AssetIn(["clean", "orders"], partition_mapping=dg.TimeWindowPartitionMapping(start_offset=-1))},
    partitions_def=dg.MultiPartitionsDefinition({"day": daily, "region": region}),
    automation_condition=dg.AutomationCondition.on_cron("0 6 * * *", "Europe/Paris"),
    io_manager_key="parquet",
)
def per_region(frame): ...


@dg.multi_asset(
    specs=[
        dg.AssetSpec("left", deps=[events], skippable=True),
        dg.AssetSpec("right", deps=["left"], description="Of left."),
    ]
)
def both(): ...


@dg.multi_asset(outs={"a": dg.AssetOut(group_name="outs"), "b": dg.AssetOut(key=["outs", "b"], is_required=False)}, can_subset=False)
def outs_style(left): ...


@dg.asset(
    automation_condition=(
        dg.AutomationCondition.asset_matches("left", dg.AutomationCondition.newly_updated()).since_last_handled()
        | dg.AutomationCondition.asset_matches(dg.AssetKey("events"), dg.AutomationCondition.newly_updated()).since_last_handled()
    ),
    partitions_def=dg.DynamicPartitionsDefinition(name="customers"),
)
def report(per_region) -> None: ...


@dg.asset_check(asset=report, additional_deps=[orders], description="Totals agree.")
def totals() -> dg.AssetCheckResult: ...


for letter in ("x", "y"):

    @dg.asset(name=f"made_{letter}", group_name="made", deps=[f"events"])
    def _made() -> None: ...

    globals()[f"made_{letter}"] = _made


nightly = dg.define_asset_job("nightly", selection=dg.AssetSelection.assets("left", "right", report), tags={"cost": "low"})
made_job = dg.define_asset_job("made_job", selection=dg.AssetSelection.groups("made"))
daily_job = dg.define_asset_job("daily_job", selection=[orders])

every_night = dg.ScheduleDefinition(job=nightly, cron_schedule=["0 2 * * *", "0 14 * * 6"], execution_timezone="Europe/Paris")
by_partition = dg.build_schedule_from_partitioned_job(daily_job, hour_of_day=3)


@dg.schedule(job=made_job, cron_schedule="@daily")
def made_schedule(): ...


@dg.asset_sensor(asset_key=dg.AssetKey("events"), job=nightly)
def on_events(): ...


defs = dg.Definitions(
    assets=[raw, events, orders, per_region, both, outs_style, report, made_x, made_y],
    asset_checks=[totals],
    jobs=[nightly, made_job, daily_job],
    schedules=[every_night, by_partition, made_schedule],
    sensors=[on_events],
    resources={"client": Client(), "parquet": dg.FilesystemIOManager()},
)
'''


def _id(*key: str) -> Any:
    return logical("dagster", "default", key)


@pytest.fixture
def shop(tmp_path: Path) -> Target:
    """The project in one file."""
    path = tmp_path / "shop.py"
    path.write_text(SHOP, encoding="utf-8")
    return Target("dagster", str(path), path=path)


def _static(target: Target) -> Reading:
    assert target.path is not None
    return adapter.static.read(read_project(target.path), target)


def _placeless(graph: AssetGraph) -> AssetGraph:
    """Both readers say where something stands; only one knows the place of a bare spec."""
    parts = {
        kind: [each.model_copy(update={"origin": None}) for each in getattr(graph, kind)]
        for kind in ("assets", "jobs", "flows")
    }
    return graph_of(**parts)


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
def test_both_readers_read_the_same(shop: Target) -> None:
    static, loaded = _static(shop), adapter.load.load(shop)

    assert loaded.failures == ()
    assert [str(each) for each in differences(_placeless(loaded.graph), _placeless(static.graph))] == []
    assert _places(static) == _places(loaded) == [("definitions", "resources")]


def test_assets_are_read_whole(shop: Target) -> None:
    graph = _static(shop).graph
    orders = graph.asset[_id("clean", "orders")]

    assert orders.description == "Orders without noise."
    assert orders.owners == ("team:data", "ann@example.com")
    assert isinstance(orders.partitions, TimePartitions)
    assert (orders.partitions.cron, orders.partitions.timezone) == ("0 0 * * *", "Europe/Paris")
    assert orders.trigger == Eager()
    assert [(column.name, column.nullable, column.unique) for column in orders.columns] == [
        ("id", False, True),
        ("note", None, None),
    ]
    assert [check.name for check in orders.checks] == ["not_empty"]
    assert str(orders.origin).startswith("shop.py:")
    assert isinstance(graph.asset[_id("per_region")].partitions, MultiPartitions)
    assert graph.asset[_id("per_region")].trigger == OnCron(expression="0 6 * * *", timezone="Europe/Paris")
    assert graph.asset[_id("report")].partitions == DynamicPartitions(name="customers")
    assert graph.asset[_id("report")].trigger == AnyOf(parts=(Updated(asset=_id("left")), Updated(asset=_id("events"))))


def test_a_uri_in_the_metadata_is_the_identity(shop: Target) -> None:
    graph = _static(shop).graph
    raw = graph.asset[identify("s3://Lake/raw/orders")]

    assert raw.names == {"dagster": ("raw", "orders")}
    assert raw.native == {"dagster": {"uri": "s3a://Lake/raw/orders/"}}


def test_jobs_are_read_whole(shop: Target) -> None:
    graph = _static(shop).graph
    per_region = graph.job["per_region"]

    assert [(read.asset, read.argument, read.mapping) for read in per_region.reads] == [
        (_id("clean", "orders"), "frame", TimeMapping(start_offset=-1))
    ]
    assert per_region.native == {"dagster": {"io_managers": {"per_region": "parquet"}}}
    assert graph.job["clean__orders"].native == {"dagster": {"resources": ["client"]}}
    assert graph.job["clean__orders"].pool == "warehouse"
    assert [(write.asset, write.reads, write.optional) for write in graph.job["both"].writes] == [
        (_id("left"), (_id("events"),), True),
        (_id("right"), (_id("left"),), False),
    ]
    assert {write.asset for write in graph.job["outs_style"].writes} == {_id("a"), _id("outs", "b")}
    assert graph.job["events"].native == {"dagster": {"external": True}}


def test_flows_are_read_with_what_starts_them(shop: Target) -> None:
    flows = _static(shop).graph.flow

    assert flows["nightly"].jobs == ("both", "report")
    assert flows["made_job"].jobs == ("made_x", "made_y")
    schedule, sensor = sorted(flows["nightly"].schedules, key=lambda each: str(each.name), reverse=True)
    assert isinstance(sensor.trigger, Opaque) or isinstance(schedule.trigger, Opaque)
    ticks = AnyOf(
        parts=(
            Cron(expression="0 2 * * *", timezone="Europe/Paris"),
            Cron(expression="0 14 * * 6", timezone="Europe/Paris"),
        )
    )
    assert ticks in [each.trigger for each in flows["nightly"].schedules]
    assert [each.trigger for each in flows["daily_job"].schedules] == [
        Cron(expression="0 3 * * *", timezone="Europe/Paris")
    ]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("@dg.asset(colour='red')\ndef a(): ...", Code.UNKNOWN_KEYWORD),
        ("import os\n@dg.asset(key=os.environ['KEY'])\ndef a(): ...", Code.UNRESOLVED),
        ("from dagster_dbt import dbt_assets\n@dbt_assets(manifest='m.json')\ndef models(): ...", Code.UNRESOLVED),
        ("@dg.job\ndef ops(): ...", Code.NOT_AN_ASSET),
        ("@dg.sensor()\ndef alone(): ...", Code.NOT_AN_ASSET),
        ("@dg.observable_source_asset\ndef watched(): ...", Code.WATCHER),
        (
            "a = dg.AssetSpec('a', metadata={'dagster/uri': 's3://x/y'})\nb = dg.AssetSpec('b', metadata={'dagster/uri': 's3://x/y'})",
            Code.SHARED_IDENTITY,
        ),
        ("a = dg.AssetSpec('a', metadata={'dagster/uri': 'postgres://me:secret@h/d/s/t'})", Code.CREDENTIAL_REMOVED),
        ("a = dg.AssetSpec('a', metadata={'f': print})", Code.NOT_SERIALISABLE),
        ("a = dg.AssetSpec('a', partitions_def=Mine())", Code.UNKNOWN_KIND),
    ],
)
def test_what_is_not_read_is_reported(tmp_path: Path, source: str, code: Code) -> None:
    """Law L2, with the line."""
    path = tmp_path / "a.py"
    path.write_text(f"import dagster as dg\nfrom elsewhere import Mine\n{source}\n", encoding="utf-8")
    losses = _static(Target("dagster", str(path), path=path)).losses

    assert code in [loss.code for loss in losses]
    assert "secret" not in str(losses)


UNPLACED = """
import dagster as dg

@dg.asset
def a(): ...

@dg.asset_check(asset=a, automation_condition=dg.AutomationCondition.eager(), retry_policy=dg.RetryPolicy(max_retries=1))
def c(): return dg.AssetCheckResult(passed=True)

j = dg.define_asset_job(
    "j", selection=[a], config={"ops": {"password": "hunter2"}}, executor_def=dg.in_process_executor,
    op_retry_policy=dg.RetryPolicy(max_retries=1), run_tags={"r": "t"}, metadata={"m": 1}, tags={"kept": "yes"},
)
s = dg.ScheduleDefinition(name="s", job=j, cron_schedule="0 1 * * *", run_config={"ops": {"password": "hunter2"}})
f = dg.ScheduleDefinition(name="f", job=j, cron_schedule="0 2 * * *", run_config_fn=lambda _: {}, should_execute=lambda _: True)
plain = dg.ScheduleDefinition(name="plain", job=j, cron_schedule="0 3 * * *", tags={"kept": "yes"})
acs = dg.AutomationConditionSensorDefinition(
    "acs", target=[a], minimum_interval_seconds=33, run_tags={"r": "t"}, emit_backfills=False
)
usual = dg.AutomationConditionSensorDefinition("usual", target=["obs"])
obs = dg.SourceAsset("obs", observe_fn=lambda _: dg.DataVersion("1"), auto_observe_interval_minutes=5)

defs = dg.Definitions(
    assets=[a, obs], asset_checks=[c], jobs=[j], schedules=[s, f, plain], sensors=[acs, usual], loggers={"l": dg.colored_console_logger},
    resources={"x": "hunter2"}, executor=dg.multiprocess_executor, metadata={"m": "1"},
)
"""
"""Every kind of definition with arguments that the model has no place for; `plain` has none."""


@pytest.mark.dagster
@ALL_ARGUMENTS
@pytest.mark.filterwarnings("ignore")
def test_both_readers_report_arguments_without_a_place(tmp_path: Path) -> None:
    """Law L2: importing the project is no way to lose what its source says. Values of mappings are not said: they hold secrets."""
    path = tmp_path / "unplaced.py"
    path.write_text(UNPLACED, encoding="utf-8")
    target = Target("dagster", str(path), path=path)
    static, loaded = _static(target), adapter.load.load(target)

    expected = [
        ("asset obs", "auto_observe_interval_minutes"),
        *(("check a:c", field) for field in ("automation_condition", "retry_policy")),
        *(("definitions", field) for field in ("executor", "loggers", "metadata", "resources")),
        *(("flow j", field) for field in ("config", "executor_def", "metadata", "op_retry_policy", "run_tags")),
        *(
            ("schedule acs", field)
            for field in ("emit_backfills", "minimum_interval_seconds", "name", "run_tags", "target")
        ),
        *(("schedule f", field) for field in ("run_config_fn", "should_execute")),
        ("schedule s", "run_config"),
        *(("schedule usual", field) for field in ("name", "target")),
    ]
    unplaced = [place for place in _places(loaded) if place[1] != "native.dagster.observable"]
    assert loaded.failures == ()
    assert unplaced == expected
    assert {field for _, field in expected} - {field for _, field in _places(static)} == set()
    assert "hunter2" not in str([*static.losses, *loaded.losses])
    assert all("0x" not in loss.message for loss in loaded.losses)


STARTERS = """
import dagster as dg

class Api(dg.ConfigurableResource):
    url: str = ""

class Settings(dg.Config):
    depth: int = 1

daily = dg.DailyPartitionsDefinition("2024-01-01")

@dg.asset(partitions_def=daily)
def a(config: Settings) -> None: ...

@dg.asset(config_schema={"depth": int})
def b(context) -> None: ...

@dg.asset(ins={"a": dg.AssetIn(input_manager_key="im")}, partitions_def=daily)
def c(a) -> None: ...

j = dg.define_asset_job("j", selection=[a])
pj = dg.define_asset_job("pj", selection=[a], partitions_def=daily)

@dg.asset_check(asset=b, config_schema={"limit": int}, compute_kind="sql", op_tags={"o": "t"})
def check_b(api: Api) -> dg.AssetCheckResult: ...

@dg.schedule(
    cron_schedule="0 1 * * *", job=j, tags={"kept": "yes"}, metadata={"m": 1}, owners=["team:x"], should_execute=lambda _: True,
    environment_vars={"E": "v"},
)
def sc(): ...

late = dg.build_schedule_from_partitioned_job(j, "In words.", "late", tags={"kept": "yes"}, metadata={"m": 1}, owners=["team:x"])
early = dg.build_schedule_from_partitioned_job(pj, name="early", tags={"kept": "yes"})

@dg.sensor(job=j, tags={"kept": "yes"}, metadata={"m": 1}, owners=["team:x"], required_resource_keys={"q"}, description="In words.")
def se(context): ...

@dg.asset_sensor(dg.AssetKey("a"), job=j, tags={"kept": "yes"}, metadata={"m": 1}, minimum_interval_seconds=30)
def asn(): ...

@dg.multi_asset_sensor(monitored_assets=[dg.AssetKey("a")], job=j)
def ms(): ...

@dg.run_status_sensor(dg.DagsterRunStatus.SUCCESS, request_job=j, monitored_jobs=[pj])
def rs(): ...

@dg.run_failure_sensor(name="rf", request_job=j, monitor_all_code_locations=True)
def rf_function(): ...

acs = dg.AutomationConditionSensorDefinition(
    "acs", target=[a], tags={"t": "v"}, run_tags={"r": "t"}, default_status=dg.DefaultSensorStatus.RUNNING, metadata={"m": 1},
    use_user_code_server=True, minimum_interval_seconds=60,
)

defs = dg.Definitions(
    assets=[a, b, c], asset_checks=[check_b], jobs=[j, pj], schedules=[sc, late, early], sensors=[se, asn, ms, rs, rf_function, acs],
    resources={"im": dg.FilesystemIOManager(), "q": Api(), "api": Api()},
)
"""


@pytest.mark.dagster
@ALL_ARGUMENTS
@pytest.mark.filterwarnings("ignore")
def test_both_readers_tell_the_same_of_what_starts_jobs(tmp_path: Path) -> None:
    """Law L2: no argument of a schedule, sensor, check or input is lost without a word, and each in the same words."""
    path = tmp_path / "starters.py"
    path.write_text(STARTERS, encoding="utf-8")
    target = Target("dagster", str(path), path=path)
    static, loaded = _static(target), adapter.load.load(target)

    expected = [
        *(("check b:check_b", field) for field in ("compute_kind", "config_schema", "op_tags", "required_resource_keys")),
        ("definitions", "resources"),
        ("input a", "input_manager_key"),
        *(
            ("schedule acs", field)
            for field in (
                "default_status", "metadata", "minimum_interval_seconds", "name", "run_tags", "tags", "target", "use_user_code_server",
            )
        ),
        ("schedule asn", "metadata"),
        *(("schedule late", field) for field in ("metadata", "owners")),
        ("schedule ms", "monitored_assets"),
        ("schedule rf", "monitor_all_code_locations"),
        *(("schedule rs", field) for field in ("monitored_jobs", "run_status")),
        *(("schedule sc", field) for field in ("environment_vars", "metadata", "owners", "should_execute")),
        *(("schedule se", field) for field in ("metadata", "owners", "required_resource_keys")),
    ]  # fmt: skip
    assert loaded.failures == ()
    assert _places(loaded) == expected
    assert [
        (subject.replace("check check_b", "check b:check_b"), field) for subject, field in _places(static)
    ] == expected
    assert {loss.code for loss in (*static.losses, *loaded.losses)} == {Code.UNKNOWN_KIND}
    assert [str(each) for each in differences(_placeless(loaded.graph), _placeless(static.graph))] == []
    schedules = {each.name: each for flow in loaded.graph.flows for each in flow.schedules}
    assert {name: each.tags for name, each in schedules.items() if each.tags} == {
        name: {"kept": "yes"} for name in ("sc", "late", "early", "se", "asn")
    }
    assert all("0x" not in loss.message for loss in loaded.losses)


def _places(found: Reading) -> list[tuple[str, str]]:
    return sorted((loss.subject, loss.field) for loss in found.losses)


def test_checks_that_one_function_makes_are_read(tmp_path: Path) -> None:
    """Each `AssetCheckSpec` of a `multi_asset_check` is a check of its asset."""
    path = tmp_path / "a.py"
    path.write_text(
        dedent("""
            import dagster as dg
            @dg.asset
            def a(): ...
            @dg.multi_asset_check(specs=[dg.AssetCheckSpec("full", asset="a", blocking=True), dg.AssetCheckSpec("new", asset="a")])
            def both(): ...
            """),
        encoding="utf-8",
    )
    (asset,) = _static(Target("dagster", str(path), path=path)).graph.assets

    assert [(check.name, check.blocking, check.function) for check in asset.checks] == [
        ("full", True, "a.both"),
        ("new", False, "a.both"),
    ]


def test_a_set_of_keys_in_a_decorator_is_read(tmp_path: Path) -> None:
    """`internal_asset_deps` holds sets of calls, whose forms no set can hold."""
    path = tmp_path / "a.py"
    path.write_text(
        dedent("""
            import dagster as dg
            @dg.multi_asset(
                outs={"x": dg.AssetOut(), "y": dg.AssetOut()},
                internal_asset_deps={"x": set(), "y": {dg.AssetKey(["x"]), dg.AssetKey(["far", "z"])}},
            )
            def both(): ...
            """),
        encoding="utf-8",
    )
    (job,) = _static(Target("dagster", str(path), path=path)).graph.jobs
    reads = {write.asset.name: {each.name for each in write.reads or ()} for write in job.writes}

    assert reads["y"] == {"x", "far/z"}


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
def test_an_op_in_several_definitions_is_one_job(tmp_path: Path) -> None:
    """`Definitions.merge` of modules that are locations themselves makes no second op."""
    one = "import dagster as dg\n@dg.asset\ndef a1(): ...\ndefs = dg.Definitions(assets=[a1])\n"
    (tmp_path / "merge_one.py").write_text(one, encoding="utf-8")
    whole = "import dagster as dg\nimport merge_one\ndefs = dg.Definitions.merge(merge_one.defs)\n"
    (tmp_path / "merge_all.py").write_text(whole, encoding="utf-8")
    reading = adapter.load.load(Target("dagster", str(tmp_path), path=tmp_path))

    assert ([job.name for job in reading.graph.jobs], reading.losses) == (["a1"], ())


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
def test_a_location_that_fails_leaves_the_others(tmp_path: Path) -> None:
    """Each file without settings is a location of its own; bare specs are read, too."""
    (tmp_path / "broken.py").write_text("import dagster as dg\nimport not_installed_anywhere\n", encoding="utf-8")
    (tmp_path / "fine.py").write_text(
        "import dagster as dg\nbare = dg.AssetSpec('bare', group_name='g')\n", encoding="utf-8"
    )
    reading = adapter.load.load(Target("dagster", str(tmp_path), path=tmp_path))

    assert [(failure.path, failure.reason) for failure in reading.failures] == [
        ("broken.py", "ModuleNotFoundError: No module named 'not_installed_anywhere'")
    ]
    assert reading.graph.asset[_id("bare")].group == "g"


def test_only_what_a_code_location_reaches_is_read(tmp_path: Path) -> None:
    """A `dg` project has its `defs` folder, whatever else lies beside it."""
    files = {
        "pyproject.toml": "[tool.dg.project]\nroot_module = 'shop'\n",
        "src/shop/__init__.py": "",
        "src/shop/definitions.py": """
            from pathlib import Path
            from dagster import definitions, load_from_defs_folder
            @definitions
            def defs():
                return load_from_defs_folder(path_within_project=Path(__file__).parent)
            """,
        "src/shop/defs/__init__.py": "",
        "src/shop/defs/orders.py": "import dagster as dg\n@dg.asset\ndef orders() -> None: ...\n",
        "src/shop/old/orders.py": "import dagster as dg\n@dg.asset\ndef old_orders() -> None: ...\n",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(dedent(text), encoding="utf-8")
    reading = adapter.static.read(read_project(tmp_path), Target("dagster", str(tmp_path), path=tmp_path))

    assert [asset.names["dagster"] for asset in reading.graph.assets] == [("orders",)]


PACKAGE = {
    "shop/__init__.py": "",
    "shop/definitions.py": """
        import dagster as dg
        from shop import orders
        from shop.parts import sales
        from .more import extra
        import shop.jobs as jobs
        defs = dg.Definitions(
            assets=[orders.raw, *dg.load_assets_from_modules([sales], group_name="sales"), extra], jobs=[jobs.nightly],
        )
        """,
    "shop/orders.py": "import dagster as dg\n@dg.asset\ndef raw() -> None: ...\n",
    "shop/parts/__init__.py": "",
    "shop/parts/sales.py": "import dagster as dg\n@dg.asset\ndef sold() -> None: ...\n",
    "shop/more.py": "import dagster as dg\n@dg.asset\ndef extra() -> None: ...\n",
    "shop/jobs.py": "import dagster as dg\nnightly = dg.define_asset_job('nightly', selection=['raw'])\n",
    "alone.py": "import dagster as dg\n@dg.asset\ndef alone() -> None: ...\n",
}
"""A package whose definitions are in one file, of modules that do not load by themselves; `alone` is no part of it."""

OF_PACKAGE = {("raw",), ("sold",), ("extra",)}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The package on disk, without settings of Dagster's."""
    for path, text in PACKAGE.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(dedent(text), encoding="utf-8")
    return tmp_path


def _read_whole(reading: Reading) -> tuple[set[Any], list[Any], Any, Any]:
    graph = reading.graph
    return (
        {asset.names["dagster"] for asset in graph.assets},
        [(flow.name, flow.jobs) for flow in graph.flows],
        reading.losses,
        reading.failures,
    )


def test_one_file_is_read_with_the_modules_that_it_imports(package: Path) -> None:
    """Siblings and modules of its package, by relative and by absolute imports, as Python resolves them."""
    path = package / "shop" / "definitions.py"
    project = read_project(path.parent, [path], search=(package,))
    reading = adapter.static.read(project, Target("dagster", str(path), path=path))

    assert _read_whole(reading) == (OF_PACKAGE, [("nightly", ("raw",))], (), ())
    assert reading.graph.asset[_id("sold")].group == "sales"


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
def test_one_file_of_a_package_loads(package: Path) -> None:
    """Its absolute imports start from the folder above the package."""
    path = package / "shop" / "definitions.py"

    found = adapter.load.load(Target("dagster", str(path), path=path))
    assert _read_whole(found) == (OF_PACKAGE, [("nightly", ("raw",))], (), ())


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
def test_helpers_are_no_locations(package: Path) -> None:
    """Without settings, modules that a file with definitions imports are its parts; a file of assets that nobody imports is a location."""
    found = adapter.load.load(Target("dagster", str(package), path=package))

    assert _read_whole(found) == ({*OF_PACKAGE, ("alone",)}, [("nightly", ("raw",))], (), ())


@pytest.mark.parametrize(
    ("value", "parts"),
    [("a", ("a",)), (["a", "b"], ("a", "b")), (("a",), ("a",)), (["a", 1], ()), (None, ()), ([], ())],
)
def test_a_prefix_of_keys_has_the_parts_that_are_known(value: object, parts: tuple[str, ...]) -> None:
    assert prefix_of(value) == parts

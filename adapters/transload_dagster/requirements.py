"""What the contract suite must know of the adapter of Dagster."""

from __future__ import annotations

from typing import Final

from transload.testing.requirements import SECRET, TABLE, Requirements

_PROJECT: Final = {
    "definitions.py": """
import dagster as dg

daily = dg.DailyPartitionsDefinition(start_date="2026-01-01")


@dg.asset(key=["sales", "orders"], group_name="sales", partitions_def=daily, owners=["ann@example.com"])
def orders():
    ...


@dg.asset(
    deps=[dg.AssetDep(["sales", "orders"], partition_mapping=dg.TimeWindowPartitionMapping(start_offset=-1))],
    partitions_def=daily,
    automation_condition=dg.AutomationCondition.eager(),
    tags={"tier": "1"},
    retry_policy=dg.RetryPolicy(max_retries=3, delay=5),
)
def report():
    ...


nightly = dg.define_asset_job("nightly", selection=[orders], partitions_def=daily)
schedule = dg.build_schedule_from_partitioned_job(nightly)
defs = dg.Definitions(assets=[orders, report], jobs=[nightly], schedules=[schedule])
""",
}

_UNKNOWN: Final = """
import dagster as dg


@dg.asset(owner="ann@example.com")
def orders():
    ...


defs = dg.Definitions(assets=[orders])
"""

_ADDRESSES: Final = f"""
import dagster as dg

orders = dg.AssetSpec("orders", metadata={{"dagster/uri": "{TABLE}"}})


@dg.asset(deps=[orders], metadata={{"dagster/uri": dg.MetadataValue.text("{TABLE}_clean")}})
def clean():
    ...


defs = dg.Definitions(assets=[orders, clean])
"""

_CREDENTIALS: Final = f"""
import dagster as dg

U = "{TABLE}"


@dg.asset(
    key=["a", "orders"],
    description="reads " + U,
    code_version=U,
    metadata={{
        U: U,
        "url": dg.MetadataValue.url("https://h/x?token={SECRET}"),
        "json": dg.MetadataValue.json({{"a": [U]}}),
        "md": dg.MetadataValue.md("see " + U),
        "path": dg.MetadataValue.path(U),
        "dsn": "Server=h;Password={SECRET};",
        "dagster/column_schema": dg.TableSchema(columns=[dg.TableColumn(U, "t", description=U)]),
    }},
    op_tags={{"k": U}},
    partitions_def=dg.StaticPartitionsDefinition(["a " + U]),
)
def orders():
    ...


@dg.asset(deps=[orders], automation_condition=dg.AutomationCondition.eager().with_label(U))
def clean():
    "Reads {TABLE}"


@dg.asset_check(asset=clean, description=U, metadata={{"a": U}})
def checked():
    ...


job = dg.define_asset_job("job", selection="*", description=U, tags={{"a": "b"}})
ticks = dg.ScheduleDefinition(name="ticks", job=job, cron_schedule="0 0 * * *", description=U, tags={{"z": U}})
defs = dg.Definitions(assets=[orders, clean], asset_checks=[checked], jobs=[job], schedules=[ticks])
"""
"""A credential in every place that a reader looks at, and not only in the URI of an asset."""

REQUIREMENTS: Final = Requirements(
    project=_PROJECT,
    unknown={"definitions.py": _UNKNOWN},
    credentials={"definitions.py": _CREDENTIALS},
    addresses={"definitions.py": _ADDRESSES},
    imports=frozenset({"dagster", "datetime", "pathlib"}),
    mark="dagster",
)

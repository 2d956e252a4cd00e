"""Three projects over the same tables, as their readers give them: every field that a lineage event speaks of."""

from __future__ import annotations

from transload.merging import merged
from transload.model.assets import Asset, Column, ColumnSource, FreshBy, FreshWithin, Origin
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import AssetId, identify
from transload.model.jobs import Flow, Job, Read, Schedule, Write
from transload.model.partitions import MultiPartitions, StaticPartitions, TimeMapping, TimePartitions
from transload.model.triggers import Cron, Updated

RAW = identify("s3://shop-lake/raw/orders")
ORDERS = identify("postgres://warehouse:5432/shop/public/orders")
REVENUE = identify("postgres://warehouse:5432/shop/analytics/daily_revenue")
BEST = identify("snowflake://acme/SHOP/analytics/best")
REPORT = identify("s3://shop-reports/revenue.pdf")
DAILY = TimePartitions(cron="0 0 * * *", start="2026-01-01T00:00:00", timezone="Europe/Berlin")


def ingestion() -> AssetGraph:
    """Airflow: copies orders, then loads them."""
    origin = Origin(tool="airflow", path="dags/load.py", line=7)
    raw = Asset(
        id=RAW,
        names={"airflow": ("raw_orders", "s3://shop-lake/raw/orders")},
        group="bronze",
        kinds=("iceberg", "parquet"),
    )
    orders = Asset(id=ORDERS, names={"airflow": ("orders", "postgres://warehouse:5432/shop/public/orders")})
    copy = Job(name="load.copy", names={"airflow": ("load", "copy")}, writes=(Write(asset=RAW),), origin=origin)
    load = Job(
        name="load.load",
        names={"airflow": ("load", "load")},
        reads=(Read(asset=RAW),),
        writes=(Write(asset=ORDERS),),
        after=("load.copy",),
        owners=("warehouse",),
        description="Load orders.",
        tags={"cost": ""},
        origin=origin,
    )
    schedule = Schedule(name="hourly", trigger=Cron(expression="0 * * * *", timezone="UTC"), active=True)
    flow = Flow(
        name="load", jobs=("load.copy", "load.load"), schedules=(schedule,), tags={"warehouse": ""}, origin=origin
    )
    return graph_of([raw, orders], [copy, load], [flow])


def analytics() -> AssetGraph:
    """Dagster: two assets of one op, made from different inputs."""
    origin = Origin(tool="dagster", path="defs/revenue.py", line=11)
    columns = (
        Column(name="day", type="date", description="UTC", tags={"pii": "no"}),
        Column(name="revenue", type="numeric"),
    )
    orders = Asset(id=ORDERS, names={"dagster": ("warehouse", "orders")})
    revenue = Asset(
        id=REVENUE,
        names={"dagster": ("analytics", "daily_revenue")},
        description="Revenue of each day.",
        owners=("team:analytics",),
        tags={"tier": "gold"},
        kinds=("postgres",),
        columns=columns,
        column_lineage={"revenue": (ColumnSource(asset=ORDERS, column="amount"),)},
        partitions=DAILY,
        freshness=FreshWithin(fail=93600.0, warn=90000.0),
        trigger=Updated(asset=ORDERS),
    )
    best = Asset(
        id=BEST,
        names={"dagster": ("analytics", "best")},
        partitions=MultiPartitions(dimensions={"day": DAILY, "region": StaticPartitions(keys=("eu", "us"))}),
        freshness=FreshBy(cron="0 6 * * *", lower_bound=3600.0, timezone="Europe/Berlin"),
        virtual=True,
    )
    job = Job(
        name="revenue_op",
        names={"dagster": ("revenue_op",)},
        reads=(Read(asset=ORDERS, mapping=TimeMapping(start_offset=-1)),),
        writes=(Write(asset=REVENUE, reads=(ORDERS,)), Write(asset=BEST, reads=(REVENUE,))),
        origin=origin,
    )
    return graph_of([orders, revenue, best], [job])


def reporting() -> AssetGraph:
    """Prefect: a report of the revenue."""
    origin = Origin(tool="prefect", path="flows.py", line=3)
    revenue = Asset(id=REVENUE, names={"prefect": ("postgres://warehouse:5432/shop/analytics/daily_revenue",)})
    report = Asset(id=REPORT, names={"prefect": ("s3://shop-reports/revenue.pdf",)}, owners=("reporting",))
    job = Job(name="report.write", reads=(Read(asset=REVENUE),), writes=(Write(asset=REPORT),), origin=origin)
    return graph_of([revenue, report], [job], [Flow(name="report", jobs=("report.write",), origin=origin)])


def estate() -> AssetGraph:
    """All three."""
    graph, losses = merged([ingestion(), analytics(), reporting()])
    assert not losses
    return graph


def chain() -> list[AssetId]:
    """What a connected graph must lead from first to last."""
    return [RAW, ORDERS, REVENUE, REPORT]

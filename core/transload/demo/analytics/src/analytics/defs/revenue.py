"""Revenue by day and by customer."""

from datetime import timedelta

import dagster as dg

WAREHOUSE = "postgres://warehouse:5432/shop"
daily = dg.DailyPartitionsDefinition(start_date="2026-01-01", timezone="Europe/Berlin")

orders = dg.AssetSpec(["warehouse", "orders"], metadata={"dagster/uri": f"{WAREHOUSE}/public/orders"})
customers = dg.AssetSpec(["lake", "customers"], metadata={"dagster/uri": "s3://shop-lake/raw/customers"})


@dg.asset(
    key=["analytics", "daily_revenue"],
    deps=[orders],
    partitions_def=daily,
    group_name="finance",
    owners=["team:analytics"],
    kinds={"postgres", "sql"},
    tags={"tier": "gold"},
    metadata={
        "dagster/uri": f"{WAREHOUSE}/analytics/daily_revenue",
        "dagster/column_schema": dg.TableSchema([dg.TableColumn("day", "date"), dg.TableColumn("revenue", "numeric")]),
    },
    automation_condition=dg.AutomationCondition.eager(),
    freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=26)),
    retry_policy=dg.RetryPolicy(max_retries=2, delay=30, backoff=dg.Backoff.EXPONENTIAL),
)
def daily_revenue() -> None:
    """Revenue of each day."""


@dg.asset(
    key=["analytics", "best_customers"],
    deps=[daily_revenue, customers],
    group_name="finance",
    owners=["ana@example.com"],
    metadata={"dagster/uri": f"{WAREHOUSE}/analytics/best_customers"},
    automation_condition=dg.AutomationCondition.on_cron("0 6 * * 1", "Europe/Berlin"),
)
def best_customers() -> None:
    """The customers with the most revenue in the last year."""


@dg.asset_check(asset=daily_revenue, blocking=True)
def revenue_is_positive() -> dg.AssetCheckResult:
    """No day has negative revenue."""
    return dg.AssetCheckResult(passed=True)

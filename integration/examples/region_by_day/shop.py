"""Orders by the day, and sales by region and day: two dimensions, in a zone with a summer time."""

import dagster as dg

days = dg.DailyPartitionsDefinition(start_date="2026-03-01", end_date="2026-04-05", timezone="Europe/Berlin")
regions = dg.StaticPartitionsDefinition(["emea", "us"])
region_by_day = dg.MultiPartitionsDefinition({"day": days, "region": regions})


@dg.asset(partitions_def=days)
def orders() -> None:
    """The orders of a day."""


@dg.asset(partitions_def=region_by_day, deps=[orders], automation_condition=dg.AutomationCondition.eager())
def sales() -> None:
    """The sales of a region on a day."""


defs = dg.Definitions(assets=[orders, sales])

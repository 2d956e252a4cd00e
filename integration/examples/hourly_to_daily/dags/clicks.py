"""Clicks, loaded by the hour, and rolled up by the day: once all 24 hours of a day are there."""

from datetime import datetime, timezone

from airflow.sdk import (
    DAG,
    Asset,
    CronPartitionTimetable,
    DayWindow,
    PartitionedAssetTimetable,
    RollupMapper,
    StartOfDayMapper,
    task,
)

clicks = Asset("clicks", "s3://lake/clicks")
visits = Asset("visits", "s3://lake/visits")

# At each full hour a run for the hour that has just ended; the first one that ends is the last of February.
hours = CronPartitionTimetable("0 * * * *", timezone="UTC", run_offset=-1, key_format="%Y-%m-%dT%H:%M")

with DAG("clicks", schedule=hours, start_date=datetime(2026, 3, 1, tzinfo=timezone.utc)):

    @task(outlets=[clicks])
    def load() -> None:
        """Load the clicks of an hour."""

    load()


whole_day = RollupMapper(upstream_mapper=StartOfDayMapper(input_format="%Y-%m-%dT%H:%M"), window=DayWindow())

with DAG("visits", schedule=PartitionedAssetTimetable(assets=clicks, default_partition_mapper=whole_day)):

    @task(inlets=[clicks], outlets=[visits])
    def count() -> None:
        """Count the visits of a day."""

    count()

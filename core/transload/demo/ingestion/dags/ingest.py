"""Copy the shop's tables into the lake every hour."""

from datetime import datetime, timedelta

from airflow.sdk import dag, task

from shop_assets import raw_customers, raw_orders


@dag(schedule="0 * * * *", start_date=datetime(2026, 1, 1), catchup=False, tags=["ingestion"], default_args={"owner": "ingest"})
def ingest():
    """Copy the shop's tables into the lake."""

    @task(outlets=[raw_orders], retries=3, retry_delay=timedelta(minutes=5))
    def copy_orders():
        """One parquet file an hour."""

    @task(outlets=[raw_customers], retries=3, retry_delay=timedelta(minutes=5))
    def copy_customers():
        """A full copy."""

    copy_orders()
    copy_customers()


ingest()

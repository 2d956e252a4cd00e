"""The assets that the ingestion team's DAGs share."""

from airflow.sdk import Asset

LAKE = "s3://shop-lake/raw"

raw_orders = Asset(name="raw_orders", uri=f"{LAKE}/orders", group="bronze", extra={"format": "parquet"})
raw_customers = Asset(name="raw_customers", uri=f"{LAKE}/customers", group="bronze", extra={"format": "parquet"})
orders = Asset(name="orders", uri="postgres://warehouse:5432/shop/public/orders", group="silver")

"""The assets of the reporting team."""

from prefect.assets import Asset, AssetProperties

WAREHOUSE = "postgres://warehouse:5432/shop"

daily_revenue = Asset(key=f"{WAREHOUSE}/analytics/daily_revenue")
best_customers = Asset(key=f"{WAREHOUSE}/analytics/best_customers")
revenue_report = Asset(
    key="s3://shop-reports/revenue.pdf",
    properties=AssetProperties(
        name="Revenue report",
        description="What the board reads on Monday.",
        owners=["reporting"],
        url="https://reports.example.com/revenue",
    ),
)
mailing_list = Asset(key="s3://shop-reports/mailing-list.csv")

"""Reports, written when revenue is there."""

from prefect import flow
from prefect.assets import materialize

from assets import best_customers, daily_revenue, mailing_list, revenue_report


@materialize(mailing_list, asset_deps=[best_customers], retries=2, retry_delay_seconds=[10, 60])
def choose_recipients() -> list[str]:
    """The best customers get a copy."""
    return []


@materialize(revenue_report, asset_deps=[daily_revenue], by="weasyprint", tags=["pdf"])
def write_report(recipients: list[str]) -> str:
    """Draw the report."""
    return f"for {len(recipients)} people"


@flow(log_prints=True)
def report(day: str | None = None) -> str:
    """Write the revenue report."""
    recipients = choose_recipients()
    return write_report(recipients)

"""A report that is made anew when orders and stock both are, and every morning in any case."""

from airflow.sdk import DAG, Asset, AssetOrTimeSchedule, CronTriggerTimetable, task

orders = Asset("orders", "s3://lake/orders")
stock = Asset("stock", "s3://lake/stock")
report = Asset("report", "s3://lake/report")

with DAG("orders", schedule=None):

    @task(outlets=[orders])
    def load_orders() -> None:
        """Load the orders."""

    load_orders()


with DAG("stock", schedule=None):

    @task(outlets=[stock])
    def load_stock() -> None:
        """Load the stock."""

    load_stock()


every_morning = CronTriggerTimetable("0 6 * * *", timezone="UTC")

with DAG("report", schedule=AssetOrTimeSchedule(timetable=every_morning, assets=orders & stock)):

    @task(inlets=[orders, stock], outlets=[report])
    def write() -> None:
        """Write the report."""

    write()

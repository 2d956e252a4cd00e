"""Load orders into the warehouse once both raw tables are there, and at night in any case."""

from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable, task

from shop_assets import orders, raw_customers, raw_orders

with DAG(
    "load",
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("30 2 * * *", timezone="Europe/Berlin"),
        assets=raw_orders & raw_customers,
    ),
    tags=["warehouse"],
    default_args={"owner": "warehouse"},
):

    @task(inlets=[raw_orders, raw_customers], outlets=[orders])
    def load_orders():
        """Join orders with their customers."""

    load_orders()

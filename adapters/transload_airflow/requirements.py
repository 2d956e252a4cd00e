"""What the contract suite must know of the adapter of Airflow."""

from __future__ import annotations

from typing import Final

from transload.testing.requirements import SECRET, TABLE, Requirements

_PROJECT: Final = {
    "dags.py": """
import datetime

from airflow.sdk import DAG, Asset, AssetAll, TaskGroup, task

orders = Asset("orders", uri="s3://lake/orders", group="sales", extra={"rows": 12})
rates = Asset("s3://lake/rates")

with DAG("load", schedule="0 5 * * *", start_date=datetime.datetime(2026, 1, 1), catchup=False, tags=["nightly"]):

    @task(outlets=[orders], retries=3, retry_delay=datetime.timedelta(minutes=5))
    def fetch():
        ...

    with TaskGroup("more"):

        @task(outlets=[rates])
        def convert():
            ...

        fetch() >> convert()

with DAG("report", schedule=AssetAll(orders, rates), max_active_runs=1):

    @task(inlets=[orders, rates], outlets=[Asset("s3://lake/report")])
    def write():
        ...

    write()
""",
}

_UNKNOWN: Final = """
from airflow.sdk import DAG, Asset, task

with DAG("etl", shedule="@daily"):

    @task(outlets=[Asset("s3://lake/orders")])
    def load():
        ...

    load()
"""

_ADDRESSES: Final = f"""
from airflow.sdk import DAG, Asset, task

orders = Asset("orders", uri="{TABLE}")
with DAG("etl", schedule=[orders]):

    @task(outlets=[Asset("{TABLE}_clean")])
    def clean():
        ...

    clean()
"""

_CREDENTIALS: Final = f"""
from airflow.sdk import DAG, Asset, AssetAlias, Param, task

U = "{TABLE}"
orders = Asset(
    name=U,
    uri=U,
    group=U,
    extra={{U: U, "link": "https://h/x?token={SECRET}", "deep": [{{"a": ["see " + U]}}], "dsn": "host=h password={SECRET}"}},
)
hint = AssetAlias(U, group=U)
with DAG(
    "etl",
    schedule=[orders],
    description="reads " + U,
    doc_md="reads " + U,
    tags=[U],
    params={{"p": Param(U, description=U), "q": U, U: 1}},
    default_args={{"owner": U}},
    owner_links={{"o": U}},
):

    @task(outlets=[orders, hint], doc_md="reads " + U, pool=U, owner=U, params={{"z": U}}, queue=U)
    def clean():
        "Reads {TABLE}"

    clean()
"""
"""A credential in every place that a reader looks at, and not only in the URI of an asset."""

REQUIREMENTS: Final = Requirements(
    project=_PROJECT,
    unknown={"dags.py": _UNKNOWN},
    credentials={"dags.py": _CREDENTIALS},
    addresses={"dags.py": _ADDRESSES},
    imports=frozenset({"airflow", "datetime", "pendulum", "transload", "transload_airflow"}),
    elsewhere=("old", "s3://lake/old"),
    mark="airflow",
    brings=frozenset({"croniter", "typer"}),
    # Partitions have come with 3.2, what maps and waits for them with 3.3.
    older=("3.1.", "3.2."),
)

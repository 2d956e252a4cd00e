"""What the contract suite must know of the adapter of Prefect."""

from __future__ import annotations

from typing import Final

from transload.testing.requirements import TABLE, Requirements

_PROJECT: Final = {
    "flows.py": """
from prefect import flow
from prefect.assets import Asset, AssetProperties, materialize

orders = Asset(key="s3://lake/orders", properties=AssetProperties(name="Orders", owners=["ann"]))


@materialize(orders, retries=3, retry_delay_seconds=[1, 2, 3], tags=["sales"])
def fetch():
    ...


@materialize("s3://lake/report", asset_deps=[orders, "s3://lake/rates"])
def write():
    ...


@flow(name="nightly", description="Loads.", retries=1)
def nightly(day: str = "today"):
    fetch()
    write()
""",
    "prefect.yaml": """
name: shop
deployments:
  - name: every-night
    entrypoint: flows.py:nightly
    parameters:
      day: today
    tags: [nightly]
    schedules:
      - cron: "0 5 * * *"
        timezone: Europe/Berlin
        active: true
    concurrency_limit: 1
""",
}

_UNKNOWN: Final = """
from prefect import flow
from prefect.assets import materialize


@materialize("s3://lake/orders", retrys=3)
def load():
    ...


@flow
def etl():
    load()
"""

_ADDRESSES: Final = f"""
from prefect import flow
from prefect.assets import Asset, materialize

orders = Asset(key="{TABLE}")


@materialize("{TABLE}_clean", asset_deps=[orders])
def clean():
    ...


@flow
def etl():
    clean()
"""

_CREDENTIALS: Final = f"""
from prefect import flow
from prefect.assets import Asset, AssetProperties, materialize

U = "{TABLE}"
orders = Asset(key=U, properties=AssetProperties(name=U, url=U, description="reads " + U, owners=[U]))


@materialize(orders, by=U, name=U, description="reads " + U, tags=[U], asset_deps=[U + "_raw"], result_storage_key=U)
def clean(a):
    ...


@flow(name="etl", description="reads " + U, flow_run_name=U, version=U)
def etl(dsn: str = U, more: dict = {{"a": U, U: 1}}):
    clean(U)
"""
"""A credential in every place that a reader looks at, and not only in the URI of an asset."""

REQUIREMENTS: Final = Requirements(
    project=_PROJECT,
    unknown={"flows.py": _UNKNOWN},
    credentials={"flows.py": _CREDENTIALS},
    addresses={"flows.py": _ADDRESSES},
    imports=frozenset({"prefect", "transload_prefect", "datetime"}),
    elsewhere=("s3://lake/old",),
    mark="prefect",
    brings=frozenset({"typer"}),
)

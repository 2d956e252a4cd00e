"""What Airflow finds by the entry point group `airflow.plugins`: the mappers that it may store in DAGs. Imports airflow."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from airflow.plugins_manager import AirflowPlugin


def _mappers() -> list[Any]:
    """None before Airflow 3.3, which has no roll-ups."""
    if find_spec("airflow.partition_mappers") is None or find_spec("airflow.partition_mappers.wait_policy") is None:
        return []
    from transload_airflow.mappers import PartitionsMapper, TimeWindowMapper

    return [TimeWindowMapper, PartitionsMapper]


class TransloadPlugin(AirflowPlugin):
    """See https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/plugins.html."""

    name = "transload"
    partition_mappers = _mappers()

"""The plugin of the entry point group `airflow.plugins`: mappers and timetables that DAGs may have. Imports airflow."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from airflow.plugins_manager import AirflowPlugin

_HAS_ROLLUPS: Final = bool(
    find_spec("airflow.partition_mappers") and find_spec("airflow.partition_mappers.wait_policy")
)
"""Since Airflow 3.3. An older one has no partitions, or no roll-ups, and nothing of this is registered."""


def _members(module: str, *names: str) -> list[Any]:
    home = import_module(f"transload_airflow.running.{module}") if _HAS_ROLLUPS else None
    return [getattr(home, name) for name in names] if home else []


class TransloadPlugin(AirflowPlugin):
    """Classes that Airflow may store in DAGs by name: https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/plugins.html."""

    name = "transload"
    partition_mappers = _members("mappers", "TimeWindowMapper", "PartitionsMapper")
    timetables = _members("timetables", "PartitionsTimetable")

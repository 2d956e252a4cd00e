"""The adapter of Airflow."""

from __future__ import annotations

from transload.adapter import Adapter

adapter = Adapter(
    tool="airflow",
    title="Airflow",
    distribution="apache-airflow-core",
    extra="airflow",
    package="transload_airflow",
    versions="3.1-3.3",
)

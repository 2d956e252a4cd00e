"""The adapter of Dagster."""

from __future__ import annotations

from transload.adapter import Adapter

adapter = Adapter(
    tool="dagster",
    title="Dagster",
    distribution="dagster",
    extra="dagster",
    package="transload_dagster",
    versions="1.12-1.13",
)

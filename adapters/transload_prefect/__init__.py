"""The adapter of Prefect."""

from __future__ import annotations

from transload.adapter import Adapter

adapter = Adapter(
    tool="prefect",
    title="Prefect",
    distribution="prefect",
    extra="prefect",
    package="transload_prefect",
    versions="3.4.7-3.8",
)

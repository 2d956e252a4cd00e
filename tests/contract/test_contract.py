"""The contract suite, as it ships, on the adapters of this project and the toys."""

from __future__ import annotations

from tests.contract.toys import toy, yaml_toy
from transload.registry import adapter_for
from transload.testing.contract import *  # noqa: F403

ADAPTERS = (adapter_for("airflow"), adapter_for("dagster"), adapter_for("prefect"), toy, yaml_toy)

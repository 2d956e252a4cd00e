"""What the README says of the tools is what the adapters' tables say."""

from __future__ import annotations

from pathlib import Path

from transload.capabilities import markdown
from transload.registry import adapter_for

README = Path(__file__).parents[2] / "README.md"


def between(text: str, marker: str) -> str:
    return text.partition(f"<!-- {marker} -->\n")[2].partition(f"<!-- /{marker} -->")[0]


def test_the_table_of_capabilities_is_that_of_the_adapters() -> None:
    adapters = [adapter_for(tool) for tool in ("airflow", "dagster", "prefect")]

    assert between(README.read_text(encoding="utf-8"), "capabilities") == markdown(adapters)


def test_the_table_of_real_projects_is_there() -> None:
    assert between(README.read_text(encoding="utf-8"), "corpus").count("\n") > 10

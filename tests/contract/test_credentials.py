"""Law L8: a credential in a project's URIs is in nothing that is made of it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from transload import carry
from transload.adapter import Adapter
from transload.loss import Code
from transload.model import document
from transload.model.graph import AssetGraph
from transload.reading.project import read_project
from transload.translator import prepare

from . import laws
from .subjects import adapters, parameters

SECRET: Final = "hunter2"  # noqa: S105 - what must not come out
TABLE: Final = f"postgres://ann:{SECRET}@db.example.com/shop/public/orders"

PROJECTS: Final = {
    "airflow": f"""
from airflow.sdk import DAG, Asset, task

orders = Asset("orders", uri="{TABLE}")
with DAG("etl", schedule=[orders]):

    @task(outlets=[Asset("{TABLE}_clean")])
    def clean():
        ...

    clean()
""",
    "dagster": f"""
import dagster as dg

orders = dg.AssetSpec("orders", metadata={{"dagster/uri": "{TABLE}"}})


@dg.asset(deps=[orders], metadata={{"dagster/uri": dg.MetadataValue.text("{TABLE}_clean")}})
def clean():
    ...


defs = dg.Definitions(assets=[orders, clean])
""",
    "prefect": f"""
from prefect import flow
from prefect.assets import Asset, materialize

orders = Asset(key="{TABLE}")


@materialize("{TABLE}_clean", asset_deps=[orders])
def clean():
    ...


@flow
def etl():
    clean()
""",
}


def everything_made_of(graph: AssetGraph) -> str:
    """The document, and what each tool would get of it."""
    made = [document.dumps(graph)]
    for adapter in adapters():
        translation = prepare(graph, adapter)
        made += [loss.model_dump_json() for loss in translation.losses]
        made += adapter.source.write(translation).values()
    return "\n".join(made)


@pytest.mark.parametrize("adapter", [each for each in parameters() if each.id in PROJECTS])
def test_no_credential_comes_out(adapter: Adapter, tmp_path: Path) -> None:
    """The table is known without it, and its removal is reported."""
    (tmp_path / "project.py").write_text(PROJECTS[adapter.tool], encoding="utf-8")
    reading = adapter.static.read(read_project(tmp_path), laws.target(adapter, tmp_path))
    graph, _ = carry.restore(reading.graph, reading.carried, adapter.tool)

    assert {"postgres://db.example.com:5432"} == {asset.id.namespace for asset in graph.assets}
    assert Code.CREDENTIAL_REMOVED in {loss.code for loss in reading.losses}
    assert SECRET not in everything_made_of(graph) + "".join(loss.model_dump_json() for loss in reading.losses)

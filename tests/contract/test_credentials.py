"""Law L8: a credential in a project's URIs is in nothing that is made of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from transload import carry
from transload.cleansing import cleansed
from transload.declaration import Adapter
from transload.drawing.dot import dot
from transload.drawing.mermaid import mermaid
from transload.drawing.page import page
from transload.drawing.picture import picture_of
from transload.lineage.events import Settings, serialised, static_events
from transload.loss import Code
from transload.model import document
from transload.model.assets import Asset
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import identify
from transload.reader import Options, Way, read
from transload.reading.project import read_project
from transload.translator import prepare

from . import laws
from .subjects import adapters, parameters

SECRET: Final = "hunter2"  # noqa: S105 - what must not come out
TIME: Final = "2026-01-01T00:00:00+00:00"
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


EVERYWHERE: Final = {
    "airflow": f"""
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
""",
    "dagster": f"""
import dagster as dg

U = "{TABLE}"


@dg.asset(
    key=["a", "orders"],
    description="reads " + U,
    code_version=U,
    metadata={{
        U: U,
        "url": dg.MetadataValue.url("https://h/x?token={SECRET}"),
        "json": dg.MetadataValue.json({{"a": [U]}}),
        "md": dg.MetadataValue.md("see " + U),
        "path": dg.MetadataValue.path(U),
        "dsn": "Server=h;Password={SECRET};",
        "dagster/column_schema": dg.TableSchema(columns=[dg.TableColumn(U, "t", description=U)]),
    }},
    op_tags={{"k": U}},
    partitions_def=dg.StaticPartitionsDefinition(["a " + U]),
)
def orders():
    ...


@dg.asset(deps=[orders], automation_condition=dg.AutomationCondition.eager().with_label(U))
def clean():
    "Reads {TABLE}"


@dg.asset_check(asset=clean, description=U, metadata={{"a": U}})
def checked():
    ...


job = dg.define_asset_job("job", selection="*", description=U, tags={{"a": "b"}})
ticks = dg.ScheduleDefinition(name="ticks", job=job, cron_schedule="0 0 * * *", description=U, tags={{"z": U}})
defs = dg.Definitions(assets=[orders, clean], asset_checks=[checked], jobs=[job], schedules=[ticks])
""",
    "prefect": f"""
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
""",
}
"""A credential in every place that a reader looks at, and not only in the URI of an asset."""


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


def assert_clean(source: str, way: Way) -> None:
    found = read(source, Options(way=way))

    assert [loss.subject for loss in found.losses if loss.subject.startswith("file ")] == []
    assert Code.CREDENTIAL_REMOVED in {loss.code for loss in found.losses}
    made = everything_made_of(found.graph) + "".join(loss.model_dump_json() for loss in found.losses)
    made += "".join(form(picture_of(found.graph, found.losses)) for form in (dot, mermaid, page))
    made += "".join(map(str, map(serialised, static_events(found.graph, Settings(time=TIME)))))
    assert SECRET not in made


@pytest.mark.parametrize("tool", EVERYWHERE)
def test_a_credential_in_any_place_goes_nowhere(tool: str, tmp_path: Path) -> None:
    (tmp_path / "project.py").write_text(EVERYWHERE[tool], encoding="utf-8")

    assert_clean(f"{tool}:{tmp_path}", Way.STATIC)


@pytest.mark.parametrize("tool", [pytest.param(tool, marks=getattr(pytest.mark, tool)) for tool in EVERYWHERE])
def test_a_credential_in_any_place_of_a_loaded_project_goes_nowhere(tool: str, tmp_path: Path) -> None:
    (tmp_path / "project.py").write_text(EVERYWHERE[tool], encoding="utf-8")

    assert_clean(f"{tool}:{tmp_path}", Way.LOAD)


def test_a_credential_in_a_document_goes_nowhere(tmp_path: Path) -> None:
    """Someone else may have written it; what names an entity with a credential follows."""
    orders, flow = {"id": ["postgres://ann:hunter2@h:5432", "shop.public.orders"], "url": TABLE}, f"flow {TABLE}"
    job = {"name": TABLE, "reads": [{"asset": orders["id"]}], "after": [TABLE]}
    body = {"assets": [orders], "jobs": [job], "flows": [{"name": flow, "jobs": [TABLE]}]}
    path = tmp_path / "graph.json"
    path.write_text(json.dumps({"transload": 1, "graph": body}), encoding="utf-8")

    assert_clean(str(path), Way.STATIC)


def test_the_removal_is_told_with_the_field_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "project.py").write_text(EVERYWHERE["prefect"], encoding="utf-8")
    losses = read(f"prefect:{tmp_path}", Options(way=Way.STATIC)).losses
    told = {(loss.subject.partition(" ")[0], loss.field) for loss in losses if loss.code is Code.CREDENTIAL_REMOVED}

    assert {("asset", "url"), ("asset", "description"), ("job", "tags"), ("flow", "parameters")} <= told
    assert all(loss.remedy for loss in losses if loss.code is Code.CREDENTIAL_REMOVED)


def test_a_graph_without_credentials_is_left_as_it_is() -> None:
    template = Asset(id=identify("s3://b/k"), description="postgres://{user}:{password}@h and git+ssh://git@h/x?page=2")
    graph = graph_of([template])

    assert cleansed(graph, ()) == (graph, ())

"""Law L8 beyond the adapters: in documents, and what is said of a credential that is removed. The suite has the rest."""

from __future__ import annotations

import json
from pathlib import Path

from transload.cleansing import cleansed
from transload.loss import Code
from transload.model import document
from transload.model.assets import Asset
from transload.model.graph import graph_of
from transload.model.identity import identify, logical
from transload.model.jobs import Job, Write
from transload.reader import Options, Way, read
from transload.testing.requirements import TABLE
from transload.testing.suite.credentials import assert_clean
from transload_prefect.requirements import REQUIREMENTS


def test_a_credential_in_a_document_goes_nowhere(tmp_path: Path) -> None:
    """Someone else may have written it; what names an entity with a credential follows."""
    orders, flow = {"id": ["postgres://ann:hunter2@h:5432", "shop.public.orders"], "url": TABLE}, f"flow {TABLE}"
    job = {"name": TABLE, "reads": [{"asset": orders["id"]}], "after": [TABLE]}
    body = {"assets": [orders], "jobs": [job], "flows": [{"name": flow, "jobs": [TABLE]}]}
    path = tmp_path / "graph.json"
    path.write_text(json.dumps({"transload": 1, "graph": body}), encoding="utf-8")

    assert_clean(read(str(path)))


def test_the_removal_is_told_with_the_field_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "project.py").write_text(REQUIREMENTS.credentials["flows.py"], encoding="utf-8")
    losses = read(f"prefect:{tmp_path}", Options(way=Way.STATIC)).losses
    told = {(loss.subject.partition(" ")[0], loss.field) for loss in losses if loss.code is Code.CREDENTIAL_REMOVED}

    assert {("asset", "url"), ("asset", "description"), ("job", "tags"), ("flow", "parameters")} <= told
    assert all(loss.remedy for loss in losses if loss.code is Code.CREDENTIAL_REMOVED)


def test_a_credential_in_the_key_of_a_logical_name_goes_nowhere(tmp_path: Path) -> None:
    """A name that is a URI is percent-encoded into the identity."""
    orders = logical("othertool", "default", [TABLE])
    job = Job(name="load", writes=(Write(asset=orders),))
    path = tmp_path / "graph.json"
    path.write_text(document.dumps(graph_of([Asset(id=orders)], [job])), encoding="utf-8")

    assert_clean(read(str(path)))
    clean = logical("othertool", "default", [TABLE.replace("ann:hunter2@", "")])
    assert [asset.id for asset in read(str(path)).graph.assets] == [clean]


def test_a_graph_without_credentials_is_left_as_it_is() -> None:
    template = Asset(id=identify("s3://b/k"), description="postgres://{user}:{password}@h and git+ssh://git@h/x?page=2")
    graph = graph_of([template])

    assert cleansed(graph, ()) == (graph, ())

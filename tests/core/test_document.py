"""The document: equal graphs, equal text; anything else is refused with a place and a way out."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import pytest
from hypothesis import given

from transload.errors import DocumentError
from transload.model import document
from transload.model.assets import Asset
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import identify
from transload.testing.strategies import any_graphs
from transload.testing.subjects import effort

ORDERS = identify("s3://lake/orders")


@given(graph=any_graphs())
@effort(200)
def test_graphs_come_back(graph: AssetGraph) -> None:
    """And are written the same again."""
    text = document.dumps(graph)

    assert document.loads(text) == graph
    assert document.dumps(document.loads(text.encode())) == text


def test_order_of_keys_does_not_matter() -> None:
    """Equal graphs give equal text."""
    first = graph_of([Asset(id=ORDERS, tags={"a": "1", "b": "2"})])
    second = graph_of([Asset(id=ORDERS, tags={"b": "2", "a": "1"})])

    assert document.dumps(first) == document.dumps(second)


def test_an_empty_graph_is_a_document() -> None:
    """With nothing but its version and an empty graph."""
    assert json.loads(document.dumps(AssetGraph())) == {"transload": 1, "graph": {}}
    assert document.loads('{"transload": 1}') == AssetGraph()


def test_a_lone_surrogate_survives() -> None:
    """Python has them, UTF-8 does not."""
    graph = graph_of([Asset(id=ORDERS, title="\ud800")])

    assert document.loads(document.dumps(graph).encode("utf-8")) == graph


def _document(**graph: Any) -> str:
    return json.dumps({"transload": 1, "graph": graph})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        ("[]", "not a transload document"),
        ('{"graph": {}}', "not a transload document"),
        ('{"transload": 2, "graph": {}}', "version 2"),
        ('{"transload": true, "graph": {}}', "version True"),
        ('{"transload": "1", "graph": {}}', "version '1'"),
        ('{"transload": 1, "graph": {}, "more": 1}', "'more'"),
        (_document(pipelines=[]), "'graph.pipelines'"),
        (_document(assets=[{"id": ["s3://b", "a"], "colour": "red"}]), "'graph.assets.0.colour'"),
        (_document(assets=[{"id": ["s3://b"]}]), "graph.assets.0.id"),
        (_document(assets=[{"id": ["s3://b", "a"], "trigger": {"kind": "moon"}}]), "'graph.assets.0.trigger'"),
        (_document(assets=[{"id": ["s3://b", "a"]}] * 2), "defined twice"),
        (_document(flows=[{"name": "f", "jobs": ["j"]}]), "named but not defined"),
        (_document(assets=[{"id": 1}, {"id": 2}]), "and 1 more"),
        ('{"transload": 1, "graph": {"assets": [{"id": ["a", "b"], "metadata": {"x": NaN}}]}}', "finite number"),
    ],
)
def test_anything_else_is_refused(text: str | bytes, says: str) -> None:
    """With what, where and what to do."""
    with pytest.raises(DocumentError) as caught:
        document.loads(text, where="graph.json")

    assert says in str(caught.value)
    assert caught.value.where == "graph.json"
    assert "Traceback" not in str(caught.value)


def test_the_published_schema_is_that_of_the_model() -> None:
    """Made anew by `python -m transload.model.document`."""
    published = resources.files("transload.model").joinpath("document.schema.json").read_text(encoding="utf-8")

    assert published == document.json_text(document.json_schema())


def test_the_schema_refuses_what_the_reader_refuses() -> None:
    """Unknown fields, wrong kinds, and records without what they need."""
    schema = document.json_schema()

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["properties"]["transload"]["const"] == 1
    closed = {
        name: entry.get("additionalProperties")
        for name, entry in schema["$defs"].items()
        if entry.get("type") == "object"
    }
    assert set(closed.values()) == {False}
    assert schema["$defs"]["Asset"]["required"] == ["id"]
    assert "kind" in schema["$defs"]["Updated"]["properties"]

"""Law L8: a credential in a project is in nothing that is made of it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from transload import carry
from transload.declaration import Adapter
from transload.drawing.dot import dot
from transload.drawing.mermaid import mermaid
from transload.drawing.page import page
from transload.drawing.picture import picture_of
from transload.lineage.events import Settings, serialised, static_events
from transload.loss import Code
from transload.model import document
from transload.model.graph import AssetGraph
from transload.reader import Options, ReadResult, Way, read_with
from transload.reading.project import read_project
from transload.testing import laws
from transload.testing.requirements import SECRET, requirements_of
from transload.testing.subjects import needs, writers
from transload.translator import prepare
from transload.writing.project import write_project

TIME: Final = "2026-01-01T00:00:00+00:00"


def everything_made_of(graph: AssetGraph, *others: Adapter) -> str:
    """The document, and what each tool would get of it."""
    made = [document.dumps(graph)]
    for adapter in writers(*others):
        translation = prepare(graph, adapter)
        made += [loss.model_dump_json() for loss in translation.losses]
        made += adapter.source.write(translation).values()
    return "\n".join(made)


def assert_clean(result: ReadResult, *others: Adapter) -> None:
    """All of it was read, and of the credentials that are gone it is said that they are."""
    assert [loss.subject for loss in result.losses if loss.subject.startswith("file ")] == []
    assert Code.CREDENTIAL_REMOVED in {loss.code for loss in result.losses}
    assert all(loss.remedy for loss in result.losses if loss.code is Code.CREDENTIAL_REMOVED)
    made = everything_made_of(result.graph, *others) + "".join(loss.model_dump_json() for loss in result.losses)
    made += "".join(form(picture_of(result.graph, result.losses)) for form in (dot, mermaid, page))
    made += "".join(map(str, map(serialised, static_events(result.graph, Settings(time=TIME)))))
    assert SECRET not in made


@needs("static")
def test_no_credential_comes_out_of_an_address(adapter: Adapter, tmp_path: Path) -> None:
    """The table is known without it, and its removal is reported."""
    if not requirements_of(adapter).addresses:
        pytest.skip(f"Assets of {adapter.title} have no URIs.")
    write_project(tmp_path / "project", requirements_of(adapter).addresses)
    root = tmp_path / "project"
    reading = adapter.static.read(read_project(root), laws.target(adapter, root))
    graph, _ = carry.restore(reading.graph, reading.carried, adapter.tool)

    assert {"postgres://db.example.com:5432"} == {asset.id.namespace for asset in graph.assets}
    assert Code.CREDENTIAL_REMOVED in {loss.code for loss in reading.losses}
    losses = "".join(loss.model_dump_json() for loss in reading.losses)
    assert SECRET not in everything_made_of(graph, adapter) + losses


@needs("static")
def test_a_credential_in_any_place_goes_nowhere(adapter: Adapter, tmp_path: Path) -> None:
    """Read by its text."""
    assert_clean(_read(adapter, tmp_path, Way.STATIC), adapter)


@needs("load")
def test_a_credential_in_any_place_of_a_loaded_project_goes_nowhere(adapter: Adapter, tmp_path: Path) -> None:
    """Read by importing it."""
    assert_clean(_read(adapter, tmp_path, Way.LOAD), adapter)


def _read(adapter: Adapter, folder: Path, way: Way) -> ReadResult:
    root = folder / "project"
    write_project(root, requirements_of(adapter).credentials)
    return read_with(adapter, laws.target(adapter, root), Options(way=way))

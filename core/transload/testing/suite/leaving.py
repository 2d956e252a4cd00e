"""Loading a project: what the tool needed for it is gone afterwards."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from transload import carry, loading
from transload.declaration import Adapter
from transload.model.assets import Asset
from transload.model.graph import graph_of
from transload.model.identity import identify
from transload.model.jobs import Job, Write
from transload.testing.laws import target
from transload.testing.subjects import needs
from transload.translator import prepare
from transload.writing.project import write_project

ORDERS = Asset(id=identify("s3://lake/orders"))
MAKE = Job(name="make_orders", writes=(Write(asset=ORDERS.id),))


@needs("source", "load")
def test_no_folder_is_left(adapter: Adapter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by the tool nor by transload."""
    left = tmp_path / "left"
    left.mkdir()
    write_project(tmp_path / "project", adapter.source.write(prepare(graph_of([ORDERS], [MAKE]), adapter)))
    monkeypatch.setattr(tempfile, "tempdir", str(left))
    monkeypatch.setenv("TMPDIR", str(left))

    reading = loading.load(adapter, target(adapter, tmp_path / "project"))

    graph, _ = carry.restore(reading.graph, reading.carried, adapter.tool)
    assert [asset.id for asset in graph.assets] == [ORDERS.id]
    assert list(left.iterdir()) == []

"""Loading a project: what the tool needed for it is gone afterwards."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.contract.laws import target
from tests.contract.subjects import parameters
from transload import loading
from transload.declaration import Adapter
from transload.model.assets import Asset
from transload.model.graph import graph_of
from transload.model.identity import identify
from transload.model.jobs import Job, Write
from transload.projects import write
from transload.translator import prepare

ORDERS = Asset(id=identify("s3://lake/orders"))
MAKE = Job(name="make_orders", writes=(Write(asset=ORDERS.id),))


@pytest.mark.parametrize("adapter", [each for each in parameters(with_tool=True) if each.marks])
def test_no_folder_is_left(adapter: Adapter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = tmp_path / "left"
    left.mkdir()
    write(prepare(graph_of([ORDERS], [MAKE]), adapter), tmp_path / "project")
    monkeypatch.setattr(tempfile, "tempdir", str(left))
    monkeypatch.setenv("TMPDIR", str(left))

    found = loading.load(adapter, target(adapter, tmp_path / "project"))

    assert [asset.id for asset in found.graph.assets] == [ORDERS.id]
    assert list(left.iterdir()) == []

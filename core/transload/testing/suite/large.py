"""A project too large for one file is several, by where things belong, and is read as one."""

from __future__ import annotations

import ast
import sys

from transload.declaration import Adapter
from transload.model.assets import Asset
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import identify
from transload.model.jobs import Flow, Job, Read, Write
from transload.testing import laws
from transload.testing.requirements import requirements_of
from transload.testing.subjects import needs
from transload.translator import prepare

SIZES = {"sales": 230, "sales_2": 40, "Sales": 40, "tasks": 30, "prefect": 30, "json": 30, "": 30}
"""Assets in each group: more than go into one module, groups that would share one, and names that a file should not have."""


def large() -> AssetGraph:
    """Jobs that read what is in another group, a flow over several groups, and one of its own for some."""
    assets = [
        Asset(id=identify(f"s3://lake/{group or 'rest'}/t{number}"), group=group or None)
        for group, size in SIZES.items()
        for number in range(size)
    ]
    jobs = [
        Job(name=f"make_{index}", reads=(Read(asset=assets[index - 35].id),), writes=(Write(asset=asset.id),))
        for index, asset in enumerate(assets)
    ]
    every = Flow(name="nightly", jobs=tuple(job.name for job in jobs[:290:58]))
    alone = [Flow(name=f"only_{index}", jobs=(f"make_{index}",)) for index in range(1, 290, 5)]
    return graph_of(assets, jobs, flows=[every, *alone])


@needs("source")
def test_a_large_project_is_read_as_one(adapter: Adapter) -> None:
    """All of it is there, read by its syntax; and Python is several modules, none of them longer than a person reads."""
    files = adapter.source.write(prepare(large(), adapter))

    if requirements_of(adapter).writes_python:
        defined = {path: len(ast.parse(text).body) for path, text in files.items() if path.endswith(".py")}
        assert max(defined.values()) < 250, defined
        posing = {f"{name}.py" for name in sys.stdlib_module_names}
        assert [path for path in defined if path.rpartition("/")[2] in posing] == []
    laws.source_round_trips(adapter, large())


@needs("source", "load")
def test_a_large_project_loads(adapter: Adapter) -> None:
    """In the tool itself, whose loader goes by files, and has the folders of some on the path."""
    laws.loaded_source_round_trips(adapter, large())

"""Whatever the graph, nothing is lost in silence, and what was written comes back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest
from hypothesis import assume, given

from transload import loading
from transload.adapter import Rule, Target, fields_without_row
from transload.declaration import Adapter
from transload.loss import Code, Severity
from transload.model import document
from transload.model.assets import Asset
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import identify
from transload.model.jobs import Job, Write
from transload.reading.project import read_project
from transload.testing import laws
from transload.testing.requirements import requirements_of
from transload.testing.strategies import any_graphs, hostile_graphs, plain_graphs
from transload.testing.subjects import effort, needs, sample
from transload.translator import prepare
from transload.writing.project import write_project


@needs("support")
def test_every_field_of_the_model_has_a_row(adapter: Adapter) -> None:
    """A new field cannot be forgotten by a tool."""
    assert list(fields_without_row(adapter.support)) == []


@needs("support")
def test_reasons_are_sentences_with_codes(adapter: Adapter) -> None:
    """Each rule says why in one sentence; what is kept says where."""
    for rule in _rules(adapter):
        assert isinstance(rule.code, Code)
        assert rule.reason[0].isupper(), rule.reason
        assert rule.reason.endswith("."), rule.reason
        assert rule.reason.count(". ") == 0, rule.reason
        assert (rule.kept is None) == (rule.severity is Severity.DROPPED), rule.reason


def _rules(adapter: Adapter) -> Iterable[Rule]:
    support = adapter.support
    rows = [*support.asset.values(), *support.job.values(), *support.flow.values(), support.alias]
    return [rule for rule in rows if rule is not None]


@needs("shape")
@given(graph=any_graphs())
@effort(100)
def test_every_difference_is_reported(adapter: Adapter, graph: AssetGraph) -> None:
    """No graph stops a translation, and none is changed in silence."""
    laws.every_difference_is_reported(adapter, graph)
    laws.losses_are_well_formed(adapter, graph)


@needs("names")
@given(graph=any_graphs())
@effort(60)
def test_names_are_sound(adapter: Adapter, graph: AssetGraph) -> None:
    """Distinct, and given once for all."""
    laws.names_are_sound(adapter, graph)


@needs("names")
@given(graph=any_graphs(), other=plain_graphs())
@effort(40)
def test_names_do_not_depend_on_what_is_unrelated(adapter: Adapter, graph: AssetGraph, other: AssetGraph) -> None:
    """A project can grow without renaming what is there."""
    laws.names_are_stable(adapter, graph, other)


@needs("source")
@given(graph=plain_graphs())
@effort(60)
def test_plain_source_round_trips_without_the_tool(adapter: Adapter, graph: AssetGraph) -> None:
    """Law L1 for source, read by its syntax: ordinary graphs."""
    laws.source_round_trips(adapter, graph)


@needs("source")
@given(graph=hostile_graphs())
@effort(60)
def test_hostile_source_round_trips_without_the_tool(adapter: Adapter, graph: AssetGraph) -> None:
    """Law L1 for source, read by its syntax: hostile graphs."""
    laws.source_round_trips(adapter, graph)


@needs("runtime", "load")
@given(graph=any_graphs())
@effort(100)
def test_objects_round_trip(adapter: Adapter, graph: AssetGraph) -> None:
    """Law L1 for the tool's own objects."""
    assume(laws.is_held_by_the_installed_version(adapter, graph))

    laws.objects_round_trip(adapter, graph)


@needs("source", "load")
@given(graph=any_graphs())
@effort(15)
def test_loaded_source_round_trips(adapter: Adapter, graph: AssetGraph) -> None:
    """Law L1 for source that the tool imports; none of it does anything else."""
    assume(laws.is_held_by_the_installed_version(adapter, graph))

    laws.loaded_source_round_trips(adapter, graph)


@needs("source")
@given(graph=hostile_graphs())
@effort(60)
def test_hostile_content_never_becomes_code(adapter: Adapter, graph: AssetGraph) -> None:
    """Law L8: the source calls nothing but the tool, itself and a few harmless builtins."""
    laws.calls_only(adapter, graph, requirements_of(adapter).imports)


@needs("source")
@given(graph=hostile_graphs())
@effort(60)
def test_hostile_content_moves_no_cursor_and_hides_nothing(adapter: Adapter, graph: AssetGraph) -> None:
    """Law L8: the files can be looked at, on a terminal and in a review."""
    laws.nothing_is_hidden(adapter, graph)


@needs("source")
def test_output_does_not_depend_on_the_hash_seed(adapter: Adapter, tmp_path: Path) -> None:
    """Law L9: two processes with other hash seeds write the same bytes."""
    documents = tmp_path / "documents.json"
    graphs = sample(any_graphs(), 30)
    documents.write_text(json.dumps([document.dumps(graph) for graph in graphs]), encoding="utf-8")

    first, second = (_written_in_a_process(adapter, documents, seed) for seed in ("1", "2"))

    assert first == second
    assert first.count("\n") == len(graphs) > 0


_WRITE: Final = """
import json, sys
from importlib import import_module
from transload.model import document
from transload.reading.project import read_project
from transload.translator import prepare
adapter = import_module(sys.argv[1]).adapter
for text in json.load(open(sys.argv[2], encoding="utf-8")):
    translation = prepare(document.loads(text), adapter)
    losses = [loss.model_dump(mode="json") for loss in translation.losses]
    files = list(adapter.source.write(translation).items())
    print(json.dumps([document.dumps(translation.native), document.dumps(translation.expected), losses, files]))
"""


def _written_in_a_process(adapter: Adapter, documents: Path, seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", _WRITE, adapter.package, str(documents)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


_DEPENDENCIES: Final = frozenset({"tomli_w", "croniter", "ruff", "openlineage", "typer"})
"""Of what transload itself needs, besides pydantic, yaml, rich and dateutil."""

_BARE: Final = """
import sys


class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)


sys.meta_path.insert(0, Blocked())
"""


@needs("source", "load")
def test_loading_needs_nothing_but_the_tool(adapter: Adapter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The interpreter that `--python` names has the tool, and neither transload nor what else it needs."""
    blocked = set(_DEPENDENCIES - requirements_of(adapter).brings)
    (tmp_path / "sitecustomize.py").write_text(_BARE.format(blocked=blocked), encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    for number, graph in enumerate(sample(plain_graphs(), 4)):
        translation = prepare(graph, adapter)
        if not laws.is_held_by_the_installed_version(adapter, graph):
            continue
        root = tmp_path / f"project{number}"
        write_project(root, adapter.source.write(translation))
        laws.assert_restored(adapter, translation, loading.load(adapter, laws.target(adapter, root)))


@needs("source")
def test_an_attribute_that_the_syntax_does_not_limit_is_told_of(adapter: Adapter, tmp_path: Path) -> None:
    """Either only what it names is read, or the report says that everything is."""
    assets = [Asset(id=identify(f"s3://b/{name}")) for name in ("one", "two")]
    jobs = [Job(name=f"load_{asset.id.name}", writes=(Write(asset=asset.id),)) for asset in assets]
    write_project(tmp_path / "new", adapter.source.write(prepare(graph_of(assets, jobs), adapter)))
    where = Target(adapter.tool, "new:load_one", path=tmp_path / "new", attribute="load_one")
    reading = adapter.static.read(read_project(tmp_path / "new"), where)

    assert len(reading.graph.jobs) < len(jobs) or "attribute" in {loss.field for loss in reading.losses}

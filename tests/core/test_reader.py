"""Sources: documents and projects, alone and together, joined by rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.contract.toys import copy_of_toy, toy, yaml_toy
from transload import reader, registry
from transload.adapter import Failure, Reading
from transload.carry import Carried
from transload.declaration import Adapter
from transload.errors import AdapterError, ReadingError, SettingsError, TransloadError
from transload.joining import Joining
from transload.loss import Code, Severity
from transload.model import document
from transload.model.assets import Asset
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import AssetId, identify, logical
from transload.model.jobs import Job, Read, Write
from transload.reader import Options, Way, read, read_all, target_of
from transload.translator import meaning, prepare

ORDERS, RAW = identify("s3://lake/orders"), identify("s3://lake/raw")


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The toy, as if its package were installed."""

    def adapter_for(tool: str) -> Adapter:
        return toy if tool == "toy" else registry.adapter_for(tool)

    monkeypatch.setattr(reader, "adapter_for", adapter_for)


def estate() -> AssetGraph:
    """Two assets and the job between them."""
    job = Job(name="load", reads=(Read(asset=RAW),), writes=(Write(asset=ORDERS),))
    return graph_of([Asset(id=ORDERS, owners=("ann",)), Asset(id=RAW)], [job])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A written project."""
    root = tmp_path / "project"
    root.mkdir()
    for name, text in toy.source.write(prepare(estate(), toy)).items():
        (root / name).write_text(text, encoding="utf-8")
    return root


def test_a_document_is_read_as_it_is(tmp_path: Path) -> None:
    """Without any tool."""
    path = tmp_path / "graph.json"
    path.write_text(document.dumps(estate()), encoding="utf-8")

    assert read(str(path)) == reader.ReadResult(estate())


def test_a_project_is_read_by_its_syntax(project: Path) -> None:
    """With what was carried put back."""
    found = read(f"toy:{project}", Options(way=Way.STATIC))

    assert meaning(found.graph) == meaning(prepare(estate(), toy).expected)
    assert found.losses == ()


def test_the_syntax_is_read_where_loading_fails(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the tool is missing; the reader says so."""
    monkeypatch.syspath_prepend(str(tmp_path))
    missing = copy_of_toy(tmp_path, "missing", distribution="missing-orchestrator")
    monkeypatch.setattr(reader, "adapter_for", lambda _: missing)

    found = read(f"missing:{project}")

    assert len(found.graph.assets) == len(prepare(estate(), toy).expected.assets)
    assert [(loss.code, loss.severity) for loss in found.losses] == [(Code.UNREADABLE, Severity.APPROXIMATED)]
    with pytest.raises(AdapterError, match="not installed"):
        read(f"missing:{project}", Options(way=Way.LOAD))


def test_a_tool_that_is_only_read_is_read_without_a_word_of_loading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its adapter has no `load`; asking for it is an error that says so, and so is writing to it."""
    monkeypatch.setattr(reader, "adapter_for", lambda _: yaml_toy)
    (tmp_path / "load.yaml").write_text("job: load\nwrites: s3://lake/orders\n", encoding="utf-8")

    found = read(f"yaml-toy:{tmp_path}")

    assert ([asset.id for asset in found.graph.assets], found.losses) == ([ORDERS], ())
    assert read(f"yaml-toy:{tmp_path / 'load.yaml'}") == found
    with pytest.raises(AdapterError, match="nothing to import"):
        read(f"yaml-toy:{tmp_path}", Options(way=Way.LOAD))
    with pytest.raises(AdapterError, match="read and not written"):
        prepare(found.graph, yaml_toy)


def test_what_a_project_consists_of_is_the_tools_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python beside it is neither looked for nor read."""
    monkeypatch.setattr(reader, "adapter_for", lambda _: yaml_toy)
    (tmp_path / "broken.py").write_text("def (", encoding="utf-8")
    with pytest.raises(ReadingError, match=r"no file here that ends in \.yaml"):
        read(f"yaml-toy:{tmp_path}")

    (tmp_path / "load.yaml").write_text("job: load\nwrites: s3://lake/orders\n", encoding="utf-8")
    assert read(f"yaml-toy:{tmp_path}").losses == ()


def test_files_that_do_not_load_are_read_by_their_syntax(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest as it was loaded; what was carried belongs to both together."""
    translation = prepare(estate(), toy)
    raw = graph_of([asset for asset in translation.native.assets if asset.id == RAW])
    loaded = Reading(_as_read(raw), translation.carried, failures=(Failure("start.py", "ImportError: no module"),))
    monkeypatch.setattr("transload.loading.load", lambda *_: loaded)
    (project / "start.py").write_text("import nothing_of_that_name", encoding="utf-8")

    found = read(f"toy:{project}")

    assert meaning(found.graph) == meaning(translation.expected)
    assert [(loss.subject, loss.code) for loss in found.losses] == [("file start.py", Code.UNREADABLE)]


def _as_read(graph: AssetGraph) -> AssetGraph:
    assets = [asset.model_copy(update={"id": toy.names.asset_id(asset)}) for asset in graph.assets]
    return graph_of(assets)


def test_several_sources_make_one_graph(project: Path, tmp_path: Path) -> None:
    """One table is one node, and a disagreement a finding."""
    other = tmp_path / "other.json"
    more = graph_of([Asset(id=ORDERS, title="Orders", owners=("bob",)), Asset(id=identify("s3://lake/new"))])
    other.write_text(document.dumps(more), encoding="utf-8")

    found = read_all([f"toy:{project}", str(other)], Options(way=Way.STATIC))

    assert len(found.graph.assets) == 3
    assert (found.graph.asset[ORDERS].owners, found.graph.asset[ORDERS].title) == (("ann",), "Orders")
    assert [(loss.subject, loss.field) for loss in found.losses] == [("asset s3://lake/orders", "owners")]


def test_rules_join_names(tmp_path: Path) -> None:
    """A logical name becomes the table that it means, everywhere."""
    named = logical("dagster", "default", ["orders"])
    path, rules = tmp_path / "graph.json", tmp_path / "transload.toml"
    graph = graph_of([Asset(id=named), Asset(id=ORDERS, title="Orders")], [Job(name="j", reads=(Read(asset=named),))])
    path.write_text(document.dumps(graph), encoding="utf-8")
    rules.write_text('[[join]]\nasset = "dagster://default/{t}"\nis = "s3://lake/{t}"\n', encoding="utf-8")

    found = read(str(path), Options(joining=Joining.load(rules)))

    assert found.graph == graph_of([Asset(id=ORDERS, title="Orders")], [Job(name="j", reads=(Read(asset=ORDERS),))])


@pytest.mark.parametrize(
    ("source", "error", "says"),
    [
        ("dags/", SettingsError, "names no tool"),
        ("toy:", SettingsError, "names no tool"),
        (":dags", SettingsError, "names no tool"),
        ("oozie:flows/", AdapterError, "no adapter for 'oozie'"),
        ("toy:no/such/folder", ReadingError, "no such file or folder"),
        ("missing.json", SettingsError, "no such document"),
    ],
)
def test_a_source_that_is_none_is_an_error(source: str, error: type[TransloadError], says: str) -> None:
    """With a way out."""
    with pytest.raises(error, match=says) as caught:
        read(source)

    assert caught.value.hint


def test_a_document_that_is_none_is_an_error(tmp_path: Path) -> None:
    """With its path."""
    path = tmp_path / "graph.json"
    path.write_bytes(b"\xff\xfe")

    with pytest.raises(ReadingError, match="cannot be read") as caught:
        read(str(path))

    assert caught.value.where == str(path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{root}", {"path": True}),
        ("{root}:defs", {"path": True, "attribute": "defs"}),
        ("analytics.definitions", {"module": "analytics.definitions"}),
        ("analytics.definitions:defs", {"module": "analytics.definitions", "attribute": "defs"}),
    ],
)
def test_targets(tmp_path: Path, text: str, expected: dict[str, Any]) -> None:
    """A path, a module, and an attribute of either."""
    target = target_of("toy:" + text.format(root=tmp_path), Joining())

    assert (target.path is not None) is expected.get("path", False)
    assert (target.module, target.attribute) == (expected.get("module"), expected.get("attribute"))
    assert target.deployment == "default"


def test_a_module_cannot_be_read_by_its_syntax() -> None:
    """Nobody knows where it is without importing it."""
    with pytest.raises(ReadingError, match="needs a path"):
        read("toy:analytics", Options(way=Way.STATIC))


def test_identities_stay_what_they_are() -> None:
    """A reading without rules changes no name."""
    found = reader.ReadResult(graph_of([Asset(id=AssetId("x", "y"))]))

    assert reader.join(found, Joining()) is found
    assert not Carried()


def test_a_part_of_the_tool_itself_is_read_as_any_project(tmp_path: Path) -> None:
    examples = tmp_path / "prefect" / "examples"
    examples.mkdir(parents=True)
    for folder in (examples, examples.parent):
        (folder / "__init__.py").write_text("")
    (examples.parent / "assets.py").write_text("def materialize(*keys): ...\n")
    (examples / "flows.py").write_text(
        "from prefect.assets import materialize\n\n\n@materialize('s3://lake/orders')\ndef orders(): ...\n"
    )

    found = read(f"prefect:{examples}", Options(way=Way.STATIC))

    assert [asset.id for asset in found.graph.assets] == [identify("s3://lake/orders")]


def test_a_part_of_a_package_imports_from_where_its_package_does(tmp_path: Path) -> None:
    part = tmp_path / "shop" / "part"
    part.mkdir(parents=True)
    for folder in (part, part.parent):
        (folder / "__init__.py").write_text("")
    (part / "keys.py").write_text("KEY = 's3://lake/orders'\n")
    (part / "flows.py").write_text(
        "from prefect.assets import materialize\nfrom shop.part.keys import KEY\n\n\n@materialize(KEY)\ndef orders(): ...\n"
    )

    found = read(f"prefect:{part}", Options(way=Way.STATIC))

    assert [asset.id for asset in found.graph.assets] == [identify("s3://lake/orders")]

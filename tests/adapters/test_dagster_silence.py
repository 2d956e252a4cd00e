"""Law L2: what only running a project tells is reported by the static reader, and what both readers can tell they tell alike."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from transload.adapter import Reading, Target
from transload.difference import differences
from transload.errors import ReadingError
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import logical
from transload.reading.project import read_project
from transload_dagster import adapter


def _target(folder: Path, text: str, name: str = "shop.py") -> Target:
    path = folder / name
    path.write_text("import dagster as dg\n" + dedent(text), encoding="utf-8")
    return Target("dagster", str(path), path=path)


def _static(target: Target) -> Reading:
    assert target.path is not None
    return adapter.static.read(read_project(target.path), target)


def _bare(graph: AssetGraph) -> AssetGraph:
    """Without places, which only one reader knows of a bare spec."""
    kinds = ("assets", "jobs", "flows")
    return graph_of(
        **{kind: [each.model_copy(update={"origin": None}) for each in getattr(graph, kind)] for kind in kinds}
    )


def _said(reading: Reading) -> list[tuple[str, str]]:
    return sorted({(loss.subject, loss.field) for loss in reading.losses})


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (
            "x = dg.AssetsDefinition.from_op(o, keys_by_output_name={'result': dg.AssetKey('k')})",
            "AssetsDefinition.from_op",
        ),
        ("x = dg.build_last_update_freshness_checks(assets=[a], lower_bound_delta=None)", "build_last_update_freshness_checks"),
        ("x = dg.SensorDefinition(name='s', evaluation_fn=None)", "SensorDefinition"),
        ("x, y = dg.map_asset_specs(lambda spec: spec, [dg.AssetSpec('p'), dg.AssetSpec('q')])", "map_asset_specs"),
        ("x = a.with_attributes(tags_by_key={})", "with_attributes"),
        ("x = dg.Definitions(assets=[a]).map_asset_specs(func=print)", "map_asset_specs"),
        ("x = dg.Definitions.merge(dg.Definitions(), dg.Definitions()).with_resources({})", "with_resources"),
        ("x = dg.brand_new_thing(1)", "brand_new_thing"),
        ("x = g.to_job(name='g')", "to_job"),
        ("def f(): ...\nx = dg.asset(f)", "asset"),
        ("def f(): ...\nx = dg.asset(name='n')(f)", "asset"),
        ("def f(): ...\nx = dg.Definitions(assets=[dg.asset(name='n')(f)])", "asset"),
        ("from dagster_dbt import load_assets_from_dbt_project\nx = load_assets_from_dbt_project('p')", "load_assets_from_dbt_project"),
        ("from elsewhere import more\nx = dg.Definitions(assets=[*more(), a])", "assets"),
        ("from elsewhere import more\nx = dg.Definitions(jobs=[more()], assets=[a])", "jobs"),
        ("from elsewhere import mine\n@mine\ndef m(): ...\nx = dg.Definitions(assets=[m])", "assets"),
    ],
)  # fmt: skip
def test_what_only_running_tells_is_reported(tmp_path: Path, line: str, field: str) -> None:
    """Given to a name or not, and whether this version of transload knows it or not."""
    head = "@dg.asset\ndef a(): ...\n@dg.op\ndef o(): ...\n@dg.graph\ndef g(): o()\n"
    reading = _static(_target(tmp_path, head + line + "\n"))

    assert ("definitions", field) in _said(reading)
    assert all(loss.origin is not None and loss.origin.line for loss in reading.losses)


def test_what_is_known_is_not_reported(tmp_path: Path) -> None:
    """Run-time calls, values of arguments, and elements of lists that are added up."""
    (tmp_path / "more.py").write_text("import dagster as dg\n@dg.asset\ndef loaded(): ...\n", encoding="utf-8")
    source = """
        import more
        log = dg.get_dagster_logger()
        edited = dg.AssetSpec("edited").replace_attributes(group_name="g").with_io_manager_key("io")
        parts = [dg.AssetSpec("inline")] + [dg.AssetSpec("added")]
        defs = dg.Definitions(assets=[*dg.load_assets_from_modules([more]), *parts, edited])
        """
    reading = _static(_target(tmp_path, source))

    assert reading.losses == ()
    assert sorted(asset.names["dagster"][0] for asset in reading.graph.assets) == [
        "added",
        "edited",
        "inline",
        "loaded",
    ]


PROJECT = {
    "pyproject.toml": "[tool.dg.project]\nroot_module = 'shop'\n",
    "src/shop/__init__.py": "",
    "src/shop/definitions.py": """
        from pathlib import Path
        from dagster import definitions, load_from_defs_folder
        @definitions
        def defs():
            return load_from_defs_folder(path_within_project=Path(__file__).parent)
        """,
    "src/shop/defs/__init__.py": "",
    "src/shop/defs/orders.py": "import dagster as dg\n@dg.asset\ndef orders() -> None: ...\n",
    "src/shop/defs/script/script.py": "print(1)\n",
    "src/shop/defs/script/defs.yaml": """
        type: dagster.PythonScriptComponent
        attributes:
          execution:
            path: script.py
          assets:
            - key: report
              deps: [orders]
        """,
}
"""A `dg` project with a component that YAML configures."""


@pytest.fixture
def components(tmp_path: Path) -> Target:
    """The project on disk."""
    for path, text in PROJECT.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(dedent(text).lstrip(), encoding="utf-8")
    return Target("dagster", str(tmp_path), path=tmp_path)


def test_components_are_reported(components: Target) -> None:
    losses = _static(components).losses

    assert [(loss.subject, loss.field, str(loss.origin)) for loss in losses] == [
        ("definitions", "components", "src/shop/defs/script/defs.yaml:1")
    ]
    assert "`dagster.PythonScriptComponent`" in losses[0].message


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
def test_components_load(components: Target) -> None:
    """Dagster puts the component itself into the metadata of what it makes."""
    loaded = adapter.load.load(components)
    report = loaded.graph.asset[logical("dagster", "default", ["report"])]

    assert loaded.failures == ()
    assert report.native == {"dagster": {"component": "PythonScriptComponent"}}
    assert set(report.metadata) == {"dagster/code_references"}


ALIKE = '''
class Mine(dg.Config):
    n: int = 1

@dg.success_hook
def told(context): ...

@dg.asset
def up(): ...

@dg.asset
def marked(up, marker: dg.ResourceParam[str]): ...

@dg.asset_check(asset=up, pool="p")
def good(): return dg.AssetCheckResult(passed=True)

@dg.asset(compute_kind="pandas", hooks={told})
def counted(up): ...

@dg.asset(ins={"x": dg.AssetIn("up", metadata={"why": "rate"})})
def noted(x): ...

@dg.multi_asset(specs=[dg.AssetSpec("left"), dg.AssetSpec("right", description="Its own.")], can_subset=True)
def both(context):
    """Both sides."""

@dg.multi_asset(
    outs={"one": dg.AssetOut(), "two": dg.AssetOut(), "three": dg.AssetOut()},
    ins={"up": dg.AssetIn()}, internal_asset_deps={"one": {dg.AssetKey("up")}, "two": set()},
)
def three(up): ...

@dg.observable_source_asset
def watched(context):
    """This is no description of it."""
    return dg.DataVersion("1")

old = dg.SourceAsset("old", observe_fn=lambda _: dg.DataVersion("1"))
kept = dg.AssetSpec("kept", metadata={
    "number": dg.IntMetadataValue(3), "words": dg.TextMetadataValue("w"), "page": dg.UrlMetadataValue("https://x.y"),
    "held": dg.JsonMetadataValue({"a": [1]}), "of": dg.DagsterAssetMetadataValue(dg.AssetKey("up")),
    "dagster/column_schema": dg.TableSchemaMetadataValue(dg.TableSchema([dg.TableColumn("id")])),
})

@dg.op
def nothing(): ...

@dg.job
def ops():
    nothing()

unlisted = dg.define_asset_job("unlisted", selection=[up], config={})
tick = dg.ScheduleDefinition(job=unlisted, cron_schedule="@daily", run_config={"x": 1})

@dg.sensor(jobs=[dg.define_asset_job("other", selection=[noted]), ops])
def sensed(context): ...

assets = [up, marked, counted, noted, both, three, watched, old, kept]
first = dg.Definitions(assets=assets, asset_checks=[good], resources={"marker": "m"}, schedules=[tick], sensors=[sensed])
defs = dg.Definitions.merge(first, dg.Definitions(assets=[dg.AssetSpec("last")]))
'''
"""Arguments whose effect is another than their name says; jobs that only what starts them names; `Definitions` in others."""


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
def test_both_readers_tell_the_same(tmp_path: Path) -> None:
    target = _target(tmp_path, ALIKE)
    static, loaded = _static(target), adapter.load.load(target)

    assert loaded.failures == ()
    assert [str(each) for each in differences(_bare(loaded.graph), _bare(static.graph))] == []
    assert {flow.name for flow in loaded.graph.flows} == {"unlisted", "other"}
    # An op job that is only named is met by its syntax alone; what would start it is in both reports.
    assert set(_said(static)) - set(_said(loaded)) <= {("flow ops", "*")}
    assert set(_said(loaded)) - set(_said(static)) == set()


SELECTED = """
outside = dg.AssetSpec("outside", group_name="g1", owners=["team:a"], tags={"t": "1"})
@dg.asset(group_name="g1", tags={"t": "1"}, kinds={"sql"}, owners=["team:a"], deps=[outside])
def a(): ...
@dg.multi_asset(specs=[dg.AssetSpec("m1", deps=["a"]), dg.AssetSpec("m2", deps=["m1"])], can_subset=True)
def m(): ...
between = dg.AssetSpec("between", deps=["m2"])
@dg.asset(deps=[between], key_prefix="p", compute_kind="py")
def c(): ...
S = dg.AssetSelection
jobs = [dg.define_asset_job(f"job{place}", each) for place, each in enumerate(SELECTIONS)]
defs = dg.Definitions(assets=[outside, a, m, between, c], jobs=jobs)
"""

TEXTS = [
    '+key:"p/c"', '1+key:"p/c"', "key:outside+", "key:outside+1", 'key:"*"', "key:m*", "not key:a", "key:a or key:m1 and key:m2",
    "(key:a or key:m1) and not key:m1", "roots(key:m1 or key:m2)", "sinks(*)", "+roots(key:m2)+", 'tag:t="1"', 'tag:"t"="1"',
    "kind:sql", "kind:py", "kind:<null>", 'owner:"team:a"', "group:g1", "group:default", "p/c", "*p/c", "+p/c", "++p/c", "a+", "a++",
    "a*", "*m1*", "tag:t=1", "tag:t", "*", "AND", "not not key:a", "NOT key:a AND key:m1", "key:a  or\tkey:m1", "key:*/c", "tag:a/b=c",
    "group:a/b", "tag:x/y", 'key:"a" or', "key:p/c",
    '2 + key:"p/c"', "key:a +1", "+(key:m1 or key:m2)", "key:a+ or key:m1", "key:a key:m1", "roots", "((key:a))", "1 key:a", "kind:s*",
]  # fmt: skip
MISSING = ("AND", "roots")
"""These are keys, which nothing has."""

CALLS = [
    "S.assets('outside').downstream()", "S.assets('outside').downstream(depth=2)", "S.keys('m1').required_multi_asset_neighbors()",
    "S.all(include_sources=True)", "S.all(True).sinks()", "S.groups('g1', include_sources=True)", "S.owner('team:a')", "S.kind(None)",
    "S.all() - S.kind(None)", "S.key_prefixes(['p'])", "S.tag('t', '1', include_sources=True)", "S.key_substring('m')",
    "S.assets('p/c').upstream(include_self=False)", "S.assets('p/c').upstream(depth=2)", "S.all().roots()", "S.assets(m).sources()",
    "S.all() - S.all_asset_checks()", "S.assets(a).without_checks()", "S.all(True).materializable()", "S.groups('g1') & S.tag('t', '1')",
    "['m1', 'a']", "['a+']", "[m]", "[c, a]", "[dg.AssetKey(['p', 'c']), dg.AssetKey('a')]",
]  # fmt: skip


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
def test_selections_select_what_dagster_selects(tmp_path: Path) -> None:
    """In words, in both syntaxes, and by calls; what Dagster refuses is not guessed."""
    dg = pytest.importorskip("dagster")
    legal = [text for text in TEXTS if _is_legal(dg, text)]
    listed = f"[{', '.join([*map(repr, TEXTS), *CALLS])}]"
    taken = f"[{', '.join([*map(repr, legal), *CALLS])}]"
    static = _static(_target(tmp_path, SELECTED.replace("SELECTIONS", listed)))
    loaded = adapter.load.load(_target(tmp_path, SELECTED.replace("SELECTIONS", taken), "legal.py"))
    refused = [f"flow job{place}" for place, text in enumerate(TEXTS) if text not in legal]
    read = _jobs(static, [place for place, each in enumerate([*TEXTS, *CALLS]) if each in (*legal, *CALLS)])

    assert loaded.failures == ()
    assert len(legal) > len(refused) > 0
    assert sorted(subject for subject, field in _said(static) if field == "jobs") == sorted(refused)
    assert read == _jobs(loaded, range(len(legal) + len(CALLS)))


def _jobs(reading: Reading, places: Iterable[int]) -> list[tuple[str, ...]]:
    flows = reading.graph.flow
    return [flows[f"job{place}"].jobs if f"job{place}" in flows else () for place in places]


def _is_legal(dg: Any, text: str) -> bool:
    try:
        dg.AssetSelection.from_string(text)
    except dg.DagsterError:
        return False
    return text not in MISSING


def test_a_selection_by_what_is_not_known_is_not_known(tmp_path: Path) -> None:
    """Its asset may be in the group or not."""
    source = """
        import os
        @dg.asset(group_name=os.environ["GROUP"])
        def a(): ...
        one = dg.define_asset_job("one", dg.AssetSelection.groups("g"))
        other = dg.define_asset_job("other", dg.AssetSelection.assets(a))
        """
    reading = _static(_target(tmp_path, source))

    assert ("flow one", "jobs") in _said(reading)
    assert reading.graph.flow["other"].jobs == ("a",)


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
def test_a_table_in_the_metadata_is_described(tmp_path: Path) -> None:
    """Dagster's values are tuples with names, which cannot be iterated over."""
    table = "dg.MetadataValue.table(records=[dg.TableRecord({'a': 1})])"
    loaded = adapter.load.load(_target(tmp_path, f"a = dg.AssetSpec('a', metadata={{'rows': {table}}})\n"))

    assert loaded.failures == ()
    assert loaded.graph.assets[0].metadata == {"rows": "a value of the class TableMetadataValue"}
    assert _said(loaded) == [("asset a", "metadata.rows")]


ATTRIBUTES = """
    @dg.asset
    def a(): ...

    def make(): return dg.Definitions(assets=[a])
    def needs(x): return dg.Definitions(assets=[a])
    several = [a]
    number = 3
    """


def _attribute(tmp_path: Path, name: str) -> Target:
    target = _target(tmp_path, ATTRIBUTES)
    return Target("dagster", f"{target.text}:{name}", path=target.path, attribute=name)


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["make", "several"])
def test_what_an_attribute_may_be(tmp_path: Path, name: str) -> None:
    """Besides `Definitions` and repositories: a function that gives them, and a list of assets."""
    loaded = adapter.load.load(_attribute(tmp_path, name))

    assert [asset.names["dagster"] for asset in loaded.graph.assets] == [("a",)]


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "what"),
    [("needs", "of the class function"), ("number", "of the class int"), ("gone", "no attribute 'gone'")],
)
def test_what_an_attribute_may_not_be(tmp_path: Path, name: str, what: str) -> None:
    """The user named it: nothing else is read in its place."""
    with pytest.raises(ReadingError, match=what):
        adapter.load.load(_attribute(tmp_path, name))


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
def test_a_workspace_says_what_is_elsewhere(tmp_path: Path) -> None:
    """A server, and a module that is not in the folder, are in the report of either reader; the file beside them is read."""
    (tmp_path / "workspace.yaml").write_text(
        "load_from:\n  - python_file: shop.py\n  - python_module: nowhere.mod\n  - grpc_server: {host: h, port: 1}\n",
        encoding="utf-8",
    )
    _target(tmp_path, "@dg.asset\ndef a(): ...\n")
    whole = Target("dagster", str(tmp_path), path=tmp_path)
    static, loaded = adapter.static.read(read_project(tmp_path), whole), adapter.load.load(whole)

    elsewhere = ["nowhere.mod", "workspace.yaml load_from[2]"]
    assert [failure.path for failure in loaded.failures] == elsewhere
    assert [field for _, field in _said(static)] == elsewhere
    assert len(loaded.graph.assets) == len(static.graph.assets) == 1


def test_syntax_does_not_look_up_an_attribute(tmp_path: Path) -> None:
    assert ("definitions", "make") in _said(_static(_attribute(tmp_path, "make")))


LOADED = {
    "shop/__init__.py": """
        import dagster as dg
        from . import tables
        defs = dg.Definitions(
            assets=dg.load_assets_from_modules(
                [tables], key_prefix=["a", "b"], include_specs=True, automation_condition=dg.AutomationCondition.eager()
            ),
            asset_checks=dg.load_asset_checks_from_modules([tables], asset_key_prefix=["a", "b"]),
        )
        """,
    "shop/tables.py": """
        import dagster as dg
        loose = dg.AssetSpec("loose")
        old = dg.SourceAsset("old")
        @dg.asset(group_name="g1")
        def one(): ...
        @dg.asset(key=["deep", "key"], group_name="g3")
        def deep(): ...
        @dg.asset(group_name="g2", deps=["one", loose, "elsewhere", ["deep", "key"], old])
        def two(): ...
        @dg.multi_asset(specs=[dg.AssetSpec("m1"), dg.AssetSpec("m2", deps=["m1", "two"])])
        def many(): ...
        @dg.asset_check(asset=one)
        def fine(): return dg.AssetCheckResult(passed=True)
        """,
}
"""A package whose definitions are in its `__init__.py`, which imports relatively, and whose keys get a prefix by loading."""


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
def test_a_package_whose_keys_get_a_prefix(tmp_path: Path) -> None:
    """What is computed gets it, and dependencies on what the same call loads do, whatever their group; specs and sources keep theirs."""
    for path, text in LOADED.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(dedent(text), encoding="utf-8")
    whole = Target("dagster", str(tmp_path), path=tmp_path)
    static, loaded = adapter.static.read(read_project(tmp_path), whole), adapter.load.load(whole)

    assert loaded.failures == ()
    assert [str(each) for each in differences(_bare(loaded.graph), _bare(static.graph))] == []
    assert (_said(static), _said(loaded)) == ([], [])
    assert len(static.graph.asset[logical("dagster", "default", ["a", "b", "one"])].checks) == 1


LISTED = """
x = dg.AssetSpec("x")
y = x.replace_attributes(group_name="g").merge_attributes(tags={"a": "b"})
z = dg.AssetSpec("z")
unused = z.replace_attributes(group_name="g2")
grouped = [each.replace_attributes(group_name="gg") for each in [dg.AssetSpec("p"), dg.AssetSpec("q")]]
seen = dg.SourceAsset("seen", observe_fn=lambda _: dg.DataVersion("1"), auto_observe_interval_minutes=5)

@dg.asset
def listed(): ...

@dg.asset
def unlisted(): ...

defs = dg.Definitions(assets=[y, z, *grouped, listed, seen])
"""


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
def test_what_is_in_no_definitions_is_reported(tmp_path: Path) -> None:
    """And a spec is what it was edited to, unless that is listed which it was before."""
    target = _target(tmp_path, LISTED)
    static, loaded = _static(target), adapter.load.load(target)

    assert loaded.failures == ()
    assert {each.subject for each in differences(_bare(loaded.graph), _bare(static.graph))} == {
        "asset dagster://default/unlisted",
        "job unlisted",
    }
    assert set(_said(static)) - set(_said(loaded)) == {("asset unlisted", "*")}

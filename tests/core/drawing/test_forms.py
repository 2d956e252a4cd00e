"""Mermaid, DOT and the page's content: whatever a name holds, it stays text."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from base64 import b64encode
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transload.drawing.dot import dot, quoted
from transload.drawing.mermaid import escaped, mermaid
from transload.drawing.page import embedded, page
from transload.drawing.picture import Picture, picture_of, shortened
from transload.loss import Code, Loss, Severity
from transload.model.assets import Asset, Column, ColumnSource, Origin
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import AssetId, identify, uri_of
from transload.model.jobs import Flow, Job, Read, Schedule, Write
from transload.model.triggers import AnyOf, Cron, Updated

RAW, ORDERS, REPORT, ALONE = (identify(f"s3://lake/{name}") for name in ("raw", "orders", "report", "alone"))

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<!--<script>",
    'x"]; click n0 javascript:alert(1)',
    'a"b\\',
    "a\\N\\G",
    "&lt;b&gt;#quot;#35;",
    "%%{init: {}}%%",
    "`**bold**`",
    "end;subgraph {{}}[[]]||",
    "\u202egnp.exe\u2066",
    "line\nbreak\u2028\u2029\r\ttab",
    "\x1b[2J\x00",
    "{{script}}{{graph}}",
    "\ud800 lone",
    "<img src=x onerror=alert(1)>",
)


def job(name: str, tool: str, reads: tuple[AssetId, ...], writes: AssetId) -> Job:
    made = tuple(Read(asset=asset) for asset in reads)
    return Job(
        name=name,
        names={tool: (name,)},
        reads=made,
        writes=(Write(asset=writes),),
        origin=Origin(tool=tool, path="a.py", line=3),
    )


def estate() -> AssetGraph:
    """Airflow writes `raw` and `orders`, Dagster `report`, which an update of `raw` starts too; `alone` nobody touches."""
    jobs = [
        job("a.raw", "airflow", (), RAW),
        job("a.orders", "airflow", (RAW,), ORDERS),
        job("d.report", "dagster", (ORDERS,), REPORT),
    ]
    assets = [
        Asset(id=RAW, names={"airflow": ("raw",)}),
        Asset(
            id=ORDERS,
            names={"airflow": ("orders",), "dagster": ("lake", "orders")},
            columns=(Column(name="id", type="int"),),
        ),
        Asset(
            id=REPORT, names={"dagster": ("report",)}, column_lineage={"n": (ColumnSource(asset=ORDERS, column="id"),)}
        ),
        Asset(id=ALONE),
    ]
    trigger = AnyOf(parts=(Cron(expression="0 1 * * *"), Updated(asset=RAW)))
    return graph_of(assets, jobs, [Flow(name="nightly", jobs=("d.report",), schedules=(Schedule(trigger=trigger),))])


def named(text: str) -> Picture:
    """Two assets and all that is said of them, under a hostile name."""
    asset = AssetId("s3://b", text)
    other = Asset(id=RAW, title=text, description=text, url=f"javascript:{text}", owners=(text,), metadata={text: text})
    loss = Loss(
        subject="asset s3://lake/raw", field=text, severity=Severity.DROPPED, code=Code.UNRESOLVED, message=text
    )
    return picture_of(
        graph_of([Asset(id=asset, names={"airflow": (text,)}), other], [job(text, "dagster", (asset,), RAW)]), [loss]
    )


def content(text: str) -> Any:
    """The page's JSON, as a browser takes it: up to the first end of the element."""
    inside = text.split('<script type="application/json" id="graph">')[1]
    return json.loads(re.split("</script", inside, flags=re.IGNORECASE)[0])


def strings(text: str) -> list[str]:
    """The quoted strings of DOT as Graphviz shows them; everything outside of them has to be plain."""
    inside = re.findall(r'"((?:[^"\\]|\\.)*)"', text)
    rest = re.sub(r'"(?:[^"\\]|\\.)*"', "", text)
    assert re.fullmatch(r"[\w\s\[\]{}=,;>-]*", rest)
    return [html.unescape(re.sub(r"\\(.)", r"\1", found)) for found in inside]


def test_links_of_two_tools_are_marked() -> None:
    links = {(link.upstream, link.downstream): (link.kind, link.crossing) for link in picture_of(estate()).links}
    names = [node.name for node in picture_of(estate()).nodes]

    assert {(names[a], names[b]): marks for (a, b), marks in links.items()} == {
        ("raw", "orders"): ("data", False),
        ("orders", "report"): ("data", True),
        ("raw", "report"): ("trigger", True),
    }


def test_a_job_of_several_edges_between_two_nodes_is_one_link() -> None:
    twice = estate().replaced(jobs=[*estate().jobs, job("a.again", "airflow", (RAW,), ORDERS)])

    assert next(link.jobs for link in picture_of(twice).links if link.kind == "data") == ("d.report",)
    assert ("a.again", "a.orders") in [link.jobs for link in picture_of(twice).links]


def test_a_loss_belongs_to_its_asset_or_its_writer_or_to_the_graph() -> None:
    subjects = ("asset s3://lake/orders", "job a.orders", "file dags/x.py")
    losses = [
        Loss(subject=subject, field="*", severity=Severity.DROPPED, code=Code.UNREADABLE, message="m")
        for subject in subjects
    ]
    picture = picture_of(estate(), losses)

    assert {node.name: len(node.losses) for node in picture.nodes} == {"alone": 0, "orders": 2, "raw": 0, "report": 0}
    assert [loss.subject for loss in picture.losses] == ["file dags/x.py"]


def test_mermaid_names_nodes_links_and_tools() -> None:
    lines = mermaid(picture_of(estate())).splitlines()

    assert lines[0] == "flowchart LR"
    assert '  n1["s3://lake/orders (airflow, dagster)"]:::tool0_1' in lines
    assert {"  n1 --> n3", "  n2 --> n1", "  n2 -.-> n3"} <= set(lines)
    assert [line for line in lines if line.startswith("  linkStyle")] == [
        "  linkStyle 0 stroke:#e5383b,stroke-width:2px,stroke-dasharray:6 4",
        "  linkStyle 2 stroke:#e5383b,stroke-width:2px,stroke-dasharray:2 4",
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_stays_inside_mermaids_label(text: str) -> None:
    node = r'  n\d+\["(?:[\w ./:,=+()\-]|#\d+;)*"\](?::::tool[\d_]+)?'
    grammar = re.compile(rf"flowchart LR|{node}|  n\d+ (?:-->|-\.->) n\d+|  (?:classDef|linkStyle) [\w,:# -]+")

    assert [line for line in mermaid(named(text)).splitlines() if not grammar.fullmatch(line)] == []


@given(st.text())
def test_mermaids_entities_give_the_text_back(text: str) -> None:
    decoded = re.sub(r"#(\d+);", lambda found: chr(int(found[1])), escaped(text))

    assert decoded == shortened(text, 10**6)
    assert not set(escaped(text)) & set('"`<>&\\{}[]|\n')


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_stays_inside_dots_strings(text: str) -> None:
    found = strings(dot(named(text)))

    assert any(shortened(text, 10**6)[:20] in one for one in found)


@given(st.text())
def test_dots_strings_give_the_text_back(text: str) -> None:
    assert strings(quoted(text)) == [shortened(text, 10**6)]


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not here; the grammar above is checked everywhere")
@pytest.mark.parametrize("text", HOSTILE)
def test_graphviz_itself_shows_two_nodes_and_one_edge(text: str) -> None:
    done = subprocess.run(
        ["dot", "-Tplain"], input=dot(named(text)), capture_output=True, text=True, check=True, timeout=60
    )

    assert [line.split()[0] for line in done.stdout.rstrip().split("\n")] == ["graph", "node", "node", "edge", "stop"]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_adds_no_element_to_the_page(text: str) -> None:
    plain, hostile = (re.findall(r"<[/!a-zA-Z][^>]*>", page(named(name))) for name in ("harmless", text))

    assert hostile == plain
    assert content(page(named(text)))["nodes"][0]["id"] == uri_of(AssetId("s3://b", text))


@given(st.text())
def test_embedded_json_gives_the_text_back_without_any_mark_of_html(text: str) -> None:
    assert json.loads(embedded(text)) == text
    assert not set(embedded(text)) & set("<>&\u2028\u2029")


def test_the_policy_allows_the_pages_own_script_and_style_only() -> None:
    text = page(picture_of(estate()))
    script, style = (re.findall(f"<{name}>(.*?)</{name}>", text, re.DOTALL)[-1] for name in ("script", "style"))
    policy = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)[0]

    assert policy.startswith("default-src 'none'; ")
    for name, inside in (("script", script), ("style", style)):
        assert f"{name}-src 'sha256-{b64encode(sha256(inside.encode()).digest()).decode()}';" in policy
    assert "unsafe" not in policy


def test_the_page_names_no_address_to_load_from() -> None:
    assert re.findall(r"""(?:src=|href|url\(|@import|fetch\(|innerHTML)""", page(picture_of(estate()))) == []


def sections(name: str, *losses: Loss) -> dict[str, list[list[Any]]]:
    nodes = content(page(picture_of(estate(), losses)))["nodes"]
    node = next(node for node in nodes if node["name"] == name)
    return {section["title"]: section["rows"] for section in node["sections"]}


def test_the_panel_tells_names_jobs_triggers_columns_and_losses() -> None:
    loss = Loss(
        subject="asset s3://lake/orders",
        field="extra",
        severity=Severity.DROPPED,
        code=Code.UNRESOLVED,
        message="Gone.",
    )
    orders, report = sections("orders", loss), sections("report")

    assert orders["Names"] == [["airflow", "orders"], ["dagster", "lake · orders"]]
    assert orders["Written by"] == [["a.orders", "airflow", "a.py:3"]]
    assert orders["Read by"] == [["d.report", "dagster", "a.py:3"]]
    assert orders["Columns"] == [["id", "int", "", ""]]
    assert orders["Losses"] == [["dropped", "TL002 extra\nGone."]]
    assert report["Triggers"] == [["flow nightly", "any of\n  cron: expression 0 1 * * *\n  update of s3://lake/raw"]]
    assert report["Column lineage"] == [["n", "id", ["s3://lake/orders", 1]]]
    assert sections("raw")["Triggers"] == [["flow nightly", "is started by an update of this asset"]]


def test_a_url_with_a_password_is_shown_without() -> None:
    text = page(picture_of(graph_of([Asset(id=RAW, url="https://ann:hunter2@host/x")])))

    assert "hunter2" not in text
    assert "https://host/x" in text


@pytest.mark.parametrize("form", [mermaid, dot, page])
def test_equal_graphs_are_drawn_byte_by_byte_alike(form: Any) -> None:
    graph = estate()
    again = graph_of(reversed(graph.assets), reversed(graph.jobs), graph.flows)

    assert form(picture_of(graph)) == form(picture_of(again))


@pytest.mark.parametrize("form", [mermaid, dot, page])
def test_an_empty_graph_is_drawn(form: Any) -> None:
    assert form(picture_of(graph_of()))

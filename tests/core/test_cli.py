"""The command line: exit codes, forms, and errors that a user can act on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from transload.cli import output
from transload.model import document
from transload.model.assets import Asset
from transload.model.graph import AssetGraph, graph_of
from transload.model.hidden import HIDDEN
from transload.model.identity import identify
from transload.model.jobs import Job, Read, Write

RAW, ORDERS = identify("s3://lake/raw"), identify("s3://lake/orders")


def graph(**fields: object) -> AssetGraph:
    job = Job(name="load", reads=(Read(asset=RAW),), writes=(Write(asset=ORDERS),))
    return graph_of([Asset(id=RAW), Asset(id=ORDERS).model_copy(update=fields)], [job])


def run(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    code = "import sys; from transload.cli import main; main()"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, timeout=120)


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    """A folder with two documents that differ in one owner."""
    (tmp_path / "before.json").write_text(document.dumps(graph(owners=("ann",))))
    (tmp_path / "after.json").write_text(document.dumps(graph(owners=("bob",))))
    return tmp_path


def test_read_prints_a_line_per_asset_and_the_totals(estate: Path) -> None:
    done = run("read", "before.json", cwd=estate)

    assert done.returncode == 0, done.stderr
    assert "s3://lake/orders" in done.stdout
    assert "2 assets, 1 job, 0 flows, 1 edge" in done.stdout


def test_read_as_json_is_the_document(estate: Path) -> None:
    done = run("read", "before.json", "--format", "json", cwd=estate)

    assert document.loads(done.stdout) == graph(owners=("ann",))


def test_read_as_ndjson_is_an_asset_a_line(estate: Path) -> None:
    done = run("read", "before.json", "-f", "ndjson", cwd=estate)

    assert len([json.loads(line) for line in done.stdout.splitlines()]) == 2


def test_read_keeps_the_document(estate: Path) -> None:
    run("read", "before.json", "-o", "kept.json", cwd=estate)

    assert (estate / "kept.json").read_text() == (estate / "before.json").read_text()


def test_diff_tells_what_differs_and_ends_with_2(estate: Path) -> None:
    done = run("diff", "before.json", "after.json", "--format", "json", cwd=estate)

    assert done.returncode == 2
    assert [(change["field"], change["before"], change["after"]) for change in json.loads(done.stdout)] == [
        ("owners", ["ann"], ["bob"])
    ]


def test_diff_of_equal_graphs_ends_with_0(estate: Path) -> None:
    assert run("diff", "before.json", "before.json", cwd=estate).returncode == 0


MISTAKES = {
    "no tool": (["read", "dags/"], "names no tool"),
    "unknown tool": (["read", "luigi:flows/"], "no adapter for 'luigi'"),
    "nothing there": (["read", "dagster:no/such/folder"], "no such file"),
    "no project": (["read", "airflow:empty", "--static"], "no Python file"),
    "missing document": (["read", "missing.json"], "no such document"),
    "both ways": (["read", "dagster:.", "--load", "--static"], "exclude one another"),
    "bad document": (["read", "bad.json"], "not JSON"),
    "newer document": (["read", "newer.json"], "version 99"),
    "unknown field": (["read", "field.json"], "shape"),
    "unknown form of report": (["read", "before.json", "--report", "report.pdf"], "cannot be written as .pdf"),
    "missing rules": (["read", "before.json", "--config", "none.toml"], "none.toml"),
    "unknown command": (["frobnicate"], "No such command"),
    "unknown option": (["read", "before.json", "--frobnicate"], "frobnicate"),
    "unknown target": (["plan", "before.json", "--to", "luigi"], "no adapter for 'luigi'"),
    "output is no folder": (["read", "before.json", "-o", "missing/graph.json"], "no such folder to write into"),
    "picture in no folder": (["graph", "before.json", "-o", "missing/graph.html"], "next:  Make it"),
    "output is a folder": (["read", "before.json", "-o", "empty"], "A folder is where the file should go"),
    "output below a file": (["translate", "before.json", "--to", "dagster", "-o", "bad.json/x"], "bad.json\n"),
    "demo below a file": (["demo", "-o", "bad.json/x"], "A file is where a folder should go"),
    "late report": (["translate", "before.json", "--to", "dagster", "-o", "new", "--report", "r.pdf"], "as .pdf"),
    "report in no folder": (["plan", "before.json", "--to", "dagster", "--report", "none/r.md"], "write into"),
    "wrong tool": (["read", "dagster:dags", "--static"], "1 file imports Airflow: read them as airflow:dags"),
    "nothing readable": (["read", "airflow:latin.py", "--static"], "1 file could not be read, such as latin.py"),
    "links in a circle": (["read", "airflow:circle", "--static"], "needs a path"),
    "a link in a circle beside": (["read", "prefect:dags", "--static"], "read them as airflow:dags"),
    "document in another encoding": (["read", "latin.json"], "next:  Give a document"),
    "broken rules": (["read", "before.json", "--config", "bad.json"], "next:  Correct it"),
    "no interpreter": (["read", "airflow:dags", "--python", "no/python"], "'no/python' cannot be started"),
    "check of a document": (["check", "before.json", "--against", "after.json"], "is no project of a tool"),
    "unknown scheme": (["lineage", "emit", "before.json", "--to", "redis:x"], "cannot be sent to 'redis:x'"),
}


@pytest.mark.parametrize(("arguments", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_ends_with_1_and_one_message(arguments: list[str], said: str, estate: Path) -> None:
    (estate / "empty").mkdir()
    (estate / "bad.json").write_text("{")
    (estate / "newer.json").write_text('{"transload": 99}')
    (estate / "field.json").write_text('{"transload": 1, "graph": {"assets": [{"id": ["s3://b", "k"], "shape": 1}]}}')

    (estate / "dags").mkdir()
    (estate / "dags" / "load.py").write_text("import dags_helper\nfrom airflow.sdk import DAG\n")
    (estate / "latin.py").write_bytes(b'x = "\xff"')
    (estate / "latin.json").write_bytes(b'"\xff"')
    for link in (estate / "circle", estate / "dags" / "circle"):
        link.symlink_to(link)
    before = sorted(estate.rglob("*"))

    done = run(*arguments, cwd=estate)

    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(estate.rglob("*")) == before


def test_the_demo_writes_a_report_for_each_target(tmp_path: Path) -> None:
    done = run("demo", "-o", "new", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "new").glob("*.md")} == {
        "losses-airflow.md",
        "losses-dagster.md",
        "losses-prefect.md",
    }
    lacking = {tool: f"{tool.title()} has no " for tool in ("airflow", "prefect")}
    for tool, words in lacking.items():
        assert words in (tmp_path / "new" / f"losses-{tool}.md").read_text()
        assert words not in (tmp_path / "new" / "losses-dagster.md").read_text()


def test_a_row_that_does_not_fit_becomes_a_paragraph(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "console", lambda: Console(width=60, markup=False, highlight=False))

    output.print_table("Assets", ["asset", "empty", "where", "read by"], [("s3://lake/" + "x" * 40, "", "a.py:1", "b")])

    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == ["Assets", "s3://lake/" + "x" * 40, "    where: a.py:1", "    read by: b"]


def test_a_hostile_name_moves_no_cursor(tmp_path: Path) -> None:
    asset = Asset(id=RAW, description="x", names={"dagster": ("\x1b[2J[red]",)}, owners=("\x1b]0;owned\x07",))
    (tmp_path / "a.json").write_text(document.dumps(graph_of([asset])))
    (tmp_path / "b.json").write_text(document.dumps(graph_of([])))

    done = run("diff", "a.json", "b.json", cwd=tmp_path)
    read = run("read", "a.json", cwd=tmp_path)

    assert "\x1b" not in done.stdout + read.stdout


PRINTED = [
    ["read", "a.json"],
    ["read", "a.json", "-f", "json"],
    ["read", "a.json", "-f", "ndjson"],
    ["plan", "a.json", "--to", "dagster"],
    ["plan", "a.json", "--to", "prefect", "-f", "json"],
    ["diff", "a.json", "b.json"],
    ["diff", "a.json", "b.json", "-f", "json"],
    ["graph", "a.json"],
    ["graph", "a.json", "--to", "dot"],
    ["graph", "a.json", "--to", "html"],
    ["lineage", "emit", "a.json", "--to", "console"],
]


@pytest.mark.parametrize("arguments", PRINTED, ids=" ".join)
def test_nothing_that_is_printed_moves_a_cursor_or_hides_a_text(arguments: list[str], tmp_path: Path) -> None:
    text = "a\x1b[2J[red]\x9b31m\x7f\u202eb\u2066"
    asset = Asset(id=ORDERS, description=text, names={"dagster": (text,), "prefect": (text,)}, tags={text: text})
    (tmp_path / "a.json").write_text(document.dumps(graph_of([asset], [Job(name=text, writes=(Write(asset=ORDERS),))])))
    (tmp_path / "b.json").write_text(document.dumps(graph_of([])))

    done = run(*arguments, cwd=tmp_path)

    assert done.returncode in (0, 2), done.stderr
    assert HIDDEN.search(done.stdout + done.stderr) is None


def test_help_needs_no_model() -> None:
    code = "import sys\nfrom transload.cli import app\nprint([name for name in sys.modules if name.startswith('pydantic')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"

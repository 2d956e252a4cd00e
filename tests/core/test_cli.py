"""The command line: exit codes, forms, and errors that a user can act on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from transload.cli import output
from transload.errors import OutputError
from transload.model import document
from transload.model.assets import Asset
from transload.model.graph import AssetGraph, graph_of
from transload.model.hidden import HIDDEN
from transload.model.identity import identify
from transload.model.jobs import Job, Read, Write
from transload.writing.project import write_file

RAW, ORDERS = identify("s3://lake/raw"), identify("s3://lake/orders")


def graph(**fields: object) -> AssetGraph:
    job = Job(name="load", reads=(Read(asset=RAW),), writes=(Write(asset=ORDERS),))
    return graph_of([Asset(id=RAW), Asset(id=ORDERS).model_copy(update=fields)], [job])


def run(*arguments: object, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    code = "import sys; from transload.cli import main; main()"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(
        command,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        timeout=120,
    )


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
    "no project": (["read", "airflow:empty", "--static"], "no file here that ends in .py or .zip"),
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
    "unknown tool of a namespace": (["lineage", "emit", "before.json", "--namespace", "luigi=x"], "names 'luigi'"),
    "unknown tool of a deployment": (
        ["read", "before.json", "--config", "slip.toml"],
        "deployments.dagstr names 'dagstr'",
    ),
    "unknown tool of a rule": (["read", "before.json", "--config", "rule.toml"], "join[1].asset names 'dagstr'"),
    "no attribute": (["read", "airflow:dags/load.py:", "--static"], "cannot be an attribute there"),
    "slip in a path": (["read", "luigi_flows_of_ours"], "names no tool"),
    "slip in a folder": (["read", "airflow:dagz"], "There is no file or folder dagz, so it was taken for a module."),
    "empty interpreter": (["read", "airflow:dags", "--python", ""], "'' cannot be started"),
    "no place for a project": (
        ["translate", "before.json", "--to", "dagster", "-o", "/dev/null/x"],
        "a folder should go",
    ),
    "deep document": (["read", "deep.json"], "…' is wrong: Recursion error"),
    "unknown target first": (["plan", "missing.json", "--to", "luigi"], "no adapter for 'luigi'"),
    "unknown scheme": (["lineage", "emit", "before.json", "--to", "redis:x"], "cannot be sent to 'redis:x'"),
}


@pytest.mark.parametrize(("arguments", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_ends_with_1_and_one_message(arguments: list[str], said: str, estate: Path) -> None:
    (estate / "empty").mkdir()
    (estate / "bad.json").write_text("{")
    (estate / "newer.json").write_text('{"transload": 99}')
    (estate / "field.json").write_text('{"transload": 1, "graph": {"assets": [{"id": ["s3://b", "k"], "shape": 1}]}}')

    (estate / "slip.toml").write_text('[deployments]\ndagstr = "prod"\n')
    (estate / "rule.toml").write_text('[[join]]\nasset = { dagstr = "a" }\nis = "s3://b/k"\n')
    nested = "[" * 900 + "]" * 900
    (estate / "deep.json").write_text(
        f'{{"transload": 1, "graph": {{"assets": [{{"id": ["s3://b", "k"], "metadata": {{"x": {nested}}}}}]}}}}'
    )

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


def test_what_is_not_understood_is_told_of_where_the_output_has_no_place_for_it(estate: Path) -> None:
    (estate / "dags").mkdir()
    (estate / "dags" / "load.py").write_text(
        "from airflow.sdk import DAG, Asset\n\nwith DAG('d', schedule=[Asset('s3://b/k', foo=1)]):\n    pass\n"
    )

    for arguments in (["read", "-f", "json"], ["read", "-f", "ndjson"], ["graph"], ["lineage", "emit", "--dry-run"]):
        done = run(*arguments, "airflow:dags", "--static", cwd=estate)
        assert "1 thing was not understood" in done.stderr, arguments
        assert "understood" not in done.stdout


def test_a_file_is_written_whole_or_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "graph.json"
    path.write_text("before")
    path.chmod(0o640)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OutputError, match="No space left"):
            write_file(path, "after")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("graph.json", "before")]

    write_file(path, "after")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("graph.json", "after")]
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_file_is_written_through_a_link_and_into_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to(tmp_path / "graph.json")
    write_file(tmp_path / "link.json", "text")
    write_file(Path(os.devnull), "text")

    assert (tmp_path / "graph.json").read_text() == "text"
    assert (tmp_path / "link.json").is_symlink()


def test_a_document_with_the_mark_of_windows_is_read(estate: Path) -> None:
    (estate / "marked.json").write_text((estate / "before.json").read_text(), encoding="utf-8-sig")

    assert run("diff", "before.json", "marked.json", cwd=estate).returncode == 0


def test_what_does_not_load_is_in_every_form_of_a_check(estate: Path) -> None:
    assert run("translate", "before.json", "--to", "airflow", "-o", "new", cwd=estate).returncode == 0
    (estate / "new" / "dags" / "broken.py").write_text("from airflow.sdk import (\n")
    check = ("check", "airflow:new/dags", "--against", "before.json", "--static")
    table, values, lines = (run(*check, "-f", form, cwd=estate) for form in ("table", "json", "ndjson"))

    assert [done.returncode for done in (table, values, lines)] == [2, 2, 2]
    assert "broken.py" in table.stdout
    assert [each["subject"] for each in json.loads(values.stdout)] == ["file broken.py"]
    assert [json.loads(line)["subject"] for line in lines.stdout.splitlines()] == ["file broken.py"]


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


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
@pytest.mark.parametrize("form", ["table", "json", "ndjson"])
def test_any_name_can_be_printed_in_any_encoding(form: str, encoding: str, tmp_path: Path) -> None:
    asset = Asset(id=identify("s3://b/\u8ba2\u5355"), names={"airflow": ("\u8ba2\u5355", "s3://b/\u8ba2\u5355")})
    (tmp_path / "a.json").write_text(document.dumps(graph_of([asset])), encoding="utf-8")

    done = run("plan", "a.json", "--to", "airflow", "-f", form, cwd=tmp_path, env={"PYTHONIOENCODING": encoding})

    assert (done.returncode, done.stderr) == (0, "")


def test_what_goes_into_a_file_is_utf_8_in_every_locale(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(document.dumps(graph_of([Asset(id=identify("s3://b/\u8ba2"))])), encoding="utf-8")

    done = run(
        "read", "a.json", "-f", "json", cwd=tmp_path, env={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    )

    assert done.stdout == (tmp_path / "a.json").read_text(encoding="utf-8")


_SLOW = """
import os, sys, time
open(sys.argv[2] + "/started", "w").write(str(os.getpid()))
time.sleep(600)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_request_to_end_ends_what_was_started_and_leaves_nothing(number: int, estate: Path) -> None:
    (estate / "tmp").mkdir()
    (estate / "dags").mkdir()
    (estate / "dags" / "load.py").write_text("import airflow\n")
    # What a shell starts in its background does not hear Ctrl-C, and neither do these tests' children then.
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from transload.cli import main; main()"
    command = [sys.executable, "-c", code, "read", "airflow:dags", "--load", "--python", _slow(estate)]
    env = {**os.environ, "TMPDIR": str(estate / "tmp")}
    with subprocess.Popen(command, cwd=estate, env=env, stderr=subprocess.PIPE, text=True) as process:
        try:
            child = _written(estate / "started")
            process.send_signal(number)
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()

    assert (process.returncode, said) == (1, "Stopped.\n")
    assert not Path("/proc", child).exists()
    assert list((estate / "tmp").iterdir()) == []


def _slow(estate: Path) -> str:
    """An interpreter that never answers: it stands for a project that takes long."""
    (estate / "slow.py").write_text(_SLOW)
    interpreter = estate / "slow"
    interpreter.write_text(f'#!/bin/sh\nexec {sys.executable} {estate}/slow.py "$1" {estate}\n')
    interpreter.chmod(0o755)
    return str(interpreter)


def _written(path: Path) -> str:
    deadline = time.monotonic() + 60
    while not (path.is_file() and path.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return path.read_text()


@pytest.mark.skipif(os.name == "nt", reason="a shell of POSIX")
@pytest.mark.parametrize("closed", ["1>&-", "2>&-", "0<&-", "1>&- 2>&-", "1>/dev/full"])
@pytest.mark.parametrize(
    "command", ["read before.json", "read before.json -f json", "read no.json", "graph before.json"]
)
def test_a_closed_or_full_stream_is_no_traceback(command: str, closed: str, estate: Path) -> None:
    code = f"exec {sys.executable} -c 'from transload.cli import main; main()' {command} {closed}"
    # Unbuffered, what is not taken is not tried once more at the end.
    env = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        ["sh", "-c", code], capture_output=True, text=True, check=False, cwd=estate, env=env, timeout=120
    )

    assert "Traceback" not in done.stderr
    assert done.returncode == int("no.json" in command or "full" in closed)


def test_help_needs_no_model() -> None:
    code = "import sys\nfrom transload.cli import app\nprint([name for name in sys.modules if name.startswith('pydantic')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"

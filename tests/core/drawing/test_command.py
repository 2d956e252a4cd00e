"""`transload graph`: what it writes where, and what it says when it cannot."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from transload.model import document
from transload.model.assets import Asset
from transload.model.graph import graph_of
from transload.model.identity import identify
from transload.model.jobs import Job, Read, Write

STARTS = {
    ".mmd": "flowchart LR",
    ".dot": "digraph transload {",
    ".gv": "digraph transload {",
    ".html": "<!DOCTYPE html>",
}


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from transload.cli import main; main()", "graph", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, timeout=120)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a document of one link, and one of many."""
    ids = [identify(f"s3://lake/{number}") for number in range(600)]
    jobs = [
        Job(name=f"j{number}", reads=(Read(asset=one),), writes=(Write(asset=other),))
        for number, (one, other) in enumerate(itertools.pairwise(ids))
    ]
    assets = [Asset(id=one) for one in ids]
    (tmp_path / "small.json").write_text(document.dumps(graph_of(assets[:2], jobs[:1])))
    (tmp_path / "large.json").write_text(document.dumps(graph_of(assets, jobs)))
    return tmp_path


@pytest.mark.parametrize(("ending", "start"), STARTS.items())
def test_the_ending_of_the_file_says_what_is_drawn(ending: str, start: str, folder: Path) -> None:
    done = run("small.json", "-o", f"out{ending}", cwd=folder)

    assert done.returncode == 0, done.stderr
    assert done.stdout == f"2 assets and 1 link in out{ending}\n"
    assert (folder / f"out{ending}").read_text().startswith(start)


def test_without_a_file_mermaid_is_printed_and_nothing_else(folder: Path) -> None:
    done = run("small.json", cwd=folder)

    assert done.stdout == 'flowchart LR\n  n0["s3://lake/0"]\n  n1["s3://lake/1"]\n  n0 --> n1\n'
    assert done.stderr == ""


def test_to_is_stronger_than_the_ending(folder: Path) -> None:
    run("small.json", "--to", "dot", "-o", "out.txt", cwd=folder)

    assert (folder / "out.txt").read_text().startswith("digraph")


def test_an_unknown_ending_is_refused_before_anything_is_read(folder: Path) -> None:
    done = run("missing.json", "-o", "out.pdf", cwd=folder)

    assert done.returncode == 1
    assert "cannot be told from .pdf" in done.stderr


def test_more_links_than_mermaid_draws_are_told_of(folder: Path) -> None:
    done = run("large.json", cwd=folder)

    assert done.returncode == 0
    assert "599 links; Mermaid draws 500" in done.stderr

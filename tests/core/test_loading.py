"""Loading in another process: whatever a project does there, an answer or an error comes back, and nothing stays behind."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.contract.toys import copy_of_toy, toy
from transload import loading
from transload.adapter import Failure, Reading
from transload.declaration import Adapter
from transload.errors import AdapterError, ReadingError
from transload.model.assets import Asset
from transload.model.graph import graph_of
from transload.model.identity import identify
from transload.testing.laws import assert_restored, target
from transload.translator import prepare

ORDERS = Asset(id=identify("s3://lake/orders"), title="Orders", owners=("ann",))

Project = Callable[[str], Path]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A toy project with a `start.py`, which is run on loading."""

    def make(start: str = "") -> Path:
        root = tmp_path / "project"
        root.mkdir()
        for name, text in toy.source.write(prepare(graph_of([ORDERS]), toy)).items():
            (root / name).write_text(text, encoding="utf-8")
        (root / "start.py").write_text(start, encoding="utf-8")
        return root

    return make


def load(root: Path, timeout: float = 60.0) -> Reading:
    return loading.load(toy, target(toy, root), timeout=timeout)


def test_what_was_written_is_loaded(project: Project) -> None:
    """Through the other process and back."""
    assert_restored(toy, prepare(graph_of([ORDERS]), toy), load(project("")))


def test_readings_survive_the_way(project: Project) -> None:
    """All of their parts."""
    reading = load(project("raise ValueError('no database here')"))

    assert reading.failures == (Failure("start.py", "ValueError: no database here"),)
    assert loading.reading_of(loading.reading_json(reading)) == reading


@pytest.mark.parametrize(
    "start",
    [
        "print('{\"answer\": garbage}')\nimport sys\nsys.stderr.write('x' * 1_000_000)",
        "import sys\nsys.stdout.close()\nsys.stdout = None",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()",
        "import atexit, time\natexit.register(time.sleep, 60)",
        "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])",
        "import os\nos.chdir('/')",
        "import sys\nsys.stdin.read()",
        "import sys\nsys.path.clear()",
        "import os\nos.environ.clear()",
    ],
)
def test_what_a_project_does_to_its_process_does_no_harm(project: Project, start: str) -> None:
    """Nor does it hold up the answer."""
    root = project(start)
    began = time.monotonic()

    assert len(load(root).graph.assets) == 1
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    ("start", "says"),
    [
        ("import os\nos._exit(3)", "status 3"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "status -9"),
        ("raise SystemExit('this project ends here')", "this project ends here"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("import sys\nsys.stderr.write('last words\\n\\n')\nimport os\nos._exit(1)", "last words"),
    ],
)
def test_a_project_that_ends_its_process_is_an_error(project: Project, start: str, says: str) -> None:
    """With its last words, where there are any."""
    with pytest.raises(ReadingError, match="before it could answer") as caught:
        load(project(start))

    assert says in caught.value.message
    assert caught.value.where
    assert caught.value.hint


def test_time_runs_out_for_the_whole_family(project: Project, tmp_path: Path) -> None:
    """What the project started ends with it."""
    child = tmp_path / "child"
    start = f"""
import pathlib, subprocess, sys, time
process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path({str(child)!r}).write_text(str(process.pid))
time.sleep(60)
"""
    with pytest.raises(ReadingError, match="took longer than 5 s"):
        load(project(start), timeout=5.0)

    assert _ends(int(child.read_text()))


def _ends(pid: int) -> bool:
    return any(not _runs(pid) for _ in _moments(10.0))


def _moments(seconds: float) -> Iterator[float]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield time.monotonic()
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    """A zombie has ended; nobody has asked about it yet."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return not Path("/proc/self").exists()
    return False


def test_the_environment_is_passed_on(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Projects are configured by it."""
    monkeypatch.setenv("BUCKET", "lake")

    assert load(project("import os\nassert os.environ['BUCKET'] == 'lake'")).failures == ()


def test_sets_come_in_one_order(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As far as texts go: else the same project would be another document each time."""
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    told = tmp_path / "told"
    root = project(f"print(list(set(map(str, range(99)))), file=open({str(told)!r}, 'a'))")

    for _ in range(2):
        load(root)

    first, second = told.read_text(encoding="utf-8").splitlines()
    assert first == second


def test_the_working_folder_cannot_pose_as_transload(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder named like a package is no package of ours."""
    (tmp_path / "transload").mkdir()
    (tmp_path / "transload" / "__init__.py").write_text("raise RuntimeError('the wrong one')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    assert load(project("")).failures == ()


def test_another_project_is_an_error_of_its_own(tmp_path: Path) -> None:
    """As the adapter told it over there."""
    with pytest.raises(ReadingError, match="This is no toy project") as caught:
        load(tmp_path)

    assert caught.value.hint == "Give a folder with toy.json."


@pytest.fixture
def absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Adapter:
    """An adapter whose tool is a Python distribution."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return copy_of_toy(
        tmp_path, "absent", distribution="absent-orchestrator", install="pip install absent-orchestrator"
    )


def test_a_missing_tool_is_an_error(absent: Adapter, project: Project) -> None:
    """With the interpreter that lacks it, and how to get it."""
    root = project("")
    with pytest.raises(AdapterError, match="Absent is not installed in") as caught:
        loading.load(absent, target(absent, root))

    assert sys.executable in caught.value.message
    assert "--python" in str(caught.value.hint)
    assert "(pip install absent-orchestrator)" in str(caught.value.hint)


def test_a_tool_that_is_installed_is_loaded(
    absent: Adapter, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what its distribution's metadata say, in the interpreter that is started."""
    info = tmp_path / "site" / "absent_orchestrator-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: absent-orchestrator\nVersion: 1.0\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(info.parent))
    monkeypatch.setenv("PYTHONPATH", str(info.parent))

    assert absent.installed() == "1.0"
    assert len(loading.load(absent, target(absent, project(""))).graph.assets) == 1

"""Projects: whole or not at all, and nothing outside of their folder."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transload.errors import OutputError
from transload.writing.paths import checked_files
from transload.writing.project import write_project

FILES = {"a.py": "a = 1\n", "sub/b.py": "b = 2\n", "sub/deep/c.txt": "Grüße\n"}


def tree(root: Path) -> dict[str, str | None]:
    """Every path under a folder, hidden ones too, with its text; None for folders."""
    return {
        str(each.relative_to(root)): each.read_text("utf-8") if each.is_file() else None
        for each in sorted(root.rglob("*"))
    }


@pytest.mark.parametrize("target", ["new", "deep/er/new"])
def test_a_new_folder_has_the_files_and_nothing_is_left_beside_it(tmp_path: Path, target: str) -> None:
    paths = write_project(tmp_path / target, FILES)

    assert paths == [tmp_path / target / each for each in sorted(FILES)]
    assert {each: text for each, text in tree(tmp_path / target).items() if text is not None} == FILES
    assert [each.name for each in tmp_path.iterdir()] == [Path(target).parts[0]]


def test_an_empty_folder_is_filled_and_stays_the_same_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = tmp_path.stat().st_ino

    write_project(Path(), FILES)

    assert tmp_path.stat().st_ino == before
    assert {each: text for each, text in tree(tmp_path).items() if text is not None} == FILES


def test_modes_follow_the_umask_and_existing_files_keep_theirs(tmp_path: Path) -> None:
    umask = os.umask(0o022)
    try:
        write_project(tmp_path / "p", FILES)
        (tmp_path / "p/a.py").chmod(0o750)
        write_project(tmp_path / "p", FILES, force=True)
    finally:
        os.umask(umask)

    modes = [stat.S_IMODE((tmp_path / each).stat().st_mode) for each in ("p", "p/sub", "p/a.py", "p/sub/b.py")]
    assert [oct(each) for each in modes] == ["0o755", "0o755", "0o750", "0o644"]


def test_files_in_the_way_are_named_and_kept(tmp_path: Path) -> None:
    for index in range(8):
        (tmp_path / f"user{index}.py").write_text("mine")
    before = tree(tmp_path)

    with pytest.raises(OutputError, match=r"'user0\.py'.*and 3 more.*--force"):
        write_project(tmp_path, FILES)

    assert tree(tmp_path) == before


def test_force_overwrites_only_what_is_written(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/b.py").write_text("old")
    (tmp_path / "sub/mine.py").write_text("mine")

    write_project(tmp_path, FILES, force=True)

    assert tree(tmp_path) == {**FILES, "sub": None, "sub/deep": None, "sub/mine.py": "mine"}


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../a.py",
        "a/../../b.py",
        "a/./b.py",
        "a//b.py",
        "a/",
        "",
        ".",
        "a\x00.py",
        "a\n.py",
        "C:/a.py",
        "a\\b.py",
        "a:stream",
        "con",
        "NUL.py",
        "sub/Com1.txt",
        "aux .py",
        "a.",
        "a ",
        "x" * 256,
        "\ud800.py",
    ],
)
def test_a_path_that_some_system_cannot_hold_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(OutputError):
        write_project(tmp_path / "p", {"ok.py": "", path: "x"})

    assert tree(tmp_path) == {}


@pytest.mark.parametrize(
    "pair", [("a.py", "A.py"), ("Sub/a", "sub/A"), ("a", "a/b"), ("A", "a/b"), ("é", "e\N{COMBINING ACUTE ACCENT}")]
)
def test_paths_that_meet_on_some_system_are_refused(tmp_path: Path, pair: tuple[str, str]) -> None:
    with pytest.raises(OutputError):
        write_project(tmp_path / "p", dict.fromkeys(pair, "x"))

    assert tree(tmp_path) == {}


@given(st.text(st.characters(codec=None, categories=None), max_size=12) | st.text(alphabet="./\\a:", max_size=8))
def test_an_accepted_path_stays_in_its_folder(path: str) -> None:
    try:
        checked_files({path: ""})
    except OutputError:
        return

    assert Path(os.path.normpath(f"/root/{path}")) == Path("/root") / path
    assert len(Path(path).parts) == path.count("/") + 1


def test_a_text_that_is_no_unicode_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="not Unicode"):
        write_project(tmp_path / "p", {"a.py": "\ud800"})

    assert tree(tmp_path) == {}


def test_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "p"
    outside.mkdir()
    root.mkdir()
    (outside / "b.py").write_text("theirs")
    (tmp_path / "link").symlink_to(outside)
    (root / "sub").symlink_to(outside)

    with pytest.raises(OutputError, match="symbolic link leads out"):
        write_project(root, FILES, force=True)
    with pytest.raises(OutputError, match="is a symbolic link"):
        write_project(tmp_path / "link", FILES, force=True)

    (root / "sub").unlink()
    (root / "a.py").symlink_to(outside / "new.py")
    with pytest.raises(OutputError, match="symbolic link leads out"):
        write_project(root, FILES, force=True)
    assert tree(outside) == {"b.py": "theirs"}


@pytest.mark.parametrize(("made", "folder"), [("a.py", True), ("sub", False), ("sub/deep", False)])
def test_a_folder_in_place_of_a_file_or_the_reverse_is_refused(tmp_path: Path, made: str, folder: bool) -> None:
    (tmp_path / made).parent.mkdir(exist_ok=True)
    if folder:
        (tmp_path / made).mkdir()
    else:
        (tmp_path / made).write_text("mine")
    before = tree(tmp_path)

    with pytest.raises(OutputError, match="is where a"):
        write_project(tmp_path, FILES, force=True)

    assert tree(tmp_path) == before


def test_a_package_that_would_hide_a_module_is_refused(tmp_path: Path) -> None:
    """Python imports `a/__init__.py`, and never looks at `a.py`."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "__init__.py").write_text("mine")

    with pytest.raises(OutputError, match=r"the package beside it, not a\.py"):
        write_project(tmp_path, FILES, force=True)

    assert tree(tmp_path) == {"a": None, "a/__init__.py": "mine"}


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("mine")

    with pytest.raises(OutputError, match="is a file"):
        write_project(tmp_path / "p", FILES, force=True)


class Stop(BaseException):
    """Stands for Ctrl-C."""


def failing(real: Callable[..., Any], countdown: list[int], error: BaseException) -> Callable[..., Any]:
    """The real function, but for one call."""

    def run(*args: Any, **kwargs: Any) -> Any:
        countdown[0] -= 1
        if countdown[0] == -1:
            raise error
        return real(*args, **kwargs)

    return run


@pytest.mark.parametrize("existing", [False, True])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), Stop()])
def test_whatever_step_fails_all_is_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, existing: bool, error: BaseException
) -> None:
    """Every call that changes the disk fails once, at every step, until a run meets no failure."""
    root = tmp_path / "deep" / "p"
    if existing:
        write_project(root, {"a.py": "old", "sub/mine.txt": "mine"})
    before = tree(tmp_path)
    failures = 0
    for step in range(200):
        countdown = [step]
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", failing(os.fsync, countdown, error))
            for method in ("replace", "rename", "mkdir"):
                patch.setattr(Path, method, failing(getattr(Path, method), countdown, error))
            try:
                write_project(root, FILES, force=True)
            except (OutputError, Stop):
                failures += 1
                countdown[0] = 10_000
                assert tree(tmp_path) == before
                continue
        break

    assert failures > 8
    assert {**FILES}.items() <= tree(root).items()


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounts a small disk")
def test_a_full_disk_leaves_all_as_it_was(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", disk], check=False, capture_output=True
    ).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        write_project(disk / "p", {"a.py": "old"})
        with pytest.raises(OutputError, match="No space left"):
            write_project(
                disk / "p", {"a.py": "new", **{f"{index}.py": "x" * 5_000 for index in range(30)}}, force=True
            )
        with pytest.raises(OutputError, match="No space left"):
            write_project(disk / "q", {f"{index}.py": "x" * 5_000 for index in range(30)})
        assert tree(disk) == {"p": None, "p/a.py": "old"}
    finally:
        subprocess.run(["umount", disk], check=True)


KILLED = """
import os, sys
from pathlib import Path
from transload.writing.project import write_project
step = int(sys.argv[2])
real = os.fsync
def fsync(handle):
    global step
    step -= 1
    if step < 0:
        os.kill(os.getpid(), 9)
    real(handle)
os.fsync = fsync
write_project(Path(sys.argv[1]), {"a.py": "a", "sub/b.py": "b"})
"""


@pytest.mark.parametrize("step", [0, 1, 2])
def test_a_kill_while_a_new_project_is_written_leaves_no_project(tmp_path: Path, step: int) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    done = subprocess.run([sys.executable, "-c", KILLED, tmp_path / "p", str(step)], env=env, check=False)

    assert done.returncode == -9
    assert not (tmp_path / "p").exists()

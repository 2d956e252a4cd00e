"""Projects are written whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from transload.errors import OutputError
from transload.writing.paths import checked_files

ProjectFiles = Mapping[str, str]
"""POSIX paths relative to the project's root → text."""

_ELSEWHERE: Final = "Give another path, or mend its permissions."
_NAMED: Final = 5
"""How many files an error names before it only counts them."""


def write_project(root: Path, files: ProjectFiles, *, force: bool = False) -> list[Path]:
    """Write files into a folder; returns their paths, sorted.

    A folder that does not exist appears whole, in one rename. In one that does, every file is written and synced beside its place
    first and then renamed into it; a failure on the way puts everything back. A kill at that moment leaves each file either old or
    new. No file but those of `files` is ever changed or deleted.

    Raises `OutputError` if the folder has files and `force` is not given, for paths that may not be written (see
    `transload.writing.paths`), where a symbolic link leads out of the folder, and where the system refuses.
    """
    contents = checked_files(files)
    root = Path(os.path.abspath(root))  # noqa: PTH100 - a link is to be seen, not followed
    with _explained(root):
        _check_root(root, force=force)
        for path in contents:
            _check_target(root, path)
        if root.exists():
            _write_into(root, contents)
        else:
            _write_new(root, contents)
    return [root / path for path in contents]


def write_file(path: Path, text: str) -> None:
    """Write one file: it is there whole, or as it was before. What is no file, such as a pipe, is written to as it stands.

    Raises `OutputError` where the system refuses.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8", newline="\n")
        else:
            _replace(path.resolve(), text.encode())
    except OSError as error:
        message = f"The file cannot be written: {error.strerror or error}."
        raise OutputError(message, where=str(path), hint=_ELSEWHERE) from error


def _replace(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}")
    try:
        _write_synced(draft, data)
        if path.exists():
            shutil.copymode(path, draft)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


@contextmanager
def _explained(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"The project cannot be written: {reason}.", where=str(root), hint=_ELSEWHERE) from error


def _check_root(root: Path, *, force: bool) -> None:
    if root.is_symlink():
        raise OutputError(
            "The output folder is a symbolic link.", where=str(root), hint=f"Give the folder itself: {root.resolve()}"
        )
    if not root.exists():
        _check_parents(root)
        return
    if not root.is_dir():
        raise OutputError("The output folder is a file.", where=str(root), hint="Give another folder.")
    names = sorted(each.name for each in root.iterdir())
    if names and not force:
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        message = f"The output folder is not empty: {', '.join(map(ascii, names[:_NAMED]))}{more}."
        raise OutputError(
            message, where=str(root), hint="Give another folder, or --force to overwrite the files that are generated."
        )


def _check_parents(root: Path) -> None:
    """The nearest of the folders above that is there must be one."""
    nearest = next(each for each in root.parents if each.exists())
    if not nearest.is_dir():
        raise OutputError("A file is where a folder should go.", where=str(nearest), hint="Give another folder.")


def _check_target(root: Path, path: str) -> None:
    target = root / path
    if not target.resolve().is_relative_to(root.resolve()):
        raise OutputError("A symbolic link leads out of the output folder.", where=str(target), hint="Remove the link.")
    if target.is_dir():
        raise OutputError("A folder is where a file should go.", where=str(target), hint="Move the folder away.")
    if target.suffix == ".py" and (target.with_suffix("") / "__init__.py").exists():
        raise OutputError(
            f"Python would import the package beside it, not {target.name}.",
            where=str(target.with_suffix("")),
            hint="Move the package away.",
        )
    for folder in target.relative_to(root).parents:
        if (root / folder).exists() and not (root / folder).is_dir():
            raise OutputError(
                "A file is where a folder should go.", where=str(root / folder), hint="Move the file away."
            )


def _write_new(root: Path, contents: Mapping[str, bytes]) -> None:
    place = root.parent / f".{root.name[:100]}.{secrets.token_hex(8)}"
    undo = _Undo()
    try:
        undo.make_folder(root.parent)
        place.mkdir()
        _write_stage(place, contents)
        place = place.rename(root)
        _sync_folder(root.parent)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        undo.run()
        raise


def _write_stage(stage: Path, contents: Mapping[str, bytes]) -> None:
    for path, data in contents.items():
        for folder in _missing_folders((stage / path).parent):
            folder.mkdir()
        _write_synced(stage / path, data)
    for folder in {stage, *((stage / path).parent for path in contents)}:
        _sync_folder(folder)


def _write_into(root: Path, contents: Mapping[str, bytes]) -> None:
    """The stage lies in the folder itself, which may be a mount of its own; its files have no extension, so that nothing loads them."""
    stage = root / f".transload-{secrets.token_hex(8)}"
    undo = _Undo()
    try:
        stage.mkdir()
        for number, (path, data) in enumerate(contents.items()):
            _stage(stage, number, root / path, data)
        for number, path in enumerate(contents):
            _put(stage, number, root / path, undo)
        for folder in {root, *((root / path).parent for path in contents)}:
            _sync_folder(folder)
    except BaseException:
        undo.run()
        shutil.rmtree(stage, ignore_errors=True)
        raise
    shutil.rmtree(stage)


def _stage(stage: Path, number: int, target: Path, data: bytes) -> None:
    new = stage / f"{number}-new"
    _write_synced(new, data)
    if target.exists():
        shutil.copy2(target, stage / f"{number}-old")
        shutil.copymode(target, new)


def _put(stage: Path, number: int, target: Path, undo: _Undo) -> None:
    undo.make_folder(target.parent)
    undo.files.append((stage / f"{number}-old", target))
    (stage / f"{number}-new").replace(target)


class _Undo:
    """What was done to a folder, and how it is put back."""

    def __init__(self) -> None:
        self.folders: list[Path] = []
        self.files: list[tuple[Path, Path]] = []

    def make_folder(self, folder: Path) -> None:
        """Make a folder and those above it."""
        for each in _missing_folders(folder):
            self.folders.append(each)
            each.mkdir()

    def run(self) -> None:
        """Raises `OutputError` that names the old files where the system refuses even this."""
        try:
            for old, target in reversed(self.files):
                _put_back(old, target)
            for folder in reversed(self.folders):
                if folder.exists():
                    folder.rmdir()
        except OSError as error:
            kept = f" What was there before is in {self.files[0][0].parent}." if self.files else ""
            raise OutputError(f"Writing failed, and so did putting things back: {error}.{kept}") from error


def _put_back(old: Path, target: Path) -> None:
    if old.exists():
        old.replace(target)
    else:
        target.unlink(missing_ok=True)


def _missing_folders(folder: Path) -> list[Path]:
    """The folder and those above it that do not exist, outermost first."""
    return [each for each in (folder, *folder.parents) if not each.exists()][::-1]


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """So that the names in a folder outlive a power cut; Windows has no way to ask for it."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""One layout for all that is generated: ruff's, without the settings of the folder at hand."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from transload.errors import OutputError, SourceError
from transload.gc_pause import paused_collection
from transload.writing.paths import checked_files
from transload.writing.syntax import check, parse, same_program, same_tokens

LINE_LENGTH: Final = 100
TARGET: Final = "py310"

# The exclude pattern replaces ruff's own, which leaves folders such as `build` and `dist` alone.
_COMMON: Final = (
    "--isolated",
    "--no-cache",
    "--quiet",
    "--no-respect-gitignore",
    "--exclude=.none",
    f"--line-length={LINE_LENGTH}",
)
_SORT_IMPORTS: Final = ("check", "--select=I", "--fix", "--exit-zero", f"--target-version={TARGET}", *_COMMON, ".")
_IMPORTS: Final = re.compile(rb"^(?:(?:import|from) .*\n)+", re.MULTILINE)
_LAY_OUT: Final = ("format", f"--target-version={TARGET}", *_COMMON, ".")


def format_sources(files: Mapping[str, str]) -> dict[str, str]:
    """The files (POSIX relative path → text) with every `.py` among them laid out by ruff and its imports sorted.

    Raises `SourceError` where a text is no Python, or would mean something else than before; `OutputError` for a path or a text
    that cannot be written, and if ruff is missing.
    """
    encoded = checked_files(files)
    sources = {path: data for path, data in encoded.items() if path.endswith(".py")}
    if not sources:
        return dict(files)
    with paused_collection(), TemporaryDirectory(prefix="transload-") as folder:
        _lay_out(Path(folder), sources)
        formatted = {path: (Path(folder) / path).read_bytes().decode() for path in sources}
    for path, text in formatted.items():
        _check_meaning(path, files[path], text)
    return {path: formatted.get(path, text) for path, text in files.items()}


def _lay_out(root: Path, sources: Mapping[str, bytes]) -> None:
    # To sort imports takes longer than all else that ruff does, and reads the whole file: it gets no more than their part of it.
    heads = {path: _head(data) for path, data in sources.items()}
    for path, head in heads.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(head)
    _run(_SORT_IMPORTS, root, sources)
    for path, head in heads.items():
        with (root / path).open("ab") as file:
            file.write(sources[path][len(head) :])
    _run(_LAY_OUT, root, sources)


def _head(data: bytes) -> bytes:
    """The lines of a module up to the end of its first imports; all of it where these cannot be told from the rest at a glance."""
    match = _IMPORTS.search(data)
    head = data[: match.end()] if match else data
    try:
        ast.parse(head)
    except SyntaxError:
        return data
    return head


def _run(step: Sequence[str], root: Path, sources: Mapping[str, bytes]) -> None:
    done = subprocess.run([_ruff(), *step], cwd=root, capture_output=True, check=False)  # noqa: S603 - ruff's own path
    if done.returncode:
        for path, data in sources.items():
            parse(data.decode(), where=path)
        raise SourceError(
            f"ruff ended with {done.returncode}: {(done.stdout + done.stderr).decode(errors='replace').strip()}"
        )


def _ruff() -> str:
    try:
        return str(import_module("ruff.__main__").find_ruff_bin())
    except (ImportError, FileNotFoundError) as error:
        hint = "Install it beside transload: pip install ruff"
        raise OutputError("ruff, which lays out generated source, is not installed.", hint=hint) from error


def _check_meaning(path: str, before: str, after: str) -> None:
    check(after, where=path)
    if not same_tokens(before, after) and not same_program(parse(before, where=path), parse(after, where=path)):
        hint = "Report this, with the version of ruff."
        raise SourceError("Laying the source out would change what it means.", where=path, hint=hint)

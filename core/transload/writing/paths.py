"""Which relative paths may be written, on every system that the project may travel to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from transload.errors import OutputError
from transload.writing.words import shown

RESERVED: Final = frozenset(
    {
        "con",
        "prn",
        "aux",
        "nul",
        "conin$",
        "conout$",
        *(f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789¹²³"),
    }
)
"""Device names of Windows, with any extension (Microsoft, "Naming Files, Paths, and Namespaces")."""

MAX_PART_BYTES: Final = 255
"""The longest file name of the usual file systems, in UTF-8."""

# Control characters, what Windows refuses, and its other separator.
_FORBIDDEN: Final = re.compile(r'[\x00-\x1f\x7f<>:"\\|?*]')


def checked_files(files: Mapping[str, str]) -> dict[str, bytes]:
    """The files as bytes (UTF-8), in the order of their paths.

    Raises `OutputError` for a path that leaves the project or that some system cannot hold, for two that only differ in case, for
    one that is both a file and a folder, and for a text that is no Unicode (lone surrogates).
    """
    for path in files:
        _check_path(path)
    _check_distinct(files)
    return {path: _encoded(path, files[path]) for path in sorted(files)}


def _check_path(path: str) -> None:
    problem = next((problem for part in path.split("/") if (problem := _problem(part))), None)
    if problem:
        raise OutputError(
            f"The path {shown(path)} cannot be written: {problem}.", hint="Use a relative path of plain names."
        )


def _problem(part: str) -> str | None:
    if part in ("", ".", ".."):
        return "it is not a plain path inside of the project"
    if _FORBIDDEN.search(part) or part != part.rstrip(". "):
        return "it has a character that not every system takes"
    if part.partition(".")[0].rstrip().lower() in RESERVED:
        return "it has a name that Windows keeps for a device"
    if len(part.encode(errors="surrogatepass")) > MAX_PART_BYTES:
        return f"it has a name of more than {MAX_PART_BYTES} bytes"
    return None


def folded(path: str) -> str:
    """What two paths share that are one file on a system that ignores case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _check_distinct(paths: Iterable[str]) -> None:
    seen: dict[str, str] = {}
    for path in sorted(paths):
        other = seen.setdefault(folded(path), path)
        if other != path:
            raise OutputError(f"The paths {shown(other)} and {shown(path)} are one file where case is ignored.")
    for key, path in seen.items():
        folder = next((part for part in _folders(key) if part in seen), None)
        if folder:
            raise OutputError(f"The path {shown(seen[folder])} cannot be a file and the folder of {shown(path)}.")


def _folders(path: str) -> Iterable[str]:
    return (path[:index] for index, character in enumerate(path) if character == "/")


def _encoded(path: str, text: str) -> bytes:
    try:
        path.encode()
        return text.encode()
    except UnicodeEncodeError as error:
        raise OutputError(f"This file is not Unicode text: {error.reason}.", where=shown(path)) from error

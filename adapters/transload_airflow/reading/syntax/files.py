"""The files of a folder that Airflow does not take for DAG files: those that `.airflowignore` names, in the syntax of Airflow 3.3."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Final

FILE: Final = ".airflowignore"

_TOKENS: Final = re.compile(r"\*\*/|/\*\*$|\*|\?|\[[^\]]*\]|\\.|.")
"""Folders of any depth, anything within, a part of a name, a letter, a class of letters, an escaped letter, any other letter."""
_MEANINGS: Final = {"**/": "(?:.*/)?", "/**": "/.*", "*": "[^/]*", "?": "[^/]"}


def ignored(root: Path) -> Callable[[str], bool]:
    """A test of a path, posix and relative to the folder; of several patterns that match, the last one counts."""
    rules: list[tuple[str, re.Pattern[str], bool]] = []
    # Those of outer folders first, so that an inner folder has the last word.
    for file in sorted(root.rglob(FILE), key=lambda path: (len(path.parts), path)) if root.is_dir() else ():
        folder = file.parent.relative_to(root).as_posix()
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines() if file.is_file() else ():
            text = line.strip()
            if text and not text.startswith("#"):
                rules.append((folder, _pattern(text.removeprefix("!")), text.startswith("!")))

    def is_ignored(path: str) -> bool:
        result = False
        for folder, pattern, is_exception in rules:
            inside = PurePosixPath(path).is_relative_to(folder)
            if inside and pattern.fullmatch(PurePosixPath(path).relative_to(folder).as_posix()):
                result = not is_exception
        return result

    return is_ignored


def _pattern(text: str) -> re.Pattern[str]:
    """A glob as `git` takes it: anchored if it has a slash within, for a folder and all that is in it if it ends in one."""
    body = text.strip("/") if text.endswith("/") else text.removeprefix("/")
    start = "" if "/" in text.rstrip("/") else "(?:.*/)?"
    end = "/.*" if text.endswith("/") else "(?:/.*)?"
    return re.compile(start + "".join(map(_meaning, _TOKENS.findall(body))) + end, re.DOTALL)


def _meaning(token: str) -> str:
    """The regular expression of one token of a glob."""
    if token.startswith("[") and token.endswith("]") and len(token) > len("[]"):
        inner = token[1:-1].replace("\\", "\\\\")
        return f"[^{inner[1:]}]" if inner.startswith("!") else f"[{inner}]"
    return _MEANINGS.get(token) or re.escape(token.removeprefix("\\"))

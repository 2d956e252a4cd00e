"""Projects broken as people, editors and merges break them: cut off, swapped, with garbage in between, with values of another type."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from transload.writing.project import ProjectFiles

VALUES: Final = (
    "7",
    "-1",
    "1.5",
    "1e999",
    ".nan",
    "9" * 30,
    "null",
    "None",
    "true",
    "~",
    "[]",
    "{}",
    "[7]",
    "[[]]",
    '{"a": 7}',
    '""',
    '"a"',
    "2026-01-01",
    "2026-13-45",
    "!!int",
    "!!python/object:os.system {}",
    "*a",
    "lambda: 0",
    "x.y()",
)
"""What may stand in the place of a value and be of another type, in whichever language."""

GARBAGE: Final = (
    "\x00",
    "\t",
    "'",
    '"',
    "{",
    "]",
    ":",
    "- ",
    "\n",
    ",",
    "=",
    "#",
    "\\",
    "<<<<<<< HEAD\n",
    "\u2028",
    "é",
    "&a *a",
)

_VALUE: Final = re.compile(
    r"""
    "[^"\n]*" | '[^'\n]*'                                 # a quoted text
    | (?<=:\ )[^\s\[{|>][^\n]* | (?<=-\ )[^\n:]+$        # what YAML does not quote
    | \b\d+(?:\.\d+)?\b
    | \b(?:true|false|True|False|None|null)\b
    """,
    re.MULTILINE | re.VERBOSE,
)
_WORD: Final = re.compile(r"\b[A-Za-z_]\w*\b")

Break = Callable[[st.DataObject, str], str]


def _cut_off(data: st.DataObject, text: str) -> str:
    return text[: data.draw(st.integers(0, len(text)))]


def _left_out(data: st.DataObject, text: str) -> str:
    start, end = _span(data, text)
    return text[:start] + text[end:]


def _repeated(data: st.DataObject, text: str) -> str:
    start, end = _span(data, text)
    return text[:end] + text[start:]


def _swapped(data: st.DataObject, text: str) -> str:
    lines = text.splitlines(keepends=True)
    first, second = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    lines[first], lines[second] = lines[second], lines[first]
    return "".join(lines)


def _with_garbage(data: st.DataObject, text: str) -> str:
    place = data.draw(st.integers(0, len(text)))
    return text[:place] + data.draw(st.sampled_from(GARBAGE)) + text[place:]


def _with_another_value(data: st.DataObject, text: str) -> str:
    return _replaced(data, text, _VALUE, data.draw(st.sampled_from(VALUES)))


def _with_another_word(data: st.DataObject, text: str) -> str:
    """A name or a keyword of the same text in another's place, or of none."""
    words = sorted(set(_WORD.findall(text)))
    return _replaced(data, text, _WORD, data.draw(st.sampled_from([*words, "x", "7", ""])))


def _span(data: st.DataObject, text: str) -> tuple[int, int]:
    start = data.draw(st.integers(0, len(text)))
    return start, data.draw(st.integers(start, min(len(text), start + 80)))


def _replaced(data: st.DataObject, text: str, pattern: re.Pattern[str], new: str) -> str:
    places = list(pattern.finditer(text))
    if not places:
        return text
    place = data.draw(st.sampled_from(places))
    return text[: place.start()] + new + text[place.end() :]


_BREAKS: Final[tuple[Break, ...]] = (
    _with_another_value,
    _with_another_value,
    _with_another_word,
    _cut_off,
    _left_out,
    _repeated,
    _swapped,
    _with_garbage,
)


@st.composite
def broken(draw: Callable[[SearchStrategy[Any]], Any], files: ProjectFiles) -> ProjectFiles:
    """The project with one file broken in up to three ways."""
    path = draw(st.sampled_from(sorted(files)))
    text = files[path]
    data = draw(st.data())
    for breaks in draw(st.lists(st.sampled_from(_BREAKS), min_size=1, max_size=3)):
        text = breaks(data, text) if text else text
    return {**files, path: text}

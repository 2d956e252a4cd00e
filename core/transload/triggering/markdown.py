"""The table of equivalences for people, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from transload.triggering.equivalences import FORMS, ROWS, TOOLS, Equivalence

_HEAD: Final = ("from", "to", "written as", "fires")


def markdown() -> str:
    """A heading and a table for each form, in the order of the forms."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    for name, form in FORMS.items():
        rows = [row for row in ROWS if row.form == name]
        yield f"### {form.title[:1].upper()}{form.title[1:]}\n"
        yield _line(_HEAD)
        yield _line(["---"] * len(_HEAD))
        yield from (_line(_cells(row)) for row in sorted(rows, key=_place))
        yield ""


def _place(row: Equivalence) -> tuple[int, int]:
    return TOOLS.index(row.source), TOOLS.index(row.target)


def _cells(row: Equivalence) -> list[str]:
    written = (row.written or "nothing, carried").replace("|", "\\|")
    return [row.source.title(), row.target.title(), written, row.difference or "exactly alike"]


def _line(cells: list[str] | tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"

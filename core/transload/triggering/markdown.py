"""What becomes of each form of trigger, for people, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from transload.triggering.equivalences import Equivalence, equivalences
from transload.triggering.examples import FORMS
from transload.triggering.semantics import Semantics

_HEAD: Final = ("from", "to", "written as", "fires")


def markdown(tools: Iterable[Semantics]) -> str:
    """A heading and a table for each form that one of the tools has, in the order of the forms and of the tools."""
    return "\n".join(_lines(list(tools)))


def _lines(tools: Sequence[Semantics]) -> Iterator[str]:
    rows = equivalences(tools)
    titles = {tool.tool: tool.title for tool in tools}
    for name, form in FORMS.items():
        own = [row for row in rows if row.form == name]
        if own:
            yield f"### {form.title[:1].upper()}{form.title[1:]}\n"
            yield _line(_HEAD)
            yield _line(["---"] * len(_HEAD))
            yield from (_line([titles[row.source], titles[row.target], *_cells(row)]) for row in own)
            yield ""


def _cells(row: Equivalence) -> list[str]:
    written = (row.written or "nothing, carried").replace("|", "\\|")
    return [written, row.difference or "exactly alike"]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"

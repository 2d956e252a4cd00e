"""A picture as a Mermaid flowchart (syntax of Mermaid 10 and 11)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from transload.drawing.picture import CROSSING, Link, Node, Picture, colour_of, shortened
from transload.report import one_line

MOST_LINKS: Final = 500
"""Mermaid draws no more unless its page sets `maxEdges`, which a diagram itself may not."""

_LONGEST: Final = 80
_ARROWS: Final = {"data": "-->", "trigger": "-.->"}
_NOT_PLAIN: Final = re.compile(r"[^\w ./:,=+()-]|_(?=_)")


def mermaid(picture: Picture) -> str:
    """The flowchart's text. Names become entity codes where they hold more than letters, digits and a few plain marks."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    yield "flowchart LR"
    for index, node in enumerate(picture.nodes):
        yield f'  n{index}["{_label(picture, node)}"]{_class(node)}'
    for link in picture.links:
        yield f"  n{link.upstream} {_ARROWS[link.kind]} n{link.downstream}"
    yield from _classes(picture)
    yield from _marks(picture)


def _label(picture: Picture, node: Node) -> str:
    """On one line: beside a `<br/>`, Mermaid 11 takes a backslash and an n in a name for a line's end."""
    tools = ", ".join(picture.tools[tool] for tool in node.tools)
    uri = escaped(shortened(node.uri, _LONGEST))
    return f"{uri} ({escaped(tools)})" if tools else uri


def escaped(text: str) -> str:
    """Text for between the quotes of a label, on one line and without anything that Mermaid, Markdown or HTML reads as its own.

    >>> escaped('say "hi" #1;')
    'say #34;hi#34; #35;1#59;'
    """
    return _NOT_PLAIN.sub(lambda match: f"#{ord(match[0])};", one_line(text))


def _class_name(node: Node) -> str:
    return "tool" + "_".join(map(str, node.tools))


def _class(node: Node) -> str:
    return f":::{_class_name(node)}" if node.tools else ""


def _classes(picture: Picture) -> Iterator[str]:
    """Mermaid has one fill only: the first tool's is the fill, the last one's the border."""
    used = {_class_name(node): node.tools for node in picture.nodes if node.tools}
    for name, tools in sorted(used.items()):
        fill, border = colour_of(tools[0]), colour_of(tools[-1])
        yield f"  classDef {name} fill:{fill}33,stroke:{border},stroke-width:{1 + len(tools)}px"


def _marks(picture: Picture) -> Iterator[str]:
    for kind, dashes in (("data", "6 4"), ("trigger", "2 4")):
        numbers = [str(number) for number, link in enumerate(picture.links) if _is(link, kind)]
        if numbers:
            yield f"  linkStyle {','.join(numbers)} stroke:{CROSSING},stroke-width:2px,stroke-dasharray:{dashes}"


def _is(link: Link, kind: str) -> bool:
    return link.crossing and link.kind == kind

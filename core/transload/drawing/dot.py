"""A picture in Graphviz's DOT language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from transload.drawing.picture import CROSSING, Link, Node, Picture, colour_of, shortened
from transload.report import one_line

_LONGEST: Final = 80
_STYLES: Final = {
    ("data", False): {"color": "#6b7a90"},
    ("data", True): {"color": CROSSING, "style": "dashed", "penwidth": "2"},
    ("trigger", False): {"color": "#6b7a90", "style": "dotted"},
    ("trigger", True): {"color": CROSSING, "style": "dotted", "penwidth": "2"},
}
_HEAD: Final = (
    "digraph transload {",
    '  rankdir="LR";',
    '  node [shape="box", style="filled", fontname="Helvetica", fillcolor="#f1f3f5"];',
    '  edge [fontname="Helvetica"];',
)


def dot(picture: Picture) -> str:
    """The text of the digraph. Every name is a quoted string, never an HTML-like label."""
    return "\n".join([*_HEAD, *_nodes(picture), *map(_link, picture.links), "}"]) + "\n"


def quoted(text: str) -> str:
    r"""A quoted string of DOT that shows exactly this text, on one line.

    Backslashes are doubled, since Graphviz expands `\N` and its like; `&` is written as the entity that it would otherwise start.

    >>> print(quoted('a"b\\N&lt;'))
    "a\"b\\N&amp;lt;"
    """
    safe = one_line(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return f'"{safe}"'


def _nodes(picture: Picture) -> Iterator[str]:
    for index, node in enumerate(picture.nodes):
        tools = ", ".join(picture.tools[tool] for tool in node.tools)
        shown = {"label": shortened(node.uri, _LONGEST), "tooltip": f"{node.uri} ({tools})" if tools else node.uri}
        yield f"  n{index} [{_attributes({**shown, **_fill(node)})}];"


def _fill(node: Node) -> dict[str, str]:
    if not node.tools:
        return {}
    colours = [f"{colour_of(tool)}55" for tool in node.tools]
    shape = {"style": "striped"} if len(colours) > 1 else {}
    return {"fillcolor": ":".join(colours), "color": colour_of(node.tools[0]), **shape}


def _link(link: Link) -> str:
    attributes = {"tooltip": ", ".join(link.jobs), **_STYLES[link.kind, link.crossing]}
    return f"  n{link.upstream} -> n{link.downstream} [{_attributes(attributes)}];"


def _attributes(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={quoted(value)}" for name, value in values.items())

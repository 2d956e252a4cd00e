"""A picture as one HTML page: laid out here, drawn by the page's own script, with nothing to fetch."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.resources import files
from itertools import chain
from typing import Any, Final

from transload.drawing.details import overview, sections
from transload.drawing.layout import Layout, lay_out
from transload.drawing.picture import COLOURS, Link, Node, Picture
from transload.loss import counts
from transload.report import one_line

_SCRIPTS: Final = ("graph.js", "drawing.js", "panel.js", "moving.js")
"""Parts of one script, in order of need."""

_PLACEHOLDER: Final = re.compile(r"\{\{(\w+)\}\}")
_UNSAFE: Final = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"}
_POLICY: Final = "default-src 'none'; script-src '{script}'; style-src '{style}'; base-uri 'none'; form-action 'none'"


def page(picture: Picture) -> str:
    """The page. Its content security policy lets nothing load and nothing run but its own script and style, by their hashes."""
    script, style = _script(), _shipped("page.css")
    policy = _POLICY.format(script=_hash(script), style=_hash(style))
    parts = {"policy": policy, "style": style, "script": script, "graph": embedded(_content(picture))}
    return _PLACEHOLDER.sub(lambda match: parts[match[1]], _shipped("page.html"))


def embedded(value: Any) -> str:
    r"""JSON for within a `script` element: no name can end the element, open a comment or be read as an entity.

    >>> print(embedded("</script>"))
    "\u003c/script\u003e"
    """
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), sort_keys=True).translate(_UNSAFE)


def _script() -> str:
    return '(() => {\n"use strict";\n' + "".join(map(_shipped, _SCRIPTS)) + "})();\n"


def _shipped(name: str) -> str:
    return (files("transload.drawing") / "web" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """As Content Security Policy Level 3 section 2.3.1 writes it."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _content(picture: Picture) -> dict[str, Any]:
    layout = lay_out(len(picture.nodes), [(link.upstream, link.downstream) for link in picture.links])
    number = {node.asset.id: index for index, node in enumerate(picture.nodes)}
    used = {tool for node in picture.nodes for tool in node.tools}
    return {
        "tools": [
            {"index": index, "name": one_line(tool), "colour": index % len(COLOURS)}
            for index, tool in enumerate(picture.tools)
            if index in used
        ],
        "nodes": [
            {**_node(node, point), "sections": sections(picture, node, number)}
            for node, point in zip(picture.nodes, layout.points, strict=True)
        ],
        "links": [_link(link, layout) for link in picture.links],
        "overview": overview(picture),
    }


def _node(node: Node, point: Sequence[float]) -> Mapping[str, Any]:
    return {
        "uri": one_line(node.uri),
        "id": node.uri,
        "name": one_line(node.asset.title or node.name),
        "space": one_line(node.space),
        "tools": [tool % len(COLOURS) for tool in node.tools],
        "names": node.tools,
        "losses": list(counts(node.losses).values()),
        "x": point[0],
        "y": point[1],
    }


def _link(link: Link, layout: Layout) -> Mapping[str, Any]:
    forwards = layout.bends.get((link.upstream, link.downstream), ())
    backwards = layout.bends.get((link.downstream, link.upstream), ())
    bends = forwards or tuple(reversed(backwards))
    return {
        "from": link.upstream,
        "to": link.downstream,
        "trigger": int(link.kind == "trigger"),
        "crossing": int(link.crossing),
        "jobs": one_line(", ".join(link.jobs)),
        "bends": list(chain.from_iterable(bends)),
    }

"""Where each node stands and how each link runs: a layered layout of each connected part, and the parts packed onto one sheet.

Written here since a library costs more than it gives: igraph 1.0 takes over 40 s for 2,000 assets with long links, where this takes one,
and HTML would need an extra.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import sqrt
from typing import Final

from transload.drawing.layers import Pair, components, forward, layers_of
from transload.drawing.order import ordered
from transload.drawing.rows import rows_of

COLUMN: Final = 280
"""Pixels from one layer to the next; a node is 210 wide."""

ROW: Final = 64
"""Pixels from one node to the next in a layer; a node is 44 high."""

_GAP: Final = 1.2
_BEND: Final = 0.35
"""Rows that the bend of a link takes."""

_BENDS: Final = 40_000
"""Bends of long links in all. What is beyond runs straight: a chain with a link over 100,000 layers must still be drawn."""

_SHEET: Final = 1.7
"""Width of the sheet over its height: that of a screen."""

Point = tuple[float, float]


@dataclass
class Layout:
    """The centre of each node, and the bends of the links that pass over layers, in pixels."""

    points: list[Point]
    bends: dict[Pair, list[Point]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Part:
    """A connected part, in columns and rows from its own corner."""

    nodes: Sequence[int]
    points: Sequence[Point]
    bends: dict[Pair, list[Point]]
    width: float
    height: float


def lay_out(count: int, links: Sequence[Pair]) -> Layout:
    """The layout of a graph of `count` nodes; cycles and self-loops may be in it."""
    acyclic = forward(count, links)
    groups = components(count, acyclic)
    of_node = {node: number for number, group in enumerate(groups) for node in group}
    inside: list[list[Pair]] = [[] for _ in groups]
    for link in acyclic:
        inside[of_node[link[0]]].append(link)
    parts, left = [], _BENDS
    for group, some in zip(groups, inside, strict=True):
        parts.append(_part(group, some, left))
        left -= sum(map(len, parts[-1].bends.values()))
    return _packed(count, parts)


def _part(nodes: Sequence[int], links: Sequence[Pair], most: int) -> _Part:
    if len(nodes) == 1:
        return _Part(nodes, [(0.0, 0.0)], {}, 1.0, 1.0)
    number = {node: place for place, node in enumerate(nodes)}
    local = [(number[a], number[b]) for a, b in links]
    layers = layers_of(len(nodes), local)
    chains = _chains(local, layers, most)
    points = _layered(layers, chains, len(nodes))
    long = [chain for chain in chains if chain[1:-1]]
    bends = {(nodes[chain[0]], nodes[chain[-1]]): [points[bend] for bend in chain[1:-1]] for chain in long}
    return _Part(nodes, points[: len(nodes)], bends, max(layers) + 1.0, max(row for _, row in points) + 1.0)


def _chains(links: Sequence[Pair], layers: list[int], most: int) -> list[list[int]]:
    """Each link as a chain with one more node, appended to `layers`, in every layer that it passes: the shortest first."""
    chains = []
    for a, b in sorted(links, key=lambda link: (layers[link[1]] - layers[link[0]], link)):
        passed = range(layers[a] + 1, layers[b])
        kept = passed if len(passed) <= most else range(0)
        most -= len(kept)
        chains.append([a, *range(len(layers), len(layers) + len(kept)), b])
        layers.extend(kept)
    return chains


def _layered(layers: Sequence[int], chains: Sequence[Sequence[int]], nodes: int) -> list[Point]:
    """Column and row of each node, those from `nodes` on being bends."""
    every = [step for chain in chains for step in pairwise(chain)]
    steps = [(a, b) for a, b in every if layers[b] - layers[a] == 1]
    sizes = [1.0 if node < nodes else _BEND for node in range(len(layers))]
    rows = rows_of(ordered(layers, steps), sizes, steps)
    highest = min(rows)
    return [(float(layer), row - highest) for layer, row in zip(layers, rows, strict=True)]


def _packed(count: int, parts: Sequence[_Part]) -> Layout:
    """The parts on shelves, the tallest first."""
    area = sum(part.width * COLUMN * part.height * ROW for part in parts)
    broad = max([sqrt(area * _SHEET) / COLUMN, *(part.width for part in parts)])
    layout = Layout([(0.0, 0.0)] * count)
    left = top = depth = 0.0
    for part in sorted(parts, key=lambda part: (-part.height, -part.width, part.nodes[0])):
        if left + part.width > broad:
            left, top, depth = 0.0, top + depth + (_GAP if depth > 1 else 0.0), 0.0
        _place(layout, part, (left, top))
        left, depth = left + part.width, max(depth, part.height)
    return layout


def _place(layout: Layout, part: _Part, corner: Point) -> None:
    for node, point in zip(part.nodes, part.points, strict=True):
        layout.points[node] = _pixels(point, corner)
    for link, bends in part.bends.items():
        layout.bends[link] = [_pixels(bend, corner) for bend in bends]


def _pixels(point: Point, corner: Point) -> Point:
    return round((corner[0] + point[0]) * COLUMN, 1), round((corner[1] + point[1]) * ROW, 1)

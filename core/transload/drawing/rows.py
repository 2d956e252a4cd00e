"""How high each node of a layered graph stands: in the given order, close together, and close to what it is linked to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from transload.drawing.order import Pair, neighbours

_SWEEPS: Final = 12
_STRAIGHT: Final = 6.0
"""How much more a bend holds its link straight than a node holds its links short."""


def rows_of(order: Sequence[Sequence[int]], sizes: Sequence[float], steps: Sequence[Pair]) -> list[float]:
    """The row of each node, in units of `sizes`. `order` holds the nodes of each layer from top to bottom.

    Each sweep goes through the layers, to the right and back, and moves the nodes of one as close to the mean of their neighbours in the
    layer before as their order and sizes allow.
    """
    before, after = neighbours(len(sizes), steps)
    rows = [0.0] * len(sizes)
    for layer in order:
        _stack(layer, sizes, rows)
    for sweep in range(_SWEEPS):
        forwards = sweep % 2 == 0
        for layer in order if forwards else reversed(order):
            _settle(layer, sizes, rows, before if forwards else after)
    return rows


def _stack(layer: Sequence[int], sizes: Sequence[float], rows: list[float]) -> None:
    top = -sum(sizes[node] for node in layer) / 2
    for node in layer:
        rows[node] = top + sizes[node] / 2
        top += sizes[node]


def _settle(layer: Sequence[int], sizes: Sequence[float], rows: list[float], near: Sequence[Sequence[int]]) -> None:
    """Least squares under an order: isotonic regression by pooling adjacent violators, on rows less the room taken above each."""
    room, top = [], 0.0
    for node in layer:
        room.append(top + sizes[node] / 2)
        top += sizes[node]
    wanted = [
        sum(rows[other] for other in near[node]) / len(near[node]) if near[node] else rows[node] for node in layer
    ]
    weights = [_weight(sizes[node], len(near[node])) for node in layer]
    pooled = _isotonic([want - taken for want, taken in zip(wanted, room, strict=True)], weights)
    for node, level, taken in zip(layer, pooled, room, strict=True):
        rows[node] = level + taken


def _weight(size: float, links: int) -> float:
    return _STRAIGHT if size < 1 else 0.2 + links


def _isotonic(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The nearest sequence that never falls, as weighted squares measure it."""
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        level, heavy, count = value, weight, 1
        while pools and pools[-1][0] > level:
            above, more, some = pools.pop()
            level = (level * heavy + above * more) / (heavy + more)
            heavy, count = heavy + more, count + some
        pools.append((level, heavy, count))
    return [level for level, _, count in pools for _ in range(count)]

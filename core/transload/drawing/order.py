"""The order of the nodes within each layer, for few crossings: the barycentre heuristic of Sugiyama, Tagawa and Toda (1981)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

Pair = tuple[int, int]

_SWEEPS: Final = 20


def ordered(layers: Sequence[int], steps: Sequence[Pair]) -> list[list[int]]:
    """The nodes of each layer from top to bottom. `steps` lead from one layer to the next."""
    before, after = neighbours(len(layers), steps)
    order: list[list[int]] = [[] for _ in range(max(layers, default=-1) + 1)]
    for node in _walk(before, after):
        order[layers[node]].append(node)
    place = [0.0] * len(layers)
    for layer in order:
        _note(layer, place)
    for sweep in range(_SWEEPS):
        forwards = sweep % 2 == 0
        near = before if forwards else after
        for layer in order if forwards else reversed(order):
            layer.sort(key=lambda node: _barycentre(node, near[node], place))
            _note(layer, place)
    return order


def neighbours(count: int, steps: Sequence[Pair]) -> tuple[list[list[int]], list[list[int]]]:
    """The nodes just before and just after each node."""
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    for a, b in steps:
        after[a].append(b)
        before[b].append(a)
    return before, after


def _walk(before: Sequence[Sequence[int]], after: Sequence[Sequence[int]]) -> list[int]:
    """Depth first over links in both directions: what belongs together starts close together."""
    walked: dict[int, None] = {}
    for start in range(len(before)):
        pending = [start]
        while pending:
            node = pending.pop()
            if node not in walked:
                walked[node] = None
                pending.extend(reversed([*before[node], *after[node]]))
    return list(walked)


def _note(layer: Sequence[int], place: list[float]) -> None:
    """Places are counted from the middle of the layer, so that those of a short and a long layer compare."""
    middle = (len(layer) - 1) / 2
    for number, node in enumerate(layer):
        place[node] = number - middle


def _barycentre(node: int, near: Sequence[int], place: Sequence[float]) -> float:
    return sum(place[other] for other in near) / len(near) if near else place[node]

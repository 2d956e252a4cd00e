"""The layer of each node: a link leads to the right, but for those that close a cycle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import sqrt
from typing import Final

Pair = tuple[int, int]

_LEAST: Final = 14
"""Nodes that any layer may hold."""

_TALL: Final = 1.3
"""Nodes that a layer may hold, over the root of their number."""


def forward(count: int, links: Iterable[Pair]) -> list[Pair]:
    """The links without self-loops and, in a cycle, with those reversed that lead back to where a walk came from.

    The walk starts at nodes without upstream, in order, so that what looks like a start is one.
    """
    others = sorted({link for link in links if link[0] != link[1]})
    after = _targets(count, others)
    back = _back_links(_starts_first(count, others), after)
    return sorted({(b, a) if (a, b) in back else (a, b) for a, b in others})


def layers_of(count: int, links: Sequence[Pair]) -> list[int]:
    """The layer of each node of an acyclic graph: the first past all of its upstreams that has room.

    A layer holds so many nodes that a graph without any long chain is about as broad as a screen. A node without upstream stands just
    before its first downstream.
    """
    order = _topological(count, links)
    before, after = _targets(count, [(b, a) for a, b in links]), _targets(count, links)
    layers, taken, most = [0] * count, [0] * (count + 1), max(_LEAST, int(_TALL * sqrt(count)))
    for node in order:
        layer = max((layers[other] + 1 for other in before[node]), default=0)
        while taken[layer] >= most:
            layer += 1
        layers[node] = layer
        taken[layer] += 1
    for node in order:
        if not before[node] and after[node]:
            layers[node] = _latest(taken, layers[node], min(layers[other] for other in after[node]), most)
    return layers


def _latest(taken: list[int], now: int, limit: int, most: int) -> int:
    """Moves a node to the last layer before `limit` that has room."""
    layer = next((layer for layer in range(limit - 1, now, -1) if taken[layer] < most), now)
    taken[now] -= 1
    taken[layer] += 1
    return layer


def components(count: int, links: Iterable[Pair]) -> list[list[int]]:
    """The connected parts, each sorted, in order of their first nodes."""
    root = list(range(count))
    for a, b in links:
        one, other = sorted((_root(root, a), _root(root, b)))
        root[other] = one
    parts: dict[int, list[int]] = {}
    for node in range(count):
        parts.setdefault(_root(root, node), []).append(node)
    return list(parts.values())


def _root(root: list[int], node: int) -> int:
    while root[node] != node:
        root[node] = root[root[node]]
        node = root[node]
    return node


def _targets(count: int, links: Iterable[Pair]) -> list[list[int]]:
    after: list[list[int]] = [[] for _ in range(count)]
    for a, b in links:
        after[a].append(b)
    return after


def _starts_first(count: int, links: Iterable[Pair]) -> list[int]:
    entered = {b for _, b in links}
    return sorted(range(count), key=lambda node: node in entered)


def _back_links(order: Iterable[int], after: Sequence[Sequence[int]]) -> set[Pair]:
    """The links that lead to a node which a depth-first walk has entered and not yet left."""
    back, entered, left = set(), set(), set()
    for start in order:
        path = [(start, iter(after[start]))] if start not in entered else []
        entered.add(start)
        while path:
            node, rest = path[-1]
            if (following := next(rest, None)) is None:
                left.add(node)
                path.pop()
            elif following not in entered:
                entered.add(following)
                path.append((following, iter(after[following])))
            elif following not in left:
                back.add((node, following))
    return back


def _topological(count: int, links: Iterable[Pair]) -> list[int]:
    after, missing = _targets(count, links), [0] * count
    for targets in after:
        for node in targets:
            missing[node] += 1
    order = [node for node in range(count) if not missing[node]]
    for node in order:  # grows while it is walked
        for target in after[node]:
            missing[target] -= 1
            if not missing[target]:
                order.append(target)
    return order

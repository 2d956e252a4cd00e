"""Order among things that wait for each other: topological, without circles, by circle. Nothing here recurses: chains are long."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Hashable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Generic, TypeVar

Node = TypeVar("Node", bound=Hashable)


def ordered(before: Mapping[Node, Collection[Node]]) -> list[Node]:
    """Each node after all that it waits for, and otherwise in the order of the mapping, which also breaks circles.

    `before` has for each node those directly before it; what is no node itself is waited for by none. O((n + e) log n).

    >>> ordered({"load": ["clean"], "report": [], "clean": []})
    ['report', 'clean', 'load']
    """
    nodes = list(before)
    rank = {node: place for place, node in enumerate(nodes)}
    waits = {node: len({other for other in others if other in rank}) for node, others in before.items()}
    behind: dict[Node, list[Node]] = {node: [] for node in nodes}
    for node, others in before.items():
        for other in set(others) & rank.keys():
            behind[other].append(node)
    # A heap of places and not a queue: of all that may come next, the first in the mapping does, whatever made room for it.
    ready = [rank[node] for node in nodes if not waits[node]]
    done: dict[Node, None] = {}
    left = iter(nodes)
    while len(done) < len(nodes):
        node = nodes[heapq.heappop(ready)] if ready else next(each for each in left if each not in done)
        if node in done:
            continue
        done[node] = None
        for other in behind[node]:
            waits[other] -= 1
            if not waits[other]:
                heapq.heappush(ready, rank[other])
    return list(done)


def without_circles(before: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    """What each node waits for, sorted, without the edges that close a circle.

    A walk in the order of names meets them, so that they do not depend on the order of the mapping. Every node waited for must be one.

    >>> without_circles({"a": ["b"], "b": ["a"]})
    {'a': ['b'], 'b': []}
    """
    finished: set[str] = set()
    kept: dict[str, list[str]] = {node: [] for node in before}
    for start in sorted(before):
        if start not in finished:
            _walk(start, before, kept, finished)
    return kept


def _walk(start: str, before: Mapping[str, Collection[str]], kept: dict[str, list[str]], finished: set[str]) -> None:
    """Depth first; an edge to a node that the walk came through closes a circle."""
    path, entered = [(start, iter(sorted(before[start])))], {start}
    while path:
        node, rest = path[-1]
        upstream = next(rest, None)
        if upstream is None:
            path.pop()
            entered.discard(node)
            finished.add(node)
        elif upstream not in entered:
            kept[node].append(upstream)
            if upstream not in finished:
                path.append((upstream, iter(sorted(before[upstream]))))
                entered.add(upstream)


def is_acyclic(before: Mapping[Node, Collection[Node]]) -> bool:
    """Whether nothing waits for itself, not by way of others either."""
    try:
        TopologicalSorter(before).prepare()
    except CycleError:
        return False
    return True


def components(before: Mapping[Node, Collection[Node]]) -> list[list[Node]]:
    """The nodes that wait for each other in circles, each other node by itself; every list after all that its nodes wait for.

    These are the strongly connected components by Tarjan's search. Every node waited for must be one.

    >>> components({"a": ["b"], "b": ["c"], "c": ["b"]})
    [['b', 'c'], ['a']]
    """
    search: _Search[Node] = _Search(before)
    for root in before:
        if root not in search.index:
            search.start(root)
    return search.components


class _Search(Generic[Node]):
    """Tarjan's search, with a stack of its own."""

    def __init__(self, before: Mapping[Node, Collection[Node]]) -> None:
        self.index: dict[Node, int] = {}
        self.components: list[list[Node]] = []
        self._before = before
        self._low: dict[Node, int] = {}
        self._settled: set[Node] = set()
        self._open: list[Node] = []
        self._path: list[tuple[Node, Iterator[Node]]] = []

    def start(self, root: Node) -> None:
        """Look at everything that `root` waits for."""
        self._enter(root)
        while self._path:
            node, rest = self._path[-1]
            other = next((each for each in rest if each not in self._settled), None)
            if other is None:
                self._leave(node)
            elif other in self.index:
                self._low[node] = min(self._low[node], self.index[other])
            else:
                self._enter(other)

    def _enter(self, node: Node) -> None:
        self.index[node] = self._low[node] = len(self.index)
        self._open.append(node)
        self._path.append((node, iter(self._before[node])))

    def _leave(self, node: Node) -> None:
        self._path.pop()
        if self._path:
            above = self._path[-1][0]
            self._low[above] = min(self._low[above], self._low[node])
        if self._low[node] < self.index[node]:
            return
        # The first node of a circle that the search met: the circle is what it has entered since.
        size = next(place for place in range(len(self._open) - 1, -1, -1) if self._open[place] == node)
        self.components.append(self._open[size:])
        self._settled.update(self._open[size:])
        del self._open[size:]

"""The order in which a flow calls its tasks: whoever makes an asset before whoever reads it, else as given."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from transload.model.graph import AssetGraph


def in_order_of_dependencies(graph: AssetGraph, jobs: Sequence[str]) -> tuple[str, ...]:
    """Each job once. In a circle, the order given breaks it."""
    rank = {name: place for place, name in enumerate(dict.fromkeys(jobs))}
    before = {name: _before(graph, name, rank) for name in rank}
    behind: dict[str, list[str]] = {name: [] for name in rank}
    for name, earlier in before.items():
        for other in earlier:
            behind[other].append(name)
    return _sorted(rank, {name: len(earlier) for name, earlier in before.items()}, behind)


def _before(graph: AssetGraph, name: str, rank: dict[str, int]) -> set[str]:
    job = graph.job[name]
    makers = (maker.name for read in job.reads for maker in graph.writers.get(read.asset, ()))
    return {other for other in (*makers, *job.after) if other in rank and other != name}


def _sorted(rank: dict[str, int], waits: dict[str, int], behind: dict[str, list[str]]) -> tuple[str, ...]:
    names = list(rank)
    ready = [place for name, place in rank.items() if not waits[name]]
    heapq.heapify(ready)
    done: dict[str, None] = {}
    left = iter(names)
    while len(done) < len(names):
        name = names[heapq.heappop(ready)] if ready else next(each for each in left if each not in done)
        if name in done:
            continue
        done[name] = None
        for other in behind[name]:
            waits[other] -= 1
            if not waits[other]:
                heapq.heappush(ready, rank[other])
    return tuple(done)

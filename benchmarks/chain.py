"""A chain of assets, ten times as long: its graph, edges, translation and source take ten times as long, and no recursion.

python benchmarks/chain.py
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from estates import chain
from measure import once, show

from transload.adapter import Translation
from transload.gc_pause import paused_collection
from transload.model.graph import AssetGraph
from transload.projects import generate
from transload.registry import tools
from transload.translator import translate

SHORT, LONG = 10_000, 100_000
GOAL = 1.5
RUNS = 3
"""Of which the fastest counts: what else the machine does only ever adds."""


def grown(what: str, work: Callable[[Any], object], ready: Callable[[int], Any]) -> None:
    """Print how the time of `work` on the long chain, made `ready`, compares to ten times that on the short one."""
    short, long = (min(_timed(work, ready(number)) for _ in range(RUNS)) for number in (SHORT, LONG))
    show(f"chain of {LONG:,}: {what} over ten times {SHORT:,}", long, LONG / SHORT * short, GOAL)


def _timed(work: Callable[[Any], object], given: Any) -> float:
    """As the reader and the translator work: without garbage collection meanwhile."""
    with paused_collection():
        return once(lambda: work(given))


def translated(tool: str) -> Callable[[AssetGraph], Translation]:
    """Translation into a tool."""
    return lambda graph: translate(graph, tool)


def main() -> None:
    """Print the figures."""
    grown("graph", chain, int)
    grown("edges", lambda graph: graph.edges, chain)
    for tool in sys.argv[1:] or tools():
        into = translated(tool)
        grown(f"{tool} translation", into, chain)
        grown(f"{tool} source", generate, _ready(into))


def _ready(into: Callable[[AssetGraph], Translation]) -> Callable[[int], Translation]:
    return lambda number: into(chain(number))


if __name__ == "__main__":
    main()

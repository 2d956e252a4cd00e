"""A chain of assets, ten times as long: its graph, edges, translation and source take ten times as long, and no recursion.

python benchmarks/chain.py
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from estates import chain
from measure import once, show

from transload.projects import generate
from transload.registry import tools
from transload.translator import translate

SHORT, LONG = 10_000, 100_000
GOAL = 1.5


def grown(what: str, work: Callable[[int], Callable[[], object]]) -> None:
    """Print how the time of the long chain compares to ten times that of the short one."""
    short = min(once(work(SHORT)) for _ in range(3))
    show(f"chain of {LONG:,}: {what} over ten times {SHORT:,}", once(work(LONG)), LONG / SHORT * short, GOAL)


def main() -> None:
    """Print the figures."""
    grown("graph", lambda number: lambda: chain(number))
    grown("edges", lambda number: lambda graph=chain(number): graph.edges)
    for tool in sys.argv[1:] or tools():
        grown(f"{tool} translation", lambda number, tool=tool: lambda graph=chain(number): translate(graph, tool))
        grown(f"{tool} source", lambda number, tool=tool: lambda ready=translate(chain(number), tool): generate(ready))


if __name__ == "__main__":
    main()

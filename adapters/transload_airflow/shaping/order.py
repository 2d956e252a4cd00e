"""The order of tasks within a DAG: what jobs say, and what the assets that they hand over imply."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from transload.model.graph import AssetGraph
from transload.model.jobs import Flow, Job

Order = Mapping[str, Collection[str]]
"""Job → the jobs directly before it."""


def stated(jobs: Iterable[Job]) -> dict[str, list[str]]:
    """What the jobs of one DAG say themselves; a task cannot wait for one of another DAG, or for itself."""
    together = {job.name: job for job in jobs}
    return {
        name: [other for other in dict.fromkeys(job.after) if other in together and other != name]
        for name, job in together.items()
    }


def implied(flow: Flow, graph: AssetGraph) -> dict[str, list[str]]:
    """Whoever reads an asset comes after those jobs of the same DAG that write it."""
    inside = set(flow.jobs)
    return {
        name: list(
            dict.fromkeys(
                writer.name
                for read in graph.job[name].reads
                for writer in graph.writers.get(read.asset, ())
                if writer.name in inside and writer.name != name
            )
        )
        for name in flow.jobs
    }


def joined(first: Order, second: Order) -> dict[str, list[str]]:
    """Both orders together."""
    return {name: list(dict.fromkeys([*first[name], *second.get(name, ())])) for name in first}


def acyclic(order: Order) -> dict[str, list[str]]:
    """The order without the edges that close a circle, found in the order of names."""
    finished: set[str] = set()
    kept: dict[str, list[str]] = {name: [] for name in order}
    for start in sorted(order):
        _visit(start, order, kept, finished)
    return kept


def _visit(start: str, order: Order, kept: dict[str, list[str]], finished: set[str]) -> None:
    """Depth first with a stack of its own: a chain may be as long as a DAG is."""
    if start in finished:
        return
    path, open_ = [(start, iter(sorted(order[start])))], {start}
    while path:
        name, rest = path[-1]
        upstream = next(rest, None)
        if upstream is None:
            path.pop()
            open_.discard(name)
            finished.add(name)
        elif upstream not in open_:
            kept[name].append(upstream)
            if upstream not in finished:
                path.append((upstream, iter(sorted(order[upstream]))))
                open_.add(upstream)


def is_acyclic(order: Order) -> bool:
    """Whether nothing waits for itself."""
    kept = acyclic(order)
    return all(set(kept[name]) == set(order[name]) for name in order)

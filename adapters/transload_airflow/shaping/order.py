"""The order of tasks within a DAG: that of their jobs, and that which the assets between them imply."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from transload.model.graph import AssetGraph
from transload.model.jobs import Flow, Job

Order = Mapping[str, Collection[str]]
"""Job → the jobs directly before it."""


def stated(jobs: Iterable[Job]) -> dict[str, list[str]]:
    """The order that the jobs of one DAG have themselves; a task cannot wait for one of another DAG, or for itself."""
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

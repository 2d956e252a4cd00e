"""The order in which a flow calls its tasks: whoever makes an asset before whoever reads it, else as listed."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from transload.model.graph import AssetGraph
from transload.ordering import ordered


def in_order_of_dependencies(graph: AssetGraph, jobs: Sequence[str]) -> tuple[str, ...]:
    """Each job once. In a circle, the order of the list breaks it."""
    inside = dict.fromkeys(jobs)
    return tuple(ordered({name: _before(graph, name, inside) for name in inside}))


def _before(graph: AssetGraph, name: str, inside: Collection[str]) -> set[str]:
    job = graph.job[name]
    makers = (maker.name for read in job.reads for maker in graph.writers.get(read.asset, ()))
    return {other for other in (*makers, *job.after) if other in inside and other != name}

"""The partitions of assets, which in Airflow only DAGs have: those that write them, and those whose mappers state them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from transload.model.graph import AssetGraph
from transload.model.identity import AssetId
from transload.model.partitions import Partitions
from transload.partitioning import Sides

Stated = Mapping[AssetId, Sides]
"""What the mappers of a DAG say of the assets that it listens to, and of itself."""


def derived(graph: AssetGraph, stated: Iterable[Stated]) -> dict[AssetId, Partitions]:
    """The partitions of the assets of which a mapper states them, and of those that only DAGs of one partitioning write."""
    found: dict[AssetId, list[Partitions | None]] = {}
    for flow in graph.flows:
        for name in flow.jobs:
            for write in graph.job[name].writes:
                found.setdefault(write.asset, []).append(flow.partitions)
    written = {
        asset: first
        for asset, (first, *rest) in found.items()
        if first is not None and all(each == first for each in rest)
    }
    return {**written, **upstreams(stated)}


def upstreams(stated: Iterable[Stated]) -> dict[AssetId, Partitions]:
    """The partitions that mappers state of assets; of several, the first."""
    found: dict[AssetId, Partitions] = {}
    for each in stated:
        for asset, sides in each.items():
            if sides.upstream is not None:
                found.setdefault(asset, sides.upstream)
    return found

"""The partitions of assets, which in Airflow only DAGs have: those that write them, and those whose mappers state or imply them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from transload.model.graph import AssetGraph
from transload.model.identity import AssetId
from transload.model.partitions import Partitions
from transload.partitioning import Sides
from transload.partitioning.propagation import derived

Stated = Mapping[AssetId, Sides]
"""Upstream asset → the definitions that its mapper states of it and of the DAG."""


def partitions_of_assets(graph: AssetGraph, stated: Iterable[Stated]) -> dict[AssetId, Partitions]:
    """The partitions of the assets of which a mapper states them, and of those that only DAGs of one partitioning write."""
    upstream = upstreams(stated)
    return {**upstream, **derived(graph, upstream)}


def upstreams(stated: Iterable[Stated]) -> dict[AssetId, Partitions]:
    """The partitions that mappers state of assets; of several, the first."""
    partitions: dict[AssetId, Partitions] = {}
    for by_asset in stated:
        for asset, sides in by_asset.items():
            if sides.upstream is not None:
                partitions.setdefault(asset, sides.upstream)
    return partitions

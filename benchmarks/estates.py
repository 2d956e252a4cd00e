"""Graphs to measure with."""

from __future__ import annotations

from transload.model.assets import Asset
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import identify
from transload.model.jobs import Job, Read, Retries, Write


def wide(number: int) -> AssetGraph:
    """`number` assets in groups, each written by a job that reads the three before it."""
    ids = [identify(f"s3://lake/area{index // 100}/table{index}") for index in range(number)]
    assets = [
        Asset(
            id=name,
            description=f"Table {index}",
            group=f"area{index // 100}",
            owners=("team:data",),
            tags={"tier": "gold"},
            kinds=("parquet",),
            metadata={"rows": index},
        )
        for index, name in enumerate(ids)
    ]
    return graph_of(assets=assets, jobs=[_job(index, ids) for index in range(number)])


def chain(number: int) -> AssetGraph:
    """A chain of `number` assets."""
    ids = [identify(f"s3://lake/step{index}") for index in range(number)]
    jobs = [
        Job(name=f"step{index}", reads=(Read(asset=ids[index - 1]),) if index else (), writes=(Write(asset=name),))
        for index, name in enumerate(ids)
    ]
    return graph_of(assets=[Asset(id=name) for name in ids], jobs=jobs)


def _job(index: int, ids: list) -> Job:  # type: ignore[type-arg]
    reads = tuple(Read(asset=ids[upstream]) for upstream in range(max(0, index - 3), index))
    return Job(
        name=f"make_table{index}",
        reads=reads,
        writes=(Write(asset=ids[index]),),
        retries=Retries(count=2, delays=(30.0,)),
    )

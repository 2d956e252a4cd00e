"""Circles of assets that depend on each other, which Dagster refuses."""

from __future__ import annotations

from typing import Final

from transload.adapter import Notes, shape_loss
from transload.loss import Code
from transload.model.graph import AssetGraph
from transload.model.identity import AssetId
from transload.model.jobs import Job, Write
from transload.model.partitions import TimeMapping, TimePartitions
from transload.ordering import components
from transload_dagster.codecs import partitions
from transload_dagster.names import TOOL

_CYCLE: Final = "Dagster refuses assets that depend on each other in a circle; these inputs are left out: {inputs}."


def acyclic(jobs: list[Job], graph: AssetGraph, notes: Notes) -> list[Job]:
    """The jobs without the inputs that close a circle; those are noted."""
    writer = {write.asset: job.name for job in jobs for write in job.writes}
    upstream = {job.name: {writer[asset] for asset in _inputs(job) if asset in writer} for job in jobs}
    circles = components(upstream)
    if len(circles) == len(upstream) and not any(job.name in upstream[job.name] or len(job.writes) > 1 for job in jobs):
        return jobs
    component = {name: number for number, names in enumerate(circles) for name in names}
    return [
        _cut(
            job,
            {asset for asset in _inputs(job) if asset in writer and component[writer[asset]] == component[job.name]},
            graph,
            notes,
        )
        for job in jobs
    ]


def _inputs(job: Job) -> list[AssetId]:
    """The assets that the op of a job reads: another of its own outputs is no input."""
    own = {write.asset for write in job.writes}
    inner = (asset for write in job.writes for asset in write.reads or () if asset not in own or asset == write.asset)
    return [*(read.asset for read in job.reads), *inner]


def _cut(job: Job, circular: set[AssetId], graph: AssetGraph, notes: Notes) -> Job:
    bad = {asset for asset in circular if not _earlier_self(job, asset, graph)}
    inner = _inner_circle(job)
    if not bad and not inner:
        return job
    left_out = ", ".join(sorted("/".join(graph.asset[asset].names[TOOL]) for asset in bad | inner))
    own = {write.asset for write in job.writes}
    gone = bad | (own if inner else set())
    cut = {
        "reads": tuple(read for read in job.reads if read.asset not in bad),
        "writes": tuple(write.model_copy(update={"reads": _less(write.reads, gone)}) for write in job.writes),
    }
    changed = {field: value for field, value in cut.items() if value != getattr(job, field)}
    for field in changed:
        notes.add(
            shape_loss(job, field, Code.JOB_FIELD, _CYCLE.format(inputs=left_out), remedy="Break the circle by hand.")
        )
    return job.model_copy(update=changed)


def _less(reads: tuple[AssetId, ...] | None, gone: set[AssetId]) -> tuple[AssetId, ...] | None:
    return None if reads is None else tuple(asset for asset in reads if asset not in gone)


def _earlier_self(job: Job, asset: AssetId, graph: AssetGraph) -> bool:
    """Only a time-partitioned asset may read itself, and only earlier partitions."""
    reads = [read for read in job.reads if read.asset == asset]
    definition = graph.asset[asset].partitions
    return (
        len(job.writes) == 1
        and job.writes[0] == Write(asset=asset, optional=job.writes[0].optional)
        and len(reads) == 1
        and isinstance(definition, TimePartitions)
        and isinstance(partitions.expressible(definition), TimePartitions)
        and isinstance(reads[0].mapping, TimeMapping)
        and reads[0].mapping.start_offset <= reads[0].mapping.end_offset < 0
    )


def _inner_circle(job: Job) -> set[AssetId]:
    """Outputs of one job that are made from each other."""
    own = {write.asset for write in job.writes}
    if len(own) == 1:
        return set()
    upstream = {
        write.asset: {asset for asset in write.reads or () if asset in own and asset != write.asset}
        for write in job.writes
    }
    return {asset for circle in components(upstream) if len(circle) > 1 for asset in circle}

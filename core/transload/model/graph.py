"""The asset graph: assets, the jobs that read and write them, the flows that run these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeVar

from pydantic import model_validator

from transload.errors import GraphError
from transload.model.assets import Alias, Asset
from transload.model.base import Record
from transload.model.identity import AssetId, uri_of
from transload.model.jobs import Flow, Job
from transload.model.triggers import updated_assets

Named = TypeVar("Named", Asset, Job, Flow, Alias)


class Edge(NamedTuple):
    """`downstream` is made from `upstream` by `job` (kind "data"), or is made when `upstream` is updated (kind "trigger")."""

    upstream: AssetId
    downstream: AssetId
    job: str
    kind: Literal["data", "trigger"]


class AssetGraph(Record):
    """Assets, jobs, flows and aliases, each sorted by name; closed: whatever one of them names is there.

    Raises `GraphError` (through validation) for a name used twice or a reference to nothing.
    """

    assets: tuple[Asset, ...] = ()
    jobs: tuple[Job, ...] = ()
    flows: tuple[Flow, ...] = ()
    aliases: tuple[Alias, ...] = ()

    @model_validator(mode="after")
    def _closed(self) -> AssetGraph:
        for kind, names in (
            ("asset", [asset.id for asset in self.assets]),
            ("job", [job.name for job in self.jobs]),
            ("flow", [flow.name for flow in self.flows]),
            ("alias", [alias.name for alias in self.aliases]),
        ):
            _unique(kind, names)
        _known(self)
        return self

    @cached_property
    def asset(self) -> Mapping[AssetId, Asset]:
        """Assets by identity."""
        return {asset.id: asset for asset in self.assets}

    @cached_property
    def job(self) -> Mapping[str, Job]:
        """Jobs by name."""
        return {job.name: job for job in self.jobs}

    @cached_property
    def flow(self) -> Mapping[str, Flow]:
        """Flows by name."""
        return {flow.name: flow for flow in self.flows}

    @cached_property
    def writers(self) -> Mapping[AssetId, tuple[Job, ...]]:
        """The jobs that write each asset."""
        return _group((write.asset, job) for job in self.jobs for write in job.writes)

    @cached_property
    def readers(self) -> Mapping[AssetId, tuple[Job, ...]]:
        """The jobs that read each asset."""
        return _group((read.asset, job) for job in self.jobs for read in job.reads)

    @cached_property
    def flows_of(self) -> Mapping[str, tuple[Flow, ...]]:
        """The flows that run each job."""
        return _group((name, flow) for flow in self.flows for name in flow.jobs)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Every edge between two assets, data before trigger, without repeats; a trigger edge only where no data edge says it."""
        data = dict.fromkeys(edge for job in self.jobs for edge in _data_edges(job))
        said = {(edge.upstream, edge.downstream) for edge in data}
        triggers = dict.fromkeys(edge for edge in _trigger_edges(self) if edge[:2] not in said)
        return (*data, *triggers)

    @cached_property
    def edges_from(self) -> Mapping[AssetId, tuple[Edge, ...]]:
        """Edges by the asset that they start from."""
        return _group((edge.upstream, edge) for edge in self.edges)

    def replaced(self, **parts: Iterable[Any]) -> AssetGraph:
        """A copy with other assets, jobs, flows or aliases, sorted and checked anew."""
        current = {"assets": self.assets, "jobs": self.jobs, "flows": self.flows, "aliases": self.aliases}
        return graph_of(**{**current, **parts})


def graph_of(
    assets: Iterable[Asset] = (), jobs: Iterable[Job] = (), flows: Iterable[Flow] = (), aliases: Iterable[Alias] = ()
) -> AssetGraph:
    """A graph of these parts in canonical order. Raises `GraphError` if it is not closed or a name comes twice."""
    graph = AssetGraph.model_construct(
        assets=tuple(sorted(assets, key=lambda asset: asset.id)),
        jobs=tuple(sorted(jobs, key=lambda job: job.name)),
        flows=tuple(sorted(flows, key=lambda flow: flow.name)),
        aliases=tuple(sorted(aliases, key=lambda alias: alias.name)),
    )
    return graph._closed()


def referenced(graph: AssetGraph) -> Iterator[tuple[AssetId, str]]:
    """Every asset that something names, and what names it."""
    for job in graph.jobs:
        for read in job.reads:
            yield read.asset, f"job {job.name}"
        for write in job.writes:
            yield write.asset, f"job {job.name}"
            yield from ((asset, f"job {job.name}") for asset in write.reads or ())
    for flow in graph.flows:
        for schedule in flow.schedules:
            yield from ((asset, f"flow {flow.name}") for asset in updated_assets(schedule.trigger))
    for asset in graph.assets:
        yield from ((other, f"asset {uri_of(asset.id)}") for other in updated_assets(asset.trigger))
        yield from ((source.asset, f"asset {uri_of(asset.id)}") for sources in asset.column_lineage.values() for source in sources)
        yield from ((other, f"asset {uri_of(asset.id)}") for check in asset.checks for other in check.reads)


def _unique(kind: str, names: list[Any]) -> None:
    if len(set(names)) == len(names):
        return
    seen: set[Any] = set()
    twice = next(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]
    text = uri_of(twice) if isinstance(twice, AssetId) else twice
    raise GraphError(f"The {kind} {text!r} is defined twice.", hint="Rename one of them, or join them by a rule in transload.toml.")


def _known(graph: AssetGraph) -> None:
    assets = {asset.id for asset in graph.assets}
    jobs = {job.name for job in graph.jobs}
    for asset, by in referenced(graph):
        if asset not in assets:
            raise GraphError(f"The asset {uri_of(asset)!r} is named but not defined.", where=by, hint="Add it to the graph's assets.")
    named = [(name, f"flow {flow.name}") for flow in graph.flows for name in flow.jobs]
    named += [(name, f"job {job.name}") for job in graph.jobs for name in job.after]
    for name, by in named:
        if name not in jobs:
            raise GraphError(f"The job {name!r} is named but not defined.", where=by, hint="Add it to the graph's jobs.")


def _group(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, tuple[Any, ...]]:
    groups: dict[Any, list[Any]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in groups.items()}


def _data_edges(job: Job) -> Iterator[Edge]:
    everything = tuple(read.asset for read in job.reads)
    for write in job.writes:
        for upstream in everything if write.reads is None else write.reads:
            yield Edge(upstream, write.asset, job.name, "data")


def _trigger_edges(graph: AssetGraph) -> Iterator[Edge]:
    for flow in graph.flows:
        listened = [asset for schedule in flow.schedules for asset in updated_assets(schedule.trigger)]
        for name in flow.jobs if listened else ():
            for write in graph.job[name].writes:
                yield from (Edge(asset, write.asset, name, "trigger") for asset in listened)
    for asset in graph.assets:
        for upstream in updated_assets(asset.trigger):
            yield from (Edge(upstream, asset.id, job.name, "trigger") for job in graph.writers.get(asset.id, ()))


def mapped(entities: Iterable[Named], change: Callable[[Named], Named]) -> tuple[Named, ...]:
    """Each entity changed."""
    return tuple(change(entity) for entity in entities)

"""The asset graph: assets, the jobs that read and write them, the flows that run these."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from operator import attrgetter
from typing import Any, Final, Literal, NamedTuple

from pydantic import model_validator

from transload.errors import GraphError
from transload.model.assets import Alias, Asset
from transload.model.base import Record
from transload.model.identity import AssetId, uri_of
from transload.model.jobs import Flow, Job
from transload.model.triggers import named_assets, updated_aliases, updated_assets

Entity = Asset | Job | Flow | Alias

_ID: Final = attrgetter("id")
_NAME: Final = attrgetter("name")


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
        return checked(_sorted(self))

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
        data_pairs = {(edge.upstream, edge.downstream) for edge in data}
        triggers = dict.fromkeys(edge for edge in _trigger_edges(self) if edge[:2] not in data_pairs)
        return (*data, *triggers)

    @cached_property
    def edges_from(self) -> Mapping[AssetId, tuple[Edge, ...]]:
        """Edges by the asset that they start from."""
        return _group((edge.upstream, edge) for edge in self.edges)

    def __copy__(self) -> AssetGraph:
        """Without what was looked up in the first one: `model_copy` changes fields."""
        return AssetGraph.model_construct(assets=self.assets, jobs=self.jobs, flows=self.flows, aliases=self.aliases)

    def replaced(self, **parts: Iterable[Any]) -> AssetGraph:
        """A copy with other assets, jobs, flows or aliases, sorted and checked anew."""
        current = {"assets": self.assets, "jobs": self.jobs, "flows": self.flows, "aliases": self.aliases}
        return graph_of(**{**current, **parts})


def graph_of(
    assets: Iterable[Asset] = (), jobs: Iterable[Job] = (), flows: Iterable[Flow] = (), aliases: Iterable[Alias] = ()
) -> AssetGraph:
    """A graph of these parts in canonical order. Raises `GraphError` if it is not closed or a name comes twice."""
    return checked(unchecked(assets, jobs, flows, aliases))


def unchecked(
    assets: Iterable[Asset] = (), jobs: Iterable[Job] = (), flows: Iterable[Flow] = (), aliases: Iterable[Alias] = ()
) -> AssetGraph:
    """A graph on the way to being one: in canonical order, but perhaps not closed."""
    return AssetGraph.model_construct(
        assets=tuple(sorted(assets, key=_ID)),
        jobs=tuple(sorted(jobs, key=_NAME)),
        flows=tuple(sorted(flows, key=_NAME)),
        aliases=tuple(sorted(aliases, key=_NAME)),
    )


def subject_of(entity: Entity) -> str:
    """How a report names an entity."""
    return (
        f"asset {uri_of(entity.id)}" if isinstance(entity, Asset) else f"{type(entity).__name__.lower()} {entity.name}"
    )


def name_of(entity: Entity) -> Any:
    """What an entity is known by in its graph: an asset's identity, the name of any other."""
    return entity.id if isinstance(entity, Asset) else entity.name


def checked(graph: AssetGraph) -> AssetGraph:
    """The graph itself. Raises `GraphError` if it is not closed or a name comes twice."""
    assets = _unique("asset", [asset.id for asset in graph.assets])
    jobs = _unique("job", [job.name for job in graph.jobs])
    _unique("flow", [flow.name for flow in graph.flows])
    aliases = _unique("alias", [alias.name for alias in graph.aliases])
    _known("asset", referenced(graph), assets)
    _known("job", referenced_jobs(graph), jobs)
    _known("alias", referenced_aliases(graph), aliases)
    return graph


def _sorted(graph: AssetGraph) -> AssetGraph:
    """Brings a graph that was just read into canonical order, in place: nobody else holds it yet."""
    for kind in ("assets", "jobs", "flows", "aliases"):
        object.__setattr__(graph, kind, tuple(sorted(getattr(graph, kind), key=name_of)))
    return graph


def referenced(graph: AssetGraph) -> Iterator[tuple[AssetId, Entity]]:
    """Every asset that an entity names, and that entity."""
    for job in graph.jobs:
        for named in _named_by_job(job):
            yield named, job
    for flow in graph.flows:
        for schedule in flow.schedules:
            yield from ((asset, flow) for asset in named_assets(schedule.trigger))
    for asset in graph.assets:
        if asset.trigger or asset.column_lineage or asset.checks:
            yield from ((other, asset) for other in _named_by_asset(asset))


def _named_by_job(job: Job) -> Iterator[AssetId]:
    for read in job.reads:
        yield read.asset
    for write in job.writes:
        yield write.asset
        yield from write.reads or ()


def _named_by_asset(asset: Asset) -> Iterator[AssetId]:
    yield from named_assets(asset.trigger)
    for sources in asset.column_lineage.values():
        yield from (source.asset for source in sources)
    for check in asset.checks:
        yield from check.reads


def referenced_jobs(graph: AssetGraph) -> Iterator[tuple[str, Entity]]:
    """Every job that an entity names, and that entity."""
    for flow in graph.flows:
        yield from ((name, flow) for name in flow.jobs)
    for job in graph.jobs:
        yield from ((name, job) for name in job.upstream)


def referenced_aliases(graph: AssetGraph) -> Iterator[tuple[str, Entity]]:
    """Every alias that an entity names, and that entity."""
    for job in graph.jobs:
        if job.reads_aliases or job.writes_aliases:
            yield from ((name, job) for name in (*job.reads_aliases, *job.writes_aliases))
    for flow in graph.flows:
        for schedule in flow.schedules:
            yield from ((name, flow) for name in updated_aliases(schedule.trigger))
    for asset in graph.assets:
        if asset.trigger:
            yield from ((name, asset) for name in updated_aliases(asset.trigger))


def _unique(kind: str, names: list[Any]) -> set[Any]:
    if len(once := set(names)) == len(names):
        return once
    seen: set[Any] = set()
    twice = next(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]
    text = uri_of(twice) if isinstance(twice, AssetId) else twice
    raise GraphError(
        f"The {kind} {text!r} is defined twice.", hint="Rename one of them, or join them by a rule in transload.toml."
    )


def _known(kind: str, references: Iterable[tuple[Any, Entity]], known: Collection[Any]) -> None:
    for name, by in references:
        if name not in known:
            text = uri_of(name) if isinstance(name, AssetId) else name
            raise GraphError(
                f"The {kind} {text!r} is named but not defined.", where=subject_of(by), hint="Add it to the graph."
            )


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

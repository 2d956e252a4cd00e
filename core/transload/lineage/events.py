"""Graph → static OpenLineage events: one DatasetEvent per asset, then one JobEvent per job.

All DatasetEvents come first: a symlink that arrives after its alias was used never merges (Marquez #2738). Equal graphs and times
give byte-identical events.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha1
from typing import Any, Final

from pydantic_core import to_json

from transload.lineage import facets
from transload.lineage.dialects import PLAIN, Dialect
from transload.lineage.naming import JobId, Namespaces
from transload.lineage.repositories import Repository
from transload.model.assets import Asset
from transload.model.graph import AssetGraph
from transload.model.identity import AssetId
from transload.model.jobs import Job, Write

Event = dict[str, Any]

_EVERYTHING: Final = None


@dataclass(frozen=True)
class Settings:
    """`time` is the ISO-8601 instant of every event, with its zone; `repositories` say where each tool's files are versioned."""

    time: str
    namespaces: Namespaces = field(default_factory=Namespaces)
    dialect: Dialect = PLAIN
    repositories: Mapping[str, Repository] = field(default_factory=dict)


def static_events(graph: AssetGraph, settings: Settings) -> Iterator[Event]:
    """Every event of the graph, in the order in which they must arrive."""
    describe = _Describer(graph, settings)
    if settings.dialect.static:
        yield from (describe.dataset_event(asset) for asset in graph.assets)
    for job in graph.jobs:
        if job.reads or job.writes:
            yield from describe.job_events(job)


def serialised(event: Event) -> bytes:
    """The event as JSON, one line, keys in the order of the specification."""
    return to_json(event)


class _Describer:
    """Makes events of one graph under one set of settings."""

    def __init__(self, graph: AssetGraph, settings: Settings) -> None:
        self.graph = graph
        self.settings = settings
        kind = settings.dialect.symlink_type
        self.symlinks = {asset.id: facets.symlinks(settings.namespaces.symlinks(asset), kind) for asset in graph.assets}
        self.repeated = {asset.id: self._repeated(asset) for asset in graph.assets}

    def _repeated(self, asset: Asset) -> dict[str, facets.Facet]:
        return {**self.symlinks[asset.id], **facets.dataset_facets(asset)} if self.settings.dialect.repeat else {}

    def dataset_event(self, asset: Asset) -> Event:
        """The declaration of an asset."""
        described = {**self.symlinks[asset.id], **facets.dataset_facets(asset)}
        return self._event("DatasetEvent", dataset={"namespace": asset.id.namespace, "name": asset.id.name, "facets": described})

    def job_events(self, job: Job) -> Iterator[Event]:
        """The declaration of a job; several where the consumer would else link every input to every output."""
        groups = _by_inputs(job) if self.settings.dialect.split else [(_EVERYTHING, job.writes)]
        several = len(groups) > 1
        for reads, writes in groups:
            name = self.settings.namespaces.job(job)
            if several:
                name = JobId(name.namespace, f"{name.name}.{_safe(writes[0].asset)}")
            yield self._job_event(job, name, reads, writes)

    def _job_event(self, job: Job, name: JobId, reads: tuple[AssetId, ...] | None, writes: tuple[Write, ...]) -> Event:
        wanted = {read.asset for read in job.reads} if reads is None else set(reads)
        inputs = [self._dataset(read.asset) for read in job.reads if read.asset in wanted]
        outputs = [self._output(write.asset) for write in writes]
        fields = {"job": {**name._asdict(), "facets": self._job_facets(job, writes)}, "inputs": inputs, "outputs": outputs}
        if self.settings.dialect.static:
            return self._event("JobEvent", **fields)
        return self._event("RunEvent", eventType="COMPLETE", run={"runId": self._run_id(name), "facets": {}}, **fields)

    def _job_facets(self, job: Job, writes: tuple[Write, ...]) -> dict[str, facets.Facet]:
        tool = job.origin.tool if job.origin else None
        flows = self.graph.flows_of.get(job.name, ())
        made = facets.job_facets(job, flows, [self.graph.asset[write.asset] for write in writes], tool)
        if self.settings.dialect.split:
            made.pop("lineage", None)
        repository = self.settings.repositories.get(tool or "")
        if repository and job.origin and job.origin.path:
            made["sourceCodeLocation"] = repository.facet(job.origin.path, job.origin.line)
        return made

    def _dataset(self, asset: AssetId) -> dict[str, Any]:
        return {"namespace": asset.namespace, "name": asset.name, "facets": self.repeated[asset]}

    def _output(self, asset: AssetId) -> dict[str, Any]:
        described = {**self.repeated[asset], **facets.column_lineage(self.graph.asset[asset])}
        return {"namespace": asset.namespace, "name": asset.name, "facets": described}

    def _event(self, kind: str, **fields: Any) -> Event:
        return {"eventTime": self.settings.time, "producer": facets.PRODUCER, "schemaURL": facets.CORE + kind, **fields}

    def _run_id(self, name: JobId) -> str:
        return static_run_id(self.settings.time, name)


def _by_inputs(job: Job) -> list[tuple[tuple[AssetId, ...] | None, tuple[Write, ...]]]:
    groups: dict[tuple[AssetId, ...] | None, list[Write]] = {}
    for write in job.writes:
        groups.setdefault(write.reads, []).append(write)
    return [(reads, tuple(writes)) for reads, writes in groups.items()] or [(_EVERYTHING, ())]


def _safe(asset: AssetId) -> str:
    return asset.name


def static_run_id(time: str, job: JobId) -> str:
    """A version 7 UUID made of the instant and the job, by the formula of openlineage-python's `generate_static_uuid`."""
    from openlineage.client.uuid import generate_static_uuid

    return str(generate_static_uuid(datetime.fromisoformat(time), sha1(to_json(list(job)), usedforsecurity=False).digest()))


def distinct_jobs(events: Iterable[Event]) -> set[JobId]:
    """The jobs that events speak of."""
    return {JobId(event["job"]["namespace"], event["job"]["name"]) for event in events if "job" in event}

"""Graph → static OpenLineage events: one DatasetEvent per asset, then one JobEvent per job.

All DatasetEvents come first: a symlink that arrives after its alias was used never merges (Marquez #2738). Equal graphs and times
give byte-identical events.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from pydantic_core import PydanticSerializationError, to_json

from transload.lineage import facets
from transload.lineage.dialects import PLAIN, Dialect
from transload.lineage.naming import JobId, Namespaces, aliases, job_ids, part_of, tool_of
from transload.lineage.repositories import Checkouts
from transload.model.assets import Asset
from transload.model.graph import AssetGraph
from transload.model.identity import AssetId
from transload.model.jobs import Job, Write

Event = dict[str, Any]

_RUN_STATES: Final = ("START", "COMPLETE")
_PER_ASSET: Final = frozenset({"dagster"})
"""Tools whose own integration names a job after each asset, not after what makes several."""


@dataclass(frozen=True)
class Settings:
    """`time` is the ISO-8601 instant of every event, with its zone; `checkouts` say where files are versioned."""

    time: str
    namespaces: Namespaces = field(default_factory=Namespaces)
    dialect: Dialect = PLAIN
    checkouts: Checkouts = field(default_factory=Checkouts)


class _Part(NamedTuple):
    """What becomes one job in OpenLineage: a job, or the part of it that makes some of its outputs."""

    identity: JobId
    job: Job
    inputs: tuple[AssetId, ...]
    writes: tuple[Write, ...]


def static_events(graph: AssetGraph, settings: Settings) -> Iterator[Event]:
    """Every event of the graph, in the order in which they must arrive."""
    describe = _Describer(graph, settings)
    if settings.dialect.static:
        yield from map(describe.dataset_event, graph.assets)
    for part in _parts(graph, settings):
        yield from describe.job_events(part)


def unannounced(graph: AssetGraph, settings: Settings) -> tuple[AssetId, ...]:
    """The assets that no event speaks of: those that no job touches, for a consumer that takes no DatasetEvents."""
    if settings.dialect.static:
        return ()
    return tuple(asset.id for asset in graph.assets if asset.id not in graph.writers and asset.id not in graph.readers)


def serialised(event: Mapping[str, Any]) -> bytes:
    """The event as JSON, one line, keys in the order of the specification.

    What no backend can store, NUL and lone surrogates in a text, becomes U+FFFD; names hold neither.
    """
    try:
        line = to_json(event)
    except PydanticSerializationError:
        return to_json(_storable(event))
    return to_json(_storable(event)) if b"\\u0000" in line else line


_UNSTORABLE: Final = {0: "\ufffd", **dict.fromkeys(range(0xD800, 0xE000), "\ufffd")}


def _storable(value: Any) -> Any:
    """Recursive only as deep as an event is nested."""
    if isinstance(value, str):
        return value.translate(_UNSTORABLE)
    if isinstance(value, Mapping):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return [_storable(item) for item in value] if isinstance(value, (list, tuple)) else value


class _Describer:
    """Makes events of one graph under one set of settings."""

    def __init__(self, graph: AssetGraph, settings: Settings) -> None:
        self.graph = graph
        self.settings = settings
        self.names = aliases(graph, settings.namespaces)
        self.repeated = {asset.id: self._facets(asset) for asset in graph.assets} if settings.dialect.repeat else {}

    def _facets(self, asset: Asset) -> dict[str, facets.Facet]:
        """What is said of an asset. Kept only where it is repeated: live dictionaries are what garbage collection costs."""
        containers = facets.dataset_facets(asset)
        links = self.names[asset.id]
        return {**facets.symlinks(links, self.settings.dialect.symlink_type), **containers} if links else containers

    def dataset_event(self, asset: Asset) -> Event:
        """The declaration of an asset."""
        described = self.repeated.get(asset.id) or self._facets(asset)
        dataset = {"namespace": asset.id.namespace, "name": asset.id.name, "facets": described}
        return self._event("DatasetEvent", dataset=dataset)

    def job_events(self, part: _Part) -> Iterator[Event]:
        """The declaration of a job: a JobEvent, or a run where the consumer knows nothing else."""
        fields = {
            "job": {"namespace": part.identity.namespace, "name": part.identity.name, "facets": self._job_facets(part)},
            "inputs": [self._dataset(asset, {}) for asset in part.inputs],
            "outputs": [
                self._dataset(write.asset, facets.column_lineage(self.graph.asset[write.asset]))
                for write in part.writes
            ],
        }
        if self.settings.dialect.static:
            yield self._event("JobEvent", **fields)
            return
        run = {"runId": static_run_id(self.settings.time, part.identity), "facets": {}}
        for state in _RUN_STATES:
            yield self._event("RunEvent", eventType=state, run=run, **fields)

    def _job_facets(self, part: _Part) -> dict[str, facets.Facet]:
        flows = self.graph.flows_of.get(part.job.name, ())
        written = [self.graph.asset[write.asset] for write in part.writes]
        made = facets.job_facets(part.job, flows, written, tool_of(part.job))
        if not self.settings.dialect.split:
            made.update(facets.lineage(part.job))
        if self.settings.checkouts.repositories:
            made.update(self.settings.checkouts.facets(part.job.origin))
        return made

    def _dataset(self, asset: AssetId, more: dict[str, facets.Facet]) -> dict[str, Any]:
        return {
            "namespace": asset.namespace,
            "name": asset.name,
            "facets": {**self.repeated[asset], **more} if self.repeated else more,
        }

    def _event(self, kind: str, **fields: Any) -> Event:
        return {"eventTime": self.settings.time, "producer": facets.PRODUCER, "schemaURL": facets.CORE + kind, **fields}


def _parts(graph: AssetGraph, settings: Settings) -> Iterator[_Part]:
    identities = job_ids(graph, settings.namespaces)
    taken = set(identities.values())
    for job in graph.jobs:
        identity = identities[job.name]
        groups = _groups(job) if settings.dialect.split else [job.writes]
        if len(groups) < 2:  # noqa: PLR2004 - one group is the job itself
            yield _Part(identity, job, _inputs(job, job.writes), job.writes)
            continue
        for writes in groups:
            name = part_of(identity, graph.asset[writes[0].asset], tool_of(job))
            name = name if name not in taken else JobId(name.namespace, f"{identity.name}#{name.name}")
            taken.add(name)
            yield _Part(name, job, _inputs(job, writes), writes)


def _groups(job: Job) -> list[tuple[Write, ...]]:
    """The outputs that are made from the same inputs; each alone where the tool's own integration has a job for each."""
    if tool_of(job) in _PER_ASSET:
        return [(write,) for write in job.writes]
    groups: dict[tuple[AssetId, ...] | None, list[Write]] = {}
    for write in job.writes:
        groups.setdefault(write.reads, []).append(write)
    return [tuple(writes) for writes in groups.values()]


def _inputs(job: Job, writes: tuple[Write, ...]) -> tuple[AssetId, ...]:
    """All that the job reads, or what these outputs say they are made from, once each; of no output's own making."""
    everything = tuple(dict.fromkeys([read.asset for read in job.reads]))
    if len(writes) == len(job.writes):
        return everything
    return tuple(
        dict.fromkeys(asset for write in writes for asset in (everything if write.reads is None else write.reads))
    )


def static_run_id(time: str, job: JobId) -> str:
    """A version 7 UUID made of the instant and the job, by the formula of openlineage-python's `generate_static_uuid`."""
    from openlineage.client.uuid import generate_static_uuid

    return str(generate_static_uuid(datetime.fromisoformat(time), to_json(list(job))))

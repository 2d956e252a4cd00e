"""Partitions where Dagster has them: definitions on assets, mappings on what these are made from.

In Airflow a DAG has them: its timetable tells the keys of runs, or mappers make them of the keys upstream.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from transload.adapter import Notes, shape_loss
from transload.errors import PartitionError
from transload.loss import Code, Severity
from transload.model.assets import Asset
from transload.model.graph import AssetGraph
from transload.model.identity import AssetId, uri_of
from transload.model.jobs import Flow, Job, Read
from transload.model.partitions import PartitionMapping, Partitions
from transload.partitioning import Sides
from transload.partitioning.comparing import Sided
from transload.partitioning.keysets import NONE, Keys
from transload.partitioning.mappings import inferred
from transload.partitioning.propagation import mappings_of, written_keys
from transload_dagster.codecs import legal, partitions
from transload_dagster.names import TOOL, changed
from transload_dagster.shaping.equivalents import Equivalent, Native, equivalent
from transload_dagster.shaping.nearest import NearestDefinition, Place, grounded, nearest, sentence

_MADE: Final = "Mappings make the keys of these partitions; in Dagster they have a definition"
_EXACTLY: Final = "The same keys at the same times are told otherwise in Dagster"
_UNKNOWN: Final = "Mappings make the keys of these partitions, and which cannot be told; in Dagster there are none."
_SEVERAL: Final = "Mappings make the keys of these partitions, those of several definitions; in Dagster there are none."
_NEVER: Final = (
    "Mappings make keys that are never equal, so that nothing starts for any; in Dagster there are no partitions."
)
_READ: Final = "Dagster has a mapping of its own for the partitions of {uri}"
_SAME: Final = "it gives the same keys"


def partitioned(graph: AssetGraph, notes: Notes) -> AssetGraph:
    """The graph with the definitions and mappings that Dagster has; every change is noted."""
    mapped = [flow for flow in graph.flows if flow.partitions is None and mappings_of(flow)]
    if not mapped and all(asset.partitions is None for asset in graph.assets):
        return graph
    flows = _flow_of_jobs(graph)
    places = _places(graph, flows)
    declared = {asset.id: _grounded(asset, places) for asset in graph.assets}
    keys = _made_by_mappings(mapped, graph, declared)
    made = {asset: made_keys.definition for asset, made_keys in keys.items() if made_keys.definition is not None}
    original = {**declared, **made}
    _note_unknown(graph, keys, notes)
    native = {asset.id: _placed(asset, asset.partitions or made.get(asset.id), places) for asset in graph.assets}
    assets = [_asset(asset, native[asset.id], asset.id in made, notes) for asset in graph.assets]
    sides = _Sides(original, {asset: None if result is None else result.definition for asset, result in native.items()})
    jobs = [_job(job, flows.get(job.name), sides, notes) for job in graph.jobs]
    return changed(graph, assets=assets, jobs=jobs)


def _made_by_mappings(
    mapped: Iterable[Flow], graph: AssetGraph, definitions: Mapping[AssetId, Partitions | None]
) -> dict[AssetId, Keys]:
    """The keys of assets that only mappings know: in Dagster the partitions of a job are not those of an asset without any."""
    written = {write.asset for flow in mapped for name in flow.jobs for write in graph.job[name].writes}
    return {asset: keys for asset, keys in written_keys(graph, definitions).items() if asset in written}


def _note_unknown(graph: AssetGraph, keys: Mapping[AssetId, Keys], notes: Notes) -> None:
    """Note the assets that run partition by partition for keys that are those of no definition."""
    for asset in graph.assets:
        made = keys.get(asset.id)
        if made is not None and made.definition is None:
            message = _NEVER if made == NONE else _UNKNOWN if made.is_open else _SEVERAL
            notes.add(shape_loss(asset, "partitions", Code.ASSET_PARTITIONS, message, severity=Severity.APPROXIMATED))


def _flow_of_jobs(graph: AssetGraph) -> dict[str, Flow]:
    first: dict[str, Flow] = {}
    for flow in graph.flows:
        for name in flow.jobs:
            first.setdefault(name, flow)
    return first


def _places(graph: AssetGraph, flows: Mapping[str, Flow]) -> dict[AssetId, Place]:
    """The flow that writes an asset: assets of one flow share their keys."""
    by_asset: dict[AssetId, Place] = {}
    for job in graph.jobs:
        flow = flows.get(job.name)
        for write in job.writes:
            name = job.names[TOOL] if flow is None else flow.names[TOOL]
            by_asset.setdefault(write.asset, Place(legal.identifier(name), None if flow is None else flow.start))
    return by_asset


def _grounded(asset: Asset, places: Mapping[AssetId, Place]) -> Partitions | None:
    place = places.get(asset.id)
    return asset.partitions if asset.partitions is None or place is None else grounded(asset.partitions, place)


def _placed(asset: Asset, definition: Partitions | None, places: Mapping[AssetId, Place]) -> NearestDefinition | None:
    """Dagster's definition for one of an asset; one that Dagster has itself stays as it is."""
    if definition is None:
        return None
    if partitions.expressible(definition) == definition:
        return NearestDefinition(definition)
    return nearest(definition, places.get(asset.id) or Place(legal.identifier(asset.names[TOOL])))


def _asset(asset: Asset, native: NearestDefinition | None, is_made: bool, notes: Notes) -> Asset:  # noqa: FBT001 - which of two notes
    if native is None or (native.definition == asset.partitions and not native.differences):
        return asset
    clauses = (*((_MADE,) if is_made else ()), *native.differences, *native.remarks)
    message = sentence(clauses or (_EXACTLY,))
    severity = Severity.APPROXIMATED if native.differences else Severity.CARRIED
    notes.add(shape_loss(asset, "partitions", Code.ASSET_PARTITIONS, message, severity=severity))
    return asset.model_copy(update={"partitions": native.definition})


class _Sides:
    """The definitions of assets, as they are and as Dagster has them."""

    def __init__(
        self, original: Mapping[AssetId, Partitions | None], native: Mapping[AssetId, Partitions | None]
    ) -> None:
        self.original = original
        self.native = native

    def written(self, job: Job) -> AssetId | None:
        """The first partitioned asset of a job, whose partitions are those of the job."""
        return next((write.asset for write in job.writes if self.native.get(write.asset) is not None), None)

    def equivalent(self, mapping: PartitionMapping, up: AssetId, down: AssetId) -> Equivalent | None:
        """Dagster's mapping for one from one asset to another; None where one of them has no partitions."""
        before = (self.original.get(up), self.original.get(down))
        after = (self.native.get(up), self.native.get(down))
        if before[0] is None or before[1] is None or after[0] is None or after[1] is None:
            return None
        return equivalent(Sided(mapping, before[0], before[1]), Native(after[0], after[1]))

    def is_implied(self, mapping: PartitionMapping, up: AssetId, down: AssetId) -> bool:
        """True for the mapping that Dagster infers where none is declared."""
        sides = Sides(self.native.get(up), self.native.get(down))
        try:
            return inferred(sides) == mapping or (mapping.kind == "identity" and sides.upstream == sides.downstream)
        except PartitionError:
            return False


def _job(job: Job, flow: Flow | None, sides: _Sides, notes: Notes) -> Job:
    down = sides.written(job)
    if down is None:
        return job
    of_flow = {} if flow is None else mappings_of(flow)
    inputs = _Inputs(job, down, sides, notes)
    reads = [inputs.read(read, of_flow.get(read.asset)) for read in job.reads]
    # A job that is made from nothing of its own flow is started by the assets that start the flow. These are no inputs yet; but where
    # Dagster would infer another mapping, only an input can declare the right one.
    follows = flow is not None and any(other in flow.jobs for other in job.after)
    if not follows and all(read.asset in of_flow for read in job.reads):
        own = {read.asset for read in job.reads} | {write.asset for write in job.writes}
        starting = (inputs.read(Read(asset=asset), mapping) for asset, mapping in of_flow.items() if asset not in own)
        reads += [read for read in starting if read.mapping is not None]
    return job if tuple(reads) == job.reads else job.model_copy(update={"reads": tuple(reads)})


class _Inputs:
    """The inputs of a job, for the asset that it makes."""

    def __init__(self, job: Job, down: AssetId, sides: _Sides, notes: Notes) -> None:
        self.job = job
        self.down = down
        self.sides = sides
        self.notes = notes

    def read(self, read: Read, of_flow: PartitionMapping | None) -> Read:
        """The input with Dagster's mapping: for its own, else for that of the flow, unless Dagster infers the same."""
        mapping = read.mapping or of_flow
        native = None if mapping is None else self.sides.equivalent(mapping, read.asset, self.down)
        if native is None:
            return read
        declared = native.mapping
        if declared is not None and read.mapping is None and self.sides.is_implied(declared, read.asset, self.down):
            declared = None
        if native.differences or declared != read.mapping:
            message = sentence((_READ.format(uri=uri_of(read.asset)), *(native.differences or (_SAME,))))
            severity = Severity.APPROXIMATED if native.differences else Severity.CARRIED
            self.notes.add(shape_loss(self.job, "reads", Code.PARTITION_MAPPING, message, severity=severity))
        return read if declared == read.mapping else read.model_copy(update={"mapping": declared})

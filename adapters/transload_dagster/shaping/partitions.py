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
from transload.partitioning.mappings import inferred
from transload.partitioning.propagation import derived, mappings_of
from transload_dagster.codecs import legal, partitions
from transload_dagster.names import TOOL, changed
from transload_dagster.shaping.equivalents import Equivalent, Native, equivalent
from transload_dagster.shaping.nearest import Nearest, Place, grounded, nearest, sentence

_MADE: Final = "Mappings make the keys of these partitions; in Dagster they have a definition"
_EXACTLY: Final = "The same keys at the same times are told otherwise in Dagster"
_UNKNOWN: Final = "Mappings make the keys of these partitions, and which cannot be told; in Dagster there are none."
_READ: Final = "Dagster has a mapping of its own for the partitions of {uri}"
_SAME: Final = "it gives the same keys"


def partitioned(graph: AssetGraph, notes: Notes) -> AssetGraph:
    """The graph with the definitions and mappings that Dagster has; every change is noted."""
    mapped = [flow for flow in graph.flows if flow.partitions is None and mappings_of(flow)]
    if not mapped and all(asset.partitions is None for asset in graph.assets):
        return graph
    flows = _flow_of_jobs(graph)
    places = _places(graph, flows)
    given = {asset.id: _grounded(asset, places) for asset in graph.assets}
    made = derived(graph, given)
    original = {**given, **made}
    _note_unknown(mapped, graph, original, notes)
    native = {asset.id: _placed(asset, asset.partitions or made.get(asset.id), places) for asset in graph.assets}
    assets = [_asset(asset, native[asset.id], asset.id in made, notes) for asset in graph.assets]
    sides = _Sides(original, {asset: None if found is None else found.definition for asset, found in native.items()})
    jobs = [_job(job, flows.get(job.name), sides, notes) for job in graph.jobs]
    return changed(graph, assets=assets, jobs=jobs)


def _note_unknown(
    mapped: Iterable[Flow], graph: AssetGraph, known: Mapping[AssetId, Partitions | None], notes: Notes
) -> None:
    """What runs partition by partition for keys that only its mappings know."""
    found = {write.asset for flow in mapped for name in flow.jobs for write in graph.job[name].writes}
    for asset in (asset for asset in graph.assets if asset.id in found and known.get(asset.id) is None):
        notes.add(shape_loss(asset, "partitions", Code.ASSET_PARTITIONS, _UNKNOWN, severity=Severity.APPROXIMATED))


def _flow_of_jobs(graph: AssetGraph) -> dict[str, Flow]:
    found: dict[str, Flow] = {}
    for flow in graph.flows:
        for name in flow.jobs:
            found.setdefault(name, flow)
    return found


def _places(graph: AssetGraph, flows: Mapping[str, Flow]) -> dict[AssetId, Place]:
    """The flow that writes an asset: assets of one flow share their keys."""
    found: dict[AssetId, Place] = {}
    for job in graph.jobs:
        flow = flows.get(job.name)
        for write in job.writes:
            name = job.names[TOOL] if flow is None else flow.names[TOOL]
            found.setdefault(write.asset, Place(legal.identifier(name), None if flow is None else flow.start))
    return found


def _grounded(asset: Asset, places: Mapping[AssetId, Place]) -> Partitions | None:
    place = places.get(asset.id)
    return asset.partitions if asset.partitions is None or place is None else grounded(asset.partitions, place)


def _placed(asset: Asset, definition: Partitions | None, places: Mapping[AssetId, Place]) -> Nearest | None:
    """What Dagster has itself is left as it is."""
    if definition is None:
        return None
    if partitions.expressible(definition) == definition:
        return Nearest(definition)
    return nearest(definition, places.get(asset.id) or Place(legal.identifier(asset.names[TOOL])))


def _asset(asset: Asset, found: Nearest | None, is_made: bool, notes: Notes) -> Asset:  # noqa: FBT001 - which of two notes
    if found is None or (found.definition == asset.partitions and not found.differences):
        return asset
    clauses = (*((_MADE,) if is_made else ()), *found.differences, *found.remarks)
    message = sentence(clauses or (_EXACTLY,))
    severity = Severity.APPROXIMATED if found.differences else Severity.CARRIED
    notes.add(shape_loss(asset, "partitions", Code.ASSET_PARTITIONS, message, severity=severity))
    return asset.model_copy(update={"partitions": found.definition})


class _Sides:
    """The definitions of assets, as they are and as Dagster has them."""

    def __init__(
        self, original: Mapping[AssetId, Partitions | None], native: Mapping[AssetId, Partitions | None]
    ) -> None:
        self.original = original
        self.native = native

    def written(self, job: Job) -> AssetId | None:
        """The asset of a job that tells its partitions."""
        return next((write.asset for write in job.writes if self.native.get(write.asset) is not None), None)

    def equivalent(self, mapping: PartitionMapping, up: AssetId, down: AssetId) -> Equivalent | None:
        """What Dagster has for a mapping from one asset to another; None where one of them has no partitions."""
        before = (self.original.get(up), self.original.get(down))
        after = (self.native.get(up), self.native.get(down))
        if before[0] is None or before[1] is None or after[0] is None or after[1] is None:
            return None
        return equivalent(Sided(mapping, before[0], before[1]), Native(after[0], after[1]))

    def is_implied(self, mapping: PartitionMapping, up: AssetId, down: AssetId) -> bool:
        """Whether Dagster would take the mapping for said."""
        sides = Sides(self.native.get(up), self.native.get(down))
        try:
            return inferred(sides) == mapping or _is_same_identity(mapping, sides)
        except PartitionError:
            return False


def _is_same_identity(mapping: PartitionMapping, sides: Sides) -> bool:
    return mapping.kind == "identity" and sides.upstream == sides.downstream


def _job(job: Job, flow: Flow | None, sides: _Sides, notes: Notes) -> Job:
    down = sides.written(job)
    if down is None:
        return job
    said = {} if flow is None else mappings_of(flow)
    inputs = _Inputs(job, down, sides, notes)
    reads = [inputs.read(read, said.get(read.asset)) for read in job.reads]
    if flow is not None and _is_first(job, flow, said):
        heard = {read.asset for read in job.reads} | {write.asset for write in job.writes}
        found = (inputs.read(Read(asset=asset), mapping) for asset, mapping in said.items() if asset not in heard)
        reads += [read for read in found if read.mapping is not None]
    return job if tuple(reads) == job.reads else job.model_copy(update={"reads": tuple(reads)})


def _is_first(job: Job, flow: Flow, said: Mapping[AssetId, PartitionMapping]) -> bool:
    """Whether a job is made from nothing of its own flow, so that what starts the flow counts for it.

    That is no input yet; but where Dagster would take another mapping for said, it can be said of an input only.
    """
    return not any(other in flow.jobs for other in job.after) and all(read.asset in said for read in job.reads)


class _Inputs:
    """The inputs of a job, for the asset that it makes."""

    def __init__(self, job: Job, down: AssetId, sides: _Sides, notes: Notes) -> None:
        self.job = job
        self.down = down
        self.sides = sides
        self.notes = notes

    def read(self, read: Read, said: PartitionMapping | None) -> Read:
        """The input with what Dagster is told: what the input says, else what the flow does, unless Dagster takes that for said."""
        mapping = read.mapping or said
        found = None if mapping is None else self.sides.equivalent(mapping, read.asset, self.down)
        if found is None:
            return read
        told = found.mapping
        if told is not None and read.mapping is None and self.sides.is_implied(told, read.asset, self.down):
            told = None
        if found.differences or told != read.mapping:
            self._note(read.asset, found)
        return read if told == read.mapping else read.model_copy(update={"mapping": told})

    def _note(self, asset: AssetId, found: Equivalent) -> None:
        message = sentence((_READ.format(uri=uri_of(asset)), *(found.differences or (_SAME,))))
        severity = Severity.APPROXIMATED if found.differences else Severity.CARRIED
        self.notes.add(shape_loss(self.job, "reads", Code.PARTITION_MAPPING, message, severity=severity))

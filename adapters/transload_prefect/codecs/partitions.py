"""Partitions in a project of Prefect: the definition that a flow runs by, and the records of definitions and mappings.

Written projects call `transload_prefect.running.partitions`, which computes with the model's own records; so these are written as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from pydantic import BaseModel

from transload.model import partitions as model
from transload.model.graph import AssetGraph
from transload.model.identity import AssetId
from transload.model.jobs import Flow, Read
from transload.model.partitions import Partitions
from transload_prefect.codecs.keywords import REQUIRED
from transload_prefect.codecs.triggers import updated_keys

HELPER: Final = "transload_prefect.running.partitions"
CURRENT: Final = "current_partition"
"""The function of the helper by which a task knows the partition that it is run for."""
"""The module that written projects import."""

PARTITION_KEY: Final = "partition_key"
"""The parameter that is, by convention, the key of the partition that a run works on."""

UPSTREAM: Final = "upstream_partition"
"""The parameter that is the asset and the partition of the event that triggers a run."""

PARAMETERS: Final = (PARTITION_KEY, UPSTREAM)

_TEMPLATE: Final = "{{ event.resource.id }}#{{ event.payload.partition }}"

DEFINITIONS: Final = (
    model.TimePartitions,
    model.StaticPartitions,
    model.DynamicPartitions,
    model.RuntimePartitions,
    model.MultiPartitions,
)
MAPPINGS: Final = (
    model.IdentityMapping,
    model.AllMapping,
    model.LastMapping,
    model.SpecificMapping,
    model.StaticMapping,
    model.TimeMapping,
    model.FloorMapping,
    model.FixedMapping,
    model.AllowedMapping,
    model.RollupMapping,
    model.FanOutMapping,
    model.ProductMapping,
    model.ChainMapping,
    model.DimensionMapping,
    model.DimensionsMapping,
)
_PARTS: Final = (model.WaitPolicy, model.Window, model.DimensionPair)

RECORDS: Final[Mapping[str, type[BaseModel]]] = {kind.__name__: kind for kind in (*DEFINITIONS, *MAPPINGS, *_PARTS)}
"""The records that can be written; what only another tool understands cannot."""

NAMES: Final = frozenset(
    {*RECORDS, "PartitionedAsset", "PartitionedRun", "current_partition", "mapped", "partition", "partitions"}
)
"""The names that a written project uses for its partitions."""

RunBy: TypeAlias = "Partitions | AssetId"
"""The definition that a flow's runs differ by: its own, or that of the assets that it writes, of which this is the first."""


# The definition that a flow runs by


def run_by(flow: Flow, graph: AssetGraph) -> RunBy | None:
    """The definition of a flow; None for a flow without partitions, and for one whose assets have different ones."""
    if flow.partitions is not None:
        return flow.partitions if is_written(flow.partitions) else None
    written = [graph.asset[write.asset] for name in flow.jobs for write in graph.job[name].writes]
    partitioned = [asset for asset in written if asset.partitions is not None]
    if not partitioned or not is_written(partitioned[0].partitions):
        return None
    same = all(asset.partitions == partitioned[0].partitions for asset in partitioned)
    return partitioned[0].id if same else None


def partitioned_jobs(graph: AssetGraph) -> frozenset[str]:
    """The tasks that materialize, and that run for a partition whichever flow calls them."""
    by = {flow.name: run_by(flow, graph) is not None for flow in graph.flows}
    flows = graph.flows_of
    writers = (job.name for job in graph.jobs if job.writes and job.name in flows)
    return frozenset(name for name in writers if all(by[flow.name] for flow in flows[name]))


def partitioned_reads(flow: Flow, graph: AssetGraph) -> dict[str, Read]:
    """The reads of a flow of assets that have partitions, by their keys."""
    reads: dict[str, Read] = {}
    for read in (read for name in flow.jobs for read in graph.job[name].reads):
        asset = graph.asset[read.asset]
        if asset.partitions is not None:
            reads.setdefault(asset.names["prefect"][0], read)
    return reads


def fed_by(flow: Flow, graph: AssetGraph, deployments: Iterable[Mapping[str, Any]]) -> list[Read]:
    """The reads of a flow of the partitioned assets whose updates start it, each once."""
    updated = {key for deployment in deployments for key in updated_keys(deployment.get("triggers") or ())}
    return [read for key, read in partitioned_reads(flow, graph).items() if key in updated] if updated else []


def is_one_to_one(mapping: Any) -> bool:
    """True if a mapping between equal definitions leads from each key to one; None is Dagster's default."""
    if isinstance(mapping, model.TimeMapping):
        return mapping.start_offset == mapping.end_offset
    return mapping is None or isinstance(mapping, model.IdentityMapping)


def is_written(value: Any) -> bool:
    """True if a definition or a mapping is one of `RECORDS`, with all that is in it."""
    pending = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, BaseModel):
            if type(part).__name__ not in RECORDS or getattr(part, "opaque", None) is not None:
                return False
            pending.extend(getattr(part, name) for name in type(part).model_fields)
        elif isinstance(part, Mapping):
            pending.extend(part.values())
        elif isinstance(part, (list, tuple)):
            pending.extend(part)
    return True


_WORDS: Final[Mapping[str, str]] = {
    "0 * * * *": "hourly",
    "0 0 * * *": "daily",
    "0 0 * * 0": "weekly",
    "0 0 * * 1": "weekly",
    "0 0 1 * *": "monthly",
    "0 0 1 1 *": "yearly",
}


def word_of(definition: Partitions) -> str:
    """A word for a definition, of which constants and flows are named: `daily`, `country by day`."""
    if isinstance(definition, model.TimePartitions):
        return _WORDS.get(definition.cron, "windows")
    if isinstance(definition, model.MultiPartitions):
        return " by ".join(sorted(definition.dimensions)) or "dimensions"
    return definition.name if isinstance(definition, model.DynamicPartitions) else f"{definition.kind} keys"


def with_upstream(deployment: Mapping[str, Any], partitioned: Iterable[str]) -> dict[str, Any]:
    """The deployment, whose triggers pass the updated partition to the flow where it is of an asset with one of these keys."""
    return _with_triggers(deployment, partitioned, lambda parameters: {**parameters, UPSTREAM: _TEMPLATE})


def without_upstream(deployment: Mapping[str, Any], partitioned: Iterable[str]) -> dict[str, Any]:
    """The deployment without the parameter that `with_upstream` adds."""

    def without(parameters: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in parameters.items() if (name, value) != (UPSTREAM, _TEMPLATE)}

    return _with_triggers(deployment, partitioned, without)


def _with_triggers(deployment: Mapping[str, Any], partitioned: Iterable[str], change: Any) -> dict[str, Any]:
    keys = set(partitioned)
    triggers = []
    for item in deployment.get("triggers") or ():
        if keys.isdisjoint(updated_keys([item])):
            triggers.append(item)
            continue
        parameters = change(item.get("parameters") or {})
        others = {name: value for name, value in item.items() if name != "parameters"}
        triggers.append({**others, **({"parameters": dict(parameters)} if parameters else {})})
    return {**deployment, **({"triggers": triggers} if triggers else {})}


def added_parameters(flow: Flow, graph: AssetGraph, deployments: Iterable[Mapping[str, Any]]) -> list[str]:
    """The parameters that a partitioned flow is written with besides its own."""
    if run_by(flow, graph) is None:
        return []
    required: Any = flow.native.get("prefect", {}).get(REQUIRED, ())
    own = {*flow.parameters, *(required if isinstance(required, (list, tuple)) else ())}
    passed = {
        name
        for deployment in deployments
        for item in deployment.get("triggers") or ()
        for name in item.get("parameters") or ()
    }
    return [name for name in (PARAMETERS if UPSTREAM in passed else (PARTITION_KEY,)) if name not in own]

"""Partitions in a project of Prefect: what a flow runs by, and which records of definitions and mappings stand for them.

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
"""The module that written projects import."""

PARTITION_KEY: Final = "partition_key"
"""The parameter through which a flow is told, by convention, which partition to work on."""

UPSTREAM: Final = "upstream_partition"
"""The parameter through which the event that triggers a run tells its asset and its partition."""

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
"""What a flow's runs are told apart by: a definition of its own, or that of the assets that it writes, of which this is the first."""


# What a flow runs by


def run_by(flow: Flow, graph: AssetGraph) -> RunBy | None:
    """None for a flow without partitions, and for one whose assets have different ones."""
    if flow.partitions is not None:
        return flow.partitions if is_written(flow.partitions) else None
    written = [graph.asset[write.asset] for name in flow.jobs for write in graph.job[name].writes]
    found = [asset for asset in written if asset.partitions is not None]
    if not found or not is_written(found[0].partitions):
        return None
    return found[0].id if all(asset.partitions == found[0].partitions for asset in found) else None


def partitioned_jobs(graph: AssetGraph) -> frozenset[str]:
    """The tasks that materialize, and that run for a partition whichever flow calls them."""
    by = {flow.name: run_by(flow, graph) is not None for flow in graph.flows}
    flows = graph.flows_of
    writers = (job.name for job in graph.jobs if job.writes and job.name in flows)
    return frozenset(name for name in writers if all(by[flow.name] for flow in flows[name]))


def partitioned_reads(flow: Flow, graph: AssetGraph) -> dict[str, Read]:
    """What a flow reads of assets that have partitions, by their keys."""
    reads: dict[str, Read] = {}
    for read in (read for name in flow.jobs for read in graph.job[name].reads):
        asset = graph.asset[read.asset]
        if asset.partitions is not None:
            reads.setdefault(asset.names["prefect"][0], read)
    return reads


def fed_by(flow: Flow, graph: AssetGraph, deployments: Iterable[Mapping[str, Any]]) -> list[Read]:
    """What a flow reads of the partitioned assets whose updates start it, each once."""
    updated = {key for each in deployments for key in updated_keys(each.get("triggers") or ())}
    return [read for key, read in partitioned_reads(flow, graph).items() if key in updated] if updated else []


def is_one_to_one(mapping: Any) -> bool:
    """Whether a mapping between equal definitions leads from each key to one; None is Dagster's default."""
    if isinstance(mapping, model.TimeMapping):
        return mapping.start_offset == mapping.end_offset
    return mapping is None or isinstance(mapping, model.IdentityMapping)


def is_written(value: Any) -> bool:
    """Whether a definition or a mapping is one of `RECORDS`, with all that is in it."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, BaseModel):
            if type(each).__name__ not in RECORDS or getattr(each, "opaque", None) is not None:
                return False
            pending.extend(getattr(each, name) for name in type(each).model_fields)
        elif isinstance(each, Mapping):
            pending.extend(each.values())
        elif isinstance(each, (list, tuple)):
            pending.extend(each)
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
    """What a definition is called: `daily`, `country by day`."""
    if isinstance(definition, model.TimePartitions):
        return _WORDS.get(definition.cron, "windows")
    if isinstance(definition, model.MultiPartitions):
        return " by ".join(sorted(definition.dimensions)) or "dimensions"
    return definition.name if isinstance(definition, model.DynamicPartitions) else f"{definition.kind} keys"


def with_upstream(deployment: Mapping[str, Any], partitioned: Iterable[str]) -> dict[str, Any]:
    """A deployment whose triggers tell the flow which partition was updated, where that is of an asset with one of these keys."""
    return _with_triggers(deployment, partitioned, lambda parameters: {**parameters, UPSTREAM: _TEMPLATE})


def without_upstream(deployment: Mapping[str, Any], partitioned: Iterable[str]) -> dict[str, Any]:
    """The deployment without what `told_upstream` adds."""

    def without(parameters: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in parameters.items() if (name, value) != (UPSTREAM, _TEMPLATE)}

    return _with_triggers(deployment, partitioned, without)


def _with_triggers(deployment: Mapping[str, Any], partitioned: Iterable[str], change: Any) -> dict[str, Any]:
    keys = set(partitioned)
    triggers = [
        _put(item, change(item.get("parameters") or {})) if keys.intersection(updated_keys([item])) else item
        for item in deployment.get("triggers") or ()
    ]
    return {**deployment, **({"triggers": triggers} if triggers else {})}


def _put(item: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    others = {name: value for name, value in item.items() if name != "parameters"}
    return {**others, "parameters": dict(parameters)} if parameters else others


def added_parameters(flow: Flow, graph: AssetGraph, deployments: Iterable[Mapping[str, Any]]) -> list[str]:
    """The parameters that a partitioned flow is written with besides its own."""
    if run_by(flow, graph) is None:
        return []
    own = {*flow.parameters, *_required(flow)}
    told = PARAMETERS if any(UPSTREAM in _told(each) for each in deployments) else (PARTITION_KEY,)
    return [name for name in told if name not in own]


def _told(deployment: Mapping[str, Any]) -> set[str]:
    return {name for item in deployment.get("triggers") or () for name in item.get("parameters") or ()}


def _required(flow: Flow) -> Iterable[str]:
    named: Any = flow.native.get("prefect", {}).get(REQUIRED, ())
    return named if isinstance(named, (list, tuple)) else ()

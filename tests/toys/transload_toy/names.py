"""Identity ↔ the toy's names: any text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Any

from transload.model.assets import Asset
from transload.model.graph import AssetGraph
from transload.model.identity import AssetId, logical, uri_of
from transload.model.jobs import Flow, Job

from . import TOOL


def assign(graph: AssetGraph) -> AssetGraph:
    """Names that are taken or of another form make place for one of ours."""
    return graph.replaced(
        assets=_named(graph.assets, lambda asset: f"{uri_of(asset.id)} {list(asset.id)}"),
        jobs=_named(graph.jobs, lambda job: job.name),
        flows=_named(graph.flows, lambda flow: flow.name),
    )


def asset_id(asset: Asset) -> AssetId | None:
    """The toy's reader knows names only."""
    return identity_of(asset.names[TOOL][0])


def identity_of(name: str) -> AssetId:
    """The identity of an asset that the toy calls so."""
    return logical(TOOL, "default", [name])


def job_name(job: Job) -> str:
    """The name."""
    return job.names[TOOL][0]


def flow_name(flow: Flow) -> str:
    """The name."""
    return flow.names[TOOL][0]


def _named(entities: Sequence[Any], spelling: Callable[[Any], str]) -> list[Any]:
    former = [entity.names.get(TOOL, ()) for entity in entities]
    kept = {name for name, times in Counter(former).items() if len(name) == 1 and times == 1}
    return [
        entity
        if name in kept
        else entity.model_copy(update={"names": {**entity.names, TOOL: (_free(spelling(entity), kept),)}})
        for entity, name in zip(entities, former, strict=True)
    ]


def _free(name: str, taken: Collection[tuple[str, ...]]) -> str:
    while (name,) in taken:
        name += "'"
    return name

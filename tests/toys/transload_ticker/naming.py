"""Names of a tool that takes any."""

from __future__ import annotations

from typing import Any

from transload.model.assets import Asset
from transload.model.graph import AssetGraph
from transload.model.identity import AssetId, uri_of
from transload.model.jobs import Flow, Job


class Names:
    """Identity ↔ the names of one tool."""

    def __init__(self, tool: str) -> None:
        self.tool = tool

    def assign(self, graph: AssetGraph) -> AssetGraph:
        """Everything by its name in the graph."""
        return graph.replaced(
            assets=[self._named(asset, uri_of(asset.id)) for asset in graph.assets],
            jobs=[self._named(job, job.name) for job in graph.jobs],
            flows=[self._named(flow, flow.name) for flow in graph.flows],
        )

    def _named(self, entity: Any, name: str) -> Any:
        return entity.model_copy(update={"names": {**entity.names, self.tool: (name,)}})

    def asset_id(self, asset: Asset) -> AssetId | None:
        """The asset itself."""
        return asset.id

    def job_name(self, job: Job) -> str:
        """The name."""
        return job.names[self.tool][0]

    def flow_name(self, flow: Flow) -> str:
        """The name."""
        return flow.names[self.tool][0]

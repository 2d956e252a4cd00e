"""OpenLineage events of 10,000 assets, built and serialised: over the same through openlineage-python, and over dumping ready dicts.

python benchmarks/lineage.py
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from estates import wide
from measure import seconds, show
from openlineage.client import event_v2
from openlineage.client.facet_v2 import (
    dataset_type_dataset,
    documentation_dataset,
    hierarchy_dataset,
    job_type_job,
    ownership_dataset,
    tags_dataset,
)
from openlineage.client.serde import Serde
from pydantic_core import to_json

from transload.lineage.events import Settings, serialised, static_events
from transload.lineage.facets import PRODUCER
from transload.model.assets import Asset
from transload.model.graph import AssetGraph
from transload.model.jobs import Job

TIME = "2026-01-01T00:00:00+00:00"
NUMBER = 10_000


def ours(graph: AssetGraph) -> list[bytes]:
    """Events by this project."""
    return [serialised(event) for event in static_events(graph, Settings(time=TIME))]


def theirs(graph: AssetGraph) -> list[str]:
    """The same events by openlineage-python's classes and its serialisation."""
    events = [*map(_dataset_event, graph.assets), *map(_job_event, graph.jobs)]
    return [Serde.to_json(event) for event in events]


def _dataset_event(asset: Asset) -> event_v2.DatasetEvent:
    tag = tags_dataset.TagsDatasetFacetFields
    pairs = [*asset.tags.items(), *(("kind", kind) for kind in asset.kinds), ("group", asset.group or "")]
    level = hierarchy_dataset.HierarchyDatasetFacetLevel
    facets: dict[str, Any] = {
        "ownership": ownership_dataset.OwnershipDatasetFacet(
            owners=[ownership_dataset.Owner(name=name) for name in asset.owners], producer=PRODUCER
        ),
        "documentation": documentation_dataset.DocumentationDatasetFacet(
            description=asset.description or "", contentType="text/markdown", producer=PRODUCER
        ),
        "tags": tags_dataset.TagsDatasetFacet(
            tags=[tag(key=key, value=value, source="USER") for key, value in pairs], producer=PRODUCER
        ),
        "hierarchy": hierarchy_dataset.HierarchyDatasetFacet(
            hierarchy=[level(type="GROUP", name=asset.group or ""), level(type="ASSET", name=asset.id.name)],
            producer=PRODUCER,
        ),
    }
    if asset.id.namespace.startswith("s3:"):
        facets["datasetType"] = dataset_type_dataset.DatasetTypeDatasetFacet(datasetType="FILE", producer=PRODUCER)
    return event_v2.DatasetEvent(
        eventTime=TIME,
        producer=PRODUCER,
        dataset=event_v2.StaticDataset(namespace=asset.id.namespace, name=asset.id.name, facets=facets),
    )


def _job_event(job: Job) -> event_v2.JobEvent:
    kind = job_type_job.JobTypeJobFacet(
        processingType="BATCH", integration="TRANSLOAD", jobType="JOB", producer=PRODUCER
    )
    return event_v2.JobEvent(
        eventTime=TIME,
        producer=PRODUCER,
        job=event_v2.Job(namespace="transload", name=job.name, facets={"jobType": kind}),
        inputs=[event_v2.InputDataset(namespace=read.asset.namespace, name=read.asset.name) for read in job.reads],
        outputs=[
            event_v2.OutputDataset(namespace=write.asset.namespace, name=write.asset.name) for write in job.writes
        ],
    )


def _dump() -> tuple[str, Callable[[object], bytes]]:
    """The fastest JSON writer at hand."""
    try:
        orjson = importlib.import_module("orjson")
    except ModuleNotFoundError:
        return "pydantic_core", to_json
    return "orjson", orjson.dumps


def main() -> None:
    """Print the figures."""
    graph = wide(NUMBER)
    mine = seconds(lambda: ours(graph))
    client = seconds(lambda: theirs(graph), runs=3)
    print(f"{2 * NUMBER} events: {2 * NUMBER / mine:,.0f}/s, through openlineage-python {2 * NUMBER / client:,.0f}/s")
    show("lineage events over openlineage-python", mine, client, 0.1)
    ready = list(static_events(graph, Settings(time=TIME)))
    name, dump = _dump()
    show(f"lineage events over {name} of ready dicts", mine, seconds(lambda: [dump(event) for event in ready]), 10)


if __name__ == "__main__":
    main()

"""What the writers say of a task, a flow and its deployments: keywords of the decorators and fields of `prefect.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transload.model.graph import AssetGraph
from transload.model.jobs import Flow, Job
from transload_prefect.codecs import keywords, tags
from transload_prefect.codecs.deployments import Deployment, deployment_of
from transload_prefect.codecs.partitions import added_parameters, partitioned_reads, run_by, told_upstream
from transload_prefect.codecs.retries import told, told_to_flow
from transload_prefect.names import TOOL
from transload_prefect.support import deployment_names


def task_options(job: Job) -> dict[str, Any]:
    """Keywords of `@task` and `@materialize`, but for the name, the description and the assets."""
    said: dict[str, Any] = dict(told(job.retries).options)
    if job.timeout is not None:
        said["timeout_seconds"] = _plain(job.timeout)
    if job.tags:
        said["tags"] = tags.words(job.tags)
    return {**said, **_residue(job, keywords.TASK)}


def flow_options(flow: Flow, graph: AssetGraph) -> tuple[list[str], dict[str, Any], dict[str, Any]]:
    """The parameters without a default, those with one, and the keywords of `@flow`, but for the name and the description."""
    required = flow.native.get(TOOL, {}).get(keywords.REQUIRED, [])
    said = {**told_to_flow(flow.retries).options, **_residue(flow, keywords.FLOW)}
    defaults = {**flow.parameters, **dict.fromkeys(added_parameters(flow, graph, deployments_of(flow, graph)))}
    return list(required) if isinstance(required, list) else [], defaults, said  # type: ignore[arg-type]


def deployments_of(flow: Flow, graph: AssetGraph) -> list[Deployment]:
    """The flow's deployments, in the form of `prefect.yaml`, without their entrypoint."""
    names = zip(flow.schedules, deployment_names(flow), strict=True)
    written = [
        deployment_of(schedule, name, lambda asset: graph.asset[asset].names[TOOL][0]).deployment
        for schedule, name in names
    ]
    if any("triggers" in deployment for deployment in written) and run_by(flow, graph) is not None:
        reads = partitioned_reads(flow, graph)
        written = [told_upstream(deployment, reads) for deployment in written]
    if flow.concurrency is not None:
        written = [{**deployment, "concurrency_limit": flow.concurrency} for deployment in written]
    return written


def _residue(entity: Job | Flow, table: Mapping[str, keywords.Option]) -> dict[str, Any]:
    return {name: value for name, value in entity.native.get(TOOL, {}).items() if name in keywords.written(table)}


def _plain(number: float) -> int | float:
    return int(number) if number == int(number) else number

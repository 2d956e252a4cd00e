"""A task, a flow and its deployments as the writers need them: keywords of the decorators and fields of `prefect.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transload.model.graph import AssetGraph
from transload.model.jobs import Flow, Job
from transload_prefect.codecs import keywords, tags
from transload_prefect.codecs.deployments import Deployment, deployment_of
from transload_prefect.codecs.partitions import added_parameters, partitioned_reads, run_by, with_upstream
from transload_prefect.codecs.retries import flow_retry_options, retry_options
from transload_prefect.names import TOOL
from transload_prefect.support import deployment_names


def task_options(job: Job) -> dict[str, Any]:
    """Keywords of `@task` and `@materialize`, but for the name, the description and the assets."""
    options: dict[str, Any] = dict(retry_options(job.retries).options)
    if job.timeout is not None:
        options["timeout_seconds"] = int(job.timeout) if job.timeout == int(job.timeout) else job.timeout
    if job.tags:
        options["tags"] = tags.words(job.tags)
    return {**options, **_residue(job, keywords.TASK)}


def flow_options(flow: Flow, graph: AssetGraph) -> tuple[list[str], dict[str, Any], dict[str, Any]]:
    """The parameters without a default, those with one, and the keywords of `@flow`, but for the name and the description."""
    required = flow.native.get(TOOL, {}).get(keywords.REQUIRED, [])
    options = {**flow_retry_options(flow.retries).options, **_residue(flow, keywords.FLOW)}
    defaults = {**flow.parameters, **dict.fromkeys(added_parameters(flow, graph, deployments_of(flow, graph)))}
    return list(required) if isinstance(required, list) else [], defaults, options  # type: ignore[arg-type]


def deployments_of(flow: Flow, graph: AssetGraph) -> list[Deployment]:
    """The flow's deployments, in the form of `prefect.yaml`, without their entrypoint."""
    names = zip(flow.schedules, deployment_names(flow), strict=True)
    deployments = [
        deployment_of(schedule, name, lambda asset: graph.asset[asset].names[TOOL][0]).deployment
        for schedule, name in names
    ]
    if any("triggers" in deployment for deployment in deployments) and run_by(flow, graph) is not None:
        reads = partitioned_reads(flow, graph)
        deployments = [with_upstream(deployment, reads) for deployment in deployments]
    if flow.concurrency is not None:
        deployments = [{**deployment, "concurrency_limit": flow.concurrency} for deployment in deployments]
    return deployments


def _residue(entity: Job | Flow, table: Mapping[str, keywords.Option]) -> dict[str, Any]:
    return {name: value for name, value in entity.native.get(TOOL, {}).items() if name in keywords.written(table)}

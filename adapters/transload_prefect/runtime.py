"""Graph → Prefect's objects."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Final

from prefect import Flow, Task
from prefect.assets import Asset, AssetProperties
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule, RRuleSchedule
from prefect.deployments.runner import RunnerDeployment
from prefect.logging import get_run_logger
from prefect.tasks import MaterializingTask

from transload.adapter import Built, Translation
from transload.check_jobs import CheckJob, check_jobs
from transload.check_runtime import CheckError, failure_of
from transload.model import assets as model
from transload.model import jobs
from transload.model.graph import AssetGraph
from transload.model.identity import AssetId
from transload.reading.stubs import MARK
from transload_prefect.codecs.partitions import PARAMETERS, fed_by, partitioned_jobs, run_by
from transload_prefect.names import TOOL
from transload_prefect.reading.objects.recorder import remember_options
from transload_prefect.running.partitions import PartitionedAsset, PartitionedRun, current_partition, mapped
from transload_prefect.writing.outline import deployments_of, flow_options, task_options
from transload_prefect.writing.python_names import python_names


@dataclass(frozen=True)
class PrefectObjects:
    """The objects of a graph, under the names that they have in written source. The deployments are not registered: call their `apply`."""

    assets: Mapping[str, Asset]
    tasks: Mapping[str, Task[..., Any]]
    flows: Mapping[str, Flow[..., Any]]
    deployments: Sequence[RunnerDeployment]


def build(translation: Translation) -> Built:
    """The objects; calling a task of theirs that is no check raises `NotImplementedError`, since a graph holds no code."""
    graph = translation.native
    assets = {asset.id: _asset(asset) for asset in graph.assets}
    partitioned, checks = partitioned_jobs(graph), check_jobs(translation.graph)
    functions = {
        job.name: _check(job, checks[job.name])
        if job.name in checks
        else _stub(job, with_partition=job.name in partitioned)
        for job in graph.jobs
    }
    tasks = {job.name: _task(job, assets, functions[job.name]) for job in graph.jobs}
    flows = {flow.name: _flow(flow, graph, tasks, assets) for flow in graph.flows}
    deployments = [
        _deployment(fields, flow.names[TOOL][0]) for flow in graph.flows for fields in deployments_of(flow, graph)
    ]
    names = python_names(graph)
    objects = PrefectObjects(
        {names.assets[identity]: asset for identity, asset in assets.items()},
        {names.jobs[job]: task for job, task in tasks.items()},
        {names.flows[name]: flow for name, flow in flows.items()},
        tuple(deployments),
    )
    return Built(objects, translation.carried)


def _asset(asset: model.Asset) -> Asset:
    fields = {
        "name": asset.title,
        "url": asset.url,
        "description": asset.description,
        "owners": list(asset.owners) or None,
    }
    properties = AssetProperties(**fields) if any(value is not None for value in fields.values()) else None
    if asset.partitions is not None:
        return PartitionedAsset(key=asset.names[TOOL][0], properties=properties, partitions=asset.partitions)
    return Asset(key=asset.names[TOOL][0], properties=properties)


def _read(read: jobs.Read, assets: Mapping[Any, Asset]) -> Asset:
    return assets[read.asset] if read.mapping is None else mapped(assets[read.asset], read.mapping)


def _task(job: jobs.Job, assets: Mapping[Any, Asset], function: Callable[..., Any]) -> Task[..., Any]:
    options = {"name": job.names[TOOL][1], "description": job.description, **task_options(job)}
    materialized_by = options.pop("by", None)
    deps: list[str | Asset] = [_read(read, assets) for read in job.reads]
    written = [assets[write.asset] for write in job.writes]
    if written:
        options = {**options, "assets": written, "materialized_by": materialized_by}
    task: Task[..., Any] = (MaterializingTask if written else Task)(function, asset_deps=deps or None, **options)
    remember_options(task, options)
    return task


def _stub(job: jobs.Job, *, with_partition: bool) -> Callable[[], None]:
    def stub() -> None:
        partition = f", for the partition {current_partition().key}" if with_partition else ""
        raise NotImplementedError(f"The code of {job.name}{partition} is not part of the graph.")

    return _named(stub, job.names[TOOL][1])


def _check(job: jobs.Job, check_job: CheckJob) -> Callable[[], None]:
    def check() -> None:
        if not check_job.check.function:
            raise NotImplementedError(check_job.message)
        failure = failure_of(check_job.check.function, check_job.check.name, check_job.place)
        if failure and check_job.check.blocking:
            raise CheckError(failure)
        if failure:
            get_run_logger().warning(failure)

    return _named(check, job.names[TOOL][1])


def _named(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    function.__name__ = function.__qualname__ = re.sub(r"\W", "_", name)
    function.__dict__[MARK] = True
    return function


def _flow(
    flow: jobs.Flow, graph: AssetGraph, tasks: Mapping[str, Task[..., Any]], assets: Mapping[Any, Asset]
) -> Flow[..., Any]:
    called: list[Any] = [tasks[name] for name in flow.jobs]
    by = run_by(flow, graph)
    partitions: Any = assets[by] if isinstance(by, AssetId) else by
    reads: list[Any] = [_read(read, assets) for read in fed_by(flow, graph, deployments_of(flow, graph))]

    def run(**parameters: Any) -> None:
        key, upstream = (parameters.get(name) for name in PARAMETERS)
        with nullcontext() if partitions is None else PartitionedRun(partitions, key, upstream, reads):
            for task in called:
                task()

    required, defaults, options = flow_options(flow, graph)
    # Prefect makes the form of the parameters of this signature, and passes each by its name.
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in required]
        + [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=value) for name, value in defaults.items()]
    )
    name = flow.names[TOOL][0]
    return Flow(_named(run, name), name=name, description=flow.description, **options)


def _deployment(fields: Mapping[str, Any], flow: str) -> RunnerDeployment:
    pool = fields.get("work_pool", {})
    return RunnerDeployment(
        flow_name=flow,
        work_pool_name=pool.get("name"),
        work_queue_name=pool.get("work_queue_name"),
        job_variables=pool.get("job_variables", {}),
        schedules=[*schedule_objects(fields.get("schedules", ()))],
        **{name: fields[name] for name in _SAME if name in fields},
    )


_SAME: Final = (
    "name",
    "description",
    "version",
    "tags",
    "parameters",
    "paused",
    "enforce_parameter_schema",
    "concurrency_limit",
    "triggers",
)
"""Fields that a `RunnerDeployment` calls as `prefect.yaml` does."""

_TIMES: Final[Mapping[str, type[CronSchedule | IntervalSchedule | RRuleSchedule]]] = {
    "cron": CronSchedule,
    "interval": IntervalSchedule,
    "rrule": RRuleSchedule,
}


def schedule_objects(schedules: Sequence[Mapping[str, Any]]) -> list[DeploymentScheduleCreate]:
    """The items of `schedules` in a `prefect.yaml` as objects."""
    objects = []
    for item in schedules:
        kind = next(kind for name, kind in _TIMES.items() if name in item)
        time = {name: value for name, value in item.items() if name in kind.model_fields}
        others = {name: value for name, value in item.items() if name not in time}
        objects.append(DeploymentScheduleCreate(schedule=kind(**time), **others))
    return objects

"""Prefect's objects → graph."""

from __future__ import annotations

from typing import Any

from prefect import Flow, Task

from transload.adapter import Reading, Target
from transload.carry import Carried
from transload.model.assets import Origin
from transload_prefect import objects as reading
from transload_prefect.assembling import assemble
from transload_prefect.found import Found, FoundCall, FoundTask
from transload_prefect.names import TOOL
from transload_prefect.tracing import Traced, trace


def from_objects(objects: Any, manifest: Carried, target: Target) -> Reading:
    """Read what `runtime.build` built."""
    origin = Origin(tool=TOOL, way="load")
    found = Found(assets=[reading.asset_of(asset, origin) for asset in objects.assets])
    tasks = {id(task): reading.task_of(task, origin, found) for task in objects.tasks}
    found.tasks.extend(tasks.values())
    for flow in objects.flows:
        entry = reading.flow_of(flow, origin, None, found)
        entry.calls = calls_of(trace(flow, Task, Flow).calls, tasks)
        found.flows.append(entry)
    found.deployments.extend(reading.deployment_of(each, None, origin) for each in objects.deployments)
    return assemble(found, target, manifest)


def calls_of(traced: list[Traced], tasks: dict[int, FoundTask]) -> tuple[FoundCall, ...]:
    """The calls in a flow, in order; each task is known."""
    calls: dict[Traced, FoundCall] = {}
    for each in traced:
        inputs = tuple((parameter, calls[source]) for parameter, source in each.inputs)
        calls[each] = FoundCall(tasks[id(each.task)], inputs)
    return tuple(calls.values())

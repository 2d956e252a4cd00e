"""What importing a project does not show, added from its text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from transload_prefect.found import Found, FoundCall, FoundFlow, FoundTask
from transload_prefect.static import Reader


def supplement(found: Found, reader: Reader, untraced: Iterable[FoundFlow]) -> None:
    """Add to what was found by importing.

    That is what only a call of a function makes, deployments of files that are run as programs, and the calls of the flows whose
    bodies did not run.
    """
    known = {_key(task): task for task in found.tasks}
    by_place = {_place(flow): flow for flow in reader.found.flows}
    for flow in untraced:
        text = by_place.get(_place(flow))
        if text is not None:
            flow.calls = _calls(text, known, found)
            flow.run = text.run
    for flow in reader.found.flows:
        if flow in reader.inner:
            flow.calls = _calls(flow, known, found)
            found.flows.append(flow)
    for task in reader.found.tasks:
        if task in reader.inner:
            _known(task, known, found)
    found.deployments.extend(deployment for deployment in reader.found.deployments if deployment.in_main)
    subjects = {f"{kind} {item.name}" for item in reader.inner for kind in ("task", "flow")}
    found.losses.extend(
        loss for loss in reader.found.losses if loss.subject in subjects or loss.subject.startswith("function ")
    )


def _calls(flow: FoundFlow, known: dict[Any, FoundTask], found: Found) -> tuple[FoundCall, ...]:
    calls: dict[FoundCall, FoundCall] = {}
    for call in flow.calls:
        inputs = tuple((parameter, calls[source]) for parameter, source in call.inputs)
        calls[call] = FoundCall(_known(call.task, known, found), inputs)
    return tuple(calls.values())


def _known(task: FoundTask, known: dict[Any, FoundTask], found: Found) -> FoundTask:
    """The same task as it was imported, or this one."""
    key = _key(task)
    if key not in known:
        known[key] = task
        found.tasks.append(task)
    return known[key]


def _key(task: FoundTask) -> tuple[Any, ...]:
    return (*_place(task), task.writes, task.deps)


def _place(item: FoundTask | FoundFlow) -> tuple[Any, ...]:
    return (item.origin.path, item.origin.line, item.name)

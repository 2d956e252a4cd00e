"""The assets that a task reads because it gets the results of others: the rules of `AssetContext` in Prefect 3.9.1.

A task that materializes hands on its own assets; a plain task hands on what it got and what its `asset_deps` name. Each flow is by
itself: nothing is handed into a flow that is called, or out of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from transload_prefect.reading.facts import CallFact, FlowFact, TaskFact


@dataclass
class Inputs:
    """The inputs of a task in all flows: keys of assets with the parameter that gets them, and plain tasks that it runs after."""

    assets: dict[str, str | None] = field(default_factory=dict)
    after: dict[TaskFact, None] = field(default_factory=dict)


def inputs_of(flows: Iterable[FlowFact]) -> dict[TaskFact, Inputs]:
    """The inputs of each task that a flow calls."""
    inputs: dict[TaskFact, Inputs] = {}
    for flow in flows:
        handed_on: dict[CallFact, tuple[str, ...]] = {}
        for call in flow.calls:
            of_task = inputs.setdefault(call.task, Inputs())
            keys: dict[str, str | None] = {}
            for parameter, source in call.inputs:
                for key in handed_on.get(source, ()):
                    keys[key] = keys.get(key) or parameter
                if not source.task.writes and source.task is not call.task:
                    of_task.after[source.task] = None
            for key, parameter in keys.items():
                of_task.assets[key] = of_task.assets.get(key) or parameter
            handed_on[call] = call.task.writes or tuple(dict.fromkeys((*keys, *call.task.deps)))
    return inputs

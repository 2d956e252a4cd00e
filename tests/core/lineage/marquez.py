"""A double of Marquez 0.51.1 with the five rules by which its database stores events, each confirmed on its own SQL.

1. A run keeps the job that it was first seen with. 2. Its state is the last that arrived. 3. A job with a parent is another job.
4. The first dataset to use a name keeps it: a symlink that comes later changes nothing. 5. Every event is kept, repeats too.
Besides, an event with inputs or outputs replaces those that its job had.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Name = tuple[str, str]


class Marquez:
    """Takes events, and answers what its lineage graph would show."""

    def __init__(self) -> None:
        self.events: list[Mapping[str, Any]] = []
        self.symlinks: dict[Name, int] = {}
        self.runs: dict[str, Name] = {}
        self.states: dict[str, str] = {}
        self.inputs: dict[Name, set[int]] = {}
        self.outputs: dict[Name, set[int]] = {}

    def receive(self, event: Mapping[str, Any]) -> None:
        """Store one event."""
        self.events.append(event)
        if "dataset" in event:
            self._dataset(event["dataset"])
            return
        job = self._job(event)
        self._replace(self.inputs, job, event.get("inputs", ()))
        self._replace(self.outputs, job, event.get("outputs", ()))

    def _job(self, event: Mapping[str, Any]) -> Name:
        job = _name(event["job"])
        if "run" not in event:
            return job
        parent = event["run"].get("facets", {}).get("parent")
        if parent and not job[1].startswith(f"{parent['job']['name']}."):
            job = (job[0], f"{parent['job']['name']}.{job[1]}")
        run = event["run"]["runId"]
        self.states[run] = event["eventType"]
        return self.runs.setdefault(run, job)

    def _replace(self, kept: dict[Name, set[int]], job: Name, datasets: Any) -> None:
        kept[job] = {self._dataset(dataset) for dataset in datasets}

    def _dataset(self, dataset: Mapping[str, Any]) -> int:
        node = self.symlinks.setdefault(_name(dataset), len(self.symlinks))
        for identifier in dataset.get("facets", {}).get("symlinks", {}).get("identifiers", ()):
            self.symlinks.setdefault(_name(identifier), node)
        return node

    def node(self, namespace: str, name: str) -> int:
        """The dataset that a name stands for."""
        return self.symlinks[namespace, name]

    def downstream(self, node: int) -> set[int]:
        """Every dataset that is made from one, at any distance, and itself."""
        reached, pending = {node}, [node]
        while pending:
            current = pending.pop()
            for job, inputs in self.inputs.items():
                new = self.outputs.get(job, set()) - reached if current in inputs else set()
                reached |= new
                pending.extend(new)
        return reached


def _name(entity: Mapping[str, Any]) -> Name:
    return str(entity["namespace"]), str(entity["name"])

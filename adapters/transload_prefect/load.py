"""Prefect's objects → graph."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from transload.adapter import Reading, Target
from transload.carry import Carried
from transload.loading import scratch
from transload.loss import Code
from transload.model.assets import Origin
from transload.reading.project import read_project
from transload_prefect.codecs.keywords import SUBFLOWS
from transload_prefect.codecs.plain import Plain
from transload_prefect.names import TOOL
from transload_prefect.reading import manifest
from transload_prefect.reading.facts import (
    CallFact,
    DeploymentFact,
    Facts,
    FlowFact,
    RunFact,
    TaskFact,
    report_acts,
    report_parts,
)
from transload_prefect.reading.graph import assemble
from transload_prefect.reading.objects import facts as reading
from transload_prefect.reading.objects.branching import depends
from transload_prefect.reading.objects.from_source import says_more, supplement
from transload_prefect.reading.objects.guard import guarded
from transload_prefect.reading.objects.importing import Imported, imported, last_line, under, values
from transload_prefect.reading.objects.results import Traced
from transload_prefect.reading.objects.tracing import Classes, Trace, trace
from transload_prefect.reading.syntax.lines import Lines
from transload_prefect.static import Reader

_QUIET: Final = {
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "DO_NOT_TRACK": "1",
}
"""Settings with which importing a project starts no server and tells nobody, where the user has not set them."""


def load(target: Target) -> Reading:
    """Import a project and read what it defines; the bodies of its flows are run with their tasks replaced, and without effects."""
    _set_up()
    from transload_prefect.reading.objects.recorder import recorded

    with recorded() as record:
        project = imported(target)
    reader = _Collector(project)
    for path, module in project.modules.items():
        reader.collect(path, module, target.attribute)
    deployed = {deployment.flow_name for deployment in record.deployments}
    for flow in record.variants:
        if flow.name in deployed and target.attribute is None:
            reader.add_deployed(flow)
    for deployment in record.deployments:
        reader.add_deployment(deployment, record.more.get(id(deployment), {}))
    untraced = reader.find_calls()
    doubtful = [entry for flow, entry in reader.flows if entry not in untraced and depends(flow.fn)]
    reader.found.failures.extend(project.failures)
    if untraced or doubtful or (target.attribute is None and any(map(_says_more, project.files))):
        text = Reader(read_project(project.root, project.files), target.attribute)
        text.read()
        supplement(reader.found, text, untraced, doubtful)
    manifest.deployments(project.root, reader.found)
    return assemble(reader.found, target, manifest.carried(project.root))


def _says_more(file: Path) -> bool:
    return says_more(file.read_text(encoding="utf-8", errors="replace"))


def from_objects(objects: Any, manifest: Carried, target: Target) -> Reading:
    """Read what `runtime.build` built."""
    from prefect import Flow, Task
    from prefect.context import TagsContext

    origin = Origin(tool=TOOL, way="load")
    found = Facts(assets=[reading.asset_of(asset, origin) for asset in objects.assets.values()])
    tasks = {id(task): reading.task_of(task, origin, found) for task in objects.tasks.values()}
    found.tasks.extend(tasks.values())
    for flow in objects.flows.values():
        entry = reading.flow_of(flow, origin, None, found)
        traced = trace(flow, Classes(Task, Flow, TagsContext))
        entry.calls = _calls(traced, tasks)
        entry.run = _run(traced)
        found.flows.append(entry)
    found.deployments.extend(reading.deployment_of(each, None, origin) for each in objects.deployments)
    return assemble(found, target, manifest)


def _set_up() -> None:
    os.environ["PREFECT_HOME"] = scratch("transload-prefect-")
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)


def _calls(traced: Trace, tasks: Mapping[int, TaskFact]) -> tuple[CallFact, ...]:
    """The calls in a flow, in order; each task is known."""
    calls: dict[Traced, CallFact] = {}
    for each in traced.calls:
        inputs = tuple((parameter, calls[source]) for parameter, source in each.inputs)
        calls[each] = CallFact(tasks[id(each.task)], inputs)
    return tuple(calls.values())


def _run(traced: Trace) -> RunFact | None:
    return reading.run_of(traced.runs[0]) if traced.runs else None


class _Collector:
    """Collects what the modules of a project define."""

    def __init__(self, project: Imported) -> None:
        from prefect import Flow, Task
        from prefect.assets import Asset
        from prefect.automations import Automation
        from prefect.context import TagsContext

        self.found = Facts(root=project.root, read=set(project.modules))
        self._project = project
        self._lines = Lines(project.root)
        self._tasks: dict[Any, TaskFact] = {}
        self._flows: dict[Any, tuple[Any, FlowFact]] = {}
        self._read: dict[int, TaskFact] = {}
        self._assets: set[int] = set()
        self._seen: dict[int, Any] = {}
        self._codes: set[Any] = set()
        self._kept_alive: list[Any] = []
        self._classes = {Task: self._add_task, Flow: self._add_flow, Asset: self._add_asset, Automation: self._report}
        self._replaced = Classes(Task, Flow, TagsContext)

    def collect(self, path: str, module: ModuleType, attribute: str | None) -> None:
        """Take in what a module defines, or one attribute of it."""
        for name, value in values(module):
            if attribute is None or name == attribute:
                for kind, add in self._classes.items():
                    if isinstance(value, kind):
                        add(value, name, path)

    def _origin(self, function: Any, fallback: str | None = None) -> Origin:
        code = getattr(function, "__code__", None)
        path = under(self._project.root, getattr(code, "co_filename", None)) or fallback
        line = self._lines.definition(path, code) if path and code else None
        return Origin(tool=TOOL, way="load", path=path, line=line)

    def _add_asset(self, asset: Any, name: str, path: str) -> None:
        if id(asset) not in self._assets:
            self._assets.add(id(asset))
            self.found.assets.append(reading.asset_of(asset, self._place(name, path)))

    def _place(self, name: str, path: str) -> Origin:
        return Origin(tool=TOOL, way="load", path=path, line=self._lines.assignment(path, name))

    def _add_task(self, task: Any, _name: str, path: str) -> None:
        if id(task) in self._read:
            return
        code = getattr(reading.innermost(task), "__code__", None)
        if under(self._project.root, getattr(code, "co_filename", None)):
            self._task(task, path)

    def _task(self, task: Any, path: str | None = None) -> TaskFact:
        """The task, known by its code and all that it says, since a module can be imported under two names."""
        if id(task) in self._read:
            return self._read[id(task)]
        self._kept_alive.append(task)
        function = reading.innermost(task)
        origin, reported = self._origin(function, path), len(self.found.losses)
        entry = reading.task_of(task, origin, self.found)
        key = (reading.place_of(function), entry.content)
        if key in self._tasks:
            self.found.once(reported)
        else:
            self._tasks[key] = entry
            self.found.tasks.append(entry)
            self.found.assets.extend(
                reading.asset_of(asset, origin) for asset in reading.assets_of(task) if id(asset) not in self._assets
            )
        self._read[id(task)] = self._tasks[key]
        return self._tasks[key]

    def _add_flow(self, flow: Any, name: str, path: str) -> None:
        """Take in a flow. The second of one function was made by `with_options`, so that its entrypoint is the name that it has."""
        if id(flow) in self._seen:
            return
        self._seen[id(flow)] = flow
        function = reading.innermost(flow)
        code, origin, reported = getattr(function, "__code__", function), self._origin(function), len(self.found.losses)
        if origin.path is None:
            return
        entrypoint = f"{path}:{name}" if code in self._codes else f"{origin.path}:{function.__qualname__}"
        entry = reading.flow_of(flow, origin, entrypoint, self.found)
        if (code, entry.content) in self._flows:
            self.found.once(reported)
            return
        self._codes.add(code)
        self._flows[code, entry.content] = (flow, entry)
        self.found.flows.append(entry)

    def _report(self, automation: Any, name: str, path: str) -> None:
        message = (
            "An automation by itself belongs to no deployment in the project; only triggers of deployments are read."
        )
        self.found.lost(f"automation {automation.name}", "*", message, Code.UNKNOWN_KIND, self._place(name, path))

    def add_deployed(self, flow: Any) -> None:
        """Take in a flow that has another name only where it is deployed."""
        if all(flow.name != entry.name for _, entry in self._flows.values()):
            self._add_flow(flow, reading.innermost(flow).__name__, "")

    def add_deployment(self, deployment: Any, more: Mapping[str, Any]) -> None:
        """Take in a deployment, and what was said of it besides."""
        flow = next((flow for flow, _ in self._flows.values() if flow.name == deployment.flow_name), None)
        origin = Origin(tool=TOOL, way="load", path=None)
        said = reading.deployment_of(deployment, flow, origin)
        extra = {name: Plain().value(value) for name, value in more.items() if value is not None}
        self.found.deployments.append(DeploymentFact({**said.fields, **extra}, origin, said.flow))

    @property
    def flows(self) -> list[tuple[Any, FlowFact]]:
        """The flows that were taken in."""
        return list(self._flows.values())

    def find_calls(self) -> list[FlowFact]:
        """Run the body of each flow to see which tasks it calls. Returns the flows whose bodies do not run."""
        untraced = []
        for flow, entry in self.flows:
            try:
                with guarded():
                    traced = trace(flow, self._replaced)
            except BaseException as error:  # noqa: BLE001 - whatever a body raises, the other flows are still read
                self._untraced(entry, last_line(error))
                untraced.append(entry)
                continue
            self._kept_alive.append(traced)
            entry.calls = _calls(traced, {id(call.task): self._task(call.task) for call in traced.calls})
            entry.run = _run(traced)
            entry.acts = traced.acts
            report_acts(entry, self.found)
            report_parts(entry, (call.task.name for call in traced.calls if call.parts), self.found)
            subflows = list(dict.fromkeys(subflow.name for subflow in traced.subflows))
            entry.residue = {**entry.residue, **({SUBFLOWS: subflows} if subflows else {})}
        return untraced

    def _untraced(self, entry: FlowFact, reason: str) -> None:
        said = reason.removesuffix(".")
        message = f"Its body does not run without its tasks, so that what it calls was read from its text: {said}."
        self.found.doubted(f"flow {entry.name}", "jobs", message, entry.origin)

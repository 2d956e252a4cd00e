"""Prefect's objects → graph."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from transload.adapter import Reading, Target
from transload.carry import Carried, beside
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
    Facts,
    FlowFact,
    RunFact,
    TaskFact,
    report_effects,
    report_items,
)
from transload_prefect.reading.graph import assemble
from transload_prefect.reading.objects import facts as objects_to_facts
from transload_prefect.reading.objects.branching import depends_on_values
from transload_prefect.reading.objects.from_source import supplement, text_shows_more
from transload_prefect.reading.objects.guard import guarded
from transload_prefect.reading.objects.importing import Imported, import_project, last_line, named_values, path_under
from transload_prefect.reading.objects.results import Traced
from transload_prefect.reading.objects.tracing import Classes, Trace, trace_flow
from transload_prefect.reading.syntax.lines import Lines
from transload_prefect.reading.syntax.reader import Reader

_QUIET: Final = {
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "DO_NOT_TRACK": "1",
}
"""Settings with which importing a project starts no server and sends nothing, where the user has not set them."""


def load(target: Target) -> Reading:
    """Import a project and read what it defines; the bodies of its flows are run with their tasks replaced, and without effects."""
    os.environ["PREFECT_HOME"] = scratch("transload-prefect-")
    for name, setting in _QUIET.items():
        os.environ.setdefault(name, setting)
    # Prefect reads its settings as it is imported.
    from transload_prefect.reading.objects.recorder import recorded

    with recorded() as record:
        project = import_project(target)
    collector = _Collector(project)
    for path, module in project.modules.items():
        collector.collect(path, module, target.attribute)
    deployed = {deployment.flow_name for deployment in record.deployments}
    for flow in record.variants:
        if flow.name in deployed and target.attribute is None:
            collector.add_deployed(flow)
    for deployment in record.deployments:
        collector.add_deployment(deployment, record.extra_fields.get(id(deployment), {}))
    untraced = collector.trace_flows()
    doubtful = [entry for flow, entry in collector.flows if entry not in untraced and depends_on_values(flow.fn)]
    collector.facts.failures.extend(project.failures)
    # Most projects show everything as they are imported, so that the time to interpret their text is spared.
    if untraced or doubtful or (target.attribute is None and any(map(_shows_more, project.files))):
        text = Reader(read_project(project.root, project.files), target.attribute)
        text.read()
        supplement(collector.facts, text, untraced, doubtful)
    manifest.deployments(project.root, collector.facts)
    return assemble(collector.facts, target, beside(project.root))


def _shows_more(file: Path) -> bool:
    return text_shows_more(file.read_text(encoding="utf-8", errors="replace"))


def from_objects(objects: Any, manifest: Carried, target: Target) -> Reading:
    """Read what `runtime.build` built."""
    from prefect import Flow, Task
    from prefect.context import TagsContext

    origin = Origin(tool=TOOL, way="load")
    facts = Facts(assets=[objects_to_facts.asset_of(asset, origin) for asset in objects.assets.values()])
    tasks = {id(task): objects_to_facts.task_of(task, origin, facts) for task in objects.tasks.values()}
    facts.tasks.extend(tasks.values())
    for flow in objects.flows.values():
        entry = objects_to_facts.flow_of(flow, origin, None, facts)
        trace = trace_flow(flow, Classes(Task, Flow, TagsContext))
        entry.calls = _call_facts(trace, tasks)
        entry.run = _run_fact(trace)
        facts.flows.append(entry)
    facts.deployments.extend(
        objects_to_facts.deployment_of(deployment, None, origin) for deployment in objects.deployments
    )
    return assemble(facts, target, manifest)


def _call_facts(trace: Trace, tasks: Mapping[int, TaskFact]) -> tuple[CallFact, ...]:
    """The calls in a flow, in order; each task is known."""
    calls: dict[Traced, CallFact] = {}
    for call in trace.calls:
        inputs = tuple((parameter, calls[source]) for parameter, source in call.inputs)
        calls[call] = CallFact(tasks[id(call.task)], inputs)
    return tuple(calls.values())


def _run_fact(trace: Trace) -> RunFact | None:
    return objects_to_facts.run_of(trace.runs[0]) if trace.runs else None


class _Collector:
    """Collects the definitions in the modules of a project."""

    def __init__(self, project: Imported) -> None:
        from prefect import Flow, Task
        from prefect.assets import Asset
        from prefect.automations import Automation
        from prefect.context import TagsContext

        self.facts = Facts(root=project.root, read=set(project.modules))
        self._project = project
        self._lines = Lines(project.root)
        # Tasks by their code and content, flows the same; with the tasks, flows and assets that were looked at, by their `id`.
        self._tasks: dict[Any, TaskFact] = {}
        self._flows: dict[Any, tuple[Any, FlowFact]] = {}
        self._task_facts: dict[int, TaskFact] = {}
        self._visited_flows: dict[int, Any] = {}
        self._visited_assets: set[int] = set()
        self._codes: set[Any] = set()
        # Tasks that a body makes would be gone after it, and another object could get their `id`.
        self._kept_alive: list[Any] = []
        self._classes = {
            Task: self._add_task,
            Flow: self._add_flow,
            Asset: self._add_asset,
            Automation: self._report_automation,
        }
        self._replaced = Classes(Task, Flow, TagsContext)

    def collect(self, path: str, module: ModuleType, attribute: str | None) -> None:
        """Add the facts of a module, or of one attribute of it."""
        for name, value in named_values(module):
            if attribute is None or name == attribute:
                for kind, add in self._classes.items():
                    if isinstance(value, kind):
                        add(value, name, path)

    def _origin(self, function: Any, fallback: str | None = None) -> Origin:
        code = getattr(function, "__code__", None)
        path = path_under(self._project.root, getattr(code, "co_filename", None)) or fallback
        line = self._lines.definition(path, code) if path and code else None
        return Origin(tool=TOOL, way="load", path=path, line=line)

    def _add_asset(self, asset: Any, name: str, path: str) -> None:
        if id(asset) not in self._visited_assets:
            self._visited_assets.add(id(asset))
            self.facts.assets.append(objects_to_facts.asset_of(asset, self._place(name, path)))

    def _place(self, name: str, path: str) -> Origin:
        return Origin(tool=TOOL, way="load", path=path, line=self._lines.assignment(path, name))

    def _add_task(self, task: Any, _name: str, path: str) -> None:
        if id(task) in self._task_facts:
            return
        code = getattr(objects_to_facts.innermost(task), "__code__", None)
        # A task that is imported from elsewhere is part of the project only where a flow calls it.
        if path_under(self._project.root, getattr(code, "co_filename", None)):
            self._task(task, path)

    def _task(self, task: Any, path: str | None = None) -> TaskFact:
        """The task, known by its code and all its options, since a module can be imported under two names."""
        if id(task) in self._task_facts:
            return self._task_facts[id(task)]
        self._kept_alive.append(task)
        function = objects_to_facts.innermost(task)
        origin, reported = self._origin(function, path), len(self.facts.losses)
        entry = objects_to_facts.task_of(task, origin, self.facts)
        key = (objects_to_facts.place_of(function), entry.content)
        if key in self._tasks:
            self.facts.drop_repeated(reported)
        else:
            self._tasks[key] = entry
            self.facts.tasks.append(entry)
            self.facts.assets.extend(
                objects_to_facts.asset_of(asset, origin)
                for asset in objects_to_facts.assets_of(task)
                if id(asset) not in self._visited_assets
            )
        self._task_facts[id(task)] = self._tasks[key]
        return self._tasks[key]

    def _add_flow(self, flow: Any, name: str, path: str) -> None:
        """Add a flow. The second of one function was made by `with_options`, so that its entrypoint is the name that it has."""
        if id(flow) in self._visited_flows:
            return
        self._visited_flows[id(flow)] = flow
        function = objects_to_facts.innermost(flow)
        origin, reported = self._origin(function), len(self.facts.losses)
        if origin.path is None:
            return
        code = getattr(function, "__code__", function)
        entrypoint = f"{path}:{name}" if code in self._codes else f"{origin.path}:{function.__qualname__}"
        entry = objects_to_facts.flow_of(flow, origin, entrypoint, self.facts)
        if (code, entry.content) in self._flows:
            self.facts.drop_repeated(reported)
            return
        self._codes.add(code)
        self._flows[code, entry.content] = (flow, entry)
        self.facts.flows.append(entry)

    def _report_automation(self, automation: Any, name: str, path: str) -> None:
        message = (
            "An automation by itself belongs to no deployment in the project; only triggers of deployments are read."
        )
        origin = self._place(name, path)
        self.facts.add_loss(f"automation {automation.name}", "*", message, Code.UNKNOWN_KIND, origin)

    def add_deployed(self, flow: Any) -> None:
        """Add a flow that has another name only where it is deployed."""
        if all(flow.name != entry.name for _, entry in self._flows.values()):
            self._add_flow(flow, objects_to_facts.innermost(flow).__name__, "")

    def add_deployment(self, deployment: Any, extra_fields: Mapping[str, Any]) -> None:
        """Add a deployment, with fields that the object has no attributes for."""
        flow = next((flow for flow, _ in self._flows.values() if flow.name == deployment.flow_name), None)
        fact = objects_to_facts.deployment_of(deployment, flow, Origin(tool=TOOL, way="load", path=None))
        extra = {name: Plain().value(value) for name, value in extra_fields.items() if value is not None}
        fact.fields = {**fact.fields, **extra}
        self.facts.deployments.append(fact)

    @property
    def flows(self) -> list[tuple[Any, FlowFact]]:
        """The flows as objects, and as facts."""
        return list(self._flows.values())

    def trace_flows(self) -> list[FlowFact]:
        """Run the body of each flow for the calls in it. Returns the flows whose bodies do not run."""
        untraced = []
        for flow, entry in self.flows:
            try:
                with guarded():
                    trace = trace_flow(flow, self._replaced)
            except BaseException as error:  # noqa: BLE001 - whatever a body raises, the other flows are still read
                reason = last_line(error).removesuffix(".")
                message = (
                    f"Its body does not run without its tasks, so that what it calls was read from its text: {reason}."
                )
                self.facts.add_uncertain(f"flow {entry.name}", "jobs", message, entry.origin)
                untraced.append(entry)
                continue
            self._kept_alive.append(trace)
            entry.calls = _call_facts(trace, {id(call.task): self._task(call.task) for call in trace.calls})
            entry.run = _run_fact(trace)
            entry.effects = trace.effects
            report_effects(entry, self.facts)
            report_items(entry, (call.task.name for call in trace.calls if call.gets_item), self.facts)
            subflows = list(dict.fromkeys(subflow.name for subflow in trace.subflows))
            entry.residue = {**entry.residue, **({SUBFLOWS: subflows} if subflows else {})}
        return untraced

"""Symbolic calls → graph. Needs no Prefect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from transload.adapter import Reading, Target
from transload.loss import Code, Loss
from transload.reading.project import Module, Project, Trace
from transload.reading.values import Attribute, Call, Function, Place
from transload_prefect.codecs import keywords
from transload_prefect.reading import manifest
from transload_prefect.reading.facts import (
    CallFact,
    DeploymentFact,
    Facts,
    FlowFact,
    TaskFact,
    report_acts,
    report_parts,
    report_wrapped,
)
from transload_prefect.reading.graph import assemble
from transload_prefect.reading.syntax.arguments import Sayings
from transload_prefect.reading.syntax.call_forms import (
    arguments_of,
    deployed,
    entrypoint_of,
    functions_of,
    held,
    maker,
    member_of,
    origin_of,
    wrapped,
    wrapper,
)
from transload_prefect.reading.syntax.calls import Definitions
from transload_prefect.reading.syntax.deployments import deployed_together, deployment_fields
from transload_prefect.reading.syntax.main import main_calls, makers
from transload_prefect.reading.syntax.symbols import (
    ACTS,
    CHANGING,
    DECORATORS,
    HOOKS,
    SUBMITTING,
    decorators,
    method,
    short_name,
)
from transload_prefect.reading.task_results import Source, sources_of

_AUTOMATION: Final = (
    "An automation by itself belongs to no deployment in the project; only triggers of deployments are read."
)


def read(project: Project, target: Target) -> Reading:
    """What the project says, without importing it."""
    reader = Reader(project, target.attribute)
    reader.read()
    manifest.deployments(project.root, reader.found)
    return assemble(reader.found, target, manifest.carried(project.root))


def _said_of(call: Call) -> str:
    said = next(iter((*call.args, *call.kwargs.values())), None)
    return f"{short_name(call)}({said!r})" if isinstance(said, str) else f"{short_name(call)}()"


@dataclass
class _Body:
    """What the body of a flow calls: tasks by the `id` of the call, the names of flows, and those tasks that get an item of a result."""

    calls: dict[int, CallFact] = field(default_factory=dict)
    subflows: dict[str, None] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)


class Reader:
    """Collects what the modules of a project define."""

    def __init__(self, project: Project, attribute: str | None = None) -> None:
        """`attribute` limits it to what has this name in a module."""
        self.found = Facts(root=project.root, read={module.path for module in project.modules.values()})
        self._project = project
        self._attribute = attribute
        self._tasks: dict[int, TaskFact] = {}
        self._flows: dict[int, FlowFact] = {}
        self._variants: dict[int, tuple[Call, FlowFact]] = {}
        self._making = Definitions(self.found)
        self._places: set[Place] = set()
        self._hooks: dict[int, dict[str, list[Function]]] = {}
        self.of_calls: dict[FlowFact, list[Loss]] = {}
        """What is reported of the calls in each flow."""
        self.inner: set[TaskFact | FlowFact] = set()
        """What only a call of a function makes, or running a file as a program."""
        self.in_main: list[Loss] = []
        """What is reported of running files as programs."""

    def read(self) -> None:
        """Definitions first, then what flows call, then deployments."""
        modules = list(self._project.modules.values())
        for module in modules:
            self._find_hooks(module)
            self._places.update(each.place for each in module.functions if "<locals>" in each.qualname)
        flows = [pair for module in modules for pair in self._definitions(module)]
        flows += [pair for module in modules for pair in self._held_variants(module)]
        if self._attribute is None:
            making = makers(
                {name: list(functions_of(module)) for name, module in self._project.modules.items()}, self._project
            )
            flows += [pair for module in modules for pair in self._inner_definitions(module, making)]
        for function, flow in flows:
            self._calls(function, flow)
        for module in modules:
            self._deployments(module.calls)
            self._main(main_calls(self._project, module))

    # Definitions

    def _find_hooks(self, module: Module) -> None:
        """Functions that `@task.on_completion` and the like hand to a task or flow."""
        for function in functions_of(module):
            for each in function.decorators:
                if isinstance(each, Attribute) and each.name in HOOKS:
                    self._hooks.setdefault(id(each.of), {}).setdefault(each.name, []).append(function)

    def _definitions(self, module: Module) -> list[tuple[Function, FlowFact]]:
        flows = []
        for call in module.calls:
            if short_name(call) in ("Asset", "PartitionedAsset") and self._is_wanted(module, call):
                self._making.assets.key(call)
        for function in functions_of(module):
            if self._is_wanted(module, function):
                flow = self._function(function)
                flows.extend([(function, flow)] if flow else [])
        for call in module.calls:
            if self._is_wanted(module, call) and isinstance(wrapped(call), Function):
                flow = self._define(call, cast("Function", wrapped(call)), *wrapper(call))
                flows.extend([(cast("Function", wrapped(call)), flow)] if flow else [])
            else:
                self._report_automation(call)
        return flows

    def _report_automation(self, call: Call) -> None:
        if short_name(call) == "Automation":
            said = call.kwargs.get("name", "")
            name = said if isinstance(said, str) else f"at {call.place}"
            self.found.lost(f"automation {name}", "*", _AUTOMATION, Code.UNKNOWN_KIND, origin_of(call.place))

    def _held_variants(self, module: Module) -> Iterator[tuple[Function, FlowFact]]:
        """Tasks and flows with other options that a module names."""
        for name, value in held(module):
            if not isinstance(value, Call) or self._attribute not in (None, name) or method(value, CHANGING) is None:
                continue
            flow = self._flow_of(value)
            if flow is None:
                self._task_of(value)
            elif flow not in self.found.flows:
                flow.entrypoint = f"{module.path}:{name}"
                self.found.flows.append(flow)
                yield self._making.function_of(flow), flow

    def _main(self, calls: Sequence[Call]) -> None:
        """What running a file as a program adds."""
        before = len(self.found.losses)
        for call in calls:
            self._report_automation(call)
        self._deployments(calls, in_main=True)
        self.in_main.extend(self.found.losses[before:])

    def _inner_definitions(self, module: Module, making: set[int]) -> Iterator[tuple[Function, FlowFact]]:
        """Tasks and flows that a function makes when it is called, which importing the module does not do."""
        for function in functions_of(module):
            if id(function) in self._tasks or id(function) in self._flows or id(function) not in making:
                continue
            trace = self._project.trace(function)
            for call, inner in [(call, wrapped(call)) for call in trace.calls if self._makes(call)]:
                if isinstance(inner, Function):
                    yield from self._inner(call, inner, self._define(call, inner, *wrapper(call)))
                else:
                    message = f"`{function.name}` makes a {short_name(call.func)} of a function that is not known before run time."
                    self.found.lost(
                        f"function {function.qualname}", "*", message, Code.UNRESOLVED, origin_of(call.place)
                    )
            for inner in trace.functions:
                if inner.place not in self._places:
                    yield from self._inner(inner, inner, self._function(inner))

    def _makes(self, call: Call) -> bool:
        """Whether it makes a task or a flow, and is no call of one."""
        return short_name(maker(call)) in DECORATORS and id(call.func) not in self._tasks.keys() | self._flows.keys()

    def _inner(self, value: Any, function: Function, flow: FlowFact | None) -> Iterator[tuple[Function, FlowFact]]:
        self._places.add(function.place)
        if flow:
            self.inner.add(flow)
            yield function, flow
        elif id(value) in self._tasks:
            self.inner.add(self._tasks[id(value)])

    def _is_wanted(self, module: Module, value: Any) -> bool:
        return self._attribute is None or module.namespace.get(self._attribute) is value

    def _function(self, function: Function) -> FlowFact | None:
        decorated = decorators(function)
        return self._define(function, function, *decorated[0]) if decorated else None

    def _define(self, value: Any, function: Function, kind: str, call: Call | None) -> FlowFact | None:
        """A task or a flow that is named by `value`."""
        hooks = self._hooks.get(id(value), {})
        made = self._making.flow(function, call, hooks) if kind == "flow" else self._making.task(function, call, hooks)
        subject = f"{'flow' if kind == 'flow' else 'task'} {made.name}"
        if not value.certain:
            self.found.doubted(
                subject,
                "*",
                "It is defined under a condition that is not decided; it is taken as defined.",
                made.origin,
            )
        if len(decorators(function)) > (1 if value is function else 0):
            report_wrapped(subject, made.origin, self.found)
        if isinstance(made, FlowFact):
            self._flows[id(value)] = made
            self.found.flows.append(made)
            return made
        self._tasks[id(value)] = made
        self.found.tasks.append(made)
        return None

    # Flows

    def _calls(self, function: Function, flow: FlowFact) -> None:
        trace, before = self._project.trace(function), len(self.found.losses)
        self._define_within(trace)
        body = _Body()
        for call in trace.calls:
            self._call(call, flow, body)
        flow.calls = tuple(body.calls.values())
        flow.residue = {**flow.residue, **({keywords.SUBFLOWS: list(body.subflows)} if body.subflows else {})}
        self._report_doubt(flow, trace, body.calls)
        report_parts(flow, body.parts, self.found)
        report_acts(flow, self.found)
        self.of_calls[flow] = self.found.losses[before:]

    def _call(self, call: Call, flow: FlowFact, body: _Body) -> None:
        """Take in one call of the body of a flow."""
        called = self._called(call)
        task = self._task_of(called) if called is not None else None
        if task is not None:
            inputs = tuple(self._inputs(call, called, body.calls))
            body.parts.extend([] if all(source.sure for _, source in inputs) else [task.name])
            given = tuple((parameter, source.call) for parameter, source in inputs)
            body.calls[id(call)] = CallFact(self._tagged(task, call, flow), given)
        elif short_name(call) == "PartitionedRun":
            flow.run = flow.run or self._making.assets.run(call, f"flow {flow.name}")
        elif short_name(call) in ACTS:
            flow.acts.append(_said_of(call))
        else:
            subflow = self._flow_of(call.func)
            body.subflows.update({subflow.name: None} if subflow else {})

    def _define_within(self, trace: Trace) -> None:
        """Tasks and flows that the body of a flow makes."""
        for function in trace.functions:
            if id(function) not in self._tasks and id(function) not in self._flows:
                flow = self._function(function)
                if flow is not None:
                    self._calls(function, flow)

    def _tagged(self, task: TaskFact, call: Call, flow: FlowFact) -> TaskFact:
        """The task with the tags of the `with tags(…)` around its call."""
        said = [
            each
            for within in call.within
            if isinstance(within, Call) and short_name(within) == "tags"
            for each in within.args
        ]
        known = [each for each in said if isinstance(each, str)]
        if len(known) < len(said):
            message = f"A tag around its call of {task.name} is not known before run time."
            self.found.lost(f"flow {flow.name}", "tags", message, Code.UNRESOLVED, origin_of(call.place))
        if set(known) <= set(task.tags):
            return task
        options_ = {"tags": sorted({*task.tags, *known})}
        return self._with_options(task, Call(call.func, (), options_, call.place))

    def _called(self, call: Call) -> Any:
        """What a call runs: a task, and not a method that makes another task of it."""
        return method(call, SUBMITTING) or (
            call.func if isinstance(call.func, (Function, Call)) else member_of(call.func)
        )

    def _task_of(self, value: Any) -> TaskFact | None:
        if id(value) in self._tasks:
            return self._tasks[id(value)]
        of = method(value, CHANGING) if isinstance(value, Call) else None
        base = self._task_of(of) if of is not None else None
        return None if base is None else self._with_options(base, value)

    def _with_options(self, base: TaskFact, call: Call) -> TaskFact:
        task = self._making.task_with(base, call)
        if task not in self.found.tasks:
            self.found.tasks.append(task)
        return task

    def _flow_of(self, value: Any) -> FlowFact | None:
        if id(value) in self._flows:
            return self._flows[id(value)]
        of = method(value, CHANGING) if isinstance(value, Call) else None
        base = self._flow_of(of) if of is not None else None
        if base is None:
            return None
        if id(value) not in self._variants:
            self._variants[id(value)] = (value, self._making.flow_with(base, value))
        return self._variants[id(value)][1]

    def _inputs(self, call: Call, called: Any, calls: Mapping[int, CallFact]) -> Iterator[tuple[str | None, Source]]:
        for parameter, value in arguments_of(call, called).items():
            yield from ((parameter, source) for source in sources_of(value, calls))
        yield from ((None, source) for source in sources_of(call.kwargs.get("wait_for"), calls))

    def _report_doubt(self, flow: FlowFact, trace: Trace, calls: Mapping[int, CallFact]) -> None:
        doubtful = sorted({calls[id(call)].task.name for call in trace.calls if id(call) in calls and not call.certain})
        if doubtful:
            message = f"It calls {', '.join(doubtful)} under a condition, or as often as there is data; each is taken as called."
            self.found.doubted(f"flow {flow.name}", "jobs", message, flow.origin)

    # Deployments

    def _deployments(self, calls: Sequence[Call], *, in_main: bool = False) -> None:
        together = {id(each): call for call in calls if short_name(call) == "deploy" for each in call.args}
        for call in calls:
            of = deployed(call)
            flow = self._flow_of(of)
            if of is None or (flow is None and entrypoint_of(of) is None):
                continue
            if flow is not None:
                self._add_deployed(flow, in_main=in_main)
            subject = f"deployment of {flow.name}" if flow else "deployment"
            said = Sayings(call.kwargs, subject, origin_of(call.place), self.found, ({}, frozenset()), call)
            fields = deployment_fields(call, said)
            if id(call) in together:
                fields = deployed_together(fields, together[id(call)], said)
            if flow is None:
                fields["entrypoint"] = entrypoint_of(of)
            self.found.deployments.append(
                DeploymentFact(fields, origin_of(call.place), flow.name if flow else None, in_main)
            )

    def _add_deployed(self, flow: FlowFact, *, in_main: bool) -> None:
        """A flow that has another name only where it is deployed; under its own name Prefect runs it without the other options."""
        if all(flow.name != each.name for each in self.found.flows):
            self.found.flows.append(flow)
            self._calls(self._making.function_of(flow), flow)
            if in_main:
                self.inner.add(flow)

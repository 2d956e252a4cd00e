"""Symbolic calls of the modules of a project → facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from transload.loss import Code, Loss
from transload.reading.project import Module, Project
from transload.reading.values import Attribute, Call, Function, Place
from transload_prefect.codecs import keywords
from transload_prefect.reading.facts import (
    CallFact,
    DeploymentFact,
    Facts,
    FlowFact,
    TaskFact,
    report_effects,
    report_items,
    report_wrapped,
)
from transload_prefect.reading.syntax.arguments import CallKeywords
from transload_prefect.reading.syntax.call_forms import (
    arguments_of,
    decorating_call,
    decoration,
    deployed_flow,
    entrypoint_of,
    functions_of,
    member_of,
    named_values,
    origin_of,
    wrapped_function,
)
from transload_prefect.reading.syntax.calls import Definitions
from transload_prefect.reading.syntax.deployments import deployed_together, deployment_fields
from transload_prefect.reading.syntax.main import main_calls, making_functions
from transload_prefect.reading.syntax.symbols import (
    CHANGING,
    DECORATORS,
    EFFECTS,
    HOOKS,
    SUBMITTING,
    decorators,
    method,
    short_name,
)
from transload_prefect.reading.task_results import sources_of

_AUTOMATION: Final = (
    "An automation by itself belongs to no deployment in the project; only triggers of deployments are read."
)


@dataclass
class _Body:
    """The calls in the body of a flow: of tasks by the `id` of the call, of flows by name; and the tasks that get an item of a result."""

    calls: dict[int, CallFact] = field(default_factory=dict)
    subflows: dict[str, None] = field(default_factory=dict)
    with_items: list[str] = field(default_factory=list)


class Reader:
    """Collects the definitions in the modules of a project."""

    def __init__(self, project: Project, attribute: str | None = None) -> None:
        """`attribute` limits it to what has this name in a module."""
        self.facts = Facts(root=project.root, read={module.path for module in project.modules.values()})
        self._project = project
        self._attribute = attribute
        # By the `id` of the symbolic value that stands for it: a function, or the call that makes it.
        self._tasks: dict[int, TaskFact] = {}
        self._flows: dict[int, FlowFact] = {}
        # With the value itself, whose `id` another one could have if it were gone.
        self._variants: dict[int, tuple[Call, FlowFact]] = {}
        self._definitions = Definitions(self.facts)
        self._places: set[Place] = set()
        self._hooks: dict[int, dict[str, list[Function]]] = {}
        self.losses_of: dict[FlowFact, list[Loss]] = {}
        """The losses of the calls in each flow."""
        self.inner: set[TaskFact | FlowFact] = set()
        """Tasks and flows that only a call of a function makes, or running a file as a program."""
        self.in_main: list[Loss] = []
        """The losses of running files as programs."""

    def read(self) -> None:
        """Definitions first, then the calls in flows, then deployments."""
        modules = list(self._project.modules.values())
        for module in modules:
            self._collect_hooks(module)
            self._places.update(function.place for function in module.functions if "<locals>" in function.qualname)
        flows = [pair for module in modules for pair in self._define_all(module)]
        flows += [pair for module in modules for pair in self._named_variants(module)]
        if self._attribute is None:
            making = making_functions(
                {name: list(functions_of(module)) for name, module in self._project.modules.items()}, self._project
            )
            flows += [pair for module in modules for pair in self._define_inner(module, making)]
        for function, flow in flows:
            self._read_body(function, flow)
        for module in modules:
            self._read_deployments(module.calls)
            before = len(self.facts.losses)
            calls = main_calls(self._project, module)
            for call in calls:
                self._report_automation(call)
            self._read_deployments(calls, in_main=True)
            self.in_main.extend(self.facts.losses[before:])

    # Definitions

    def _collect_hooks(self, module: Module) -> None:
        """Functions that `@task.on_completion` and the like hand to a task or flow."""
        for function in functions_of(module):
            for decorator in function.decorators:
                if isinstance(decorator, Attribute) and decorator.name in HOOKS:
                    hooks = self._hooks.setdefault(id(decorator.of), {})
                    hooks.setdefault(decorator.name, []).append(function)

    def _define_all(self, module: Module) -> list[tuple[Function, FlowFact]]:
        """The flows that importing a module makes; its tasks and assets are collected too."""
        flows = []
        for call in module.calls:
            if short_name(call) in ("Asset", "PartitionedAsset") and self._is_wanted(module, call):
                self._definitions.assets.key(call)
        for function in functions_of(module):
            if self._is_wanted(module, function):
                flow = self._define_decorated(function)
                flows.extend([(function, flow)] if flow else [])
        for call in module.calls:
            if self._is_wanted(module, call) and isinstance(wrapped_function(call), Function):
                flow = self._define(call, cast("Function", wrapped_function(call)), *decoration(call))
                flows.extend([(cast("Function", wrapped_function(call)), flow)] if flow else [])
            else:
                self._report_automation(call)
        return flows

    def _report_automation(self, call: Call) -> None:
        if short_name(call) == "Automation":
            name = call.kwargs.get("name", "")
            subject = f"automation {name if isinstance(name, str) else f'at {call.place}'}"
            self.facts.add_loss(subject, "*", _AUTOMATION, Code.UNKNOWN_KIND, origin_of(call.place))

    def _named_variants(self, module: Module) -> Iterator[tuple[Function, FlowFact]]:
        """Tasks and flows with other options that a module names."""
        for name, value in named_values(module):
            if not isinstance(value, Call) or self._attribute not in (None, name) or method(value, CHANGING) is None:
                continue
            flow = self._flow_of(value)
            if flow is None:
                self._task_of(value)
            elif flow not in self.facts.flows:
                flow.entrypoint = f"{module.path}:{name}"
                self.facts.flows.append(flow)
                yield self._definitions.function_of(flow), flow

    def _define_inner(self, module: Module, making: set[int]) -> Iterator[tuple[Function, FlowFact]]:
        """Tasks and flows that a function makes when it is called, which importing the module does not do."""
        for function in functions_of(module):
            if id(function) in self._tasks or id(function) in self._flows or id(function) not in making:
                continue
            trace = self._project.trace(function)
            for call in trace.calls:
                # A call of a task or flow itself makes none.
                known = id(call.func) in self._tasks or id(call.func) in self._flows
                if known or short_name(decorating_call(call)) not in DECORATORS:
                    continue
                inner = wrapped_function(call)
                if isinstance(inner, Function):
                    yield from self._add_inner(call, inner, self._define(call, inner, *decoration(call)))
                else:
                    message = f"`{function.name}` makes a {short_name(call.func)} of a function that is not known before run time."
                    self.facts.add_loss(
                        f"function {function.qualname}", "*", message, Code.UNRESOLVED, origin_of(call.place)
                    )
            for inner in trace.functions:
                if inner.place not in self._places:
                    yield from self._add_inner(inner, inner, self._define_decorated(inner))

    def _add_inner(self, value: Any, function: Function, flow: FlowFact | None) -> Iterator[tuple[Function, FlowFact]]:
        self._places.add(function.place)
        if flow:
            self.inner.add(flow)
            yield function, flow
        elif id(value) in self._tasks:
            self.inner.add(self._tasks[id(value)])

    def _is_wanted(self, module: Module, value: Any) -> bool:
        return self._attribute is None or module.namespace.get(self._attribute) is value

    def _define_decorated(self, function: Function) -> FlowFact | None:
        decorated = decorators(function)
        return self._define(function, function, *decorated[0]) if decorated else None

    def _define(self, value: Any, function: Function, kind: str, call: Call | None) -> FlowFact | None:
        """Collect the task or flow that `value` stands for. Returns it if it is a flow."""
        hooks = self._hooks.get(id(value), {})
        definition = (
            self._definitions.flow(function, call, hooks)
            if kind == "flow"
            else self._definitions.task(function, call, hooks)
        )
        subject = f"{'flow' if kind == 'flow' else 'task'} {definition.name}"
        if not value.certain:
            message = "It is defined under a condition that is not decided; it is taken as defined."
            self.facts.add_uncertain(subject, "*", message, definition.origin)
        if len(decorators(function)) > (1 if value is function else 0):
            report_wrapped(subject, definition.origin, self.facts)
        if isinstance(definition, FlowFact):
            self._flows[id(value)] = definition
            self.facts.flows.append(definition)
            return definition
        self._tasks[id(value)] = definition
        self.facts.tasks.append(definition)
        return None

    # Flows

    def _read_body(self, function: Function, flow: FlowFact) -> None:
        """The calls in a flow, and in the flows that its body makes."""
        trace, before = self._project.trace(function), len(self.facts.losses)
        for inner in trace.functions:
            if id(inner) not in self._tasks and id(inner) not in self._flows:
                inner_flow = self._define_decorated(inner)
                if inner_flow is not None:
                    self._read_body(inner, inner_flow)
        body = _Body()
        for call in trace.calls:
            self._read_call(call, flow, body)
        flow.calls = tuple(body.calls.values())
        flow.residue = {**flow.residue, **({keywords.SUBFLOWS: list(body.subflows)} if body.subflows else {})}
        doubtful = sorted(
            {body.calls[id(call)].task.name for call in trace.calls if id(call) in body.calls and not call.certain}
        )
        if doubtful:
            message = f"It calls {', '.join(doubtful)} under a condition, or as often as there is data; each is taken as called."
            self.facts.add_uncertain(f"flow {flow.name}", "jobs", message, flow.origin)
        report_items(flow, body.with_items, self.facts)
        report_effects(flow, self.facts)
        self.losses_of[flow] = self.facts.losses[before:]

    def _read_call(self, call: Call, flow: FlowFact, body: _Body) -> None:
        """Collect one call in the body of a flow."""
        # What the call runs: a task, and not a method that makes another task of it.
        called = method(call, SUBMITTING)
        if not called:
            called = call.func if isinstance(call.func, (Function, Call)) else member_of(call.func)
        task = self._task_of(called) if called is not None else None
        if task is not None:
            arguments = (*arguments_of(call, called).items(), (None, call.kwargs.get("wait_for")))
            sources = [(name, source) for name, value in arguments for source in sources_of(value, body.calls)]
            body.with_items.extend([] if all(source.sure for _, source in sources) else [task.name])
            inputs = tuple((name, source.call) for name, source in sources)
            body.calls[id(call)] = CallFact(self._tagged(task, call, flow), inputs)
        elif short_name(call) == "PartitionedRun":
            flow.run = flow.run or self._definitions.assets.run(call, f"flow {flow.name}")
        elif short_name(call) in EFFECTS:
            target = next(iter((*call.args, *call.kwargs.values())), None)
            flow.effects.append(
                f"{short_name(call)}({target!r})" if isinstance(target, str) else f"{short_name(call)}()"
            )
        else:
            subflow = self._flow_of(call.func)
            body.subflows.update({subflow.name: None} if subflow else {})

    def _tagged(self, task: TaskFact, call: Call, flow: FlowFact) -> TaskFact:
        """The task with the tags of the `with tags(…)` around its call."""
        tags = [
            tag
            for context in call.within
            if isinstance(context, Call) and short_name(context) == "tags"
            for tag in context.args
        ]
        known = [tag for tag in tags if isinstance(tag, str)]
        if len(known) < len(tags):
            message = f"A tag around its call of {task.name} is not known before run time."
            self.facts.add_loss(f"flow {flow.name}", "tags", message, Code.UNRESOLVED, origin_of(call.place))
        if set(known) <= set(task.tags):
            return task
        options = {"tags": sorted({*task.tags, *known})}
        return self._with_options(task, Call(call.func, (), options, call.place))

    def _task_of(self, value: Any) -> TaskFact | None:
        """The task that a value stands for, with the options that calls of `with_options` give it."""
        if id(value) in self._tasks:
            return self._tasks[id(value)]
        of = method(value, CHANGING) if isinstance(value, Call) else None
        base = self._task_of(of) if of is not None else None
        return None if base is None else self._with_options(base, value)

    def _with_options(self, base: TaskFact, call: Call) -> TaskFact:
        task = self._definitions.task_with(base, call)
        if task not in self.facts.tasks:
            self.facts.tasks.append(task)
        return task

    def _flow_of(self, value: Any) -> FlowFact | None:
        if id(value) in self._flows:
            return self._flows[id(value)]
        of = method(value, CHANGING) if isinstance(value, Call) else None
        base = self._flow_of(of) if of is not None else None
        if base is None:
            return None
        if id(value) not in self._variants:
            self._variants[id(value)] = (value, self._definitions.flow_with(base, value))
        return self._variants[id(value)][1]

    # Deployments

    def _read_deployments(self, calls: Sequence[Call], *, in_main: bool = False) -> None:
        together: Mapping[int, Call] = {
            id(argument): call for call in calls if short_name(call) == "deploy" for argument in call.args
        }
        for call in calls:
            of = deployed_flow(call)
            flow = self._flow_of(of)
            if of is None or (flow is None and entrypoint_of(of) is None):
                continue
            # A flow that has another name only where it is deployed; under its own name Prefect runs it without the other options.
            if flow is not None and all(flow.name != known.name for known in self.facts.flows):
                self.facts.flows.append(flow)
                self._read_body(self._definitions.function_of(flow), flow)
                self.inner.update([flow] if in_main else [])
            subject = f"deployment of {flow.name}" if flow else "deployment"
            arguments = CallKeywords(call.kwargs, subject, origin_of(call.place), self.facts, ({}, frozenset()), call)
            fields = deployment_fields(call, arguments)
            if id(call) in together:
                fields = deployed_together(fields, together[id(call)], arguments)
            if flow is None:
                fields["entrypoint"] = entrypoint_of(of)
            self.facts.deployments.append(
                DeploymentFact(fields, origin_of(call.place), flow.name if flow else None, in_main)
            )

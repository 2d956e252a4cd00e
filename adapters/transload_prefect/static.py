"""Symbolic calls → graph. Needs no Prefect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, cast

from pydantic import JsonValue

from transload.adapter import Reading, Target
from transload.loss import Code, Loss, Severity
from transload.reading.project import Module, Project, Trace
from transload.reading.values import MISSING, Call, Function, Place, Unknown
from transload_prefect import manifests, options
from transload_prefect.assembling import assemble
from transload_prefect.assets import Assets, listed
from transload_prefect.calling import (
    arguments_of,
    functions_of,
    is_from_source,
    maker,
    member_of,
    origin_of,
    sources_of,
    wrapped,
    wrapper,
)
from transload_prefect.deploying import deployment_fields
from transload_prefect.found import Found, FoundCall, FoundDeployment, FoundFlow, FoundTask
from transload_prefect.programs import main_calls, makers
from transload_prefect.retries import Told
from transload_prefect.saying import Sayings
from transload_prefect.stubs import is_stub_body
from transload_prefect.symbols import (
    CHANGING,
    DECORATORS,
    DEPLOYING,
    SUBMITTING,
    decorator,
    method,
    short_name,
)

_TASK_OPTIONS: Final = (options.TASK, options.MODELLED | {"fn", "materialized_by"})
_FLOW_OPTIONS: Final = (options.FLOW, options.MODELLED_BY_FLOWS | {"fn"})


def read(project: Project, target: Target) -> Reading:
    """What the project says, without importing it."""
    reader = Reader(project, target.attribute)
    reader.read()
    manifests.deployments(project.root, reader.found)
    return assemble(reader.found, target, manifests.carried(project.root))


class Reader:
    """Collects what the modules of a project define."""

    def __init__(self, project: Project, attribute: str | None = None) -> None:
        """`attribute` limits it to what has this name in a module."""
        self.found = Found(root=project.root, read={module.path for module in project.modules.values()})
        self._project = project
        self._attribute = attribute
        self._tasks: dict[int, FoundTask] = {}
        self._variants: dict[tuple[Any, ...], FoundTask] = {}
        self._flows: dict[int, FoundFlow] = {}
        self._assets = Assets(self.found)
        self._places: set[Place] = set()
        self.inner: set[FoundTask | FoundFlow] = set()
        """What only a call of a function makes."""

    def read(self) -> None:
        """Definitions first, then what flows call, then deployments."""
        modules = list(self._project.modules.values())
        flows = [pair for module in modules for pair in self._definitions(module)]
        if self._attribute is None:
            making = makers(
                {name: list(functions_of(module)) for name, module in self._project.modules.items()}, self._project
            )
            flows += [pair for module in modules for pair in self._inner_definitions(module, making)]
        for function, flow in flows:
            self._calls(function, flow)
        for module in modules:
            self._deployments(module.calls)
            self._deployments(main_calls(self._project, module), in_main=True)

    # Definitions

    def _definitions(self, module: Module) -> list[tuple[Function, FoundFlow]]:
        flows = []
        for call in module.calls:
            if short_name(call) in ("Asset", "PartitionedAsset") and self._is_wanted(module, call):
                self._assets.key(call)
        for function in functions_of(module):
            if self._is_wanted(module, function):
                flow = self._function(function)
                flows.extend([(function, flow)] if flow else [])
        for call in module.calls:
            if self._is_wanted(module, call) and isinstance(wrapped(call), Function):
                flow = self._define(call, cast("Function", wrapped(call)), *wrapper(call))
                flows.extend([(cast("Function", wrapped(call)), flow)] if flow else [])
            elif short_name(call) == "Automation":
                message = "An automation by itself belongs to no deployment in the project; only triggers of deployments are read."
                name = call.kwargs.get("name", "")
                self.found.lost(f"automation {name}", "*", message, Code.UNKNOWN_KIND, origin_of(call.place))
        return flows

    def _inner_definitions(self, module: Module, making: set[int]) -> Iterator[tuple[Function, FoundFlow]]:
        """Tasks and flows that a function makes when it is called, which importing the module does not do."""
        for function in functions_of(module):
            if id(function) in self._tasks or id(function) in self._flows or id(function) not in making:
                continue
            trace = self._project.trace(function)
            for call, inner in [(call, wrapped(call)) for call in trace.calls if short_name(maker(call)) in DECORATORS]:
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

    def _inner(self, value: Any, function: Function, flow: FoundFlow | None) -> Iterator[tuple[Function, FoundFlow]]:
        self._places.add(function.place)
        if flow:
            self.inner.add(flow)
            yield function, flow
        elif id(value) in self._tasks:
            self.inner.add(self._tasks[id(value)])

    def _is_wanted(self, module: Module, value: Any) -> bool:
        return self._attribute is None or module.namespace.get(self._attribute) is value

    def _function(self, function: Function) -> FoundFlow | None:
        decorated = decorator(function)
        return self._define(function, function, *decorated) if decorated else None

    def _define(self, value: Any, function: Function, kind: str, call: Call | None) -> FoundFlow | None:
        """A task or a flow that is named by `value`."""
        if kind == "flow":
            self._flows[id(value)] = flow = self._flow(function, call)
            self.found.flows.append(flow)
            return flow
        self._tasks[id(value)] = task = self._task(function, call)
        self.found.tasks.append(task)
        return None

    def _task(self, function: Function, call: Call | None) -> FoundTask:
        said = self._said(call, "task", function)
        name = said.text("name") or function.name
        retries = said.value("retries")
        assets = [*(call.args if call and short_name(call) == "materialize" else ()), *listed(said.raw("assets"))]
        return FoundTask(
            name=name,
            origin=origin_of(function.place),
            function=_code(function),
            description=said.text("description") or function.docstring or None,
            tags=said.texts("tags"),
            retries=Told(
                retries if isinstance(retries, int) else None,
                said.delays(retries),
                cast("Any", said.value("retry_jitter_factor")),
            ),
            timeout=_timeout(said.value("timeout_seconds")),
            writes=self._assets.keys(assets, f"task {name}", function.place),
            deps=self._assets.keys(listed(said.raw("asset_deps")), f"task {name}", function.place),
            mappings=self._assets.mappings(listed(said.raw("asset_deps")), f"task {name}"),
            residue=said.residue(),
        )

    def _flow(self, function: Function, call: Call | None) -> FoundFlow:
        said = self._said(call, "flow", function)
        name = said.text("name") or function.name.replace("_", "-")
        parameters = [each for each in function.parameters if each.kind not in ("variadic", "keywords")]
        required: list[JsonValue] = [each.name for each in parameters if each.default is MISSING]
        defaults = {
            each.name: said.plain(f"parameters.{each.name}", each.default)
            for each in parameters
            if each.default is not MISSING
        }
        retries = said.value("retries")
        residue: dict[str, JsonValue] = {**said.residue(), **({options.REQUIRED: required} if required else {})}
        return FoundFlow(
            name=name,
            origin=origin_of(function.place),
            entrypoint=f"{function.place.path}:{function.qualname}",
            description=said.text("description") or function.docstring or None,
            retries=Told(retries if isinstance(retries, int) else None, said.delays(retries)),
            parameters={each: value for each, value in defaults.items() if not isinstance(value, Unknown)},
            residue=residue,
        )

    def _said(self, call: Call | None, kind: str, function: Function) -> Sayings:
        known = _TASK_OPTIONS if kind == "task" else _FLOW_OPTIONS
        origin = origin_of(call.place if call else function.place)
        return Sayings(call.kwargs if call else {}, f"{kind} {function.name}", origin, self.found, known, call)

    # Flows

    def _calls(self, function: Function, flow: FoundFlow) -> None:
        trace = self._project.trace(function)
        calls: dict[int, FoundCall] = {}
        subflows: dict[str, None] = {}
        for call in trace.calls:
            called = self._called(call)
            task = self._task_of(called) if called is not None else None
            if task is not None:
                calls[id(call)] = FoundCall(task, tuple(self._inputs(call, called, calls)))
            elif short_name(call) == "PartitionedRun":
                flow.run = flow.run or self._assets.run(call, f"flow {flow.name}")
            elif id(call.func) in self._flows:
                subflows[self._flows[id(call.func)].name] = None
        flow.calls = tuple(calls.values())
        flow.residue = {**flow.residue, **({options.SUBFLOWS: list(subflows)} if subflows else {})}
        self._report_doubt(flow, trace, calls)

    def _called(self, call: Call) -> Any:
        """What a call runs: a task, and not a method that makes another task of it."""
        return method(call, SUBMITTING) or (
            call.func if isinstance(call.func, (Function, Call)) else member_of(call.func)
        )

    def _task_of(self, value: Any) -> FoundTask | None:
        if id(value) in self._tasks:
            return self._tasks[id(value)]
        base = (
            self._task_of(method(value, CHANGING))
            if isinstance(value, Call) and method(value, CHANGING) is not None
            else None
        )
        return self._variant(base, cast("Call", value)) if base else None

    def _variant(self, base: FoundTask, call: Call) -> FoundTask:
        """A task with other options; one whose name and assets are the same is the same task."""
        said = Sayings(call.kwargs, f"task {base.name}", origin_of(call.place), self.found, _TASK_OPTIONS, call)
        subject = f"task {base.name}"
        writes = (
            self._assets.keys(listed(call.kwargs["assets"]), subject, call.place)
            if "assets" in call.kwargs
            else base.writes
        )
        deps = (
            self._assets.keys(listed(call.kwargs["asset_deps"]), subject, call.place)
            if "asset_deps" in call.kwargs
            else base.deps
        )
        name = said.text("name") or base.name
        if (name, writes, deps) == (base.name, base.writes, base.deps):
            return base
        key = (base, name, writes, deps)
        if key not in self._variants:
            fields = {
                **vars(base),
                "name": name,
                "writes": writes,
                "deps": deps,
                "mappings": self._assets.mappings(listed(call.kwargs["asset_deps"]), subject)
                if "asset_deps" in call.kwargs
                else base.mappings,
                "residue": {**base.residue, **said.residue()},
                **_changed(said, base),
            }
            self._variants[key] = FoundTask(**fields)
            self.found.tasks.append(self._variants[key])
        return self._variants[key]

    def _inputs(
        self, call: Call, called: Any, calls: Mapping[int, FoundCall]
    ) -> Iterator[tuple[str | None, FoundCall]]:
        for parameter, value in arguments_of(call, called).items():
            yield from ((parameter, source) for source in sources_of(value, calls))
        yield from ((None, source) for source in sources_of(call.kwargs.get("wait_for"), calls))

    def _report_doubt(self, flow: FoundFlow, trace: Trace, calls: Mapping[int, FoundCall]) -> None:
        doubtful = sorted({calls[id(call)].task.name for call in trace.calls if id(call) in calls and not call.certain})
        if doubtful:
            self.found.losses.append(
                Loss(
                    subject=f"flow {flow.name}",
                    field="jobs",
                    severity=Severity.APPROXIMATED,
                    code=Code.UNCERTAIN,
                    message=f"It calls {', '.join(doubtful)} under a condition, or as often as there is data; each is taken as called.",
                    origin=flow.origin,
                )
            )

    # Deployments

    def _deployments(self, calls: Iterable[Call], *, in_main: bool = False) -> None:
        for call in calls:
            of = method(call, DEPLOYING)
            if of is None or (id(of) not in self._flows and not is_from_source(of)):
                continue
            flow = self._flows.get(id(of))
            subject = f"deployment of {flow.name}" if flow else "deployment"
            said = Sayings(call.kwargs, subject, origin_of(call.place), self.found, ({}, frozenset()), call)
            fields = deployment_fields(call, said)
            if flow is None:
                fields["entrypoint"] = of.kwargs.get("entrypoint")
            self.found.deployments.append(
                FoundDeployment(fields, origin_of(call.place), flow.name if flow else None, in_main)
            )


def _changed(said: Sayings, base: FoundTask) -> dict[str, Any]:
    """What `with_options` says of the fields of the model; what it does not name stays as it was."""
    retries = said.value("retries") if said.raw("retries") is not None else base.retries.retries
    changed: dict[str, Any] = {"retries": retries if isinstance(retries, int) else None}
    if said.raw("retry_delay_seconds") is not None:
        changed["retry_delay_seconds"] = said.delays(retries)
    if said.raw("retry_jitter_factor") is not None:
        changed["retry_jitter_factor"] = said.value("retry_jitter_factor")
    return {
        "retries": base.retries._replace(**changed),
        "tags": said.texts("tags") if said.raw("tags") is not None else base.tags,
        "timeout": base.timeout if said.raw("timeout_seconds") is None else _timeout(said.value("timeout_seconds")),
        "description": said.text("description") or base.description,
    }


def _timeout(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and value else None


def _code(function: Function) -> str | None:
    body = getattr(function.node, "body", None)
    return None if isinstance(body, list) and is_stub_body(body) else f"{function.module}.{function.qualname}"

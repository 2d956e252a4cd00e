"""Symbolic calls of decorators and of `with_options` → tasks and flows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from pydantic import JsonValue

from transload.reading.stubs import is_stub_node
from transload.reading.values import MISSING, Call, Function, Unknown
from transload_prefect.codecs import keywords
from transload_prefect.codecs.partitions import CURRENT
from transload_prefect.codecs.retries import RetryOptions
from transload_prefect.reading.facts import Facts, FlowFact, TaskFact
from transload_prefect.reading.syntax.arguments import CallKeywords
from transload_prefect.reading.syntax.assets import Assets, as_list
from transload_prefect.reading.syntax.call_forms import origin_of
from transload_prefect.reading.syntax.symbols import short_name
from transload_prefect.reading.syntax.variants import updated_keywords

_TASK_OPTIONS: Final = (keywords.TASK, keywords.MODELLED | {"fn", "materialized_by"})
_FLOW_OPTIONS: Final = (keywords.FLOW, keywords.MODELLED_BY_FLOWS | {"fn"})


Hooks = Mapping[str, Sequence[Function]]
"""Functions that `@task.on_completion` and the like add to a task or flow, by the keyword that does the same."""


class _Declaration(NamedTuple):
    """The keywords of a task or flow, with its function and the last call that gave some of them."""

    function: Function
    kind: str
    kwargs: Mapping[str, Any]
    call: Call | None


class Definitions:
    """Makes tasks and flows, and remembers the keywords of each, so that others can be made of it."""

    def __init__(self, facts: Facts) -> None:
        """Losses are added to `facts`."""
        self.assets = Assets(facts)
        self._facts = facts
        self._declarations: dict[TaskFact | FlowFact, _Declaration] = {}
        self._known: dict[str, TaskFact] = {}

    def task(self, function: Function, call: Call | None, hooks: Hooks) -> TaskFact:
        """The task that a decorator, with or without a call, makes, and that `hooks` were added to."""
        kwargs = _with_hooks(call, hooks)
        if call and short_name(call) == "materialize":
            kwargs["assets"] = [*call.args, *as_list(kwargs.get("assets"))]
        task = self._task(_Declaration(function, "materialize" if "assets" in kwargs else "task", kwargs, call))
        self._known.setdefault(task.content, task)
        return task

    def flow(self, function: Function, call: Call | None, hooks: Hooks) -> FlowFact:
        """The flow that a decorator, with or without a call, makes, and that `hooks` were added to."""
        return self._flow(_Declaration(function, "flow", _with_hooks(call, hooks), call))

    def task_with(self, base: TaskFact, call: Call) -> TaskFact:
        """The task that `with_options` makes; of several with the same content, the first."""
        declaration = self._declarations[base]
        # The delays of `exponential_backoff` are computed with the retries of the first task, and stay so (Prefect 3.9.1).
        before = {**declaration.kwargs, "retry_delay_seconds": base.retries.retry_delay_seconds}
        reported = len(self._facts.losses)
        kwargs = updated_keywords(before, call.kwargs, declaration.kind)
        task = self._task(_Declaration(declaration.function, declaration.kind, kwargs, call))
        task.variant = True
        self._facts.drop_repeated(reported)
        return self._known.setdefault(task.content, task)

    def flow_with(self, base: FlowFact, call: Call) -> FlowFact:
        """The flow that `with_options` makes."""
        declaration = self._declarations[base]
        kwargs = updated_keywords(declaration.kwargs, call.kwargs, "flow")
        return self._flow(_Declaration(declaration.function, "flow", kwargs, call))

    def function_of(self, flow: FlowFact) -> Function:
        """The function that a flow runs."""
        return self._declarations[flow].function

    def _task(self, declaration: _Declaration) -> TaskFact:
        function = declaration.function
        name = _text(declaration.kwargs.get("name")) or function.name
        arguments = self._keywords(declaration, f"task {name}", _TASK_OPTIONS)
        arguments.text("name")  # so that an unknown one is reported
        retries = arguments.number("retries")
        task = TaskFact(
            name=name,
            origin=origin_of(function.place),
            function=None if is_stub_node(function.node, CURRENT) else f"{function.module}.{function.qualname}",
            description=arguments.text("description") or function.docstring or None,
            tags=arguments.texts("tags"),
            retries=RetryOptions(
                retries if isinstance(retries, int) else None,
                arguments.delays(retries),
                arguments.number("retry_jitter_factor"),
            ),
            timeout=float(arguments.number("timeout_seconds") or 0) or None,
            writes=self.assets.keys(as_list(arguments.symbolic_value("assets")), f"task {name}", function.place),
            deps=self.assets.keys(as_list(arguments.symbolic_value("asset_deps")), f"task {name}", function.place),
            mappings=self.assets.mappings(as_list(arguments.symbolic_value("asset_deps")), f"task {name}"),
            residue=arguments.residue(),
        )
        self._declarations[task] = declaration
        return task

    def _flow(self, declaration: _Declaration) -> FlowFact:
        function = declaration.function
        name = _text(declaration.kwargs.get("name")) or function.name.replace("_", "-")
        arguments = self._keywords(declaration, f"flow {name}", _FLOW_OPTIONS)
        arguments.text("name")  # so that an unknown one is reported
        parameters = [parameter for parameter in function.parameters if parameter.kind not in ("variadic", "keywords")]
        required: list[JsonValue] = [parameter.name for parameter in parameters if parameter.default is MISSING]
        defaults = {
            parameter.name: arguments.plain(f"parameters.{parameter.name}", parameter.default)
            for parameter in parameters
            if parameter.default is not MISSING
        }
        retries = arguments.number("retries")
        flow = FlowFact(
            name=name,
            origin=origin_of(function.place),
            entrypoint=f"{function.place.path}:{function.qualname}",
            description=arguments.text("description") or function.docstring or None,
            retries=RetryOptions(retries if isinstance(retries, int) else None, arguments.delays(retries)),
            parameters={parameter: value for parameter, value in defaults.items() if not isinstance(value, Unknown)},
            residue={**arguments.residue(), **({keywords.REQUIRED: required} if required else {})},
        )
        self._declarations[flow] = declaration
        return flow

    def _keywords(self, declaration: _Declaration, subject: str, known: Any) -> CallKeywords:
        call = declaration.call
        origin = origin_of(call.place if call else declaration.function.place)
        return CallKeywords(declaration.kwargs, subject, origin, self._facts, known, call)


def _with_hooks(call: Call | None, hooks: Hooks) -> dict[str, Any]:
    kwargs = dict(call.kwargs) if call else {}
    return {**kwargs, **{name: [*as_list(kwargs.get(name)), *added] for name, added in hooks.items()}}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None

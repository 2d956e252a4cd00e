"""Symbolic calls of decorators and of `with_options` → tasks and flows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from pydantic import JsonValue

from transload.reading.values import MISSING, Call, Function, Unknown
from transload_prefect.codecs import keywords
from transload_prefect.codecs.retries import Told
from transload_prefect.codecs.stubs import is_stub_body
from transload_prefect.reading.facts import Facts, FlowFact, TaskFact
from transload_prefect.reading.syntax.arguments import Sayings
from transload_prefect.reading.syntax.assets import Assets, listed
from transload_prefect.reading.syntax.call_forms import origin_of
from transload_prefect.reading.syntax.symbols import short_name
from transload_prefect.reading.syntax.variants import changed

_TASK_OPTIONS: Final = (keywords.TASK, keywords.MODELLED | {"fn", "materialized_by"})
_FLOW_OPTIONS: Final = (keywords.FLOW, keywords.MODELLED_BY_FLOWS | {"fn"})


Hooks = Mapping[str, Sequence[Function]]
"""Functions that `@task.on_completion` and the like add to a task or flow, by the keyword that does the same."""


class _Said(NamedTuple):
    """What a task or flow was told, and by which call last."""

    function: Function
    kind: str
    kwargs: Mapping[str, Any]
    call: Call | None


class Definitions:
    """Makes tasks and flows, and remembers what each was told, so that others can be made of it."""

    def __init__(self, found: Facts) -> None:
        """What cannot be taken in is reported to `found`."""
        self.assets = Assets(found)
        self._found = found
        self._said: dict[TaskFact | FlowFact, _Said] = {}
        self._known: dict[str, TaskFact] = {}

    def task(self, function: Function, call: Call | None, hooks: Hooks) -> TaskFact:
        """The task that a decorator, with or without a call, makes, and that `hooks` were added to."""
        kwargs = _hooked(call, hooks)
        if call and short_name(call) == "materialize":
            kwargs["assets"] = [*call.args, *listed(kwargs.get("assets"))]
        task = self._task(_Said(function, "materialize" if "assets" in kwargs else "task", kwargs, call))
        self._known.setdefault(task.content, task)
        return task

    def flow(self, function: Function, call: Call | None, hooks: Hooks) -> FlowFact:
        """The flow that a decorator, with or without a call, makes, and that `hooks` were added to."""
        return self._flow(_Said(function, "flow", _hooked(call, hooks), call))

    def task_with(self, base: TaskFact, call: Call) -> TaskFact:
        """The task that `with_options` makes; of several that are told the same, the first."""
        said = self._said[base]
        before = {**said.kwargs, "retry_delay_seconds": base.retries.retry_delay_seconds}
        reported = len(self._found.losses)
        task = self._task(_Said(said.function, said.kind, changed(before, call.kwargs, said.kind), call))
        task.variant = True
        self._found.once(reported)
        return self._known.setdefault(task.content, task)

    def flow_with(self, base: FlowFact, call: Call) -> FlowFact:
        """The flow that `with_options` makes."""
        said = self._said[base]
        return self._flow(_Said(said.function, "flow", changed(said.kwargs, call.kwargs, "flow"), call))

    def function_of(self, flow: FlowFact) -> Function:
        """The function that a flow runs."""
        return self._said[flow].function

    def _task(self, told: _Said) -> TaskFact:
        function = told.function
        name = _text(told.kwargs.get("name")) or function.name
        said = self._sayings(told, f"task {name}", _TASK_OPTIONS)
        said.text("name")
        retries = said.number("retries")
        task = TaskFact(
            name=name,
            origin=origin_of(function.place),
            function=_code(function),
            description=said.text("description") or function.docstring or None,
            tags=said.texts("tags"),
            retries=Told(
                retries if isinstance(retries, int) else None,
                said.delays(retries),
                said.number("retry_jitter_factor"),
            ),
            timeout=_timeout(said.number("timeout_seconds")),
            writes=self.assets.keys(listed(said.raw("assets")), f"task {name}", function.place),
            deps=self.assets.keys(listed(said.raw("asset_deps")), f"task {name}", function.place),
            mappings=self.assets.mappings(listed(said.raw("asset_deps")), f"task {name}"),
            residue=said.residue(),
        )
        self._said[task] = told
        return task

    def _flow(self, told: _Said) -> FlowFact:
        function = told.function
        name = _text(told.kwargs.get("name")) or function.name.replace("_", "-")
        said = self._sayings(told, f"flow {name}", _FLOW_OPTIONS)
        said.text("name")
        parameters = [each for each in function.parameters if each.kind not in ("variadic", "keywords")]
        required: list[JsonValue] = [each.name for each in parameters if each.default is MISSING]
        defaults = {
            each.name: said.plain(f"parameters.{each.name}", each.default)
            for each in parameters
            if each.default is not MISSING
        }
        retries = said.number("retries")
        flow = FlowFact(
            name=name,
            origin=origin_of(function.place),
            entrypoint=f"{function.place.path}:{function.qualname}",
            description=said.text("description") or function.docstring or None,
            retries=Told(retries if isinstance(retries, int) else None, said.delays(retries)),
            parameters={each: value for each, value in defaults.items() if not isinstance(value, Unknown)},
            residue={**said.residue(), **({keywords.REQUIRED: required} if required else {})},
        )
        self._said[flow] = told
        return flow

    def _sayings(self, told: _Said, subject: str, known: Any) -> Sayings:
        origin = origin_of(told.call.place if told.call else told.function.place)
        return Sayings(told.kwargs, subject, origin, self._found, known, told.call)


def _hooked(call: Call | None, hooks: Hooks) -> dict[str, Any]:
    kwargs = dict(call.kwargs) if call else {}
    return {**kwargs, **{name: [*listed(kwargs.get(name)), *added] for name, added in hooks.items()}}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _timeout(value: float | None) -> float | None:
    return float(value) if value else None


def _code(function: Function) -> str | None:
    body = getattr(function.node, "body", None)
    return None if isinstance(body, list) and is_stub_body(body) else f"{function.module}.{function.qualname}"

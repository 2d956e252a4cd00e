"""Runs the body of a flow with its tasks replaced, and records which tasks it calls and which results they hand on.

As `Flow.visualize()` does, but for `submit`, `map` and `wait_for` as well. No task runs and no server is needed.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from types import FrameType, FunctionType, MethodType
from typing import Any, Final, NamedTuple

from pydantic import BaseModel

from transload_prefect.reading.objects.results import NOT_KNOWN, Result, Traced

LIMIT: Final = 10.0
"""Seconds that the body of a flow may take."""

_ALWAYS_KNOWN: Final = frozenset({bool, int, float, FunctionType, MethodType})
"""Types of most options of most tasks, of which none is or holds a result."""

_AGAIN: Final = 0.5
"""Seconds after which a body that caught the end of its time is ended again."""

_ENTRIES: Final = ("__call__", "submit", "delay", "apply_async", "serve")
_NOT_ARGUMENTS: Final = frozenset({"wait_for", "return_state", "deferred", "task_runner"})
_DEEPEST: Final = 5
"""Containers within one another that are searched for results: enough for what people write, and an end for what holds itself."""


class StoppedError(BaseException):
    """The body of a flow is not run any further. No `except Exception` of the body catches it."""


class FlowTimedOutError(StoppedError):
    """The body of a flow took too long."""


class NotKnownError(StoppedError):
    """An option of a task depends on a value that is not known before run time."""


@dataclass
class Trace:
    """The calls in the body of a flow, in order."""

    classes: Classes
    calls: list[Traced] = field(default_factory=list)
    subflows: list[Any] = field(default_factory=list)
    runs: list[Any] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)
    """Functions of Prefect that act on something besides, as they were called."""
    tagged: dict[tuple[int, frozenset[str]], Any] = field(default_factory=dict)
    """Tasks with the tags of the `with tags(…)` around their calls."""


class Classes(NamedTuple):
    """Prefect's own: `Task`, `Flow` and `TagsContext`."""

    task: type
    flow: type
    tags: Any


def trace_flow(flow: Any, classes: Classes, limit: float = LIMIT) -> Trace:
    """The calls in the body of a flow. Whatever the body raises comes through, and `FlowTimedOutError`."""
    from transload_prefect.running.partitions import PartitionedRun

    trace = Trace(classes)

    def record(items: list[Any], item: Any) -> Result:
        items.append(item)
        return Result()

    with ExitStack() as stack:
        stack.enter_context(_replaced(classes.task, _ENTRIES, lambda task: _recorder(task, trace)))
        stack.enter_context(_replaced(classes.task, ("map",), lambda task: _recorder(task, trace, -1)))
        stack.enter_context(
            _replaced(classes.flow, ("__call__",), lambda subflow: lambda *_, **__: record(trace.subflows, subflow))
        )
        stack.enter_context(_replaced(PartitionedRun, ("__enter__",), lambda run: lambda: record(trace.runs, run)))
        # Without an answer, so that an error in the body goes on.
        stack.enter_context(_replaced(PartitionedRun, ("__exit__",), lambda _: lambda *_raised: None))
        stack.enter_context(_without_run_loggers())
        _ACTIVE.append(trace)
        stack.callback(_ACTIVE.pop)
        stack.enter_context(_time_limit(limit))
        _run(flow.fn)
    return trace


_ACTIVE: Final[list[Trace]] = []
"""The trace of the flow whose body runs now, if one does: functions are replaced once for all flows, while the project is imported."""


def effect_recorder(name: str) -> Callable[..., Result]:
    """A function in the place of one of Prefect's that would act on something: it records the call, and does nothing."""

    def record(*args: Any, **kwargs: Any) -> Result:
        target = next((str(value) for value in (*args, *kwargs.values())), "")
        for trace in _ACTIVE:
            trace.effects.append(f"{name}({target!r})" if target else f"{name}()")
        return Result()

    return record


def _run(function: Callable[..., Any]) -> None:
    """Call a function with a result for each parameter that has no default, and run it to its end whatever kind it is of."""
    empty = inspect.Parameter.empty
    arguments = {
        parameter.name: Result()
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is empty and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    }
    returned = function(**arguments)

    async def exhaust() -> None:
        async for _ in returned:
            pass

    if inspect.iscoroutine(returned):
        asyncio.run(returned)
    elif inspect.isasyncgen(returned):
        asyncio.run(exhaust())
    elif inspect.isgenerator(returned):
        for _ in returned:
            pass


def _recorder(task: Any, trace: Trace, depth: int = 0) -> Callable[..., Result]:
    def record(*args: Any, **kwargs: Any) -> Result:
        called = _tagged(task, trace)
        _require_known_options(called)
        call = Traced(called)
        arguments = _arguments(called, args, kwargs)
        for parameter, value in (*arguments.items(), (None, kwargs.get("wait_for"))):
            for result in _results(value):
                # Private, so that no attribute of a real result is hidden.
                if result._call is not None:  # noqa: SLF001
                    call.inputs.append((parameter, result._call))  # noqa: SLF001
                    call.gets_item = call.gets_item or not result._sure  # noqa: SLF001
        trace.calls.append(call)
        return Result(call, depth)

    return record


def _tagged(task: Any, trace: Trace) -> Any:
    """The task with the tags of the `with tags(…)` that its call is within."""
    tags = frozenset(trace.classes.tags.get().current_tags) - task.tags
    if not tags:
        return task
    key = (id(task), tags)
    if key not in trace.tagged:
        trace.tagged[key] = task.with_options(tags=task.tags | tags)
    return trace.tagged[key]


def _require_known_options(task: Any) -> None:
    """Raise `NotKnownError` where an option of a task depends on a result or on a parameter without a default."""
    for name, value in vars(task).items():
        if value is None or type(value) in _ALWAYS_KNOWN or name == "fn":
            continue
        if any(map(_depends_on_result, value)) if isinstance(value, (list, set, tuple)) else _depends_on_result(value):
            raise NotKnownError(f"`{name.lstrip('_')}` of the task {task.fn.__name__} is not known before run time")


def _depends_on_result(value: Any) -> bool:
    if type(value) is str:
        return NOT_KNOWN in value
    text = value if isinstance(value, str) else getattr(value, "key", None)
    return isinstance(value, Result) or (isinstance(text, str) and NOT_KNOWN in text)


def _arguments(task: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str | None, Any]:
    """The arguments of a call by parameter; all of them under None where they do not fit the function."""
    named = {name: value for name, value in kwargs.items() if name not in _NOT_ARGUMENTS}
    if not args and not named:
        return {}
    try:
        return dict(inspect.signature(task.fn).bind_partial(*args, **named).arguments.items())
    except (TypeError, ValueError):
        return {None: [*args, *named.values()]}


def _results(value: Any, depth: int = 0) -> Iterator[Result]:
    """The results in a value, where Prefect looks for them: in containers and in the fields of objects, but in nothing quoted."""
    if isinstance(value, Result):
        yield value
    elif depth < _DEEPEST:
        for item in _inside(value):
            yield from _results(item, depth + 1)


def _inside(value: Any) -> Sequence[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, (list, tuple, set, frozenset)):
        # `prefect.utilities.annotations.quote`, a tuple by which users keep Prefect from searching a value.
        return [] if any(kind.__name__ == "quote" for kind in type(value).__mro__) else list(value)
    if is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, attribute.name, None) for attribute in fields(value)]
    return list(dict(value).values()) if isinstance(value, BaseModel) else []


@contextmanager
def _replaced(owner: type, names: Sequence[str], recorder: Callable[[Any], Callable[..., Any]]) -> Iterator[None]:
    """The methods of a class replaced while a body runs."""
    methods = {name: owner.__dict__[name] for name in names if name in owner.__dict__}
    try:
        for name in methods:
            setattr(owner, name, lambda self, *args, **kwargs: recorder(self)(*args, **kwargs))
        yield
    finally:
        for name, method in methods.items():
            setattr(owner, name, method)


@contextmanager
def _without_run_loggers() -> Iterator[None]:
    """`get_run_logger` works outside of a run only while both of Prefect's run loggers are off."""
    loggers = [logging.getLogger(name) for name in ("prefect.flow_runs", "prefect.task_runs")]
    before = [logger.disabled for logger in loggers]
    try:
        for logger in loggers:
            logger.disabled = True
        yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Ends a body that takes too long, where the system can: in the main thread, not on Windows."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _timed_out)
    # The interval repeats the signal: a body that catches the error in a loop would go on for ever.
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _timed_out(_signal: int, _frame: FrameType | None) -> None:
    raise FlowTimedOutError(f"it takes longer than {LIMIT:g} s")

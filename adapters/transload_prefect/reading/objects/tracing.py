"""Runs the body of a flow with its tasks replaced, to see which tasks it calls and which results they hand on.

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

_NEVER_OPEN: Final = frozenset({bool, int, float, FunctionType, MethodType})
"""Types of most options of most tasks, of which none is or holds a result."""

_AGAIN: Final = 0.5
"""Seconds after which a body that caught the end of its time is ended again."""

_ENTRIES: Final = ("__call__", "submit", "delay", "apply_async", "serve")
_NOT_ARGUMENTS: Final = frozenset({"wait_for", "return_state", "deferred", "task_runner"})
_DEEPEST: Final = 5


class StoppedError(BaseException):
    """The body of a flow is not run any further. No `except Exception` of the body catches it."""


class FlowTimedOutError(StoppedError):
    """The body of a flow took too long."""


class NotKnownError(StoppedError):
    """An option of a task depends on a value that is not known before run time."""


@dataclass
class Trace:
    """What the body of a flow called, in order."""

    classes: Classes
    calls: list[Traced] = field(default_factory=list)
    subflows: list[Any] = field(default_factory=list)
    runs: list[Any] = field(default_factory=list)
    acts: list[str] = field(default_factory=list)
    """Functions of Prefect that act on something besides, as they were called."""
    tagged: dict[tuple[int, frozenset[str]], Any] = field(default_factory=dict)
    """Tasks with the tags of the `with tags(…)` around their calls."""


class Classes(NamedTuple):
    """Prefect's own: `Task`, `Flow` and `TagsContext`."""

    task: type
    flow: type
    tags: Any


def trace(flow: Any, classes: Classes, limit: float = LIMIT) -> Trace:
    """What the body of a flow calls. Whatever the body raises comes through, and `FlowTimedOutError`."""
    from transload_prefect.running.partitions import PartitionedRun

    seen = Trace(classes)
    with ExitStack() as stack:
        stack.enter_context(_replaced(classes.task, _ENTRIES, lambda task: _recorder(task, seen)))
        stack.enter_context(_replaced(classes.task, ("map",), lambda task: _recorder(task, seen, -1)))
        stack.enter_context(_replaced(classes.flow, ("__call__",), lambda subflow: _subflow(subflow, seen)))
        stack.enter_context(_replaced(PartitionedRun, ("__enter__",), lambda run: _run_recorder(run, seen)))
        stack.enter_context(_replaced(PartitionedRun, ("__exit__",), lambda _: _leave))
        stack.enter_context(_quiet())
        stack.enter_context(_seen_by(seen))
        stack.enter_context(_time_limit(limit))
        _run(flow.fn)
    return seen


_SEEING: Final[list[Trace]] = []
"""That of the flow whose body runs now, if one does."""


@contextmanager
def _seen_by(seen: Trace) -> Iterator[None]:
    _SEEING.append(seen)
    try:
        yield
    finally:
        _SEEING.pop()


def acting(name: str) -> Callable[..., Result]:
    """What stands for a function of Prefect that would act on something: it notes that a flow calls it, and does nothing."""

    def act(*args: Any, **kwargs: Any) -> Result:
        said = next((str(value) for value in (*args, *kwargs.values())), "")
        for seen in _SEEING:
            seen.acts.append(f"{name}({said!r})" if said else f"{name}()")
        return Result()

    return act


def _run(function: Callable[..., Any]) -> None:
    empty = inspect.Parameter.empty
    arguments = {
        parameter.name: Result()
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is empty and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    }
    returned = function(**arguments)
    if inspect.iscoroutine(returned):
        asyncio.run(returned)
    elif inspect.isasyncgen(returned):
        asyncio.run(_exhaust(returned))
    elif inspect.isgenerator(returned):
        for _ in returned:
            pass


async def _exhaust(generator: Any) -> None:
    async for _ in generator:
        pass


def _recorder(task: Any, seen: Trace, depth: int = 0) -> Callable[..., Result]:
    def record(*args: Any, **kwargs: Any) -> Result:
        call = Traced(_known(_tagged(task, seen)))
        for parameter, value in _arguments(task, args, kwargs).items():
            _take(call, parameter, value)
        _take(call, None, kwargs.get("wait_for"))
        seen.calls.append(call)
        return Result(call, depth)

    return record


def _take(call: Traced, parameter: str | None, value: Any) -> None:
    for result in _results(value):
        if result._call is not None:  # noqa: SLF001 - kept private, so that no attribute of a real result is hidden
            call.inputs.append((parameter, result._call))  # noqa: SLF001
            call.parts = call.parts or not result._sure  # noqa: SLF001


def _tagged(task: Any, seen: Trace) -> Any:
    """The task with the tags of the `with tags(…)` that its call is within."""
    tags = frozenset(seen.classes.tags.get().current_tags) - task.tags
    if not tags:
        return task
    key = (id(task), tags)
    if key not in seen.tagged:
        seen.tagged[key] = task.with_options(tags=task.tags | tags)
    return seen.tagged[key]


def _known(task: Any) -> Any:
    """The task. Raises `NotKnownError` where one of its options depends on a result or on a parameter without a default."""
    for name, value in vars(task).items():
        if value is None or type(value) in _NEVER_OPEN or name == "fn":
            continue
        if any(map(_is_open, value)) if isinstance(value, (list, set, tuple)) else _is_open(value):
            raise NotKnownError(f"`{name.lstrip('_')}` of the task {task.fn.__name__} is not known before run time")
    return task


def _is_open(value: Any) -> bool:
    if type(value) is str:
        return NOT_KNOWN in value
    text = value if isinstance(value, str) else getattr(value, "key", None)
    return isinstance(value, Result) or (isinstance(text, str) and NOT_KNOWN in text)


def _subflow(flow: Any, seen: Trace) -> Callable[..., Result]:
    def record(*_args: Any, **_kwargs: Any) -> Result:
        seen.subflows.append(flow)
        return Result()

    return record


def _run_recorder(run: Any, seen: Trace) -> Callable[[], Result]:
    def record() -> Result:
        seen.runs.append(run)
        return Result()

    return record


def _leave(*_raised: object) -> None:
    """What is raised goes on."""


def _arguments(task: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str | None, Any]:
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
        return [] if any(kind.__name__ == "quote" for kind in type(value).__mro__) else list(value)
    if is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, each.name, None) for each in fields(value)]
    return list(dict(value).values()) if isinstance(value, BaseModel) else []


@contextmanager
def _replaced(owner: type, names: Sequence[str], recorder: Callable[[Any], Callable[..., Any]]) -> Iterator[None]:
    """The methods of a class replaced while a body runs."""
    there = {name: owner.__dict__[name] for name in names if name in owner.__dict__}
    try:
        for name in there:
            setattr(owner, name, lambda self, *args, **kwargs: recorder(self)(*args, **kwargs))
        yield
    finally:
        for name, method in there.items():
            setattr(owner, name, method)


@contextmanager
def _quiet() -> Iterator[None]:
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
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _timed_out(_signal: int, _frame: FrameType | None) -> None:
    raise FlowTimedOutError(f"it takes longer than {LIMIT:g} s")

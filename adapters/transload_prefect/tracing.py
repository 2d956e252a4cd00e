"""Runs the body of a flow with its tasks replaced, to see which tasks it calls and which results they hand on.

As `Flow.visualize()` does, but for `submit`, `map` and `wait_for` as well. No task runs and no server is needed.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Final

LIMIT: Final = 10.0
"""Seconds that the body of a flow may take."""

_ENTRIES: Final = ("__call__", "submit", "map", "delay", "apply_async", "serve")
_NOT_ARGUMENTS: Final = frozenset({"wait_for", "return_state", "deferred", "task_runner"})
_DEEPEST: Final = 5


class FlowTimedOutError(RuntimeError):
    """The body of a flow took too long."""


@dataclass(eq=False)
class Traced:
    """A call of a task: the task, and earlier calls with the parameter that gets their result (None: it only waits for them)."""

    task: Any
    inputs: list[tuple[str | None, Traced]] = field(default_factory=list)


@dataclass
class Trace:
    """What the body of a flow called, in order."""

    calls: list[Traced] = field(default_factory=list)
    subflows: list[Any] = field(default_factory=list)
    runs: list[Any] = field(default_factory=list)


class Result:
    """Stands for what a task returns. Anything can be done with it; what comes of that is no task's result any more, as in Prefect."""

    def __init__(self, call: Traced | None = None) -> None:
        """`call` is that of the task whose result it is."""
        self._call = call

    def result(self, *_args: Any, **_kwargs: Any) -> Result:
        """The result of a future is that of its task."""
        return self

    def wait(self, *_args: Any, **_kwargs: Any) -> Result:
        """So is what is waited for."""
        return self

    def __getattr__(self, name: str) -> Result:
        if name.startswith("__"):
            raise AttributeError(name)
        return Result()

    def __call__(self, *_args: Any, **_kwargs: Any) -> Result:
        """Whatever is called on a result."""
        return Result()

    def __getitem__(self, _key: Any) -> Result:
        return Result()

    def __iter__(self) -> Iterator[Result]:
        yield Result()

    def __await__(self) -> Generator[Any, None, Result]:
        yield from ()
        return self

    def __len__(self) -> int:
        return 1

    def __int__(self) -> int:
        return 1

    def __float__(self) -> float:
        return 1.0

    def __index__(self) -> int:
        return 1

    def __contains__(self, _item: Any) -> bool:
        return True


def _any_operand(*_operands: Any) -> Result:
    return Result()


def _compare(*_operands: Any) -> bool:
    return True


for _name in (
    "add",
    "radd",
    "sub",
    "rsub",
    "mul",
    "rmul",
    "truediv",
    "rtruediv",
    "floordiv",
    "mod",
    "pow",
    "and",
    "or",
    "neg",
):
    setattr(Result, f"__{_name}__", _any_operand)
for _name in ("lt", "le", "gt", "ge"):
    setattr(Result, f"__{_name}__", _compare)


def trace(flow: Any, task_class: type, flow_class: type, limit: float = LIMIT) -> Trace:
    """What the body of a flow calls. Whatever the body raises comes through, and `FlowTimedOutError`."""
    from transload_prefect.partitions import PartitionedRun

    seen = Trace()
    with ExitStack() as stack:
        stack.enter_context(_replaced(task_class, _ENTRIES, lambda task: _recorder(task, seen)))
        stack.enter_context(_replaced(flow_class, ("__call__",), lambda subflow: _subflow(subflow, seen)))
        stack.enter_context(_replaced(PartitionedRun, ("__enter__",), lambda run: _run_recorder(run, seen)))
        stack.enter_context(_replaced(PartitionedRun, ("__exit__",), lambda _: _leave))
        stack.enter_context(_time_limit(limit))
        stack.enter_context(_quiet())
        _run(flow.fn)
    return seen


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


def _recorder(task: Any, seen: Trace) -> Callable[..., Result]:
    def record(*args: Any, **kwargs: Any) -> Result:
        call = Traced(task)
        for parameter, value in _arguments(task, args, kwargs).items():
            call.inputs.extend((parameter, source) for source in _sources(value))
        call.inputs.extend((None, source) for source in _sources(kwargs.get("wait_for")))
        seen.calls.append(call)
        return Result(call)

    return record


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


def _sources(value: Any, depth: int = 0) -> Iterator[Traced]:
    if isinstance(value, Result):
        call = value._call  # noqa: SLF001 - kept private, so that no attribute of a real result is hidden
        yield from () if call is None else (call,)
    elif isinstance(value, Mapping) and depth < _DEEPEST:
        for item in value.values():
            yield from _sources(item, depth + 1)
    elif isinstance(value, (list, tuple, set, frozenset)) and depth < _DEEPEST:
        for item in value:
            yield from _sources(item, depth + 1)


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
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _timed_out(_signal: int, _frame: FrameType | None) -> None:
    raise FlowTimedOutError("The body of the flow took too long.")

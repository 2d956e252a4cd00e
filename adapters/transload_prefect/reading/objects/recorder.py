"""While a project is imported: what it would deploy or serve is noted, and what it would run is not run."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import wraps
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from transload_prefect.reading.objects.results import Result
from transload_prefect.reading.objects.tracing import acting
from transload_prefect.reading.syntax.deployments import HOW_TO_RUN, TOGETHER
from transload_prefect.reading.syntax.symbols import ACTING

NOT_SAID: Final = frozenset({"self", "limit"})
"""What a call says only of the process that it would start."""


@dataclass
class Record:
    """Deployments, in the order in which they were made."""

    deployments: list[Any] = field(default_factory=list)
    variants: list[Any] = field(default_factory=list)
    """Flows that `with_options` made."""
    more: dict[int, dict[str, Any]] = field(default_factory=dict)
    """By `id` of a deployment: what was said of it and is no part of the object."""


@contextmanager
def recorded() -> Iterator[Record]:
    """Import a project within."""
    import prefect
    import prefect.deployments
    import prefect.flows
    import prefect.tasks
    from prefect import Flow, Task
    from prefect.deployments.runner import RunnerDeployment

    record = Record()
    with ExitStack() as stack:
        _replace(
            stack,
            RunnerDeployment,
            __init__=_noting(RunnerDeployment.__init__, record),
            apply=_not_run,
            aapply=_not_run,
        )
        deploy = _deploying(Flow.to_deployment, record)
        _replace(stack, Flow, with_options=_keeping(Flow.with_options, record))
        _replace(stack, Flow, __call__=_not_run, serve=deploy, deploy=deploy)
        _replace(stack, Task, __init__=_remembering(Task.__init__))
        _replace(stack, Task, __call__=_not_run, submit=_not_run, map=_not_run, delay=_not_run, serve=_not_run)
        _replace(stack, prefect.tasks, inspect=_without_source(), _generate_task_key=_task_key)
        for module in (prefect, prefect.flows, prefect.deployments):
            _replace(stack, module, serve=_not_run, deploy=_deploying_all(record))
        for module_name, names in ACTING.items():
            module = import_module(module_name)
            _replace(stack, module, **{name: acting(name) for name in names if hasattr(module, name)})
        yield record


def _replace(stack: ExitStack, owner: Any, **new: Any) -> None:
    """Give attributes other values until the stack is left."""
    for name, value in new.items():
        if name in vars(owner):
            stack.callback(setattr, owner, name, vars(owner)[name])
        else:
            stack.callback(delattr, owner, name)
        setattr(owner, name, value)


def _noting(initialise: Any, record: Record) -> Any:
    def note(self: Any, *args: Any, **kwargs: Any) -> None:
        initialise(self, *args, **kwargs)
        record.deployments.append(self)

    return note


def _keeping(with_options: Any, record: Record) -> Any:
    @wraps(with_options)
    def keep(self: Any, *args: Any, **kwargs: Any) -> Any:
        record.variants.append(with_options(self, *args, **kwargs))
        return record.variants[-1]

    return keep


def remember(task: Any, told: Mapping[str, Any]) -> None:
    """Keep what a task was told, which before 3.7.8 it forgets once Prefect has made something of it."""
    if not hasattr(task, "_user_persist_result"):
        task._user_persist_result = told.get("persist_result")  # noqa: SLF001 - as newer versions do
        task._user_cache_policy = told.get("cache_policy")  # noqa: SLF001


def _remembering(initialise: Any) -> Any:
    @wraps(initialise)
    def initialise_and_remember(self: Any, *args: Any, **kwargs: Any) -> None:
        initialise(self, *args, **kwargs)
        remember(self, kwargs)

    return initialise_and_remember


def _without_source() -> ModuleType:
    """`inspect` for Prefect's tasks, which keep their source for cached runs: to cut it out takes most of the time of importing them."""
    module = ModuleType("inspect")
    vars(module).update(vars(inspect), getsource=_no_source)
    return module


def _no_source(_function: Any) -> str:
    """As for a function whose file is gone, which Prefect allows."""
    raise OSError("The source of a task is not kept while a project is read.")


def _task_key(function: Any) -> str:
    """Without the hash of the code, by which workers know deferred tasks. Raises `AttributeError`, as Prefect does, for no function."""
    if not hasattr(function, "__qualname__"):
        return type(function).__qualname__
    code = getattr(function, "__code__", None) or function.__call__.__code__
    return f"{function.__qualname__.rpartition('.')[2]}-{code.co_name}"


def _deploying(to_deployment: Any, record: Record) -> Any:
    known = inspect.signature(to_deployment).parameters

    def deploy(self: Any, name: Any = None, *_args: Any, **kwargs: Any) -> None:
        made = to_deployment(self, name or self.name, **{key: value for key, value in kwargs.items() if key in known})
        record.more[id(made)] = {
            key: value for key, value in kwargs.items() if key not in known and key not in HOW_TO_RUN
        }

    return deploy


def _deploying_all(record: Record) -> Any:
    def deploy(*deployments: Any, work_pool_name: str | None = None, **kwargs: Any) -> list[Any]:
        more = {name: kwargs[name] for name in TOGETHER if kwargs.get(name) is not None}
        for deployment in deployments:
            deployment.work_pool_name = deployment.work_pool_name or work_pool_name
            record.more.setdefault(id(deployment), {}).update(more)
        return []

    return deploy


def _not_run(*_args: Any, **_kwargs: Any) -> Result:
    return Result()

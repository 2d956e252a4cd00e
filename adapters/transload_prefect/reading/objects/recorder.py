"""Replaces parts of Prefect while a project is imported: what the project would deploy is recorded, what it would run is not run.

A module may run, serve or deploy its flows as it is imported, and Prefect keeps no list of the deployments that it makes.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import wraps
from importlib import import_module
from types import ModuleType
from typing import Any

from transload_prefect.reading.objects.results import Result
from transload_prefect.reading.objects.tracing import effect_recorder
from transload_prefect.reading.syntax.deployments import HOW_TO_RUN, TOGETHER
from transload_prefect.reading.syntax.symbols import EFFECTS_BY_MODULE


@dataclass
class Record:
    """Deployments, in the order in which they were made."""

    deployments: list[Any] = field(default_factory=list)
    variants: list[Any] = field(default_factory=list)
    """Flows that `with_options` made."""
    extra_fields: dict[int, dict[str, Any]] = field(default_factory=dict)
    """By `id` of a deployment: keywords of the call that made it which the object has no attribute for."""


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
        # Every way to make a deployment ends in this class. To apply one needs a server.
        init = _recorded_init(RunnerDeployment.__init__, record)
        _replace(stack, RunnerDeployment, __init__=init, apply=_not_run, aapply=_not_run)
        # `serve` and `deploy` make the deployment only on their way to a server, so that here they do nothing else.
        deploy = _recorded_deploy(Flow.to_deployment, record)
        # `flow.with_options(name=…).deploy(…)` binds the new flow to no name by which it could be met.
        _replace(stack, Flow, with_options=_recorded_variant(Flow.with_options, record))
        _replace(stack, Flow, __call__=_not_run, serve=deploy, deploy=deploy)
        _replace(stack, Task, __init__=_remembering_init(Task.__init__))
        _replace(stack, Task, __call__=_not_run, submit=_not_run, map=_not_run, delay=_not_run, serve=_not_run)
        # Prefect keeps the source of each task for cached runs, and hashes it for deferred ones: to cut it out of its file takes
        # most of the time of importing a project, and nothing here needs it.
        without_source = ModuleType("inspect")
        vars(without_source).update(vars(inspect), getsource=_no_source)
        _replace(stack, prefect.tasks, inspect=without_source, _generate_task_key=_task_key)
        # The same functions under each name that a project may import them by.
        for module in (prefect, prefect.flows, prefect.deployments):
            _replace(stack, module, serve=_not_run, deploy=_recorded_deploy_together(record))
        # `from prefect.events import emit_event` binds the function for good: replaced when the body runs, it would be too late.
        for module_name, names in EFFECTS_BY_MODULE.items():
            module = import_module(module_name)
            _replace(stack, module, **{name: effect_recorder(name) for name in names if hasattr(module, name)})
        yield record


def _replace(stack: ExitStack, owner: Any, **attributes: Any) -> None:
    """Give attributes other values until the stack is left."""
    for name, value in attributes.items():
        # An inherited or lazily made attribute is not in the owner itself: set back, it would hide the real one.
        if name in vars(owner):
            stack.callback(setattr, owner, name, vars(owner)[name])
        else:
            stack.callback(delattr, owner, name)
        setattr(owner, name, value)


def _recorded_init(initialise: Any, record: Record) -> Any:
    def initialise_and_record(self: Any, *args: Any, **kwargs: Any) -> None:
        initialise(self, *args, **kwargs)
        record.deployments.append(self)

    return initialise_and_record


def _recorded_variant(with_options: Any, record: Record) -> Any:
    @wraps(with_options)
    def recorded_with_options(self: Any, *args: Any, **kwargs: Any) -> Any:
        record.variants.append(with_options(self, *args, **kwargs))
        return record.variants[-1]

    return recorded_with_options


def remember_options(task: Any, options: Mapping[str, Any]) -> None:
    """Keep the options of a task which Prefect before 3.7.8 forgets once it has derived others from them."""
    if not hasattr(task, "_user_persist_result"):
        task._user_persist_result = options.get("persist_result")  # noqa: SLF001 - as newer versions do
        task._user_cache_policy = options.get("cache_policy")  # noqa: SLF001


def _remembering_init(initialise: Any) -> Any:
    # Prefect looks at the signature of `Task.__init__` to copy a task with other options.
    @wraps(initialise)
    def initialise_and_remember(self: Any, *args: Any, **kwargs: Any) -> None:
        initialise(self, *args, **kwargs)
        remember_options(self, kwargs)

    return initialise_and_remember


def _no_source(_function: Any) -> str:
    """As for a function whose file is gone, which Prefect allows."""
    raise OSError("The source of a task is not kept while a project is read.")


def _task_key(function: Any) -> str:
    """Without the hash of the code, by which workers know deferred tasks. Raises `AttributeError`, as Prefect does, for no function."""
    if not hasattr(function, "__qualname__"):
        return type(function).__qualname__
    code = getattr(function, "__code__", None) or function.__call__.__code__
    return f"{function.__qualname__.rpartition('.')[2]}-{code.co_name}"


def _recorded_deploy(to_deployment: Any, record: Record) -> Any:
    known = inspect.signature(to_deployment).parameters

    def deploy(self: Any, name: Any = None, *_args: Any, **kwargs: Any) -> None:
        made = to_deployment(self, name or self.name, **{key: value for key, value in kwargs.items() if key in known})
        record.extra_fields[id(made)] = {
            key: value for key, value in kwargs.items() if key not in known and key not in HOW_TO_RUN
        }

    return deploy


def _recorded_deploy_together(record: Record) -> Any:
    def deploy(*deployments: Any, work_pool_name: str | None = None, **kwargs: Any) -> list[Any]:
        fields = {name: kwargs[name] for name in TOGETHER if kwargs.get(name) is not None}
        for deployment in deployments:
            deployment.work_pool_name = deployment.work_pool_name or work_pool_name
            record.extra_fields.setdefault(id(deployment), {}).update(fields)
        return []

    return deploy


def _not_run(*_args: Any, **_kwargs: Any) -> Result:
    return Result()

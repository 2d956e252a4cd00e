"""While a project is imported: what it would deploy or serve is noted, and what it would run is not run."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from transload_prefect.tracing import Result


@dataclass
class Record:
    """Deployments, in the order in which they were made."""

    deployments: list[Any] = field(default_factory=list)


@contextmanager
def recorded() -> Iterator[Record]:
    """Import a project within."""
    import prefect
    import prefect.deployments
    import prefect.flows
    from prefect import Flow, Task
    from prefect.deployments.runner import RunnerDeployment

    record = Record()
    made = RunnerDeployment.__init__
    to_deployment = Flow.to_deployment

    def note(self: Any, *args: Any, **kwargs: Any) -> None:
        made(self, *args, **kwargs)
        record.deployments.append(self)

    def deploy_flow(self: Any, name: Any = None, *_args: Any, **kwargs: Any) -> None:
        known = inspect.signature(to_deployment).parameters
        to_deployment(self, name or self.name, **{key: value for key, value in kwargs.items() if key in known})

    def deploy_all(*deployments: Any, work_pool_name: str | None = None, **_kwargs: Any) -> list[Any]:
        for deployment in deployments:
            deployment.work_pool_name = deployment.work_pool_name or work_pool_name
        return []

    with ExitStack() as stack:
        replace = _replacer(stack)
        replace(RunnerDeployment, "__init__", note)
        for name in ("serve", "deploy"):
            replace(Flow, name, deploy_flow)
            for module in (prefect, prefect.flows, prefect.deployments):
                replace(module, name, deploy_all)
        for owner in (Flow, Task):
            replace(owner, "__call__", _not_run)
        for name in ("submit", "map", "delay", "serve"):
            replace(Task, name, _not_run)
        for name in ("apply", "aapply"):
            replace(RunnerDeployment, name, _not_run)
        yield record


def _not_run(*_args: Any, **_kwargs: Any) -> Result:
    return Result()


def _replacer(stack: ExitStack) -> Callable[[Any, str, Any], None]:
    def replace(owner: Any, name: str, new: Any) -> None:
        if name in vars(owner):
            stack.callback(setattr, owner, name, vars(owner)[name])
        else:
            stack.callback(delattr, owner, name)
        setattr(owner, name, new)

    return replace

"""DAGs and tasks as both readers describe them, and as both writers are told of them: the arguments that are not defaults, as forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from transload.loss import Loss
from transload.model.assets import Origin


@dataclass(frozen=True)
class TaskDefinition:
    """A task.

    `operator` is the qualified name of its class or decorator, `function` that of its code (None: there is none to run), `upstream`
    the task_ids directly before it; `parameters` are those of the function.
    """

    task_id: str
    operator: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    upstream: tuple[str, ...] = ()
    function: str | None = None
    parameters: tuple[str, ...] = ()
    origin: Origin | None = None


@dataclass(frozen=True)
class DagDefinition:
    """A DAG. `zone` is its time zone, None for Airflow's default; `losses` are what could not be told of it."""

    dag_id: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    tasks: tuple[TaskDefinition, ...] = ()
    zone: str | None = None
    origin: Origin | None = None
    losses: tuple[Loss, ...] = ()

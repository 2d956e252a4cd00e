"""DAGs and tasks between both readers or writers and the graph: ids, order, and the arguments that are not defaults, as forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from transload.loss import Loss
from transload.model.assets import Origin

PLAIN_OPERATOR: Final = "airflow.sdk.task"
"""The operator of a decorated Python function, which needs no mention."""

Kind: TypeAlias = Literal["alias", "metadata", "partitions", "unknown"]


class Emission(NamedTuple):
    """An addition of code at run time: the asset `added` to the alias `of`, or a property to the event of the asset `of`.

    None: only running the code would tell.
    """

    kind: Kind
    of: str | None = None
    added: str | None = None


@dataclass(frozen=True)
class TaskDefinition:
    """A task.

    `operator` is the qualified name of its class or decorator, `function` that of its code (None: there is none to run), `upstream`
    the task_ids directly before it; `parameters` are those of the function, `emitted` what it adds to events at run time.
    """

    task_id: str
    operator: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    upstream: tuple[str, ...] = ()
    function: str | None = None
    parameters: tuple[str, ...] = ()
    emitted: tuple[Emission, ...] = ()
    origin: Origin | None = None


@dataclass(frozen=True)
class GroupDefinition:
    """A task group. `parent` is the id of the one around it, empty for none; `default_args` include those of the latter."""

    group_id: str
    parent: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DagDefinition:
    """A DAG. `zone` is its time zone, None for Airflow's default; `losses` are those of reading it."""

    dag_id: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    tasks: tuple[TaskDefinition, ...] = ()
    zone: str | None = None
    origin: Origin | None = None
    losses: tuple[Loss, ...] = ()
    groups: tuple[GroupDefinition, ...] = ()

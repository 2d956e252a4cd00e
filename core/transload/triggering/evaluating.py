"""When a trigger fires in a tool: computed from the tool's documented semantics, without the tool."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from transload.errors import TriggerError
from transload.model.triggers import Trigger
from transload.triggering.dialects import airflow, dagster, prefect
from transload.triggering.simulation import Machine, play
from transload.triggering.steps import Context, Firing, Step

Dialect = Callable[[Trigger, Context], Machine]

NOTHING: Final = Context()


def firings(
    trigger: Trigger, steps: Sequence[Step], tool: str, *, context: Context = NOTHING
) -> list[tuple[Firing, ...]]:
    """The runs that a trigger starts in `tool` ("airflow", "dagster", "prefect"): one entry for each `Evaluate` among the steps.

    Raises `TriggerError` where the tool has no such trigger, or its meaning cannot be computed.
    """
    dialect = DIALECTS.get(tool)
    if dialect is None:
        raise TriggerError(f"Nothing is known of the triggers of {tool!r}.", hint=f"Take one of {', '.join(DIALECTS)}.")
    return play(dialect(trigger, context), steps)


DIALECTS: Final[Mapping[str, Dialect]] = {
    airflow.TOOL: airflow.machine,
    dagster.TOOL: dagster.machine,
    prefect.TOOL: prefect.machine,
}

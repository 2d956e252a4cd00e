"""What becomes of triggers between the tools that have an adapter: their own records, put together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from transload.declaration import Adapter
from transload.errors import AdapterError, TriggerError
from transload.model.triggers import Trigger
from transload.registry import adapter_for, tools
from transload.triggering import Context, Firing, Step, Tools
from transload.triggering.simulation import Machine, play

_NOTHING: Final = Context()


@cache
def known_tools() -> Tools:
    """The tools whose adapters say what their triggers mean. One that cannot be imported says nothing."""
    adapters = [adapter for adapter in map(_adapter, tools()) if adapter is not None]
    modules = {adapter.tool: adapter.triggers for adapter in adapters}
    return Tools(
        {tool: module.SEMANTICS for tool, module in modules.items() if module is not None},
        {adapter.tool: adapter.title for adapter in adapters},
    )


def _adapter(tool: str) -> Adapter | None:
    try:
        return adapter_for(tool)
    except AdapterError:
        return None


def machine_of(trigger: Trigger, tool: str, context: Context = _NOTHING) -> Machine:
    """The evaluator of a trigger in `tool`. Raises `TriggerError` where nothing is known of its triggers, or it has no such trigger."""
    module = adapter_for(tool).triggers if tool in tools() else None
    if module is None:
        names = ", ".join(known_tools().semantics)
        raise TriggerError(f"Nothing is known of when triggers of {tool!r} fire.", hint=f"Take one of {names}.")
    return module.machine(trigger, context)


def firings(
    trigger: Trigger, steps: Sequence[Step], tool: str, *, context: Context = _NOTHING
) -> list[tuple[Firing, ...]]:
    """The runs that a trigger starts in `tool`: one entry for each `Evaluate` among the steps.

    Raises `TriggerError` where the tool has no such trigger, or its meaning cannot be computed.
    """
    return play(machine_of(trigger, tool, context), steps)

"""What becomes of the triggers of other tools' flows in Dagster: what the table of equivalences says."""

from __future__ import annotations

from typing import Final

from transload import triggering
from transload.model.jobs import Flow
from transload.model.triggers import (
    AliasUpdated,
    AnyOf,
    Cron,
    Interval,
    Trigger,
    Updated,
    leaves,
)
from transload.triggering import Context, Equivalence, equivalence
from transload_dagster.codecs import legal, triggers
from transload_dagster.names import TOOL

_OTHERS: Final = ("airflow", "prefect")
_CONTEXT: Final = Context()


def counterpart(trigger: Trigger, flow: Flow) -> Equivalence:
    """The row of a trigger: of the tool that the flow comes from; where that is not told, of the first that has the form."""
    tools = [flow.origin.tool] if flow.origin is not None else sorted(flow.names)
    named = [tool for tool in tools if tool in _OTHERS] or _OTHERS
    rows = [equivalence(trigger, tool, TOOL) for tool in named]
    return next((row for row in rows if row.form != "opaque"), rows[0])


def written(trigger: Trigger, flow: Flow) -> tuple[Trigger | None, Trigger | None]:
    """What stays a schedule, and what becomes a condition. Neither where a part has nothing that stands for it."""
    clock = ticks(trigger) or ticks(_became(trigger, flow))
    if clock is not None:
        return clock, None
    halves = _either(trigger, flow) if isinstance(trigger, AnyOf) and trigger.within is None else None
    return halves or (None, _condition(trigger, flow))


def _either(trigger: AnyOf, flow: Flow) -> tuple[Trigger, Trigger] | None:
    """Ticks and updates, each its own."""
    crons = tuple(part for part in trigger.parts if isinstance(part, Cron))
    rest = tuple(part for part in trigger.parts if not isinstance(part, Cron))
    if not crons or not rest:
        return None
    clock, moved = ticks(_one_or_any(crons)), _condition(_one_or_any(rest), flow)
    return None if clock is None or moved is None else (clock, moved)


def _one_or_any(parts: tuple[Trigger, ...]) -> Trigger:
    first, *others = parts
    return AnyOf(parts=parts) if others else first


def _condition(trigger: Trigger, flow: Flow) -> Trigger | None:
    """The condition for what waits for assets."""
    if not any(isinstance(leaf, (Updated, AliasUpdated)) for leaf in leaves(trigger)):
        return None
    found = _became(trigger, flow)
    return None if found is None else triggers.expressible(found)


def _became(trigger: Trigger, flow: Flow) -> Trigger | None:
    return triggering.counterpart(trigger, counterpart(trigger, flow).source, TOOL, _CONTEXT).written


def why_not(trigger: Trigger, flow: Flow) -> str:
    """Why nothing is written for a trigger, in the words of the table."""
    rows = [counterpart(each, flow) for each in (trigger, *leaves(trigger))]
    none = next((row for row in rows if row.written is None), None)
    return (none or counterpart(_UNLIKE, flow)).difference


_UNLIKE: Final = Interval(seconds=1)
"""What Dagster has nothing like, as a cron expression of six fields."""


def ticks(trigger: Trigger | None) -> Trigger | None:
    """A schedule has one or several cron expressions in one zone."""
    if isinstance(trigger, Cron):
        known = trigger.timezone is None or legal.zone(trigger.timezone)
        return trigger if known and trigger.day_or and legal.cron(trigger.expression) else None
    if isinstance(trigger, AnyOf) and trigger.within is None and len(trigger.parts) > 1:
        parts = [ticks(part) for part in trigger.parts if isinstance(part, Cron)]
        zones = {part.timezone for part in parts if isinstance(part, Cron)}
        return trigger if len(parts) == len(trigger.parts) and None not in parts and len(zones) == 1 else None
    return None

"""The triggers of other tools' flows as schedules and conditions of Dagster, by the equivalences of triggers."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from transload.counterparts import known_tools
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
from transload.partitioning.cron import is_zone
from transload.triggering import Context, Equivalence
from transload.triggering.semantics import OPAQUE
from transload_dagster.codecs import legal, triggers
from transload_dagster.names import TOOL

_CONTEXT: Final = Context()


def counterpart(trigger: Trigger, flow: Flow, context: Context = _CONTEXT) -> Equivalence:
    """The equivalence of a trigger: that of the flow's own tool; where that is not known, of the first tool that has the form."""
    origin = flow.origin.tool if flow.origin is not None else None
    if origin is not None and origin not in known_tools().semantics:
        return _of_unknown(trigger, origin, context)
    others = [tool for tool in known_tools().semantics if tool != TOOL] or [TOOL]
    named = [origin] if origin is not None else sorted(flow.names)
    sources = [tool for tool in named if tool in others] or others
    rows = [known_tools().equivalence(trigger, tool, TOOL, context) for tool in sources]
    row = next((row for row in rows if row.form != OPAQUE), rows[0])
    # A schedule that Dagster itself has, and that is written as it is, differs from none.
    return replace(row, difference="", of_clock=False) if origin == TOOL and ticks(trigger) == trigger else row


def _of_unknown(trigger: Trigger, origin: str, context: Context) -> Equivalence:
    """The row of a trigger of which nothing is known but its form: that of Dagster, or else of the first tool that has it."""
    source = known_tools().meant_by(trigger, (TOOL,)) or TOOL
    row = known_tools().equivalence(trigger, source, TOOL, context)
    more = [row.difference] if source != TOOL and row.difference else []
    return replace(row, difference=known_tools().unknown((origin,), source, *more), of_clock=False)


def written(trigger: Trigger, flow: Flow) -> tuple[Trigger | None, Trigger | None]:
    """The part that stays a schedule, and the part that becomes a condition. Neither where something has no counterpart."""
    clock = ticks(trigger) or ticks(_became(trigger, flow))
    if clock is not None:
        return clock, None
    if isinstance(trigger, AnyOf) and trigger.within is None:
        # Ticks or updates: each can have its own, if both have a counterpart.
        crons = tuple(part for part in trigger.parts if isinstance(part, Cron))
        rest = tuple(part for part in trigger.parts if not isinstance(part, Cron))
        clock = ticks(_one_or_any(crons)) if crons and rest else None
        moved = _condition(_one_or_any(rest), flow) if clock is not None else None
        if moved is not None:
            return clock, moved
    return None, _condition(trigger, flow)


def _one_or_any(parts: tuple[Trigger, ...]) -> Trigger:
    first, *others = parts
    return AnyOf(parts=parts) if others else first


def _condition(trigger: Trigger, flow: Flow) -> Trigger | None:
    """The condition of a trigger that waits for assets, None for every other."""
    if not any(isinstance(leaf, (Updated, AliasUpdated)) for leaf in leaves(trigger)):
        return None
    native = _became(trigger, flow)
    return None if native is None else triggers.expressible(native)


def _became(trigger: Trigger, flow: Flow) -> Trigger | None:
    return known_tools().counterpart(trigger, counterpart(trigger, flow).source, TOOL, _CONTEXT).written


def why_not(trigger: Trigger, flow: Flow) -> str:
    """The reason why nothing is written for a trigger: the difference of the first part without a counterpart."""
    rows = [counterpart(part, flow) for part in (trigger, *leaves(trigger))]
    none = next((row for row in rows if row.written is None), None)
    return (none or counterpart(_UNLIKE, flow)).difference


_UNLIKE: Final = Interval(seconds=1)
"""A trigger that Dagster has nothing like, in the place of a cron expression of six fields."""


def ticks(trigger: Trigger | None) -> Trigger | None:
    """The trigger of a schedule: one or several cron expressions in one zone; None for every other."""
    if isinstance(trigger, Cron):
        known = trigger.timezone is None or is_zone(trigger.timezone)
        return trigger if known and trigger.day_or and legal.cron(trigger.expression) else None
    if isinstance(trigger, AnyOf) and trigger.within is None and len(trigger.parts) > 1:
        parts = [ticks(part) for part in trigger.parts if isinstance(part, Cron)]
        zones = {part.timezone for part in parts if isinstance(part, Cron)}
        return trigger if len(parts) == len(trigger.parts) and None not in parts and len(zones) == 1 else None
    return None

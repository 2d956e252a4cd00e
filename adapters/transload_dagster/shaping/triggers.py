"""What becomes of the triggers of other tools' flows in Dagster: what the table of equivalences says."""

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
    """The row of a trigger: of the tool that the flow comes from; where that is not told, of the first that has the form."""
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
    return known_tools().counterpart(trigger, counterpart(trigger, flow).source, TOOL, _CONTEXT).written


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
        known = trigger.timezone is None or is_zone(trigger.timezone)
        return trigger if known and trigger.day_or and legal.cron(trigger.expression) else None
    if isinstance(trigger, AnyOf) and trigger.within is None and len(trigger.parts) > 1:
        parts = [ticks(part) for part in trigger.parts if isinstance(part, Cron)]
        zones = {part.timezone for part in parts if isinstance(part, Cron)}
        return trigger if len(parts) == len(trigger.parts) and None not in parts and len(zones) == 1 else None
    return None

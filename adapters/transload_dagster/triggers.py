"""The meaning of Dagster's triggers (1.13.29; facts in `triggering.machine`, where the evaluator is).

The conditions that have a name are the trees of `transload.triggering.presets`. Clock changes: `cron_string_iterator`, "Execution times
and daylight savings time".
"""

from __future__ import annotations

from typing import Final

from transload.model.conditions import Both, Not, OfAsset
from transload.model.triggers import Condition, Trigger, Updated
from transload.triggering.conversions import all_of, choices, crons, unmapped
from transload.triggering.presets import MISSING, updated_since_handled
from transload.triggering.semantics import (
    Forgotten,
    Groups,
    Keys,
    Partitioning,
    Semantics,
    Together,
    Updates,
    Waiting,
    Writing,
)
from transload.triggering.steps import Context
from transload_dagster.names import TOOL
from transload_dagster.triggering.clock import CLOCK
from transload_dagster.triggering.machine import machine

__all__ = ["SEMANTICS", "machine"]


def not_missing(trigger: Trigger, _context: Context) -> Trigger | None:
    """The update of the asset, while none of its partitions that belong to the one that is made is missing."""
    if not isinstance(trigger, Updated):
        return None
    present = Not(part=OfAsset(asset=trigger.asset, part=MISSING))
    return Condition(predicate=Both(parts=(updated_since_handled(trigger.asset), present)))


_ASSETS: Final = "`asset_matches(…, newly_updated()).since_last_handled()`, joined by `&` and `|`"
_COMPLETE: Final = "`asset_matches(…, newly_updated()).since_last_handled() & ~asset_matches(…, missing())`"
_CRON: Final = "`ScheduleDefinition`"
_EAGER: Final = (
    "waits until no upstream asset is missing and nothing is in progress, runs what is missing, "
    "and looks at the latest time window only"
)

SEMANTICS: Final = Semantics(
    tool=TOOL,
    title="Dagster",
    updates=Updates.ONCE,
    groups=Groups.TRUTH,
    ordered=False,
    timed=False,
    together=Together.BOTH,
    partitions=Partitioning(whole=True, parts=True, waiting=Waiting.PRESENT, counts=False, keys=Keys.RUN),
    clock=CLOCK,
    forgets=frozenset(Forgotten),
    on_assets=True,
    forms={
        **{form: Writing(_ASSETS) for form in ("updated", "all", "any", "nested")},
        "partitioned": Writing(_ASSETS, unmapped),
        "rolled_up": Writing(_COMPLETE, not_missing),
        "counted": Writing(_ASSETS, unmapped),
        "at_least": Writing(_ASSETS, choices),
        "in_order": Writing(_ASSETS, all_of),
        "within": Writing(_ASSETS, all_of),
        **{form: Writing(_CRON) for form in ("cron", "changing", "crons")},
        "clockwork": Writing(_CRON, crons),
        "time_or_assets": Writing("a schedule and an automation condition"),
        "eager": Writing("`AutomationCondition.eager()`", meaning=_EAGER),
        "on_cron": Writing("`AutomationCondition.on_cron(…)`"),
        "on_missing": Writing("`AutomationCondition.on_missing()`"),
        "deps_updated": Writing("`AutomationCondition.any_deps_updated().since_last_handled()`"),
        "condition": Writing("an automation condition"),
    },
)

"""What Prefect's triggers mean (3.9.1; facts in `triggering.machine`, where the evaluator is).

Clock changes: `CronSchedule` computes with croniter in naive time and reads a time that the clock skips as it was before, so that each
comes later, and one that it shows twice as the first, also where there are ticks in every hour. (Until 3.8 it read a skipped time as it
is afterwards, so that it came earlier.) `IntervalSchedule` counts whole days in a time zone by its clock.
"""

from __future__ import annotations

from typing import Final

from transload.triggering.conversions import any_upstream, cron, unmapped
from transload.triggering.semantics import (
    Groups,
    Keys,
    Partitioning,
    Semantics,
    Together,
    Updates,
    Waiting,
    Writing,
)
from transload_prefect.names import TOOL
from transload_prefect.triggering.clock import CLOCK
from transload_prefect.triggering.machine import machine

__all__ = ["SEMANTICS", "machine"]

_ASSETS: Final = "event and compound triggers of the deployment"
_EVENT: Final = "an event trigger of the deployment"
_TIME: Final = "a schedule of the deployment"
_TIMES: Final = "several schedules of the deployment"

SEMANTICS: Final = Semantics(
    tool=TOOL,
    title="Prefect",
    updates=Updates.EACH,
    groups=Groups.FIRINGS,
    ordered=True,
    timed=True,
    together=Together.BOTH,
    partitions=Partitioning(whole=True, parts=True, waiting=Waiting.NOT, counts=False, keys=Keys.PARAMETER),
    clock=CLOCK,
    forms={
        **{form: Writing(_ASSETS) for form in ("updated", "all", "any", "nested", "at_least", "within")},
        "in_order": Writing("a sequence trigger of the deployment"),
        **{form: Writing(_ASSETS, unmapped) for form in ("partitioned", "rolled_up", "counted")},
        **{
            form: Writing(_TIME)
            for form in ("cron", "changing", "cron_both", "clockwork", "anchored", "interval", "rrule")
        },
        **{form: Writing(_TIMES) for form in ("crons", "zones", "times")},
        "time_or_assets": Writing("a schedule and a trigger of the deployment"),
        **{form: Writing(_EVENT) for form in ("pattern", "threshold", "proactive", "event")},
        "eager": Writing(_ASSETS, any_upstream),
        "on_cron": Writing(_TIME, cron),
        "deps_updated": Writing(_ASSETS, any_upstream),
    },
)

"""What Airflow's triggers mean (3.3.2; facts in `triggering.machine`, where the evaluator is).

Clock changes: `CronTriggerTimetable` computes with croniter in naive time and reads a time that the clock skips as it was before, so
that it comes later; the times that it passes by so are left out.
"""

from __future__ import annotations

from typing import Final

from transload.triggering.conversions import (
    all_of,
    all_upstream,
    any_upstream,
    choices,
    crons,
    either_day,
    unanchored,
)
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
from transload_airflow.names import TOOL
from transload_airflow.triggering.clock import CLOCK
from transload_airflow.triggering.machine import machine

__all__ = ["SEMANTICS", "machine"]

_ASSETS: Final = "an asset expression as `schedule`"
_CRON: Final = "`CronTriggerTimetable`"
_CRONS: Final = "`MultipleCronTriggerTimetable`"
_PARTITIONED: Final = "`PartitionedAssetTimetable`"
_INTERVAL: Final = "a `timedelta`"

SEMANTICS: Final = Semantics(
    tool=TOOL,
    title="Airflow",
    updates=Updates.ONCE,
    groups=Groups.TRUTH,
    ordered=False,
    timed=False,
    together=Together.IN_TURN,
    partitions=Partitioning(whole=False, parts=False, waiting=Waiting.ANEW, counts=True, keys=Keys.RUN),
    clock=CLOCK,
    forms={
        **{form: Writing(_ASSETS) for form in ("updated", "all", "any", "nested", "alias")},
        **{form: Writing(_PARTITIONED) for form in ("partitioned", "rolled_up", "counted")},
        "at_least": Writing(_ASSETS, choices),
        "in_order": Writing(_ASSETS, all_of),
        "within": Writing(_ASSETS, all_of),
        "cron": Writing(_CRON),
        "changing": Writing(_CRON),
        "cron_both": Writing(_CRON, either_day),
        "crons": Writing(_CRONS),
        "clockwork": Writing(_CRONS, crons),
        "anchored": Writing(_INTERVAL, unanchored),
        "interval": Writing(_INTERVAL),
        "once": Writing("`@once`"),
        "continuous": Writing("`@continuous`"),
        "time_or_assets": Writing("`AssetOrTimeSchedule`"),
        "eager": Writing(_ASSETS, any_upstream),
        "on_cron": Writing(_ASSETS, all_upstream),
        "deps_updated": Writing(_ASSETS, any_upstream),
    },
)

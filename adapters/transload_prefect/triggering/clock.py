"""When Prefect's schedules tick, and what becomes of ticks that were missed."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from transload.triggering.semantics import Clockwork, Days, Gap, Missed, Overlap, Phase

CLOCK: Final = Clockwork(
    missed=Missed.EACH,
    merges=False,
    days=Days.ANY,
    zones=True,
    kinds=True,
    phase=Phase.START,
    gap=Gap.LATER,
    overlap=Overlap.FIRST,
    local_days=True,
    # `RRuleSchedule` (3.9.1).
    rules_from=datetime(2020, 1, 1),  # noqa: DTZ001 - in the rule's own zone
)

"""When Airflow's timetables tick, and what becomes of ticks that were missed."""

from __future__ import annotations

from typing import Final

from transload.triggering.semantics import Clockwork, Days, Gap, Missed, Overlap, Phase

CLOCK: Final = Clockwork(
    missed=Missed.LATEST,
    merges=True,
    days=Days.EITHER,
    zones=False,
    kinds=False,
    phase=Phase.LAST_RUN,
    gap=Gap.FIRST_LATER,
    overlap=Overlap.SECOND,
)

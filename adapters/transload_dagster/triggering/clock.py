"""When Dagster's schedules tick, and what becomes of ticks that were missed."""

from __future__ import annotations

from typing import Final

from transload.triggering.semantics import Clockwork, Days, Gap, Missed, Overlap, Phase

CLOCK: Final = Clockwork(
    missed=Missed.LATEST,
    merges=True,
    days=Days.EITHER,
    zones=False,
    kinds=False,
    phase=Phase.START,
    gap=Gap.END,
    # `DAYLIGHT_SAVINGS_HOURS`: only changes between one and four o'clock are treated as such.
    overlap=Overlap.NIGHT,
)

"""The cron expressions and time spans that Airflow accepts, without asking Airflow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from transload.partitioning import cron

_NAMED: Final = ("@hourly", "@daily", "@weekly", "@monthly", "@yearly")
PRESETS: Final[Mapping[str, str]] = {
    **{name: cron.PRESETS[name] for name in _NAMED},
    "@quarterly": "0 0 1 */3 *",
}
"""Airflow's names for common expressions (`cron_presets`), one for each."""

_LONGEST_SPAN: Final = timedelta(days=36525)
"""A hundred years."""


def is_cron(expression: str) -> bool:
    """True of an expression of five fields that every version of croniter reads alike."""
    return cron.is_plain(expression, last_weekday=7)


def span_of(seconds: float) -> timedelta | None:
    """The time span of so many seconds, None where Airflow cannot schedule by it or it is not exact."""
    if not 0 < seconds <= _LONGEST_SPAN.total_seconds():
        return None
    span = timedelta(seconds=seconds)
    return span if span.total_seconds() == seconds and span > timedelta() else None

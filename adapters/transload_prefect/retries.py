"""Retries ↔ the three options that Prefect has for them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from transload.model.jobs import Retries

MOST_DELAYS: Final = 50
"""Prefect 3.8.8 refuses a longer list."""


class Told(NamedTuple):
    """The values of `retries`, `retry_delay_seconds` and `retry_jitter_factor`."""

    retries: int | None = None
    retry_delay_seconds: float | list[float] | None = None
    retry_jitter_factor: float | None = None

    @property
    def options(self) -> Mapping[str, Any]:
        """The keywords that say something."""
        return {name: value for name, value in self._asdict().items() if value is not None}


class Spelled(NamedTuple):
    """Retries whose growing delays are a list, and what the list does not say (None: nothing)."""

    retries: Retries
    missing: str | None = None


def spelled_out(retries: Retries, tool: str | None) -> Spelled:
    """Retries with their growing delays as a list, by the formula of the tool that they were read from.

    Dagster 1.13 (`calculate_delay`) waits `2**n - 1` (exponential) or `n` (linear) times the delay before the n-th retry; Airflow 3.3
    (`TaskInstance.next_retry_datetime`) waits `2**(n - 1)` times the delay in whole seconds, no longer than a day, and up to as much
    again by a hash of the run. Where the list ends before the retries do, Prefect repeats its last delay.
    """
    if retries.backoff is None or len(retries.delays) != 1:
        return Spelled(retries, _JITTER if isinstance(retries.jitter, str) else None)
    delays = _grown(retries, tool)
    if not all(map(math.isfinite, delays)):
        return Spelled(retries)
    missing = [
        reason
        for reason, holds in (
            (_JITTER, isinstance(retries.jitter, str)),
            (_HASH, tool == "airflow"),
            (f"Prefect takes {MOST_DELAYS} delays and repeats the last.", len(delays) > MOST_DELAYS),
        )
        if holds
    ]
    plain = Retries(count=retries.count, delays=tuple(delays[:MOST_DELAYS]), jitter=retries.jitter)
    return Spelled(plain, " ".join(missing) or None)


_JITTER: Final = "Prefect's jitter is a factor, so that the waits do not vary as they did."
_HASH: Final = "Airflow waits up to twice as long, by a hash of the run."
_DAY: Final = 86_400.0

_FACTORS: Final[Mapping[tuple[str, bool], Callable[[int], int]]] = {
    ("linear", True): lambda number: number,
    ("linear", False): lambda number: number,
    ("exponential", True): lambda number: 2**number - 1,
    ("exponential", False): lambda number: 2 ** (number - 1),
}
"""By the kind of growth, and whether it is Dagster's."""


def _grown(retries: Retries, tool: str | None) -> list[float]:
    """The delays; the last is not repeated. One more than Prefect takes shows that there are more."""
    factor = _FACTORS[retries.backoff or "linear", tool == "dagster"]
    longest = min(retries.max_delay or math.inf, _DAY if tool == "airflow" else math.inf)
    grown = [retries.delays[0] * factor(number) for number in range(1, min(retries.count, MOST_DELAYS + 1) + 1)]
    short = [min(delay, longest) for delay in grown]
    delays = [min(float(max(1, math.ceil(delay))), longest) for delay in short] if tool == "airflow" else short
    while len(delays) > 1 and delays[-1] == delays[-2]:
        delays.pop()
    return delays


def told(retries: Retries | None) -> Told:
    """What of the retries a task can be told."""
    if retries is None or retries.count < 1:
        return Told()
    delays = [_plain(delay) for delay in retries.delays]
    if len(delays) > MOST_DELAYS or any(delay < 0 for delay in delays):
        delays = []
    jitter = retries.jitter if isinstance(retries.jitter, (int, float)) and retries.jitter >= 0 else None
    return Told(
        retries.count, delays[0] if len(delays) == 1 else delays or None, None if jitter is None else _plain(jitter)
    )


def told_to_flow(retries: Retries | None) -> Told:
    """What of the retries a flow can be told: one delay, and no jitter."""
    whole = told(retries)
    delay = whole.retry_delay_seconds
    return Told(whole.retries, None if isinstance(delay, list) else delay)


def retries_of(said: Told) -> Retries | None:
    """The retries that the options stand for; no delay and a delay of nothing are one."""
    if not said.retries:
        return None
    delay = said.retry_delay_seconds
    delays = tuple(map(float, delay)) if isinstance(delay, (list, tuple)) else (float(delay),) if delay else ()
    jitter = said.retry_jitter_factor
    return Retries(count=said.retries, delays=delays, jitter=None if jitter is None else float(jitter))


def _plain(number: float) -> int | float:
    return int(number) if number == int(number) else number

"""How long each tool waits before it tries again: the same words mean other curves in another tool."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from transload.loss import Severity
from transload.model.jobs import Retries

LONGEST: Final = 86400.0
"""Seconds that Airflow never exceeds while its waits grow (3.3.2, `MAX_RETRY_DELAY`)."""

_SHOWN: Final = 3
_COMPARED: Final = 1000
"""Waits that are looked at; by then each either repeats or has reached its limit."""

Wait = tuple[float, float]
"""The shortest and the longest wait, in seconds."""


def waits(retries: Retries) -> list[Wait]:
    """The wait before each further try.

    Sources: Dagster 1.13.29 `calculate_delay`, Airflow 3.3.2 `TaskInstance.next_retry_datetime`, Prefect 3.9.1
    `clamped_poisson_interval`.
    """
    return [_wait(retries, number) for number in range(1, retries.count + 1)]


def steady(retries: Retries) -> list[float]:
    """The waits without their jitter: with Airflow's, which only adds to them, the shortest."""
    if retries.jitter == "up_to_double":
        return [low for low, _ in waits(retries)]
    return [_capped(_grown(retries, number), retries) for number in range(1, retries.count + 1)]


def in_words(retries: Retries) -> str:
    """The first waits in words: "30 s, 90 s, 210 s and so on"."""
    every = waits(retries.model_copy(update={"count": min(retries.count, _SHOWN + 1)}))
    if len(set(every)) == 1:
        return f"{_shown(every[0])} each time" if retries.count > 1 else _shown(every[0])
    return ", ".join(map(_shown, every[:_SHOWN])) + (" and so on" if retries.count > _SHOWN else "")


def differing(before: Retries, after: Retries | None, tool: str) -> tuple[str, Severity]:
    """One sentence on how a tool's waits differ, and how much is lost by that."""
    tries = 0 if after is None else after.count
    if after is not None and before.count == tries and _alike(before, after):
        return f"{tool} says the same waits in other words.", Severity.CARRIED
    if after is None or not tries:
        return (
            f"{tool} tries no further; the original does {before.count} times, after {in_words(before)}.",
            Severity.APPROXIMATED,
        )
    message = f"{tool} waits {in_words(after)} before {tries} further tries; the original {in_words(before)} before {before.count}."
    return message, Severity.APPROXIMATED


def held(before: Retries, after: Retries | None, tool: str, report: Callable[..., None]) -> Retries | None:
    """What a tool holds of retries; where that is not the whole, how its waits differ is told."""
    if after != before:
        message, severity = differing(before, after, tool)
        report("", message, severity=severity)
    return after


def _alike(before: Retries, after: Retries) -> bool:
    return all(_wait(before, number) == _wait(after, number) for number in range(1, min(before.count, _COMPARED) + 1))


def _wait(retries: Retries, number: int) -> Wait:
    low, high = _spread(_grown(retries, number), retries)
    return _capped(low, retries), _capped(high, retries)


def _delay(retries: Retries, number: int) -> float:
    return retries.delays[min(number, len(retries.delays)) - 1] if retries.delays else 0.0


def _grown(retries: Retries, number: int) -> float:
    delay = _delay(retries, number)
    try:
        return delay * _growth(retries, number) if delay else 0.0
    except OverflowError:
        return math.inf


def _growth(retries: Retries, number: int) -> float:
    if retries.backoff == "linear":
        return float(number)
    if retries.backoff == "exponential":
        return 2.0**number - 1
    return retries.factor ** (number - 1) if retries.backoff == "geometric" else 1.0


def _spread(wait: float, retries: Retries) -> Wait:
    jitter = retries.jitter
    if jitter == "full":
        return 0.0, wait
    if jitter == "plus_minus":
        base = retries.delays[0] if retries.delays else 0.0
        return wait - base, wait + base
    if jitter == "up_to_double":
        whole = max(1.0, float(math.ceil(wait)) if wait < LONGEST else LONGEST)
        return min(whole, LONGEST), min(2 * whole - 1, LONGEST)
    return (wait, wait) if not isinstance(jitter, float) or jitter <= 0 else _clamped(wait, jitter)


def _clamped(wait: float, factor: float) -> Wait:
    """Prefect's bounds: the lower one leaves the median in the middle of the probability."""
    upper = 1 + factor
    lower = 0.0 if upper >= 50 else math.log2(max(2**upper / (2**upper - 1), 1e-10))  # noqa: PLR2004 - Prefect's own limit
    return wait * lower, wait * upper


def _capped(wait: float, retries: Retries) -> float:
    return wait if retries.max_delay is None else min(wait, retries.max_delay)


def _shown(wait: Wait) -> str:
    low, high = (f"{value:g}" for value in wait)
    return f"{low} s" if low == high else f"{low} to {high} s"

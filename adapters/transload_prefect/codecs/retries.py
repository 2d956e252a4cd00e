"""Retries ↔ the three options that Prefect has for them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from transload.model.jobs import Retries
from transload.retrying import steady

MOST_DELAYS: Final = 50
"""Prefect 3.9.1 refuses a longer list."""


class RetryOptions(NamedTuple):
    """The values of `retries`, `retry_delay_seconds` and `retry_jitter_factor`."""

    retries: int | None = None
    retry_delay_seconds: float | list[float] | None = None
    retry_jitter_factor: float | None = None

    @property
    def options(self) -> Mapping[str, Any]:
        """The keywords that are set."""
        return {name: value for name, value in self._asdict().items() if value is not None}


def with_listed_delays(retries: Retries) -> Retries:
    """Retries without what Prefect has no option for: delays that grow, or are cut off, become a list, the last of which repeats."""
    delays = steady(retries.model_copy(update={"count": min(retries.count, MOST_DELAYS)}))
    while len(delays) > 1 and delays[-1] == delays[-2]:
        delays.pop()
    plain = retries.backoff is None and retries.max_delay is None
    jitter = retries.jitter if isinstance(retries.jitter, float) else None
    if plain or not all(map(math.isfinite, delays)):
        return Retries(count=retries.count, delays=retries.delays, jitter=jitter)
    return Retries(count=retries.count, delays=tuple(delays), jitter=jitter)


def retry_options(retries: Retries | None) -> RetryOptions:
    """The options of a task for the retries, without delays or a jitter that Prefect refuses."""
    if retries is None or retries.count < 1:
        return RetryOptions()
    delays = [_plain(delay) for delay in retries.delays]
    if len(delays) > MOST_DELAYS or any(delay < 0 for delay in delays):
        delays = []
    jitter = retries.jitter if isinstance(retries.jitter, (int, float)) and retries.jitter >= 0 else None
    return RetryOptions(
        retries.count, delays[0] if len(delays) == 1 else delays or None, None if jitter is None else _plain(jitter)
    )


def flow_retry_options(retries: Retries | None) -> RetryOptions:
    """The options of a flow, which has one delay and no jitter."""
    whole = retry_options(retries)
    delay = whole.retry_delay_seconds
    return RetryOptions(whole.retries, None if isinstance(delay, list) else delay)


def retries_of(options: RetryOptions) -> Retries | None:
    """The retries that the options stand for; no delay and a delay of nothing are one."""
    if not options.retries:
        return None
    delay = options.retry_delay_seconds
    delays = tuple(map(float, delay)) if isinstance(delay, (list, tuple)) else (float(delay),) if delay else ()
    jitter = options.retry_jitter_factor
    return Retries(count=options.retries, delays=delays, jitter=None if jitter is None else float(jitter))


def _plain(number: float) -> int | float:
    return int(number) if number == int(number) else number

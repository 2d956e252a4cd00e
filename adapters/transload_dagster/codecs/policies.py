"""Retries, backfill policies and freshness ↔ Dagster's policies, as forms (1.12 to 1.13)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final, Literal, cast

from transload.forms import Constant, Form, form
from transload.model.assets import FreshBy, Freshness, FreshWithin
from transload.model.jobs import BackfillPolicy, Retries
from transload.partitioning.cron import is_zone
from transload.retrying import steady
from transload_dagster.codecs import legal

_SHORTEST: Final = 60.0
"""Dagster takes no shorter window, in seconds."""


FLOW_TAG: Final = "transload/flow"
"""The tag of the runs of a job whose number is limited: by itself Dagster gives them none that names the job."""


def limit(job: str, runs: int) -> str:
    """The lines of `dagster.yaml` that limit the runs of a job which has the tag."""
    rule = f"{{key: {FLOW_TAG}, value: {json.dumps(job)}, limit: {runs}}}"
    return f"Put into dagster.yaml: concurrency: {{runs: {{tag_concurrency_limits: [{rule}]}}}}"


def _expressible_retries(retries: Retries) -> Retries | None:
    """The part that a `RetryPolicy` holds: one delay, which alone may grow or vary. Of several delays, the growth that starts like them."""
    if retries.count < 0:
        return None
    delays = retries.delays[:1] if retries.delays and retries.delays[0] >= 0 else ()
    if not delays:
        return Retries(count=retries.count, delays=delays)
    jitter = retries.jitter if retries.jitter in ("full", "plus_minus") else None
    return Retries(count=retries.count, delays=delays, backoff=_backoff(retries), jitter=jitter)


expressible_retries = cast("Callable[[Retries], Retries | None]", lru_cache(maxsize=1024)(_expressible_retries))
"""The jobs of a project retry alike."""


def _backoff(retries: Retries) -> Literal["linear", "exponential"] | None:
    """The growth that Dagster has for it: its own, or the one that comes nearest to the waits before the second and third try."""
    if retries.backoff in ("linear", "exponential"):
        return retries.backoff
    first, *later = steady(retries.model_copy(update={"count": min(retries.count, 3)})) or [0.0]
    if not first or not later or later[-1] == first:
        return None
    growth = later[-1] / first
    # Of n waits the last is n times the first where they grow linearly; exponential ones grow to more.
    return "exponential" if growth > len(later) + 1 or retries.backoff else "linear"


def retries_form(retries: Retries) -> Form:
    """The form of expressible retries."""
    return form(
        "dagster.RetryPolicy",
        max_retries=retries.count,
        delay=retries.delays[0] if retries.delays else None,
        backoff=Constant(f"dagster.Backoff.{retries.backoff.upper()}") if retries.backoff else None,
        jitter=Constant(f"dagster.Jitter.{retries.jitter.upper()}") if isinstance(retries.jitter, str) else None,
    )


def read_retries(value: Any) -> Retries | None:
    """The retries of a form, None if it is none."""
    arguments = _arguments(value, "dagster.RetryPolicy", ("max_retries", "delay", "backoff", "jitter"))
    if arguments is None:
        return None
    count, delay = arguments.get("max_retries", 1), arguments.get("delay")
    if not isinstance(count, int) or not isinstance(delay, (int, float, type(None))):
        return None
    if delay is not None and not abs(delay) < _ENDLESS:
        return None
    # Members of Dagster's enumerations: `dagster.Backoff.LINEAR`.
    members = (arguments.get(name) for name in ("backoff", "jitter"))
    backoff, jitter = (one.name.rpartition(".")[2] if isinstance(one, Constant) else None for one in members)
    if backoff not in _BACKOFFS or jitter not in _JITTERS:
        return None
    delays = () if delay is None else (float(delay),)
    return Retries(count=count, delays=delays, backoff=_BACKOFFS[backoff], jitter=_JITTERS[jitter])


_ENDLESS: Final = 1e15
"""Seconds of a delay that no clock counts: infinity among them, which JSON does not have."""

_BACKOFFS: Final[Mapping[str | None, Literal["linear", "exponential"] | None]] = {
    None: None,
    "LINEAR": "linear",
    "EXPONENTIAL": "exponential",
}
_JITTERS: Final[Mapping[str | None, Literal["full", "plus_minus"] | None]] = {
    None: None,
    "FULL": "full",
    "PLUS_MINUS": "plus_minus",
}


def _arguments(value: Any, name: str, parameters: tuple[str, ...]) -> Mapping[str, Any] | None:
    if not isinstance(value, Form) or value.name != name:
        return None
    if len(value.args) > len(parameters) or set(value.kwargs) - set(parameters):
        return None
    return {**dict(zip(parameters, value.args, strict=False)), **value.kwargs}


def backfill_form(policy: BackfillPolicy) -> Form:
    """The form of a backfill policy."""
    if policy.per_run is None:
        return form("dagster.BackfillPolicy.single_run")
    return form("dagster.BackfillPolicy.multi_run", max_partitions_per_run=policy.per_run)


def read_backfill(value: Any) -> BackfillPolicy | None:
    """The backfill policy of a form, None if it is none."""
    if _arguments(value, "dagster.BackfillPolicy.single_run", ()) is not None:
        return BackfillPolicy()
    arguments = _arguments(value, "dagster.BackfillPolicy.multi_run", ("max_partitions_per_run",))
    per_run = None if arguments is None else arguments.get("max_partitions_per_run", 1)
    return BackfillPolicy(per_run=per_run) if isinstance(per_run, int) else None


def expressible_freshness(freshness: Freshness) -> Freshness | None:
    """The part that a `FreshnessPolicy` holds, None if nothing."""
    if isinstance(freshness, FreshWithin):
        if freshness.fail < _SHORTEST or not legal.span(freshness.fail):
            return None
        warn = freshness.warn
        fits = warn is not None and _SHORTEST <= warn < freshness.fail and legal.span(warn)
        return FreshWithin(fail=freshness.fail, warn=warn if fits else None)
    if not legal.cron(freshness.cron) or not is_zone(freshness.timezone):
        return None
    # Dagster refuses a bound that reaches back over the deadline before.
    fits = _SHORTEST <= freshness.lower_bound <= legal.shortest_gap(freshness.cron)
    return freshness if fits and legal.span(freshness.lower_bound) else None


def freshness_form(freshness: Freshness) -> Form:
    """The form of an expressible freshness."""
    if isinstance(freshness, FreshWithin):
        warn = None if freshness.warn is None else timedelta(seconds=freshness.warn)
        return form(
            "dagster.FreshnessPolicy.time_window", fail_window=timedelta(seconds=freshness.fail), warn_window=warn
        )
    return form(
        "dagster.FreshnessPolicy.cron",
        deadline_cron=freshness.cron,
        lower_bound_delta=timedelta(seconds=freshness.lower_bound),
        timezone=None if freshness.timezone == "UTC" else freshness.timezone,
    )


def read_freshness(value: Any) -> Freshness | None:
    """The freshness of a form, None if it is none."""
    window = _arguments(value, "dagster.FreshnessPolicy.time_window", ("fail_window", "warn_window"))
    if window is not None:
        fail, warn = window.get("fail_window"), window.get("warn_window")
        seconds = warn.total_seconds() if isinstance(warn, timedelta) else None
        return FreshWithin(fail=fail.total_seconds(), warn=seconds) if isinstance(fail, timedelta) else None
    parameters = ("deadline_cron", "lower_bound_delta", "timezone")
    arguments = _arguments(value, "dagster.FreshnessPolicy.cron", parameters)
    cron, bound, zone = (None if arguments is None else arguments.get(name) for name in parameters)
    if not isinstance(cron, str) or not isinstance(bound, timedelta):
        return None
    return FreshBy(cron=cron, lower_bound=bound.total_seconds(), timezone=zone if isinstance(zone, str) else "UTC")

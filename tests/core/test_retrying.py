"""The waits before further tries: computed as each tool computes them, and compared in words."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transload.loss import Severity
from transload.model.jobs import Retries
from transload.retrying import differing, in_words, steady, waits

DELAYS = st.sampled_from((0.0, 0.5, 1.0, 7.0, 30.0, 3600.0))
COUNTS = st.integers(1, 8)


def test_the_words_say_each_tools_curve() -> None:
    assert in_words(Retries(count=4, delays=(30,), backoff="exponential")) == "30 s, 90 s, 210 s and so on"
    assert (
        in_words(Retries(count=2, delays=(30,), backoff="geometric", jitter="up_to_double"))
        == "30 to 59 s, 60 to 119 s"
    )
    assert in_words(Retries(count=5, delays=(60,))) == "60 s each time"
    assert steady(Retries(count=3, delays=(1, 10), jitter=0.5)) == [1, 10, 10]


def test_the_same_word_in_two_tools_is_no_agreement() -> None:
    before = Retries(count=3, delays=(30,), backoff="exponential")
    message, severity = differing(before, Retries(count=3, delays=(30,), backoff="geometric"), "Airflow")
    assert severity is Severity.APPROXIMATED
    assert message == "Airflow waits 30 s, 60 s, 120 s before 3 further tries; the original 30 s, 90 s, 210 s before 3."


def test_other_words_for_the_same_waits_are_no_difference() -> None:
    listed = Retries(count=3, delays=(30, 90, 210))
    assert differing(Retries(count=3, delays=(30,), backoff="exponential"), listed, "Prefect")[1] is Severity.CARRIED


@given(
    st.builds(
        Retries,
        count=COUNTS,
        delays=st.lists(DELAYS, max_size=3).map(tuple),
        factor=st.just(1e200),
        backoff=st.sampled_from((None, "linear", "exponential", "geometric")),
        jitter=st.sampled_from((None, "full", "plus_minus", "up_to_double", 0.3)),
        max_delay=st.none() | DELAYS,
    )
)
def test_waits_are_in_order_and_within_the_limit(retries: Retries) -> None:
    for low, high in waits(retries):
        assert low <= high
        assert retries.max_delay is None or high <= retries.max_delay


@pytest.mark.dagster
@given(
    DELAYS,
    st.integers(1, 8),
    st.sampled_from((None, "linear", "exponential")),
    st.sampled_from((None, "full", "plus_minus")),
)
def test_dagster_waits_as_computed(delay: float, number: int, backoff: Any, jitter: Any) -> None:
    import dagster as dg

    policy = dg.RetryPolicy(
        max_retries=8,
        delay=delay,
        backoff=dg.Backoff[backoff.upper()] if backoff else None,
        jitter=dg.Jitter[jitter.upper()] if jitter else None,
    )
    low, high = waits(Retries(count=number, delays=(delay,), backoff=backoff, jitter=jitter))[number - 1]
    found = [policy.calculate_delay(number) for _ in range(20)]
    assert all(low - 1e-9 <= each <= high + 1e-9 for each in found)
    assert jitter or found == [low] * 20


@pytest.mark.airflow
@pytest.mark.parametrize("factor", [0, True, 2.0, 3.0])
@pytest.mark.parametrize("longest", [None, 100.0])
@pytest.mark.parametrize("delay", [0.5, 7.0, 60.0])
def test_airflow_waits_as_computed(factor: float, longest: float | None, delay: float) -> None:
    from airflow.models.taskinstance import TaskInstance

    from transload_airflow.codecs.fields import retries_of

    number_taken = _takes_numbers()
    if factor == 3.0 and not number_taken:
        pytest.skip("This Airflow knows doubling only.")
    said: dict[str, Any] = {"retries": 6, "retry_delay": timedelta(seconds=delay), "retry_exponential_backoff": factor}
    if isinstance(factor, bool) and number_taken:
        said["retry_exponential_backoff"] = 2.0  # As Airflow's serialiser hands it to the scheduler.
    longest_span = None if longest is None else timedelta(seconds=longest)
    retries = retries_of({**said, "max_retry_delay": longest_span})
    assert retries is not None
    for number, day in itertools.product(range(1, 7), range(1, 6)):
        wait = _airflows(TaskInstance, said, longest_span, number, day)
        low, high = waits(retries)[number - 1]
        assert low <= wait <= high


def _takes_numbers() -> bool:
    from importlib.metadata import version

    return tuple(map(int, version("apache-airflow-core").split(".")[:2])) >= (3, 2)


def _airflows(task_instance: Any, said: dict[str, Any], longest: timedelta | None, number: int, day: int) -> float:
    """What Airflow's own method says for the n-th try of a run of some day; only what it reads is set."""
    from types import SimpleNamespace

    ended = datetime(2026, 1, day, tzinfo=timezone.utc)
    task = SimpleNamespace(**{**said, "max_retry_delay": longest})
    run = SimpleNamespace(
        retry_delay_override=None,
        task=task,
        try_number=number,
        dag_id="d",
        task_id="t",
        logical_date=ended,
        end_date=ended,
        log=None,
    )
    moment: datetime = task_instance.next_retry_datetime(run)
    return (moment - ended).total_seconds()


@pytest.mark.prefect
@given(st.sampled_from((0.5, 1.0, 30.0)), st.sampled_from((0.1, 0.5, 2.0)))
def test_prefect_waits_as_computed(delay: float, factor: float) -> None:
    from prefect.utilities.math import clamped_poisson_interval

    ((low, high),) = waits(Retries(count=1, delays=(delay,), jitter=factor))
    assert all(low - 1e-6 <= clamped_poisson_interval(delay, factor) <= high + 1e-6 for _ in range(20))

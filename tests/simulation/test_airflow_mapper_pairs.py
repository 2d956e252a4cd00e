"""The partitions of what a DAG writes that listens to two assets are those that Airflow's scheduler starts it for."""

from __future__ import annotations

from typing import Final

import pytest

from transload.model.partitions import TimePartitions
from transload.model.triggers import Trigger
from transload.partitioning import exists
from transload.partitioning.keysets import NONE, Keys
from transload.partitioning.propagation import derived, written_keys
from transload.triggering import Context

from .airflow_judge import AirflowJudge
from .mapper_pairs import DAILY, HOURLY, OUT, PAIRS, Pair, graph, steps
from .sequences import START

pytestmark = pytest.mark.airflow

DISAGREEING: Final = Pair(("hourly", "day"), ("daily", "month"), is_all=True)
"""Clicks by `StartOfDayMapper`, views by `StartOfMonthMapper`."""

MOST: Final = 72
"""Pairs at a time: the scheduler looks at 500 pending runs at once, and those that can never start stay in front of the rest."""


def runs(airflow: AirflowJudge, triggers: list[Trigger]) -> list[set[str]]:
    """The keys for which Airflow starts each."""
    judged = airflow.firings(triggers, steps(), Context(start=START))
    return [{str(firing.partition) for evaluation in each for firing in evaluation} for each in judged]


def keys_of_out(trigger: Trigger) -> Keys:
    return written_keys(graph(trigger), {})[OUT]


def test_mappers_that_disagree_start_nothing_for_all_and_both_for_any(airflow: AirflowJudge) -> None:
    """A day is never a month: each waits for the other asset, for ever. Airflow 3.3.2's own example says so of its DAG
    `player_odds_quality_check_wont_ever_to_trigger`.
    """
    anything = DISAGREEING._replace(is_all=False)
    found = runs(airflow, [DISAGREEING.trigger, DISAGREEING.swapped, anything.trigger, anything.swapped])

    assert found == [set(), set(), {"2026-03-31", "2026-04-01", "2026-03", "2026-04"}, found[2]]
    assert keys_of_out(DISAGREEING.trigger) == keys_of_out(DISAGREEING.swapped) == NONE
    both = keys_of_out(anything.trigger)
    assert both == keys_of_out(anything.swapped)
    assert both.definition is None
    assert sorted(each.format for each in both.definitions if isinstance(each, TimePartitions)) == ["%Y-%m", "%Y-%m-%d"]


def test_a_key_that_both_mappers_make_starts_one_run(airflow: AirflowJudge) -> None:
    """Hours and days in one spelling: of the hours only those at midnight; days of two assets: from the later start."""
    spelled = Pair(("hourly", "identity"), ("daily", "identity"), is_all=True)
    days = Pair(("hourly", "day"), ("daily", "day"), is_all=True)

    assert runs(airflow, [spelled.trigger, days.trigger]) == [{"2026-04-01T00:00:00"}, {"2026-03-31", "2026-04-01"}]
    assert derived(graph(spelled.trigger), {})[OUT] == DAILY.model_copy(update={"start": HOURLY.start})
    made = derived(graph(days.trigger), {})[OUT]
    assert isinstance(made, TimePartitions)
    assert (made.cron, made.start) == ("0 0 * * *", HOURLY.start)


@pytest.mark.parametrize("first", range(0, len(PAIRS), MOST))
def test_every_pair_runs_for_keys_that_are_derived(airflow: AirflowJudge, first: int) -> None:
    """Of 144 pairs, for all and for any: no run has another key than those derived, and where keys are derived some have a run."""
    pairs = PAIRS[first : first + MOST]
    for pair, keys in zip(pairs, runs(airflow, [pair.trigger for pair in pairs]), strict=True):
        made = keys_of_out(pair.trigger)
        assert made.is_open or all(any(exists(each, key) for each in made.definitions) for key in keys), pair
        if _is_told(pair):
            assert all(any(exists(each, key) for key in keys) for each in made.definitions), pair


def _is_told(pair: Pair) -> bool:
    """Whether the keys of both sides are known; else those derived are the most that there can be.

    A mapper of days or months makes nothing of keys that are no times.
    """
    return all(
        up in {"hourly", "daily"} or (up, down) == ("static", "identity") for up, down in (pair.clicks, pair.views)
    )

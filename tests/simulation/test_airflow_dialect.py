"""What is said of Airflow's triggers is what its scheduler does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transload.counterparts import firings
from transload.model.partitions import (
    AllowedMapping,
    CalendarUnit,
    FixedMapping,
    FloorMapping,
    IdentityMapping,
    PartitionMapping,
    RollupMapping,
    WaitPolicy,
    Window,
)
from transload.model.triggers import AliasUpdated, AllOf, AnyOf, Continuous, Cron, Interval, Once, Trigger, Updated
from transload.triggering import Context, Evaluate, Step, Update

from .airflow_judge import AirflowJudge
from .sequences import ASSETS, START, examples, sequences, told

pytestmark = pytest.mark.airflow

A, B, C, D = ASSETS
CONTEXT: Final = Context(aliases={"one": (A,), "some": (B, C)}, start=START)
"""A is updated through an alias always, and so are B and C."""

updates: Final = st.builds(Updated, asset=st.sampled_from(ASSETS))
references: Final = st.builds(Updated, asset=st.sampled_from(ASSETS), reference=st.sampled_from(("name", "uri")))
aliases: Final = st.builds(AliasUpdated, alias=st.sampled_from(("one", "some")))
crons: Final = st.builds(
    Cron,
    expression=st.sampled_from(("*/10 * * * *", "0 * * * *", "50 11,12 * * *", "0 0 * * *", "30 6 * * 1-5")),
    timezone=st.sampled_from((None, "UTC", "America/New_York", "Asia/Kolkata")),
)


def expressions(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Leaves, and up to three of them at a time, all or any, nested."""

    def nested(part: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        parts = st.lists(part, min_size=1, max_size=3).map(tuple)
        return st.one_of(st.builds(AllOf, parts=parts), st.builds(AnyOf, parts=parts))

    return st.recursive(leaves, nested, max_leaves=5)


def agree(airflow: AirflowJudge, triggers: list[Trigger], steps: list[Step], context: Context = CONTEXT) -> None:
    """Each trigger, all in one database."""
    judged = airflow.firings(triggers, steps, context)
    found = [firings(trigger, steps, "airflow", context=context) for trigger in triggers]
    for trigger, ours, theirs in zip(triggers, found, judged, strict=True):
        assert told(ours) == told(theirs), trigger


def some(triggers: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """Several triggers for the same sequence: what happens is then simulated once for all."""
    return st.lists(triggers, min_size=1, max_size=4)


def test_the_tail_of_a_burst_is_told_to_the_run_after_the_next(airflow: AirflowJudge) -> None:
    """What both say of a case that is known, so that a judge who says nothing is no agreement."""
    either = AnyOf(parts=(Updated(asset=A), Updated(asset=B)))
    looks: list[Step] = [Evaluate(START + timedelta(minutes=number)) for number in (1, 2, 3)]
    steps: list[Step] = [Update(A), Update(A), looks[0], looks[1], Update(B), looks[2]]
    expected = [[("None", ["a"])], [], [("None", ["a", "b"])]]

    assert told(firings(either, steps, "airflow", context=Context(start=START))) == expected
    assert told(airflow.firings([either], steps, Context(start=START))[0]) == expected


def test_a_window_of_months_is_waited_for(airflow: AirflowJudge) -> None:
    quarterly = RollupMapping(upstream=FloorMapping(unit=QUARTER), window=Window(unit=QUARTER))
    months: list[Step] = [Update(A, f"2024-0{month}-01T00:00:00") for month in (1, 2, 3)]
    looks: list[Step] = [Evaluate(START + timedelta(minutes=number)) for number in (1, 2)]
    steps: list[Step] = [*months[:2], looks[0], months[2], looks[1]]

    (found,) = airflow.firings([Updated(asset=A, mapping=quarterly)], steps, Context(start=START))
    assert told(found) == [[], [("2024-Q1", ["a"])]]


@examples(60)
@given(some(expressions(st.one_of(updates, references))), sequences((None, None, "2024-01-01")))
def test_expressions_of_assets(airflow: AirflowJudge, triggers: list[Trigger], steps: list[Step]) -> None:
    agree(airflow, triggers, steps, Context(start=START))


@examples(40)
@given(some(expressions(st.one_of(updates, aliases))), sequences())
def test_expressions_with_aliases(airflow: AirflowJudge, triggers: list[Trigger], steps: list[Step]) -> None:
    agree(airflow, triggers, steps)


@examples(40)
@given(some(crons), sequences(finished=False))
def test_cron(airflow: AirflowJudge, triggers: list[Trigger], steps: list[Step]) -> None:
    agree(airflow, triggers, steps)


@examples(20)
@given(
    some(st.one_of(st.sampled_from((Once(), Continuous())), st.builds(Interval, seconds=st.sampled_from((60, 600, 86400))))),
    sequences(),
)  # fmt: skip
def test_intervals_once_and_continuous(airflow: AirflowJudge, triggers: list[Trigger], steps: list[Step]) -> None:
    agree(airflow, triggers, steps)


@examples(30)
@given(
    some(st.lists(crons.map(lambda cron: cron.model_copy(update={"timezone": "UTC"})), min_size=2, max_size=3, unique=True)
         .map(lambda parts: AnyOf(parts=tuple(parts)))),
    sequences(finished=False),
)  # fmt: skip
def test_several_crons(airflow: AirflowJudge, triggers: list[Trigger], steps: list[Step]) -> None:
    agree(airflow, triggers, steps)


@examples(40)
@given(some(st.tuples(crons, expressions(updates)).map(lambda parts: AnyOf(parts=parts))), sequences((None, None, "k")))
def test_assets_or_time(airflow: AirflowJudge, triggers: list[Trigger], steps: list[Step]) -> None:
    agree(airflow, triggers, steps)


KEYS: Final = (
    None, "eu", "2024-01-01T00:00:00", "2024-01-01T00:30:00", "2024-01-01T05:00:00", "2024-02-01T00:00:00", "2024-03-01T00:00:00",
)  # fmt: skip
HOUR, MONTH, QUARTER = CalendarUnit.HOUR, CalendarUnit.MONTH, CalendarUnit.QUARTER


def _mappings() -> st.SearchStrategy[PartitionMapping]:
    floors = st.builds(FloorMapping, unit=st.sampled_from((HOUR, CalendarUnit.DAY, QUARTER)))
    waits = st.builds(WaitPolicy, minimum=st.sampled_from((None, 1, 2, -1)))
    rollups = st.builds(
        RollupMapping,
        upstream=st.just(FloorMapping(unit=QUARTER)),
        window=st.builds(Window, unit=st.just(QUARTER), backward=st.just(False)),
        wait=waits,
    )
    others = (IdentityMapping(), FixedMapping(key="all"), AllowedMapping(keys=("eu", "2024-01-01T00:00:00")))
    return st.one_of(floors, rollups, st.sampled_from(others))


@st.composite
def partition_aware(draw: st.DrawFn) -> Trigger:
    """One mapping for each asset, whatever the number of times that it is named."""
    table = {asset: draw(_mappings()) for asset in ASSETS}
    leaves = st.sampled_from(ASSETS).map(lambda asset: Updated(asset=asset, mapping=table[asset]))
    found: Trigger = draw(expressions(leaves))
    return found


@examples(80)
@given(some(partition_aware()), sequences(KEYS))
def test_partition_aware_schedules(airflow: AirflowJudge, triggers: list[Trigger], steps: list[Step]) -> None:
    agree(airflow, triggers, steps)

"""A record is what its evaluator does: each property is tried."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Final

import pytest

from transload.counterparts import firings, known_tools
from transload.model.triggers import AnyOf, Cron, Interval, Trigger, Updated
from transload.triggering import Evaluate, Semantics, Step, Update
from transload.triggering.examples import CONTEXT, FORMS, A
from transload.triggering.semantics import Days, Forgotten, Gap, Missed, Overlap, Together, Updates
from transload.triggering.witnesses import steps_of

RECORDS: Final = [pytest.param(record, id=tool) for tool, record in known_tools().semantics.items()]
ONE: Final = Updated(asset=A)
HOURLY: Final = Cron(expression="0 * * * *", timezone="UTC")
NIGHT: Final = Cron(expression="30 2 * * *", timezone="Europe/Paris")


def runs(record: Semantics, trigger: Trigger, steps: str | tuple[Step, ...]) -> list[int]:
    """How many runs there are at each evaluation after the first."""
    whole = steps_of(steps) if isinstance(steps, str) else steps
    return [len(each) for each in firings(trigger, whole, record.tool, context=CONTEXT)][1:]


def at(month: int, day: int, *times: str) -> tuple[Step, ...]:
    start = datetime(2026, month, day, tzinfo=timezone.utc)
    return (Evaluate(start), *(Evaluate(start.replace(hour=int(each[:2]), minute=int(each[3:]))) for each in times))


pytestmark = pytest.mark.parametrize("record", RECORDS)


def test_updates_between_two_evaluations(record: Semantics) -> None:
    assert runs(record, ONE, "aaa.") == [{Updates.EACH: 3, Updates.ONCE: 1}[record.updates]]


def test_what_is_forgotten(record: Semantics) -> None:
    assert runs(record, ONE, "a.a.") == [1, int(Forgotten.AFTER_REQUEST not in record.forgets)]
    assert runs(record, ONE, "a..!a.") == [1, 0, int(Forgotten.WITH_OWN not in record.forgets)]


def test_an_update_and_a_tick_at_one_evaluation(record: Semantics) -> None:
    both = AnyOf(parts=(HOURLY, ONE))
    minute = datetime(2026, 1, 1, 1, 1, tzinfo=timezone.utc)
    steps = (*steps_of("a."), Evaluate(minute))
    assert runs(record, both, steps) == {Together.BOTH: [2, 0], Together.IN_TURN: [1, 1]}[record.together]


def test_missed_ticks(record: Semantics) -> None:
    steps = at(1, 1, "00:30", "05:30")
    assert runs(record, HOURLY, steps) == [0, {Missed.EACH: 5, Missed.LATEST: 1, Missed.NONE: 0}[record.clock.missed]]


def test_ticks_at_one_time(record: Semantics) -> None:
    assert runs(record, FORMS["crons"].example, "...") == [1, 1, 1 if record.clock.merges else 2]


def test_day_and_weekday(record: Semantics) -> None:
    assert record.has("cron_both") == (record.clock.days is Days.ANY)


def test_a_time_that_the_clock_skips(record: Semantics) -> None:
    found = runs(record, NIGHT, at(3, 29, "00:30", "01:00", "01:30"))
    assert found == [0, int(record.clock.gap is Gap.END), int(record.clock.gap is not Gap.END)]
    two = NIGHT.model_copy(update={"expression": "15,45 2 * * *"})
    later = runs(record, two, at(3, 29, "01:14", "01:15", "01:45"))[1:]
    assert later == {Gap.END: [0, 0], Gap.FIRST_LATER: [1, 0], Gap.LATER: [1, 1]}[record.clock.gap]


def test_days_in_a_time_zone(record: Semantics) -> None:
    """In summer a day of the clock begins an hour earlier than 24 hours after the last one, counted from winter."""
    daily = Interval(seconds=86400, anchor="2026-01-01T00:00:00+01:00", timezone="Europe/Paris")
    if record.has("anchored"):
        found = runs(record, daily, at(3, 30, "21:30", "22:30", "23:30"))
        assert found == ([0, 1, 0] if record.clock.local_days else [0, 0, 1])
    else:
        assert not record.clock.local_days


def test_a_time_that_the_clock_shows_twice(record: Semantics) -> None:
    found = runs(record, NIGHT, at(10, 25, "00:30", "01:30"))
    is_first = record.clock.overlap is Overlap.FIRST
    assert found == [int(is_first), int(not is_first)]
    hourly = HOURLY.model_copy(update={"timezone": "Europe/Paris"})
    assert runs(record, hourly, at(10, 25, "00:00", "01:00"))[1:] == [int(not is_first)]


def test_an_update_of_a_partition_and_what_waits_for_the_asset(record: Semantics) -> None:
    start = steps_of(".")
    assert runs(record, ONE, (start[0], Update(A, "k"), *start[1:])) == [int(record.partitions.parts)]


def test_the_order_of_updates_and_the_time_between(record: Semantics) -> None:
    assert record.has("in_order") == record.ordered
    assert record.has("within") == record.timed

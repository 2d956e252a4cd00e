"""What is said of Prefect's triggers is what its server does."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta, timezone
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transload.counterparts import firings
from transload.model.triggers import (
    AllOf,
    AnyOf,
    AtLeast,
    Cron,
    Event,
    InOrder,
    Interval,
    RRule,
    Trigger,
    Updated,
)
from transload.triggering import Context, Evaluate, Step, Update

from .prefect_judge import SUCCEEDED, PrefectJudge, key_of
from .sequences import ASSETS, START, examples, sequences, told

pytestmark = pytest.mark.prefect

CONTEXT: Final = Context(start=START)
WINDOWS: Final = (30, 90, 3610)
"""Seconds. No sum of pauses is exactly one of them."""
WITHIN: Final = st.sampled_from((None, None, *WINDOWS))
KEYS: Final = (None, "2024-01-01")

updates: Final = st.builds(Updated, asset=st.sampled_from(ASSETS))
patterns: Final = st.sampled_from(("s3://lake/*", "s3://lake/[ab]", [key_of(asset) for asset in ASSETS[:2]]))


@st.composite
def events(
    draw: st.DrawFn, posture: str = "Reactive", within: tuple[int, ...] = (0, *WINDOWS), keys: Any = patterns
) -> Event:
    """Some of the events of some of the assets, counted."""
    match: dict[str, Any] = {
        "expect": draw(st.sampled_from(([SUCCEEDED], ["prefect.asset.*"]))),
        "match": {"prefect.resource.id": draw(keys)},
        "posture": posture,
        "threshold": draw(st.integers(1, 3)),
        "within": draw(st.sampled_from(within)),
    }
    if draw(st.booleans()):
        match["for_each"] = ["prefect.resource.id"]
    return Event(match=match)


@st.composite
def composites(draw: st.DrawFn, *, counted: bool = False) -> Trigger:
    """Compound and sequence triggers, nested, over different assets: the parts that one event matches fire in no certain order."""
    assets = draw(st.permutations(ASSETS))[: draw(st.integers(1, len(ASSETS)))]
    parts: list[Trigger] = [
        draw(events(keys=st.just(key_of(asset)))) if draw(st.booleans()) and counted else Updated(asset=asset)
        for asset in assets
    ]
    for _ in range(draw(st.integers(0, 2))):
        start = draw(st.integers(0, len(parts) - 1))
        end = draw(st.integers(start + 1, len(parts)))
        parts[start:end] = [draw(composite(parts[start:end]))]
    return draw(composite(parts))


@st.composite
def composite(draw: st.DrawFn, parts: list[Trigger]) -> Trigger:
    """All, any, some or each in order of the parts."""
    kind = draw(st.sampled_from((AllOf, AnyOf, InOrder, AtLeast)))
    fields = {"parts": tuple(parts), "within": draw(WITHIN)}
    return AtLeast(count=draw(st.integers(1, len(parts))), **fields) if kind is AtLeast else kind(**fields)


def agree(prefect: PrefectJudge, triggers: list[Trigger], steps: list[Step]) -> None:
    """Each trigger, all in one database."""
    judged = prefect.firings(triggers, steps, CONTEXT)
    found = [firings(trigger, steps, "prefect", context=CONTEXT) for trigger in triggers]
    for trigger, ours, theirs in zip(triggers, found, judged, strict=True):
        assert told(ours) == told(theirs), trigger


def some(triggers: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """Several triggers for the same sequence: what happens is then simulated once for all."""
    return st.lists(triggers, min_size=1, max_size=3)


def test_a_run_for_each_update_and_one_for_both_assets(prefect: PrefectJudge) -> None:
    """What both say of a case that is known, so that a judge who says nothing is no agreement."""
    first, second = (Updated(asset=asset) for asset in ASSETS[:2])
    both = AllOf(parts=(first, second))
    steps: list[Step] = [*(Update(first.asset),) * 3, Update(second.asset), Evaluate(START + timedelta(minutes=1))]
    expected: list[Any] = [[[("None", [])] * 3], [[("None", [])]]]

    assert [told(firings(each, steps, "prefect", context=CONTEXT)) for each in (first, both)] == expected
    assert [told(found) for found in prefect.firings([first, both], steps, CONTEXT)] == expected


@examples(60)
@given(some(st.one_of(updates, events())), sequences(KEYS))
def test_events(prefect: PrefectJudge, triggers: list[Trigger], steps: list[Step]) -> None:
    agree(prefect, triggers, steps)


@examples(80)
@given(some(composites()), sequences(KEYS))
def test_compound_and_sequence_triggers(prefect: PrefectJudge, triggers: list[Trigger], steps: list[Step]) -> None:
    agree(prefect, triggers, steps)


@examples(30)
@given(some(composites(counted=True)), sequences())
def test_composites_of_counted_events(prefect: PrefectJudge, triggers: list[Trigger], steps: list[Step]) -> None:
    agree(prefect, triggers, steps)


@examples(60)
@given(some(events(posture="Proactive", within=(10, *WINDOWS))), sequences())
def test_proactive_triggers(prefect: PrefectJudge, triggers: list[Trigger], steps: list[Step]) -> None:
    agree(prefect, triggers, steps)


ZONES: Final = st.sampled_from((None, "UTC", "America/New_York", "Asia/Kolkata"))
crons: Final = st.builds(
    Cron,
    expression=st.sampled_from(("*/10 * * * *", "0 * * * *", "50 11,12 * * *", "0 0 * * *", "0 12 2-4 * 1")),
    timezone=ZONES,
    day_or=st.booleans(),
)
intervals: Final = st.builds(
    Interval,
    # Prefect gives no more than 1,000 dates at a time.
    seconds=st.sampled_from((300, 5400, 86400)),
    anchor=st.sampled_from((None, "2024-01-01T00:00:05+00:00", "2023-07-01T00:00:00-04:00")),
    timezone=ZONES,
)
rules: Final = st.builds(
    RRule,
    rule=st.sampled_from(("FREQ=HOURLY;INTERVAL=5", "FREQ=DAILY;BYHOUR=6,18", "FREQ=WEEKLY;BYDAY=SA,MO")),
    timezone=ZONES,
)


@examples(40)
@given(some(st.one_of(crons, intervals, rules)), sequences(finished=False))
def test_schedules(prefect: PrefectJudge, triggers: list[Trigger], steps: list[Step]) -> None:
    agree(prefect, triggers, steps)


SKIPPED: Final = ("2024-03-01T02:30:00-05:00", "2025-01-01T02:30:00-05:00")
"""Anchors at a time of day that the clock skips in spring, before and after it does."""
TWICE: Final = ("2023-10-01T01:30:00-04:00", "2025-01-01T01:30:00-05:00")
"""Those that it shows twice in autumn; on Python 3.13 Prefect takes the first, before it the second."""
ANCHORS: Final = (None, "2023-07-01T00:00:00-04:00", *SKIPPED, *(TWICE if sys.version_info < (3, 13) else ()))
DAYS: Final = tuple(
    Interval(seconds=days * 86400, anchor=anchor, timezone="America/New_York") for anchor in ANCHORS for days in (1, 2)
)


@pytest.mark.parametrize(
    "start", [datetime(2024, 3, 9, tzinfo=timezone.utc), datetime(2024, 11, 2, tzinfo=timezone.utc)]
)
def test_days_of_an_interval_are_days_of_the_clock(prefect: PrefectJudge, start: datetime) -> None:
    """Every half hour of some days in which the clock changes."""
    context = Context(start=start)
    steps: list[Step] = [Evaluate(start + timedelta(minutes=30 * number)) for number in range(1, 200)]

    answers = prefect.firings(DAYS, steps, context)

    assert all(sum(map(len, theirs)) for theirs in answers)
    for trigger, theirs in zip(DAYS, answers, strict=True):
        assert told(firings(trigger, steps, "prefect", context=context)) == told(theirs), trigger


@examples(20)
@given(some(st.tuples(crons, updates, updates).map(lambda parts: AnyOf(parts=parts))), sequences())
def test_schedules_beside_automations(prefect: PrefectJudge, triggers: list[Trigger], steps: list[Step]) -> None:
    agree(prefect, triggers, steps)

"""What a trigger does in each tool, said in examples."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transload.counterparts import firings
from transload.errors import TriggerError
from transload.model.conditions import InLatestWindow, OfAsset, Predicate, Since, State, TickPassed
from transload.model.identity import AssetId, uri_of
from transload.model.partitions import (
    CalendarUnit,
    FixedMapping,
    FloorMapping,
    IdentityMapping,
    PartitionMapping,
    RollupMapping,
    StaticPartitions,
    TimeMapping,
    Window,
)
from transload.model.triggers import (
    AliasUpdated,
    AllOf,
    AnyOf,
    AtLeast,
    Condition,
    Continuous,
    Cron,
    Eager,
    Event,
    InOrder,
    Interval,
    Once,
    OnCron,
    OnMissing,
    Opaque,
    RRule,
    Trigger,
    Updated,
)
from transload.triggering import Context, Evaluate, Finished, Firing, Step, Update
from transload.triggering.presets import predicate_of
from transload.triggering.witnesses import steps_of

A, B, OWN = (AssetId("s3://lake", name) for name in ("a", "b", "own"))
ONE, TWO = Updated(asset=A), Updated(asset=B)
CONTEXT: Final = Context(asset=OWN, upstream=(A, B), aliases={"daily": (A, B)})
DONE: Final = Finished()


def at(hours: float) -> Evaluate:
    return Evaluate(datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(hours=hours))


def runs(trigger: Trigger, tool: str, *steps: Step) -> list[int]:
    return [len(each) for each in firings(trigger, steps, tool, context=CONTEXT)]


def keys(trigger: Trigger, tool: str, *steps: Step) -> list[list[str | None]]:
    return [[firing.partition for firing in each] for each in firings(trigger, steps, tool, context=CONTEXT)]


# Airflow


def test_airflow_takes_several_updates_for_one() -> None:
    assert runs(ONE, "airflow", Update(A), Update(A), at(0), at(1), Update(A), at(2)) == [1, 0, 1]


def test_airflow_empties_the_whole_queue_and_says_what_it_consumed() -> None:
    """Also of assets without which the run would have started."""
    either = AnyOf(parts=(AllOf(parts=(ONE, TWO)), Updated(asset=OWN)))
    found = firings(either, [Update(A), Update(OWN), at(0), Update(B), at(1)], "airflow")
    assert found == [(Firing(None, frozenset({A, OWN})),), ()]


def test_airflow_starts_plain_schedules_by_plain_updates_only() -> None:
    assert runs(ONE, "airflow", Update(A, "k"), at(0), Update(A), at(1)) == [0, 1]


def test_airflow_starts_partition_aware_schedules_by_partitions_only() -> None:
    aware = Updated(asset=A, mapping=IdentityMapping())
    assert keys(aware, "airflow", Update(A), at(0), Update(A, "k"), Update(A, "k"), Update(A, "l"), at(1), at(2)) == [
        [],
        ["k", "l"],
        [],
    ]


def test_airflow_waits_for_equal_keys_of_all_assets() -> None:
    mapped = AllOf(parts=tuple(Updated(asset=asset, mapping=IdentityMapping()) for asset in (A, B)))
    assert keys(mapped, "airflow", Update(A, "k"), Update(B, "l"), at(0), Update(B, "k"), at(1)) == [[], ["k"]]


def test_airflow_ignores_a_key_that_the_mapper_refuses() -> None:
    daily = Updated(asset=A, mapping=FloorMapping(unit=CalendarUnit.DAY))
    assert keys(daily, "airflow", Update(A, "no time"), Update(A, "2026-01-05T03:00:00"), at(0)) == [["2026-01-05"]]


def test_airflow_waits_for_a_whole_window() -> None:
    mapping = RollupMapping(upstream=FixedMapping(key="all"), window=Window(segments=("x", "y")))
    rollup = Updated(asset=A, mapping=mapping)
    assert keys(rollup, "airflow", Update(A, "x"), at(0), Update(A, "y"), at(1)) == [[], ["all"]]


def test_airflow_runs_the_latest_missed_tick_only() -> None:
    assert runs(Cron(expression="0 * * * *"), "airflow", at(0.5), at(1), at(5.5), at(5.6)) == [0, 1, 1, 0]


def test_airflow_starts_an_update_before_a_tick() -> None:
    either = AnyOf(parts=(Cron(expression="0 * * * *"), ONE))
    assert runs(either, "airflow", at(0.5), Update(A), at(1), at(1.1), at(1.2)) == [0, 1, 1, 0]


def test_airflow_counts_an_interval_from_the_last_run() -> None:
    assert runs(Interval(seconds=3600), "airflow", at(0), at(0.5), at(1.5), at(2), at(2.5)) == [1, 0, 1, 0, 1]


def test_airflow_starts_once_and_again_and_again() -> None:
    assert runs(Once(), "airflow", DONE, at(0), DONE, at(1)) == [1, 0]
    assert runs(Continuous(), "airflow", at(0), at(1), DONE, at(2)) == [1, 0, 1]


def test_airflow_listens_to_the_assets_of_an_alias() -> None:
    assert runs(AliasUpdated(alias="daily"), "airflow", Update(B), at(0), Update(OWN), at(1)) == [1, 0]


# Dagster


def test_dagster_loses_an_update_right_after_a_request_and_with_the_assets_own() -> None:
    """The sequence of Dagster's issue 24650."""
    steps = (at(0), Update(A), Update(B), at(1), Update(A), at(2), DONE, at(3), at(4), Update(A), at(5), at(6), DONE)
    assert runs(Eager(), "dagster", *steps, Update(A), at(7), at(8)) == [0, 1, 0, 0, 0, 1, 0, 0, 0]


def test_dagster_waits_after_a_tick_for_all_upstream_assets() -> None:
    steps = (at(0.5), Update(A), at(0.6), at(1.1), Update(A), at(1.2), Update(B), at(1.3), at(1.4))
    assert runs(OnCron(expression="0 * * * *"), "dagster", *steps) == [0, 0, 0, 0, 1, 0]


def test_dagster_requests_partitions() -> None:
    static = StaticPartitions(keys=("x", "y"))
    context = Context(asset=OWN, upstream=(A,), partitions={A: static, OWN: static})
    found = firings(ONE, [at(0), Update(A, "y"), Update(A, "none of them"), at(1), at(2)], "dagster", context=context)
    assert found == [(), (Firing("y"),), ()]


def test_dagster_runs_the_latest_missed_tick_of_each_schedule() -> None:
    """The crons of one zone are one schedule."""
    hourly, daily = Cron(expression="0 * * * *"), Cron(expression="0 0 * * *")
    assert runs(AnyOf(parts=(hourly, daily)), "dagster", at(0), at(1), at(25)) == [0, 1, 1]
    apart = daily.model_copy(update={"timezone": "Asia/Kolkata"})
    assert runs(AnyOf(parts=(hourly, apart)), "dagster", at(0), at(1), at(25)) == [0, 1, 2]


def test_dagster_lets_the_later_of_update_and_tick_win() -> None:
    since = Since(part=OfAsset(asset=A, part=State(name="newly_updated")), reset=TickPassed(expression="0 * * * *"))
    assert runs(Condition(predicate=since), "dagster", at(0.5), Update(A), at(1.1)) == [0, 1]


# Prefect


def test_prefect_starts_a_run_for_each_update() -> None:
    assert runs(ONE, "prefect", Update(A), Update(A, "k"), Update(B), at(0), at(1)) == [2, 0]


def test_prefect_remembers_parts_until_all_have_fired() -> None:
    """One update of each is enough, the last counts, and all begin anew."""
    both = AllOf(parts=(ONE, TWO))
    steps = [Update(each) for each in (A, A, B, B, A)]
    assert runs(both, "prefect", *steps, at(0), Update(B), at(1)) == [2, 0]


def test_prefect_forgets_parts_after_a_time() -> None:
    both = AllOf(parts=(ONE, TWO), within=3600)
    assert runs(both, "prefect", Update(A), at(0), Update(B), at(1.1), Update(A), at(2)) == [0, 0, 1]


def test_prefect_looks_at_the_order() -> None:
    order = InOrder(parts=(ONE, TWO))
    assert runs(order, "prefect", Update(B), Update(A), at(0), Update(B), at(1)) == [0, 1]


def test_prefect_counts_parts() -> None:
    some = AtLeast(count=2, parts=(ONE, TWO, Updated(asset=OWN)))
    assert runs(some, "prefect", Update(A), Update(A), at(0), Update(OWN), at(1)) == [0, 1]


def _event(**fields: object) -> Event:
    return Event.model_validate({"match": {"match": {"prefect.resource.id": uri_of(A)}, **fields}})


def test_prefect_swallows_what_comes_within_a_time_after_a_firing() -> None:
    once = _event(threshold=1, within=3600)
    assert runs(once, "prefect", Update(A), at(0), Update(A), at(0.5), Update(A), at(3)) == [1, 0, 1]


def test_prefect_counts_up_to_a_threshold() -> None:
    assert runs(_event(threshold=3, within=60), "prefect", *[Update(A)] * 7, at(0)) == [1]


def test_prefect_fires_again_and_again_while_nothing_comes() -> None:
    """A window in which something came is forgotten at the next look, and another begins at the look after that."""
    silence = _event(posture="Proactive", within=3600)
    steps = (at(0), at(1), at(2), Update(A), at(2.5), at(3), at(4), at(5))
    assert runs(silence, "prefect", *steps) == [0, 1, 1, 0, 0, 0, 1]


def test_prefect_fires_for_a_silence_when_the_event_comes_too_late() -> None:
    silence = _event(posture="Proactive", within=3600)
    assert runs(silence, "prefect", at(0), Update(A), at(2), at(2.5)) == [0, 1, 0]


def test_prefect_counts_each_resource_alone() -> None:
    event = Event.model_validate({"match": {"for_each": ["prefect.resource.id"], "threshold": 2, "within": 3600}})
    assert runs(event, "prefect", Update(A), Update(B), at(0), Update(A), at(0.5)) == [0, 1]


def test_prefect_matches_keys_by_patterns() -> None:
    pattern = Event(match={"match": {"prefect.resource.id": "s3://lake/?"}})
    assert runs(pattern, "prefect", Update(A), Update(OWN), at(0)) == [1]


def test_prefect_runs_each_missed_tick() -> None:
    rule = RRule(rule="FREQ=HOURLY;BYMINUTE=0;BYSECOND=0", timezone="UTC")
    for trigger in (Cron(expression="0 * * * *"), rule, Interval(seconds=3600)):
        assert runs(trigger, "prefect", at(0), at(1), at(4)) == [0, 1, 3]
    anchored = Interval(seconds=3600, anchor="2025-12-31T00:30:00Z")
    assert runs(anchored, "prefect", at(0), at(0.5), at(1), at(1.5)) == [0, 1, 0, 1]


def test_prefect_may_want_day_and_weekday() -> None:
    """The first of January 2026 is a Thursday; the eighth is no first."""
    both = Cron(expression="0 3 1 * 4", day_or=False)
    assert runs(both, "prefect", at(0), at(4), at(24 * 7 + 4)) == [0, 1, 0]


# What cannot be computed


def _on(predicate: Predicate) -> Condition:
    return Condition(predicate=predicate)


@pytest.mark.parametrize(
    ("trigger", "tool"),
    [
        (Eager(), "airflow"),
        (AllOf(parts=(ONE, TWO), within=60), "airflow"),
        (AllOf(parts=(ONE, Cron(expression="@daily"))), "airflow"),
        (AllOf(parts=(Updated(asset=A, mapping=IdentityMapping()), AliasUpdated(alias="daily"))), "airflow"),
        (Once(), "dagster"),
        (Condition(tree={"__class__": "MyCondition"}), "dagster"),
        (Cron(expression="0 3 1 * 4", day_or=False), "dagster"),
        (_on(State(name="code_version_changed")), "dagster"),
        (_on(InLatestWindow(lookback=60)), "dagster"),
        (Opaque(tool="prefect", type="x"), "prefect"),
        (Event(match={"expect": ["x"], "after": ["y"]}), "prefect"),
        (Event(match={"match": {"prefect.resource.name": "orders"}}), "prefect"),
        (Interval(seconds=0), "prefect"),
        (Interval(seconds=60, anchor="tomorrow"), "prefect"),
        (RRule(rule="often"), "prefect"),
    ],
    ids=lambda value: getattr(value, "kind", value),
)
def test_what_cannot_be_computed_is_an_error(trigger: Trigger, tool: str) -> None:
    with pytest.raises(TriggerError, match=r"[A-Z].*\."):
        runs(trigger, tool, at(0))


@pytest.mark.parametrize("mapping", [TimeMapping()])
def test_a_mapping_of_another_tool_is_an_error(mapping: PartitionMapping) -> None:
    with pytest.raises(TriggerError, match="none of Airflow's"):
        runs(Updated(asset=A, mapping=mapping), "airflow", at(0))


def test_a_condition_stands_on_an_asset() -> None:
    with pytest.raises(TriggerError, match="stands on an asset"):
        firings(Eager(), [at(0)], "dagster")


@pytest.mark.parametrize("trigger", [Eager(), OnCron(expression="0 5 * * *", timezone="Europe/Paris"), OnMissing()])
def test_the_tree_of_a_preset_survives_the_document(trigger: Trigger) -> None:
    condition = Condition(predicate=predicate_of(trigger))
    assert Condition.model_validate_json(condition.model_dump_json(exclude_defaults=True)) == condition


@given(steps=st.text(alphabet="ab!.=", max_size=20).map(lambda text: steps_of(text + ".")))
@settings(max_examples=100, derandomize=True)
def test_the_tree_of_a_preset_fires_as_the_preset(steps: tuple[Step, ...]) -> None:
    for trigger in (Eager(), OnCron(expression="0 5 * * *"), OnMissing(), ONE, AllOf(parts=(ONE, TWO))):
        assert runs(Condition(predicate=predicate_of(trigger)), "dagster", *steps) == runs(trigger, "dagster", *steps)

"""When a trigger fires in Dagster, computed without it, against Dagster's own evaluation of automation conditions."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from importlib import metadata
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transload.counterparts import firings
from transload.forms import to_object
from transload.model.conditions import (
    AllDeps,
    AnyDeps,
    Both,
    Either,
    InLatestWindow,
    NewlyTrue,
    Not,
    OfAsset,
    Predicate,
    Since,
    State,
    TickPassed,
)
from transload.model.identity import AssetId
from transload.model.partitions import (
    AllMapping,
    LastMapping,
    MultiPartitions,
    Partitions,
    StaticPartitions,
    TimeMapping,
    TimePartitions,
)
from transload.model.triggers import (
    AllOf,
    AnyOf,
    Condition,
    Eager,
    OnCron,
    OnMissing,
    Trigger,
    Updated,
)
from transload.partitioning import Known, spelled
from transload.triggering import Context, Evaluate, Finished, Step, Update
from transload_dagster.codecs.mappings import mapping_form
from transload_dagster.codecs.partitions import definition

try:
    import dagster as dg

    _VERSION = metadata.version("dagster")
except ImportError:
    _VERSION = ""

pytestmark = [
    pytest.mark.dagster,
    # Seen with 1.12.0: `Since` has no times to tell whether the update or the reset came later.
    pytest.mark.skipif(_VERSION.startswith("1.12."), reason="Dagster 1.12 evaluates some conditions otherwise"),
    pytest.mark.filterwarnings("ignore:.*is currently in beta"),
]

EFFORT: Final = float(os.environ.get("TRANSLOAD_EFFORT", "1"))


def effort(examples: int) -> settings:
    return settings(
        max_examples=max(1, int(examples * EFFORT)), derandomize=True, suppress_health_check=[HealthCheck.too_slow]
    )


UP, SIDE, OWN = (AssetId("dagster", name) for name in ("up", "side", "own"))
START: Final = datetime(2026, 1, 1, 0, 30, tzinfo=timezone.utc)


# The real tool


def _states() -> Mapping[str, Any]:
    of = dg.AutomationCondition
    return {
        "missing": of.missing(),
        "newly_updated": of.newly_updated(),
        "newly_requested": of.newly_requested(),
        "run_in_progress": of.run_in_progress(),
        "backfill_in_progress": of.backfill_in_progress(),
        "will_be_requested": of.will_be_requested(),
        "initial_evaluation": of.initial_evaluation(),
    }


def _all(parts: Sequence[Any]) -> Any:
    whole = parts[0]
    for part in parts[1:]:
        whole = whole & part
    return whole


def _any(parts: Sequence[Any]) -> Any:
    whole = parts[0]
    for part in parts[1:]:
        whole = whole | part
    return whole


def _key(asset: AssetId) -> Any:
    return dg.AssetKey([asset.name])


_BUILT: Final[Mapping[type, Callable[[Any], Any]]] = {
    State: lambda each: _states()[each.name],
    TickPassed: lambda each: dg.AutomationCondition.cron_tick_passed(each.expression, each.timezone),
    InLatestWindow: lambda _: dg.AutomationCondition.in_latest_time_window(),
    Both: lambda each: _all([built(part) for part in each.parts]),
    Either: lambda each: _any([built(part) for part in each.parts]),
    Not: lambda each: ~built(each.part),
    Since: lambda each: built(each.part).since(built(each.reset)),
    NewlyTrue: lambda each: built(each.part).newly_true(),
    OfAsset: lambda each: dg.AutomationCondition.asset_matches(_key(each.asset), built(each.part)),
    AnyDeps: lambda each: dg.AutomationCondition.any_deps_match(built(each.part)),
    AllDeps: lambda each: dg.AutomationCondition.all_deps_match(built(each.part)),
}


def built(predicate: Predicate) -> Any:
    return _BUILT[type(predicate)](predicate)


_PRESETS: Final[Mapping[type, Callable[[Any], Any]]] = {
    Eager: lambda _: dg.AutomationCondition.eager(),
    OnMissing: lambda _: dg.AutomationCondition.on_missing(),
    OnCron: lambda each: dg.AutomationCondition.on_cron(each.expression, each.timezone),
    Condition: lambda each: built(each.predicate),
    Updated: lambda each: _updated(each.asset),
    AllOf: lambda each: _all([condition(part) for part in each.parts]),
    AnyOf: lambda each: _any([condition(part) for part in each.parts]),
}


def _updated(asset: AssetId) -> Any:
    matches: Any = dg.AutomationCondition.asset_matches(_key(asset), dg.AutomationCondition.newly_updated())
    return matches.since_last_handled()


def condition(trigger: Trigger) -> Any:
    return _PRESETS[type(trigger)](trigger)


class Judge:
    """Two upstream assets and one with the condition, in an instance that is thrown away."""

    def __init__(self, trigger: Trigger, context: Context) -> None:
        partitions = {asset: _real(each) for asset, each in context.partitions.items()}
        mappings = {asset: to_object(mapping_form(each), ("dagster",)) for asset, each in context.mappings.items()}
        upstream = [dg.AssetSpec(_key(asset), partitions_def=partitions.get(asset)) for asset in context.upstream]

        @dg.asset(
            key=_key(OWN),
            deps=[dg.AssetDep(_key(asset), partition_mapping=mappings.get(asset)) for asset in context.upstream],
            partitions_def=partitions.get(OWN),
            automation_condition=condition(trigger),
        )
        def own() -> None: ...

        self.defs = dg.Definitions(assets=[*upstream, own])
        self.instance = dg.DagsterInstance.ephemeral()
        self.partitions = partitions
        self.cursor: Any = None
        self.running: dict[str | None, str] = {}

    def play(self, steps: Sequence[Step]) -> list[tuple[str | None, ...]]:
        found: list[tuple[str | None, ...]] = []
        waiting: list[Step] = []
        for step in steps:
            if isinstance(step, Evaluate):
                with _clock(step.at):
                    self._report(waiting)
                    found.append(self._evaluate(step.at))
                waiting = []
            else:
                waiting.append(step)
        return found

    def _report(self, steps: Sequence[Step]) -> None:
        for step in steps:
            if isinstance(step, Update):
                self._materialized(step.asset, step.partition)
            else:
                self._finish()

    def _materialized(self, asset: AssetId, partition: str | None) -> None:
        event = dg.AssetMaterialization(_key(asset), partition=partition if asset in self.partitions else None)
        self.instance.report_runless_asset_event(event)

    def _evaluate(self, at: datetime) -> tuple[str | None, ...]:
        result = dg.evaluate_automation_conditions(self.defs, self.instance, evaluation_time=at, cursor=self.cursor)
        self.cursor = result.cursor
        keys = result.get_requested_partitions(_key(OWN))
        for key in keys:
            self._start(key)
        return tuple(sorted(keys, key=str))

    def _start(self, key: str | None) -> None:
        """A run that has planned to write the asset is in progress."""
        from dagster._core.events import AssetMaterializationPlannedData, DagsterEvent
        from dagster._core.test_utils import create_run_for_test

        run = create_run_for_test(self.instance, job_name="run", status=dg.DagsterRunStatus.STARTED)
        planned = AssetMaterializationPlannedData(_key(OWN), partition=key)
        event = DagsterEvent.build_asset_materialization_planned_event("run", "own", planned)
        self.instance.report_dagster_event(event, run.run_id)
        self.running[key] = run.run_id

    def _finish(self) -> None:
        from dagster._core.events import DagsterEvent, DagsterEventType, StepMaterializationData

        for key, run_id in self.running.items():
            event = DagsterEvent(
                event_type_value=DagsterEventType.ASSET_MATERIALIZATION.value,
                job_name="run",
                event_specific_data=StepMaterializationData(dg.AssetMaterialization(_key(OWN), partition=key)),
            )
            self.instance.report_dagster_event(event, run_id)
            self.instance.report_dagster_event(
                DagsterEvent(event_type_value=DagsterEventType.RUN_SUCCESS.value, job_name="run"), run_id
            )
        self.running = {}


def _real(partitions: Partitions) -> Any:
    return to_object(definition(partitions), ("dagster",))


def _clock(at: datetime) -> Any:
    from dagster._core.test_utils import freeze_time

    return freeze_time(at)


def judged(trigger: Trigger, steps: Sequence[Step], context: Context) -> None:
    computed = [
        tuple(sorted((firing.partition for firing in each), key=str))
        for each in firings(trigger, steps, "dagster", context=context)
    ]
    assert computed == Judge(trigger, context).play(steps)


# What happens

PLAIN: Final = Context(asset=OWN, upstream=(UP, SIDE))


def sequences(updates: st.SearchStrategy[Step]) -> st.SearchStrategy[list[Step]]:
    step = st.one_of(updates, st.just("evaluate"), st.just(Finished()))
    return st.lists(step, min_size=1, max_size=14).map(_timed)


def _timed(found: list[Any]) -> list[Step]:
    """Twenty minutes pass between two evaluations, so that some pass a tick and some do not."""
    at = START
    steps: list[Step] = []
    for step in [*found, "evaluate"]:
        if step == "evaluate":
            steps.append(Evaluate(at))
            at += timedelta(minutes=20)
        else:
            steps.append(step)
    return steps


PLAIN_STEPS: Final = sequences(st.sampled_from([Update(UP), Update(SIDE), Update(OWN)]))

TRIGGERS: Final[tuple[Trigger, ...]] = (
    Eager(),
    OnMissing(),
    OnCron(expression="0 * * * *"),
    Updated(asset=UP),
    AllOf(parts=(Updated(asset=UP), Updated(asset=SIDE))),
    AnyOf(parts=(Updated(asset=UP), Updated(asset=SIDE))),
)


@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda each: each.kind)
@given(steps=PLAIN_STEPS)
@effort(40)
def test_a_preset_fires_when_dagster_says(trigger: Trigger, steps: list[Step]) -> None:
    judged(trigger, steps, PLAIN)


def _leaves() -> st.SearchStrategy[Predicate]:
    names = st.sampled_from(
        ("missing", "newly_updated", "newly_requested", "run_in_progress", "will_be_requested", "initial_evaluation")
    )
    return st.one_of(
        names.map(lambda name: State(name=name)),
        st.just(TickPassed(expression="0 * * * *")),
        st.just(InLatestWindow()),
    )


def _larger(parts: st.SearchStrategy[Predicate]) -> st.SearchStrategy[Predicate]:
    several = st.lists(parts, min_size=2, max_size=3, unique=True).map(tuple)
    return st.one_of(
        several.map(lambda each: Both(parts=each)),
        several.map(lambda each: Either(parts=each)),
        parts.map(lambda each: Not(part=each)),
        parts.map(lambda each: NewlyTrue(part=each)),
        st.tuples(parts, parts).map(lambda each: Since(part=each[0], reset=each[1])),
        parts.map(lambda each: OfAsset(asset=UP, part=each)),
        parts.map(lambda each: AnyDeps(part=each)),
        parts.map(lambda each: AllDeps(part=each)),
    )


PREDICATES: Final = st.recursive(_leaves(), _larger, max_leaves=6)


@given(predicate=PREDICATES, steps=PLAIN_STEPS)
@effort(150)
def test_a_tree_of_predicates_fires_when_dagster_says(predicate: Predicate, steps: list[Step]) -> None:
    judged(Condition(predicate=predicate), steps, PLAIN)


STATIC: Final = StaticPartitions(keys=("a", "b", "c"))
HOURLY: Final = TimePartitions(
    cron="0 * * * *", start="2026-01-01T00:00:00+00:00", format="%Y-%m-%d-%H:%M", timezone="UTC"
)
DAILY: Final = TimePartitions(cron="0 0 * * *", start="2025-12-30T00:00:00+00:00", format="%Y-%m-%d", timezone="UTC")

SMALL: Final = StaticPartitions(keys=("x", "y"))
TWO: Final = MultiPartitions(dimensions={"region": SMALL, "hour": HOURLY})

PARTITIONED: Final[Mapping[str, Context]] = {
    "static": Context(asset=OWN, upstream=(UP, SIDE), partitions={UP: STATIC, SIDE: STATIC, OWN: STATIC}),
    "hourly": Context(asset=OWN, upstream=(UP, SIDE), partitions={UP: HOURLY, SIDE: HOURLY, OWN: HOURLY}),
    "hourly to daily": Context(asset=OWN, upstream=(UP, SIDE), partitions={UP: HOURLY, SIDE: DAILY, OWN: DAILY}),
    "an hour before": Context(
        asset=OWN,
        upstream=(UP, SIDE),
        partitions={UP: HOURLY, SIDE: HOURLY, OWN: HOURLY},
        mappings={UP: TimeMapping(start_offset=-1), SIDE: AllMapping()},
    ),
    "two dimensions": Context(
        asset=OWN, upstream=(UP, SIDE), partitions={UP: HOURLY, SIDE: SMALL, OWN: TWO}, mappings={SIDE: LastMapping()}
    ),
    "to one": Context(asset=OWN, upstream=(UP, SIDE), partitions={UP: STATIC}),
    "from one": Context(asset=OWN, upstream=(UP, SIDE), partitions={SIDE: HOURLY, OWN: HOURLY}),
}


def _steps_of(context: Context) -> st.SearchStrategy[list[Step]]:
    late = Known(now=START + timedelta(days=1, hours=6))
    choices: list[Update] = []
    for asset in (*context.upstream, OWN):
        definition = context.partitions.get(asset)
        keys = [None] if definition is None else list(spelled(definition, known=late))[:5]
        choices += [Update(asset, key) for key in keys]
    return sequences(st.sampled_from(choices))


@pytest.mark.parametrize("case", list(PARTITIONED))
@given(data=st.data(), predicate=st.one_of(st.none(), PREDICATES), trigger=st.sampled_from(TRIGGERS))
@effort(40)
def test_partitions_are_requested_when_dagster_says(
    case: str, data: st.DataObject, predicate: Predicate | None, trigger: Trigger
) -> None:
    whole = trigger if predicate is None else Condition(predicate=predicate)
    judged(whole, data.draw(_steps_of(PARTITIONED[case])), PARTITIONED[case])

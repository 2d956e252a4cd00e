"""Airflow's own scheduling code on a throw-away database, in a process of its own: a case per line in, its firings out.

Only the clock is not Airflow's. A case happens in one transaction that is rolled back, so that the next finds no trace of it.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any, Final, TextIO

from pydantic import TypeAdapter

from transload.model.partitions import (
    AllowedMapping,
    ChainMapping,
    FanOutMapping,
    FixedMapping,
    FloorMapping,
    IdentityMapping,
    PartitionMapping,
    ProductMapping,
    RollupMapping,
    Window,
)
from transload.model.triggers import (
    AliasUpdated,
    AllOf,
    AnyOf,
    Continuous,
    Cron,
    Interval,
    Once,
    Trigger,
    Updated,
    leaves,
)

BUNDLE: Final = "simulation"
MANY: Final = 1000
SETTINGS: Final = {
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "CRITICAL",
}


class Clock:
    """What stands where Airflow asks for the time: in Python, and in SQL."""

    def __init__(self) -> None:
        self.now = datetime(2020, 1, 1, tzinfo=timezone.utc)

    def timestamp(self) -> float:
        return self.now.timestamp()

    def in_sql(self) -> str:
        return self.now.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f")

    def install(self) -> None:
        """Before Airflow's models are imported: their columns keep hold of `utcnow`, so it is its code that changes."""
        from airflow._shared.timezones import timezone as zones
        from airflow.timetables import trigger
        from sqlalchemy.ext.compiler import compiles
        from sqlalchemy.sql.functions import now

        vars(zones)["_simulated"] = self
        zones.utcnow.__code__ = _utcnow.__code__
        vars(trigger)["time"] = SimpleNamespace(time=self.timestamp)
        compiles(now, "sqlite")(lambda *_args, **_options: "simulated_now()")


def _utcnow() -> Any:
    return _simulated.now  # type: ignore[name-defined]  # noqa: F821 - a global of Airflow's module, whose code this becomes


class Database:
    """One connection for all of Airflow's sessions; what they commit is a savepoint of one transaction."""

    def __init__(self, clock: Clock) -> None:
        import airflow.settings
        from airflow.utils.db import initdb
        from sqlalchemy import event

        settings: Any = airflow.settings
        settings.initialize()
        event.listen(settings.engine, "connect", lambda raw, _record: self._prepare(raw, clock))
        settings.engine.dispose()
        initdb()
        # As SQLAlchemy's manual says for savepoints of SQLite.
        event.listen(settings.engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        self.connection = settings.engine.connect()
        settings.Session.remove()
        settings.Session.configure(bind=self.connection, join_transaction_mode="create_savepoint")
        self.sessions = settings.Session

    @staticmethod
    def _prepare(raw: Any, clock: Clock) -> None:
        raw.isolation_level = None
        raw.create_function("simulated_now", 0, clock.in_sql)

    @contextmanager
    def undone(self) -> Iterator[Any]:
        """A session whose work, commits included, is gone afterwards."""
        transaction = self.connection.begin()
        try:
            with self.sessions() as session:
                yield session
        finally:
            self.sessions.remove()
            transaction.rollback()

    @contextmanager
    def kept(self) -> Iterator[Any]:
        """A session whose work every later case finds."""
        with self.connection.begin(), self.sessions() as session:
            yield session
            session.commit()


class Schedules:
    """Triggers of the model as Airflow's objects."""

    def __init__(self, zone: str) -> None:
        import airflow.sdk

        self.sdk = airflow.sdk
        self.zone = zone

    def asset(self, namespace: str, name: str) -> Any:
        return self.sdk.Asset(name=f"{namespace}/{name}", uri=f"x-judged://{namespace}/{name}")

    def schedule(self, trigger: Trigger) -> Any:
        if any(isinstance(part, Updated) and part.mapping is not None for part in leaves(trigger)):
            return self._partition_aware(trigger)
        if isinstance(trigger, (Once, Continuous)):
            return f"@{trigger.kind}"
        parts = trigger.parts if isinstance(trigger, AnyOf) else (trigger,)
        times = [part for part in parts if isinstance(part, (Cron, Interval))]
        assets = tuple(part for part in parts if not isinstance(part, (Cron, Interval)))
        if not times:
            return self._expression(trigger)
        if not assets:
            return self._timetable(times)
        return self.sdk.AssetOrTimeSchedule(timetable=self._timetable(times), assets=self._expression(_any_of(assets)))

    def _timetable(self, times: list[Cron | Interval]) -> Any:
        crons = [time for time in times if isinstance(time, Cron)]
        if len(times) == 1 and isinstance(times[0], Interval):
            return self.sdk.DeltaTriggerTimetable(timedelta(seconds=times[0].seconds))
        zone = crons[0].timezone or self.zone
        expressions = [cron.expression for cron in crons]
        if len(expressions) == 1:
            return self.sdk.CronTriggerTimetable(expressions[0], timezone=zone)
        return self.sdk.MultipleCronTriggerTimetable(*expressions, timezone=zone)

    def _expression(self, trigger: Trigger) -> Any:
        if isinstance(trigger, (AllOf, AnyOf)):
            combine = self.sdk.AssetAll if isinstance(trigger, AllOf) else self.sdk.AssetAny
            return combine(*map(self._expression, trigger.parts))
        if isinstance(trigger, AliasUpdated):
            return self.sdk.AssetAlias(trigger.alias)
        if isinstance(trigger, Updated):
            asset = self.asset(*trigger.asset)
            fields = {} if trigger.reference is None else {trigger.reference: getattr(asset, trigger.reference)}
            return self.sdk.Asset.ref(**fields) if fields else asset
        raise ValueError(f"Airflow has no trigger of the kind {trigger.kind!r}.")

    def _partition_aware(self, trigger: Trigger) -> Any:
        config = {
            self.asset(*part.asset): self._mapper(part.mapping)
            for part in leaves(trigger)
            if isinstance(part, Updated) and part.mapping is not None
        }
        return self.sdk.PartitionedAssetTimetable(assets=self._expression(trigger), partition_mapper_config=config)

    def _mapper(self, mapping: PartitionMapping) -> Any:
        return _MAPPERS[type(mapping)](self, mapping)

    def _window(self, window: Window) -> Any:
        if window.unit is None:
            return self.sdk.SegmentWindow(list(window.segments))
        direction = self.sdk.Window.Direction.BACKWARD if window.backward else self.sdk.Window.Direction.FORWARD
        return getattr(self.sdk, f"{window.unit.value.title()}Window")(direction=direction)

    def _floor(self, mapping: FloorMapping) -> Any:
        return getattr(self.sdk, f"StartOf{mapping.unit.value.title()}Mapper")(
            timezone=mapping.timezone, input_format=mapping.input_format, output_format=mapping.output_format
        )

    def _rollup(self, mapping: RollupMapping) -> Any:
        least = mapping.wait.minimum
        return self.sdk.RollupMapper(
            upstream_mapper=self._mapper(mapping.upstream),
            window=self._window(mapping.window),
            wait_policy=self.sdk.WaitForAll() if least is None else self.sdk.MinimumCount(least),
        )

    def _fan_out(self, mapping: FanOutMapping) -> Any:
        return self.sdk.FanOutMapper(
            upstream_mapper=self._mapper(mapping.upstream),
            window=self._window(mapping.window),
            downstream_mapper=self._mapper(mapping.downstream) if mapping.downstream else None,
        )


_MAPPERS: Final[Mapping[type, Callable[[Schedules, Any], Any]]] = {
    IdentityMapping: lambda schedules, _mapping: schedules.sdk.IdentityMapper(),
    FloorMapping: Schedules._floor,
    FixedMapping: lambda schedules, mapping: schedules.sdk.FixedKeyMapper(mapping.key),
    AllowedMapping: lambda schedules, mapping: schedules.sdk.AllowedKeyMapper(list(mapping.keys)),
    RollupMapping: Schedules._rollup,
    FanOutMapping: Schedules._fan_out,
    ProductMapping: lambda schedules, mapping: schedules.sdk.ProductMapper(
        *map(schedules._mapper, mapping.parts), delimiter=mapping.delimiter
    ),
    ChainMapping: lambda schedules, mapping: schedules.sdk.ChainMapper(*map(schedules._mapper, mapping.steps)),
}


def _any_of(parts: tuple[Trigger, ...]) -> Trigger:
    return parts[0] if len(parts) == 1 else AnyOf(parts=parts)


class Airflow:
    """The database, the clock and the scheduler, from one case to the next."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.clock.install()
        self.database = Database(self.clock)
        from airflow.jobs import job
        from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
        from airflow.models.dagbundle import DagBundleModel

        untyped: Any = job
        self.scheduler = SchedulerJobRunner(job=untyped.Job())
        self.declared: set[tuple[str, str]] = set()
        with self.database.kept() as session:
            session.add(DagBundleModel(name=BUNDLE))

    def judge(self, case: Any) -> list[Any]:
        """For each trigger the runs of each evaluation: their partition keys and the assets whose events they consumed."""
        self._declare({tuple(asset) for asset in case["assets"]})
        with self.database.undone() as session:
            evaluations = list(_Case(self, session, case).evaluations())
        return [[runs[trigger] for runs in evaluations] for trigger in range(len(case["triggers"]))]

    def _declare(self, assets: set[tuple[str, str]]) -> None:
        """A flow that writes the assets, as there is one for each asset that gets updates."""
        if assets <= self.declared:
            return
        self.declared |= assets
        outlets = [Schedules("UTC").asset(*asset) for asset in sorted(self.declared)]
        with self.database.kept() as session:
            self.register(session, [_producer(outlets)])

    @staticmethod
    def register(session: Any, dags: list[Any]) -> None:
        """As the DAG processor does with what it has parsed."""
        from airflow.dag_processing.collection import update_dag_parsing_results_in_db
        from airflow.serialization.serialized_objects import LazyDeserializedDAG

        errors: dict[Any, str] = {}
        serialized = [LazyDeserializedDAG.from_dag(dag) for dag in dags]
        update_dag_parsing_results_in_db(BUNDLE, None, serialized, errors, None, set(), session)
        session.commit()
        if errors:
            raise ValueError(f"Airflow does not take the schedule: {errors}")


def _producer(outlets: list[Any]) -> Any:
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.sdk import DAG

    with DAG("producer", schedule=None) as dag:
        EmptyOperator(task_id="write", outlets=outlets)
    return dag


class _Case:
    """Some triggers, each of a DAG of its own, and what happens to them."""

    def __init__(self, airflow: Airflow, session: Any, case: Any) -> None:
        self.airflow = airflow
        self.session = session
        self.steps = case["steps"]
        self.aliases = {alias: {tuple(asset) for asset in assets} for alias, assets in case["aliases"].items()}
        self.writes = case["writes"]
        self.schedules = Schedules(case["zone"])
        self.now = airflow.clock.now = datetime.fromisoformat(case["start"])
        triggers: list[Trigger] = TypeAdapter(list[Trigger]).validate_python(case["triggers"])
        self.names = [f"judged{number}" for number in range(len(triggers))]
        self.start = self.now
        self.timed = [each for each in zip(self.names, triggers, strict=True) if _is_timed(each[1])]
        airflow.register(session, list(map(self._dag, self.names, triggers)))
        self.known: set[int] = set()

    def _dag(self, name: str, trigger: Trigger) -> Any:
        """No time before the start makes a DAG run.

        A continuous one must start before it is first parsed: its second run would have the logical date of the first, and never be made.
        """
        from airflow.sdk import DAG

        is_continuous = isinstance(trigger, Continuous)
        return DAG(
            name,
            schedule=self.schedules.schedule(trigger),
            start_date=self.start - timedelta(days=is_continuous),
            max_active_runs=1 if is_continuous else MANY,
        )

    def evaluations(self) -> Iterator[list[list[Any]]]:
        since: list[Any] = []
        for step in self.steps:
            if step[0] != "evaluate":
                since.append(step)
                continue
            moment = datetime.fromisoformat(step[1])
            self._happen(since, moment)
            since = []
            yield self._evaluate()

    def _happen(self, steps: list[Any], until: datetime) -> None:
        """What happened between two evaluations, evenly spread."""
        pause = (until - self.now) / (len(steps) + 1)
        for number, (kind, *rest) in enumerate(steps, start=1):
            self.airflow.clock.now = self.now + number * pause
            if kind == "update":
                self._update(*rest)
            else:
                self._finish()
        self.now = self.airflow.clock.now = until

    def _update(self, asset: list[str], partition: str | None) -> None:
        from airflow.assets.manager import asset_manager

        names = [alias for alias, assets in self.aliases.items() if tuple(asset) in assets]
        asset_manager.register_asset_change(
            asset=self.schedules.asset(*asset),
            source_alias_names=names,
            partition_key=partition,
            session=self.session,
        )
        self.session.commit()

    def _finish(self) -> None:
        from airflow.models.dag import DagModel
        from airflow.utils.state import DagRunState

        ended = [run for run in self._runs() if run.state == DagRunState.QUEUED]
        for run in ended:
            run.state = DagRunState.SUCCESS
        self.session.flush()
        for name in self.names:
            model = self.session.get(DagModel, name)
            self.airflow.scheduler._set_exceeds_max_active_runs(dag_model=model, session=self.session)
        self.session.commit()
        if self.writes is not None:
            for run in ended:
                self._update(self.writes, run.partition_key)

    def _evaluate(self) -> list[list[Any]]:
        """The DAG processor has parsed the DAGs again, as it does every half minute, and the scheduler looks at them."""
        from airflow.utils import sqlalchemy

        if self.timed:
            self.airflow.register(self.session, [self._dag(name, trigger) for name, trigger in self.timed])
        untyped: Any = sqlalchemy
        with untyped.prohibit_commit(self.session) as guard:
            self.airflow.scheduler._create_dagruns_for_dags(guard, self.session)
        made = [run for run in self._runs() if run.id not in self.known]
        self.known.update(run.id for run in made)
        return [[_told(run) for run in made if run.dag_id == name] for name in self.names]

    def _runs(self) -> list[Any]:
        from airflow.models.dagrun import DagRun
        from sqlalchemy import select

        return list(self.session.scalars(select(DagRun).order_by(DagRun.id)))


def _is_timed(trigger: Trigger) -> bool:
    return any(isinstance(leaf, (Cron, Interval, Once, Continuous)) for leaf in leaves(trigger))


def _told(run: Any) -> list[Any]:
    return [run.partition_key, sorted({event.asset.name for event in run.consumed_asset_events})]


def _answer(airflow: Airflow, line: str) -> Any:
    try:
        return {"firings": airflow.judge(json.loads(line))}
    except Exception:  # noqa: BLE001 - told to the one who asked
        return {"error": traceback.format_exc()}


def main() -> None:
    """Answer each line; what Airflow itself prints goes with the errors."""
    answers: TextIO = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    os.environ.update(SETTINGS)
    airflow = Airflow()
    answers.writelines(json.dumps(_answer(airflow, line)) + "\n" for line in sys.stdin)


if __name__ == "__main__":
    main()

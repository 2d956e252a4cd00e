"""Prefect's own evaluation of triggers on a database in memory, in a process of its own: a case per line in, its firings out.

Only the clock is not Prefect's, and an automation that fires is noted where its action would be handed over.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import traceback
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any, Final, TextIO
from uuid import UUID, uuid4

SETTINGS: Final = {
    "PREFECT_API_DATABASE_CONNECTION_URL": "sqlite+aiosqlite:///file::memory:?cache=shared&uri=true&check_same_thread=false",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_SERVER_LEVEL": "CRITICAL",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
}
SUCCEEDED: Final = "prefect.asset.materialization.succeeded"


class Clock:
    """What stands where Prefect asks for the time."""

    def __init__(self) -> None:
        self.time = datetime(2020, 1, 1, tzinfo=timezone.utc)

    def now(self, zone: Any) -> Any:
        """As `prefect.types._datetime.now` gives it."""
        from prefect.types._datetime import create_datetime_instance

        moment = create_datetime_instance(self.time)
        return moment if zone == "UTC" else moment.astimezone(zone)

    def install(self) -> None:
        """Other modules hold `now` itself, so it is its code that changes."""
        from prefect.types import _datetime

        vars(_datetime)["_simulated"] = self
        _datetime.now.__code__ = _now.__code__


def _now(tz: Any = "UTC") -> Any:
    return _simulated.now(tz)  # type: ignore[name-defined]  # noqa: F821 - a global of Prefect's module, whose code this becomes


class Prefect:
    """The database, the clock and what has fired, from one case to the next."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.clock.install()
        self.fired: Counter[UUID] = Counter()

    async def start(self) -> None:
        """Make the tables, and note what fires."""
        from prefect.server.database import provide_database_interface
        from prefect.server.events import triggers

        self.database = provide_database_interface()
        self.tables: list[Any] = [
            self.database.CompositeTriggerChildFiring.__table__,
            self.database.AutomationBucket.__table__,
            self.database.AutomationRelatedResource.__table__,
            self.database.Automation.__table__,
        ]
        engine = await self.database.engine()
        async with engine.begin() as connection:
            await connection.run_sync(self.database.Base.metadata.create_all, tables=self.tables)
        vars(triggers)["act"] = self._note

    async def _note(self, firing: Any) -> None:
        self.fired[firing.trigger.automation.id] += 1

    async def judge(self, case: Any) -> list[list[int]]:
        """For each trigger the number of runs of each evaluation."""
        self.clock.time = datetime.fromisoformat(case["start"])
        await self._forget()
        deployments = [await self._deployment(items) for items in case["deployments"]]
        evaluations = [runs async for runs in _Case(self, case["steps"], deployments).evaluations()]
        return [list(runs) for runs in zip(*evaluations, strict=True)]

    async def _forget(self) -> None:
        """What no case may leave to the next."""
        from prefect.server.events import triggers

        self.fired.clear()
        async with self.database.session_context(begin_transaction=True) as session:
            for table in self.tables:
                await session.execute(table.delete())
        await triggers.reset()

    async def _deployment(self, items: Any) -> Any:
        from prefect.server.schemas.schedules import CronSchedule, IntervalSchedule, RRuleSchedule

        schedules = [
            (CronSchedule if "cron" in item else RRuleSchedule if "rrule" in item else IntervalSchedule).model_validate(
                item
            )
            for item in items["schedules"]
        ]
        return SimpleNamespace(
            schedules=schedules, automations=[await self._automation(item) for item in items["triggers"]]
        )

    async def _automation(self, trigger: Any) -> UUID:
        from prefect.server.events import actions
        from prefect.server.events.models.automations import create_automation
        from prefect.server.events.schemas.automations import Automation

        automation = Automation(id=uuid4(), name="judged", trigger=trigger, actions=[actions.DoNothing()])
        async with self.database.session_context(begin_transaction=True) as session:
            create: Any = create_automation
            made = await create(session=session, automation=automation)
        return UUID(str(made.id))


class _Case:
    """Some deployments, and what happens to them."""

    def __init__(self, prefect: Prefect, steps: Any, deployments: list[Any]) -> None:
        self.prefect = prefect
        self.steps = steps
        self.deployments = deployments
        self.now = prefect.clock.time

    async def evaluations(self) -> AsyncIterator[list[int]]:
        """The number of runs of each deployment since the evaluation before."""
        from prefect.server.events import triggers

        await triggers.reconcile_automations(force=True)
        since: list[Any] = []
        for kind, *rest in self.steps:
            if kind == "evaluate":
                moment, before = datetime.fromisoformat(rest[0]), self.now
                await self._happen(since, moment)
                await triggers.evaluate_proactive_triggers()
                await triggers.periodic_evaluation(self.prefect.clock.now("UTC"))
                yield [await self._runs(deployment, before, moment) for deployment in self.deployments]
                self.prefect.fired.clear()
                since = []
            elif kind == "update":
                since.append(rest)

    async def _happen(self, updates: list[Any], until: datetime) -> None:
        """What happened before an evaluation: just before it, one thing after another, handled as it came."""
        from prefect.server.events import triggers

        for number, (key, partition) in enumerate(updates):
            self.prefect.clock.time = until - timedelta(microseconds=len(updates) - number)
            await triggers.reactive_evaluation(self._event(key, partition))
        self.now = self.prefect.clock.time = until

    def _event(self, key: str, partition: str | None) -> Any:
        from prefect.server.events.schemas.events import ReceivedEvent

        tag = {"prefect.resource.id": f"prefect.tag.partition:{partition}", "prefect.resource.role": "tag"}
        return ReceivedEvent(
            id=uuid4(),
            occurred=self.prefect.clock.now("UTC"),
            event=SUCCEEDED,
            resource={"prefect.resource.id": key},
            related=[] if partition is None else [tag],
        )

    async def _runs(self, deployment: Any, after: datetime, until: datetime) -> int:
        """Those of its automations, and those of its schedules after one instant and up to another."""
        dates = [date for schedule in deployment.schedules for date in await schedule.get_dates(start=after, end=until)]
        fired = sum(self.prefect.fired[automation] for automation in deployment.automations)
        return int(fired + sum(after < date <= until for date in dates))


async def _answer(prefect: Prefect, line: str) -> Any:
    try:
        return {"firings": await prefect.judge(json.loads(line))}
    except Exception:  # noqa: BLE001 - told to the one who asked
        return {"error": traceback.format_exc()}


async def _serve(answers: TextIO) -> None:
    prefect = Prefect()
    await prefect.start()
    while line := await asyncio.to_thread(sys.stdin.readline):
        answers.write(json.dumps(await _answer(prefect, line)) + "\n")


def main() -> None:
    """Answer each line; what Prefect itself prints goes with the errors."""
    answers: TextIO = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    os.environ.update(SETTINGS)
    asyncio.run(_serve(answers))


if __name__ == "__main__":
    main()

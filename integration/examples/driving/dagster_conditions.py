"""A project of Dagster before its own evaluation of automation conditions and of schedules: steps in, numbers of runs out.

`PROJECT` in the environment is the folder to import from, `MODULE` the module with the definitions, `ASSET` the asset whose runs are
counted. Each line of the input is a list of steps, answered by the number of runs of each evaluation.
"""

from __future__ import annotations

import importlib
import os
import sys
from datetime import datetime
from itertools import takewhile
from typing import Any

from integration.examples.driving.serving import opened, serve


class Project:
    """The definitions, and what happens to them."""

    def __init__(self, definitions: Any, name: str, instance: Any) -> None:
        self.definitions = definitions
        self.name = name
        self.instance = instance
        self.cursor: Any = None
        self.now: datetime | None = None

    def answer(self, steps: list[Any]) -> list[int]:
        """The number of runs of each evaluation."""
        answers = []
        for kind, what, *_ in steps:
            if kind == "update":
                self._update(what)
            else:
                answers.append(self._evaluate(datetime.fromisoformat(what)))
        return answers

    def _update(self, name: str) -> None:
        import dagster as dg

        self.instance.report_runless_asset_event(dg.AssetMaterialization(name))

    def _evaluate(self, at: datetime) -> int:
        import dagster as dg

        result = dg.evaluate_automation_conditions(
            defs=self.definitions, instance=self.instance, cursor=self.cursor, evaluation_time=at
        )
        self.cursor = result.cursor
        requested = len(result.get_requested_partitions(dg.AssetKey(self.name)))
        ticked = sum(self._ticks(schedule, at) for schedule in self.definitions.schedules or ())
        self.now = at
        return requested + ticked

    def _ticks(self, schedule: Any, until: datetime) -> int:
        """The runs that a schedule asks for at its ticks after the evaluation before."""
        import dagster as dg
        from dagster._utils.schedules import schedule_execution_time_iterator

        if self.now is None:
            return 0
        times = schedule_execution_time_iterator(
            self.now.timestamp(), schedule.cron_schedule, schedule.execution_timezone
        )
        due = [time for time in takewhile(lambda time: time <= until, times) if time > self.now]
        contexts = (dg.build_schedule_context(self.instance, scheduled_execution_time=time) for time in due)
        return sum(len(schedule.evaluate_tick(context).run_requests) for context in contexts)


def main() -> None:
    """Answer each line."""
    answers = opened()
    import dagster as dg

    sys.path.insert(0, os.environ["PROJECT"])
    definitions: Any = importlib.import_module(os.environ["MODULE"]).defs()
    with dg.DagsterInstance.ephemeral() as instance:
        serve(answers, Project(definitions, os.environ["ASSET"], instance).answer)


if __name__ == "__main__":
    main()

"""What Airflow itself does with a trigger, step by step: its scheduling code in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from transload.model.identity import AssetId
from transload.model.triggers import Trigger, updated_assets
from transload.triggering import Context, Evaluate, Firing, Step, Update

from .judging import Worker


class AirflowJudge:
    """Airflow's answers. `home` is an empty folder, for its settings and its database."""

    def __init__(self, home: Path) -> None:
        database = f"sqlite:///{home}/judge.db"
        environment = {"AIRFLOW_HOME": str(home), "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database}
        self._worker = Worker("airflow_worker.py", home, environment)

    def firings(
        self, triggers: Sequence[Trigger], steps: Sequence[Step], context: Context
    ) -> list[list[tuple[Firing, ...]]]:
        """For each trigger the runs that Airflow makes at each `Evaluate`; `context.start` is when the DAGs were first parsed."""
        case = _case(triggers, steps, context)
        named = {"/".join(asset): asset for asset in case["assets"]}
        return [[tuple(_firing(run, named) for run in runs) for runs in each] for each in self._worker.ask(case)]

    def close(self) -> None:
        """End the process."""
        self._worker.close()


def _case(triggers: Sequence[Trigger], steps: Sequence[Step], context: Context) -> Any:
    assert context.start is not None
    updated = [step.asset for step in steps if isinstance(step, Update)]
    attached = [asset for assets in context.aliases.values() for asset in assets]
    own = () if context.asset is None else (context.asset,)
    return {
        "triggers": [trigger.model_dump(mode="json") for trigger in triggers],
        "assets": sorted({*updated, *attached, *own, *(asset for each in triggers for asset in updated_assets(each))}),
        "steps": list(map(_step, steps)),
        "start": context.start.isoformat(),
        "zone": context.zone,
        "aliases": dict(context.aliases),
        "writes": context.asset,
    }


def _step(step: Step) -> Any:
    if isinstance(step, Update):
        return ["update", step.asset, step.partition]
    return ["evaluate", step.at.isoformat()] if isinstance(step, Evaluate) else ["finished"]


def _firing(run: Any, named: Mapping[str, AssetId]) -> Firing:
    partition, names = run
    return Firing(partition, frozenset(named[name] for name in names))

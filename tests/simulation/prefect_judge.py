"""What Prefect itself does with a trigger, step by step: its evaluation of triggers in a process of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from transload.model.identity import AssetId, uri_of
from transload.model.triggers import AllOf, AnyOf, AtLeast, Cron, Event, InOrder, Interval, RRule, Trigger, Updated
from transload.triggering import Context, Evaluate, Firing, Step, Update

from .judging import Worker

SUCCEEDED: Final = "prefect.asset.materialization.succeeded"
TIMES: Final = (Cron, Interval, RRule)


class PrefectJudge:
    """Prefect's answers."""

    def __init__(self, home: Path) -> None:
        self._worker = Worker("prefect_worker.py", home, {"PREFECT_HOME": str(home)})

    def firings(
        self, triggers: Sequence[Trigger], steps: Sequence[Step], context: Context
    ) -> list[list[tuple[Firing, ...]]]:
        """For each trigger the runs that Prefect makes up to each `Evaluate`; at `context.start` they were deployed."""
        assert context.start is not None
        case = {
            "deployments": [_deployment(trigger, context) for trigger in triggers],
            "start": context.start.isoformat(),
            "steps": [_step(step) for step in steps if isinstance(step, (Update, Evaluate))],
        }
        return [[(Firing(),) * runs for runs in evaluations] for evaluations in self._worker.ask(case)]

    def close(self) -> None:
        """End the process."""
        self._worker.close()


def key_of(asset: AssetId) -> str:
    """The key under which Prefect knows an asset."""
    return uri_of(asset)


def _step(step: Update | Evaluate) -> Any:
    return (
        ["evaluate", step.at.isoformat()]
        if isinstance(step, Evaluate)
        else ["update", key_of(step.asset), step.partition]
    )


def _deployment(trigger: Trigger, context: Context) -> Any:
    """Alternatives are schedules and automations of one deployment, side by side."""
    apart = isinstance(trigger, AnyOf) and trigger.within is None
    parts = trigger.parts if apart and isinstance(trigger, AnyOf) else (trigger,)
    return {
        "schedules": [_schedule(part, context) for part in parts if isinstance(part, (Cron, Interval, RRule))],
        "triggers": [_automation(part) for part in parts if not isinstance(part, TIMES)],
    }


def _schedule(trigger: Cron | Interval | RRule, context: Context) -> Any:
    zone = {"timezone": trigger.timezone or context.zone}
    if isinstance(trigger, Cron):
        return {"cron": trigger.expression, "day_or": trigger.day_or, **zone}
    if isinstance(trigger, RRule):
        return {"rrule": trigger.rule, **zone}
    anchor = {} if trigger.anchor is None else {"anchor_date": trigger.anchor}
    return {"interval": trigger.seconds, **anchor, **zone}


def _automation(trigger: Trigger) -> Any:
    if isinstance(trigger, Updated):
        return _event({"expect": [SUCCEEDED], "match": {"prefect.resource.id": key_of(trigger.asset)}})
    if isinstance(trigger, Event):
        assert isinstance(trigger.match, dict)
        return _event(trigger.match)
    assert isinstance(trigger, (AllOf, AnyOf, AtLeast, InOrder))
    parts = {"triggers": list(map(_automation, trigger.parts)), "within": trigger.within}
    if isinstance(trigger, InOrder):
        return {"type": "sequence", **parts}
    require = "all" if isinstance(trigger, AllOf) else "any" if isinstance(trigger, AnyOf) else trigger.count
    return {"type": "compound", "require": require, **parts}


def _event(fields: dict[str, Any]) -> Any:
    return {"type": "event", "posture": "Reactive", **fields}

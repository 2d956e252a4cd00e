"""What the ticker's triggers mean: updates are queued as in a mailbox, and a tick counts only if somebody looks just then."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from transload.model.identity import AssetId
from transload.model.triggers import AllOf, AnyOf, Cron, Trigger, Updated
from transload.triggering.semantics import (
    Clockwork,
    Days,
    Gap,
    Groups,
    Keys,
    Missed,
    Overlap,
    Partitioning,
    Phase,
    Semantics,
    Together,
    Updates,
    Waiting,
    Writing,
)
from transload.triggering.simulation import Firings, Machine, unknown
from transload.triggering.steps import Context, Firing, Update
from transload.triggering.ticks import Due

SEMANTICS: Final = Semantics(
    tool="ticker",
    title="Ticker",
    updates=Updates.ONCE,
    groups=Groups.TRUTH,
    ordered=False,
    timed=False,
    together=Together.BOTH,
    partitions=Partitioning(whole=True, parts=True, waiting=Waiting.NOT, counts=False, keys=Keys.PARAMETER),
    clock=Clockwork(
        missed=Missed.NONE,
        merges=True,
        days=Days.EITHER,
        zones=False,
        kinds=False,
        phase=Phase.START,
        gap=Gap.END,
        overlap=Overlap.FIRST,
    ),
    forms={
        **{form: Writing("`on: assets`") for form in ("updated", "all", "any", "nested")},
        **{form: Writing("`on: cron`") for form in ("cron", "changing")},
    },
)


def machine(trigger: Trigger, context: Context) -> Machine:
    """A cron expression, or updates of assets."""
    return _Ticks(trigger, context) if isinstance(trigger, Cron) else _Mailbox(trigger)


class _Ticks:
    def __init__(self, trigger: Trigger, context: Context) -> None:
        self.due = Due(trigger, context, SEMANTICS.clock)

    def update(self, update: Update) -> None:
        """No update matters."""

    def finish(self) -> None:
        """No run matters."""

    def evaluate(self, at: datetime) -> Firings:
        """A run if this is the time."""
        return (Firing(),) if at in self.due.take(at) else ()


class _Mailbox:
    def __init__(self, trigger: Trigger) -> None:
        self.trigger = trigger
        self.mail: set[AssetId] = set()

    def update(self, update: Update) -> None:
        """Put it into the box."""
        self.mail.add(update.asset)

    def finish(self) -> None:
        """No run matters."""

    def evaluate(self, _at: datetime) -> Firings:
        """A run for what is in the box."""
        if not self._is_true(self.trigger):
            return ()
        self.mail.clear()
        return (Firing(),)

    def _is_true(self, trigger: Trigger) -> bool:
        if isinstance(trigger, Updated):
            return trigger.asset in self.mail
        if not isinstance(trigger, (AllOf, AnyOf)):
            raise unknown(trigger, "ticker", "there are only assets in its mailbox")
        return (all if isinstance(trigger, AllOf) else any)(map(self._is_true, trigger.parts))

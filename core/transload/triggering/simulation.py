"""A trigger at work: what a dialect makes of one, and how steps are played to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from transload.errors import TriggerError
from transload.model.triggers import Trigger
from transload.triggering.steps import Evaluate, Firing, Step, Update

Firings = tuple[Firing, ...]


class Machine(Protocol):
    """A trigger of one tool, with what the tool remembers of it."""

    def update(self, update: Update) -> None:
        """An asset was updated."""
        ...

    def finish(self) -> None:
        """The runs requested so far have ended."""
        ...

    def evaluate(self, at: datetime, /) -> Firings:
        """The runs that the tool starts when it looks at the trigger."""
        ...


def play(machine: Machine, steps: Sequence[Step]) -> list[Firings]:
    """The runs of each `Evaluate` among the steps."""
    fired = []
    for step in steps:
        if isinstance(step, Update):
            machine.update(step)
        elif isinstance(step, Evaluate):
            fired.append(machine.evaluate(step.at))
        else:
            machine.finish()
    return fired


class Alternatives:
    """Several triggers, each of which starts its own runs."""

    def __init__(self, machines: Sequence[Machine]) -> None:
        self.machines = machines

    def update(self, update: Update) -> None:
        """Tell each."""
        for machine in self.machines:
            machine.update(update)

    def finish(self) -> None:
        """Tell each."""
        for machine in self.machines:
            machine.finish()

    def evaluate(self, at: datetime) -> Firings:
        """The runs of all."""
        return tuple(firing for machine in self.machines for firing in machine.evaluate(at))


def unknown(trigger: Trigger, tool: str, why: str) -> TriggerError:
    """The error for a trigger that a tool does not have, or whose meaning cannot be computed."""
    return TriggerError(
        f"When {trigger.kind!r} fires in {tool} cannot be computed: {why}.", hint="Compare another form."
    )

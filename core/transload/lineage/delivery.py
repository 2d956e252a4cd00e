"""Serialised events → a sink, with a ledger of what has arrived.

A refusal of one event (HTTP 400, say) is noted and the others go on; anything that says that nothing gets through now (no answer,
5xx, 429, a wrong address) ends the emission, to be resumed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from transload.lineage.ledger import Ledger
from transload.lineage.sinks import RefusedError, Sink, StoppedError


@dataclass
class Outcome:
    """How many events had arrived in the end, which were refused and why, and what stopped it; `total` is all that there are."""

    total: int
    accepted: int
    sent: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    stopped: StoppedError | None = None

    def arrived(self, index: int, ledger: Ledger | None) -> None:
        """Count an event, and note it."""
        if ledger:
            ledger.accept(index)
        self.accepted += 1
        self.sent += 1

    @property
    def complete(self) -> bool:
        """Whether every event has arrived."""
        return self.accepted == self.total


def deliver(lines: Sequence[bytes], sink: Sink, ledger: Ledger | None, advance: Callable[[], object]) -> Outcome:
    """Send what the ledger does not note as accepted, in order; `advance` is called after each.

    Raises `TransloadError` if the sink cannot be made ready.
    """
    pending = [index for index in range(len(lines)) if ledger is None or index not in ledger.accepted]
    outcome = Outcome(total=len(lines), accepted=len(lines) - len(pending))
    sink.start(outcome.accepted)
    try:
        for index in pending:
            if refusal := _refusal(sink, index, lines[index]):
                outcome.refused.append(refusal)
            else:
                outcome.arrived(index, ledger)
            advance()
    except StoppedError as error:
        outcome.stopped = error
    finally:
        sink.close()
    return outcome


def _refusal(sink: Sink, index: int, line: bytes) -> tuple[str, str] | None:
    event = json.loads(line)
    try:
        sink.send(index, event)
    except RefusedError as error:
        return subject_of(event), error.message
    return None


def subject_of(event: dict[str, dict[str, str]]) -> str:
    """What an event is about, for people."""
    kind = "job" if "job" in event else "dataset"
    return f"{kind} {event[kind]['namespace']} {event[kind]['name']}"

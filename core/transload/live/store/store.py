"""What a store does, whatever database it lies in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import NamedTuple, Protocol

from pydantic import JsonValue

from transload.live.events import AssetEvent


class DeliveryState(IntEnum):
    """How far a delivery is; from DONE on nothing more happens to it."""

    WAITING = 0
    TAKEN = 1
    DONE = 2
    DEAD = 3
    DROPPED = 4


class Delivery(NamedTuple):
    """Something to be sent.

    `effect` is its identity: a second one with the same changes nothing. Deliveries of one `lane` of a target go out one after the
    other, in the order in which they were appended. `payload` is sent as it stands; `event` is the asset event behind it.
    """

    effect: str
    target: str
    lane: str
    payload: JsonValue
    route: str = ""
    event: str | None = None


class StoredDelivery(NamedTuple):
    """A delivery and what became of it so far; `done_at` in seconds since 1970 by the store's clock."""

    delivery: Delivery
    state: DeliveryState
    attempts: int
    error: str | None
    outcome: JsonValue
    done_at: float | None


class Claim(NamedTuple):
    """A delivery taken to be sent until the lease ends, and the fence that settling it must still hold."""

    delivery: Delivery
    attempt: int
    fence: int


class Outcome(NamedTuple):
    """The end of an attempt: DONE with the target's answer, DEAD or DROPPED with the reason, or WAITING for one in `wait` seconds."""

    state: DeliveryState
    answer: JsonValue = None
    error: str | None = None
    wait: float = 0.0


class SourceLease(NamedTuple):
    """The right to read a source for a while, and where to go on."""

    source: str
    fence: int
    cursor: JsonValue


class Appended(NamedTuple):
    """How many events and deliveries were new."""

    events: int
    deliveries: int


class Store(Protocol):
    """Events, deliveries and where each source was read up to.

    Every method is one transaction, durable when it returns. Times are seconds since 1970 by the store's own clock. All raise `StoreError`
    for a database that refuses or cannot be reached.
    """

    def lease_source(self, source: str, holder: str, seconds: float) -> SourceLease | None:
        """Take or prolong the right to read a source; None while another holder has it."""
        ...

    def append(
        self, lease: SourceLease, cursor: JsonValue, events: Sequence[AssetEvent], deliveries: Sequence[Delivery] = ()
    ) -> Appended:
        """Keep events, what they cause, and the cursor after them, all or nothing; what is known already is left as it is.

        Raises `LeaseLostError` where another holder has taken the source over.
        """
        ...

    def claim(self, target: str, holder: str, number: int, seconds: float) -> list[Claim]:
        """Take up to `number` deliveries that are due, the first of as many lanes, until a lease of `seconds` ends."""
        ...

    def settle(self, claim: Claim, outcome: Outcome) -> bool:
        """Put down what came of a claim; False where its lease had ended and somebody else took it since."""
        ...

    def hold(self, target: str, *, paused: bool | None = None, seconds: float = 0.0, reason: str | None = None) -> None:
        """Send nothing to a target: while it is paused, and for so many seconds from now."""
        ...

    def due_in(self, target: str) -> float | None:
        """Seconds until a delivery to the target is due; 0 where one is, None where there is none."""
        ...

    def events(self, *, after: int = 0, asset: str | None = None, limit: int = 1000) -> list[tuple[int, AssetEvent]]:
        """Events in the order in which they arrived, each with its number there."""
        ...

    def deliveries(
        self, *, target: str | None = None, state: DeliveryState | None = None, limit: int = 1000
    ) -> list[StoredDelivery]:
        """Deliveries in the order in which they were appended."""
        ...

    def revive(self, effects: Iterable[str]) -> int:
        """Make dead deliveries wait again, at the end of their lane; how many there were."""
        ...

    def counts(self) -> dict[tuple[str, DeliveryState], int]:
        """How many deliveries each target has in each state."""
        ...

    def prune(self, before: float) -> int:
        """Forget finished deliveries older than a time, and events that none is left of; how many rows went."""
        ...

    def now(self) -> float:
        """The store's clock."""
        ...

    def close(self) -> None:
        """End the connections."""
        ...

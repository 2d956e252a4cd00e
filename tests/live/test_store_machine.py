"""Whatever happens in whatever order, the store does what a plain list of deliveries would do: law L7 for the store."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, precondition, rule

from transload.live.store import Claim, Delivery, DeliveryState, Outcome, Store
from transload.live.store.sqlite import SqliteStore

LEASE = 10.0
LANES = st.sampled_from(["a", "b"])


class StoreMachine(RuleBasedStateMachine):
    """Appends, claims, settles, waits, restarts; the model is a list of effects for each lane."""

    claims: Bundle[Claim] = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="store-machine-")
        self.path = Path(self.folder.name, "store.db")
        self.clock = 1_000_000.0
        self.waiting: dict[str, list[str]] = {}
        self.ready: dict[str, float] = {}
        self.fences: dict[str, Claim] = {}
        self.ended: dict[str, DeliveryState] = {}
        self.number = 0
        self.paused = False

    @initialize()
    def opens(self) -> None:
        self.store: Store = SqliteStore(self.path, lambda: self.clock)

    @rule(lane=LANES, again=st.booleans())
    def appends(self, lane: str, again: bool) -> None:
        lease = self.store.lease_source("source", "me", LEASE)
        assert lease is not None
        self.number += 1
        delivery = Delivery(f"effect{self.number}", "sink", lane, self.number)
        assert self.store.append(lease, self.number, [], [delivery]).deliveries == 1
        if again:
            assert self.store.append(lease, self.number, [], [delivery]).deliveries == 0
        if not self.waiting.setdefault(lane, []):
            self.ready.setdefault(lane, self.clock)
        self.waiting[lane].append(delivery.effect)

    @rule(target=claims, number=st.integers(1, 3))
    def claims_one(self, number: int) -> Any:
        due = [lane for lane, effects in self.waiting.items() if effects and self.ready[lane] <= self.clock]
        taken = self.store.claim("sink", "me", number, LEASE)
        assert len(taken) == (0 if self.paused else min(number, len(due)))
        for claim in taken:
            lane = claim.delivery.lane
            assert lane in due
            assert claim.delivery.effect == self.waiting[lane][0]
            self.ready[lane] = self.clock + LEASE
            self.fences[lane] = claim
        return taken[0] if taken else None

    @rule(claim=consumes(claims), state=st.sampled_from(DeliveryState), wait=st.sampled_from([0.0, 5.0, 30.0]))
    def settles(self, claim: Claim | None, state: DeliveryState, wait: float) -> None:
        if claim is None or state is DeliveryState.TAKEN:
            return
        lane = claim.delivery.lane
        holds = self.fences.get(lane) is claim
        assert self.store.settle(claim, Outcome(state, wait=wait)) is holds
        if not holds:
            return
        del self.fences[lane]
        if state is DeliveryState.WAITING:
            self.ready[lane] = self.clock + wait
            return
        self.ended[self.waiting[lane].pop(0)] = state
        if self.waiting[lane]:
            self.ready[lane] = self.clock
        else:
            del self.ready[lane]

    @rule(seconds=st.sampled_from([0.1, 11.0, 60.0]))
    def passes_time(self, seconds: float) -> None:
        self.clock += seconds

    @rule()
    def restarts(self) -> None:
        self.store.close()
        self.store = SqliteStore(self.path, lambda: self.clock)

    @rule(paused=st.booleans())
    def pauses(self, paused: bool) -> None:
        self.store.hold("sink", paused=paused)
        self.paused = paused

    @precondition(lambda self: not self.paused)
    @invariant()
    def is_due_when_the_first_lane_is(self) -> None:
        if hasattr(self, "store"):
            first = min((self.ready[lane] for lane, effects in self.waiting.items() if effects), default=None)
            due = self.store.due_in("sink")
            assert due == (None if first is None else max(0.0, first - self.clock))

    @invariant()
    def loses_nothing(self) -> None:
        if hasattr(self, "store"):
            stored = {each.delivery.effect: each.state for each in self.store.deliveries()}
            open_ones = {effect for effects in self.waiting.values() for effect in effects}
            assert {effect for effect, state in stored.items() if state < DeliveryState.DONE} == open_ones
            assert {effect: state for effect, state in stored.items() if state >= DeliveryState.DONE} == self.ended

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
        self.folder.cleanup()


TestStore = StoreMachine.TestCase
TestStore.settings = settings(max_examples=60, stateful_step_count=50, deadline=None, derandomize=True, database=None)

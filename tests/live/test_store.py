"""The store: nothing is lost, nothing comes twice, lanes keep their order; on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final

import pytest

from transload.errors import LeaseLostError, StoreError
from transload.live.events import AssetEvent
from transload.live.store import Claim, Delivery, DeliveryState, Outcome, Store, open_store
from transload.live.store.schema import MIGRATIONS
from transload.model.identity import identify

START: Final = datetime(2026, 1, 1, tzinfo=timezone.utc)
DONE: Final = Outcome(DeliveryState.DONE, {"status": 200})


def event(number: int) -> AssetEvent:
    at = START + timedelta(seconds=number)
    return AssetEvent(
        tool="airflow", instance="prod", native=str(number), kind="materialised", asset=identify("s3://b/a"), at=at
    )


def delivery(number: int, lane: str = "a", target: str = "sink") -> Delivery:
    return Delivery(f"effect{number}", target, lane, {"number": number}, event=event(number).id)


def append(store: Store, *deliveries: Delivery, cursor: int = 0) -> None:
    lease = store.lease_source("airflow", "me", 60)
    assert lease is not None
    store.append(lease, cursor, [event(int(each.effect.removeprefix("effect"))) for each in deliveries], deliveries)


def taken(store: Store, number: int = 10, seconds: float = 60, holder: str = "me") -> list[str]:
    return [claim.delivery.effect for claim in store.claim("sink", holder, number, seconds)]


def one(store: Store, seconds: float = 60) -> Claim:
    (claim,) = store.claim("sink", "me", 1, seconds)
    return claim


def test_events_and_cursor_are_kept_together_and_known_events_once(opened: Callable[[], Store]) -> None:
    lease = opened().lease_source("airflow", "me", 60)
    assert lease is not None
    assert lease.cursor is None
    assert opened().append(lease, {"at": 1}, [event(1), event(2)]) == (2, 0)
    assert opened().append(lease, {"at": 2}, [event(2), event(3)]) == (1, 0)

    again = opened().lease_source("airflow", "me", 60)
    assert again is not None
    assert again.cursor == {"at": 2}
    assert [kept.native for _, kept in opened().events()] == ["1", "2", "3"]
    assert opened().events()[0][1] == event(1)


def test_a_source_has_one_reader_and_an_earlier_one_is_refused(opened: Callable[[], Store]) -> None:
    first, second = opened(), opened()
    lease = first.lease_source("airflow", "one", 0.0)
    assert lease is not None
    successor = second.lease_source("airflow", "two", 60)
    assert successor is not None
    assert first.lease_source("airflow", "one", 60) is None
    second.append(successor, 1, [event(1)])
    with pytest.raises(LeaseLostError):
        first.append(lease, 0, [event(2)])
    assert [kept.native for _, kept in first.events()] == ["1"]


def test_a_lane_goes_one_by_one_and_lanes_beside_each_other(store: Store) -> None:
    append(store, delivery(1, "a"), delivery(2, "a"), delivery(3, "b"))
    first, other = store.claim("sink", "me", 10, 60)
    assert [first.delivery.effect, other.delivery.effect] == ["effect1", "effect3"]
    assert taken(store) == []
    assert store.settle(first, DONE)
    assert taken(store) == ["effect2"]


def test_what_waits_holds_back_its_lane_only(store: Store) -> None:
    append(store, delivery(1, "a"), delivery(2, "a"), delivery(3, "b"))
    first = one(store)
    assert store.settle(first, Outcome(DeliveryState.WAITING, error="503", wait=3600))
    assert taken(store) == ["effect3"]
    due = store.due_in("sink")
    assert due is not None
    assert 0 < due <= 3600


def test_a_lease_that_ends_is_due_again_and_the_first_holder_settles_nothing(store: Store) -> None:
    append(store, delivery(1))
    late, again = one(store, 0.0), one(store)
    assert (late.attempt, again.attempt) == (1, 2)
    assert not store.settle(late, DONE)
    assert store.settle(again, DONE)
    assert not store.settle(again, DONE)
    assert store.counts() == {("sink", DeliveryState.DONE): 1}


def test_the_same_effect_is_delivered_once(store: Store) -> None:
    append(store, delivery(1))
    assert store.settle(one(store), DONE)
    append(store, delivery(1))
    assert taken(store) == []
    assert store.due_in("sink") is None


def test_a_target_is_held_while_paused_and_until_a_time(store: Store) -> None:
    append(store, delivery(1))
    store.hold("sink", paused=True, reason="maintenance")
    assert taken(store) == []
    store.hold("sink", paused=False)
    store.hold("sink", seconds=3600, reason="Retry-After")
    assert taken(store) == []
    assert store.due_in("sink") is not None


def test_the_dead_do_not_hold_back_and_can_be_revived(store: Store) -> None:
    append(store, delivery(1), delivery(2))
    store.settle(one(store), Outcome(DeliveryState.DEAD, error="422"))
    store.settle(one(store), DONE)
    (dead,) = store.deliveries(state=DeliveryState.DEAD)
    assert (dead.delivery, dead.error, dead.attempts) == (delivery(1), "422", 1)
    assert store.revive(["effect1", "effect2", "nothing"]) == 1
    assert taken(store) == ["effect1"]


def test_pruning_forgets_what_is_finished_only(store: Store) -> None:
    append(store, delivery(1), delivery(2, "b"))
    (first, _) = store.claim("sink", "me", 2, 60)
    store.settle(first, DONE)
    assert store.prune(store.now() - 3600) == 0
    store.prune(store.now() + 3600)
    assert [each.delivery.effect for each in store.deliveries()] == ["effect2"]
    assert [kept.native for _, kept in store.events()] == ["2"]


def test_a_newer_store_is_refused(where: str, store: Store) -> None:
    raise_version(where, len(MIGRATIONS) + 1)
    with pytest.raises(StoreError, match="this transload knows"):
        open_store(where)
    raise_version(where, len(MIGRATIONS))
    assert store.events() == []


def raise_version(where: str, number: int) -> None:
    if where.startswith("postgresql"):
        import psycopg

        with psycopg.connect(where) as connection:
            connection.execute("update schema_version set number = %s", (number,))
    else:
        # A connection as a context ends the transaction only.
        with closing(sqlite3.connect(where)) as file, file:
            file.execute("update schema_version set number = ?", (number,))


def test_what_is_no_store_is_an_error_that_says_so(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no database " * 100, encoding="utf-8")
    with pytest.raises(StoreError, match="refuses"):
        open_store(path)
    assert path.read_text(encoding="utf-8").startswith("no database")


KILLED: Final = """
import os, signal, sys
from tests.live.test_store import append, delivery, one
from transload.live.store import open_store
store = open_store(sys.argv[1])
append(store, *(delivery(number) for number in range(5)), cursor=5)
one(store, 0.0)
if sys.argv[2] == "inside":
    with store.writing() as cursor:
        store.run(cursor, "delete from delivery")
        os.kill(os.getpid(), signal.SIGKILL)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("moment", ["after", "inside"])
def test_kill_9_loses_nothing_that_was_appended(where: str, moment: str) -> None:
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), *filter(None, sys.path)])}
    done = subprocess.run([sys.executable, "-c", KILLED, where, moment], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    store = open_store(where)
    try:
        effects = []
        while claims := store.claim("sink", "me", 5, 60):
            effects += [claim.delivery.effect for claim in claims]
            assert all(store.settle(claim, DONE) for claim in claims)
        assert effects == [f"effect{number}" for number in range(5)]
    finally:
        store.close()

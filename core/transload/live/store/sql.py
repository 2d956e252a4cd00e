"""The store as SQL text, the same for both databases but for the words that a `Dialect` gives.

Texts are fixed and run on the driver itself: statements that a library builds for each call reach a quarter of its rate.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any, Final, NamedTuple

from pydantic import JsonValue

from transload.errors import LeaseLostError, StoreError
from transload.live.events import AssetEvent
from transload.live.store.schema import MIGRATIONS
from transload.live.store.store import (
    Appended,
    Claim,
    Delivery,
    DeliveryState,
    Outcome,
    SourceLease,
    StoredDelivery,
)
from transload.model.identity import uri_of


class Dialect(NamedTuple):
    """What the databases say differently: the clock, an ascending number, locks on rows, and how a parameter is marked."""

    clock: str
    serial: str
    lock: str
    skip_locked: str
    parameter: str


_DELIVERY: Final = "effect, target, lane, payload, route, event"
_STORED: Final = f"{_DELIVERY}, state, attempts, error, outcome, done_at"


class SqlStore(ABC):
    """A store on a database that speaks SQL. One connection, used by one thread at a time."""

    dialect: Dialect

    def __init__(self) -> None:
        self._lock = RLock()
        self._texts: dict[str, str] = {}

    @abstractmethod
    def transaction(self) -> Any:
        """A context manager: commits at its end, rolls back on any error; the connection's cursor is its value."""

    @abstractmethod
    def close(self) -> None:
        """End the connection."""

    def run(self, cursor: Any, text: str, *parameters: Any) -> Any:
        """Run a statement in the words of this database."""
        own = self._texts.get(text)
        if own is None:
            words = self.dialect
            own = text.replace("{clock}", words.clock).replace("{lock}", words.lock)
            own = own.replace("{skip_locked}", words.skip_locked).replace("?", words.parameter)
            self._texts[text] = own
        cursor.execute(own, parameters)
        return cursor

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """A transaction that no other thread of this process is in."""
        with self._lock, self.transaction() as cursor:
            yield cursor

    def migrate(self) -> None:
        """Bring the tables up to date. Raises `StoreError` for a store that a newer transload has written."""
        with self.writing() as cursor:
            self.alone(cursor)
            self.run(cursor, "create table if not exists schema_version (number integer not null)")
            row = self.run(cursor, "select max(number) from schema_version").fetchone()
            number = row[0] or 0
            if number > len(MIGRATIONS):
                raise StoreError(
                    f"The store is of version {number}; this transload knows {len(MIGRATIONS)}.",
                    hint="Update transload, or give another store.",
                )
            for version, statements in enumerate(MIGRATIONS[number:], number + 1):
                for statement in statements:
                    self.run(cursor, statement.replace("{serial}", self.dialect.serial).replace("{json}", "text"))
                self.run(cursor, "insert into schema_version (number) values (?)", version)

    @abstractmethod
    def alone(self, cursor: Any) -> None:
        """Keep other processes from migrating until the transaction ends."""

    def now(self) -> float:
        """The store's clock, in seconds since 1970."""
        with self.writing() as cursor:
            return float(self.run(cursor, "select {clock}").fetchone()[0])

    def lease_source(self, source: str, holder: str, seconds: float) -> SourceLease | None:
        """Take or prolong the right to read a source; None while another holder has it."""
        with self.writing() as cursor:
            self.run(cursor, "insert into source (name) values (?) on conflict do nothing", source)
            row = self.run(
                cursor, "select holder, lease - {clock}, fence, cursor from source where name = ? {lock}", source
            ).fetchone()
            owner, left, fence, position = row
            if owner != holder and left > 0:
                return None
            # The fence goes up only with the holder: what an earlier one still sends is refused.
            fence += owner != holder
            self.run(
                cursor,
                "update source set holder = ?, lease = {clock} + ?, fence = ? where name = ?",
                *(holder, seconds, fence, source),
            )
            return SourceLease(source, fence, _json(position))

    def append(
        self, lease: SourceLease, cursor: JsonValue, events: Sequence[AssetEvent], deliveries: Sequence[Delivery] = ()
    ) -> Appended:
        """Keep events, what they cause, and the cursor after them, all or nothing; what is known already is left as it is."""
        with self.writing() as db:
            row = self.run(db, "select fence from source where name = ? {lock}", lease.source).fetchone()
            if row is None or row[0] != lease.fence:
                raise LeaseLostError("Another process reads this source now.", where=lease.source)
            new_events = sum(self._append_event(db, lease.source, event) for event in events)
            # One order of locks for all writers: two that append to the same lanes otherwise wait for each other for ever.
            ordered = sorted(enumerate(deliveries), key=lambda item: (item[1].target, item[1].lane, item[0]))
            new_deliveries = sum(self._append_delivery(db, delivery) for _, delivery in ordered)
            self.run(db, "update source set cursor = ?, read_at = {clock} where name = ?", _text(cursor), lease.source)
            return Appended(new_events, new_deliveries)

    def _append_event(self, db: Any, source: str, event: AssetEvent) -> int:
        body = event.model_dump_json(exclude_defaults=True)
        values = (
            event.id,
            source,
            event.native,
            uri_of(event.asset),
            event.kind,
            event.cause,
            event.at.timestamp(),
            body,
        )
        self.run(
            db,
            "insert into event (id, source, native, asset, kind, cause, at, body) values (?, ?, ?, ?, ?, ?, ?, ?)"
            " on conflict (id) do nothing",
            *values,
        )
        return int(db.rowcount)

    def _append_delivery(self, db: Any, delivery: Delivery) -> int:
        self.run(
            db,
            f"insert into delivery ({_DELIVERY}) values (?, ?, ?, ?, ?, ?) on conflict (effect) do nothing",
            *(delivery.effect, delivery.target, delivery.lane, _text(delivery.payload), delivery.route, delivery.event),
        )
        if not db.rowcount:
            return 0
        self.run(
            db,
            "insert into lane (target, name, ready, open) values (?, ?, {clock}, 1) on conflict (target, name)"
            # A lane that waits (a lease, a back-off) goes on waiting.
            " do update set open = lane.open + 1, ready = coalesce(lane.ready, excluded.ready)",
            *(delivery.target, delivery.lane),
        )
        return 1

    def claim(self, target: str, holder: str, number: int, seconds: float) -> list[Claim]:
        """Take up to `number` deliveries that are due, the first of as many lanes, until a lease of `seconds` ends."""
        with self.writing() as db:
            held = "select 1 from target where name = ? and (paused = 1 or not_before > {clock})"
            if self.run(db, held, target).fetchone():
                return []
            due = "select name from lane where target = ? and ready <= {clock} order by ready limit ? {skip_locked}"
            lanes = sorted(row[0] for row in self.run(db, due, target, number).fetchall())
            return [claim for lane in lanes for claim in self._claimed(db, target, lane, (holder, seconds))]

    def _claimed(self, db: Any, target: str, lane: str, lease: tuple[str, float]) -> Iterator[Claim]:
        row = self.run(
            db,
            f"select {_DELIVERY}, attempts from delivery where target = ? and lane = ? and state < 2"
            " order by position limit 1",
            *(target, lane),
        ).fetchone()
        if row is None:
            self.run(db, "update lane set ready = null, open = 0 where target = ? and name = ?", target, lane)
            return
        delivery, attempts = _delivery(row), row[6] + 1
        self.run(
            db,
            "update lane set ready = {clock} + ?, fence = fence + 1, holder = ? where target = ? and name = ?",
            *(lease[1], lease[0], target, lane),
        )
        fence = self.run(db, "select fence from lane where target = ? and name = ?", target, lane).fetchone()[0]
        self.run(db, "update delivery set state = 1, attempts = ? where effect = ?", attempts, delivery.effect)
        yield Claim(delivery, attempts, fence)

    def settle(self, claim: Claim, outcome: Outcome) -> bool:
        """Put down what came of a claim; False where its lease had ended and somebody else took it since."""
        delivery = claim.delivery
        lane = (delivery.target, delivery.lane)
        with self.writing() as db:
            row = self.run(db, "select fence, open from lane where target = ? and name = ? {lock}", *lane).fetchone()
            if row is None or row[0] != claim.fence:
                return False
            is_done = outcome.state >= DeliveryState.DONE
            self.run(
                db,
                "update delivery set state = ?, error = ?, outcome = ?, done_at = case when ? = 1 then {clock} end"
                " where effect = ?",
                *(int(outcome.state), outcome.error, _text(outcome.answer), int(is_done), delivery.effect),
            )
            self.run(
                db,
                "insert into attempt (effect, number, at, status, error) values (?, ?, {clock}, ?, ?) on conflict do nothing",
                *(delivery.effect, claim.attempt, outcome.state.name.lower(), outcome.error),
            )
            left = row[1] - is_done
            # The fence goes up here, too: a claim is settled once.
            self.run(
                db,
                "update lane set open = ?, fence = fence + 1, holder = null,"
                " ready = case when ? > 0 then {clock} + ? end where target = ? and name = ?",
                *(left, left, 0.0 if is_done else outcome.wait, *lane),
            )
            return True

    def hold(self, target: str, *, paused: bool | None = None, seconds: float = 0.0, reason: str | None = None) -> None:
        """Send nothing to a target: while it is paused, and for so many seconds from now."""
        with self.writing() as db:
            self.run(db, "insert into target (name) values (?) on conflict do nothing", target)
            if paused is not None:
                self.run(db, "update target set paused = ?, reason = ? where name = ?", int(paused), reason, target)
            if seconds:
                self.run(
                    db,
                    "update target set not_before = {clock} + ?, reason = ? where name = ? and not_before < {clock} + ?",
                    *(seconds, reason, target, seconds),
                )

    def due_in(self, target: str) -> float | None:
        """Seconds until a delivery to the target is due; 0 where one is, None where there is none, or it is paused."""
        with self.writing() as db:
            first = self.run(db, "select min(ready) - {clock} from lane where target = ?", target).fetchone()[0]
            row = self.run(db, "select paused, not_before - {clock} from target where name = ?", target).fetchone()
            if first is None or (row is not None and row[0]):
                return None
            return max(0.0, float(first), float(row[1]) if row is not None else 0.0)

    def events(self, *, after: int = 0, asset: str | None = None, limit: int = 1000) -> list[tuple[int, AssetEvent]]:
        """Events in the order in which they arrived, each with its number there."""
        of_asset = "" if asset is None else "and asset = ? "
        text = f"select number, body from event where number > ? {of_asset}order by number limit ?"
        values = (after, limit) if asset is None else (after, asset, limit)
        with self.writing() as db:
            rows = self.run(db, text, *values).fetchall()
        return [(row[0], AssetEvent.model_validate_json(row[1])) for row in rows]

    def deliveries(
        self, *, target: str | None = None, state: DeliveryState | None = None, limit: int = 1000
    ) -> list[StoredDelivery]:
        """Deliveries in the order in which they were appended."""
        wanted = {"target": target, "state": None if state is None else int(state)}
        tests = [f"{name} = ?" for name, value in wanted.items() if value is not None]
        where = f" where {' and '.join(tests)}" if tests else ""
        values = [value for value in wanted.values() if value is not None]
        with self.writing() as db:
            text = f"select {_STORED} from delivery{where} order by position limit ?"
            return [_stored(row) for row in self.run(db, text, *values, limit).fetchall()]

    def revive(self, effects: Iterable[str]) -> int:
        """Make dead deliveries wait again; how many there were."""
        number = 0
        with self.writing() as db:
            for effect in sorted(effects):
                dead = int(DeliveryState.DEAD)
                row = self.run(
                    db, "select target, lane from delivery where effect = ? and state = ? {lock}", effect, dead
                ).fetchone()
                if row is None:
                    continue
                self.run(db, "update delivery set state = 0, done_at = null where effect = ?", effect)
                self.run(
                    db,
                    "update lane set open = open + 1, ready = coalesce(ready, {clock}) where target = ? and name = ?",
                    *row,
                )
                number += 1
        return number

    def counts(self) -> dict[tuple[str, DeliveryState], int]:
        """How many deliveries each target has in each state."""
        with self.writing() as db:
            rows = self.run(db, "select target, state, count(*) from delivery group by target, state").fetchall()
        return {(target, DeliveryState(state)): number for target, state, number in rows}

    def prune(self, before: float) -> int:
        """Forget finished deliveries older than a time, and events that none is left of; how many rows went."""
        with self.writing() as db:
            number = 0
            for text in (
                "delete from attempt where effect in (select effect from delivery where state >= 2 and done_at < ?)",
                "delete from delivery where state >= 2 and done_at < ?",
                "delete from event where at < ? and not exists (select 1 from delivery where delivery.event = event.id)",
            ):
                number += self.run(db, text, before).rowcount
            self.run(db, "delete from lane where open = 0 and ready is null")
            return number


def _text(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _json(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _delivery(row: Sequence[Any]) -> Delivery:
    effect, target, lane, payload, route, event = row[:6]
    return Delivery(effect, target, lane, _json(payload), route, event)


def _stored(row: Sequence[Any]) -> StoredDelivery:
    state, attempts, error, outcome, done_at = row[6:11]
    return StoredDelivery(_delivery(row), DeliveryState(state), attempts, error, _json(outcome), done_at)

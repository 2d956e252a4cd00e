"""The store in a file: SQLite, durable at each commit."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from transload.errors import StoreError
from transload.live.store.sql import Dialect, SqlStore

_BUSY: Final = 30.0
"""Seconds to wait for another process that writes."""


class SqliteStore(SqlStore):
    """A store in a file. Several processes may share it on one machine; they write one after the other.

    `clock` tells the time in seconds since 1970.
    """

    dialect = Dialect(
        clock="clock()", serial="integer primary key autoincrement", lock="", skip_locked="", parameter="?"
    )

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._path = path
        try:
            self._connection = sqlite3.connect(path, timeout=_BUSY, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise self._refused(error) from error
        try:
            self._connection.create_function("clock", 0, clock)
            # WAL keeps readers out of the writer's way; FULL syncs each commit, without which a power cut loses the last ones.
            self._connection.execute("pragma journal_mode = wal")
            self._connection.execute("pragma synchronous = full")
            self.migrate()
        except sqlite3.Error as error:
            self.close()
            raise self._refused(error) from error
        except BaseException:
            self.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """A transaction that no other process writes beside."""
        cursor = self._connection.cursor()
        try:
            # One that only began to read would fail at its first write, where another process has written in between.
            cursor.execute("begin immediate")
            try:
                yield cursor
            except BaseException:
                cursor.execute("rollback")
                raise
            cursor.execute("commit")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.rollback()
            raise self._refused(error) from error
        finally:
            cursor.close()

    def alone(self, cursor: Any) -> None:
        """Nothing to do: a transaction is alone."""

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _refused(self, error: sqlite3.Error) -> StoreError:
        hint = "Check that the file is a store of transload, that its folder can be written, and that the disk is not full."
        return StoreError(f"The store refuses: {error}.", where=str(self._path), hint=hint)

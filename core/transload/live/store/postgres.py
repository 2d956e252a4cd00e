"""The store in PostgreSQL 15 or later, for several processes or machines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from transload.errors import SettingsError, StoreError
from transload.live.store.sql import Dialect, SqlStore
from transload.model.scrubbing import scrub

_MIGRATING: Final = 7_265_101
"""The key of the lock that migrations take: any number that nobody else uses in this database."""


class PostgresStore(SqlStore):
    """A store in a database. Workers take different lanes at the same time; the database's clock counts."""

    dialect = Dialect(
        clock="extract(epoch from clock_timestamp())::float8",
        serial="bigint generated always as identity primary key",
        lock="for update",
        skip_locked="for update skip locked",
        parameter="%s",
    )

    def __init__(self, url: str) -> None:
        super().__init__()
        try:
            import psycopg
        except ImportError as error:
            raise SettingsError(
                "A store in PostgreSQL needs psycopg.", hint="pip install 'transload[postgres]'"
            ) from error
        self._errors = psycopg.Error
        self._connect: Callable[[], Any] = lambda: psycopg.connect(url)
        self._where = scrub(url)
        self._connection: Any = None
        try:
            self.migrate()
        except BaseException:
            self.close()
            raise

    def alone(self, cursor: Any) -> None:
        """Two workers that start at once would otherwise both make the tables."""
        cursor.execute("select pg_advisory_xact_lock(%s)", (_MIGRATING,))

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """A transaction; a connection that broke is made anew for the next one."""
        try:
            if self._connection is None or self._connection.closed:
                self._connection = self._connect()
            with self._connection.transaction(), self._connection.cursor() as cursor:
                yield cursor
        except self._errors as error:
            message = " ".join(str(error).split())
            hint = "Check that the server runs and that the user may make tables there."
            raise StoreError(f"The store refuses: {message}.", where=self._where, hint=hint) from error

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()

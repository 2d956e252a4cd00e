"""What the live part remembers: asset events, where each source was read up to, and what is still to be delivered.

One schema on SQLite (the default: a file) and PostgreSQL (where several processes or machines share it), behind one `Store`.
"""

from __future__ import annotations

from pathlib import Path

from transload.errors import SettingsError
from transload.live.store.store import (
    Appended,
    Claim,
    Delivery,
    DeliveryState,
    Outcome,
    SourceLease,
    Store,
    StoredDelivery,
)

__all__ = [
    "Appended",
    "Claim",
    "Delivery",
    "DeliveryState",
    "Outcome",
    "SourceLease",
    "Store",
    "StoredDelivery",
    "open_store",
]


def open_store(where: str | Path) -> Store:
    """The store at a path (SQLite) or a `postgresql://` URL, with its schema brought up to date.

    Raises `SettingsError` for a URL of another kind or a missing driver, `StoreError` for a store that cannot be opened or is newer.
    """
    text = str(where)
    if text.startswith(("postgresql://", "postgres://")):
        from transload.live.store.postgres import PostgresStore

        return PostgresStore(text)
    if "://" in text:
        raise SettingsError(
            f"There is no store for {text.partition('://')[0]}://.", hint="Give a file, or postgresql://…"
        )
    from transload.live.store.sqlite import SqliteStore

    return SqliteStore(Path(text))

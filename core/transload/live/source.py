"""What a live source is: an adapter's `live.py` reads a running instance of its tool over the network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Protocol

from pydantic import JsonValue

from transload.adapter import Reading
from transload.live.events import AssetEvent

DEFAULT_TIMEOUT: Final = 30.0
"""Seconds until a request to a tool is given up."""

DEFAULT_OVERLAP: Final = timedelta(minutes=2)
"""How far back each poll reads once more: events are committed later than they are dated, and clocks differ."""


@dataclass(frozen=True)
class Instance:
    """A running instance of a tool, as `[[instance]]` of `transload.toml` describes it.

    `auth` holds what logs in there, already taken from the environment or a file: "token", or "username" and "password". It is never
    printed.
    """

    tool: str
    name: str
    url: str
    auth: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = DEFAULT_TIMEOUT
    overlap: timedelta = DEFAULT_OVERLAP


class Page(NamedTuple):
    """Some events in the order of their time, and the cursor from which reading goes on after them.

    `caught_up`: there was nothing more when the page was read. A cursor is JSON that only the source itself understands.
    """

    events: tuple[AssetEvent, ...]
    cursor: JsonValue
    caught_up: bool


class Health(NamedTuple):
    """What is known of an instance without changing it.

    `skew` is its clock less ours in seconds; `notes` are sentences on what a user should know: a database that takes one writer at a
    time, paused DAGs,
    a daemon that does not run.
    """

    version: str
    skew: float
    authenticated: bool
    notes: tuple[str, ...] = ()


class Live(Protocol):
    """A connection to one instance. All methods raise `LiveError` for what the instance refuses or does not answer."""

    def health(self) -> Health:
        """Reachability, version, login, clock and what is paused."""
        ...

    def definitions(self) -> Reading:
        """What the instance's API shows of its definitions; what it hides is in the losses."""
        ...

    def events(self, cursor: JsonValue = None, *, since: datetime | None = None, limit: int = 500) -> Iterator[Page]:
        """Pages of asset events from a cursor on (None: from `since` on, else from the first that is kept), until caught up.

        Each event comes at least once: the overlap with what was read before is read again, and known events are told by their identity.
        """
        ...

    def close(self) -> None:
        """End the connections."""
        ...


class LiveModule(Protocol):
    """`live.py` of an adapter; needs no tool installed."""

    def connect(self, instance: Instance) -> Live:
        """A connection, which asks for nothing yet."""
        ...

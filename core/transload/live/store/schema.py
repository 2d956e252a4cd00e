"""The tables of a store, as numbered migrations: each is applied once, in order, and never changed after a release.

`{serial}` and `{json}` are the words of the database at hand for an ascending number and for text that is JSON.
"""

from __future__ import annotations

from typing import Final

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (
    (
        # One poller for each source: whoever holds the lease, whose fence refuses what an earlier holder still sends.
        """create table source (
            name text primary key, cursor {json}, holder text, lease double precision not null default 0,
            fence bigint not null default 0, read_at double precision)""",
        # `number` is the order in which events arrived here, which is the only one that never changes.
        """create table event (
            number {serial}, id text not null unique, source text not null, native text not null, asset text not null,
            kind text not null, cause text not null, at double precision not null, body {json} not null)""",
        "create index event_of_asset on event (asset, at)",
        "create index event_by_time on event (at)",
        # `position` orders the deliveries of a lane; only open ones (state < 2) are looked at when work is taken.
        """create table delivery (
            position {serial}, effect text not null unique, event text, route text not null, target text not null,
            lane text not null, state smallint not null default 0, attempts integer not null default 0,
            payload {json} not null, error text, outcome {json}, done_at double precision)""",
        "create index delivery_open on delivery (target, lane, position) where state < 2",
        "create index delivery_done on delivery (done_at) where state >= 2",
        # Only the head of a lane is ever due, so that a claim never reads the backlog behind it.
        """create table lane (
            target text not null, name text not null, ready double precision, open integer not null default 0,
            fence bigint not null default 0, holder text, primary key (target, name))""",
        "create index lane_due on lane (target, ready) where ready is not null",
        """create table target (
            name text primary key, paused smallint not null default 0, not_before double precision not null default 0, reason text)""",
        """create table attempt (
            effect text not null, number integer not null, at double precision not null, status text not null, error text,
            primary key (effect, number))""",
    ),
)

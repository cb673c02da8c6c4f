"""How promises stand, and what they are reckoned from."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.store.tables.base import Json, Ms, key, metadata, partial

timelines = sa.Table(
    "timelines",
    metadata,
    sa.Column("ticket_key", sa.Text, primary_key=True),
    sa.Column("data", Json, nullable=False),
)

promises = sa.Table(
    "promises",
    metadata,
    sa.Column("ticket_key", sa.Text, primary_key=True),
    sa.Column("promise", sa.Text, primary_key=True),
    key("title"),
    key("state"),
    # Live and at risk or broken: somebody must act.
    sa.Column("pressing", sa.Boolean, nullable=False),
    key("kept_by"),
    sa.Column("started_at", Ms, nullable=False),
    sa.Column("due_at", Ms),
    sa.Column("warn_at", Ms),
    sa.Column("ended_at", Ms),
    sa.Column("paused_since", Ms),
    sa.Column("paused_for", sa.Text, nullable=False, server_default=""),
    sa.Column("kept_before", sa.Integer, nullable=False, server_default="0"),
    # Null in rows from before misses were counted, until the ticket's next pass.
    sa.Column("missed", sa.Integer),
    # Null in rows from before it was kept.
    sa.Column("broken", sa.Integer),
    sa.Column("zone", sa.Text, nullable=False, server_default=""),
    # The order of lists: when it is due; what has no due time comes last.
    sa.Column("order_at", Ms, nullable=False),
)
sa.Index("ix_promises_order", promises.c.order_at, promises.c.ticket_key, promises.c.promise)
# What somebody must act on is little of all, and asked for most often.
partial(
    "ix_promises_pressing",
    promises.c.order_at, promises.c.ticket_key, promises.c.promise,
    where=promises.c.pressing == sa.true(),
)  # fmt: skip
sa.Index(
    "ix_promises_state",
    promises.c.state, promises.c.order_at, promises.c.ticket_key, promises.c.promise,
)  # fmt: skip

"""How tickets ended and came back, and who asked to escalate one."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.store.tables.base import Json, Ms, key, metadata

closures = sa.Table(
    "closures",
    metadata,
    sa.Column("ticket_key", sa.Text, primary_key=True),
    key("standing"),
    sa.Column("since", Ms, nullable=False),
    sa.Column("done_since", Ms),
    sa.Column("owner", sa.Text, nullable=False, server_default=""),
    sa.Column("ended_at", Ms),
    sa.Column("reopened_at", Ms),
    sa.Column("reply", sa.Text, nullable=False, server_default=""),
    sa.Column("asked_at", Ms),
)

escalations = sa.Table(
    "escalations",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    key("ticket_key", index=True),
    key("state"),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("contact", sa.Text, nullable=False, server_default=""),
    key("asked_by"),
    sa.Column("asked_at", Ms, nullable=False),
    sa.Column("missing", Json, nullable=False),
    sa.Column("decided_by", sa.Text, nullable=False, server_default=""),
    sa.Column("decided_at", Ms),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Column("owner", sa.Text, nullable=False, server_default=""),
    sa.Column("route", sa.Text, nullable=False, server_default=""),
)
sa.Index("ix_escalations_state", escalations.c.state, escalations.c.id)

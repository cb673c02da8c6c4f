"""Texts that wait for a person before they may reach a ticket; the texts are not kept here."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.store.tables.base import Ms, key, metadata
from bridge.store.tables.work import end

held_texts = sa.Table(
    "held_texts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    *end("held_texts", "ticket", "ticket"),
    *end("held_texts", "work_item", "work_item"),
    key("source"),
    key("content"),
    key("code"),
    key("rule"),
    key("state"),
    sa.Column("words", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", Ms, nullable=False),
    sa.Column("decided_at", Ms),
    sa.Column("decided_by", sa.Text, nullable=False, server_default=""),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("ticket_key", "source"),
    sa.CheckConstraint(
        "state IN ('open', 'released', 'rewritten', 'rejected', 'withdrawn')", name="state"
    ),
)
sa.Index("ix_held_texts_state", held_texts.c.state, held_texts.c.id)

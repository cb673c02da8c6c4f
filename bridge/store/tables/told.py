"""What may be told customers, and what was."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.store.tables.base import Json, Ms, key, metadata

drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    key("ticket_key", index=True),
    key("reason"),
    key("state"),
    sa.Column("html", sa.Text, nullable=False, server_default=""),
    key("digest"),
    sa.Column("stage", sa.Text),
    sa.Column("eta", sa.Text),
    sa.Column("release", sa.Text),
    sa.Column("language", sa.Text, nullable=False, server_default=""),
    sa.Column("recipients", Json, nullable=False),
    sa.Column("made_at", Ms, nullable=False),
    sa.Column("follow_up", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("approved_by", sa.Text, nullable=False, server_default=""),
    sa.Column("approved_at", Ms),
    sa.Column("approved_for", Json),
    sa.Column("intended_at", Ms),
    sa.Column("intended_on", sa.Text, nullable=False, server_default=""),
    sa.Column("probes", sa.Integer, nullable=False, server_default="0"),
    sa.Column("message", sa.Text, nullable=False, server_default=""),
    sa.Column("error", sa.Text, nullable=False, server_default=""),
)
sa.Index("ix_drafts_state", drafts.c.state, drafts.c.made_at)
sa.Index("ix_drafts_made", drafts.c.made_at, drafts.c.id)

said = sa.Table(
    "said",
    metadata,
    sa.Column("ticket_key", sa.Text, primary_key=True),
    sa.Column("message", sa.Text, primary_key=True),
    sa.Column("at", Ms, nullable=False),
    sa.Column("by", sa.Text, nullable=False, server_default=""),
    key("draft"),
    sa.Column("stage", sa.Text),
    sa.Column("eta", sa.Text),
)

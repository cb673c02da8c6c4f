"""Who is signed in to the pages, and the links by which people sign in."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.store.tables.base import Ms, key, metadata

sign_in_links = sa.Table(
    "sign_in_links",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    key("name"),
    key("role"),
    sa.Column("created_at", Ms, nullable=False),
    key("created_by"),
    sa.Column("expires_at", Ms, nullable=False),
    sa.Column("used_at", Ms),
    sa.Column("email", sa.Text, nullable=False, server_default=""),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    key("name"),
    key("role"),
    sa.Column("created_at", Ms, nullable=False),
    sa.Column("seen_at", Ms, nullable=False),
    sa.Column("expires_at", Ms, nullable=False, index=True),
    sa.Column("shown", sa.Text, nullable=False, server_default=""),
    sa.Column("email", sa.Text, nullable=False, server_default=""),
    sa.Column("by_provider", sa.Boolean, nullable=False, server_default=sa.false()),
)
sa.Index("ix_sessions_name", sessions.c.name)

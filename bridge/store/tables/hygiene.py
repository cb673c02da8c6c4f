"""On which days what was done already: a nightly look, a digest."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.store.tables.base import Ms, metadata

days_done = sa.Table(
    "days_done",
    metadata,
    sa.Column("what", sa.Text, primary_key=True),
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("at", Ms, nullable=False),
    sa.Column("count", sa.Integer, nullable=False, server_default="0"),
)

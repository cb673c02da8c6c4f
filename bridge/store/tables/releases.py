"""Releases, what is planned for them, and which groups of customers have them."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.store.tables.base import Ms, key, metadata

releases = sa.Table(
    "releases",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    key("connection"),
    key("vendor_id"),
    key("name"),
    sa.Column("day", sa.Text),
    sa.Column("released", sa.Boolean),
    sa.Column("released_at", Ms),
    sa.Column("gone_at", Ms),
    sa.Column("merged_into", sa.Text),
    sa.Column("seen_at", Ms, nullable=False),
)
sa.Index("ix_releases_vendor", releases.c.connection, releases.c.vendor_id)

release_items = sa.Table(
    "release_items",
    metadata,
    sa.Column("release_id", sa.Text, primary_key=True),
    sa.Column("work_item_key", sa.Text, primary_key=True, index=True),
    sa.Column("left_at", Ms),
)

release_reached = sa.Table(
    "release_reached",
    metadata,
    sa.Column("release_id", sa.Text, primary_key=True),
    sa.Column("helpdesk", sa.Text, primary_key=True),
    sa.Column("group_name", sa.Text, primary_key=True),
    key("day"),
    sa.Column("at", Ms, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
)

release_exceptions = sa.Table(
    "release_exceptions",
    metadata,
    sa.Column("release_id", sa.Text, primary_key=True),
    sa.Column("helpdesk", sa.Text, primary_key=True),
    # The company's id in the helpdesk; empty where no ticket of theirs told it.
    sa.Column("customer_id", sa.Text, primary_key=True),
    # Their name when a person said so.
    sa.Column("customer", sa.Text, primary_key=True),
    sa.Column("day", sa.Text),
    key("reason"),
    sa.Column("at", Ms, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
)

"""What the lists that people see are read from."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.store.tables.base import Json, Ms, key, metadata

ticket_views = sa.Table(
    "ticket_views",
    metadata,
    sa.Column("ticket_key", sa.Text, primary_key=True),
    key("connection"),
    key("vendor_id"),
    sa.Column("key", sa.Text),
    sa.Column("url", sa.Text),
    key("subject"),
    sa.Column("customer", sa.Text),
    sa.Column("plan", sa.Text),
    sa.Column("category", sa.Text),
    sa.Column("severity", sa.Text),
    sa.Column("stage_id", sa.Text),
    sa.Column("stage_label", sa.Text),
    sa.Column("eta", sa.Text),
    sa.Column("keys", sa.Text, nullable=False, server_default=""),
    sa.Column("route", sa.Text),
    sa.Column("verdict", sa.Text, nullable=False, server_default="IN_SYNC"),
    sa.Column("needs", Json, nullable=False),
    sa.Column("closed", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("search", sa.Text, nullable=False, server_default=""),
    sa.Column("updated_at", Ms, nullable=False),
    sa.Column("owner", sa.Text),
    # The promise that comes next.
    sa.Column("promise_title", sa.Text),
    sa.Column("promise_state", sa.Text),
    sa.Column("promise_kept_by", sa.Text),
    sa.Column("promise_due_at", Ms),
    sa.Column("eta_told", sa.Text),
    sa.Column("last_told_at", Ms),
    sa.Column("reached_stage", sa.Text),
    sa.Column("reached_at", Ms),
    sa.Column("release_id", sa.Text),
    sa.Column("release_name", sa.Text),
    sa.Column("rollout_group", sa.Text),
    sa.Column("slip", sa.Text),
)
# Each filter in the order of the list, the open before the closed: what it leaves need not be
# sorted first, and nobody walks by what was closed long ago.
for _name, _column in (
    ("connection", "connection"),
    ("customer", "customer"),
    ("stage_id", "stage_id"),
    ("owner", "owner"),
    ("release_id", "release_id"),
    ("release", "release_name"),
):
    sa.Index(
        f"ix_ticket_views_{_name}",
        ticket_views.c[_column],
        ticket_views.c.closed,
        ticket_views.c.ticket_key,
    )
# A search goes through this index alone: the rows are ten times as wide.
sa.Index(
    "ix_ticket_views_search",
    ticket_views.c.closed,
    ticket_views.c.ticket_key,
    ticket_views.c.search,
)

ticket_needs = sa.Table(
    "ticket_needs",
    metadata,
    sa.Column("need", sa.Text, primary_key=True),
    sa.Column("ticket_key", sa.Text, primary_key=True, index=True),
)

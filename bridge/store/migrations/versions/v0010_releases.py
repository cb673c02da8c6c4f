"""Releases, and whom they have reached."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, and what a ticket's row says of its release and of the date that was told.

    Releases are learnt with the next pass over their work items.
    """
    op.create_table(
        "releases",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("vendor_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("day", sa.Text),
        sa.Column("released", sa.Boolean),
        sa.Column("released_at", sa.BigInteger),
        sa.Column("gone_at", sa.BigInteger),
        sa.Column("merged_into", sa.Text),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_releases"),
    )
    op.create_index("ix_releases_vendor", "releases", ["connection", "vendor_id"])
    op.create_table(
        "release_items",
        sa.Column("release_id", sa.Text, nullable=False),
        sa.Column("work_item_key", sa.Text, nullable=False),
        sa.Column("left_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("release_id", "work_item_key", name="pk_release_items"),
    )
    op.create_index("ix_release_items_work_item_key", "release_items", ["work_item_key"])
    op.create_table(
        "release_reached",
        sa.Column("release_id", sa.Text, nullable=False),
        sa.Column("helpdesk", sa.Text, nullable=False),
        sa.Column("group_name", sa.Text, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("release_id", "helpdesk", "group_name", name="pk_release_reached"),
    )
    for name in ("release_id", "release_name", "rollout_group", "slip"):
        op.add_column("ticket_views", sa.Column(name, sa.Text(), nullable=True))
    op.create_index("ix_ticket_views_release_id", "ticket_views", ["release_id", "ticket_key"])
    op.create_index("ix_ticket_views_release", "ticket_views", ["release_name", "ticket_key"])

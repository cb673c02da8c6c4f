"""Promises, and what they go by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

JSON = sa.JSON().with_variant(JSONB(), "postgresql")

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, and to each ticket's row the promise that comes next."""
    op.create_table(
        "timelines",
        sa.Column("ticket_key", sa.Text, nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.PrimaryKeyConstraint("ticket_key", name="pk_timelines"),
    )
    op.create_table(
        "promises",
        sa.Column("ticket_key", sa.Text, nullable=False),
        sa.Column("promise", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("pressing", sa.Boolean, nullable=False),
        sa.Column("kept_by", sa.Text, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("warn_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("paused_since", sa.BigInteger),
        sa.Column("paused_for", sa.Text, nullable=False, server_default=""),
        sa.Column("kept_before", sa.Integer, nullable=False, server_default="0"),
        sa.Column("zone", sa.Text, nullable=False, server_default=""),
        sa.Column("order_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("ticket_key", "promise", name="pk_promises"),
    )
    op.create_index("ix_promises_order", "promises", ["order_at", "ticket_key", "promise"])
    pressing = sa.column("pressing", sa.Boolean)
    op.create_index(
        "ix_promises_pressing",
        "promises",
        ["order_at", "ticket_key", "promise"],
        sqlite_where=pressing == sa.true(),
        postgresql_where=pressing,
    )
    op.create_index("ix_promises_state", "promises", ["state", "order_at", "ticket_key", "promise"])
    for name in ("promise_title", "promise_state", "promise_kept_by"):
        op.add_column("ticket_views", sa.Column(name, sa.Text))
    op.add_column("ticket_views", sa.Column("promise_due_at", sa.BigInteger))

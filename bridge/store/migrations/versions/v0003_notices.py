"""Notices to Teams and by e-mail, the links by which people acknowledge them; a faster search."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Add the tables; what was there is left as it is."""
    op.create_table(
        "notices",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ticket_key", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("whom", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("until_acknowledged", sa.Boolean(), nullable=False),
        sa.Column("resend_ms", sa.BigInteger(), nullable=False),
        sa.Column("content", JSON, nullable=True),
        sa.Column("sends", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), server_default="", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index(op.f("ix_notices_ticket_key"), "notices", ["ticket_key"])
    op.create_index(
        "ix_notices_due",
        "notices",
        ["channel", "due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "notice_tokens",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_notice_tokens")),
    )
    op.create_index(op.f("ix_notice_tokens_notice_id"), "notice_tokens", ["notice_id"])
    # PostgreSQL takes some 2,700 bytes into an entry of an index.
    op.execute("UPDATE ticket_views SET search = substr(search, 1, 600)")
    op.create_index("ix_ticket_views_search", "ticket_views", ["ticket_key", "search"])
    for name in ("customer", "stage_id"):
        op.drop_index(op.f(f"ix_ticket_views_{name}"), table_name="ticket_views")
        op.create_index(op.f(f"ix_ticket_views_{name}"), "ticket_views", [name, "ticket_key"])

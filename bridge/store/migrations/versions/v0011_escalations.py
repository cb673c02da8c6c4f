"""How tickets ended and came back, and escalations that people asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

JSON = sa.JSON().with_variant(JSONB(), "postgresql")

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; how a ticket ended before is learned when it is looked at next."""
    op.create_table(
        "closures",
        sa.Column("ticket_key", sa.Text, nullable=False),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("done_since", sa.BigInteger),
        sa.Column("owner", sa.Text, nullable=False, server_default=""),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("reopened_at", sa.BigInteger),
        sa.Column("reply", sa.Text, nullable=False, server_default=""),
        sa.Column("asked_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("ticket_key", name="pk_closures"),
    )
    op.create_table(
        "escalations",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("ticket_key", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("contact", sa.Text, nullable=False, server_default=""),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("missing", JSON, nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False, server_default=""),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        sa.Column("owner", sa.Text, nullable=False, server_default=""),
        sa.Column("route", sa.Text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name="pk_escalations"),
    )
    op.create_index("ix_escalations_ticket_key", "escalations", ["ticket_key"])
    op.create_index("ix_escalations_state", "escalations", ["state", "id"])

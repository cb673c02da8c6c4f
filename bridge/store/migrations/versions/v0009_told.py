"""What may be told customers, and what was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

JSON = sa.JSON().with_variant(JSONB(), "postgresql")

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; nothing was ever told by the hub before."""
    op.create_table(
        "drafts",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("ticket_key", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("html", sa.Text, nullable=False, server_default=""),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("stage", sa.Text),
        sa.Column("eta", sa.Text),
        sa.Column("release", sa.Text),
        sa.Column("language", sa.Text, nullable=False, server_default=""),
        sa.Column("recipients", JSON, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("follow_up", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("approved_by", sa.Text, nullable=False, server_default=""),
        sa.Column("approved_at", sa.BigInteger),
        sa.Column("intended_at", sa.BigInteger),
        sa.Column("intended_on", sa.Text, nullable=False, server_default=""),
        sa.Column("probes", sa.Integer, nullable=False, server_default="0"),
        sa.Column("message", sa.Text, nullable=False, server_default=""),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name="pk_drafts"),
    )
    op.create_index("ix_drafts_ticket_key", "drafts", ["ticket_key"])
    op.create_index("ix_drafts_state", "drafts", ["state", "made_at"])
    op.create_index("ix_drafts_made", "drafts", ["made_at", "id"])
    op.create_table(
        "said",
        sa.Column("ticket_key", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False, server_default=""),
        sa.Column("draft", sa.Text, nullable=False),
        sa.Column("stage", sa.Text),
        sa.Column("eta", sa.Text),
        sa.PrimaryKeyConstraint("ticket_key", "message", name="pk_said"),
    )
    op.add_column("ticket_views", sa.Column("eta_told", sa.Text))
    op.add_column("ticket_views", sa.Column("last_told_at", sa.BigInteger))
    op.add_column("ticket_views", sa.Column("reached_stage", sa.Text))
    op.add_column("ticket_views", sa.Column("reached_at", sa.BigInteger))
    # Reached long ago: nobody is to be told of it now.
    op.execute("UPDATE ticket_views SET reached_stage = stage_id")

"""Whose customers a ticket is of, and who it is that has signed in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns. A ticket's owner comes into its row with the next pass over it.

    Sessions and links go on: nobody is signed out, and nobody's address is known yet.
    """
    op.add_column("ticket_views", sa.Column("owner", sa.Text(), nullable=True))
    op.create_index("ix_ticket_views_owner", "ticket_views", ["owner", "ticket_key"])
    for table, name in (("sign_in_links", "email"), ("sessions", "shown"), ("sessions", "email")):
        op.add_column(table, sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.add_column(
        "sessions",
        sa.Column("by_provider", sa.Boolean(), server_default=sa.false(), nullable=False),
    )

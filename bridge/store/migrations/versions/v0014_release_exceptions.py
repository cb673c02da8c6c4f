"""Customers who get a release at another time than their roll-out group."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; until now every customer went with their group."""
    op.create_table(
        "release_exceptions",
        sa.Column("release_id", sa.Text, nullable=False),
        sa.Column("helpdesk", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("customer", sa.Text, nullable=False),
        sa.Column("day", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint(
            *("release_id", "helpdesk", "customer_id", "customer"), name="pk_release_exceptions"
        ),
    )

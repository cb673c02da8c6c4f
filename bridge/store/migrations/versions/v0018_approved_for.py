"""For whom a message was approved, and how often a breach was counted, is kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

JSON = sa.JSON().with_variant(JSONB(), "postgresql")

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; of what was approved before nobody knows for whom, and it goes as before."""
    op.add_column("drafts", sa.Column("approved_for", JSON))
    op.add_column("promises", sa.Column("broken", sa.Integer))

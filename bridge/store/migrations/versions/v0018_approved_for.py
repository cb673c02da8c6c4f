"""For whom a person approved a message is kept with the approval."""

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
    """Add the column; of what was approved before nobody knows for whom, and it goes as before."""
    op.add_column("drafts", sa.Column("approved_for", JSON))

"""What was read last of a connection is found without going through all that is stored of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index; it has an entry for each record that was read."""
    op.create_index(
        "ix_records_newest",
        "records",
        ["connection", "read_at"],
        sqlite_where=sa.text("read_at IS NOT NULL"),
        postgresql_where=sa.text("read_at IS NOT NULL"),
    )

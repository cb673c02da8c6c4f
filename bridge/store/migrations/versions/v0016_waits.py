"""Which records wait is found without going through all that are due."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index; it has an entry for each record that was put back with a wait."""
    op.create_index(
        "ix_records_waits",
        "records",
        ["not_before"],
        sqlite_where=sa.text("not_before > 0"),
        postgresql_where=sa.text("not_before > 0"),
    )

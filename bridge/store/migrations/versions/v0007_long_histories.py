"""What health and the audit log ask of a long history is a range of an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

REPAIRS = "woken_by IN ('sweep', 'patrol')"


def upgrade() -> None:
    """Add the indexes; what was there is left as it is."""
    op.drop_index("ix_deliveries_connection", table_name="deliveries")
    op.create_index("ix_deliveries_connection", "deliveries", ["connection", "id"])
    op.create_index(
        "ix_runs_repairs",
        "runs",
        ["id", "record_key"],
        sqlite_where=sa.text(REPAIRS),
        postgresql_where=sa.text(REPAIRS),
    )
    op.create_index("ix_audit_log_action", "audit_log", ["action", "target"])

"""How often a promise that comes again and again was due and nobody kept it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the number, unknown so far; each ticket's next pass counts what its timeline holds."""
    op.add_column("promises", sa.Column("missed", sa.Integer))

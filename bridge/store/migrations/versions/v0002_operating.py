"""What operating the hub needs: background jobs, traces, wishes, a rate shared by replicas."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Add the tables and columns; campaigns under way go on as jobs."""
    op.create_table(
        "jobs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("params", JSON, nullable=False),
        sa.Column("cursor", sa.Text(), server_default="", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("result", JSON, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_kind", "jobs", ["kind", "id"])
    _campaigns_become_jobs()
    op.add_column("records", sa.Column("trace", sa.Text(), nullable=True))
    op.add_column("runs", sa.Column("trace", sa.Text(), nullable=True))
    op.create_index("ix_runs_trace", "runs", ["trace", "id"])
    op.add_column(
        "connection_state",
        sa.Column("rate_at", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.create_table(
        "restores",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("restored_at", sa.BigInteger(), nullable=False),
        sa.Column("known_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restores")),
    )
    _wishes()


def _wishes() -> None:
    """What people asked for: a launch by hand, and that a pause of launching be lifted."""
    op.create_table(
        "wishes",
        sa.Column("ticket_key", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("ends", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("ticket_key", "route", name=op.f("pk_wishes")),
    )
    op.add_column(
        "connection_state",
        sa.Column("launches_counted_from", sa.BigInteger(), server_default="0", nullable=False),
    )


def _campaigns_become_jobs() -> None:
    """Carry campaigns under way over to jobs, each with its timer; drop what drove them before."""
    op.execute(
        "INSERT INTO jobs (id, kind, target, state, params, cursor, done, total, created_at, "
        "created_by, updated_at) SELECT id, 'campaign', connection, 'running', "
        """'{"reason": "of the version before", "mapping": ""}', cursor, marked, total, """
        "started_at, 'upgrade', started_at FROM campaigns WHERE state = 'running'"
    )
    op.execute(
        "INSERT INTO records (key, kind, connection, vendor_id, dirty_generation, due_at, "
        "claim_class, woken_by) SELECT 'timer:job:' || id, 'timer', '', 'job:' || id, 1, "
        "started_at, 4, 'upgrade' FROM campaigns WHERE state = 'running'"
    )
    op.execute("DELETE FROM records WHERE key = 'timer:campaign'")
    op.drop_table("campaigns")

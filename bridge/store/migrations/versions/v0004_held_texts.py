"""Texts that wait for a person, with what the person decided about them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table. What is held already comes into it with the next pass over its ticket."""
    op.create_table(
        "held_texts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ticket_key", sa.Text(), nullable=False),
        sa.Column("ticket_kind", sa.Text(), server_default="ticket", nullable=False),
        sa.Column("work_item_key", sa.Text(), nullable=False),
        sa.Column("work_item_kind", sa.Text(), server_default="work_item", nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'released', 'rewritten', 'rejected', 'withdrawn')",
            name=op.f("ck_held_texts_state"),
        ),
        sa.CheckConstraint("ticket_kind = 'ticket'", name=op.f("ck_held_texts_ticket_is_ticket")),
        sa.CheckConstraint(
            "work_item_kind = 'work_item'", name=op.f("ck_held_texts_work_item_is_work_item")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_key", "ticket_kind"],
            ["records.key", "records.kind"],
            name="fk_held_texts_ticket",
        ),
        sa.ForeignKeyConstraint(
            ["work_item_key", "work_item_kind"],
            ["records.key", "records.kind"],
            name="fk_held_texts_work_item",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_texts")),
        sa.UniqueConstraint("ticket_key", "source", name=op.f("uq_held_texts_ticket_key_source")),
    )
    for name in ("ticket_key", "work_item_key"):
        op.create_index(op.f(f"ix_held_texts_{name}"), "held_texts", [name])
    op.create_index("ix_held_texts_state", "held_texts", ["state", "id"])

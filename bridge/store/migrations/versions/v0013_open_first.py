"""The lists part the open tickets from the closed: their indexes do, too."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_FILTERS = (
    ("connection", "connection"),
    ("customer", "customer"),
    ("stage_id", "stage_id"),
    ("owner", "owner"),
    ("release_id", "release_id"),
    ("release", "release_name"),
)


def upgrade() -> None:
    """Make each index of the list anew; the rows stay as they are."""
    for name, column in _FILTERS:
        _anew(name, [column, "closed", "ticket_key"])
    _anew("search", ["closed", "ticket_key", "search"])


def _anew(name: str, columns: list[str]) -> None:
    op.drop_index(f"ix_ticket_views_{name}", "ticket_views")
    op.create_index(f"ix_ticket_views_{name}", "ticket_views", columns)

"""What every table module builds on."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Json = sa.JSON().with_variant(JSONB(), "postgresql")
Ms = sa.BigInteger


def key(name: str, **options: object) -> sa.Column[str]:
    """A required text column."""
    return sa.Column(name, sa.Text, nullable=False, **options)  # type: ignore[arg-type]  # Column's own options

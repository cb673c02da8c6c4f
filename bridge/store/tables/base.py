"""What every table module builds on."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Ms = sa.BigInteger


class Json(sa.TypeDecorator[Any]):
    """JSON, on PostgreSQL as JSONB; what knows PostgreSQL is imported only there (4 MB)."""

    impl = sa.JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        """The type of this database."""
        if dialect.name != "postgresql":
            return dialect.type_descriptor(sa.JSON())
        from sqlalchemy.dialects.postgresql import JSONB

        return dialect.type_descriptor(JSONB())


def key(name: str, **options: object) -> sa.Column[str]:
    """A required text column."""
    return sa.Column(name, sa.Text, nullable=False, **options)  # type: ignore[arg-type]  # Column's own options


def partial(
    name: str, *columns: sa.ColumnElement[Any], where: sa.ColumnElement[bool], unique: bool = False
) -> sa.Index:
    """An index over the rows of which `where` holds.

    PostgreSQL is not told here, since migrations make the tables, and since SQLAlchemy would import
    the whole dialect to look whether it knows such an option.
    """
    return sa.Index(name, *columns, unique=unique, sqlite_where=where)

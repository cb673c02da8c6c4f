"""Statements are compiled once in a test process, not once for each database that a test opens.

SQLAlchemy keeps what it has compiled by engine and dialect, which suits a hub: it has one database.
The tests open thousands, with the same tables behind the same statements, and spent a fifth of
their time on compiling. Here all engines of a kind have one dialect and one cache.
https://docs.sqlalchemy.org/en/20/core/connections.html#registering-new-dialects
"""

from __future__ import annotations

from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

STATEMENTS = 4000
"""More than the hub has, so that nothing is compiled again."""


class _One:
    """Makes a dialect the only one of its class. All of them are asked for in the same way."""

    _made: ClassVar[dict[type, tuple[Any, dict[str, Any]]]] = {}
    _compiled: ClassVar[Any] = LRUCache(STATEMENTS)  # its keys say which dialect

    def __new__(cls, **_given: Any) -> Any:
        """The one that is there already, if one is."""
        return cls._made[cls][0] if cls in cls._made else super().__new__(cls)

    def __init__(self, **given: Any) -> None:
        kind = type(self)
        driver = {
            "dbapi": given.pop("dbapi", None)
        }  # for asyncpg each time another wrapper of the same
        if kind not in self._made:
            super().__init__(**driver, **given)
            self._made[kind] = (self, given)
        assert self._made[kind][1] == given, "asked for in another way, it is another dialect"

    @classmethod
    def engine_created(cls, engine: sa.Engine) -> None:
        """Let the engine keep its compiled statements with those of the others."""
        engine.update_execution_options(compiled_cache=cls._compiled)


class _Sqlite(_One, SQLiteDialect_pysqlite):
    """The dialect of every SQLite file."""

    supports_statement_cache = True


class _Postgres(_One, PGDialect_asyncpg):
    """The dialect of every PostgreSQL database; all are of one server's version."""

    supports_statement_cache = True


def compile_once() -> None:
    """From now on, in this process."""
    registry.register("sqlite", __name__, _Sqlite.__name__)
    registry.register("postgresql.asyncpg", __name__, _Postgres.__name__)

"""Opening the database, and the few places where SQLite and PostgreSQL differ.

SQLite (WAL) serves one process, guarded by a file lock; its single writer connection begins
every transaction IMMEDIATE, so that two coroutines queue instead of failing. PostgreSQL serves
any number of processes; leases and due times use the database's clock there, because replicas'
clocks disagree.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from bridge.domain.errors import ConfigProblem
from bridge.kit.clock import Clock, SystemClock, to_ms
from bridge.store.connection import AsyncConnection
from bridge.store.sqlite import Lane, open_engine

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

IDLE_MS = 10_000
"""How long PostgreSQL waits for the next statement of a transaction. A process that is frozen, or
whose machine has vanished, would hold its row locks for ever, and others pass by locked rows.
https://www.postgresql.org/docs/current/runtime-config-client.html"""

LASTS_MS = 60_000
"""How long a transaction may last in all on PostgreSQL 17 and later. A process that is frozen just
after it has prepared a statement is not idle: asyncpg ends that message with a Flush, PostgreSQL
waits for the rest of it, and `IDLE_MS` does not count. Neither does `statement_timeout` there.
https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY"""

CONNECTIONS = 16
"""To PostgreSQL, of one process, unless it is told otherwise."""

UNLIMITED = sa.text(
    "SELECT set_config('transaction_timeout', '0', true) "
    "WHERE current_setting('server_version_num')::int >= 170000"
)
"""Lets the transaction last as long as it takes; on PostgreSQL."""

_PG_NOW = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"


class Database:
    """A database of either kind. `clock` given: its time is used even on PostgreSQL (tests).

    `connections`: to PostgreSQL at most so many are open at a time. Nobody who holds one waits for
    another, so that any number will do.
    """

    def __init__(
        self, url: str | URL, *, clock: Clock | None = None, connections: int = CONNECTIONS
    ) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.clock: Clock = clock or SystemClock()
        self._own_clock = clock is not None
        self._lock: FileLock | None = None
        self._turn = asyncio.Lock()
        self._statements: dict[str, Any] = {}
        self._lanes: dict[str, Lane] = {}
        self._engine: AsyncEngine | None = None
        self._insert: Callable[[sa.Table], Any] = sqlite.insert
        self._failures: tuple[type[Exception], ...] = (OSError, SQLAlchemyError)
        if self.is_sqlite:
            # All lanes ask by one engine, so that a statement is compiled once for all of them.
            engine = open_engine(self.url)
            self._lanes = {
                "durable": Lane(engine, "BEGIN IMMEDIATE", synchronous="FULL"),
                "quick": Lane(engine, "BEGIN IMMEDIATE", synchronous="NORMAL"),
                "read": Lane(engine, "BEGIN", synchronous="NORMAL"),
            }
        else:
            # A hub on SQLite does without the other database's driver and what drives it.
            from asyncpg import PostgresError
            from sqlalchemy.dialects import postgresql
            from sqlalchemy.ext.asyncio import create_async_engine

            self._failures += (PostgresError,)
            self._insert = postgresql.insert
            self._engine = create_async_engine(
                self.url,
                # Some come and go with a burst.
                pool_size=connections - connections // 4,
                max_overflow=connections // 4,
                # The connection used last knows most statements already; each prepares its own.
                pool_use_lifo=True,
                pool_pre_ping=True,
                pool_recycle=1800,
                connect_args={
                    "server_settings": {"idle_in_transaction_session_timeout": str(IDLE_MS)}
                },
            )
            sa.event.listen(self._engine.sync_engine, "connect", _limited)

    async def reach(self) -> None:
        """Make sure that there is a database to talk to; ConfigProblem with the reason if not."""
        try:
            async with self.read() as connection:
                await connection.execute(sa.text("SELECT 1"))
        except self._failures as error:
            said = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
            where = self.url.render_as_string(hide_password=True)
            raise ConfigProblem(
                f"The database {where} can't be used: {said.splitlines()[0]}. Is it running, and "
                "is BRIDGE_DATABASE_URL (or BRIDGE_DATA_DIR) right?"
            ) from None

    def lock(self) -> None:
        """Make sure that this is the only process on a SQLite database; ConfigProblem if not."""
        if not self.is_sqlite or self.url.database in (None, "", ":memory:"):
            return
        path = Path(f"{self.url.database}.lock")
        lock = FileLock(path, timeout=0)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout:
            raise ConfigProblem(
                f"{self.url.database} is in use by another bridge process. SQLite serves one "
                "process; stop the other one, or give both a PostgreSQL BRIDGE_DATABASE_URL."
            ) from None
        except OSError as error:  # a Timeout is one too
            raise no_folder(path.parent, error) from None
        self._lock = lock

    async def aclose(self) -> None:
        """Close all connections and give the file lock back."""
        for lane in self._lanes.values():
            lane.close()
        if self._engine is not None:
            await self._engine.dispose()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    @asynccontextmanager
    async def write(self, *, durable: bool = True) -> AsyncIterator[AsyncConnection]:
        """A transaction that may write; commits at the end of the block, or rolls back.

        `durable` false, on SQLite: the commit does not wait for the disk. A killed process loses
        nothing; a power cut may lose the newest such commits, as one end cut off the log, never a
        hole in it. It is for what the hub can find out again: leases, observations, outcomes of
        writes that may be repeated. What was answered to somebody, and every intent of an effect
        that must not happen twice, is durable, and makes durable all that came before it.
        https://www.sqlite.org/pragma.html#pragma_synchronous
        """
        if self._engine is not None:
            async with self._engine.begin() as connection:
                yield connection
            return
        lane = self._lanes["durable" if durable else "quick"]
        # Taking turns here is cheaper than SQLite's busy waiting between two connections.
        async with self._turn, lane.transaction(in_thread=durable) as inline:
            yield cast(AsyncConnection, inline)

    @asynccontextmanager
    async def read(self, *, long: bool = False) -> AsyncIterator[AsyncConnection]:
        """A connection for reading; sees one consistent state on SQLite.

        `long`: what is read may take long (a list that people see, an export), so that on SQLite
        it is read in a thread.
        """
        if self._engine is not None:
            async with self._engine.connect() as connection:
                if long:
                    await connection.execute(UNLIMITED)
                yield connection
            return
        async with self._lanes["read"].transaction(long=long) as inline:
            yield cast(AsyncConnection, inline)

    def now(self) -> sa.ColumnElement[int]:
        """The time now in ms, as SQL: the database's clock on PostgreSQL."""
        if self.is_sqlite or self._own_clock:
            # Asked at each execution, so that a statement may be built once and kept.
            return sa.bindparam(None, callable_=self._now_ms, type_=sa.BigInteger, unique=True)
        return sa.literal_column(_PG_NOW, sa.BigInteger)

    def _now_ms(self) -> int:
        return to_ms(self.clock.now())

    def prepared(self, name: str, build: Callable[[], Any]) -> Any:
        """The statement of that name, built once: building costs more than running it."""
        found = self._statements.get(name)
        if found is None:
            found = self._statements[name] = build()
        return found

    def least(self, *parts: Any) -> sa.ColumnElement[Any]:
        """The smallest of the parts; on SQLite NULL if one of them is, so pass none."""
        return sa.func.min(*parts) if self.is_sqlite else sa.func.least(*parts)

    def greatest(self, *parts: Any) -> sa.ColumnElement[Any]:
        """The greatest of the parts; pass no NULL."""
        return sa.func.max(*parts) if self.is_sqlite else sa.func.greatest(*parts)

    def insert(self, table: sa.Table) -> Any:
        """An INSERT with `on_conflict_do_…` for this dialect."""
        return self._insert(table)

    def upsert(self, table: sa.Table, keys: Sequence[str]) -> Any:
        """An INSERT that overwrites every other column of the row where `keys` exist already.

        To be executed with the values of all columns; it is built once.
        """

        def build() -> Any:
            new = self.insert(table)
            others = {c.name: new.excluded[c.name] for c in table.columns if c.name not in keys}
            return new.on_conflict_do_update(index_elements=list(keys), set_=others)

        return self.prepared(f"upsert {table.name}", build)

    def locked(self, select: sa.Select[Any], *, skip: bool = False) -> sa.Select[Any]:
        """The select with row locks where the engine has them (SQLite's writer is alone anyway)."""
        return select if self.is_sqlite else select.with_for_update(skip_locked=skip)


def _limited(connection: Any, _record: object) -> None:
    """Limit the transactions of a new connection, where the server knows such a limit."""

    async def limit(driver: Any) -> None:
        if driver.get_server_version().major >= 17:
            await driver.execute(f"SET transaction_timeout = {LASTS_MS}")

    connection.run_async(limit)


def no_folder(folder: Path, error: OSError) -> ConfigProblem:
    """The problem that a folder for data can't be made, or not be written to."""
    why = error.strerror or str(error)
    return ConfigProblem(f"BRIDGE_DATA_DIR: {folder} can't be written to: {why}")


Row = sa.RowMapping


async def rows(connection: AsyncConnection, statement: Any, *args: Any) -> list[Row]:
    """All rows of a statement as mappings."""
    return list((await connection.execute(statement, *args)).mappings())


async def row(connection: AsyncConnection, statement: Any, *args: Any) -> Row | None:
    """The first row of a statement as a mapping."""
    return (await connection.execute(statement, *args)).mappings().first()

"""SQLite driven on the event loop's own thread.

A statement of the hub takes SQLite some ten microseconds; a hop to another thread and back takes
ten times that, and an asynchronous driver hops several times a statement. So statements run right
here, and only what may truly take long goes to a thread: a commit that waits for the disk, and
reading for lists and exports (`long`). The price is stated in docs/adr: a statement that were to
scan a large table would hold up the loop, so none on the line does.

Each lane has threads of its own: a webhook is answered after a durable commit, which must not
queue behind what somebody searches.
"""

from __future__ import annotations

import asyncio
import contextvars
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from bridge.store.shortcuts import shortcut

BUSY_MS = 5000
"""How long a statement waits for another process, such as a shell on the same file."""

CACHE_KB = 1024
"""Pages that each connection keeps. The system keeps them too, so fetching one again costs little,
and there are about four connections. https://www.sqlite.org/pragma.html#pragma_cache_size"""

LONG_AT_ONCE = 3
"""Long reads under way at a time; a further one waits for a thread."""
AGAIN_S = 0.02
"""How soon a statement is interrupted again: one that had not begun yet did not notice."""

T = TypeVar("T")


class Inline:
    """A connection whose statements run at once. The same methods as SQLAlchemy's asynchronous."""

    def __init__(self, connection: sa.Connection, raw: sqlite3.Connection) -> None:
        self._connection = connection
        self._raw = raw

    async def execute(self, statement: sa.Executable, parameters: Any = None) -> sa.Result[Any]:
        """Run a statement."""
        known = shortcut(statement, parameters)
        if known is None:
            return self._connection.execute(statement, parameters)
        return known.run(self._raw, parameters or {})

    async def scalar(self, statement: sa.Executable, parameters: Any = None) -> Any:
        """The first column of the first row; None without one."""
        return (await self.execute(statement, parameters)).scalar()

    async def scalars(
        self, statement: sa.Executable, parameters: Any = None
    ) -> sa.ScalarResult[Any]:
        """The first column of every row."""
        return (await self.execute(statement, parameters)).scalars()

    async def run_sync(self, do: Callable[..., T], *given: Any) -> T:
        """Call with the plain connection."""
        return do(self._connection, *given)


class Threaded(Inline):
    """A connection whose statements run in a thread, the loop going on meanwhile.

    A statement whose caller is cancelled is interrupted, and its caller goes on to the
    cancellation only when no thread uses the connection any more.
    """

    def __init__(
        self, connection: sa.Connection, raw: sqlite3.Connection, threads: ThreadPoolExecutor
    ) -> None:
        super().__init__(connection, raw)
        self._threads = threads

    async def execute(self, statement: sa.Executable, parameters: Any = None) -> sa.Result[Any]:
        """Run a statement; its rows are fetched in the thread too."""

        def run() -> Any:
            result = self._connection.execute(statement, parameters)
            return result.freeze()() if result.returns_rows else result

        return await _in_thread(self._threads, run, stop=self._raw.interrupt)


class Lane:
    """One kind of access to a SQLite file: how it begins, and how sure its commits are."""

    def __init__(self, engine: sa.Engine, begin: str, *, synchronous: str) -> None:
        self._engine = engine
        self._begin = begin
        self._synchronous = synchronous
        self._idle: list[sa.Connection] = []
        self._threads: ThreadPoolExecutor | None = None

    @asynccontextmanager
    async def transaction(
        self, *, in_thread: bool = False, long: bool = False
    ) -> AsyncIterator[Inline]:
        """A transaction; commits at the end of the block (in a thread, if told), or rolls back."""
        held = self._idle.pop() if self._idle else self._connected()
        raw: Any = held.connection.driver_connection
        try:
            _told(raw.execute, self._begin)
            yield Threaded(held, raw, self._own_threads()) if long else Inline(held, raw)
            if in_thread:
                await _in_thread(self._own_threads(), lambda: _told(raw.commit))
            else:
                _told(raw.commit)
        finally:
            # The driver's transaction first: SQLAlchemy knows of it only once it ran a statement.
            raw.rollback()
            held.rollback()
            self._idle.append(held)

    def close(self) -> None:
        """Close every connection."""
        for each in self._idle:
            each.close()
        self._idle.clear()
        if self._threads is not None:
            self._threads.shutdown(wait=False)
            self._threads = None

    def _connected(self) -> sa.Connection:
        held = self._engine.connect()
        raw: Any = held.connection.driver_connection
        raw.execute(f"PRAGMA synchronous={self._synchronous}").close()
        return held

    def _own_threads(self) -> ThreadPoolExecutor:
        """The lane's threads; none is there before it is needed."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(LONG_AT_ONCE, thread_name_prefix="sqlite")
        return self._threads


def _told(do: Callable[..., Any], *given: Any) -> Any:
    """Call the driver; its errors come as SQLAlchemy's, as everywhere else."""
    try:
        return do(*given)
    except sqlite3.Error as error:
        raise OperationalError(" ".join(given) or "COMMIT", None, error) from error


async def _in_thread(
    threads: ThreadPoolExecutor, do: Callable[[], T], *, stop: Callable[[], None] | None = None
) -> T:
    """Call in a thread. A caller that is cancelled meanwhile waits for the end of it, which `stop`
    brings about, unless no thread has begun with it."""
    job = threads.submit(contextvars.copy_context().run, do)
    under_way = asyncio.wrap_future(job)
    try:
        return await asyncio.shield(under_way)
    except asyncio.CancelledError:
        job.cancel()
        while not job.done():
            if stop is not None:
                stop()
            # Cancelled once more, it still must not leave the connection to the thread.
            with suppress(asyncio.CancelledError):
                await asyncio.wait([under_way], timeout=AGAIN_S if stop else None)
        under_way.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        raise


def open_engine(url: URL) -> sa.Engine:
    """What connects to a SQLite file; its transactions are the lanes'."""
    engine = sa.create_engine(
        url.set(drivername="sqlite"),
        poolclass=NullPool,
        connect_args={"check_same_thread": False, "timeout": BUSY_MS / 1000},
    )

    @sa.event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: object) -> None:
        # The driver must not begin transactions by itself: BEGIN is ours.
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            f"cache_size=-{CACHE_KB}",
            # What is deleted or overwritten is overwritten in the file too (docs/privacy.md).
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    return engine

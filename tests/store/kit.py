"""A store on either engine with a clock that stands still, and one-line transactions on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bridge.core.merge import mirror_digest
from bridge.domain.records import Fact, Observation, Presence, Source
from bridge.domain.refs import Ref, SignalRef, TicketRef, WorkItemRef
from bridge.kit.clock import ManualClock, to_ms
from bridge.store import connections, leases, queue, records
from bridge.store.database import Database, Row, row
from bridge.store.leases import Claim
from bridge.store.queue import ClaimClass, Mark
from bridge.store.tables import records as record_table

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LEASE_MS = 15_000
ME, OTHER = "worker-me", "worker-other"


def ticket(id: str = "1", name: str = "hubspot") -> TicketRef:
    return TicketRef(name, id)


def item(id: str = "1", name: str = "boards") -> WorkItemRef:
    return WorkItemRef(name, id)


def signal(id: str = "1") -> SignalRef:
    return SignalRef("sentry", id)


def seen(
    ref: Ref,
    facts: dict[str, Any] | None = None,
    *,
    at: datetime = START,
    whole: bool = False,
    presence: Presence = Presence.PRESENT,
) -> Observation:
    """An observation as a webhook (or, `whole`, a read) brings it."""
    held = {name: Fact(value, at) for name, value in (facts or {}).items()}
    source = Source.READ if whole else Source.WEBHOOK
    return Observation(ref, held, at, source, whole=whole, presence=presence)


@dataclass
class Store:
    """The database with its clock. Every method is one transaction."""

    db: Database
    clock: ManualClock
    deadlocks_before: int = 0

    def later(self, **span: float) -> None:
        self.clock.advance(timedelta(**span))

    @property
    def now_ms(self) -> int:
        return to_ms(self.clock.now())

    async def connected(self, *names: str) -> None:
        async with self.db.write() as connection:
            await connections.ensure(self.db, connection, names, self.clock.now())

    async def mark(
        self,
        *refs: Ref,
        cause: str = "test",
        claim_class: ClaimClass = ClaimClass.FRESH,
        debounce_ms: int = 0,
        read: bool = False,
    ) -> None:
        marks = [Mark(each, cause, claim_class, debounce_ms, read) for each in refs]
        async with self.db.write() as connection:
            await queue.mark(self.db, connection, marks)

    async def mark_where(
        self, *refs: Ref, claim_class: ClaimClass = ClaimClass.FAN_OUT, read: bool = False
    ) -> int:
        r = record_table.c
        keys = sa.select(r.key).where(r.key.in_([str(each) for each in refs]))
        async with self.db.write() as connection:
            return await queue.mark_where(
                self.db, connection, keys, cause="fan-out", claim_class=claim_class, read=read
            )

    async def claim(
        self, limit: int = 100, *, owner: str = ME, busy: Sequence[str] = ()
    ) -> list[Claim]:
        async with self.db.write() as connection:
            return await leases.claim(
                self.db, connection, owner=owner, lease_ms=LEASE_MS, limit=limit, busy=busy
            )

    async def claim_one(self, owner: str = ME) -> Claim:
        [taken] = await self.claim(owner=owner)
        return taken

    async def due(self) -> list[str]:
        """The keys that are due, in the order in which they are claimed; nothing stays taken."""
        taken = await self.claim(owner="looker")
        async with self.db.write() as connection:
            await leases.release_all(connection, owner="looker")
        return [each.key for each in taken]

    async def finish(
        self, taken: Claim, *, owner: str = ME, wake_at: datetime | None = None
    ) -> None:
        async with self.db.write() as connection:
            await leases.finish(self.db, connection, taken, owner, wake_at=wake_at)

    async def hold(self, taken: Claim, owner: str = ME) -> None:
        async with self.db.write() as connection:
            await leases.hold(self.db, connection, taken, owner)

    async def put_back(
        self,
        taken: Claim,
        *,
        owner: str = ME,
        not_before: datetime | None = None,
        counts: bool = True,
        dead: bool = False,
    ) -> None:
        async with self.db.write() as connection:
            await leases.put_back(
                self.db,
                connection,
                taken,
                owner,
                not_before=not_before,
                error="it failed",
                counts=counts,
                dead=dead,
            )

    async def heartbeat(self, owner: str = ME) -> int:
        async with self.db.write() as connection:
            return await leases.heartbeat(self.db, connection, owner=owner, lease_ms=LEASE_MS)

    async def observe(self, observation: Observation) -> None:
        async with self.db.write() as connection:
            await records.observe(
                self.db, connection, observation, shown=mirror_digest, counter=None
            )

    async def row(self, ref: Ref) -> Row:
        """The record's row."""
        async with self.db.read() as connection:
            found = await row(
                connection, sa.select(record_table).where(record_table.c.key == str(ref))
            )
        assert found is not None
        return found

    async def sql(self, text: str, **values: Any) -> None:
        """A statement as somebody might type it."""
        async with self.db.write() as connection:
            await connection.execute(sa.text(text), values)

    async def count(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
        async with self.db.read() as connection:
            found = await connection.scalar(
                sa.select(sa.func.count()).select_from(table).where(*where)
            )
        return int(found or 0)

    async def deadlocks(self) -> int:
        """How many deadlocks PostgreSQL had to break in this test; SQLite has none."""
        if self.db.is_sqlite:
            return 0
        async with self.db.write() as connection:
            # A backend reports its counts when it is idle; ours are the ones that matter.
            await connection.execute(sa.text("SELECT pg_stat_force_next_flush()"))
        async with self.db.read() as connection:
            found = await connection.scalar(
                sa.text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
            )
        return int(found or 0) - self.deadlocks_before

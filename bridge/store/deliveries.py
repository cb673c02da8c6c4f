"""Deliveries: stored raw before they are answered, and read again by the intake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.domain.events import Delivery
from bridge.kit.clock import from_ms, to_ms
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, Row, row, rows
from bridge.store.tables import connection_state, deliveries, delivery_keys


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery about to be stored, with the keys of what it says."""

    delivery: Delivery
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """What the caller is answered: the delivery's id (the first one's, for a duplicate)."""

    id: str
    duplicate: bool


_INSERT = sa.insert(deliveries)


async def accept(
    db: Database, connection: AsyncConnection, arrivals: Sequence[Arrival]
) -> list[Stored]:
    """Store the arrivals in one transaction; a known one is not stored twice.

    A duplicate re-opens its first delivery's intake, so that it still marks its records
    (a replay says "look again").
    """
    answers: list[Stored] = []
    fresh: list[dict[str, object]] = []
    keys: list[dict[str, object]] = []
    again: set[str] = set()
    known = await _known(connection, arrivals)
    for arrival in arrivals:
        delivery = arrival.delivery
        seen = [known.get((delivery.connection, key)) for key in arrival.keys]
        first = next((each for each in seen if each is not None), None)
        if first is not None and all(seen):
            answers.append(Stored(first, True))
            again.add(first)
            continue
        for key in arrival.keys:
            if (delivery.connection, key) not in known:
                known[delivery.connection, key] = delivery.id
                keys.append(
                    {
                        "connection": delivery.connection,
                        "key": key,
                        "delivery_id": delivery.id,
                        "received_at": to_ms(delivery.received_at),
                    }
                )
        fresh.append(
            {
                "id": delivery.id,
                "connection": delivery.connection,
                "received_at": to_ms(delivery.received_at),
                "content_type": delivery.content_type,
                "body": delivery.body,
                "size": len(delivery.body),
                "state": "received",
            }
        )
        answers.append(Stored(delivery.id, False))
    if fresh:
        await connection.execute(_INSERT, fresh)
    if keys:
        # In key order, so that replicas never deadlock; another replica may have been first.
        keys.sort(key=lambda each: (str(each["connection"]), str(each["key"])))
        await connection.execute(
            db.prepared("delivery keys", lambda: db.insert(delivery_keys).on_conflict_do_nothing()),
            keys,
        )
    await _reopen(connection, again - {str(each["id"]) for each in fresh})
    return answers


_KNOWN = sa.select(
    delivery_keys.c.connection, delivery_keys.c.key, delivery_keys.c.delivery_id
).where(
    delivery_keys.c.key.in_(sa.bindparam("p_keys", expanding=True)),
    delivery_keys.c.connection.in_(sa.bindparam("p_names", expanding=True)),
)


async def _known(
    connection: AsyncConnection, arrivals: Sequence[Arrival]
) -> dict[tuple[str, str], str]:
    wanted = sorted({key for arrival in arrivals for key in arrival.keys})
    names = sorted({each.delivery.connection for each in arrivals})
    found = await rows(connection, _KNOWN, {"p_keys": wanted, "p_names": names})
    return {(each["connection"], each["key"]): each["delivery_id"] for each in found}


async def _reopen(connection: AsyncConnection, ids: set[str]) -> None:
    if ids:
        await connection.execute(
            sa.update(deliveries)
            .where(deliveries.c.id.in_(sorted(ids)), deliveries.c.body.is_not(None))
            .values(state="received")
        )


def _delivery(found: Row) -> Delivery:
    return Delivery(
        id=found["id"],
        connection=found["connection"],
        body=found["body"] or b"",
        content_type=found["content_type"],
        received_at=from_ms(found["received_at"]),
    )


async def waiting(
    db: Database, connection: AsyncConnection, limit: int
) -> list[tuple[Delivery, bool]]:
    """The oldest deliveries to be read, locked against other replicas; true: not the first time."""

    def build() -> Any:
        oldest = sa.select(deliveries).where(deliveries.c.state == "received")
        some = oldest.order_by(deliveries.c.id).limit(sa.bindparam("p_limit", type_=sa.Integer))
        return db.locked(some, skip=True)

    found = await rows(connection, db.prepared("deliveries", build), {"p_limit": limit})
    return [(_delivery(each), each["records"] is not None) for each in found]


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a delivery: done or ignored, why, and the records that it concerned."""

    id: str
    state: str
    reason: str | None
    records: Sequence[str]


_SETTLE = (
    sa.update(deliveries)
    .where(deliveries.c.id == sa.bindparam("p_id"))
    .values(
        state=sa.bindparam("p_state"),
        reason=sa.bindparam("p_reason"),
        records=sa.bindparam("p_records", type_=deliveries.c.records.type),
    )
)


async def settle(connection: AsyncConnection, settled: Sequence[Settled]) -> None:
    """Store what the intake made of deliveries."""
    given = [
        {
            "p_id": each.id,
            "p_state": each.state,
            "p_reason": each.reason,
            "p_records": sorted(set(each.records)),
        }
        for each in settled
    ]
    if given:
        await connection.execute(_SETTLE, given)


async def reopen(connection: AsyncConnection, id: str) -> bool:
    """Let the intake read a delivery again; False if its body is gone or it does not exist."""
    result = await connection.execute(
        sa.update(deliveries)
        .where(deliveries.c.id == id, deliveries.c.body.is_not(None))
        .values(state="received")
    )
    return bool(result.rowcount)


_TOUCH = (
    sa.update(connection_state)
    .where(connection_state.c.name == sa.bindparam("p_name"))
    .values(last_delivery_at=sa.bindparam("p_at"))
)


async def touch(connection: AsyncConnection, name: str, at: datetime) -> None:
    """Remember when the connection's webhooks last spoke: silence is a symptom."""
    await connection.execute(_TOUCH, {"p_name": name, "p_at": to_ms(at)})


async def page(
    connection: AsyncConnection,
    *,
    cursor: str | None,
    limit: int,
    name: str | None = None,
    state: str | None = None,
) -> list[Row]:
    """Deliveries without their bodies, newest first, those before the cursor."""
    d = deliveries.c
    statement = sa.select(
        d.id, d.connection, d.received_at, d.content_type, d.size, d.state, d.reason, d.records
    )
    if cursor is not None:
        statement = statement.where(d.id < cursor)
    if name is not None:
        statement = statement.where(d.connection == name)
    if state is not None:
        statement = statement.where(d.state == state)
    return await rows(connection, statement.order_by(d.id.desc()).limit(limit))


async def load(connection: AsyncConnection, id: str) -> Row | None:
    """One delivery with its body."""
    return await row(connection, sa.select(deliveries).where(deliveries.c.id == id))

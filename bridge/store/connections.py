"""What the hub knows of its connections: start mark, cursor, pauses, limits, reference data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bridge.domain.records import Company, Contact, Reference
from bridge.kit.clock import from_ms, to_ms
from bridge.store.codec import (
    company_from_json,
    company_to_json,
    reference_from_json,
    reference_to_json,
)
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, Row, row, rows
from bridge.store.tables import connection_state, reference_data

SCHEMA = "schema"
COMPANY = "company"
CONTACT = "contact"


def _time(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """The stored state of one connection. `paused_by`: `credential`, `person` or None."""

    name: str
    start_mark: datetime
    cursor: str | None
    swept_at: datetime | None
    throttled_until: datetime | None
    paused_by: str | None
    paused_reason: str | None
    paused_at: datetime | None
    probes: int
    down_since: datetime | None
    last_delivery_at: datetime | None
    last_write_at: datetime | None
    repairs: int


def _state(found: Row) -> ConnectionState:
    return ConnectionState(
        name=found["name"],
        start_mark=from_ms(found["start_mark"]),
        cursor=found["cursor"],
        swept_at=_time(found["swept_at"]),
        throttled_until=_time(found["throttled_until"] or None),
        paused_by=found["paused_by"],
        paused_reason=found["paused_reason"],
        paused_at=_time(found["paused_at"]),
        probes=found["probes"],
        down_since=_time(found["down_since"]),
        last_delivery_at=_time(found["last_delivery_at"]),
        last_write_at=_time(found["last_write_at"]),
        repairs=found["repairs"],
    )


async def ensure(
    db: Database, connection: AsyncConnection, names: Iterable[str], now: datetime
) -> None:
    """Give every connection its state; the start mark is set once and for ever (rule 12)."""
    values = [{"name": each, "start_mark": to_ms(now)} for each in sorted(names)]
    if values:
        await connection.execute(db.insert(connection_state).on_conflict_do_nothing(), values)


_ONE = sa.select(connection_state).where(connection_state.c.name == sa.bindparam("p_name"))


async def load(connection: AsyncConnection, name: str) -> ConnectionState | None:
    """The state of one connection."""
    found = await row(connection, _ONE, {"p_name": name})
    return None if found is None else _state(found)


async def load_all(connection: AsyncConnection) -> dict[str, ConnectionState]:
    """The state of every connection."""
    found = await rows(connection, sa.select(connection_state))
    return {each["name"]: _state(each) for each in found}


async def change(connection: AsyncConnection, name: str, **values: Any) -> None:
    """Set columns of a connection's state; datetimes are given as such."""
    stored = {k: to_ms(v) if isinstance(v, datetime) else v for k, v in values.items()}
    await connection.execute(
        sa.update(connection_state).where(connection_state.c.name == name).values(**stored)
    )


async def throttle(db: Database, connection: AsyncConnection, name: str, until: datetime) -> None:
    """Nothing of this connection before `until`; a later limit is not cut short by an earlier."""
    held = connection_state.c.throttled_until
    await connection.execute(
        sa.update(connection_state)
        .where(connection_state.c.name == name)
        .values(throttled_until=db.greatest(held, to_ms(until)))
    )


async def pause(
    connection: AsyncConnection, name: str, *, by: str, reason: str, now: datetime
) -> bool:
    """Pause calls out, never the door. A person's pause is not replaced by a credential's."""
    result = await connection.execute(
        sa.update(connection_state)
        .where(connection_state.c.name == name)
        .where(sa.or_(connection_state.c.paused_by.is_(None), connection_state.c.paused_by == by))
        .values(
            paused_by=by,
            paused_reason=reason,
            paused_at=sa.func.coalesce(connection_state.c.paused_at, to_ms(now)),
        )
    )
    return bool(result.rowcount)


async def resume(connection: AsyncConnection, name: str, *, by: str | None = None) -> bool:
    """End a pause (only one made by `by`, if given); True if there was one."""
    statement = sa.update(connection_state).where(
        connection_state.c.name == name, connection_state.c.paused_by.is_not(None)
    )
    if by is not None:
        statement = statement.where(connection_state.c.paused_by == by)
    result = await connection.execute(
        statement.values(paused_by=None, paused_reason=None, paused_at=None, probes=0)
    )
    return bool(result.rowcount)


async def hold(db: Database, connection: AsyncConnection, name: str) -> None:
    """Keep the connection's state to this transaction: who comes second waits for its end."""
    statement = sa.select(connection_state.c.name).where(connection_state.c.name == name)
    await connection.execute(db.locked(statement))


async def count_repairs(connection: AsyncConnection, name: str, repairs: int) -> None:
    """Add changes that a sweep found and no webhook had told."""
    await connection.execute(
        sa.update(connection_state)
        .where(connection_state.c.name == name)
        .values(repairs=connection_state.c.repairs + repairs)
    )


_REFERENCE = sa.select(reference_data).where(
    reference_data.c.connection == sa.bindparam("p_name"),
    reference_data.c.kind == sa.bindparam("p_kind"),
    reference_data.c.id == sa.bindparam("p_id"),
)


async def _reference_row(connection: AsyncConnection, name: str, kind: str, id: str) -> Row | None:
    given = {"p_name": name, "p_kind": kind, "p_id": id}
    return await row(connection, _REFERENCE, given)


async def load_reference(
    connection: AsyncConnection, name: str
) -> tuple[Reference, datetime] | None:
    """A connection's statuses, fields and own account, with their read time."""
    found = await _reference_row(connection, name, SCHEMA, "")
    if found is None:
        return None
    return reference_from_json(found["data"]), from_ms(found["read_at"])


async def store_reference(
    db: Database, connection: AsyncConnection, name: str, reference: Reference, now: datetime
) -> bool:
    """Store reference data; True if it differs from what was stored."""
    data = reference_to_json(reference)
    before = await _reference_row(connection, name, SCHEMA, "")
    await _store(db, connection, name, SCHEMA, "", data, now)
    return before is None or before["data"] != data


_COMPANIES = sa.select(reference_data.c.id, reference_data.c.data, reference_data.c.read_at).where(
    reference_data.c.connection == sa.bindparam("p_name"),
    reference_data.c.kind == COMPANY,
    reference_data.c.id.in_(sa.bindparam("p_ids", expanding=True)),
)


_CONTACTS = sa.select(reference_data.c.id, reference_data.c.data, reference_data.c.read_at).where(
    reference_data.c.connection == sa.bindparam("p_name"),
    reference_data.c.kind == CONTACT,
    reference_data.c.id.in_(sa.bindparam("p_ids", expanding=True)),
)


async def companies_read(
    connection: AsyncConnection, name: str, ids: Iterable[str]
) -> dict[str, tuple[Company, datetime]]:
    """The customers of these ids that were read, each with when that was."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    found = await rows(connection, _COMPANIES, {"p_name": name, "p_ids": wanted})
    return {
        each["id"]: (company_from_json(each["id"], each["data"]), from_ms(each["read_at"]))
        for each in found
    }


async def load_company(
    connection: AsyncConnection, name: str, id: str
) -> tuple[Company, datetime] | None:
    """A customer with when it was read."""
    return (await companies_read(connection, name, [id])).get(id)


async def load_companies(
    connection: AsyncConnection, name: str, ids: Iterable[str]
) -> dict[str, Company]:
    """The customers of these ids that were read."""
    return {id: each for id, (each, _) in (await companies_read(connection, name, ids)).items()}


async def store_company(
    db: Database, connection: AsyncConnection, name: str, company: Company, now: datetime
) -> bool:
    """Store a customer; True if it differs from what was stored."""
    data = company_to_json(company)
    before = await _reference_row(connection, name, COMPANY, company.id)
    await _store(db, connection, name, COMPANY, company.id, data, now)
    return before is None or before["data"] != data


async def contacts_read(
    connection: AsyncConnection, name: str, ids: Iterable[str]
) -> dict[str, tuple[Contact, datetime]]:
    """The people of these ids of whom something was read, each with when that was."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    found = await rows(connection, _CONTACTS, {"p_name": name, "p_ids": wanted})
    return {e["id"]: (Contact(e["id"], e["data"]), from_ms(e["read_at"])) for e in found}


async def store_contact(
    db: Database, connection: AsyncConnection, name: str, contact: Contact, now: datetime
) -> None:
    """Keep the properties of somebody on tickets."""
    await _store(db, connection, name, CONTACT, contact.id, dict(contact.properties), now)


async def forget_contacts(connection: AsyncConnection, name: str, ids: Iterable[str]) -> None:
    """Remove what was read of these people."""
    r = reference_data.c
    await connection.execute(
        sa.delete(reference_data).where(
            r.connection == name, r.kind == CONTACT, r.id.in_(sorted(set(ids)))
        )
    )


async def drop_contacts(connection: AsyncConnection, before: datetime, most: int) -> int:
    """Remove the oldest people who were read before then; how many. Who is needed is read again."""
    r = reference_data.c
    oldest = await rows(
        connection,
        sa.select(r.connection, r.id)
        .where(r.kind == CONTACT, r.read_at < to_ms(before))
        .order_by(r.read_at)
        .limit(most),
    )
    pairs = [(each["connection"], each["id"]) for each in oldest]
    if pairs:
        await connection.execute(
            sa.delete(reference_data).where(
                r.kind == CONTACT, sa.tuple_(r.connection, r.id).in_(pairs)
            )
        )
    return len(pairs)


async def forget_company(connection: AsyncConnection, name: str, id: str) -> None:
    """Have a customer read again at its next use."""
    r = reference_data.c
    await connection.execute(
        sa.update(reference_data)
        .where(r.connection == name, r.kind == COMPANY, r.id == id)
        .values(read_at=0)
    )


async def outdate_reference(connection: AsyncConnection, name: str) -> None:
    """Have the connection's schema read again at its next use."""
    r = reference_data.c
    await connection.execute(
        sa.update(reference_data).where(r.connection == name, r.kind == SCHEMA).values(read_at=0)
    )


async def _store(
    db: Database,
    connection: AsyncConnection,
    name: str,
    kind: str,
    id: str,
    data: dict[str, Any],
    now: datetime,
) -> None:
    await connection.execute(
        db.upsert(reference_data, ("connection", "kind", "id")),
        {
            "connection": name,
            "kind": kind,
            "id": id,
            "data": data,
            "read_at": to_ms(now),
        },
    )


def older_than(read_at: datetime, now: datetime, span: timedelta) -> bool:
    """Whether data read then is too old now."""
    return now - read_at > span

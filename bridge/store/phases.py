"""What is known of phases: rows beside the reference data, and a timer for each that is wanted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bridge.domain.phases import KnownPhase, PhaseWanted
from bridge.kit.clock import to_ms
from bridge.store import queue
from bridge.store.codec import known_phase_from_json, known_phase_to_json
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, rows
from bridge.store.tables import reference_data

KIND = "phase"
TIMER = "phase"


def timer_name(wanted: PhaseWanted) -> str:
    """The timer in whose run the phase is looked for: its one lease keeps two workers apart."""
    return f"{TIMER}:{wanted.connection}/{wanted.key}"


async def known_of(connection: AsyncConnection, name: str) -> dict[str, KnownPhase]:
    """What is known of the phases of a connection that launches needed, by key."""
    r = reference_data.c
    found = await rows(
        connection,
        sa.select(r.id, r.data).where(r.connection == name, r.kind == KIND),
    )
    said = {each["id"]: each["data"]["known"] for each in found}
    return {key: known_phase_from_json(data) for key, data in said.items() if data is not None}


@dataclass(frozen=True, slots=True)
class Asked:
    """A phase that was asked for, what is known of it, and the tickets that wait for it."""

    wanted: PhaseWanted
    known: KnownPhase | None = None
    waiting: tuple[str, ...] = ()


async def load(connection: AsyncConnection, name: str, key: str) -> Asked | None:
    """A phase that was asked for."""
    r = reference_data.c
    found = await rows(
        connection,
        sa.select(r.data).where(r.connection == name, r.kind == KIND, r.id == key),
    )
    if not found:
        return None
    data = found[0]["data"]
    said, known = data["wanted"], data["known"]
    lasts = timedelta(seconds=said["lasts_s"])
    return Asked(
        PhaseWanted(name, said["project"], said["name"], said["create"], lasts),
        None if known is None else known_phase_from_json(known),
        tuple(data["waiting"]),
    )


async def store(db: Database, connection: AsyncConnection, asked: Asked, now: datetime) -> None:
    """Keep what is wanted, known, and waiting for it."""
    wanted, known = asked.wanted, asked.known
    data: dict[str, Any] = {
        "wanted": {
            "project": wanted.project,
            "name": wanted.name,
            "create": wanted.create,
            "lasts_s": wanted.lasts.total_seconds(),
        },
        "known": None if known is None else known_phase_to_json(known),
        "waiting": list(asked.waiting),
    }
    await connection.execute(
        db.upsert(reference_data, ("connection", "kind", "id")),
        {
            "connection": wanted.connection,
            "kind": KIND,
            "id": wanted.key,
            "data": data,
            "read_at": to_ms(now),
        },
    )


async def ask(
    db: Database,
    connection: AsyncConnection,
    wanted: Iterable[PhaseWanted],
    ticket: str,
    now: datetime,
) -> None:
    """Have phases looked for, each in its own run; the ticket is woken when it is settled."""
    for each in sorted(wanted, key=timer_name):
        name = timer_name(each)
        await queue.ensure_timer(db, connection, name)
        # Who holds the timer's row alone changes what is known of its phase.
        await queue.lock(db, connection, [f"{queue.TIMER}:{name}"])
        held = await load(connection, each.connection, each.key) or Asked(each)
        waiting = tuple(dict.fromkeys((*held.waiting, ticket)))
        # Who may not create it takes nothing from those that wait and may.
        may_create = held.waiting and held.wanted.create and not each.create
        asked = Asked(held.wanted if may_create else each, held.known, waiting)
        await store(db, connection, asked, now)
        await queue.wake_at_once(db, connection, name)


async def forget(connection: AsyncConnection, name: str, id: str) -> None:
    """Have a phase looked for again that the vendor may not take any more, or calls otherwise."""
    r = reference_data.c
    for key, known in (await known_of(connection, name)).items():
        if known.id == id:
            await connection.execute(
                sa.delete(reference_data).where(r.connection == name, r.kind == KIND, r.id == key)
            )

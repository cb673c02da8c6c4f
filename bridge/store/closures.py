"""How tickets ended and came back: one row of each that needs to be remembered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.domain.closures import Closure, Standing
from bridge.kit.clock import from_ms, to_ms
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, Row, rows
from bridge.store.tables import closures

_OF = sa.select(closures).where(closures.c.ticket_key.in_(sa.bindparam("p_keys", expanding=True)))


async def of_tickets(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, Closure]:
    """What is remembered of these tickets."""
    if not keys:
        return {}
    found = await rows(connection, _OF, {"p_keys": list(keys)})
    return {each["ticket_key"]: closure_of(each) for each in found}


async def keep(db: Database, connection: AsyncConnection, key: str, closure: Closure) -> None:
    """Remember it in place of what was remembered before."""
    await connection.execute(
        db.upsert(closures, ("ticket_key",)),
        {"ticket_key": key, **closure_to_json(closure)},
    )


async def move(connection: AsyncConnection, old: str, new: str) -> None:
    """The ticket `old` lives on in `new`: what is remembered of `new` counts, if anything is."""
    there = sa.select(closures.c.ticket_key).where(closures.c.ticket_key == new)
    await connection.execute(
        sa.delete(closures).where(closures.c.ticket_key == old, sa.exists(there))
    )
    await connection.execute(
        sa.update(closures).where(closures.c.ticket_key == old).values(ticket_key=new)
    )


async def forget(connection: AsyncConnection, key: str) -> None:
    """Forget who had the ticket."""
    await connection.execute(
        sa.update(closures).where(closures.c.ticket_key == key).values(owner="")
    )


def closure_of(found: Row | dict[str, Any]) -> Closure:
    """What a row remembers."""
    return Closure(
        standing=Standing(found["standing"]),
        since=from_ms(found["since"]),
        done_since=_moment(found["done_since"]),
        owner=found["owner"],
        ended_at=_moment(found["ended_at"]),
        reopened_at=_moment(found["reopened_at"]),
        reply=found["reply"],
        asked_at=_moment(found["asked_at"]),
    )


def closure_to_json(closure: Closure) -> dict[str, Any]:
    """What is remembered, as JSON."""
    return {
        "standing": closure.standing.value,
        "since": to_ms(closure.since),
        "done_since": _ms(closure.done_since),
        "owner": closure.owner,
        "ended_at": _ms(closure.ended_at),
        "reopened_at": _ms(closure.reopened_at),
        "reply": closure.reply,
        "asked_at": _ms(closure.asked_at),
    }


def closure_from_json(said: dict[str, Any] | None) -> Closure | None:
    """What `closure_to_json` made of it."""
    return None if said is None else closure_of(said)


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else to_ms(moment)


def _moment(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)

"""Approved drafts about to be said: the intent, what came of it, and approvals taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.domain.drafts import DraftState
from bridge.kit.clock import to_ms
from bridge.store.connection import AsyncConnection
from bridge.store.tables import drafts

UNAPPROVED: dict[str, Any] = {"approved_by": "", "approved_at": None, "approved_for": None}
"""What is kept of an approval that was taken back."""


async def intend(connection: AsyncConnection, id: str, now: datetime) -> bool:
    """Note that an approved draft is about to be sent, before it is; False if it is not to be."""
    changed = await connection.execute(
        sa.update(drafts)
        .where(
            drafts.c.id == id,
            drafts.c.state == DraftState.APPROVED,
            drafts.c.intended_at.is_(None),
        )
        .values(intended_at=to_ms(now), intended_on=drafts.c.ticket_key, probes=0)
    )
    return changed.rowcount == 1


async def retract(connection: AsyncConnection, id: str, intended_at: datetime | None) -> bool:
    """Take an intent back that certainly led to nothing; only the very one that is meant."""
    if intended_at is None:
        return False
    changed = await connection.execute(
        sa.update(drafts)
        .where(
            drafts.c.id == id,
            drafts.c.state == DraftState.APPROVED,
            drafts.c.intended_at == to_ms(intended_at),
        )
        .values(intended_at=None, probes=0)
    )
    return changed.rowcount == 1


async def take_back(
    connection: AsyncConnection, id: str, why: str, *, intended_at: datetime | None = None
) -> bool:
    """Make an approved draft one that waits for a person again; whether it was to be said.

    `intended_at`: the intent that certainly led to nothing; None: it was never about to be sent.
    """
    d = drafts.c
    on_its_way = d.intended_at == (None if intended_at is None else to_ms(intended_at))
    changed = await connection.execute(
        sa.update(drafts)
        .where(d.id == id, d.state == DraftState.APPROVED, on_its_way)
        .values(state=DraftState.OPEN.value, error=why, intended_at=None, probes=0, **UNAPPROVED)
    )
    return changed.rowcount == 1


async def looked(
    connection: AsyncConnection, id: str, intended_at: datetime, probes: int, *, last: bool
) -> None:
    """Keep that it was looked for in vain so often; after the last time a person decides."""
    state = DraftState.UNCLEAR if last else DraftState.APPROVED
    await connection.execute(
        sa.update(drafts)
        .where(
            drafts.c.id == id,
            drafts.c.state == DraftState.APPROVED,
            drafts.c.intended_at == to_ms(intended_at),
        )
        .values(probes=probes, state=state.value)
    )


async def looked_first(connection: AsyncConnection, id: str, probes: int) -> None:
    """Keep that it was looked for before it was ever sent, and not found: it may be said."""
    await connection.execute(
        sa.update(drafts)
        .where(
            drafts.c.id == id,
            drafts.c.state == DraftState.APPROVED,
            drafts.c.intended_at.is_(None),
        )
        .values(probes=probes)
    )


async def try_showing(
    connection: AsyncConnection, id: str, now: datetime, old: str, new: str
) -> bool:
    """Note that a ticket is about to show a letter; False if it was tried before.

    `old` and `new`: how the message's id begins until then, and from then on.
    """
    changed = await connection.execute(
        sa.update(drafts)
        .where(drafts.c.id == id, drafts.c.message.startswith(old, autoescape=True))
        .values(
            message=new + sa.func.substr(drafts.c.message, len(old) + 1),
            intended_at=to_ms(now),
            probes=0,
        )
    )
    return changed.rowcount == 1


async def looked_for_shown(connection: AsyncConnection, id: str, looks: int) -> None:
    """Keep how often a letter was looked for on its ticket in vain."""
    await connection.execute(sa.update(drafts).where(drafts.c.id == id).values(probes=looks))

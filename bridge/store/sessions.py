"""Sessions and sign-in links: only digests of their secrets are stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.access import AccessRole, Actor
from bridge.kit.clock import from_ms, to_ms
from bridge.store.database import row
from bridge.store.tables import sessions, sign_in_links
from bridge.store.tokens import digest


@dataclass(frozen=True, slots=True)
class StoredSession:
    """Somebody who is signed in."""

    actor: Actor
    created_at: datetime
    seen_at: datetime


async def add_link(
    connection: AsyncConnection,
    secret: str,
    actor: Actor,
    *,
    by: str,
    now: datetime,
    expires_at: datetime,
) -> None:
    """A link by which one person may sign in once."""
    await connection.execute(
        sa.insert(sign_in_links).values(
            digest=digest(secret),
            name=actor.name,
            role=actor.role.value,
            created_at=to_ms(now),
            created_by=by,
            expires_at=to_ms(expires_at),
        )
    )


async def link_of(connection: AsyncConnection, secret: str, now: datetime) -> Actor | None:
    """Whom the link would sign in; None if it is unknown, used or too old."""
    link = sign_in_links.c
    found = await row(
        connection,
        sa.select(sign_in_links).where(
            link.digest == digest(secret), link.used_at.is_(None), link.expires_at > to_ms(now)
        ),
    )
    return None if found is None else Actor(found["name"], AccessRole(found["role"]))


async def use_link(connection: AsyncConnection, secret: str, now: datetime) -> bool:
    """Use the link up; False if somebody else did, or it holds no longer."""
    link = sign_in_links.c
    result = await connection.execute(
        sa.update(sign_in_links)
        .where(link.digest == digest(secret), link.used_at.is_(None), link.expires_at > to_ms(now))
        .values(used_at=to_ms(now))
    )
    return bool(result.rowcount)


async def begin(
    connection: AsyncConnection,
    secret: str,
    actor: Actor,
    *,
    now: datetime,
    expires_at: datetime,
) -> None:
    """A session; those that have run out go with it."""
    await connection.execute(sa.delete(sessions).where(sessions.c.expires_at <= to_ms(now)))
    await connection.execute(
        sa.insert(sessions).values(
            digest=digest(secret),
            name=actor.name,
            role=actor.role.value,
            created_at=to_ms(now),
            seen_at=to_ms(now),
            expires_at=to_ms(expires_at),
        )
    )


async def find(connection: AsyncConnection, secret: str, now: datetime) -> StoredSession | None:
    """The session of that secret, unless it was ended or has run out."""
    s = sessions.c
    found = await row(
        connection,
        sa.select(sessions).where(s.digest == digest(secret), s.expires_at > to_ms(now)),
    )
    if found is None:
        return None
    return StoredSession(
        Actor(found["name"], AccessRole(found["role"])),
        from_ms(found["created_at"]),
        from_ms(found["seen_at"]),
    )


async def seen(
    connection: AsyncConnection, secret: str, *, now: datetime, expires_at: datetime
) -> None:
    """The session is in use: it runs out that much later."""
    await connection.execute(
        sa.update(sessions)
        .where(sessions.c.digest == digest(secret))
        .values(seen_at=to_ms(now), expires_at=to_ms(expires_at))
    )


async def end(connection: AsyncConnection, secret: str) -> None:
    """Sign out here."""
    await connection.execute(sa.delete(sessions).where(sessions.c.digest == digest(secret)))


async def end_all(connection: AsyncConnection, name: str) -> int:
    """Sign out wherever somebody of that name is signed in; how many sessions that were."""
    result = await connection.execute(sa.delete(sessions).where(sessions.c.name == name))
    return int(result.rowcount)


async def anybody_ever_came(connection: AsyncConnection) -> bool:
    """Whether anybody has ever signed in here."""
    used = sa.select(sign_in_links).where(sign_in_links.c.used_at.is_not(None))
    return bool(await connection.scalar(sa.select(used.exists())))

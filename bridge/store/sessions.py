"""Sessions and sign-in links: only digests of their secrets are stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bridge.domain.access import AccessRole, Actor, Person
from bridge.kit.clock import from_ms, to_ms
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, Row, row, rows
from bridge.store.tables import api_tokens, records, sessions, sign_in_links
from bridge.store.tokens import digest


@dataclass(frozen=True, slots=True)
class StoredSession:
    """Somebody who is signed in."""

    person: Person
    created_at: datetime
    seen_at: datetime


def _actor(found: Row) -> Actor:
    return Actor(found["name"], AccessRole(found["role"]))


async def add_link(
    connection: AsyncConnection,
    secret: str,
    person: Person,
    *,
    by: str,
    now: datetime,
    expires_at: datetime,
) -> None:
    """A link by which one person may sign in once."""
    actor = person.actor
    await connection.execute(
        sa.insert(sign_in_links).values(
            digest=digest(secret),
            name=actor.name,
            role=actor.role.value,
            created_at=to_ms(now),
            created_by=by,
            expires_at=to_ms(expires_at),
            email=person.email,
        )
    )


async def link_of(connection: AsyncConnection, secret: str, now: datetime) -> Person | None:
    """Whom the link would sign in; None if it is unknown, used or too old."""
    link = sign_in_links.c
    found = await row(
        connection,
        sa.select(sign_in_links).where(
            link.digest == digest(secret), link.used_at.is_(None), link.expires_at > to_ms(now)
        ),
    )
    return None if found is None else Person(_actor(found), email=found["email"])


async def use_link(connection: AsyncConnection, secret: str, now: datetime) -> bool:
    """Use the link up; False if somebody else did, or it holds no longer."""
    link = sign_in_links.c
    result = await connection.execute(
        sa.update(sign_in_links)
        .where(link.digest == digest(secret), link.used_at.is_(None), link.expires_at > to_ms(now))
        .values(used_at=to_ms(now))
    )
    return bool(result.rowcount)


async def use_answer(
    db: Database, connection: AsyncConnection, answer: str, actor: Actor, *, by: str, now: datetime
) -> bool:
    """Use a provider's answer up; False if it was used before.

    It is kept as a link that was used: of both it must be known that they were, and that somebody
    came.
    """
    used = to_ms(now)
    result = await connection.execute(
        db.insert(sign_in_links)
        .values(
            digest=digest(answer),
            name=actor.name,
            role=actor.role.value,
            created_at=used,
            created_by=by,
            expires_at=used,
            used_at=used,
            email="",
        )
        .on_conflict_do_nothing()
    )
    return bool(result.rowcount)


async def begin(
    connection: AsyncConnection,
    secret: str,
    person: Person,
    *,
    now: datetime,
    expires_at: datetime,
) -> None:
    """A session; those that have run out go with it."""
    await connection.execute(sa.delete(sessions).where(sessions.c.expires_at <= to_ms(now)))
    await connection.execute(
        sa.insert(sessions).values(
            digest=digest(secret),
            name=person.actor.name,
            role=person.actor.role.value,
            created_at=to_ms(now),
            seen_at=to_ms(now),
            expires_at=to_ms(expires_at),
            shown=person.shown,
            email=person.email,
            by_provider=person.by_provider,
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
        Person(_actor(found), found["shown"], found["email"], bool(found["by_provider"])),
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


async def end_other_roles(connection: AsyncConnection, actor: Actor) -> None:
    """End that person's sessions of another role."""
    s = sessions.c
    await connection.execute(
        sa.delete(sessions).where(s.name == actor.name, s.role != actor.role.value)
    )


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who is signed in, in so many browsers."""

    name: str
    role: AccessRole
    sessions: int
    since: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that nobody has used yet; its secret is not known any more."""

    name: str
    role: AccessRole
    by: str
    expires_at: datetime


async def people(connection: AsyncConnection, now: datetime) -> list[SignedIn]:
    """Who is signed in, by name; their sessions of one role are one entry."""
    s = sessions.c
    found = await rows(
        connection,
        sa.select(
            s.name,
            s.role,
            sa.func.count().label("sessions"),
            sa.func.min(s.created_at).label("since"),
            sa.func.max(s.seen_at).label("seen_at"),
        )
        .where(s.expires_at > to_ms(now))
        .group_by(s.name, s.role)
        .order_by(s.name, s.role),
    )
    return [
        SignedIn(
            each["name"],
            AccessRole(each["role"]),
            each["sessions"],
            from_ms(each["since"]),
            from_ms(each["seen_at"]),
        )
        for each in found
    ]


async def invitations(connection: AsyncConnection, now: datetime) -> list[Invitation]:
    """The links that somebody may still use, the newest first."""
    link = sign_in_links.c
    found = await rows(
        connection,
        sa.select(sign_in_links)
        .where(link.used_at.is_(None), link.expires_at > to_ms(now))
        .order_by(link.created_at.desc()),
    )
    return [
        Invitation(
            each["name"],
            AccessRole(each["role"]),
            each["created_by"],
            from_ms(each["expires_at"]),
        )
        for each in found
    ]


async def holding(
    connection: AsyncConnection, digests: Iterable[str], now: datetime
) -> frozenset[str]:
    """Those of these digests whose sessions have not ended."""
    s = sessions.c
    wanted = sorted(set(digests))
    found = await rows(
        connection, sa.select(s.digest).where(s.digest.in_(wanted), s.expires_at > to_ms(now))
    )
    return frozenset(each["digest"] for each in found)


async def drop_links(connection: AsyncConnection, name: str) -> None:
    """Void the links of that name that nobody has used."""
    link = sign_in_links.c
    await connection.execute(
        sa.delete(sign_in_links).where(link.name == name, link.used_at.is_(None))
    )


async def drop_all(connection: AsyncConnection) -> None:
    """Sign everybody out, and void every link."""
    await connection.execute(sa.delete(sessions))
    await connection.execute(sa.delete(sign_in_links).where(sign_in_links.c.used_at.is_(None)))


async def is_fresh(connection: AsyncConnection) -> bool:
    """Whether nobody has begun to use this install: no sign-in, no API token, no ticket."""
    used = sa.select(sign_in_links).where(sign_in_links.c.used_at.is_not(None))
    ticket = sa.select(records.c.key).where(records.c.kind == "ticket")
    for each in (used, sa.select(api_tokens.c.id), ticket):
        if await connection.scalar(sa.select(each.exists())):
            return False
    return True


async def drop_expired(connection: AsyncConnection, now: datetime, limit: int) -> int:
    """Remove sessions that ran out, and links that nobody used in time; how many of the latter."""
    await connection.execute(sa.delete(sessions).where(sessions.c.expires_at <= to_ms(now)))
    link = sign_in_links.c
    some = (
        sa.select(link.digest)
        .where(link.used_at.is_(None), link.expires_at <= to_ms(now))
        .limit(limit)
    )
    result = await connection.execute(sa.delete(sign_in_links).where(link.digest.in_(some)))
    return int(result.rowcount)


async def drop_used(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Remove links that were used long ago, but the newest: somebody came, once."""
    link = sign_in_links.c
    newest = sa.select(sa.func.max(link.used_at)).scalar_subquery()
    some = sa.select(link.digest).where(link.used_at < to_ms(before), link.used_at < newest)
    result = await connection.execute(
        sa.delete(sign_in_links).where(link.digest.in_(some.limit(limit)))
    )
    return int(result.rowcount)

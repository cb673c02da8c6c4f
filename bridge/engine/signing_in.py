"""Signing in to the pages: a link that works once, or a provider's answer, becomes a session.

A link is shown first and used by a button, because mail scanners follow links. Sessions end by
themselves after a time without use, and after a longer one in any case.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from bridge.domain.access import AccessRole, Actor, Person
from bridge.engine.hub import Hub
from bridge.store import sessions, tokens
from bridge.store.connection import AsyncConnection

EMAIL = r"^[\x21-\x3f\x41-\x7e]{1,64}@[\x21-\x3f\x41-\x7e]{1,255}$"
"""What an address looks like that a person is invited with."""
FIRST_ADMIN = "first admin"
LINK_HOLDS = timedelta(minutes=30)
IDLE = timedelta(hours=12)
"""A session without use ends after this."""
LONGEST = timedelta(days=7)
"""A session ends after this, however much it is used."""
LONGEST_BY_PROVIDER = timedelta(days=1)
"""The same for whom a provider vouches: it is asked again, and may say no by then."""
TOUCHED = timedelta(minutes=5)
"""How exactly its last use is kept: not each page needs a write."""


async def invite(hub: Hub, actor: Actor, *, by: str, email: str = "") -> str:
    """The secret of a link that signs that person in once, within half an hour.

    `email` is theirs, as whoever makes the link says: by it they find their own customers.
    """
    secret, now = secrets.token_urlsafe(32), hub.now()
    async with hub.db.write() as connection:
        await sessions.add_link(
            connection,
            secret,
            Person(actor, email=email.lower()),
            by=by,
            now=now,
            expires_at=now + LINK_HOLDS,
        )
        await tokens.audit(
            connection,
            actor=by,
            action="sign_in.invite",
            target=actor.name,
            detail={"role": actor.role.value},
            now=now,
        )
    return secret


def address(hub: Hub, secret: str) -> str:
    """Where the link leads."""
    return f"{hub.public_url}/sign-in/{secret}"


async def first_link(hub: Hub) -> str | None:
    """The address that a fresh install prints, for an admin; None on one that is in use."""
    async with hub.db.read() as connection:
        if not await sessions.is_fresh(connection):
            return None
    async with hub.db.write() as connection:
        # Each start prints one; those of earlier starts hold no longer.
        await sessions.drop_links(connection, FIRST_ADMIN)
    actor = Actor(FIRST_ADMIN, AccessRole.ADMIN)
    return address(hub, await invite(hub, actor, by="bridge serve"))


async def invited(hub: Hub, secret: str) -> Person | None:
    """Whom a link would sign in; nothing changes by asking."""
    async with hub.db.read() as connection:
        return await sessions.link_of(connection, secret, hub.now())


async def sign_in(hub: Hub, secret: str, *, before: str = "") -> str | None:
    """Use a link: the secret of the session it began; None if the link holds no longer.

    `before`: the session that this browser had; it ends. So do sessions of the same person with
    another role: what an admin invites somebody as holds from then on.
    """
    now, session = hub.now(), secrets.token_urlsafe(32)
    async with hub.db.write() as connection:
        person = await sessions.link_of(connection, secret, now)
        if person is None or not await sessions.use_link(connection, secret, now):
            return None
        await _begin(connection, session, person, before=before, by="", now=now)
    return session


async def sign_in_by_provider(
    hub: Hub, person: Person, answer: str, *, by: str, before: str = ""
) -> str | None:
    """The secret of the session of somebody for whom a provider vouches; None if it did before.

    `answer` is what its answer is known by, `by` the provider; `before` as for a link.
    """
    now, session = hub.now(), secrets.token_urlsafe(32)
    async with hub.db.write() as connection:
        actor = person.actor
        if not await sessions.use_answer(hub.db, connection, answer, actor, by=by, now=now):
            return None
        await _begin(connection, session, person, before=before, by=by, now=now)
    return session


async def _begin(
    connection: AsyncConnection,
    session: str,
    person: Person,
    *,
    before: str,
    by: str,
    now: datetime,
) -> None:
    """One session more, and those that must not outlive its beginning are over."""
    actor = person.actor
    await sessions.end(connection, before)
    await sessions.end_other_roles(connection, actor)
    await sessions.begin(connection, session, person, now=now, expires_at=now + IDLE)
    await tokens.audit(
        connection,
        actor=actor.name,
        action="sign_in",
        target=actor.name,
        detail={"by": by, "role": actor.role.value} if by else {},
        now=now,
    )


async def visitor(hub: Hub, session: str, *, used: bool = True) -> Person | None:
    """Who is signed in by that session; None if nobody is any more.

    `used` False: nobody did anything, a page that was left open looks again. It must not keep
    the session alive.
    """
    now = hub.now()
    async with hub.db.read() as connection:
        found = await sessions.find(connection, session, now)
    if found is None:
        return None
    if used and now - found.seen_at > TOUCHED:
        async with hub.db.write(durable=False) as connection:
            longest = LONGEST_BY_PROVIDER if found.person.by_provider else LONGEST
            until = min(now + IDLE, found.created_at + longest)
            await sessions.seen(connection, session, now=now, expires_at=until)
    return found.person


async def sign_out(hub: Hub, session: str, *, everywhere: bool = False) -> None:
    """End the session, or every session of its person."""
    now = hub.now()
    async with hub.db.write() as connection:
        found = await sessions.find(connection, session, now)
        if found is None:
            return
        name, count = found.person.actor.name, 1
        await sessions.end(connection, session)
        if everywhere:
            count += await sessions.end_all(connection, name)
        await tokens.audit(
            connection,
            actor=name,
            action="sign_out",
            target=name,
            detail={"sessions": count},
            now=now,
        )


async def end_sessions(hub: Hub, name: str, *, by: str) -> int:
    """Sign somebody out wherever they are signed in, and void links they have not used yet."""
    async with hub.db.write() as connection:
        count = await sessions.end_all(connection, name)
        await sessions.drop_links(connection, name)
        await tokens.audit(
            connection,
            actor=by,
            action="sign_out",
            target=name,
            detail={"sessions": count},
            now=hub.now(),
        )
    return count

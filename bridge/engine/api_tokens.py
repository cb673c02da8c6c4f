"""API tokens made and revoked by a person, each with its entry in the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.domain.access import AccessRole
from bridge.engine.hub import Hub
from bridge.store import tokens

LONGEST = timedelta(days=3650)
"""For how long a token may hold that runs out at all."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new token. Its `secret` is stored nowhere: it is shown this once."""

    id: str
    secret: str
    created_at: datetime
    expires_at: datetime | None


async def make(
    hub: Hub, *, name: str, role: AccessRole, expires: timedelta | None, by: str
) -> Made:
    """A token of that role, which holds that long, or until it is revoked."""
    now = hub.now()
    expires_at = None if expires is None else now + expires
    async with hub.db.write() as connection:
        id, secret = await tokens.create(
            connection, name=name, role=role.value, by=by, now=now, expires_at=expires_at
        )
        await tokens.audit(
            connection,
            actor=by,
            action="token.created",
            target=f"token {id}",
            detail={"name": name, "role": role.value},
            now=now,
        )
    return Made(id, secret, now, expires_at)


async def revoke(hub: Hub, id: str, *, by: str) -> bool:
    """Let the token open nothing from now on; False if there is none that holds."""
    async with hub.db.write() as connection:
        if not await tokens.revoke(connection, id, hub.now()):
            return False
        await tokens.audit(
            connection,
            actor=by,
            action="token.revoked",
            target=f"token {id}",
            detail={},
            now=hub.now(),
        )
    return True

"""API tokens: only their digests are stored. And the audit log of what people did."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.kit.clock import to_ms
from bridge.kit.ids import new_id
from bridge.store.connection import AsyncConnection
from bridge.store.database import Row, row, rows
from bridge.store.tables import api_tokens, audit_log


def digest(secret: str) -> str:
    """What is stored of a token. It has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


async def create(
    connection: AsyncConnection,
    *,
    name: str,
    role: str,
    by: str,
    now: datetime,
    expires_at: datetime | None,
) -> tuple[str, str]:
    """A new token: its id, and the secret, which is shown this once."""
    id, secret = new_id(), f"tb_{secrets.token_urlsafe(32)}"
    await connection.execute(
        sa.insert(api_tokens).values(
            id=id,
            name=name,
            role=role,
            digest=digest(secret),
            created_at=to_ms(now),
            created_by=by,
            expires_at=None if expires_at is None else to_ms(expires_at),
        )
    )
    return id, secret


async def find(connection: AsyncConnection, secret: str, now: datetime) -> Row | None:
    """The token of that secret, unless it was revoked or expired."""
    t = api_tokens.c
    return await row(
        connection,
        sa.select(api_tokens).where(
            t.digest == digest(secret),
            t.revoked_at.is_(None),
            sa.or_(t.expires_at.is_(None), t.expires_at > to_ms(now)),
        ),
    )


async def page(connection: AsyncConnection, *, cursor: str | None, limit: int) -> list[Row]:
    """Tokens without their digests, newest first, those before the cursor."""
    t = api_tokens.c
    statement = sa.select(
        t.id, t.name, t.role, t.created_at, t.created_by, t.expires_at, t.revoked_at
    )
    if cursor is not None:
        statement = statement.where(t.id < cursor)
    return await rows(connection, statement.order_by(t.id.desc()).limit(limit))


async def revoke(connection: AsyncConnection, id: str, now: datetime) -> bool:
    """Revoke a token; False if there is none to revoke."""
    result = await connection.execute(
        sa.update(api_tokens)
        .where(api_tokens.c.id == id, api_tokens.c.revoked_at.is_(None))
        .values(revoked_at=to_ms(now))
    )
    return bool(result.rowcount)


async def audit(
    connection: AsyncConnection,
    *,
    actor: str,
    action: str,
    target: str,
    detail: dict[str, Any],
    now: datetime,
) -> None:
    """Keep who did what to what."""
    await connection.execute(
        sa.insert(audit_log).values(
            id=new_id(), at=to_ms(now), actor=actor, action=action, target=target, detail=detail
        )
    )

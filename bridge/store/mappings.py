"""Mapping versions, by content hash, and the campaigns that an activation starts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.kit.clock import to_ms
from bridge.kit.ids import new_id
from bridge.store.database import Database, Row, row, rows
from bridge.store.tables import campaigns, mapping_versions, records


@dataclass(frozen=True, slots=True)
class MappingVersion:
    """A stored version: `source` is the YAML as given, `state` draft, active or retired."""

    hash: str
    name: str
    helpdesk: str
    source: str
    state: str


def _version(found: Row) -> MappingVersion:
    return MappingVersion(
        found["hash"], found["name"], found["helpdesk"], found["source"], found["state"]
    )


async def active(connection: AsyncConnection) -> list[MappingVersion]:
    """The active version of every mapping."""
    statement = sa.select(mapping_versions).where(mapping_versions.c.state == "active")
    return [_version(each) for each in await rows(connection, statement)]


async def load(connection: AsyncConnection, name: str, content_hash: str) -> MappingVersion | None:
    """One version of one mapping."""
    found = await row(
        connection,
        sa.select(mapping_versions).where(
            mapping_versions.c.name == name, mapping_versions.c.hash == content_hash
        ),
    )
    return None if found is None else _version(found)


async def versions(connection: AsyncConnection, name: str) -> list[Row]:
    """All versions of a mapping, newest first."""
    v = mapping_versions.c
    return await rows(
        connection,
        sa.select(mapping_versions).where(v.name == name).order_by(v.created_at.desc(), v.hash),
    )


async def add_draft(
    db: Database, connection: AsyncConnection, version: MappingVersion, *, by: str, now: datetime
) -> bool:
    """Store a version as a draft; False if this very content is stored already."""
    result = await connection.execute(
        db.insert(mapping_versions)
        .values(
            hash=version.hash,
            name=version.name,
            helpdesk=version.helpdesk,
            source=version.source,
            state="draft",
            created_at=to_ms(now),
            created_by=by,
        )
        .on_conflict_do_nothing()
    )
    return bool(result.rowcount)


async def activate(
    connection: AsyncConnection, name: str, content_hash: str, *, now: datetime
) -> MappingVersion | None:
    """Make the version the active one of its mapping; None if there is no such version."""
    await connection.execute(
        sa.update(mapping_versions)
        .where(mapping_versions.c.name == name, mapping_versions.c.state == "active")
        .values(state="retired")
    )
    await connection.execute(
        sa.update(mapping_versions)
        .where(mapping_versions.c.name == name, mapping_versions.c.hash == content_hash)
        .values(state="active", activated_at=to_ms(now))
    )
    return await load(connection, name, content_hash)


async def start_campaign(connection: AsyncConnection, name: str, reason: str, now: datetime) -> str:
    """Plan to mark every record of a connection, behind all live work; the campaign's id."""
    total = await connection.scalar(
        sa.select(sa.func.count()).select_from(records).where(records.c.connection == name)
    )
    id = new_id()
    await connection.execute(
        sa.update(campaigns)
        .where(campaigns.c.connection == name, campaigns.c.state == "running")
        .values(state="superseded", finished_at=to_ms(now))
    )
    await connection.execute(
        sa.insert(campaigns).values(
            id=id,
            connection=name,
            reason=reason,
            state="running",
            total=int(total or 0),
            started_at=to_ms(now),
        )
    )
    return id


async def running_campaigns(connection: AsyncConnection) -> list[Row]:
    """Campaigns that are under way."""
    return await rows(connection, sa.select(campaigns).where(campaigns.c.state == "running"))


async def campaign_keys(
    connection: AsyncConnection, name: str, cursor: str, limit: int
) -> list[str]:
    """The keys of the connection's next records after the cursor."""
    found = await rows(
        connection,
        sa.select(records.c.key)
        .where(records.c.connection == name, records.c.key > cursor)
        .order_by(records.c.key)
        .limit(limit),
    )
    return [each["key"] for each in found]


def keyed(keys: list[str]) -> sa.Select[tuple[str]]:
    """The existing ones of these keys, as a select."""
    return sa.select(records.c.key).where(records.c.key.in_(keys))


async def advance_campaign(
    connection: AsyncConnection, id: str, *, keys: list[str], now: datetime
) -> None:
    """Store how far the campaign came; without keys it is finished."""
    values: dict[str, object] = (
        {"cursor": keys[-1], "marked": campaigns.c.marked + len(keys)}
        if keys
        else {"state": "finished", "finished_at": to_ms(now)}
    )
    await connection.execute(sa.update(campaigns).where(campaigns.c.id == id).values(**values))

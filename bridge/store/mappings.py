"""Mapping versions, by content hash, and the records that an activation concerns."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bridge.kit.clock import from_ms, to_ms
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, Row, row, rows
from bridge.store.tables import audit_log, findings, links, mapping_versions, records

DRAFTED, ACTIVATED = "mapping.drafted", "mapping.activated"
"""The audit log's words for what people do with a mapping."""
FEW = 3
"""Earlier versions that are looked at: several activations may follow each other closely."""


@dataclass(frozen=True, slots=True)
class MappingVersion:
    """A stored version: `source` is the YAML as given, `state` draft, active or retired."""

    hash: str
    name: str
    helpdesk: str
    source: str
    state: str
    activated_at: datetime | None = None


def _version(found: Row) -> MappingVersion:
    return MappingVersion(
        found["hash"],
        found["name"],
        found["helpdesk"],
        found["source"],
        found["state"],
        None if found["activated_at"] is None else from_ms(found["activated_at"]),
    )


async def hold(db: Database, connection: AsyncConnection) -> None:
    """Let nobody else change mapping versions until this transaction ends; reading goes on."""
    if not db.is_sqlite:  # there the writer is alone anyway
        await connection.execute(sa.text("LOCK TABLE mapping_versions IN SHARE ROW EXCLUSIVE MODE"))


async def active(connection: AsyncConnection) -> list[MappingVersion]:
    """The active version of every mapping."""
    statement = sa.select(mapping_versions).where(mapping_versions.c.state == "active")
    return [_version(each) for each in await rows(connection, statement)]


async def before(connection: AsyncConnection, version: MappingVersion) -> list[MappingVersion]:
    """The versions that were in force for the helpdesk before this one, newest first, a few."""
    v = mapping_versions.c
    statement = sa.select(mapping_versions).where(
        v.helpdesk == version.helpdesk, v.state == "retired", v.activated_at.is_not(None)
    )
    if version.activated_at is not None:
        statement = statement.where(v.activated_at <= to_ms(version.activated_at))
    found = await rows(connection, statement.order_by(v.activated_at.desc()).limit(FEW))
    return [_version(each) for each in found]


async def load(connection: AsyncConnection, name: str, content_hash: str) -> MappingVersion | None:
    """One version of one mapping."""
    found = await row(
        connection,
        sa.select(mapping_versions).where(
            mapping_versions.c.name == name, mapping_versions.c.hash == content_hash
        ),
    )
    return None if found is None else _version(found)


async def versions(connection: AsyncConnection, name: str | None = None) -> list[Row]:
    """All versions of a mapping (of every one, by name), newest first, without their source."""
    v = mapping_versions.c
    columns = [column for column in v if column is not v.source]
    statement = sa.select(*columns).order_by(v.name, v.created_at.desc(), v.hash)
    return await rows(connection, statement if name is None else statement.where(v.name == name))


async def acts(connection: AsyncConnection, name: str | None = None) -> list[Row]:
    """What people did with the versions of a mapping (of every one), oldest first."""
    a = audit_log.c
    statement = sa.select(a.at, a.actor, a.action, a.target, a.detail).order_by(a.at, a.id)
    if name is not None:
        statement = statement.where(a.target == target_of(name))
    return await rows(connection, statement.where(a.action.in_((DRAFTED, ACTIVATED))))


async def open_findings(
    connection: AsyncConnection, helpdesk: str, codes: Collection[str], *, limit: int
) -> list[Row]:
    """The newest open findings of these codes on the helpdesk's records."""
    f = findings.c
    return await rows(
        connection,
        sa.select(f.code, f.topic, f.data)
        .where(f.state == "open", f.connection == helpdesk, f.code.in_(sorted(codes)))
        .order_by(f.id.desc())
        .limit(limit),
    )


def target_of(name: str) -> str:
    """What the audit log calls the mapping."""
    return f"mapping {name}"


async def newest_draft(connection: AsyncConnection, name: str) -> Row | None:
    """The draft of the mapping that was written last."""
    v = mapping_versions.c
    statement = sa.select(mapping_versions).where(v.name == name, v.state == "draft")
    return await row(connection, statement.order_by(v.created_at.desc(), v.hash))


async def add_draft(
    connection: AsyncConnection,
    version: MappingVersion,
    *,
    by: str,
    now: datetime,
    renew: bool = False,
) -> bool:
    """Store a version as the newest draft; False if it is active, or a draft already.

    `renew`: a draft that is there is written once more, and is the newest from now on.
    """
    v = mapping_versions.c
    held = await load(connection, version.name, version.hash)
    if held is not None and held.state in ("active", *(() if renew else ("draft",))):
        return False
    newest = await connection.scalar(
        sa.select(sa.func.max(v.created_at)).where(v.name == version.name)
    )
    written = {
        "helpdesk": version.helpdesk,
        "source": version.source,
        "state": "draft",
        # Newer than the others even where two are written within a millisecond.
        "created_at": max(to_ms(now), int(newest or 0) + 1),
        "created_by": by,
    }
    if held is None:
        key = {"hash": version.hash, "name": version.name}
        await connection.execute(sa.insert(mapping_versions).values(**key, **written))
    else:
        is_it = sa.and_(v.name == version.name, v.hash == version.hash)
        await connection.execute(sa.update(mapping_versions).where(is_it).values(**written))
    return True


async def retire_drafts(
    connection: AsyncConnection, name: str, *, by: str, but: str | None = None
) -> None:
    """Take back the drafts that `by` wrote, all `but` the one of that hash."""
    v = mapping_versions.c
    await connection.execute(
        sa.update(mapping_versions)
        .where(v.name == name, v.state == "draft", v.created_by == by, v.hash != (but or ""))
        .values(state="retired")
    )


async def activate(
    connection: AsyncConnection, version: MappingVersion, *, now: datetime
) -> list[MappingVersion]:
    """Make the version the active one of its mapping and helpdesk; those that it replaces.

    Drafts that are older than it are retired: whoever activates "the newest" never goes back.
    """
    v = mapping_versions.c
    is_it = sa.and_(v.name == version.name, v.hash == version.hash)
    before = [
        each
        for each in await active(connection)
        if each.name == version.name or each.helpdesk == version.helpdesk
    ]
    written = sa.select(v.created_at).where(is_it).scalar_subquery()
    replaced = sa.or_(
        sa.and_(
            v.state == "active", sa.or_(v.name == version.name, v.helpdesk == version.helpdesk)
        ),
        sa.and_(v.state == "draft", v.name == version.name, v.created_at < written),
    )
    await connection.execute(
        sa.update(mapping_versions).where(replaced, sa.not_(is_it)).values(state="retired")
    )
    await connection.execute(
        sa.update(mapping_versions).where(is_it).values(state="active", activated_at=to_ms(now))
    )
    return before


async def count_records(connection: AsyncConnection, name: str) -> int:
    """How many records the hub knows of a connection."""
    total = await connection.scalar(
        sa.select(sa.func.count()).select_from(records).where(records.c.connection == name)
    )
    return int(total or 0)


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


async def items_on(connection: AsyncConnection, tickets: list[str]) -> list[str]:
    """The keys of the work items that hang on these tickets."""
    statement = sa.select(links.c.work_item_key).distinct()
    found = await rows(
        connection, statement.where(links.c.ticket_key.in_(tickets), links.c.state != "ended")
    )
    return sorted(each["work_item_key"] for each in found)

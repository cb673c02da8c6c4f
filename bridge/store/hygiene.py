"""What the nightly look goes through and keeps, and on which days what was done already."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

import sqlalchemy as sa

from bridge.core.hygiene import END_PAST
from bridge.domain.findings import Finding
from bridge.kit.clock import from_ms, to_ms
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, Row, row, rows
from bridge.store.tables import days_done, findings, links, records

_F = findings.c


async def next_tickets(
    connection: AsyncConnection, name: str, *, after: str, limit: int
) -> list[str]:
    """The keys of tickets that are looked after, or to which something is tied, after that key.

    That is a work item, or a finding of something given for a time, whatever became of it: only a
    look tells whether it was taken back.
    """
    r = records.c
    given = sa.exists().where(_F.ref == r.key, _F.code == END_PAST)
    linked = sa.exists().where(links.c.ticket_key == r.key, links.c.state != "ended")
    found = await rows(
        connection,
        sa.select(r.key)
        .where(
            r.connection == name,
            r.kind == "ticket",
            r.key > after,
            r.merged_into.is_(None),
            sa.or_(r.active, linked, given),
        )
        .order_by(r.key)
        .limit(limit),
    )
    return [each["key"] for each in found]


async def given(connection: AsyncConnection, keys: Sequence[str]) -> list[Finding]:
    """What is found of these tickets to have been given for a time that is over."""
    statement = sa.select(findings).where(
        _F.ref.in_(list(keys)), _F.code == END_PAST, _F.state != "resolved"
    )
    return [
        Finding(END_PAST, each["connection"], each["ref"], each["topic"], each["data"])
        for each in await rows(connection, statement)
    ]


async def hanging_on(connection: AsyncConnection, keys: Iterable[str]) -> dict[str, list[str]]:
    """The work items with a live link to each of these tickets, by the ticket's key."""
    found: dict[str, list[str]] = {}
    wanted = sorted(set(keys))
    if not wanted:
        return found
    statement = sa.select(links.c.ticket_key, links.c.work_item_key).where(
        links.c.ticket_key.in_(wanted), links.c.state != "ended"
    )
    for each in await rows(connection, statement.order_by(links.c.work_item_key)):
        found.setdefault(each["ticket_key"], []).append(each["work_item_key"])
    return found


async def live_links(connection: AsyncConnection, key: str, item: str) -> list[str]:
    """The ids of the live links between the two."""
    statement = sa.select(links.c.id).where(
        links.c.ticket_key == key, links.c.work_item_key == item, links.c.state != "ended"
    )
    return [each["id"] for each in await rows(connection, statement)]


async def open_by_code(
    connection: AsyncConnection, names: Collection[str]
) -> list[tuple[str, int, datetime]]:
    """For each code with open findings at these connections: how many, and since when."""
    found = await rows(
        connection,
        sa.select(_F.code, sa.func.count().label("n"), sa.func.min(_F.first_seen_at).label("since"))
        .where(_F.state == "open", _F.connection.in_(sorted(names)))
        .group_by(_F.code)
        .order_by(_F.code),
    )
    return [(each["code"], int(each["n"]), from_ms(each["since"])) for each in found]


async def close_unseen(
    connection: AsyncConnection, name: str, codes: Sequence[str], before: datetime
) -> int:
    """Close the findings of these codes that were not seen since, ignored ones too; how many."""
    result = await connection.execute(
        sa.update(findings)
        .where(
            _F.connection == name,
            _F.code.in_(list(codes)),
            _F.state != "resolved",
            _F.last_seen_at < to_ms(before),
        )
        .values(state="resolved")
    )
    return result.rowcount


async def open_of(
    connection: AsyncConnection,
    codes: Sequence[str],
    *,
    cursor: str | None,
    limit: int,
    name: str | None = None,
) -> list[Row]:
    """The open findings of these codes, newest first, those before the cursor."""
    statement = sa.select(findings).where(_F.state == "open", _F.code.in_(list(codes)))
    if name is not None:
        statement = statement.where(_F.connection == name)
    if cursor is not None:
        statement = statement.where(_F.id < cursor)
    return await rows(connection, statement.order_by(_F.id.desc()).limit(limit))


async def ages(connection: AsyncConnection, codes: Sequence[str]) -> dict[str, datetime]:
    """Since when the oldest open finding of each of these codes has been open."""
    found = await rows(
        connection,
        sa.select(_F.code, sa.func.min(_F.first_seen_at).label("since"))
        .where(_F.state == "open", _F.code.in_(list(codes)))
        .group_by(_F.code),
    )
    return {each["code"]: from_ms(each["since"]) for each in found}


# ------------------------------------------------------------------------------- days done


async def take_day(
    db: Database, connection: AsyncConnection, what: str, day: date, count: int, now: datetime
) -> bool:
    """Keep that this was done for that day; False if it was, by whichever process."""
    statement = db.insert(days_done).values(
        what=what, day=day.isoformat(), at=to_ms(now), count=count
    )
    result = await connection.execute(statement.on_conflict_do_nothing())
    return bool(result.rowcount)


async def is_done(connection: AsyncConnection, what: str, day: date) -> bool:
    """Whether it was done for that day."""
    d = days_done.c
    found = await row(connection, sa.select(d.at).where(d.what == what, d.day == day.isoformat()))
    return found is not None


async def last_done(connection: AsyncConnection, what: str) -> datetime | None:
    """When it was done last."""
    d = days_done.c
    at = await connection.scalar(sa.select(sa.func.max(d.at)).where(d.what == what))
    return None if at is None else from_ms(int(at))


async def forget_days(connection: AsyncConnection, before: datetime) -> None:
    """Forget what was done so long ago."""
    await connection.execute(sa.delete(days_done).where(days_done.c.at < to_ms(before)))

"""How often each value of a field was last seen on the records of a connection."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.domain.records import Value
from bridge.store.connection import AsyncConnection
from bridge.store.database import rows
from bridge.store.tables import records

MOST = 200
"""Values that are told apart; the rarest are left out."""


LOOKED_AT = 50
"""Records among which a field's newest value is looked for."""


async def newest_values(connection: AsyncConnection, name: str) -> dict[str, Value]:
    """Of each field the value that the record read last has, among a few; those without are out."""
    r = records.c
    found = await rows(
        connection,
        sa.select(r.observation)
        .where(r.connection == name, r.kind.in_(("ticket", "work_item")))
        .where(r.observation.is_not(None), r.read_at.is_not(None))
        .order_by(r.read_at.desc(), r.key)
        .limit(LOOKED_AT),
    )
    newest: dict[str, Value] = {}
    for each in found:
        for field, (value, _) in each["observation"]["facts"].items():
            if value not in (None, "") and field not in newest:
                newest[field] = value
    return newest


async def newest_tickets(connection: AsyncConnection, name: str, most: int) -> list[str]:
    """The keys of the tickets that were read last, the newest first."""
    r = records.c
    found = await rows(
        connection,
        sa.select(r.key)
        .where(r.connection == name, r.kind == "ticket")
        .where(r.observation.is_not(None), r.read_at.is_not(None))
        .order_by(r.read_at.desc(), r.key)
        .limit(most),
    )
    return [each["key"] for each in found]


async def seen_values(
    connection: AsyncConnection, name: str, field: str, *, most: int = MOST
) -> dict[str, int]:
    """Each value of the fact → on how many records, the most frequent first.

    Records that lack it are not counted, nor values that are lists. It goes over every record of
    the connection: for people who edit, not for what runs all the time.
    """
    if '"' in field or "\\" in field:
        return {}  # no vendor's field is called so, and SQLite's paths can't name it
    # Named once: PostgreSQL takes the same expression with other parameters for another.
    value = records.c.observation[("facts", field, 0)].as_string().label("value")
    each = (
        sa.select(value)
        .where(records.c.connection == name, records.c.kind.in_(("ticket", "work_item")))
        .where(records.c.observation.is_not(None))
        .subquery()
    )
    counted = sa.func.count().label("records")
    found = await rows(
        connection,
        sa.select(each.c.value, counted)
        .where(each.c.value.is_not(None))
        .group_by(each.c.value)
        .order_by(counted.desc(), each.c.value)
        .limit(most),
    )
    told: dict[str, int] = {}
    for one in found:
        said = one["value"]
        if said not in ("", "null") and not said.startswith(("[", "{")):
            told[said] = one["records"]
    return told

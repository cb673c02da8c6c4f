"""What simulators and the hub keep, as texts that a word can be looked for in."""

from __future__ import annotations

from collections import deque
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.store.tables import metadata

DESKS = ("hubspot", "zendesk")
"""The helpdesks of the worlds that are searched; one that is not there keeps nothing."""


def kept(thing: Any, depth: int = 7) -> Any:
    """Everything that a simulator keeps, whatever its classes are made of."""
    if depth == 0 or isinstance(thing, str | bytes | int | float | None):
        return thing
    if isinstance(thing, type) or callable(thing):
        return ""
    if isinstance(thing, dict):
        return {repr(k): kept(v, depth - 1) for k, v in thing.items()}
    if isinstance(thing, list | tuple | set | deque):
        return [kept(each, depth - 1) for each in thing]
    names = [*getattr(thing, "__dict__", ()), *getattr(type(thing), "__slots__", ())]
    return {n: kept(getattr(thing, n, None), depth - 1) for n in names} or repr(thing)


def as_text(thing: Any) -> str:
    """Everything of a thing, as one text."""
    return repr(kept(thing))


async def stored(connection: AsyncConnection) -> dict[str, str]:
    """What the hub keeps, by table, but for what it saw of trackers' own records."""
    texts = {}
    for table in metadata.sorted_tables:
        query = sa.select(table)
        # A tracker's item has its own words: in what was seen of it, and nowhere else.
        if table.name == "records":
            query = query.where(table.c.kind != "work_item")
        elif table.name == "runs":
            of_tickets = [table.c.record_key.like(f"{desk}:%") for desk in DESKS]
            query = query.where(sa.or_(*of_tickets))
        elif table.name == "deliveries":
            query = query.where(table.c.connection.in_(["sentry", *DESKS]))
        found = await connection.execute(query)
        texts[f"store {table.name}"] = repr(found.all())
    return texts

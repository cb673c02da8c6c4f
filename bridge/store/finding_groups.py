"""Findings by their cause: how many, since when, and whose customers they concern."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from bridge.store.connection import AsyncConnection
from bridge.store.database import Row, rows
from bridge.store.tables import findings, links, ticket_views

_F = findings.c
_CUSTOMER = ticket_views.c.customer


def _meant(state: str, name: str | None) -> list[sa.ColumnElement[bool]]:
    return [_F.state == state, *([] if name is None else [_F.connection == name])]


async def counts(connection: AsyncConnection) -> dict[str, int]:
    """How many findings are in each state."""
    statement = sa.select(_F.state, sa.func.count().label("n")).group_by(_F.state)
    return {each["state"]: each["n"] for each in await rows(connection, statement)}


async def groups(connection: AsyncConnection, state: str, name: str | None = None) -> list[Row]:
    """For each code of that state: `findings`, `seen` (times), `first_at`, `last_at`, `newest`."""
    return await rows(
        connection,
        sa.select(
            _F.code,
            sa.func.count().label("findings"),
            sa.func.sum(_F.count).label("seen"),
            sa.func.min(_F.first_seen_at).label("first_at"),
            sa.func.max(_F.last_seen_at).label("last_at"),
            sa.func.max(_F.id).label("newest"),
        )
        .where(*_meant(state, name))
        .group_by(_F.code),
    )


async def places(connection: AsyncConnection, state: str) -> dict[str, list[str]]:
    """The connections at which each code of that state was found."""
    found: dict[str, list[str]] = {}
    statement = sa.select(_F.code, _F.connection).where(_F.state == state).distinct()
    for each in await rows(connection, statement.order_by(_F.connection)):
        found.setdefault(each["code"], []).append(each["connection"])
    return found


async def customers(
    connection: AsyncConnection, state: str, name: str | None = None
) -> dict[str, tuple[int, str]]:
    """For each code how many customers' tickets it concerns, and the first of their names.

    A finding on a work item concerns the tickets that hang on it.
    """
    meant = (*_meant(state, name), _CUSTOMER.is_not(None))
    own = sa.select(_F.code, _CUSTOMER).where(ticket_views.c.ticket_key == _F.ref, *meant)
    beside = sa.select(_F.code, _CUSTOMER).where(
        links.c.work_item_key == _F.ref,
        links.c.state != "ended",
        ticket_views.c.ticket_key == links.c.ticket_key,
        *meant,
    )
    both = own.union(beside).subquery()
    found = await rows(
        connection,
        sa.select(
            both.c.code,
            sa.func.count().label("n"),
            sa.func.min(both.c.customer).label("one"),
        ).group_by(both.c.code),
    )
    return {each["code"]: (each["n"], each["one"]) for each in found}


async def newest(connection: AsyncConnection, code: str) -> tuple[int, str]:
    """How many findings of the code are open, and the id of the newest."""
    found = await rows(
        connection,
        sa.select(sa.func.count().label("n"), sa.func.max(_F.id).label("id")).where(
            _F.code == code, _F.state == "open"
        ),
    )
    return found[0]["n"], found[0]["id"] or ""


async def next_open(
    connection: AsyncConnection, code: str, *, after: str, until: str, limit: int
) -> list[str]:
    """The ids of open findings of the code after `after`, `until` included, in their order."""
    statement = sa.select(_F.id).where(
        _F.code == code, _F.state == "open", _F.id > after, _F.id <= until
    )
    found = await rows(connection, statement.order_by(_F.id).limit(limit))
    return [each["id"] for each in found]


async def load_many(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, Row]:
    """These findings, by their ids."""
    found = await rows(connection, sa.select(findings).where(_F.id.in_(list(ids))))
    return {each["id"]: each for each in found}


async def customers_of(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, str]:
    """The customers of these tickets, by the ticket's key."""
    t = ticket_views.c
    found = await rows(
        connection,
        sa.select(t.ticket_key, t.customer).where(
            t.ticket_key.in_(list(keys)), t.customer.is_not(None)
        ),
    )
    return {each["ticket_key"]: each["customer"] for each in found}

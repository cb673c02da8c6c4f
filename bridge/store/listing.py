"""The list of tickets as people page through it: in order or in groups, with what each tab holds.

Numbers respect the filters and cost little: up to `FEW` tickets are counted, and of more it is
said that there are more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa

from bridge.store import tallies, views
from bridge.store.connection import AsyncConnection
from bridge.store.database import Row, rows
from bridge.store.tables import ticket_needs, ticket_views
from bridge.store.tallies import Tally
from bridge.store.views import FEW, TicketFilter, in_tab, narrowed

_v, _need = ticket_views.c, ticket_needs.c
GROUPS = {"customer": _v.customer, "release": _v.release_name}
"""By what tickets are grouped: columns that have an index with the key."""
Group = sa.ColumnElement[str | None]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ends: the last ticket; in a list by groups its group ("": none) too, in which
    the closed tickets come behind the open ones."""

    key: str
    group: str = ""
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the list, and what each of its tabs holds under the same filters."""

    rows: list[Row]
    tabs: Mapping[str, Tally]
    total: Tally


async def listed(
    connection: AsyncConnection,
    wanted: TicketFilter,
    *,
    by: str = "",
    after: Cursor | None = None,
    limit: int,
) -> Listed:
    """The rows after the cursor, in key order or by a group (those without one last)."""
    tab = wanted.needs
    single = (by == "customer" and wanted.customer) or (by == "release" and wanted.release)
    group = None if single else GROUPS.get(by)
    if not wanted.by_column and not wanted.q:
        # On a tab is nothing that is closed.
        tabs, total = await tallies.counts(connection, wanted.closed)
        few = await _tab_keys(connection, wanted) if group is not None and tab else None
        found = await _rows(connection, wanted, few, group, after, limit)
        return Listed(found, {} if wanted.closed else tabs, total)
    keys = await _keys(connection, replace(wanted, needs=None))
    held = await _needs_of(connection, keys)
    if len(keys) <= FEW:
        tabs = {need: Tally(len(there)) for need, there in held.items()}
        few = keys if tab is None else held.get(tab, [])
        found = await _rows(connection, wanted, few, group, after, limit)
        return Listed(found, tabs, Tally(len(keys)))
    tabs, short = await _many(connection, wanted, held)
    few = None if tab is None else short.get(tab)
    found = await _rows(connection, wanted, few, group, after, limit)
    return Listed(found, tabs, Tally(FEW, exact=False))


async def _keys(connection: AsyncConnection, wanted: TicketFilter) -> list[str]:
    """The keys of the tickets that are like that: of all if they are few, else of one more."""
    statement = narrowed(sa.select(_v.ticket_key), _v, wanted).limit(FEW + 1)
    return [each["ticket_key"] for each in await rows(connection, statement)]


async def _tab_keys(connection: AsyncConnection, wanted: TicketFilter) -> list[str] | None:
    """The same for the tickets of a tab, which leads; None if many stand there."""
    here = sa.and_(_need.ticket_key == _v.ticket_key, _need.need == wanted.needs)
    statement = sa.select(_need.ticket_key).join(ticket_views, here)
    statement = narrowed(statement, _v, wanted, driven=False).limit(FEW + 1)
    found = [each["ticket_key"] for each in await rows(connection, statement)]
    return None if len(found) > FEW else found


async def _needs_of(connection: AsyncConnection, keys: list[str]) -> dict[str, list[str]]:
    """Which of these tickets stand in each tab."""
    found = await rows(connection, sa.select(ticket_needs).where(_need.ticket_key.in_(keys)))
    held: dict[str, list[str]] = {}
    for each in found:
        held.setdefault(each["need"], []).append(each["ticket_key"])
    return held


async def _many(
    connection: AsyncConnection, wanted: TicketFilter, held: Mapping[str, list[str]]
) -> tuple[dict[str, Tally], dict[str, list[str]]]:
    """What each tab holds where the filters leave many, and the keys in the tabs that hold few.

    `held` is what stands in them of those that were looked at: no tab holds less.
    """
    everywhere, _ = await tallies.counts(connection)
    tabs: dict[str, Tally] = {}
    short: dict[str, list[str]] = {}
    for need, tally in everywhere.items():
        keys = None
        if tally.number <= FEW:
            keys = await _tab_keys(connection, replace(wanted, needs=need))
        if keys is not None:
            short[need], tabs[need] = keys, Tally(len(keys))
            continue
        seen = len(held.get(need, ()))
        tabs[need] = Tally(seen - seen % 100 if seen > 100 else seen, exact=False)
    return tabs, short


async def _rows(
    connection: AsyncConnection,
    wanted: TicketFilter,
    few: list[str] | None,
    group: Group | None,
    after: Cursor | None,
    limit: int,
) -> list[Row]:
    """The page, out of `few` keys if all that may be on it are known."""
    if few is None and group is not None:
        return await _by_group(connection, wanted, group, after, limit)
    if few is None:
        cursor = None if after is None else after.key
        return await views.page(connection, wanted, cursor=cursor, limit=limit)
    if group is None:
        kept = sorted(each for each in few if after is None or each > after.key)
        return await views.load_many(connection, kept[:limit])
    pairs = await _groups_of(connection, group, few)
    ordered = sorted((name == "", name, closed, key) for key, name, closed in pairs)
    behind = (False, "", False, "")
    if after is not None:
        behind = (after.group == "", after.group, after.closed, after.key)
    kept = [each[3] for each in ordered if each > behind]
    return await views.load_many(connection, kept[:limit])


async def _groups_of(
    connection: AsyncConnection, group: Group, keys: Iterable[str]
) -> list[tuple[str, str, bool]]:
    here = _v.ticket_key.in_(list(keys))
    named = sa.select(_v.ticket_key, group.label("name"), _v.closed).where(here)
    found = await rows(connection, named)
    return [(each["ticket_key"], each["name"] or "", each["closed"]) for each in found]


async def _by_group(
    connection: AsyncConnection,
    wanted: TicketFilter,
    group: Group,
    after: Cursor | None,
    limit: int,
) -> list[Row]:
    """In the order of the group's index, in which few rows are walked by in vain."""
    found: list[Row] = []
    if after is None or after.group:
        named = _compared(wanted).where(group > "").order_by(group, _v.closed, _v.ticket_key)
        if after is not None:
            behind = sa.tuple_(group, _v.closed, _v.ticket_key)
            named = named.where(behind > sa.tuple_(after.group, after.closed, after.key))
        found = await rows(connection, named.limit(limit))
        after = None
    if len(found) < limit:
        nobody = _compared(wanted).where(group.is_(None)).order_by(_v.closed, _v.ticket_key)
        if after is not None:
            behind = sa.tuple_(_v.closed, _v.ticket_key)
            nobody = nobody.where(behind > sa.tuple_(after.closed, after.key))
        found += await rows(connection, nobody.limit(limit - len(found)))
    return found


def _compared(wanted: TicketFilter) -> sa.Select[tuple[object, ...]]:
    """The rows that the filters leave, where the order leads."""
    statement = narrowed(sa.select(ticket_views), _v, wanted, driven=False)
    if wanted.needs is not None:
        statement = statement.where(in_tab(_v.ticket_key, wanted.needs))
    return statement

"""Releases as people look at them: with the tickets, customers and drafts behind each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from bridge.core.releases import said_name
from bridge.store.connection import AsyncConnection
from bridge.store.database import Row, rows
from bridge.store.releases import has_tickets
from bridge.store.tables import drafts, links, release_items, releases, ticket_views

_R, _V = releases.c, ticket_views.c
_place = sa.func.coalesce(_R.day, "9999-12-31").concat(" ").concat(_R.id)
"""The latest first; those without a day come before: they are still to come."""


@dataclass(slots=True)
class GroupFigures:
    """The tickets of one roll-out group of a helpdesk that are in a release."""

    helpdesk: str
    group: str
    tickets: int = 0
    customers: int = 0


@dataclass(slots=True)
class Figures:
    """Who is behind a release. Closed tickets are counted apart."""

    tickets: int = 0
    customers: int = 0
    closed: int = 0
    drafts: int = 0
    """Messages to their customers that wait for a person."""
    groups: list[GroupFigures] = field(default_factory=list)


def keys_of(id: str, helpdesk: str | None = None) -> sa.Select[tuple[str]]:
    """The keys of the tickets in a release."""
    statement = sa.select(_V.ticket_key).where(_V.release_id == id)
    return statement if helpdesk is None else statement.where(_V.connection == helpdesk)


def behind(id: str, helpdesk: str, customers: Collection[str]) -> sa.Select[tuple[str]]:
    """The keys of these customers' tickets whose work is, or was, planned for the release.

    Lists may show another release of such a ticket, for its work is in several.
    """
    here = (_V.connection == helpdesk, _V.customer.in_(sorted(customers)))
    return sa.select(_V.ticket_key).where(_touches(id), *here)


async def customers_in(connection: AsyncConnection, id: str) -> list[tuple[str, str]]:
    """The customers with open tickets whose work is in a release: helpdesk and name."""
    here = (_touches(id), sa.not_(_V.closed), _V.customer.is_not(None))
    by = (_V.connection, _V.customer)
    found = await rows(connection, sa.select(*by).where(*here).distinct().order_by(*by))
    return [(each["connection"], each["customer"]) for each in found]


def _touches(id: str) -> sa.ColumnElement[bool]:
    items = (
        sa.select(links.c.ticket_key)
        .join(release_items, release_items.c.work_item_key == links.c.work_item_key)
        .where(release_items.c.release_id == id, links.c.state != "ended")
    )
    return sa.or_(_V.release_id == id, _V.ticket_key.in_(items))


async def page(connection: AsyncConnection, *, cursor: str | None, limit: int) -> list[Row]:
    """Releases from the furthest day back, after the cursor (`place`).

    Those that no ticket waits for any more too, but none that tickets never had to do with.
    """
    statement = sa.select(releases, _place.label("place")).where(has_tickets())
    statement = statement.order_by(_place.desc()).limit(limit)
    if cursor is not None:
        statement = statement.where(_place < cursor)
    return await rows(connection, statement)


async def figures_of(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, Figures]:
    """Who is behind each of these releases."""
    found: defaultdict[str, Figures] = defaultdict(Figures)
    here, count = _V.release_id.in_(ids), sa.func.count()
    people = sa.func.count(_V.customer.distinct())
    totals = (
        sa.select(_V.release_id, _V.closed, count.label("tickets"), people.label("customers"))
        .where(here)
        .group_by(_V.release_id, _V.closed)
    )
    for each in await rows(connection, totals):
        figures = found[each["release_id"]]
        if each["closed"]:
            figures.closed = each["tickets"]
        else:
            figures.tickets, figures.customers = each["tickets"], each["customers"]
    by = (_V.release_id, _V.connection, _V.rollout_group)
    grouped = (
        sa.select(*by, count.label("tickets"), people.label("customers"))
        .where(here, _V.closed == sa.false())
        .group_by(*by)
        .order_by(_V.connection, _V.rollout_group)
    )
    for each in await rows(connection, grouped):
        found[each["release_id"]].groups.append(
            GroupFigures(
                each["connection"],
                each["rollout_group"] or "",
                each["tickets"],
                each["customers"],
            )
        )
    ready = (
        sa.select(_V.release_id, count.label("drafts"))
        .join(drafts, drafts.c.ticket_key == _V.ticket_key)
        .where(here, drafts.c.state == "open")
        .group_by(_V.release_id)
    )
    for each in await rows(connection, ready):
        found[each["release_id"]].drafts = each["drafts"]
    return dict(found)


async def tickets_in(
    connection: AsyncConnection, id: str, *, cursor: str | None, limit: int
) -> list[Row]:
    """The open tickets in a release by key, after the cursor."""
    statement = sa.select(ticket_views).where(_V.release_id == id, _V.closed == sa.false())
    if cursor is not None:
        statement = statement.where(_V.ticket_key > cursor)
    return await rows(connection, statement.order_by(_V.ticket_key).limit(limit))


async def named(connection: AsyncConnection, most: int) -> list[tuple[str, str]]:
    """The releases that tickets are in, id and name as people may read it, the latest first."""
    there = sa.exists().where(_V.release_id == _R.id)
    statement = sa.select(_R.id, _R.name).where(there).order_by(_place.desc()).limit(most)
    return [(each["id"], said_name(each["name"])) for each in await rows(connection, statement)]

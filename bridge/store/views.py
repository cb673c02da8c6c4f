"""What people's lists are read from: one row per ticket, written in `record`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.domain.drafts import Reached
from bridge.domain.promises import Standing
from bridge.domain.refs import TicketRef
from bridge.kit.clock import to_ms
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, Row, row, rows
from bridge.store.tables import links, records, ticket_needs, ticket_views


@dataclass(frozen=True, slots=True)
class TicketView:
    """One row of the ticket list."""

    ref: TicketRef
    key: str | None
    url: str | None
    subject: str
    customer: str | None
    plan: str | None
    category: str | None
    severity: str | None
    stage_id: str | None
    stage_label: str | None
    eta: str | None
    route: str | None
    verdict: str
    needs: tuple[str, ...]
    closed: bool
    keys: str = ""
    """The linked items' keys, searchable."""
    owner: str | None = None
    """The address of who looks after the customer, in small letters."""
    promise: Standing | None = None
    """The promise that comes next."""
    eta_told: str | None = None
    """The date that the customer was last told."""
    last_told_at: datetime | None = None
    reached: Reached | None = None
    """The stage that was shown last, and since when."""
    release_id: str | None = None
    release_name: str | None = None
    rollout_group: str | None = None
    """Of the customer, as far as that release goes."""
    slip: str | None = None
    """The told date that does not hold."""


_LOAD = sa.select(ticket_views).where(ticket_views.c.ticket_key == sa.bindparam("p_key"))
_CHANGE = sa.update(ticket_views).where(ticket_views.c.ticket_key == sa.bindparam("p_key"))
_NEEDS = sa.delete(ticket_needs).where(ticket_needs.c.ticket_key == sa.bindparam("p_key"))


async def load(connection: AsyncConnection, key: str) -> Row | None:
    """The ticket's row."""
    return await row(connection, _LOAD, {"p_key": key})


async def load_many(connection: AsyncConnection, keys: Sequence[str]) -> list[Row]:
    """The tickets' rows, in the order of the keys; one that has none is left out."""
    found = await rows(
        connection, sa.select(ticket_views).where(ticket_views.c.ticket_key.in_(list(keys)))
    )
    known = {each["ticket_key"]: each for each in found}
    return [known[key] for key in keys if key in known]


async def store(
    db: Database,
    connection: AsyncConnection,
    view: TicketView,
    now: datetime,
    *,
    before: Row | None = None,
) -> None:
    """Write the ticket's row and the tabs it stands in; `before` is the row as it is."""
    key, new = str(view.ref), _row_of(view, now)
    if before is None:
        await connection.execute(db.upsert(ticket_views, ("ticket_key",)), new)
    else:
        # Each column that is named costs the entries of its indexes, though it be the same.
        changed = {name: value for name, value in new.items() if before[name] != value}
        changed["updated_at"] = new["updated_at"]
        await connection.execute(_CHANGE, {"p_key": key, **changed})
        if "needs" not in changed:
            return
    if before is None or before["needs"]:
        await connection.execute(_NEEDS, {"p_key": key})
    if view.needs:
        await connection.execute(
            sa.insert(ticket_needs), [{"need": n, "ticket_key": key} for n in view.needs]
        )


def _row_of(view: TicketView, now: datetime) -> dict[str, Any]:
    reached = view.reached
    words = [view.ref.id, view.key, view.customer, view.category, view.keys, view.subject]
    return {
        "ticket_key": str(view.ref),
        "connection": view.ref.connection,
        "vendor_id": view.ref.id,
        "key": view.key,
        "url": view.url,
        "subject": view.subject,
        "customer": view.customer,
        "plan": view.plan,
        "category": view.category,
        "severity": view.severity,
        "stage_id": view.stage_id,
        "stage_label": view.stage_label,
        "eta": view.eta,
        "keys": view.keys,
        "route": view.route,
        "verdict": view.verdict,
        "needs": list(view.needs),
        "closed": view.closed,
        "search": " ".join(each for each in words if each).lower()[:SEARCHED],
        "updated_at": to_ms(now),
        "owner": view.owner,
        **_promise(view.promise),
        "eta_told": view.eta_told,
        "last_told_at": None if view.last_told_at is None else to_ms(view.last_told_at),
        "reached_stage": None if reached is None else reached.stage,
        "reached_at": None if reached is None or reached.at is None else to_ms(reached.at),
        "release_id": view.release_id,
        "release_name": view.release_name,
        "rollout_group": view.rollout_group,
        "slip": view.slip,
    }


async def leave_tab(connection: AsyncConnection, key: str, need: str) -> None:
    """Take the ticket out of a tab."""
    found = await load(connection, key)
    if found is None or need not in found["needs"]:
        return
    here = ticket_needs.c.ticket_key == key
    await connection.execute(sa.delete(ticket_needs).where(here, ticket_needs.c.need == need))
    left = [each for each in found["needs"] if each != need]
    await connection.execute(
        sa.update(ticket_views).where(ticket_views.c.ticket_key == key).values(needs=left)
    )


def _promise(next_one: Standing | None) -> dict[str, Any]:
    if next_one is None:
        names = ("promise_title", "promise_state", "promise_kept_by", "promise_due_at")
        return dict.fromkeys(names)
    return {
        "promise_title": next_one.title,
        "promise_state": next_one.state.value,
        "promise_kept_by": next_one.kept_by,
        "promise_due_at": None if next_one.due_at is None else to_ms(next_one.due_at),
    }


async def forget_texts(connection: AsyncConnection, keys: Sequence[str]) -> None:
    """Remove people's words from the rows of these tickets; their next pass writes them anew."""
    await connection.execute(
        sa.update(ticket_views)
        .where(ticket_views.c.ticket_key.in_(keys))
        .values(subject="", search="", owner=None)
    )


SEARCHED = 600
"""Characters of a ticket that a search sees: PostgreSQL's index takes no longer entries."""


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """What a list is narrowed to; None does not narrow."""

    connection: str | None = None
    customer: str | None = None
    stage: str | None = None
    needs: str | None = None
    q: str | None = None
    owner: str | None = None
    release: str | None = None
    closed: bool | None = None

    @property
    def by_column(self) -> bool:
        """Whether a column narrows it that has an index of its own."""
        by = (self.connection, self.customer, self.stage, self.owner, self.release)
        return any(each is not None for each in by)


MOST_WORDS = 8
"""Words that a search looks for. Each is looked for in every ticket that has those before it."""


def searched_words(q: str | None) -> list[str]:
    """The words that are looked for, each once: those past `MOST_WORDS` narrow nothing."""
    return _words(q)[:MOST_WORDS]


def too_many_words(q: str | None) -> bool:
    """Whether some words are not looked for."""
    return len(_words(q)) > MOST_WORDS


def _words(q: str | None) -> list[str]:
    return list(dict.fromkeys((q or "").lower().split()))


FEW = 1_000
"""As many tickets are looked through to find a page; of more, the list's own order is kept to."""


async def page(
    connection: AsyncConnection, wanted: TicketFilter, *, cursor: str | None, limit: int
) -> list[Row]:
    """Rows in key order after the cursor."""
    v, need = ticket_views.c, ticket_needs.c
    by_tab = wanted.needs is not None and (
        not wanted.by_column or not await more_than_few(connection, wanted.needs)
    )
    if by_tab:
        # In the order of the tab's own index: the others would have to be sorted first.
        here = sa.and_(need.ticket_key == v.ticket_key, need.need == wanted.needs)
        statement = sa.select(ticket_views).join(ticket_needs, here)
        statement = narrowed(statement, v, wanted, driven=False)
        return await rows(connection, _after(statement, need.ticket_key, cursor).limit(limit))
    if wanted.closed is None and (wanted.by_column or searched_words(wanted.q)):
        # The indexes part the open from the closed: each part is in order, and both are not.
        both = [
            each
            for closed in (False, True)
            for each in await _part(connection, replace(wanted, closed=closed), cursor, limit)
        ]
        return sorted(both, key=lambda each: str(each["ticket_key"]))[:limit]
    return await _part(connection, wanted, cursor, limit)


async def _part(
    connection: AsyncConnection, wanted: TicketFilter, cursor: str | None, limit: int
) -> list[Row]:
    v = ticket_views.c
    if not searched_words(wanted.q):
        statement = narrowed(sa.select(ticket_views), v, wanted)
        return await rows(connection, _after(statement, v.ticket_key, cursor).limit(limit))
    # Keys first: a search looks at every ticket, and the index that holds only what is searched
    # is a tenth of the rows.
    some = ticket_views.alias("some")
    found = narrowed(sa.select(some.c.ticket_key), some.c, wanted)
    found = _after(found, some.c.ticket_key, cursor).limit(limit)
    return await rows(
        connection,
        sa.select(ticket_views).where(v.ticket_key.in_(found)).order_by(v.ticket_key),
    )


def narrowed(
    statement: sa.Select[Any], v: Any, wanted: TicketFilter, *, driven: bool = True
) -> sa.Select[Any]:
    """What the filters leave of the rows `v`.

    Their columns have an index each. The one that leaves least is looked up, the others are only
    compared; with `driven` false all are, and the tab is not looked at: another table leads.
    """
    leads = driven
    for column, value in (
        (v.release_id, wanted.release),
        (v.customer, wanted.customer),
        (v.stage_id, wanted.stage),
        (v.owner, wanted.owner),
        (v.connection, wanted.connection),
    ):
        if value is not None:
            # Joined with nothing it is the same text, and no index of its own.
            statement = statement.where((column if leads else column.concat("")) == value)
            leads = False
    if wanted.closed is not None:
        # Every index has it behind its own column. Compared as a number it is looked up in none.
        closed = v.closed if driven else sa.cast(v.closed, sa.Integer)
        statement = statement.where(closed == (wanted.closed if driven else int(wanted.closed)))
    for word in searched_words(wanted.q):
        statement = statement.where(v.search.contains(word, autoescape=True))
    if driven and wanted.needs is not None:
        statement = statement.where(in_tab(v.ticket_key, wanted.needs))
    return statement


def in_tab(key: sa.ColumnElement[str], needs: str) -> sa.ColumnElement[bool]:
    """Whether the ticket of that key stands in the tab: looked up for each by itself."""
    need = ticket_needs.c
    return sa.exists().where(need.need == needs, need.ticket_key == key)


def _after(
    statement: sa.Select[Any], order: sa.ColumnElement[str], cursor: str | None
) -> sa.Select[Any]:
    if cursor is not None:
        statement = statement.where(order > cursor)
    return statement.order_by(order)


async def more_than_few(connection: AsyncConnection, needs: str) -> bool:
    """Whether many tickets stand in the tab."""
    held = sa.select(ticket_needs.c.ticket_key).where(ticket_needs.c.need == needs)
    some = held.limit(FEW + 1).subquery()
    count = await connection.scalar(sa.select(sa.func.count()).select_from(some))
    return int(count or 0) > FEW


async def has_tickets(connection: AsyncConnection, owner: str) -> bool:
    """Whether anybody's tickets are of that owner."""
    own = sa.select(ticket_views.c.ticket_key).where(ticket_views.c.owner == owner)
    return bool(await connection.scalar(sa.select(own.exists())))


async def linked_items(connection: AsyncConnection, keys: Iterable[str]) -> dict[str, list[Row]]:
    """The live links of these tickets, with what is known of their items, by ticket."""
    wanted: Sequence[str] = sorted(set(keys))
    found = await rows(
        connection,
        sa.select(links, records.c.observation, records.c.presence)
        .join(records, records.c.key == links.c.work_item_key)
        .where(links.c.ticket_key.in_(wanted), links.c.state != "ended")
        .order_by(links.c.created_at, links.c.id),
    )
    grouped: dict[str, list[Row]] = {key: [] for key in wanted}
    for each in found:
        grouped[each["ticket_key"]].append(each)
    return grouped


async def ended_items(connection: AsyncConnection, key: str, limit: int) -> list[Row]:
    """The ticket's links that have ended, the latest first, but to what is linked again."""
    again = links.alias("again")
    lives = sa.exists().where(
        again.c.ticket_key == key,
        again.c.work_item_key == links.c.work_item_key,
        again.c.state != "ended",
    )
    statement = (
        sa.select(links, records.c.observation, records.c.presence)
        .join(records, records.c.key == links.c.work_item_key)
        .where(links.c.ticket_key == key, links.c.state == "ended", ~lives)
        .order_by(links.c.ended_at.desc(), links.c.id.desc())
    )
    return await rows(connection, statement.limit(limit))


async def page_links(
    connection: AsyncConnection,
    *,
    cursor: str | None,
    limit: int,
    ticket: str | None = None,
    work_item: str | None = None,
    state: str | None = None,
) -> list[Row]:
    """Links, newest first, those before the cursor."""
    statement = sa.select(links)
    for column, value in (
        (links.c.ticket_key, ticket),
        (links.c.work_item_key, work_item),
        (links.c.state, state),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if cursor is not None:
        statement = statement.where(links.c.id < cursor)
    return await rows(connection, statement.order_by(links.c.id.desc()).limit(limit))


async def observations(connection: AsyncConnection, keys: Iterable[str]) -> dict[str, Any]:
    """The stored observations (as JSON) of the records of these keys that were ever seen."""
    wanted = sorted(set(keys))
    found = await rows(
        connection,
        sa.select(records.c.key, records.c.observation).where(records.c.key.in_(wanted)),
    )
    return {each["key"]: each["observation"] for each in found if each["observation"] is not None}


async def impact_of(connection: AsyncConnection, key: str) -> tuple[int, list[str], list[str]]:
    """Who hangs on a work item: how many tickets, which customers, which plans."""
    found = await rows(
        connection,
        sa.select(links.c.ticket_key, ticket_views.c.customer, ticket_views.c.plan)
        .join(ticket_views, ticket_views.c.ticket_key == links.c.ticket_key, isouter=True)
        .where(links.c.work_item_key == key, links.c.state != "ended"),
    )
    customers = sorted({each["customer"] for each in found if each["customer"]})
    plans = sorted({each["plan"] for each in found if each["plan"]})
    return len(found), customers, plans

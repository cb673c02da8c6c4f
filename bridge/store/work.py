"""Links, launches, the ledger and fingerprint pairs: what the hub has joined and done."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from bridge.domain.links import (
    SIGNAL_ROUTE,
    Fingerprint,
    Launch,
    LaunchState,
    LedgerEntry,
    LedgerState,
    Link,
    LinkState,
)
from bridge.domain.refs import TicketRef, WorkItemRef, split_ref
from bridge.kit.clock import from_ms, to_ms
from bridge.kit.ids import new_id
from bridge.store.codec import fingerprint_from_json, fingerprint_to_json
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, Row, row, rows
from bridge.store.tables import (
    connection_state,
    fingerprints,
    launches,
    ledger,
    links,
    origins,
    records,
)


def link_of(found: Row) -> Link:
    """The link of a row of `links`."""
    return Link(
        id=found["id"],
        ticket=TicketRef(*split_ref(found["ticket_key"])),
        work_item=WorkItemRef(*split_ref(found["work_item_key"])),
        route=found["route"],
        state=LinkState(found["state"]),
        created_at=from_ms(found["created_at"]),
        created_by=found["created_by"],
    )


_KEY: sa.BindParameter[str] = sa.bindparam("p_key")
_OF_TICKET = (
    sa.select(links)
    .where(links.c.ticket_key == _KEY, links.c.state != "ended")
    .order_by(links.c.created_at, links.c.id)
)
_ON_ITEM = (links.c.work_item_key == sa.bindparam("p_item"), links.c.state != "ended")
_OF_ITEM = sa.select(links).where(*_ON_ITEM).order_by(links.c.created_at, links.c.id)
_SOME_OF_ITEM = _OF_ITEM.limit(sa.bindparam("p_limit", type_=sa.Integer))
_COUNT_OF_ITEM = sa.select(sa.func.count()).select_from(links).where(*_ON_ITEM)
TICKETS_ON = sa.select(links.c.ticket_key).where(*_ON_ITEM)
"""The keys of the tickets that hang on the work item `p_item`."""
_ORIGINS = sa.select(origins.c.work_item_key).where(
    origins.c.work_item_key.in_(sa.bindparam("p_keys", expanding=True))
)
_LAUNCHES = sa.select(launches).where(launches.c.ticket_key == _KEY)
_NAME: sa.BindParameter[str] = sa.bindparam("p_name")
_LIFTED = sa.select(connection_state.c.launches_counted_from).where(
    connection_state.c.name == _NAME
)
_SINCE = (
    sa.select(launches.c.marker)
    .where(launches.c.connection == _NAME)
    .where(launches.c.intended_at >= sa.bindparam("p_since"))
    .where(launches.c.intended_at >= sa.func.coalesce(_LIFTED.scalar_subquery(), 0))
    .limit(sa.bindparam("p_most", type_=sa.Integer))
)
_LAUNCHES_SINCE = sa.select(sa.func.count()).select_from(_SINCE.subquery())
_LAUNCH_OF_ITEM = sa.select(launches).where(
    launches.c.connection == _NAME,
    launches.c.work_item_id == sa.bindparam("p_id"),
    launches.c.route != SIGNAL_ROUTE,
)
_LEDGER = sa.select(ledger).where(ledger.c.target_key == _KEY)
_PAIRS = sa.select(fingerprints).where(fingerprints.c.record_key == _KEY)


async def links_of_ticket(connection: AsyncConnection, key: str) -> list[Link]:
    """The ticket's links that have not ended, oldest first."""
    return [link_of(each) for each in await rows(connection, _OF_TICKET, {"p_key": key})]


async def links_of_item(
    connection: AsyncConnection, key: str, *, limit: int | None = None
) -> list[Link]:
    """The work item's links that have not ended, oldest first."""
    if limit is None:
        found = await rows(connection, _OF_ITEM, {"p_item": key})
    else:
        found = await rows(connection, _SOME_OF_ITEM, {"p_item": key, "p_limit": limit})
    return [link_of(each) for each in found]


async def count_links_of_item(connection: AsyncConnection, key: str) -> int:
    """How many tickets hang on the work item."""
    count = await connection.scalar(_COUNT_OF_ITEM, {"p_item": key})
    return int(count or 0)


async def with_origin(connection: AsyncConnection, keys: Iterable[str]) -> set[str]:
    """Those of the work items that ever had a signal as their origin, removed or not."""
    wanted = sorted(set(keys))
    found = await rows(connection, _ORIGINS, {"p_keys": wanted}) if wanted else []
    return {each["work_item_key"] for each in found}


def tickets_on(key: str) -> sa.Select[tuple[str]]:
    """The keys of the tickets that hang on a work item, as a select."""
    return sa.select(links.c.ticket_key).where(
        links.c.work_item_key == key, links.c.state != "ended"
    )


def neighbours(key: str) -> sa.Select[tuple[str]]:
    """The keys of the records at the other ends of a record's links, as a select."""
    items = sa.select(links.c.work_item_key).where(
        links.c.ticket_key == key, links.c.state != "ended"
    )
    # The signals that an item was born of: its pass wakes them, and theirs locks it.
    born_of = sa.select(origins.c.signal_key).where(origins.c.work_item_key == key)
    both = tickets_on(key).union_all(items, born_of).subquery()
    return sa.select(both.c[0])


async def load_link(connection: AsyncConnection, id: str) -> Link | None:
    """The link of that id, ended or not."""
    found = await row(connection, sa.select(links).where(links.c.id == id))
    return None if found is None else link_of(found)


async def find_link(
    connection: AsyncConnection, ticket: TicketRef, item: WorkItemRef
) -> Link | None:
    """The link between the two that has not ended."""
    found = await row(
        connection,
        sa.select(links).where(
            links.c.ticket_key == str(ticket),
            links.c.work_item_key == str(item),
            links.c.state != "ended",
        ),
    )
    return None if found is None else link_of(found)


async def newest_link_id(connection: AsyncConnection, ticket: TicketRef, item: WorkItemRef) -> str:
    """The newest link there ever was between the two, ended or not; empty if none."""
    newest: str | None = await connection.scalar(
        sa.select(sa.func.max(links.c.id)).where(
            links.c.ticket_key == str(ticket), links.c.work_item_key == str(item)
        )
    )
    return newest or ""


async def add_link(
    db: Database,
    connection: AsyncConnection,
    *,
    ticket: TicketRef,
    item: WorkItemRef,
    route: str | None,
    by: str,
    now: datetime,
) -> Link | None:
    """Link the two; None if they are linked already. Both records must exist."""
    link = Link(new_id(), ticket, item, route, LinkState.ACTIVE, now, by)
    result = await connection.execute(
        db.insert(links)
        .values(
            id=link.id,
            ticket_key=str(ticket),
            work_item_key=str(item),
            route=route,
            state=link.state.value,
            created_at=to_ms(now),
            created_by=by,
        )
        .on_conflict_do_nothing()
    )
    return link if result.rowcount else None


async def end_link(connection: AsyncConnection, id: str, by: str, now: datetime) -> bool:
    """End the link; False if it had ended."""
    result = await connection.execute(
        sa.update(links)
        .where(links.c.id == id, links.c.state != "ended")
        .values(state="ended", ended_at=to_ms(now), ended_by=by)
    )
    return bool(result.rowcount)


async def break_links(connection: AsyncConnection, key: str) -> int:
    """Mark the record's active links as broken: one of their ends can't be seen; how many."""
    result = await connection.execute(
        sa.update(links)
        .where(sa.or_(links.c.ticket_key == key, links.c.work_item_key == key))
        .where(links.c.state == "active")
        .values(state="broken")
    )
    return result.rowcount


async def mend_links(connection: AsyncConnection, key: str) -> int:
    """The record is seen again: its broken links hold, unless their other end is gone; how many."""
    gone = sa.select(records.c.key).where(records.c.presence.in_(("missing", "deleted")))
    result = await connection.execute(
        sa.update(links)
        .where(
            links.c.state == "broken",
            sa.or_(
                sa.and_(links.c.ticket_key == key, links.c.work_item_key.not_in(gone)),
                sa.and_(links.c.work_item_key == key, links.c.ticket_key.not_in(gone)),
            ),
        )
        .values(state="active")
    )
    return result.rowcount


def launch_of(found: Row) -> Launch:
    """The launch of a row of `launches`."""
    return Launch(
        ticket=TicketRef(*split_ref(found["ticket_key"])),
        route=found["route"],
        connection=found["connection"],
        marker=found["marker"],
        state=LaunchState(found["state"]),
        intended_at=from_ms(found["intended_at"]),
        work_item_id=found["work_item_id"],
        probes=found["probes"],
        reason=found["reason"],
    )


async def launches_of(connection: AsyncConnection, key: str) -> list[Launch]:
    """All launches there ever were for the ticket, with those of tickets merged into it."""
    return [launch_of(each) for each in await rows(connection, _LAUNCHES, {"p_key": key})]


async def launches_since(
    connection: AsyncConnection, name: str, since: datetime, *, most: int
) -> int:
    """How many launches went to the tracker since then, or since a person lifted its limit.

    Counted up to `most`: it is asked whether the limit is reached, at each pass.
    """
    given = {"p_name": name, "p_since": to_ms(since), "p_most": most}
    count = await connection.scalar(_LAUNCHES_SINCE, given)
    return int(count or 0)


async def intend_launch(db: Database, connection: AsyncConnection, launch: Launch) -> bool:
    """Write the intent down before the call; False if this launch was ever intended before."""
    result = await connection.execute(
        db.insert(launches)
        .values(
            origin_ticket_key=str(launch.ticket),
            route=launch.route,
            ticket_key=str(launch.ticket),
            connection=launch.connection,
            marker=launch.marker,
            state=launch.state.value,
            intended_at=to_ms(launch.intended_at),
        )
        .on_conflict_do_nothing()
    )
    return bool(result.rowcount)


async def settle_launch(
    connection: AsyncConnection,
    name: str,
    marker: str,
    state: LaunchState,
    *,
    item_id: str | None = None,
    reason: str = "",
    probes: int | None = None,
) -> None:
    """Store what became of a launch."""
    values: dict[str, object] = {"state": state.value, "reason": reason}
    if item_id is not None:
        values["work_item_id"] = item_id
    if probes is not None:
        values["probes"] = probes
    await connection.execute(
        sa.update(launches)
        .where(launches.c.connection == name, launches.c.marker == marker)
        .values(**values)
    )


async def retract_launch(connection: AsyncConnection, name: str, marker: str) -> None:
    """Take an intent back that certainly never reached the vendor."""
    await connection.execute(
        sa.delete(launches).where(
            launches.c.connection == name,
            launches.c.marker == marker,
            launches.c.state == LaunchState.INTENDED.value,
        )
    )


async def launch_ticket(connection: AsyncConnection, name: str, marker: str) -> TicketRef | None:
    """The ticket that a launch belongs to now: a merge may have moved it while it was in flight."""
    key = await connection.scalar(
        sa.select(launches.c.ticket_key).where(
            launches.c.connection == name, launches.c.marker == marker
        )
    )
    return None if key is None else TicketRef(*split_ref(key))


async def launch_of_item(connection: AsyncConnection, item: WorkItemRef) -> list[Launch]:
    """The launches of tickets that made this work item (one, but for merged tickets)."""
    given = {"p_name": item.connection, "p_id": item.id}
    return [launch_of(each) for each in await rows(connection, _LAUNCH_OF_ITEM, given)]


async def ledger_of(connection: AsyncConnection, key: str) -> dict[str, LedgerEntry]:
    """What was copied to the record, by source."""
    found = await rows(connection, _LEDGER, {"p_key": key})
    return {each["source"]: entry_of(each) for each in found}


def entry_of(found: Row) -> LedgerEntry:
    """The entry of a row of `ledger`."""
    intended = found["intended_at"]
    return LedgerEntry(
        source=found["source"],
        content=found["content"],
        state=LedgerState(found["state"]),
        marker=found["marker"],
        target_id=found["target_id"],
        intended_at=None if intended is None else from_ms(intended),
    )


async def write_ledger(
    db: Database, connection: AsyncConnection, key: str, entry: LedgerEntry
) -> None:
    """Store the entry: as intended before the call, as copied after it."""
    await connection.execute(
        db.upsert(ledger, ("target_key", "source")),
        {
            "target_key": key,
            "source": entry.source,
            "content": entry.content,
            "state": entry.state.value,
            "marker": entry.marker,
            "target_id": entry.target_id,
            "intended_at": None if entry.intended_at is None else to_ms(entry.intended_at),
        },
    )


async def retract_ledger(connection: AsyncConnection, key: str, source: str) -> None:
    """Take an intended copy back that certainly was not made."""
    await connection.execute(
        sa.delete(ledger).where(
            ledger.c.target_key == key,
            ledger.c.source == source,
            ledger.c.state == LedgerState.INTENDED.value,
        )
    )


async def fingerprints_of(connection: AsyncConnection, key: str) -> dict[str, Fingerprint]:
    """The pairs of the fields that the hub owns on the record."""
    found = await rows(connection, _PAIRS, {"p_key": key})
    return {each["field"]: fingerprint_from_json(each["field"], each["pair"]) for each in found}


async def write_fingerprints(
    db: Database, connection: AsyncConnection, key: str, pairs: Iterable[Fingerprint]
) -> None:
    """Store the pairs."""
    values = [
        {"record_key": key, "field": pair.field, "pair": fingerprint_to_json(pair)}
        for pair in pairs
    ]
    if values:
        await connection.execute(db.upsert(fingerprints, ("record_key", "field")), values)

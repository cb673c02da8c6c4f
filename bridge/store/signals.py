"""Signals' launches, origins and relations; what people asked for, until it is made.

A launch of a signal is a row of `launches` like any other: one marker, one intent, one limit. Its
route is a word that no mapping can use.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bridge.core.relating import MOST_RELATED
from bridge.core.signals import Destination
from bridge.domain import records as facts
from bridge.domain.links import SIGNAL_ROUTE, LaunchState, Relation, SignalLaunch
from bridge.domain.records import Observation, Presence
from bridge.domain.refs import SignalRef, WorkItemRef, split_ref
from bridge.kit.clock import from_ms, to_ms
from bridge.kit.ids import new_id
from bridge.store import records as records_
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, row, rows
from bridge.store.tables import launches, links, origins, records, relations, wishes
from bridge.store.wishes import HOLDS

_LOOKED_THROUGH = 500
"""Items that a search by title looks through: the newest."""
_PLACE = "@place:"
"""Before where a signal's item is to be made, in the route of a wish, as a list in JSON."""
_RELATE = "@relate:"
"""Before the item that a signal's item is to be related to, in the route of a wish."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What people asked for of a signal. `by`: who was first; None where nobody asked."""

    by: str | None
    related: tuple[WorkItemRef, ...] = ()
    place: Destination | None = None
    """Where its item is to be made, if whoever was first chose a place."""


def relate_route(item: WorkItemRef) -> str:
    """The route of the wish that a signal's item be related to this one."""
    return f"{_RELATE}{item}"


def place_route(place: Destination) -> str:
    """The route of the wish that a signal's item be made there."""
    return _PLACE + json.dumps([place.connection, place.project, place.type])


def _place(route: str) -> Destination:
    connection, project, type = json.loads(route.removeprefix(_PLACE))
    return Destination(connection, project, type)


async def wanted(connection: AsyncConnection, signal: SignalRef, now: datetime) -> Wanted:
    """The wishes for a signal, but for those that led to nothing and have lapsed."""
    launched = sa.select(launches.c.route).where(launches.c.ticket_key == str(signal)).exists()
    found = await rows(
        connection,
        sa.select(wishes)
        .where(
            wishes.c.ticket_key == str(signal),
            sa.or_(wishes.c.asked_at >= to_ms(now - HOLDS), launched),
        )
        .order_by(wishes.c.asked_at, wishes.c.route),
    )
    related = tuple(
        WorkItemRef(*split_ref(each["route"].removeprefix(_RELATE)))
        for each in found
        if each["route"].startswith(_RELATE)
    )
    places = [_place(each["route"]) for each in found if each["route"].startswith(_PLACE)]
    by = found[0]["asked_by"] if found else None
    return Wanted(by, related, places[0] if places else None)


async def launch_of(connection: AsyncConnection, signal: SignalRef) -> SignalLaunch | None:
    """The one launch of a signal."""
    found = await row(
        connection,
        sa.select(launches).where(
            launches.c.ticket_key == str(signal), launches.c.route == SIGNAL_ROUTE
        ),
    )
    if found is None:
        return None
    return SignalLaunch(
        signal=signal,
        connection=found["connection"],
        marker=found["marker"],
        state=LaunchState(found["state"]),
        intended_at=from_ms(found["intended_at"]),
        work_item_id=found["work_item_id"],
        probes=found["probes"],
        reason=found["reason"],
    )


async def intend(db: Database, connection: AsyncConnection, launch: SignalLaunch) -> bool:
    """Write the intent down before the call; False if this launch was ever intended before."""
    result = await connection.execute(
        db.insert(launches)
        .values(
            origin_ticket_key=str(launch.signal),
            route=SIGNAL_ROUTE,
            ticket_key=str(launch.signal),
            connection=launch.connection,
            marker=launch.marker,
            state=launch.state.value,
            intended_at=to_ms(launch.intended_at),
        )
        .on_conflict_do_nothing()
    )
    return bool(result.rowcount)


async def add_origin(
    db: Database,
    connection: AsyncConnection,
    signal: SignalRef,
    item: WorkItemRef,
    *,
    by: str,
    now: datetime,
) -> bool:
    """The item is born of the signal; False if that was known. Both records must exist."""
    result = await connection.execute(
        db.insert(origins)
        .values(
            id=new_id(),
            signal_key=str(signal),
            work_item_key=str(item),
            created_at=to_ms(now),
            created_by=by,
        )
        .on_conflict_do_nothing()
    )
    return bool(result.rowcount)


async def items_of(connection: AsyncConnection, signal: SignalRef) -> list[WorkItemRef]:
    """The items that were born of the signal, the oldest first."""
    found = await rows(
        connection,
        sa.select(origins.c.work_item_key)
        .where(origins.c.signal_key == str(signal), origins.c.removed_at.is_(None))
        .order_by(origins.c.created_at, origins.c.id),
    )
    return [WorkItemRef(*split_ref(each["work_item_key"])) for each in found]


_ORIGINS = sa.select(origins.c.signal_key).where(origins.c.work_item_key == sa.bindparam("p_item"))


async def signals_of(connection: AsyncConnection, item: WorkItemRef) -> list[SignalRef]:
    """The signals that the item was born of."""
    found = await rows(connection, _ORIGINS, {"p_item": str(item)})
    return [SignalRef(*split_ref(each["signal_key"])) for each in found]


async def items_titled(connection: AsyncConnection, text: str, most: int) -> list[Observation]:
    """The newest items born of signals whose key or title holds the text, as last seen."""
    newest = (
        sa.select(origins.c.work_item_key)
        .where(origins.c.removed_at.is_(None))
        .order_by(origins.c.created_at.desc())
        .limit(_LOOKED_THROUGH)
    )
    keys = [each["work_item_key"] for each in await rows(connection, newest)]
    stored = await records_.load_many(connection, list(dict.fromkeys(keys)))
    wanted = text.strip().casefold()
    found = [each.observation for each in stored.values() if each.observation is not None]
    return [
        each
        for each in found
        if wanted in f"{each.text(facts.KEY)} {each.text(facts.SUBJECT)}".casefold()
    ][:most]


async def on_tickets(connection: AsyncConnection, items: Iterable[WorkItemRef]) -> set[str]:
    """Those of the items that hang on a ticket."""
    keys = sorted({str(each) for each in items})
    found = await rows(
        connection,
        sa.select(links.c.work_item_key).where(
            links.c.work_item_key.in_(keys), links.c.state != "ended"
        ),
    )
    return {each["work_item_key"] for each in found}


async def internal_among(connection: AsyncConnection, keys: Iterable[str]) -> set[str]:
    """Those of the refs that are signals, or work items that hang on no ticket."""
    stored = await records_.load_many(connection, keys)
    items = [each.ref for each in stored.values() if isinstance(each.ref, WorkItemRef)]
    shown = await on_tickets(connection, items)
    return {
        key
        for key, each in stored.items()
        if isinstance(each.ref, SignalRef)
        or (isinstance(each.ref, WorkItemRef) and key not in shown)
    }


async def gone_among(connection: AsyncConnection, items: Iterable[WorkItemRef]) -> set[str]:
    """Those of the items that were deleted in the tracker, or are not shown by it any more."""
    keys = sorted({str(each) for each in items})
    found = await rows(
        connection,
        sa.select(records.c.key).where(
            records.c.key.in_(keys),
            records.c.presence.in_([Presence.MISSING.value, Presence.DELETED.value]),
        ),
    )
    return {each["key"] for each in found}


async def relate(
    db: Database,
    connection: AsyncConnection,
    signal: SignalRef,
    relation: Relation,
    *,
    by: str,
    now: datetime,
) -> bool:
    """Keep that the signal's item (`a`) and the other one are related, and take the wish back."""
    result = await connection.execute(
        db.insert(relations)
        .values(
            id=new_id(),
            a_key=str(relation.a),
            b_key=str(relation.b),
            created_at=to_ms(now),
            created_by=by,
        )
        .on_conflict_do_nothing()
    )
    await connection.execute(
        sa.delete(wishes).where(
            wishes.c.ticket_key == str(signal), wishes.c.route == relate_route(relation.b)
        )
    )
    return bool(result.rowcount)


_KEY: sa.BindParameter[str] = sa.bindparam("p_key")
_RELATIONS = (
    sa.select(relations)
    .where(sa.or_(relations.c.a_key == _KEY, relations.c.b_key == _KEY))
    .order_by(relations.c.created_at.desc(), relations.c.id.desc())
    .limit(sa.bindparam("p_limit", type_=sa.Integer))
)


async def relations_of(
    connection: AsyncConnection, item: WorkItemRef, limit: int = MOST_RELATED
) -> list[Relation]:
    """The newest relations of an item, at whichever end it stands; the oldest of them first."""
    found = await rows(connection, _RELATIONS, {"p_key": str(item), "p_limit": limit})
    return [
        Relation(WorkItemRef(*split_ref(e["a_key"])), WorkItemRef(*split_ref(e["b_key"])))
        for e in reversed(found)
    ]


async def related_among(
    connection: AsyncConnection, item: WorkItemRef, born: Sequence[WorkItemRef]
) -> list[WorkItemRef]:
    """Those of the items born of a signal that are related to this one, however many others are."""
    found = await rows(
        connection,
        sa.select(relations.c.a_key)
        .where(relations.c.b_key == str(item), relations.c.a_key.in_([str(e) for e in born]))
        .order_by(relations.c.created_at, relations.c.id),
    )
    return [WorkItemRef(*split_ref(each["a_key"])) for each in found]


async def internal_tasks(connection: AsyncConnection, tickets: Iterable[str]) -> dict[str, int]:
    """Ticket → how many items born of signals are related to the work items that hang on it."""
    keys = sorted(set(tickets))
    if not keys:
        return {}
    found = await rows(
        connection,
        sa.select(
            links.c.ticket_key,
            sa.func.count(sa.distinct(relations.c.a_key)).label("tasks"),
        )
        .join(relations, relations.c.b_key == links.c.work_item_key)
        .join(origins, origins.c.work_item_key == relations.c.a_key)
        .where(links.c.ticket_key.in_(keys), links.c.state != "ended")
        .group_by(links.c.ticket_key),
    )
    return {each["ticket_key"]: int(each["tasks"]) for each in found}

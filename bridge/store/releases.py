"""Releases as they were learnt from work items, and which groups of customers have them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bridge.core.releases import release_id
from bridge.domain.releases import KnownRelease, Release, ReleasesAround, Stray
from bridge.kit.clock import from_ms, to_ms
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, Row, row, rows
from bridge.store.tables import (
    links,
    release_exceptions,
    release_items,
    release_reached,
    releases,
    transitions,
)

AT_ONCE = timedelta(minutes=10)
"""A deletion and the news that its items are planned for nothing come within this, in any order."""

_R, _I, _D, _E = releases.c, release_items.c, release_reached.c, release_exceptions.c
EXCEPTION: sa.ColumnElement[str] = (
    _E.release_id.concat(" ")
    .concat(_E.helpdesk)
    .concat(" ")
    .concat(_E.customer_id)
    .concat(" ")
    .concat(_E.customer)
)
"""What of a customer who is set apart stands for the row."""
_KEYS: sa.BindParameter[Sequence[str]] = sa.bindparam("p_keys", expanding=True)
_OF_ITEMS = (
    sa.select(_I.work_item_key, _I.left_at, releases)
    .join(releases, _R.id == _I.release_id)
    .where(_I.work_item_key.in_(_KEYS))
)
_REACHED = sa.select(release_reached).where(_D.release_id.in_(_KEYS))
_EXCEPTIONS = (
    sa.select(release_exceptions)
    .where(_E.release_id.in_(_KEYS))
    .order_by(_E.helpdesk, _E.customer, _E.release_id)
)
_EXPECTED = (
    sa.select(transitions.c.record_key, transitions.c.at, transitions.c.after)
    .where(transitions.c.record_key.in_(_KEYS), transitions.c.what == "eta")
    .order_by(transitions.c.at, transitions.c.id)
)


@dataclass(slots=True)
class KeptReleases:
    """What is kept of the releases of many work items."""

    by_item: dict[str, list[Row]] = field(default_factory=dict)
    reached: dict[tuple[str, str], dict[str, date]] = field(default_factory=dict)
    """Release and helpdesk → group → day."""
    exceptions: dict[tuple[str, str], dict[str, date | None]] = field(default_factory=dict)
    """Release and helpdesk → company → their own day."""
    namesakes: dict[tuple[str, str], dict[str, date | None]] = field(default_factory=dict)
    """The same by the name that the company then had."""
    strays: dict[str, dict[str, Stray]] = field(default_factory=dict)
    """Ticket → release → whose it was when they were set apart."""

    def around(self, helpdesk: str, items: Iterable[str], ticket: str = "") -> ReleasesAround:
        """The part that concerns a ticket of that helpdesk with these work items."""
        known: dict[str, KnownRelease] = {}
        left: dict[str, tuple[str, ...]] = {}
        for item in items:
            held = self.by_item.get(item, [])
            known |= {each["id"]: self._known(helpdesk, each) for each in held}
            gone = tuple(sorted(each["id"] for each in held if _left_by_deletion(each)))
            left |= {item: gone} if gone else {}
        return ReleasesAround(known, left, self.strays.get(ticket, {}))

    def _known(self, helpdesk: str, held: Row) -> KnownRelease:
        seen = held["released_at"]
        return KnownRelease(
            name=held["name"],
            day=day_of(held["day"]),
            released_at=None if seen is None else from_ms(seen),
            reached=self.reached.get((held["id"], helpdesk), {}),
            exceptions=self.exceptions.get((held["id"], helpdesk), {}),
            namesakes=self.namesakes.get((held["id"], helpdesk), {}),
        )


def _left_by_deletion(held: Row) -> bool:
    """Whether the item is planned for the release no more because that is gone."""
    gone, left = held["gone_at"], held["left_at"]
    if gone is None or held["merged_into"] is not None:
        return False
    return left is None or left >= gone - AT_ONCE // timedelta(milliseconds=1)


def day_of(text: str | None) -> date | None:
    """The day as it is kept."""
    return None if text is None else date.fromisoformat(text)


async def of_items(connection: AsyncConnection, items: Sequence[str]) -> KeptReleases:
    """What is kept of the releases of these work items."""
    kept = KeptReleases()
    if not items:
        return kept
    for each in await rows(connection, _OF_ITEMS, {"p_keys": list(items)}):
        kept.by_item.setdefault(each["work_item_key"], []).append(each)
    ids = sorted({each["id"] for held in kept.by_item.values() for each in held})
    if ids:
        for each in await rows(connection, _REACHED, {"p_keys": ids}):
            groups = kept.reached.setdefault((each["release_id"], each["helpdesk"]), {})
            groups[each["group_name"]] = date.fromisoformat(each["day"])
        for each in await exceptions_of(connection, ids):
            here, day = (each["release_id"], each["helpdesk"]), day_of(each["day"])
            own = kept.exceptions.setdefault(here, {})
            own[each["customer_id"] or each["customer"]] = day
            if each["customer_id"]:
                kept.namesakes.setdefault(here, {})[each["customer"]] = day
    return kept


async def expected_of(
    connection: AsyncConnection, keys: Sequence[str]
) -> dict[str, list[tuple[datetime, date]]]:
    """By ticket: the dates that it ever showed as expected, each with since when, oldest first."""
    found: defaultdict[str, list[tuple[datetime, date]]] = defaultdict(list)
    for each in await rows(connection, _EXPECTED, {"p_keys": list(keys)}):
        day = day_of(each["after"] or None)
        if day is not None:
            found[each["record_key"]].append((from_ms(each["at"]), day))
    return found


async def learn(
    db: Database,
    connection: AsyncConnection,
    item: str,
    planned: dict[str, Release],
    *,
    seen_at: datetime,
    now: datetime,
) -> None:
    """Keep what a work item is planned for, and that it is planned for nothing else.

    What was seen before a release was deleted does not bring the release back.
    """
    joined = await rows(connection, sa.select(release_items).where(_I.work_item_key == item))
    held = {each["release_id"]: each for each in joined}
    stored = await rows(connection, sa.select(releases).where(_R.id.in_(sorted(planned))))
    before = {each["id"]: each for each in stored}
    for id in sorted(planned):
        if _differs(before.get(id), _row_of(planned[id], before.get(id), seen_at, now)):
            # Read again where nobody else can write: a deletion may have come in meanwhile.
            stored_now = db.locked(sa.select(releases).where(_R.id == id))
            new = _row_of(planned[id], await row(connection, stored_now), seen_at, now)
            await connection.execute(db.upsert(releases, ("id",)), new)
        if id not in held or held[id]["left_at"] is not None:
            join = {"release_id": id, "work_item_key": item, "left_at": None}
            await connection.execute(
                db.upsert(release_items, ("release_id", "work_item_key")), join
            )
    for id in sorted(held.keys() - planned.keys()):
        if held[id]["left_at"] is None:
            await connection.execute(
                sa.update(release_items)
                .where(_I.work_item_key == item, _I.release_id == id)
                .values(left_at=to_ms(now))
            )


async def learn_first(
    db: Database,
    connection: AsyncConnection,
    found: dict[str, dict[str, Release]],
    now: datetime,
) -> None:
    """Keep what these work items are planned for where nothing is known of it; no row changes."""
    made = {each.id: each for planned in found.values() for each in planned.values()}
    for id in sorted(made):
        new = db.insert(releases).values(_row_of(made[id], None, now, now))
        await connection.execute(new.on_conflict_do_nothing())
    for item, planned in sorted(found.items()):
        for id in sorted(planned):
            join = {"release_id": id, "work_item_key": item, "left_at": None}
            new = db.insert(release_items).values(join)
            await connection.execute(new.on_conflict_do_nothing())


def _row_of(
    release: Release, before: Row | None, seen_at: datetime, now: datetime
) -> dict[str, Any]:
    since = None if before is None else before["released_at"]
    gone, into = (None, None) if before is None else (before["gone_at"], before["merged_into"])
    if gone is not None and to_ms(seen_at) > gone:
        # What is planned for again is there, whatever was said.
        gone, into = None, None
    return {
        "id": release.id,
        "connection": release.connection,
        "vendor_id": release.vendor_id,
        "name": release.name,
        "day": None if release.day is None else release.day.isoformat(),
        "released": release.released,
        "released_at": (since or to_ms(now)) if release.released else None,
        "gone_at": gone,
        "merged_into": into,
        "seen_at": to_ms(now),
    }


def _differs(before: Row | None, new: dict[str, Any]) -> bool:
    return before is None or any(before[name] != new[name] for name in new if name != "seen_at")


async def mark_gone(
    connection: AsyncConnection, name: str, vendor_id: str, into: str | None, now: datetime
) -> None:
    """The tracker says that the release was deleted; `into`: what took its place.

    Who was set apart from their group stays so there, unless something was said of them there.
    """
    if into is not None:
        old, new = release_id(name, vendor_id), release_id(name, into)
        said = {_whose(each) for each in await exceptions_of(connection, [new])}
        carried = [
            {**each, "release_id": new}
            for each in await exceptions_of(connection, [old])
            if _whose(each) not in said
        ]
        if carried:
            await connection.execute(sa.insert(release_exceptions), carried)
    await connection.execute(
        sa.update(releases)
        .where(_R.connection == name, _R.vendor_id == vendor_id, _R.gone_at.is_(None))
        .values(gone_at=to_ms(now), merged_into=into)
    )


def _whose(kept: Row) -> tuple[str, str]:
    return kept["helpdesk"], kept["customer_id"] or kept["customer"]


def tickets_of(name: str, vendor_id: str) -> sa.Select[tuple[str]]:
    """The keys of the tickets that hang on items which are, or were, planned for the release."""
    return (
        sa.select(links.c.ticket_key)
        .join(release_items, _I.work_item_key == links.c.work_item_key)
        .join(releases, _R.id == _I.release_id)
        .where(_R.connection == name, _R.vendor_id == vendor_id, links.c.state != "ended")
    )


def has_tickets() -> sa.ColumnElement[bool]:
    """Whether a ticket hangs on an item that is, or was, planned for the release.

    What only engineering's own work is planned for is not shown to those who look after tickets.
    """
    return sa.exists().where(
        _I.release_id == _R.id,
        links.c.work_item_key == _I.work_item_key,
        links.c.state != "ended",
    )


async def load(connection: AsyncConnection, id: str) -> Row | None:
    """The release of that id; None also for one that no ticket has to do with."""
    return await row(connection, sa.select(releases).where(_R.id == id, has_tickets()))


async def reached_of(connection: AsyncConnection, ids: Sequence[str]) -> list[Row]:
    """Which groups people said have these releases, in the order in which they did."""
    statement = sa.select(release_reached).where(_D.release_id.in_(ids)).order_by(_D.at)
    return await rows(connection, statement)


async def exceptions_of(connection: AsyncConnection, ids: Sequence[str]) -> list[Row]:
    """The customers who do not go with their group at these releases, by name."""
    return await rows(connection, _EXCEPTIONS, {"p_keys": list(ids)})


async def set_exception(
    db: Database,
    connection: AsyncConnection,
    id: str,
    helpdesk: str,
    customer: str,
    customer_id: str,
    *,
    day: date | None,
    reason: str,
    by: str,
    now: datetime,
) -> None:
    """A person says that the customer gets the release on a day of their own; None: not for now."""
    values = {
        "release_id": id,
        "helpdesk": helpdesk,
        "customer_id": customer_id,
        "customer": customer,
    }
    await connection.execute(
        db.upsert(release_exceptions, ("release_id", "helpdesk", "customer_id", "customer")),
        {
            **values,
            "day": None if day is None else day.isoformat(),
            "reason": reason,
            "at": to_ms(now),
            "by": by,
        },
    )


async def end_exceptions(connection: AsyncConnection, kept: Sequence[Row]) -> None:
    """These customers go with their group again."""
    for each in kept:
        await connection.execute(
            sa.delete(release_exceptions).where(
                _E.release_id == each["release_id"],
                _E.helpdesk == each["helpdesk"],
                _E.customer_id == each["customer_id"],
                _E.customer == each["customer"],
            )
        )


async def set_reached(
    db: Database,
    connection: AsyncConnection,
    id: str,
    helpdesk: str,
    group: str,
    day: date | None,
    by: str,
    now: datetime,
) -> None:
    """A person says that the group has the release, since or from that day; None: it has not."""
    if day is None:
        await connection.execute(
            sa.delete(release_reached).where(
                _D.release_id == id, _D.helpdesk == helpdesk, _D.group_name == group
            )
        )
        return
    values = {"release_id": id, "helpdesk": helpdesk, "group_name": group}
    await connection.execute(
        db.upsert(release_reached, ("release_id", "helpdesk", "group_name")),
        {**values, "day": day.isoformat(), "at": to_ms(now), "by": by},
    )

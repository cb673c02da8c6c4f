"""Tickets that were of a customer who is set apart at a release, and are of another by now.

A company that was merged or renamed away leaves nobody whom what was said could be about. Its
tickets are known by what the lists called their customer before, and afterwards by the finding
that asks who they are: open or ignored it holds them back, closed by a person it holds nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

import sqlalchemy as sa

from bridge.core.releases import CUSTOMER_CHANGED
from bridge.domain.findings import Finding
from bridge.domain.refs import split_ref
from bridge.domain.releases import Stray
from bridge.store import connections, history, release_views
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, Row, rows
from bridge.store.releases import KeptReleases
from bridge.store.tables import findings, records, ticket_views

_F, _V = findings.c, ticket_views.c
_KEYS: sa.BindParameter[Sequence[str]] = sa.bindparam("p_keys", expanding=True)
_CALLED = sa.select(_V.ticket_key, _V.customer).where(_V.ticket_key.in_(_KEYS))
_ASKED = sa.select(_F.ref, _F.topic, _F.data).where(
    _F.ref.in_(_KEYS), _F.code == CUSTOMER_CHANGED, _F.state != "resolved"
)


async def load(
    connection: AsyncConnection, keys: Sequence[str], kept: KeptReleases
) -> dict[str, dict[str, Stray]]:
    """By ticket and release: whose it was, if those were set apart there under that name."""
    found: dict[str, dict[str, Stray]] = {}
    if not kept.exceptions:
        return found
    names = await _names(connection, kept)
    given = {"p_keys": list(keys)}
    asked = {
        (each["ref"], each["topic"]): str(each["data"].get("was", ""))
        for each in await rows(connection, _ASKED, given)
    }
    for each in await rows(connection, _CALLED, given):
        key = each["ticket_key"]
        for (release, helpdesk), days in names.items():
            was = asked.get((key, release)) or each["customer"] or ""
            # A name that was erased is nobody's.
            if was and was in days and split_ref(key)[0] == helpdesk:
                found.setdefault(key, {})[release] = Stray(was, days[was])
    return found


async def _names(
    connection: AsyncConnection, kept: KeptReleases
) -> dict[tuple[str, str], dict[str, date | None]]:
    """By release and helpdesk: under which names customers are set apart, then or since."""
    names = {}
    for here, own in kept.exceptions.items():
        companies = await connections.load_companies(connection, here[1], own)
        names[here] = {
            **own,
            **{each.name: own[id] for id, each in companies.items() if each.name},
            **kept.namesakes.get(here, {}),
        }
    return names


def at(id: str, helpdesk: str) -> sa.Select[tuple[str]]:
    """The keys of the tickets about which it is asked, at that release, who their customer is."""
    return sa.select(_F.ref).where(
        _F.code == CUSTOMER_CHANGED, _F.topic == id, _F.connection == helpdesk,
        _F.state != "resolved", _F.ref.is_not(None),
    )  # fmt: skip


async def now_called(
    connection: AsyncConnection, id: str, helpdesk: str, names: Collection[str], customer: str
) -> None:
    """What is kept of customers of these names there is kept under that one: so it is asked."""
    for each in await _asked(connection, id, helpdesk, names):
        renamed = {**each["data"], "was": customer}
        await connection.execute(
            sa.update(findings).where(_F.id == each["id"]).values(data=renamed)
        )


async def let_go(
    connection: AsyncConnection, id: str, helpdesk: str, names: Collection[str]
) -> None:
    """Nothing is kept of customers of these names there any more: nothing is asked about."""
    gone = [each["id"] for each in await _asked(connection, id, helpdesk, names)]
    if gone:
        await connection.execute(
            sa.update(findings).where(_F.id.in_(gone)).values(state="resolved")
        )


async def carry(
    db: Database, connection: AsyncConnection, old: str, new: str, now: datetime
) -> None:
    """The new release takes the place of the old one: it is asked there, and holds there."""
    asked = sa.select(findings).where(
        _F.code == CUSTOMER_CHANGED, _F.topic == old, _F.state != "resolved"
    )
    kept = await rows(connection, asked)
    moved = [
        Finding(
            CUSTOMER_CHANGED,
            each["connection"],
            each["ref"],
            new,
            {**each["data"], "release_id": new},
        )
        for each in kept
    ]
    await history.raise_findings(db, connection, moved, now)
    if kept:
        ids = [each["id"] for each in kept]
        await connection.execute(sa.update(findings).where(_F.id.in_(ids)).values(state="resolved"))


async def _asked(
    connection: AsyncConnection, id: str, helpdesk: str, names: Collection[str]
) -> list[Row]:
    """What is asked at that release about tickets that were of customers of these names."""
    found = await rows(
        connection,
        sa.select(_F.id, _F.data).where(
            _F.code == CUSTOMER_CHANGED, _F.topic == id, _F.connection == helpdesk,
            _F.state != "resolved",
        ).order_by(_F.id),
    )  # fmt: skip
    return [each for each in found if each["data"].get("was") in names]


def concerned(id: str, helpdesk: str, customers: Collection[str]) -> sa.Select[tuple[str]]:
    """The keys of these customers' tickets behind the release, and of those asked about there."""
    key = records.c.key
    mine = key.in_(release_views.behind(id, helpdesk, customers))
    return sa.select(key).where(mine | key.in_(at(id, helpdesk)))

"""Single customers who get a release at another time than their group, and why."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from bridge.core.facts import called
from bridge.core.releases import said_name
from bridge.domain.access import Actor
from bridge.domain.errors import BridgeError
from bridge.domain.records import CUSTOMER
from bridge.engine.hub import Hub
from bridge.store import (
    connections,
    queue,
    records,
    release_strays,
    release_views,
    releases,
    tokens,
)
from bridge.store.connection import AsyncConnection
from bridge.store.database import Row, rows
from bridge.store.queue import ClaimClass
from bridge.store.releases import day_of

LONGEST = 300
"""Characters of a reason."""


class NotBehind(BridgeError):
    """No open ticket of such a customer is in the release: nothing is kept."""


class NotApart(BridgeError):
    """Nothing is said of such a customer at the release: there is nothing to keep."""


class ApartAlready(BridgeError):
    """Something of their own is said of the customer at the release: a person says which holds."""


async def set_apart(
    hub: Hub, id: str, helpdesk: str, customer: str, *, day: date | None, reason: str, actor: Actor
) -> int | None:
    """The customer has the release since, or from, a day of their own; None: not for now.

    How many tickets look again, behind all live work; None if there is no such release. NotBehind
    if the customer has nothing to do with it.
    """
    async with hub.db.write() as connection:
        found = await releases.load(connection, id)
        if found is None:
            return None
        companies = await _companies(connection, id, helpdesk, customer)
        kept = await _kept(hub, connection, id, helpdesk, customer, companies)
        there = await release_views.customers_in(connection, id)
        if not kept and (helpdesk, customer) not in there:
            raise NotBehind(f"No open ticket of {customer} in {helpdesk} is in this release")
        companies |= {each["customer_id"] for each in kept if each["customer_id"]}
        await releases.end_exceptions(connection, kept)
        for company in sorted(companies) or [""]:
            await releases.set_exception(
                hub.db, connection, id, helpdesk, customer, company,
                day=day, reason=reason, by=actor.name, now=hub.now(),
            )  # fmt: skip
        said = {"reason": reason} | ({} if day is None else {"day": day.isoformat()})
        about = (id, helpdesk, customer, actor, said)
        if day is None:
            await _audit(hub, connection, "release.held_back", *about)
        else:
            await _audit(hub, connection, "release.set_apart", *about)
        names = {customer, *(each["customer"] for each in kept)}
        await release_strays.now_called(connection, id, helpdesk, names - {customer}, customer)
        woken = await _wake(hub, connection, id, helpdesk, names)
    hub.work_wake.set()
    return woken


async def now_called(
    hub: Hub, id: str, helpdesk: str, was: str, customer: str, actor: Actor
) -> int | None:
    """What was said of a customer is meant for another name: they were merged, or renamed away.

    How many tickets look again, 0 if both are one; None if there is no such release. NotApart if
    nothing was said of `was`, NotBehind if `customer` has nothing to do with the release, and
    ApartAlready if something else is said of them: neither takes the place of the other unasked.
    """
    async with hub.db.write() as connection:
        found = await releases.load(connection, id)
        if found is None:
            return None
        kept = await _kept(hub, connection, id, helpdesk, was)
        if not kept:
            raise NotApart(
                f"Nothing is said of {was} in {helpdesk} at this release, or not any more: "
                "see who is set apart there now"
            )
        if was == customer:
            return 0
        if (helpdesk, customer) not in await release_views.customers_in(connection, id):
            raise NotBehind(f"No open ticket of {customer} in {helpdesk} is in this release")
        companies = await _companies(connection, id, helpdesk, customer)
        own = await _kept(hub, connection, id, helpdesk, customer, companies)
        if any(each not in kept for each in own):
            raise ApartAlready(
                f"{customer} in {helpdesk} is set apart at this release too: "
                f"let {was} or {customer} go with their group first"
            )
        said, before = kept[0], await names_now(hub, connection, kept)
        await releases.end_exceptions(connection, kept)
        for company in sorted(companies) or [""]:
            await releases.set_exception(
                hub.db, connection, id, helpdesk, customer, company,
                day=day_of(said["day"]), reason=said["reason"], by=actor.name, now=hub.now(),
            )  # fmt: skip
        about = (id, helpdesk, customer, actor, {"was": was})
        await _audit(hub, connection, "release.now_called", *about)
        names = {was, *(each["customer"] for each in kept), *before.values()}
        # A ticket of theirs that came to somebody else is still asked about, by the new name.
        await release_strays.now_called(connection, id, helpdesk, names - {customer}, customer)
        woken = await _wake(hub, connection, id, helpdesk, names | {customer})
    hub.work_wake.set()
    return woken


async def rejoin(hub: Hub, id: str, helpdesk: str, customer: str, actor: Actor) -> int | None:
    """The customer goes with their group again; 0 if they do already, None: no such release."""
    async with hub.db.write() as connection:
        if await releases.load(connection, id) is None:
            return None
        kept = await _kept(hub, connection, id, helpdesk, customer)
        if not kept:
            return 0
        await releases.end_exceptions(connection, kept)
        await _audit(hub, connection, "release.rejoined", id, helpdesk, customer, actor, {})
        names = {customer, *(each["customer"] for each in kept)}
        names |= {*(await names_now(hub, connection, kept)).values()}
        woken = await _wake(hub, connection, id, helpdesk, names)
        await release_strays.let_go(connection, id, helpdesk, names)
    hub.work_wake.set()
    return woken


async def names_now(
    hub: Hub, connection: AsyncConnection, kept: Sequence[Row]
) -> dict[tuple[str, str], str]:
    """What these customers are called today, by helpdesk and company, as far as that is known."""
    found: dict[tuple[str, str], str] = {}
    for helpdesk in {each["helpdesk"] for each in kept}:
        active = hub.mappings.get(helpdesk)
        source = None if active is None else active.data.ticket.customer
        ids = {each["customer_id"] for each in kept if each["helpdesk"] == helpdesk} - {""}
        read = await connections.load_companies(connection, helpdesk, ids)
        found |= {
            (helpdesk, id): each.name if source is None else called(source, each)
            for id, each in read.items()
        }
    return found


async def _kept(
    hub: Hub,
    connection: AsyncConnection,
    id: str,
    helpdesk: str,
    customer: str,
    companies: Collection[str] = (),
) -> list[Row]:
    """What is kept of the customer: by the company, the name of today, or the one of then."""
    here = await releases.exceptions_of(connection, [id])
    names = await names_now(hub, connection, here)
    return [
        each
        for each in here
        if each["helpdesk"] == helpdesk
        and (
            each["customer_id"] in companies
            or customer in (each["customer"], names.get((helpdesk, each["customer_id"])))
        )
    ]


async def _companies(
    connection: AsyncConnection, id: str, helpdesk: str, customer: str
) -> set[str]:
    """The companies of that name behind the release: by that they are known when renamed."""
    found = await rows(connection, release_views.behind(id, helpdesk, [customer]))
    stored = await records.load_many(connection, [each["ticket_key"] for each in found])
    seen = (each.observation for each in stored.values())
    return {each.text(CUSTOMER) for each in seen if each is not None} - {""}


async def _wake(
    hub: Hub, connection: AsyncConnection, id: str, helpdesk: str, customers: set[str]
) -> int:
    """Those of these names look again, and those of whom nobody knows whether they are they."""
    # All at once: whoever locks records twice in a transaction may wait for one who waits for it.
    return await queue.mark_where(
        hub.db,
        connection,
        release_strays.concerned(id, helpdesk, customers),
        cause=f"release {id}",
        claim_class=ClaimClass.CAMPAIGN,
    )


async def _audit(
    hub: Hub,
    connection: AsyncConnection,
    action: str,
    id: str,
    helpdesk: str,
    customer: str,
    actor: Actor,
    said: dict[str, str],
) -> None:
    row = await releases.load(connection, id)
    name = "" if row is None else said_name(row["name"])
    await tokens.audit(
        connection,
        actor=actor.name,
        action=action,
        target=f"release {id}",
        detail={"release": name, "helpdesk": helpdesk, "customer": customer, **said},
        now=hub.now(),
    )

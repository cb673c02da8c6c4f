"""Single customers who get a release at another time than their group, and why."""

from __future__ import annotations

from datetime import date

from bridge.core.releases import said_name
from bridge.domain.access import Actor
from bridge.domain.errors import BridgeError
from bridge.engine.hub import Hub
from bridge.store import queue, release_views, releases, tokens
from bridge.store.connection import AsyncConnection
from bridge.store.queue import ClaimClass

LONGEST = 300
"""Characters of a reason."""


class NotBehind(BridgeError):
    """No open ticket of such a customer is in the release: nothing is kept."""


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
        if customer not in await release_views.customers_in(connection, id, helpdesk):
            raise NotBehind(f"No open ticket of {customer} in {helpdesk} is in this release")
        await releases.set_exception(
            hub.db, connection, id, helpdesk, customer,
            day=day, reason=reason, by=actor.name, now=hub.now(),
        )  # fmt: skip
        said = {"reason": reason} | ({} if day is None else {"day": day.isoformat()})
        about = (id, helpdesk, customer, actor, said)
        if day is None:
            await _audit(hub, connection, "release.held_back", *about)
        else:
            await _audit(hub, connection, "release.set_apart", *about)
        woken = await _wake(hub, connection, id, helpdesk, customer)
    hub.work_wake.set()
    return woken


async def rejoin(hub: Hub, id: str, helpdesk: str, customer: str, actor: Actor) -> int | None:
    """The customer goes with their group again; 0 if they do already, None: no such release."""
    async with hub.db.write() as connection:
        if await releases.load(connection, id) is None:
            return None
        if not await releases.end_exception(connection, id, helpdesk, customer):
            return 0
        await _audit(hub, connection, "release.rejoined", id, helpdesk, customer, actor, {})
        woken = await _wake(hub, connection, id, helpdesk, customer)
    hub.work_wake.set()
    return woken


async def _wake(
    hub: Hub, connection: AsyncConnection, id: str, helpdesk: str, customer: str
) -> int:
    return await queue.mark_where(
        hub.db,
        connection,
        release_views.keys_of(id, helpdesk, customer),
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

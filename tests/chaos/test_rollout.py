"""A release reaches its customers while replicas die: each told once, and nobody held back is."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bridge.domain.drafts import DraftState
from bridge.store.database import Database
from bridge.store.tables import drafts
from tests.chaos.replica import ADMIN_TOKEN, Replica
from tests.chaos.test_kill_jobs import said_yes
from tests.chaos.world import LONG, Chaos, open_chaos
from tests.shipped import SHIPPED

RELEASES = """
releases:
  until_then: in_testing
  groups:
    pilot: {when: {field: customer, is: Pilot Town}}
    everyone: {}
  sources:
    boards: {field: System.Tags, begins: "release-"}
"""
WAITS, HAS_IT = "In testing", "Available to you"
TOWNS = ("Pilot Town", "Other Town", "Third Town", "Early Out", "Late Out")
"""The last two are held back: before their group has the release, and after."""
TOLD = TOWNS[:3]
REACHING = [
    f"{step}:ticket{count}" for step in ("plan.made", "record.stored") for count in ("", ":3")
]
REACHING += [f"apply.{step}:SetTicketFields:2" for step in ("intended", "called", "stored")]
SPEAKING = [f"apply.{step}:SayToCustomer:2" for step in ("called", "stored")]
SHORT = [("sqlite", "apply.called:SayToCustomer:2")]
CASES = [(engine, each) for engine in ("sqlite", "postgresql") for each in (*REACHING, *SPEAKING)]


def open_ticket(chaos: Chaos, town: str) -> str:
    """A ticket of that customer, with a conversation that is somebody's."""
    company = chaos.hubspot.add_company(town)
    ticket = chaos.hubspot.person_creates_ticket(
        subject=f"{town}: export fails", category="Bug", company_id=company
    )
    chaos.hubspot.customer_writes(ticket, "It still fails.")
    [thread] = [each for each in chaos.hubspot.threads.values() if each.ticket_id == ticket]
    chaos.hubspot.portal.threads.assign(thread, "A-9001")
    return str(ticket)


def told(chaos: Chaos) -> Counter[str]:
    """How many messages of the hub the customer of each ticket read."""
    return Counter(
        thread.ticket_id
        for thread in chaos.hubspot.threads.values()
        for each in thread.messages
        if each.type == "MESSAGE" and each.direction == "OUTGOING"
    )


async def undecided(chaos: Chaos) -> Counter[str]:
    """The tickets with a message of which a person must decide whether it was said."""
    db = Database(chaos.database_url)
    async with db.read() as connection:
        found = await connection.scalars(
            sa.select(drafts.c.ticket_key).where(drafts.c.state == DraftState.UNCLEAR.value)
        )
        keys = list(found)
    await db.aclose()
    return Counter(each.partition(":")[2] for each in keys)


async def press(replica: Replica, draft: dict[str, Any]) -> None:
    """Somebody approves the draft at that replica, which may die meanwhile."""
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}", "If-Match": draft["digest"]}
    url = f"{replica.url}/api/v1/drafts/{draft['id']}/approve"
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        try:
            answer = await client.post(url, headers=headers)
        except httpx.TransportError:
            return
    # Somebody else was faster, or what it tells is not so any more.
    assert answer.status_code in (200, 409, 412), answer.text


async def approve_all(chaos: Chaos, wanted: list[dict[str, Any]]) -> None:
    """Everybody approves everything at once, everywhere; and once more what got no answer."""
    for _ in range(2):
        await asyncio.gather(*(press(each, d) for each in chaos.replicas for d in wanted))
        await chaos.settle()


async def say(chaos: Chaos, path: str, **said: Any) -> None:
    """An operator says it, again until there is an answer."""
    await chaos.revive()
    await said_yes(chaos, "POST", path, json={"helpdesk": "hubspot", **said})


@pytest.mark.parametrize(("engine", "point"), CASES if LONG else SHORT)
async def test_release_reaches_its_customers_while_replicas_die(
    request: pytest.FixtureRequest, tmp_path: Path, engine: str, point: str
) -> None:
    url = request.getfixturevalue("migrated_postgres") if engine == "postgresql" else None
    count = 1 if url is None else 2
    async with open_chaos(
        tmp_path, database_url=url, replicas=count, mapping=SHIPPED + RELEASES
    ) as chaos:
        speaks = "SayToCustomer" in point
        for each in chaos.replicas:
            await each.start(fault=point if speaks else "")
        chaos.watched += chaos.replicas
        tickets = {town: open_ticket(chaos, town) for town in TOWNS}
        await chaos.settle()
        for item in chaos.items():
            chaos.boards.person_edits(item.id, {"System.Tags": "release-5.4"})
            chaos.boards.person_moves_state(item.id, "Closed")
        await chaos.settle()
        assert {chaos.shown(each, "work_stage") for each in tickets.values()} == {WAITS}
        [release] = (await said_yes(chaos, "GET", "/releases"))["items"]
        path = f"/releases/{release['id']}"
        await say(chaos, f"{path}/customers", customer=TOWNS[3], reason="an audit")
        if not speaks:
            for each in chaos.replicas:
                each.kill()
                each.ends.clear()
                await each.start(fault=point)
        await say(chaos, f"{path}/reached", group="pilot")
        await chaos.settle()
        await say(chaos, f"{path}/reached", group="everyone")
        await chaos.settle()
        shown = {town: chaos.shown(id, "work_stage") for town, id in tickets.items()}
        assert shown == dict.fromkeys(TOWNS, HAS_IT) | {TOWNS[3]: WAITS}
        waiting = (await said_yes(chaos, "GET", "/drafts"))["items"]
        assert len(waiting) == len(TOWNS) - 1
        # Held back with the draft made, a moment before everybody approves all of them.
        await say(chaos, f"{path}/customers", customer=TOWNS[4], reason="asked to wait")
        await approve_all(chaos, waiting)
        await chaos.settle()
        ends = [end for each in chaos.replicas for end in each.ends]
        assert set(ends) == {-9}, f"the point was not reached\n{chaos.story()}"
        # Of what another pass was just about to send as its process died nobody knows whether it
        # went out: a person decides, and nobody is told twice by guess.
        left = await undecided(chaos)
        assert told(chaos) + left == Counter(tickets[town] for town in TOLD), chaos.story()
        assert await chaos.findings() == ({"MESSAGE_UNDECIDED"} if left else set())
        assert sum(left.values()) < len(TOLD)
        assert chaos.shown(tickets[TOWNS[4]], "work_stage") == WAITS

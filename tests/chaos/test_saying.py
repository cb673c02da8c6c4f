"""A message to a customer on its way, and the hub dies, freezes or hears everything twice."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest
import sqlalchemy as sa

from bridge.domain.drafts import Draft, DraftState
from bridge.domain.refs import TicketRef
from bridge.kit.clock import SystemClock
from bridge.store import drafts, queue
from bridge.store.database import Database
from bridge.store.queue import ClaimClass, Mark
from bridge.store.tables import records
from connectors.email.simulator import EmailSimulator
from tests.chaos.world import LONG, Chaos, open_chaos
from tests.shipped import SHIPPED

WORDS = "The fix is with you."
POINTS = [f"apply.{step}:SayToCustomer" for step in ("intended", "called", "stored")]
CASES = [("sqlite", each) for each in POINTS]
CASES += [("postgresql", each) for each in (POINTS if LONG else POINTS[1:2])]


def asked(chaos: Chaos) -> str:
    """A ticket with a conversation that is somebody's."""
    ticket = chaos.new_ticket()
    chaos.hubspot.customer_writes(ticket, "It still fails.")
    [thread] = [each for each in chaos.hubspot.threads.values() if each.ticket_id == ticket]
    chaos.hubspot.portal.threads.assign(thread, "A-9001")
    return ticket


async def approve(chaos: Chaos, ticket: str) -> None:
    """A person lets a draft go."""
    db = Database(chaos.database_url, clock=chaos.clock)
    now = (chaos.clock or SystemClock()).now()
    ref = TicketRef("hubspot", ticket)
    draft = Draft("d-1", str(ref), "by_hand", f"<p>{WORDS}</p>", "x", DraftState.OPEN, now)
    async with db.write() as connection:
        await drafts.add(connection, draft)
        await drafts.approve(connection, "d-1", digest="x", by="kim", now=now)
        await queue.mark(db, connection, [Mark(ref, "approved", ClaimClass.PERSON)])
    await db.aclose()


async def state(chaos: Chaos) -> DraftState:
    db = Database(chaos.database_url)
    async with db.read() as connection:
        found = await drafts.load(connection, "d-1")
    await db.aclose()
    assert found is not None
    return found.state


def told(chaos: Chaos) -> list[str]:
    """What customers read of the hub, in all their conversations."""
    said = [each for thread in chaos.hubspot.threads.values() for each in thread.messages]
    return [each.text for each in said if each.type == "MESSAGE" and each.direction == "OUTGOING"]


async def taken_over(chaos: Chaos, ticket: str) -> None:
    """Wait until a whole pass over the ticket has ended since the first worker froze in one."""
    r, db = records.c, Database(chaos.database_url)
    rest = sa.select(r.key).where(
        r.key == f"hubspot:{ticket}", r.lease_until == 0, r.dirty_generation <= r.done_generation
    )
    try:
        for _ in range(900):
            async with db.read() as connection:
                if await connection.scalar(rest) is not None:
                    return
            await asyncio.sleep(0.1)
    finally:
        await db.aclose()
    raise AssertionError(chaos.story())


@pytest.mark.parametrize(("chaos", "point"), CASES, indirect=["chaos"])
async def test_hub_killed_while_it_speaks_never_says_it_twice(chaos: Chaos, point: str) -> None:
    chaos.hubspot.duplicate_rate = 1.0
    await chaos.hub.start(fault=point)
    chaos.watched.append(chaos.hub)
    ticket = asked(chaos)
    await chaos.settle()
    await approve(chaos, ticket)
    await chaos.until(lambda: chaos.hub.ends)
    await chaos.settle()
    assert chaos.hub.ends == [-9]
    if point.startswith("apply.intended"):
        # Nobody knows that nothing was sent: a person looks, and nothing is said by guess.
        assert (told(chaos), await state(chaos)) == ([], DraftState.UNCLEAR)
        assert await chaos.findings() == {"MESSAGE_UNDECIDED"}
    else:
        assert (told(chaos), await state(chaos)) == ([WORDS], DraftState.SENT)
        assert await chaos.findings() == set()


@pytest.mark.parametrize("point", POINTS[:2])
async def test_worker_frozen_while_it_speaks_leaves_it_said_once(
    migrated_postgres: str, tmp_path: Path, point: str
) -> None:
    async with open_chaos(
        tmp_path, database_url=migrated_postgres, replicas=2, shared_clock=False
    ) as pair:
        first, second = pair.replicas
        await first.start(fault=point, how="STOP")
        ticket = asked(pair)
        await pair.until(lambda: pair.items() and not pair.wrong(ticket))
        await approve(pair, ticket)
        await pair.until(lambda: first.frozen)
        await second.start()
        # The other one takes the ticket over once the lease has run out, and only looks.
        await taken_over(pair, ticket)
        assert await state(pair) is DraftState.APPROVED
        first.signal(signal.SIGCONT)
        await pair.until(lambda: "lease lost" in first.tail(10**9))
        await pair.until(lambda: told(pair))
        await pair.settle()
        assert (told(pair), await state(pair)) == ([WORDS], DraftState.SENT)


LETTERS = [*POINTS[:2], "apply.called:ShowLetter"] if LONG else POINTS[1:2]


@pytest.mark.parametrize("point", LETTERS)
async def test_hub_killed_as_a_letter_goes_out_or_is_shown_does_neither_twice(
    tmp_path: Path, point: str
) -> None:
    """Of mail nothing can be looked for: what may have gone is a person's to decide."""
    mail = EmailSimulator()
    async with mail.running():
        line = f"  mail: {{vendor: email, host: 127.0.0.1, port: {mail.port}, sender: a@b.io}}\n"
        tell = "\ntell: {mail: {via: mail, from: help@acme.com, reply_to: help@acme.com}}\n"
        async with open_chaos(tmp_path, mapping=SHIPPED + tell, more_yaml=line) as chaos:
            await chaos.hub.start(fault=point)
            chaos.watched.append(chaos.hub)
            ticket = chaos.new_ticket()
            chaos.hubspot.person_names_contact(ticket, chaos.hubspot.add_contact("a@b.example"))
            await chaos.settle()
            await approve(chaos, ticket)
            await chaos.until(lambda: chaos.hub.ends)
            await chaos.settle()
            assert chaos.hub.ends == [-9]
            shown = len(chaos.hubspot.tickets[ticket].emails)
            found = await chaos.findings()
            if point.endswith("ShowLetter"):
                assert (len(mail.mails), await state(chaos)) == (1, DraftState.SENT)
                assert (shown, found) == (1, set())
                return
            gone = 0 if point == POINTS[0] else 1
            assert (len(mail.mails), await state(chaos)) == (gone, DraftState.UNCLEAR)
            assert (shown, found) == (0, {"MESSAGE_UNDECIDED"})

"""Promises kept by mail, where a ticket has no conversation (C10, D1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bridge.domain.refs import TicketRef
from bridge.engine import telling
from tests.scenarios.promised import Moved
from tests.scenarios.test_drafts import drafts, press
from tests.scenarios.test_letters import TELL, Desk, open_desk
from tests.shipped import SHIPPED

START = datetime(2026, 11, 30, 9, tzinfo=UTC)
PROMISES = """
promises:
  - {id: first, label: First word, within: 4h, kept_by: told_customer, calendar: always}
  - {id: update, label: Update, every: 24h, kept_by: told_customer, calendar: always}
"""


async def standing(desk: Desk, ticket: str) -> dict[str, tuple[str, str, int, int]]:
    """How the ticket's promises stand: state, when due, how often kept and missed before."""
    answer = await desk.world.client.get("/api/v1/promises", headers=desk.world.admin)
    found: list[dict[str, Any]] = answer.json()["items"]
    return {
        each["promise"]: (
            each["state"], (each["due_at"] or "")[:13], each["kept_before"], each["missed"],
        )
        for each in found
        if each["ticket"]["id"] == ticket
    }  # fmt: skip


async def test_letter_and_a_persons_own_mail_keep_promises_and_unread_mail_breaks_none(
    tmp_path: Path,
) -> None:
    clock = Moved(START)
    async with open_desk(tmp_path, SHIPPED + TELL + PROMISES, clock) as desk:
        sim = desk.world.hubspot

        async def at(hours: float) -> None:
            clock.move_to(START + timedelta(hours=hours))
            await desk.world.sweep("hubspot")

        # There is mail that the hub may not read: who was told what can't be known, or claimed.
        sim.withheld_scopes = {"sales-email-read"}
        unread = await desk.filed("Nobody sees the mail")
        sim.mail_is_logged(unread, "We look into it.")
        # Mail is seen by sweeps, which go on all the while: long before a promise is due.
        await at(1)
        await at(50)
        states = await standing(desk, unread)
        assert {each[0] for each in states.values()} == {"unobservable"}
        assert "PROMISE_BROKEN" not in await desk.world.findings()
        sim.withheld_scopes = set()
        sim.person_deletes(unread)
        # The hub's letter, which a person approved, is a word, and one only.
        clock.move_to(START + timedelta(hours=52))
        ticket = await desk.filed()
        assert (await standing(desk, ticket))["first"][0] == "running"
        await telling.write(desk.world.hub, TicketRef("hubspot", ticket), "We are at it.", by="Kim")
        [draft] = await drafts(desk.world, ticket=f"hubspot:{ticket}")
        assert (await press(desk.world, draft, "approve")).status_code == 200
        await desk.world.settle()
        assert (len(desk.letters), desk.shown(ticket)) == (1, ["We are at it."])
        kept = {"first": ("kept", "2026-12-02T17", 0, 0)}
        assert await standing(desk, ticket) == kept | {"update": ("running", "2026-12-03T13", 1, 0)}
        # A person's own mail is one too; what comes in or went by itself is none.
        clock.move_to(START + timedelta(hours=60))
        sim.mail_is_logged(ticket, "We look into it.")
        clock.move_to(START + timedelta(hours=62))
        sim.customer_mails(ticket, "Thank you", "ana@client.example")
        sim.mail_is_logged(ticket, "We received your mail", app="990017")
        await at(63)
        assert await standing(desk, ticket) == kept | {"update": ("running", "2026-12-03T21", 2, 0)}
        # Silence from then on breaks the promise, once each day.
        await at(60 + 25)
        assert (await standing(desk, ticket))["update"] == ("breached", "2026-12-03T21", 2, 1)
        assert "PROMISE_BROKEN" in await desk.world.findings()

"""The end of tickets: too early or silently, brought back by a reply, in time.

C19, C20, C21, D14, D15, D16, H5, O27.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bridge.core.closing import plan_closing
from bridge.domain.refs import TicketRef
from bridge.engine import escalating
from bridge.kit.clock import to_ms
from bridge.store import connections
from bridge.store.tables import closures
from tests.scenarios.test_mirror import bug
from tests.scenarios.test_preview import activated
from tests.scenarios.world import World, open_world
from tests.scenarios.zendesk_shop import MAPPING, Shop, open_shop
from tests.shipped import SHIPPED

OPEN, PENDING, SOLVED, CLOSED = "1", "2", "3", "4"
ENDS = f"""
closing:
  solved: ["{SOLVED}"]
  solved_after: 2d
  pending: ["{PENDING}"]
  pending_after: 7d
  to: {{property: hs_pipeline_stage, value: "{CLOSED}"}}
  reopen_to: {{property: hs_pipeline_stage, value: "{OPEN}"}}
  remind_after: 0s
  survey_channels: [satisfaction]
on_reply: {{item: reopen, reopen_to: {{boards: Active}}, owner: hubspot_owner_id}}
"""
SECRET = "My password is hunter2"


@pytest.fixture(params=["sqlite", "postgresql"])
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """HubSpot and Boards, with a mapping that says how tickets end."""
    url = request.getfixturevalue("migrated_postgres") if request.param == "postgresql" else None
    async with open_world(tmp_path, database_url=url, mapping=SHIPPED + ENDS) as opened:
        yield opened


async def ends(world: World) -> set[str]:
    """The open findings about how tickets end."""
    return await world.findings() & {
        "CLOSED_BEFORE_FIXED", "CLOSED_SILENTLY", "DONE_NOT_CLOSED", "OWNER_GONE",
    }  # fmt: skip


async def edits(world: World, ticket: str, **properties: Any) -> None:
    """A person edits the ticket, and everything settles."""
    world.hubspot.person_edits_ticket(ticket, **properties)
    await world.settle()


def told(world: World, item: str) -> list[str]:
    """What the hub told the bug's people."""
    said = [each.text for each in world.boards.items[int(item)].comments]
    return [each for each in said if "has replied" in each]


async def test_ticket_that_ends_too_early_is_brought_back_by_a_reply_and_its_bug_hears_of_it(
    desk: World,
) -> None:
    # D15, D16, C19: the reply opens it, who had it gets it back, and the bug's people hear.
    ada = desk.hubspot.add_owner("ada@acme.com", "Ada", "Lee")
    ticket, item = await bug(desk)
    await edits(desk, ticket, hubspot_owner_id=ada)
    await edits(desk, ticket, hs_pipeline_stage=CLOSED)
    # Three closings are never one: the bug is not done.
    assert await ends(desk) == {"CLOSED_BEFORE_FIXED"}
    desk.boards.person_moves_state(item, "Active")
    desk.boards.person_moves_state(item, "Closed")
    await desk.settle()
    # H5: and the client was not told.
    assert await ends(desk) == {"CLOSED_SILENTLY"}
    await edits(desk, ticket, hubspot_owner_id="")
    desk.hubspot.customer_writes(ticket, SECRET)
    await desk.settle()
    assert desk.ticket(ticket)["hs_pipeline_stage"] == OPEN
    assert desk.ticket(ticket)["hubspot_owner_id"] == ada
    [comment] = told(desk, item)
    assert "hunter2" not in comment
    assert desk.boards.items[int(item)].fields["System.State"] == "Active"
    # Looked at again and again, nothing is said or done twice.
    desk.hubspot.customer_writes(ticket, "Hello?")
    await desk.sweep("hubspot")
    assert len(told(desk, item)) == 1
    assert await ends(desk) == set()
    # O27: addressed, told, and still open: whoever told them closes it.
    desk.boards.person_moves_state(item, "Closed")
    await desk.settle()
    assert await ends(desk) == {"DONE_NOT_CLOSED"}
    desk.hubspot.agent_replies(ticket, "It is fixed.")
    await edits(desk, ticket, hs_pipeline_stage=CLOSED)
    assert await ends(desk) == set()


async def test_owner_who_left_does_not_get_the_ticket_back(tmp_path: Path) -> None:
    async with open_world(tmp_path, mapping=SHIPPED + ENDS) as desk:
        desk.hubspot.add_owner("ada@acme.com", "Ada", "Lee")
        bob = desk.hubspot.add_owner("bob@acme.com", "Bob", "Ray")
        ticket, _ = await bug(desk)
        await edits(desk, ticket, hubspot_owner_id=bob)
        await edits(desk, ticket, hs_pipeline_stage=CLOSED, hubspot_owner_id="")
        del desk.hubspot.portal.crm.owners.by_id[bob]
        async with desk.hub.db.write() as connection:
            await connections.outdate_reference(connection, "hubspot")
        desk.hub.references.pop("hubspot", None)
        desk.hubspot.customer_writes(ticket, "Still broken")
        await desk.settle()
        assert desk.ticket(ticket)["hs_pipeline_stage"] == OPEN
        assert await ends(desk) == {"OWNER_GONE"}


async def test_tickets_are_closed_in_time_and_not_silently_or_while_work_goes_on(
    tmp_path: Path,
) -> None:
    # D14, D16: by the hub, for the helpdesk does not do it.
    async with open_world(tmp_path, mapping=SHIPPED + ENDS) as desk:

        async def says(ticket: str, words: str, stage: str) -> None:
            if words:
                desk.hubspot.agent_replies(ticket, words)
            await edits(desk, ticket, hs_pipeline_stage=stage)

        asked, answered, silent = [
            desk.hubspot.person_creates_ticket(
                subject="How?", category="Customer Success Ticket", company_id=desk.acme
            )
            for _ in range(3)
        ]
        working, _ = await bug(desk)
        await says(asked, "Which version do you run?", PENDING)
        await says(answered, "Press Export twice.", SOLVED)
        await says(silent, "", SOLVED)
        await says(working, "Which version do you run?", PENDING)
        tickets = (asked, answered, silent, working)
        assert await after_days(desk, 3, *tickets) == [PENDING, CLOSED, SOLVED, PENDING]
        assert await after_days(desk, 8, *tickets) == [CLOSED, CLOSED, SOLVED, PENDING]


async def after_days(world: World, days: int, *tickets: str) -> list[str]:
    """The stages of the tickets after so many days, as far as their ends go."""
    long_ago = world.hub.now() - timedelta(days=99)
    # The hub was there all the time, and the mapping in force.
    world.hub.start_marks["hubspot"] = long_ago
    world.hub.mappings["hubspot"] = replace(world.hub.mappings["hubspot"], since=long_ago)
    back = to_ms(world.hub.now() - timedelta(days=days))
    async with world.hub.db.write() as connection:
        await connection.execute(sa.update(closures).values(since=back))
    for each in tickets:
        await world.client.post(f"/api/v1/tickets/hubspot/{each}/check", headers=world.admin)
    await world.settle()
    return [str(world.ticket(each)["hs_pipeline_stage"]) for each in tickets]


async def test_activating_once_more_goes_on_with_what_waits_and_the_first_time_with_nothing(
    tmp_path: Path,
) -> None:
    async with open_world(tmp_path, mapping=SHIPPED) as desk:
        solved = {}
        again = ENDS.replace("remind_after: 0s", "remind_after: 1d")
        for part, text in (("none", ""), ("first", ENDS), ("again", again)):
            if text:
                await activated(desk, SHIPPED + text)
            ticket = desk.hubspot.person_creates_ticket(subject="How?", company_id=desk.acme)
            await desk.settle()
            await edits(desk, ticket, hs_pipeline_stage=SOLVED)
            solved[part] = ticket
        active = desk.hub.mappings["hubspot"]
        assert not active.data.notifiers()
        assert [each.mapping.closing is not None for each in active.earlier] == [True, False]
        for ticket in solved.values():
            desk.hubspot.agent_replies(ticket, "Press Export twice.")
        await desk.settle()
        desk.hub.start_marks["hubspot"] -= timedelta(days=99)
        asked = [await closes_later(desk, each) for each in solved.values()]
        assert asked == [False, True, True]


async def test_activating_asks_for_no_word_of_what_was_closed_before_and_hears_a_reply_to_it(
    tmp_path: Path,
) -> None:
    promise = """
promises: [{id: daily, every: 1d, kept_by: told_customer}]
"""
    async with open_world(tmp_path, mapping=SHIPPED) as desk:
        tickets = [desk.hubspot.person_creates_ticket(subject="How?") for _ in range(4)]
        await desk.settle()
        for each in tickets:
            desk.hubspot.agent_replies(each, "Press Export twice.")
        for each in tickets[1:]:
            await edits(desk, each, hs_pipeline_stage=CLOSED)

        before = len(desk.calls)
        await activated(desk, SHIPPED + ENDS + promise)
        calls = [each.path for each in desk.calls[before:] if each.connection == "hubspot"]
        # Each is read anew, and what was said on the open one alone.
        asked = [sum(part in each for each in calls) for part in ("/tickets/", "/messages")]
        assert asked == [4, 1]
        assert [each["ticket"]["id"] for each in await promises(desk)] == tickets[:1]
        desk.hubspot.customer_writes(tickets[2], "It does not help")
        await desk.settle()
        stages = [desk.ticket(each)["hs_pipeline_stage"] for each in tickets]
        assert stages == [OPEN, CLOSED, OPEN, CLOSED]


async def promises(world: World) -> list[dict[str, Any]]:
    """The promises as the API lists them."""
    answer = await world.client.get("/api/v1/promises", headers=world.admin)
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def closes_later(world: World, ticket: str) -> bool:
    """Whether the hub will close the solved ticket once its days are over."""
    ref = TicketRef("hubspot", ticket)
    situation = await escalating.situation_of(world.hub, ref)
    assert situation is not None
    return bool(plan_closing(situation, world.hub.now() + timedelta(days=3)).fields)


# ------------------------------------------------------------------------------------- Zendesk

ZENDESK = (
    MAPPING
    + """
closing: {solved: [Solved], remind_after: 30d, survey_channels: [satisfaction]}
on_reply: {item: tell, owner: assignee_id}
"""
)


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path, mapping=ZENDESK) as opened:
        yield opened


async def solves(shop: Shop, ticket: int) -> int:
    """An agent takes the ticket and solves it; who."""
    agent = shop.zendesk.agent_id
    shop.clock.seconds += 2
    shop.zendesk.person_edits_ticket(ticket, assignee_id=agent, status="solved")
    await shop.world.settle()
    shop.clock.seconds += 2
    return agent


async def test_reply_on_a_solved_ticket_leaves_it_with_its_agent_and_is_told_at_the_bug_once(
    shop: Shop,
) -> None:
    ticket, item = await shop.bug()
    agent = await solves(shop, ticket)
    assert await ends(shop.world) == {"CLOSED_BEFORE_FIXED"}
    shop.zendesk.customer_writes(ticket, SECRET)
    await shop.world.settle()
    assert shop.zendesk.tickets[ticket].values["assignee_id"] == agent
    [comment] = told(shop.world, item)
    assert f"Ticket {ticket}" in comment
    assert "hunter2" not in comment
    # D15: the bug itself stays as it is; what the ticket shows follows it again.
    assert shop.world.boards.items[int(item)].fields["System.State"] == "New"
    assert await ends(shop.world) == set()
    shop.world.boards.person_moves_state(item, "Active")
    await shop.world.settle()
    assert shop.shown(ticket, "Work stage") == "In development"
    # Solved and answered once more: that is another time.
    await solves(shop, ticket)
    shop.zendesk.customer_writes(ticket, "No")
    await shop.world.settle()
    assert len(told(shop.world, item)) == 2


async def test_satisfaction_answer_an_agent_or_an_absence_note_brings_nothing_back(
    shop: Shop,
) -> None:
    # C20, C21: an answer to the survey is no reply, and nor is what the customer's mailbox sent.
    ticket, item = await shop.bug()
    await solves(shop, ticket)
    shop.zendesk.customer_rates(ticket, "good", "Thank you!")
    await shop.world.settle()
    assert shop.zendesk.tickets[ticket].status == "solved"
    shop.clock.seconds += 2
    shop.zendesk.person_edits_ticket(ticket, status="open")
    await shop.world.settle()
    await solves(shop, ticket)
    shop.zendesk.customers_program_mails(ticket, "I am on holiday until Monday")
    await shop.world.settle()
    assert shop.zendesk.tickets[ticket].status == "open"
    assert told(shop.world, item) == []


async def test_follow_up_of_a_closed_ticket_is_told_at_the_bug_that_it_inherits(
    shop: Shop,
) -> None:
    # C19, D17: what is closed for good goes on in another ticket.
    ticket, item = await shop.bug()
    kim = shop.zendesk.tickets[ticket].values["requester_id"]
    await solves(shop, ticket)
    shop.zendesk.automation_closes(ticket)
    await shop.world.settle()
    shop.clock.seconds += 2
    again = shop.zendesk.customer_creates_ticket(
        "Re: Export fails", SECRET, kim, via_followup_source_id=ticket
    )
    await shop.world.settle()
    assert shop.shown(again, "Work items") == f"#{item}"
    said = [each.text for each in shop.world.boards.items[int(item)].comments]
    [comment] = [each for each in said if "goes on with one that was closed" in each]
    assert f"Ticket {again}" in comment
    assert "hunter2" not in comment

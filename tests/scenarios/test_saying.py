"""An approved draft reaches the customer exactly once, on the right ticket (C14)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bridge.domain.drafts import DraftState
from bridge.domain.refs import TicketRef
from bridge.domain.restores import Restored
from bridge.engine import telling
from bridge.engine.whom import NotDirected
from bridge.kit.faults import Fault, FaultKind
from bridge.store.tables import drafts, said
from tests.scenarios.saying import BY, WORDS, approve, later, shape, state_of
from tests.scenarios.test_findings import found, work_on
from tests.scenarios.world import BRIDGE_YAML, World, open_world
from tests.scenarios.zendesk_shop import Shop, open_shop

PUT = r"^PUT /api/v2/tickets/\d+"


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path) as opened:
        yield opened


def told(shop: Shop, ticket: int) -> list[str]:
    """What the hub said to the customer there."""
    hub = shop.zendesk.admin_id
    comments = shop.zendesk.tickets[ticket].comments
    return [each.body for each in comments if each.author_id == hub and each.public]


async def until(holds: Callable[[], bool]) -> None:
    """Wait for something that happens by itself; AssertionError if it never does."""
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came")


async def test_message_is_read_by_the_customer_once_and_told_everywhere(shop: Shop) -> None:
    ticket, item = await shop.bug()
    shop.world.boards.person_moves_state(item, "Active")
    await shop.world.settle()
    id = await approve(shop.world, f"zendesk:{ticket}")
    await shop.world.settle()
    [said] = told(shop, ticket)
    assert WORDS in said
    draft = await state_of(shop.world, id)
    assert draft.state is DraftState.SENT
    assert draft.message in {str(each.id) for each in shop.zendesk.tickets[ticket].comments}
    seen = await shape(shop.world, f"zendesk/{ticket}")
    assert seen["eta"]["told"] == "2027-05-14"
    assert seen["last_told_at"]
    happened = await shape(shop.world, f"zendesk/{ticket}/timeline")
    [row] = [each for each in happened["items"] if each["what"] == "told"]
    assert (row["after"], row["cause"]) == ("In development, 2027-05-14", BY)
    # Its own message comes back by webhook: it wakes nobody, and alarms nobody.
    calls = len(shop.world.calls)
    await shop.world.settle()
    assert (len(shop.world.calls), await shop.world.findings()) == (calls, set())
    # Whoever is on the ticket reads an answer there: nothing says that it went to one alone.
    requester = str(shop.zendesk.tickets[ticket].values["requester_id"])
    ref = TicketRef("zendesk", str(ticket))
    with pytest.raises(NotDirected, match="everybody who is on a ticket"):
        await telling.write(shop.world.hub, ref, "To you", by=BY, recipients=[requester])


async def test_message_whose_answer_was_lost_is_found_and_not_said_again(shop: Shop) -> None:
    ticket, _ = await shop.bug()
    shop.zendesk.faults.add(Fault(PUT, FaultKind.RESET_AFTER))
    id = await approve(shop.world, f"zendesk:{ticket}")
    await shop.world.settle()
    assert (await state_of(shop.world, id)).state is DraftState.APPROVED
    await later(shop.world, minutes=5)
    assert (await state_of(shop.world, id)).state is DraftState.SENT
    assert len(told(shop, ticket)) == 1
    assert await shop.world.findings() == set()


async def test_restored_hub_looks_for_a_message_before_it_says_it(shop: Shop) -> None:
    ticket, _ = await shop.bug()
    id = await approve(shop.world, f"zendesk:{ticket}")
    await shop.world.settle()
    hub = shop.world.hub
    now = hub.now() + timedelta(minutes=1)
    hub.restored = Restored(now, now - timedelta(days=1))
    async with hub.db.write() as connection:
        # The store as it was before it was sent, and another one that never was.
        forgot = sa.update(drafts).where(drafts.c.id == id)
        await connection.execute(forgot.values(state="approved", intended_at=None, message=""))
        await connection.execute(sa.delete(said))
    other = await approve(shop.world, f"zendesk:{ticket}", "<p>And another.</p>")
    await later(shop.world, minutes=10)
    assert [(await state_of(shop.world, each)).state for each in (id, other)] == ["sent", "sent"]
    assert len(told(shop, ticket)) == 2


async def test_message_that_is_not_found_is_a_persons_to_decide(shop: Shop) -> None:
    ticket, _ = await shop.bug()
    ids = []
    for how, count in (("retry", 1), ("resolve", 1)):
        shop.zendesk.faults.add(Fault(PUT, FaultKind.RESET))
        ids.append(await approve(shop.world, f"zendesk:{ticket}"))
        await shop.world.settle()
        await later(shop.world, minutes=5)
        await later(shop.world, minutes=10)
        assert (await state_of(shop.world, ids[-1])).state is DraftState.UNCLEAR
        [finding] = [
            each for each in await found(shop.world, "MESSAGE_UNDECIDED") if each["state"] == "open"
        ]
        assert (await work_on(shop.world, finding, how))["state"] == "resolved"
        assert (await state_of(shop.world, ids[-1])).state is DraftState.SENT
        # Sent again knowingly the first time; the second time a person has seen it there.
        assert len(told(shop, ticket)) == count


async def test_person_who_changes_the_ticket_at_that_moment_is_not_overwritten(shop: Shop) -> None:
    ticket, _ = await shop.bug()
    shop.clock.seconds += 5
    shop.zendesk.drop_webhooks = 9
    shop.zendesk.person_edits_ticket(ticket, priority="urgent")
    shop.zendesk.drop_webhooks = 0
    id = await approve(shop.world, f"zendesk:{ticket}")
    await shop.world.settle()
    assert len(told(shop, ticket)) == 1
    assert (await state_of(shop.world, id)).state is DraftState.SENT
    assert [each.status for each in shop.zendesk.calls if each.status == 409]


async def test_closed_ticket_is_continued_once_if_a_person_says_so(shop: Shop) -> None:
    ticket, item = await shop.bug()
    shop.zendesk.automation_closes(ticket)
    await shop.world.settle()
    id = await approve(shop.world, f"zendesk:{ticket}")
    await shop.world.settle()
    before = set(shop.zendesk.tickets)
    assert (await state_of(shop.world, id)).state is DraftState.REFUSED
    [finding] = await found(shop.world, "MESSAGE_NEEDS_FOLLOW_UP")
    # The answer of the one call is lost, and a second ticket is not opened for that.
    shop.zendesk.faults.add(Fault(r"^POST /api/v2/tickets", FaultKind.RESET_AFTER))
    await work_on(shop.world, finding, "retry")
    await later(shop.world, minutes=5)
    [new] = set(shop.zendesk.tickets) - before
    assert WORDS in told(shop, new)[0]
    assert (
        shop.zendesk.tickets[new].values["requester_id"]
        == (shop.zendesk.tickets[ticket].values["requester_id"])
    )
    assert (await state_of(shop.world, id)).ticket == f"zendesk:{new}"
    # It inherits the work, which goes on there.
    shop.world.boards.person_moves_state(item, "Active")
    await shop.world.settle()
    assert shop.shown(new, "Work stage") == "In development"
    assert (await shape(shop.world, f"zendesk/{ticket}"))["ticket"]["id"] == str(new)
    happened = await shape(shop.world, f"zendesk/{new}/timeline")
    assert {"told", "merged"} <= {each["what"] for each in happened["items"]}


async def test_ticket_merged_while_a_message_is_on_its_way_is_not_told_twice(shop: Shop) -> None:
    ticket, _ = await shop.bug()
    target = shop.files("The same again")
    await shop.world.settle()
    shop.zendesk.faults.add(Fault(PUT, FaultKind.RESET_AFTER))
    id = await approve(shop.world, f"zendesk:{ticket}")
    await shop.world.settle()
    shop.clock.seconds += 2
    shop.zendesk.person_merges(target, ticket)
    await shop.world.settle()
    await later(shop.world, minutes=5)
    draft = await state_of(shop.world, id)
    assert (draft.state, draft.ticket) == (DraftState.SENT, f"zendesk:{target}")
    said = [*told(shop, ticket), *told(shop, target)]
    assert [WORDS in each for each in said] == [True]


async def test_call_that_a_merge_overtakes_is_known_to_have_led_to_nothing(shop: Shop) -> None:
    ticket, _ = await shop.bug()
    target = shop.files("The same again")
    await shop.world.settle()
    shop.zendesk.faults.add(Fault(PUT, FaultKind.DELAY, delay_s=0.8))
    id = await approve(shop.world, f"zendesk:{ticket}")
    await until(lambda: bool(shop.zendesk.faults.struck))
    shop.clock.seconds += 2
    shop.zendesk.person_merges(target, ticket)
    await shop.world.settle()
    await until(lambda: any(each.status == 422 for each in shop.zendesk.calls))
    await until(lambda: bool(told(shop, target)))
    await shop.world.settle()
    draft = await state_of(shop.world, id)
    assert (draft.state, draft.ticket) == (DraftState.SENT, f"zendesk:{target}")
    assert told(shop, ticket) == []
    assert [WORDS in each for each in told(shop, target)] == [True]


async def test_message_approved_before_a_merge_is_said_on_the_ticket_that_stays(shop: Shop) -> None:
    ticket, _ = await shop.bug()
    target = shop.files("The same again")
    await shop.world.settle()
    shop.clock.seconds += 2
    shop.zendesk.drop_webhooks = 0
    shop.zendesk.person_merges(target, ticket)
    id = await approve(shop.world, f"zendesk:{ticket}")
    await shop.world.settle()
    assert (await state_of(shop.world, id)).state is DraftState.SENT
    assert told(shop, ticket) == []
    assert [WORDS in each for each in told(shop, target)] == [True]


async def test_words_that_lead_to_error_tracking_reach_nobody(shop: Shop) -> None:
    ticket, _ = await shop.bug()
    html = '<p>It is <a href="https://acme.sentry.io/issues/4711/">fixed</a>.</p>'
    id = await approve(shop.world, f"zendesk:{ticket}", html)
    await shop.world.settle()
    assert told(shop, ticket) == []
    assert (await state_of(shop.world, id)).state is DraftState.REFUSED
    [finding] = await found(shop.world, "MESSAGE_REFUSED")
    assert "4711" not in str(finding)
    assert (await work_on(shop.world, finding, "resolve"))["state"] == "resolved"
    assert (await state_of(shop.world, id)).state is DraftState.DISCARDED


# ------------------------------------------------------------------------------------- HubSpot


async def asked(world: World) -> str:
    """A ticket in HubSpot with a conversation that is somebody's."""
    ticket = world.hubspot.person_creates_ticket(category="Bug", company_id=world.acme)
    world.hubspot.customer_writes(ticket, "It still fails.")
    [thread] = [each for each in world.hubspot.threads.values() if each.ticket_id == ticket]
    world.hubspot.portal.threads.assign(thread, "A-9001")
    await world.settle()
    return ticket


def messages(world: World, ticket: str) -> list[str]:
    threads = [each for each in world.hubspot.threads.values() if each.ticket_id == ticket]
    said = [each for thread in threads for each in thread.messages]
    return [each.text for each in said if (each.type, each.direction) == ("MESSAGE", "OUTGOING")]


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
async def test_hubspot_customer_is_answered_once_in_the_conversation(
    request: pytest.FixtureRequest, tmp_path: Path, engine: str, lost: bool
) -> None:
    url = request.getfixturevalue("migrated_postgres") if engine == "postgresql" else None
    yaml = BRIDGE_YAML.replace("search_lag_s: 0", "search_lag_s: 0\n    probe_grace_s: 0.2", 1)
    async with open_world(tmp_path, database_url=url, bridge_yaml=yaml) as world:
        ticket = await asked(world)
        if lost:
            world.hubspot.faults.add(Fault(r"^POST .*/messages", FaultKind.RESET_AFTER))
        id = await approve(world, f"hubspot:{ticket}")
        await world.settle()
        assert (await state_of(world, id)).state is DraftState.SENT
        assert messages(world, ticket) == [f"{WORDS}."]
        assert (await shape(world, f"hubspot/{ticket}"))["eta"]["told"] == "2027-05-14"
        assert await world.findings() == set()


async def test_ticket_without_a_conversation_leaves_the_message_to_a_person(world: World) -> None:
    ticket = world.hubspot.person_creates_ticket(category="Bug", company_id=world.acme)
    await world.settle()
    id = await approve(world, f"hubspot:{ticket}")
    await world.settle()
    assert (await state_of(world, id)).state is DraftState.REFUSED
    [finding] = await found(world, "MESSAGE_REFUSED")
    assert "write to the customer from the ticket in HubSpot" in finding["sentence"]
    assert "needs_decision" in (await shape(world, f"hubspot/{ticket}"))["needs"]
    # Once the customer has written, there is a conversation, and the same words go out.
    world.hubspot.customer_writes(ticket, "Any news?")
    [thread] = world.hubspot.threads.values()
    world.hubspot.portal.threads.assign(thread, "A-9001")
    assert (await work_on(world, finding, "retry"))["state"] == "resolved"
    assert messages(world, ticket) == [f"{WORDS}."]

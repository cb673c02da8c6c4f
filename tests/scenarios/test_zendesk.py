"""Zendesk in front, Azure DevOps behind: a shop with an escalation team (C9 to C18, C23)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.domain.records import Presence
from bridge.engine.sweep import sweep
from bridge.kit.clock import SteeredClock, SystemClock
from bridge.kit.faults import Fault, FaultKind
from bridge.store import connections, records
from connectors.azure_devops.simulator import Field
from tests.scenarios.test_findings import found
from tests.scenarios.zendesk_shop import MAPPING, Shop, open_shop

BY_HAND = """routes:
  - id: story
    when: {field: category, is: only by hand}
    launch: {in: boards, project: Platform, type: User Story, fields: {System.Title: Story}}
"""


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path, mapping=MAPPING.replace("routes:\n", BY_HAND, 1)) as opened:
        yield opened


async def test_reproduced_bug_becomes_an_item_and_the_ticket_follows_it(shop: Shop) -> None:
    picture = [("shot.png", b"\x89PNG bytes", "image/png")]
    ticket = shop.files(files=picture, tags=["vip"])
    shop.decides(ticket, reproduced=False)
    await shop.world.settle()
    assert shop.world.items() == []
    shop.decides(ticket)
    await shop.world.settle()
    [item] = shop.world.items()
    assert item.fields["System.Title"] == "[Acme] Export fails"
    assert "error 500" in item.fields["Microsoft.VSTS.TCM.ReproSteps"]
    assert item.fields["Microsoft.VSTS.Common.Priority"] == 1
    assert [each.rel for each in item.relations if each.rel == "AttachedFile"]
    assert f"https://acme.zendesk.com/agent/tickets/{ticket}" in [e.url for e in item.relations]
    assert shop.shown(ticket, "Work items") == f"#{item.id}"
    assert shop.shown(ticket, "Work stage") == "Reported to engineering"

    date = "Microsoft.VSTS.Scheduling.TargetDate"
    shop.world.boards.add_field(Field(date, "Target Date", "dateTime"))
    shop.world.boards.person_edits(item.id, {date: "2027-05-14T00:00:00Z"})
    shop.world.boards.person_moves_state(item.id, "Active")
    await shop.world.settle()
    assert shop.shown(ticket, "Work stage") == "In development"
    assert shop.shown(ticket, "Work ETA") == "2027-05-14"
    # People's tags, and the one that the drop-down brought, are as they were.
    assert set(shop.zendesk.tickets[ticket].tags) == {"vip", "bug"}
    assert await shop.world.findings() == set()


async def test_moved_item_costs_one_write_and_no_read(shop: Shop) -> None:
    ticket, item = await shop.bug()
    await shop.world.settle()
    shop.world.calls.clear()
    shop.world.boards.person_moves_state(item, "Active")
    await shop.world.settle()
    assert shop.shown(ticket, "Work stage") == "In development"
    assert [(each.connection, each.method) for each in shop.world.calls] == [("zendesk", "PUT")]


async def test_several_events_of_one_save_launch_one_item(shop: Shop) -> None:
    shop.zendesk.duplicate_rate, shop.zendesk.reorder = 1.0, True
    _, item = await shop.bug()
    assert [str(each.id) for each in shop.world.items()] == [item]


async def test_marked_notes_cross_and_stay_internal(shop: Shop) -> None:
    ticket, item = await shop.bug()
    shop.zendesk.agent_writes(ticket, "#dev\n\nHappens on Safari only.", public=False)
    shop.zendesk.agent_writes(ticket, "#dev said in public, by mistake", public=True)
    shop.zendesk.agent_writes(ticket, "Between us.", public=False)
    shop.world.boards.person_comments(
        item, "<div>#customer</div><div>A fix {{ticket.requester.email}} comes.</div>"
    )
    await shop.world.settle()
    [copied] = [each.text for each in shop.world.boards.items[int(item)].comments
                if "Safari" in each.text or "mistake" in each.text]  # fmt: skip
    assert "Safari" in copied
    assert not any("Between us" in e.text for e in shop.world.boards.items[int(item)].comments)
    [note] = shop.notes(ticket)
    assert "comes." in note
    assert "kim" not in note
    assert [c.public for c in shop.zendesk.tickets[ticket].comments if c.body == note] == [False]


async def test_ticket_merged_into_another_hands_its_bug_on(shop: Shop) -> None:
    ticket, item = await shop.bug()
    target = shop.files("The same again")
    await shop.world.settle()
    shop.zendesk.reorder = True
    shop.zendesk.person_merges(target, ticket)
    await shop.world.settle()
    shop.world.boards.person_moves_state(item, "Active")
    await shop.world.settle()
    assert shop.shown(target, "Work items") == f"#{item}"
    assert shop.shown(target, "Work stage") == "In development"
    # What was told of the ticket that vanished was not taken for this one.
    assert shop.zendesk.tickets[target].subject == "The same again"
    answer = await shop.world.client.get(
        f"/api/v1/tickets/zendesk/{target}", headers=shop.world.admin
    )
    assert answer.json()["subject"] == "The same again"
    assert shop.shown(ticket, "Work stage") == "Reported to engineering"


async def test_merge_whose_event_was_lost_is_a_finding_until_the_ticket_is_known_that_stays(
    shop: Shop,
) -> None:
    ticket, item = await shop.bug()
    target = shop.files("The same again")
    await shop.world.settle()
    shop.clock.seconds += 1
    shop.zendesk.drop_webhooks = 50
    shop.zendesk.person_merges(target, ticket)
    await shop.world.settle()
    shop.zendesk.drop_webhooks = 0
    shop.clock.seconds += 120  # the export keeps the newest minute back
    await shop.world.sweep("zendesk")
    # The event may be on its way still.
    assert await shop.world.findings() == set()
    later = SteeredClock(SystemClock())
    later.agree(later.now() + timedelta(minutes=15))
    shop.world.hub.db.clock = later
    await shop.world.settle()
    [finding] = await found(shop.world, "MERGE_UNSEEN")
    assert finding["ref"]["id"] == str(ticket)
    assert f"boards:{item}" in finding["detail"]
    ends = {
        "ticket": {"connection": "zendesk", "id": str(target)},
        "work_item": {"connection": "boards", "id": item},
    }
    client, admin = shop.world.client, shop.world.admin
    assert (await client.post("/api/v1/links", headers=admin, json=ends)).status_code == 201
    listed = await client.get(f"/api/v1/links?ticket=zendesk:{ticket}", headers=admin)
    [link] = listed.json()["items"]
    await client.delete(f"/api/v1/links/{link['id']}", headers=admin)
    await shop.world.settle()
    assert shop.shown(target, "Work items") == f"#{item}"
    assert "MERGE_UNSEEN" not in await shop.world.findings()


async def test_deleting_the_ticket_that_was_merged_away_is_nothing_to_the_other(shop: Shop) -> None:
    ticket, item = await shop.bug()
    target = shop.files("The same again")
    shop.zendesk.person_merges(target, ticket)
    await shop.world.settle()
    # Zendesk's clock may be ahead: its word then looks newer than any look of the hub.
    shop.clock.seconds += 30
    shop.zendesk.person_deletes(ticket)
    await shop.world.settle()
    shop.world.boards.person_moves_state(item, "Active")
    await shop.world.settle()
    assert shop.shown(target, "Work stage") == "In development"


async def test_closed_ticket_is_left_alone_and_its_follow_up_inherits_the_bug(shop: Shop) -> None:
    ticket, item = await shop.bug()
    kim = shop.zendesk.tickets[ticket].values["requester_id"]
    shop.zendesk.person_edits_ticket(ticket, status="solved", assignee_id=shop.zendesk.agent_id)
    await shop.world.settle()
    shop.zendesk.automation_closes(ticket)
    await shop.world.settle()
    shop.world.boards.person_moves_state(item, "Active")
    await shop.world.settle()
    assert shop.shown(ticket, "Work stage") == "Reported to engineering"
    assert await shop.world.findings() == set()

    values = [{"id": shop.fields["Escalation"], "value": "bug"}]
    again = shop.zendesk.customer_creates_ticket(
        "Re: Export fails", "Still", kim, via_followup_source_id=ticket, custom_fields=values
    )
    await shop.world.settle()
    assert [str(each.id) for each in shop.world.items()] == [item]
    assert shop.shown(again, "Work items") == f"#{item}"
    assert shop.shown(again, "Work stage") == "In development"


async def test_closing_between_the_look_and_the_write_is_no_finding(shop: Shop) -> None:
    ticket, item = await shop.bug()
    shop.zendesk.person_edits_ticket(ticket, status="solved", assignee_id=shop.zendesk.agent_id)
    shop.zendesk.automation_closes(ticket)
    shop.zendesk.account.outbox.waiting.clear()
    shop.world.boards.person_moves_state(item, "Active")
    await shop.world.settle()
    assert shop.shown(ticket, "Work stage") == "Reported to engineering"
    assert await shop.world.findings() == set()


async def test_what_no_webhook_told_is_found_by_the_sweep(shop: Shop) -> None:
    shop.zendesk.export_holdback = shop.zendesk.search_lag
    ticket, item = await shop.bug()
    await shop.world.sweep("zendesk")
    shop.clock.seconds += 1
    shop.zendesk.agent_writes(ticket, "#dev\n\nOnly at night.", public=False)
    shop.zendesk.account.outbox.waiting.clear()
    await shop.world.sweep("zendesk")
    texts = [each.text for each in shop.world.boards.items[int(item)].comments]
    assert any("Only at night" in each for each in texts)


async def _repairs(shop: Shop) -> int:
    async with shop.world.hub.db.read() as connection:
        state = await connections.load(connection, "zendesk")
    assert state is not None
    return state.repairs


async def test_what_was_told_is_looked_at_once_more_and_is_no_repair(shop: Shop) -> None:
    shop.zendesk.export_holdback = shop.zendesk.search_lag
    ticket, _ = await shop.bug()
    await shop.world.sweep("zendesk")
    shop.clock.seconds += 1
    shop.zendesk.person_edits_ticket(ticket, priority="low")
    await shop.world.settle()
    shop.world.calls.clear()
    for _ in range(2):
        await shop.world.sweep("zendesk")
    # One of the events of a save may be lost, so the ticket is read; and it is read once.
    assert [each.path for each in shop.world.calls].count(f"/api/v2/tickets/{ticket}") == 1
    assert await _repairs(shop) == 0
    shop.clock.seconds += 1
    shop.zendesk.person_edits_ticket(ticket, priority="high")
    shop.zendesk.account.outbox.waiting.clear()
    await shop.world.sweep("zendesk")
    assert await _repairs(shop) == 1


async def test_deleted_ticket_is_told_by_the_sweep_too_and_comes_back_by_it(shop: Shop) -> None:
    shop.zendesk.export_holdback = shop.zendesk.search_lag
    ticket, item = await shop.bug()
    await shop.world.sweep("zendesk")
    shop.zendesk.person_deletes(ticket)
    shop.zendesk.account.outbox.waiting.clear()
    await sweep(shop.world.hub, "zendesk")
    await _until(shop, ticket, Presence.ABSENT)
    shop.zendesk.person_restores(ticket)
    shop.zendesk.account.outbox.waiting.clear()
    await sweep(shop.world.hub, "zendesk")
    await _until(shop, ticket, Presence.PRESENT)
    shop.world.boards.person_moves_state(item, "Active")
    await shop.world.settle()
    assert shop.shown(ticket, "Work stage") == "In development"


async def test_words_of_a_ticket_that_zendesk_erased_are_forgotten(shop: Shop) -> None:
    ticket, _ = await shop.bug()
    assert "error 500" in await _stored(shop, ticket)
    shop.zendesk.person_deletes(ticket)
    shop.zendesk.person_purges(ticket)
    await shop.world.settle()
    kept = await _stored(shop, ticket)
    assert "error 500" not in kept
    assert "Export fails" not in kept


async def _stored(shop: Shop, ticket: int) -> str:
    """What the hub's store holds of the ticket."""
    async with shop.world.hub.db.read() as connection:
        stored = await records.load(connection, f"zendesk:{ticket}")
    assert stored is not None
    return repr(stored.observation)


async def test_check_finds_the_shop_in_order_and_warns_of_zendesks_own_jira_app(
    tmp_path: Path,
) -> None:
    async with open_shop(tmp_path, mapping=MAPPING) as shop:
        own = shop.zendesk.account.person_fields["organization_fields"]
        plan = {"key": "plan", "title": "Plan", "type": "text"}
        shop.zendesk.account.add_named(own, "organization_fields", plan)
        shop.zendesk.add_jira_link(shop.files(), "10234", "ABC-12")
        answer = await shop.world.client.post(
            "/api/v1/connections/zendesk/check", headers=shop.world.admin
        )
        told = answer.json()
    assert [each for each in told["results"] if not each["ok"]] == []
    assert [each for each in told["results"] if "own Jira app" in each["sentence"]]


async def _until(shop: Shop, ticket: int, presence: Presence) -> None:
    """Wait until the hub knows that of the ticket; a pass that waits for a second look goes on."""
    for _ in range(500):
        async with shop.world.hub.db.read() as connection:
            stored = await records.load(connection, f"zendesk:{ticket}")
        if stored is not None and stored.presence is presence:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"ticket {ticket} never was {presence}")


async def test_person_who_saved_first_wins_and_the_ticket_still_follows(shop: Shop) -> None:
    ticket, item = await shop.bug()
    held = shop.zendesk.tickets[ticket]
    shop.clock.seconds += 1
    shop.zendesk.person_edits_ticket(ticket, subject="Renamed by a person")
    shop.zendesk.account.outbox.waiting.clear()
    shop.world.calls.clear()
    shop.world.boards.person_moves_state(item, "Active")
    await shop.world.settle()
    assert shop.shown(ticket, "Work stage") == "In development"
    assert held.subject == "Renamed by a person"
    assert [each.status for each in shop.world.calls if each.method == "PUT"] == [409, 200]


async def test_launch_and_write_in_one_pass_are_guarded_by_the_tickets_own_revision(
    shop: Shop,
) -> None:
    ticket, _ = await shop.bug()
    shop.clock.seconds += 1
    mine = {shop.fields["Work stage"]: "by a person"}
    shop.zendesk.person_edits_ticket(ticket, custom_fields=mine)
    shop.zendesk.account.outbox.waiting.clear()
    shop.world.calls.clear()
    answer = await shop.world.client.post(
        f"/api/v1/tickets/zendesk/{ticket}/launch",
        headers=shop.world.admin,
        json={"route": "story"},
    )
    assert answer.status_code == 201, answer.text
    await shop.world.settle()
    assert len(shop.world.items()) == 2
    assert shop.shown(ticket, "Work stage") == "Reported to engineering"
    statuses = [
        e.status for e in shop.world.calls if (e.connection, e.method) == ("zendesk", "PUT")
    ]
    assert statuses
    assert set(statuses) == {200}


async def test_ticket_at_its_own_limit_waits_alone(shop: Shop) -> None:
    (one, first), (two, second) = await shop.bug(), await shop.bug()
    text = b"You have exceeded the rate limit for updating a single ticket"
    refused = Fault(
        f"PUT /api/v2/tickets/{one}", FaultKind.ANSWER, status=429, body=text,
        headers={"Retry-After": "400", "Content-Type": "text/plain"},
    )  # fmt: skip
    shop.zendesk.faults.add(refused)
    shop.world.boards.person_moves_state(first, "Active")
    async with asyncio.timeout(10):
        while not [each for each in shop.world.calls if each.status == 429]:
            await shop.world.deliver()
            await asyncio.sleep(0.02)
        shop.world.boards.person_moves_state(second, "Active")
        while shop.shown(two, "Work stage") != "In development":
            await shop.world.deliver()
            await asyncio.sleep(0.02)
    assert shop.shown(one, "Work stage") == "Reported to engineering"


async def test_deleted_ticket_breaks_its_link_by_the_vendors_own_word(shop: Shop) -> None:
    ticket, _ = await shop.bug()
    shop.zendesk.person_deletes(ticket)
    await shop.world.settle()
    answer = await shop.world.client.get("/api/v1/links", headers=shop.world.admin)
    states = [e["state"] for e in answer.json()["items"] if e["ticket"]["id"] == str(ticket)]
    assert states == ["broken"]
    shop.zendesk.person_restores(ticket)
    await shop.world.settle()
    answer = await shop.world.client.get("/api/v1/links", headers=shop.world.admin)
    states = [e["state"] for e in answer.json()["items"] if e["ticket"]["id"] == str(ticket)]
    assert states == ["active"]

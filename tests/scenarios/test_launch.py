"""A ticket becomes a linked work item by rule (H2 to H13, C5, C23, D27, O24)."""

from __future__ import annotations

import httpx

from bridge.domain.refs import TicketRef
from bridge.engine.explain import explain_ticket
from bridge.kit.faults import Fault, FaultKind
from bridge.store import connections
from tests.scenarios.world import World

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8


async def test_bug_ticket_launches_one_bug_and_shows_its_stage(world: World) -> None:
    """H9, H11, H13: a bug becomes a bug, with the priority of its severity."""
    id = world.hubspot.person_creates_ticket(
        subject="Export fails",
        content="It stops at 10,000 rows.",
        category="Bug",
        priority="HIGH",
        company_id=world.acme,
    )
    await world.settle()
    [item] = world.items()
    assert item.fields["System.WorkItemType"] == "Bug"
    assert item.fields["System.Title"] == "[Acme] Export fails"
    assert item.fields["Microsoft.VSTS.Common.Priority"] == 1
    assert "10,000 rows" in item.fields["Microsoft.VSTS.TCM.ReproSteps"]
    shown = world.ticket(id)
    assert shown["work_stage"] == "Reported to engineering"
    assert shown["work_items"] == f"#{item.id}"
    assert not await world.findings()


async def test_launched_item_carries_the_way_back_to_the_ticket(world: World) -> None:
    """H2, O24, C23, D27: filed for the customer, and each leads to the other."""
    id = world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )
    await world.settle()
    [item] = world.items()
    [link] = [each for each in item.relations if each.rel == "Hyperlink"]
    assert id in link.url
    assert link.comment.startswith("ticketbridge:")
    assert item.tags == ["ticketbridge"]


async def test_development_request_becomes_a_user_story_without_priority(world: World) -> None:
    """H6, H7: the priority is left to those who review the stories."""
    world.hubspot.person_creates_ticket(
        subject="Dark mode", category="Development Request", company_id=world.acme
    )
    await world.settle()
    [item] = world.items()
    assert item.fields["System.WorkItemType"] == "User Story"
    assert item.fields["Microsoft.VSTS.Common.Priority"] == 2  # the vendor's own default


async def test_customer_success_ticket_stays_in_the_helpdesk(world: World) -> None:
    """H4: nothing is created for it."""
    id = world.hubspot.person_creates_ticket(
        subject="New user", category="Customer Success Ticket", company_id=world.acme
    )
    await world.settle()
    assert world.items() == []
    assert not world.ticket(id).get("work_stage")
    assert not world.writes("hubspot")


async def test_ticket_without_category_waits_for_one(world: World) -> None:
    id = world.hubspot.person_creates_ticket(subject="Export fails", company_id=world.acme)
    await world.settle()
    assert world.items() == []
    world.hubspot.person_edits_ticket(id, hs_ticket_category="Bug")
    await world.settle()
    assert len(world.items()) == 1


async def test_launch_waits_for_the_customer_and_goes_on_when_it_comes(world: World) -> None:
    id = world.hubspot.person_creates_ticket(subject="Export fails", category="Bug")
    await world.settle()
    assert world.items() == []
    world.hubspot.person_associates(id, world.acme)
    await world.settle()
    [item] = world.items()
    assert item.fields["System.Title"] == "[Acme] Export fails"


async def test_screenshots_travel_byte_for_byte_and_once(world: World) -> None:
    """C5, D5: what came with the request goes along."""
    id = world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )
    picture = world.hubspot.person_uploads("screen.png", PICTURE, "image/png")
    world.hubspot.person_adds_note(id, "<p>see picture</p>", [picture])
    await world.settle()
    [item] = world.items()
    later = world.hubspot.person_uploads("later.png", PICTURE[::-1], "image/png")
    world.hubspot.customer_writes(id, "one more", [later])
    await world.settle()
    files = [each for each in item.relations if each.rel == "AttachedFile"]
    contents = sorted(
        world.boards.attachments[each.url.split("/")[-1].split("?")[0]].content for each in files
    )
    assert contents == sorted([PICTURE, PICTURE[::-1]])


async def test_category_changed_later_launches_nothing_and_asks(world: World) -> None:
    """D26: support decided anew, so a person is asked."""
    id = world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )
    await world.settle()
    world.hubspot.person_edits_ticket(id, hs_ticket_category="Development Request")
    await world.settle()
    assert len(world.items()) == 1
    assert "RECATEGORISED" in await world.findings()
    world.hubspot.person_edits_ticket(id, hs_ticket_category="Bug")
    await world.settle()
    assert len(world.items()) == 1
    assert "RECATEGORISED" not in await world.findings()


async def test_lost_answer_to_a_create_gives_one_item(world: World) -> None:
    world.boards.faults.add(Fault(r"^POST .*/workitems/\$", FaultKind.RESET_AFTER))
    id = world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )
    await world.settle()
    assert world.boards.faults.struck
    [item] = world.items()
    assert world.ticket(id)["work_items"] == f"#{item.id}"


async def test_create_that_never_arrived_is_sent_again(world: World) -> None:
    world.boards.faults.add(Fault(r"^POST .*/workitems/\$", FaultKind.RESET))
    id = world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )
    await world.settle()
    assert world.boards.faults.struck
    [item] = world.items()
    assert world.ticket(id)["work_items"] == f"#{item.id}"


async def test_refused_create_is_a_finding_and_not_repeated(world: World) -> None:
    world.boards.faults.add(
        Fault(
            r"^POST .*/workitems/\$",
            FaultKind.ANSWER,
            times=99,
            status=400,
            headers={"content-type": "application/json; charset=utf-8"},
            body=b'{"$id":"1","message":"TF401320: Rule Error for field Area.",'
            b'"typeKey":"RuleValidationException","errorCode":0}',
        )
    )
    id = world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )
    await world.settle()
    world.hubspot.person_edits_ticket(id, subject="Export still fails")
    await world.settle()
    assert "LAUNCH_REJECTED" in await world.findings()
    assert len(world.boards.faults.struck) == 1


async def test_duplicate_webhooks_change_nothing(world: World) -> None:
    world.hubspot.duplicate_rate = 1.0
    world.boards.duplicate_rate = 1.0
    for n in range(3):
        world.hubspot.person_creates_ticket(
            subject=f"Export {n} fails", category="Bug", company_id=world.acme
        )
    await world.settle()
    assert len(world.items()) == 3


async def test_old_tickets_are_not_launched(world: World) -> None:
    # Created before the hub's start mark, touched after it: its subject, not its category.
    async with world.hub.db.write() as connection:
        future = world.hub.now().replace(year=world.hub.now().year + 1)
        await connections.change(connection, "hubspot", start_mark=future)
    id = world.hubspot.person_creates_ticket(subject="Old", category="Bug", company_id=world.acme)
    await world.settle()
    assert world.items() == []
    answer = await _explain(world, id)
    assert answer == "BEFORE_START"


async def _explain(world: World, id: str) -> str:
    found = await explain_ticket(world.hub, TicketRef("hubspot", id))
    assert found is not None
    return found.verdict


async def test_forged_webhook_is_refused_and_changes_nothing(world: World) -> None:
    answer = await world.client.post(
        "/webhooks/hubspot", content=b"[]", headers={"X-HubSpot-Signature-v3": "AAAA"}
    )
    assert answer.status_code == httpx.codes.UNAUTHORIZED
    await world.settle()
    assert not world.writes("hubspot")

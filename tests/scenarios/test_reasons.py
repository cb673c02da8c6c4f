"""Each reason that an explanation can give, made to happen in a whole hub and asked for there.

Reasons that other scenarios show are not repeated: `test_catalogue` holds that none is left out.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridge.core.reasons import REASONS
from bridge.engine.sweep import patrol
from bridge.kit.faults import Fault, FaultKind
from connectors.azure_devops.simulator import Field
from tests.scenarios.test_by_hand import refusal
from tests.scenarios.test_explain import explain, timeline
from tests.scenarios.test_findings import found as findings_of
from tests.scenarios.test_findings import work_on
from tests.scenarios.test_mirror import bug, link
from tests.scenarios.world import BRIDGE_YAML, World, open_world
from tests.shipped import SHIPPED

CREATE = r"^POST .*/workitems/\$"
PRIORITY = "Microsoft.VSTS.Common.Priority"
AT_ONCE = SHIPPED.replace("attachments: true", "attachments: true\n      settle: 0s")
SECRET = "PaymentError: card 4711 declined"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """The words of a reason do not depend on the database: one is enough here."""
    async with open_world(tmp_path) as opened:
        yield opened


def reasons_of(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By code, what the explanation says: its verdict, what stands behind it, and its fields."""
    rows = [{**each, "code": each["verdict"]} for each in found["fields"]]
    rows += [*found["also"], {**found, "code": found["verdict"]}]
    return {each["code"]: each for each in rows}


def said(found: dict[str, Any], code: str, sentence: str, *, first: bool = True) -> str:
    """The next step that is offered for `code`, which is said with all its words filled in."""
    assert code in reasons_of(found), (code, found)
    row = reasons_of(found)[code]
    assert row["sentence"] == sentence
    assert not first or found["verdict"] == code, found
    texts = [row["sentence"], row.get("detail", ""), row.get("what_to_do", "")]
    assert not [text for text in texts if "…" in text or "{" in text], texts
    wanted = bool(REASONS[code].what_to_do)
    assert "what_to_do" not in row or bool(row["what_to_do"]) is wanted, row
    return str(row.get("what_to_do", ""))


async def until(world: World, id: str, code: str, *, seconds: float = 10.0) -> dict[str, Any]:
    """The explanation once its verdict is `code`, while webhooks come in."""
    end = asyncio.get_running_loop().time() + seconds
    while True:
        await world.deliver()
        answer = await world.client.get(
            f"/api/v1/tickets/hubspot/{id}/explain", headers=world.admin
        )
        found: dict[str, Any] = answer.json()
        if found.get("verdict") == code:
            return found
        assert asyncio.get_running_loop().time() < end, (code, found)
        await asyncio.sleep(0.01)


async def new_ticket(world: World, **said: Any) -> str:
    given = {"category": "Bug", "company_id": world.acme, **said}
    id = world.hubspot.person_creates_ticket(subject="Export fails", **given)
    await world.settle()
    return str(id)


async def test_two_items_that_differ_hold_the_stage_and_disagree(world: World) -> None:
    id, first = await bug(world)
    _, second = await bug(world, "Import fails")
    assert await link(world, id, second) == 201
    world.boards.person_moves_state(second, "Active")
    world.boards.person_edits(second, {PRIORITY: 4})
    await world.settle()
    found = await explain(world, f"hubspot:{id}")
    said(
        found,
        "ROLLUP_HOLDS",
        f"1 of 2 items are further on; we wait for #{first} (Reported to engineering).",
    )
    step = said(
        found,
        "CONFLICT",
        "The linked records disagree about Engineering priority: 1, 4.",
        first=False,
    )
    assert step == "Make the values agree, or end the link that is wrong."


async def test_ticket_closed_merged_or_deleted_says_so(world: World) -> None:
    closed, merged, kept, deleted = [
        await new_ticket(world, category="Customer Success Ticket") for _ in range(4)
    ]
    world.hubspot.person_edits_ticket(closed, hs_pipeline_stage="4")
    await world.settle()
    found = await explain(world, f"hubspot:{closed}")
    said(found, "TICKET_CLOSED", "The ticket is closed and is left as it is.")
    survivor = world.hubspot.person_merges(kept, merged)
    world.hubspot.person_deletes(deleted)
    await world.settle()
    for name in (merged, f"hubspot:{merged}"):
        found = await explain(world, name)
        assert found["ticket"]["id"] == survivor
        said(
            found,
            "TICKET_MERGED",
            f"The ticket was merged into another one, {survivor}; updates go there.",
            first=False,
        )
    found = await explain(world, f"hubspot:{deleted}")
    step = said(found, "RECORD_MISSING", "The record does not exist any more, or can't be seen.")
    assert "end its links" in step


async def test_ticket_not_found_once_is_absent_until_it_is_looked_for_again(world: World) -> None:
    id, _ = await bug(world)
    world.hubspot.faults.add(
        Fault(
            rf"^GET .*/tickets/{id}",
            FaultKind.ANSWER,
            status=404,
            body=b'{"status":"error","category":"OBJECT_NOT_FOUND","message":"not there"}',
            headers={"content-type": "application/json"},
        )
    )
    await world.client.post(f"/api/v1/tickets/hubspot/{id}/check?wait=2", headers=world.admin)
    found = await explain(world, f"hubspot:{id}")
    said(
        found,
        "RECORD_ABSENT",
        "The record was not found just now; it will be looked for again.",
    )


async def test_item_not_found_once_is_unreadable_and_its_deletion_breaks_the_link(
    world: World,
) -> None:
    id, item = await bug(world)
    other, second = await bug(world, "Import fails")
    world.boards.person_destroys(item)
    await patrol(world.hub, "boards")
    await world.settle()
    step = said(
        await explain(world, f"hubspot:{id}"),
        "ITEM_UNREADABLE",
        f"We cannot read #{item} (permissions changed or it was deleted).",
        first=False,
    )
    assert step == "Check the item and the connection's permissions."
    world.boards.person_deletes(second)
    await world.settle()
    step = said(
        await explain(world, f"hubspot:{other}"),
        "LINK_BROKEN",
        f"The linked work item #{second} can't be seen any more.",
    )
    assert step.startswith("Restore the item")


async def test_change_that_tickets_do_not_show_is_named_behind_the_verdict(world: World) -> None:
    id, item = await bug(world)
    await asyncio.sleep(0.01)
    world.boards.person_edits(item, {"System.Title": "Export fails on Mondays"})
    await world.settle()
    found = await explain(world, f"hubspot:{id}")
    assert found["verdict"] == "IN_SYNC"
    told = reasons_of(found)["NOT_CUSTOMER_RELEVANT"]["sentence"]
    assert told.startswith(f"Engineering changed something on #{item} at ")
    assert told.endswith("that tickets do not show.")


async def test_field_for_engineering_and_text_of_error_tracking_stay_out(tmp_path: Path) -> None:
    """O32: what is held back is told to staff, by a finding."""
    pairs = (
        "  - {ticket: root_cause, work_item: Custom.RootCause, owner: work_item,"
        " audience: engineering}\n"
        "  - {ticket: release_note, work_item: Custom.Note, owner: work_item}\n"
    )
    async with open_world(tmp_path, mapping=SHIPPED + pairs) as world:
        for shown, name in (("root_cause", "Custom.RootCause"), ("release_note", "Custom.Note")):
            world.hubspot.add_property("tickets", shown)
            world.boards.add_field(Field(name, name, "string"))
        id, item = await bug(world)
        world.boards.person_edits(item, {"Custom.RootCause": "bad index", "Custom.Note": SECRET})
        world.boards.person_comments(item, f"<p>#customer</p><p>{SECRET}</p>")
        await world.settle()
        found = await explain(world, f"hubspot:{id}")
        step = said(
            found,
            "AUDIENCE_BLOCK",
            'The field "Custom.RootCause" is for engineering only.',
        )
        assert "Change the audience" in step
        step = said(
            found,
            "LEAK_SUSPECT",
            "A text was withheld because it seems to come from internal error tracking.",
            first=False,
        )
        assert "Remove the reference" in step
        step = said(
            found,
            "HELD_FOR_REVIEW",
            f"A comment on #{item} is waiting for somebody's approval.",
            first=False,
        )
        assert step == "Ask an operator to release, rewrite or reject the held text."
        for text in ("4711", "bad index"):
            assert text not in json.dumps(found)
        seen = world.ticket(id)
        assert not seen.get("root_cause")
        assert not seen.get("release_note")


async def test_flapping_field_is_frozen_and_a_second_edit_by_hand_stands(world: World) -> None:
    id, item = await bug(world)
    for n in range(11):
        world.boards.person_edits(item, {PRIORITY: n % 3 + 2})
        await world.settle()
    found = await explain(world, f"hubspot:{id}")
    told = reasons_of(found)["LOOP_BREAKER"]["sentence"]
    assert told.startswith(
        "Too many changes of Engineering priority in a short time; it was frozen until "
    )
    step = said(found, "LOOP_BREAKER", told)
    assert step == "Look for an automation that changes the same field."
    for stage in ("Whatever", "Whatever else"):
        world.hubspot.person_edits_ticket(id, work_stage=stage)
        await world.settle()
    found = await explain(world, f"hubspot:{id}")
    told = reasons_of(found)["HUMAN_OVERRIDE"]["sentence"]
    assert told.startswith("Somebody set Stage by hand; the hub leaves it alone until ")
    said(found, "HUMAN_OVERRIDE", told)


async def test_write_that_is_under_way_is_due(world: World) -> None:
    id, item = await bug(world)
    world.hubspot.faults.add(Fault(r"^PATCH .*/tickets/", FaultKind.DELAY, delay_s=0.5))
    world.boards.person_moves_state(item, "Active")
    found = await until(world, id, "UPDATE_DUE")
    said(found, "UPDATE_DUE", "The ticket is about to be updated.")
    await world.settle()
    assert (await explain(world, id))["verdict"] == "IN_SYNC"


async def test_ticket_that_the_hub_could_not_read_yet_waits_for_that(world: World) -> None:
    await world.settle()
    world.hubspot.faults.add(Fault(r"^GET .*/tickets", FaultKind.DELAY, 9, delay_s=0.3))
    world.hubspot.drop_webhooks = 99
    id = world.hubspot.person_creates_ticket(subject="Export fails", category="Bug")
    world.hubspot.drop_webhooks = 0
    world.hubspot.person_associates(id, world.acme)
    found = await until(world, id, "WAITING_TICKET_READ")
    said(
        found,
        "WAITING_TICKET_READ",
        f"hubspot:{id} is being looked at; the work item follows right after.",
    )


async def test_launch_that_cannot_be_made_says_what_it_lacks(tmp_path: Path) -> None:
    """C4: what was not asked at intake is named."""
    mapping = AT_ONCE.replace(
        "in: [Post Implementation, Additional Scope]", "is: Post Implementation"
    )
    async with open_world(tmp_path, mapping=mapping) as world:
        id = await new_ticket(world, company_id=None)
        found = await explain(world, f"hubspot:{id}")
        step = said(
            found,
            "INTAKE_INCOMPLETE",
            "The work item can't be created yet: customer is missing.",
        )
        assert step == "Fill in what is missing on the ticket (or its company)."
        id = await new_ticket(world, category="Additional Scope")
        step = said(
            await explain(world, f"hubspot:{id}"),
            "NEEDS_DECISION",
            "It is not clear where this ticket belongs (category: Additional Scope).",
        )
        assert step.startswith("Set exactly one category")


async def test_company_that_the_token_may_not_read_is_named_and_not_the_ticket(
    tmp_path: Path,
) -> None:
    """The shipped mapping's titles need the customer; nobody at the ticket can help."""
    async with open_world(tmp_path, mapping=AT_ONCE) as world:
        await _without_companies(world)


async def _without_companies(world: World) -> None:
    world.hubspot.withheld_scopes.add("crm.objects.companies.read")
    id = await new_ticket(world)
    assert world.items() == []
    found = await explain(world, f"hubspot:{id}")
    step = said(
        found,
        "CUSTOMER_UNREADABLE",
        "No work item yet: it names the customer, and the hub can't see the ticket's company.",
    )
    assert step == "Ask an admin to let the hub read companies; then retry."
    assert "bridge check hubspot says which right to give and where" in found["detail"]
    assert f"company {world.acme}" in found["detail"]
    [would] = found["would_update_if"]
    assert would["sentence"] == "Would create a Bug in boards if the hub could see its company."
    [right] = await findings_of(world, "RIGHT_MISSING")
    assert "crm.objects.companies.read" in right["detail"]
    checked = await world.client.post("/api/v1/connections/hubspot/check", headers=world.admin)
    [wrong] = [each for each in checked.json()["results"] if not each["ok"]]
    assert wrong["what"] == "right crm.objects.companies.read"
    assert wrong["sentence"].endswith("Until then nothing is created by: development-request, bug.")
    world.hubspot.withheld_scopes.clear()
    [finding] = await findings_of(world, "CUSTOMER_UNREADABLE")
    assert (await work_on(world, finding, "retry"))["state"] == "resolved"
    assert [each.fields["System.Title"] for each in world.items()] == ["[Acme] Export fails"]
    [right] = await findings_of(world, "RIGHT_MISSING")
    assert right["state"] == "resolved"


async def test_every_end_of_a_launch_is_told_to_those_who_wait_for_it(world: World) -> None:
    world.boards.faults.add(refusal())
    id = await new_ticket(world)
    found = await explain(world, f"hubspot:{id}")
    step = said(found, "LAUNCH_REJECTED", found["sentence"])
    assert found["sentence"] == "The tracker refused to create the work item."
    assert step == "Correct the mapping or the ticket, then retry."
    id, _ = await bug(world)
    world.hubspot.person_edits_ticket(id, hs_ticket_category="Development Request")
    await world.settle()
    step = said(
        await explain(world, f"hubspot:{id}"),
        "RECATEGORISED",
        f"The category changed from bug to development-request, but #{world.items()[0].id} is "
        "still linked.",
        first=False,
    )
    assert step.startswith("Retry launches")
    world.hub.launch_limit = 1
    step = said(
        await explain(world, f"hubspot:{await new_ticket(world)}"),
        "LAUNCH_LIMIT",
        "Very many work items were created within an hour; new ones wait.",
    )
    assert step.startswith("If the number is right")


async def test_create_without_answer_is_looked_for_and_two_finds_are_for_a_person(
    world: World,
) -> None:
    await world.settle()
    world.boards.faults.add(Fault(CREATE, FaultKind.RESET_AFTER))
    id = world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )
    found = await until(world, id, "WAITING_ITEM_CREATE")
    assert found["sentence"].startswith("The work item is being created")
    while not world.items():
        await world.deliver()
        await asyncio.sleep(0.01)
    [item] = world.items()
    own = item.fields["System.CreatedBy"]
    # The vendor shows two that our own account made: nobody can tell which one is meant.
    world.boards.person_clones(item.id, by=f"{own.display_name} <{own.unique_name}>")
    found = await until(world, id, "LAUNCH_UNDECIDED")
    step = said(found, "LAUNCH_UNDECIDED", "It is not clear whether the work item was created.")
    assert step.startswith("Look in the tracker")


async def test_item_found_by_its_marker_is_read_before_the_ticket_shows_it(world: World) -> None:
    await world.settle()
    world.boards.faults.add(Fault(CREATE, FaultKind.RESET_AFTER))
    world.boards.faults.add(Fault(r"^GET .*/workitems/1", FaultKind.DELAY, 9, delay_s=0.3))
    id = world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )
    found = await until(world, id, "WAITING_ITEM_READ")
    said(found, "WAITING_ITEM_READ", "1 is being looked at; the ticket follows right after.")


async def test_tracker_that_went_before_its_answer_was_known_is_named(tmp_path: Path) -> None:
    patient = BRIDGE_YAML.replace("probe_grace_s: 0.2", "probe_grace_s: 600")
    async with open_world(tmp_path, bridge_yaml=patient) as world:
        await world.settle()
        world.boards.faults.add(Fault(CREATE, FaultKind.RESET_AFTER))
        id = world.hubspot.person_creates_ticket(
            subject="Export fails", category="Bug", company_id=world.acme
        )
        await until(world, id, "WAITING_ITEM_CREATE")
        while not world.items():
            await world.deliver()
            await asyncio.sleep(0.01)
        vendors = world.hubspot, world.boards
    without = BRIDGE_YAML.partition("  boards:")[0]
    rules = SHIPPED.partition("routes:")[0] + (
        "routes:\n  - {id: all, when: {field: category, present: true}, stay: true}\n"
    )
    async with open_world(
        tmp_path, bridge_yaml=without, mapping=rules, vendors=vendors, autoactivate=True
    ) as world:
        world.hubspot.person_edits_ticket(id, subject="Export still fails")
        found = await until(world, id, "NO_CONNECTION")
        step = said(found, "NO_CONNECTION", "The tracker boards is not connected.")
        assert step.startswith("Configure the connection")


async def test_files_that_cannot_travel_are_named(world: World) -> None:
    id, _ = await bug(world)
    world.boards.faults.add(
        Fault(
            r"^POST .*/attachments",
            FaultKind.ANSWER,
            status=400,
            headers={"content-type": "application/json"},
            body=b'{"message":"TF237082: refused","typeKey":"AttachmentException"}',
        )
    )
    refused = world.hubspot.person_uploads("refused.png", b"x" * 10, "image/png")
    world.hubspot.customer_writes(id, "see picture", [refused])
    await world.settle()
    large = world.hubspot.person_uploads("film.mp4", bytes(61 << 20), "video/mp4")
    world.hubspot.customer_writes(id, "see film", [large])
    await world.settle()
    found = await explain(world, f"hubspot:{id}")
    step = said(
        found,
        "ATTACHMENT_TOO_LARGE",
        "film.mp4 is too large to be copied to the work item.",
        first=False,
    )
    assert step == "Share the file in another way."
    step = said(found, "COPY_REJECTED", "A file or comment could not be copied.", first=False)
    assert step.startswith("Retry sends it once more")


async def test_old_and_repeated_notifications_are_told_apart(world: World) -> None:
    id = await new_ticket(world, category="Customer Success Ticket")
    world.hubspot.person_edits_ticket(id, subject="Older")
    older = world.hubspot.pending_events
    world.hubspot.drop_webhooks = 0
    await world.settle()
    world.hubspot.person_edits_ticket(id, subject="Newer")
    await world.settle()
    late = [{**each, "eventId": 900 + n} for n, each in enumerate(older)]
    answer = await world.post_signed(json.dumps(late).encode())
    await world.settle()
    path = f"/api/v1/deliveries/{answer.json()['delivery']}"
    delivery = (await world.client.get(path, headers=world.admin)).json()
    assert "STALE_EVENT: The notification was older than what was known" in delivery["reason"]
    assert world.ticket(id)["subject"] == "Newer"
    assert [each["code"] for each in await timeline(world, id)].count("STALE_EVENT") == 0

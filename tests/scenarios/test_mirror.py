"""What the ticket shows follows the work (O24 to O28, C14 to C18, H8, H22)."""

from __future__ import annotations

from pathlib import Path

from bridge.kit.faults import Fault, FaultKind
from connectors.azure_devops.simulator import Field
from tests.scenarios.world import BRIDGE_YAML, World, open_world


async def bug(world: World, subject: str = "Export fails") -> tuple[str, str]:
    """A bug ticket whose work item exists: both ids."""
    before = {each.id for each in world.items()}
    id = world.hubspot.person_creates_ticket(subject=subject, category="Bug", company_id=world.acme)
    await world.settle()
    [item] = [each for each in world.items() if each.id not in before]
    return id, str(item.id)


async def link(world: World, ticket: str, item: str) -> int:
    """A person links the two by hand; the API's answer."""
    answer = await world.client.post(
        "/api/v1/links",
        headers=world.admin,
        json={
            "ticket": {"connection": "hubspot", "id": ticket},
            "work_item": {"connection": "boards", "id": item},
        },
    )
    return answer.status_code


async def test_moved_item_moves_the_stage_with_one_write_and_no_read(world: World) -> None:
    id, item = await bug(world)
    world.calls.clear()
    world.boards.person_moves_state(item, "Active")
    await world.settle()
    assert world.ticket(id)["work_stage"] == "In development"
    assert [each.method for each in world.calls] == ["PATCH"]


async def test_every_state_of_the_process_reaches_the_ticket(world: World) -> None:
    """C14, C18, K3: the customer's words for each step, and none of engineering's."""
    id, item = await bug(world)
    for state, label in (
        ("Active", "In development"),
        ("Resolved", "In testing"),
        ("Closed", "Available to you"),
        ("Active", "In development"),
    ):
        world.boards.person_moves_state(item, state)
        await world.settle()
        assert world.ticket(id)["work_stage"] == label


async def test_target_date_becomes_the_eta_and_goes_when_it_goes(world: World) -> None:
    """C15, O25, H10: how long it will take, as soon as somebody says so."""
    id = world.hubspot.person_creates_ticket(
        subject="Dark mode", category="Development Request", company_id=world.acme
    )
    await world.settle()
    [item] = world.items()
    date = "Microsoft.VSTS.Scheduling.TargetDate"
    world.boards.add_field(Field(date, "Target Date", "dateTime"))
    world.boards.person_edits(item.id, {date: "2027-05-14T00:00:00Z"})
    await world.settle()
    assert world.ticket(id)["work_eta"] == "2027-05-14"
    world.boards.person_edits(item.id, {date: ""})
    await world.settle()
    assert not world.ticket(id).get("work_eta")


async def test_end_of_the_iteration_is_the_eta_where_no_date_is_set(world: World) -> None:
    world.boards.add_iteration("Platform\\Sprint 7", "2027-03-01", "2027-03-12")
    id, item = await bug(world)
    world.boards.person_edits(item, {"System.IterationPath": "Platform\\Sprint 7"})
    await world.settle()
    assert world.ticket(id)["work_eta"] == "2027-03-12"


async def test_priority_set_by_engineering_is_shown_on_the_ticket(world: World) -> None:
    """H8: engineering owns it."""
    id, item = await bug(world)
    world.boards.person_edits(item, {"Microsoft.VSTS.Common.Priority": 3})
    await world.settle()
    assert world.ticket(id)["engineering_priority"] == "3"


async def test_burst_of_ten_changes_is_at_most_two_writes(tmp_path: Path) -> None:
    usual = BRIDGE_YAML.replace("debounce_ms: 0", "debounce_ms: 300")
    async with open_world(tmp_path, bridge_yaml=usual) as world:
        id, item = await bug(world)
        world.calls.clear()
        for state in ("Active", "Resolved") * 5:
            world.boards.person_moves_state(item, state)
        await world.settle()
        assert world.ticket(id)["work_stage"] == "In testing"
        assert len(world.writes("hubspot")) <= 2


async def test_own_echo_dies_out(world: World) -> None:
    await bug(world)
    world.calls.clear()
    await world.settle()
    await world.sweep("hubspot")
    await world.sweep("boards")
    assert world.writes("hubspot") == []
    assert world.writes("boards") == []


async def test_unmapped_state_leaves_the_ticket_as_it_was(world: World) -> None:
    id, item = await bug(world)
    world.boards.person_moves_state(item, "Active")
    await world.settle()
    world.boards.items[int(item)].fields["System.State"] = "Parked"
    world.boards.person_edits(item, {"System.Title": "touched"})
    await world.settle()
    assert world.ticket(id)["work_stage"] == "In development"
    assert "STATUS_UNMAPPED" in await world.findings()


async def test_two_tickets_on_one_item_both_follow(world: World) -> None:
    first, item = await bug(world)
    second = world.hubspot.person_creates_ticket(
        subject="The same", category="Customer Success Ticket", company_id=world.acme
    )
    await world.settle()
    assert await link(world, second, item) == 201
    await world.settle()
    world.boards.person_moves_state(item, "Active")
    await world.settle()
    for id in (first, second):
        assert world.ticket(id)["work_stage"] == "In development"
        assert world.ticket(id)["work_items"] == f"#{item}"
    urls = [e.url for e in world.boards.items[int(item)].relations if e.rel == "Hyperlink"]
    assert len(urls) == 2


async def test_two_items_on_one_ticket_show_the_least_advanced(world: World) -> None:
    id, item = await bug(world)
    other = world.boards.person_creates("Bug", "The other half")
    assert await link(world, id, other) == 201
    await world.settle()
    world.boards.person_moves_state(item, "Resolved")
    await world.settle()
    assert world.ticket(id)["work_stage"] == "Reported to engineering"
    world.boards.person_moves_state(other, "Active")
    await world.settle()
    assert world.ticket(id)["work_stage"] == "In development"
    assert world.ticket(id)["work_items"] == f"#{item}, #{other}"


async def test_unlinked_item_leaves_the_ticket_and_is_not_launched_again(world: World) -> None:
    id, item = await bug(world)
    listed = (await world.client.get("/api/v1/links", headers=world.admin)).json()["items"]
    answer = await world.client.delete(f"/api/v1/links/{listed[0]['id']}", headers=world.admin)
    assert answer.status_code in (200, 204)
    await world.settle()
    assert not world.ticket(id).get("work_items")
    assert len(world.items()) == 1
    relations = [e for e in world.boards.items[int(item)].relations if e.rel == "Hyperlink"]
    assert relations == []


async def test_value_edited_by_hand_is_restored_once_then_left(world: World) -> None:
    id, _ = await bug(world)
    world.hubspot.person_edits_ticket(id, work_stage="Done!")
    await world.settle()
    assert world.ticket(id)["work_stage"] == "Reported to engineering"
    world.hubspot.person_edits_ticket(id, work_stage="Done, I said!")
    await world.settle()
    assert world.ticket(id)["work_stage"] == "Done, I said!"
    assert "HUMAN_OVERRIDE" in await world.findings()


async def test_closed_ticket_is_left_alone_and_follows_again_when_reopened(world: World) -> None:
    """C19, D15: the link is alive again."""
    id, item = await bug(world)
    world.hubspot.person_edits_ticket(id, hs_pipeline_stage="4")
    await world.settle()
    world.calls.clear()
    world.boards.person_moves_state(item, "Active")
    await world.settle()
    assert world.writes("hubspot") == []
    world.hubspot.person_edits_ticket(id, hs_pipeline_stage="1")
    await world.settle()
    assert world.ticket(id)["work_stage"] == "In development"


async def test_merged_ticket_keeps_its_work(world: World) -> None:
    """O27: the ticket that lives on hears of it."""
    first, item = await bug(world)
    second, other = await bug(world, "Export fails too")
    merged = world.hubspot.person_merges(first, second)
    await world.settle()
    assert world.ticket(merged)["work_items"] == f"#{item}, #{other}"
    world.boards.person_moves_state(item, "Active")
    world.boards.person_moves_state(other, "Resolved")
    await world.settle()
    assert world.ticket(merged)["work_stage"] == "In development"
    assert len(world.items()) == 2


async def test_deleted_item_breaks_the_link_and_restored_mends_it(world: World) -> None:
    id, item = await bug(world)
    world.boards.person_moves_state(item, "Active")
    await world.settle()
    world.boards.person_deletes(item)
    await world.settle()
    assert world.ticket(id)["work_stage"] == "In development"
    assert "LINK_BROKEN" in await world.findings()
    world.boards.person_restores(item)
    world.boards.person_moves_state(item, "Resolved")
    await world.settle()
    assert world.ticket(id)["work_stage"] == "In testing"
    assert "LINK_BROKEN" not in await world.findings()


async def test_deleted_ticket_leaves_the_item_alone(world: World) -> None:
    id, item = await bug(world)
    world.hubspot.person_deletes(id)
    await world.settle()
    assert not world.boards.items[int(item)].deleted
    world.hubspot.person_restores(id)
    await world.settle()
    world.boards.person_moves_state(item, "Active")
    await world.settle()
    assert world.ticket(id)["work_stage"] == "In development"


async def test_item_moved_to_another_project_stays_linked(world: World) -> None:
    id, item = await bug(world)
    world.boards.person_moves_project(item, "Mobile")
    world.boards.person_moves_state(item, "Active")
    await world.settle()
    assert world.ticket(id)["work_stage"] == "In development"


async def test_lost_hook_is_repaired_by_the_sweep(world: World) -> None:
    id, item = await bug(world)
    world.boards.drop_hooks = 1
    world.boards.person_moves_state(item, "Active")
    await world.settle()
    assert world.ticket(id)["work_stage"] == "Reported to engineering"
    await world.sweep("boards")
    assert world.ticket(id)["work_stage"] == "In development"


async def test_lost_webhook_of_a_new_ticket_is_repaired_by_the_sweep(world: World) -> None:
    await world.settle()
    world.hubspot.drop_webhooks = 50
    world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )
    await world.settle()
    assert world.items() == []
    world.hubspot.drop_webhooks = 0
    await world.sweep("hubspot")
    assert len(world.items()) == 1


async def test_throttled_helpdesk_is_obeyed_and_then_written(world: World) -> None:
    id, item = await bug(world)
    world.hubspot.faults.add(
        Fault(
            "^PATCH",
            FaultKind.ANSWER,
            status=429,
            headers={"retry-after": "1", "content-type": "application/json"},
            body=b'{"status":"error","errorType":"RATE_LIMIT","policyName":"SECONDLY"}',
        )
    )
    world.boards.person_moves_state(item, "Active")
    await world.settle()
    assert world.hubspot.faults.struck
    assert world.ticket(id)["work_stage"] == "In development"


async def test_expired_credential_pauses_and_resumes_by_itself(world: World) -> None:
    id, item = await bug(world)
    world.hubspot.faults.add(
        Fault(
            "^(PATCH|GET|POST)",
            FaultKind.ANSWER,
            times=1,
            status=401,
            headers={"content-type": "application/json"},
            body=b'{"status":"error","category":"EXPIRED_AUTHENTICATION","message":"expired"}',
        )
    )
    world.boards.person_moves_state(item, "Active")
    await world.deliver_until_paused("hubspot")
    assert "AUTH_EXPIRED" in await world.findings()
    await world.sweep("hubspot")
    assert world.ticket(id)["work_stage"] == "In development"
    assert "AUTH_EXPIRED" not in await world.findings()


async def test_comment_marked_for_the_customer_is_copied_once_as_internal_note(
    world: World,
) -> None:
    id, item = await bug(world)
    world.boards.person_comments(item, "<div>#customer</div><div>Fix is under way.</div>")
    world.boards.person_comments(item, "<div>secret of the machine room</div>")
    await world.settle()
    await world.settle()
    bodies = [n.properties["hs_note_body"] or "" for n in world.hubspot.notes.values()]
    assert len([b for b in bodies if "Fix is under way." in b]) == 1
    assert not [b for b in bodies if "machine room" in b]
    assert world.hubspot.threads == {} or not any(
        "Fix" in str(thread) for thread in world.hubspot.threads.values()
    )
    assert id


async def test_comment_nobody_told_of_is_seen_in_the_answer_to_our_own_write(world: World) -> None:
    """No list shows it either: by then the revision that had it is known already."""
    id, item = await bug(world)
    world.boards.drop_hooks = 2
    world.boards.person_comments(item, "<div>#customer</div><div>Fix is under way.</div>")
    assert world.boards.pending_notifications == []
    file = world.hubspot.person_uploads("screen.png", b"picture", "image/png")
    world.hubspot.customer_writes(id, "see picture", [file])
    await world.settle()
    bodies = [each.properties["hs_note_body"] or "" for each in world.hubspot.notes.values()]
    assert len([each for each in bodies if "Fix is under way." in each]) == 1


async def test_note_marked_for_development_is_copied_to_the_item_once(world: World) -> None:
    id, item = await bug(world)
    world.hubspot.person_adds_note(id, "<p>#dev</p><p>Happens on Safari only.</p>")
    world.hubspot.person_adds_note(id, "<p>between us</p>")
    world.hubspot.person_edits_ticket(id, subject="Export fails on Safari")
    await world.sweep("hubspot")
    texts = [c.text for c in world.boards.items[int(item)].comments]
    assert len([t for t in texts if "Safari only" in t]) == 1
    assert not [t for t in texts if "between us" in t]


async def test_company_whose_name_changes_is_read_again(world: World) -> None:
    id, _ = await bug(world)
    world.hubspot.person_edits_company(world.acme, name="Acme Corporation")
    await world.settle()
    answer = await world.client.get(f"/api/v1/tickets/hubspot/{id}", headers=world.admin)
    assert answer.json()["customer"] == "Acme Corporation"


async def test_comment_of_which_only_a_count_was_seen_is_read(tmp_path: Path) -> None:
    """Its webhook was lost, and a person linked the item just then: that look shows a count."""
    async with open_world(tmp_path) as world:
        ticket, item = await bug(world)
        other = world.hubspot.person_creates_ticket(subject="Same", company_id=world.acme)
        await world.settle()
        world.boards.drop_hooks = 10
        world.boards.person_comments(item, "<div>#customer</div><div>A fix is coming.</div>")
        world.boards.drop_hooks = 0
        assert await link(world, other, item) == 201
        await world.settle()
        for each in (ticket, other):
            [note] = world.hubspot.tickets[each].notes
            assert "A fix is coming." in (note.properties["hs_note_body"] or "")

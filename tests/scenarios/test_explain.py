"""Why a ticket shows what it shows, asked of a whole hub; and what would have to be otherwise."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from bridge.kit.clock import to_ms
from bridge.store import connections
from bridge.store.tables import deliveries, operations, records
from tests.scenarios.test_mirror import bug, link
from tests.scenarios.world import World, open_world
from tests.shipped import SHIPPED


async def explain(world: World, name: str) -> dict[str, Any]:
    """The explanation of whatever `name` names."""
    answer = await world.client.get("/api/v1/explain", params={"ref": name}, headers=world.admin)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def timeline(world: World, id: str) -> list[dict[str, Any]]:
    answer = await world.client.get(f"/api/v1/tickets/hubspot/{id}/timeline", headers=world.admin)
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def pause(world: World, name: str, by: str = "person") -> None:
    async with world.hub.db.write() as connection:
        now = world.hub.now()
        await connections.pause(connection, name, by=by, reason="maintenance", now=now)


async def park(world: World, item: str) -> None:
    """Engineering moves the item into a state that no mapping knows."""
    world.boards.items[int(item)].fields["System.State"] = "Parked"
    world.boards.person_edits(item, {"System.Title": "touched"})
    await world.settle()


async def test_ticket_is_found_by_ref_id_key_address_and_its_item(world: World) -> None:
    id, item = await bug(world)
    page = (await explain(world, f"hubspot:{id}"))["ticket"]["url"]
    board = f"http://boards.test/acme/Platform/_workitems/edit/{item}"
    for name in (id, page, f"{page}?tab=1", f"boards:{item}", f"#{item}", f"AB#{item}", board):
        assert (await explain(world, name))["ticket"]["id"] == id, name


async def test_unknown_name_is_answered_with_the_nearest(world: World) -> None:
    id, _ = await bug(world)
    for name, part in (
        (f"hubspot:{id[:-1]}", f"hubspot:{id}"),
        (f"hubspott:{id}", "did you mean 'hubspot'"),
        ("https://elsewhere.test/5", "the address of a ticket"),
        (f"https://elsewhere.test/{id}", "The hub knows nothing"),
    ):
        answer = await world.client.get(
            "/api/v1/explain", params={"ref": name}, headers=world.admin
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert part in answer.json()["detail"]
    sentry = {"ref": "https://acme.sentry.io/issues/5/"}
    answer = await world.client.get("/api/v1/explain", params=sentry, headers=world.admin)
    assert (answer.status_code, answer.json()["code"]) == (422, "sentry_never_on_ticket")


async def test_item_with_several_tickets_asks_which_one(world: World) -> None:
    first, item = await bug(world)
    second, _ = await bug(world, "Import fails")
    assert await link(world, second, item) == 201
    await world.settle()
    answer = await world.client.get(
        "/api/v1/explain", params={"ref": f"boards:{item}"}, headers=world.admin
    )
    assert answer.status_code == 404
    assert f"hubspot:{first}, hubspot:{second}" in answer.json()["detail"]


async def test_status_without_a_stage_is_explained_with_what_would_help(world: World) -> None:
    id, item = await bug(world)
    await park(world, item)
    found = await explain(world, id)
    assert found["verdict"] == "STATUS_UNMAPPED"
    assert '("Parked")' in found["sentence"]
    assert found["what_to_do"]
    said = [each["sentence"] for each in found["would_update_if"]]
    assert any('if the mapping gave "Parked" the stage' in each for each in said)
    assert any(f'if #{item} left "Parked" for "Active"' in each for each in said)
    assert world.ticket(id)["work_stage"] == "Reported to engineering"


async def test_what_would_help_does_help(world: World) -> None:
    id, item = await bug(world)
    await park(world, item)
    would = (await explain(world, id))["would_update_if"]
    [moved] = [each for each in would if 'for "Active"' in each["change"]]
    assert moved["effect"] == 'show "In development"'
    world.boards.person_moves_state(item, "Active")
    await world.settle()
    assert world.ticket(id)["work_stage"] == "In development"
    found = await explain(world, id)
    assert (found["verdict"], found["would_update_if"]) == ("IN_SYNC", [])


async def test_paused_tracker_is_the_reason_why_nothing_follows(world: World) -> None:
    id, _ = await bug(world)
    await pause(world, "boards")
    found = await explain(world, id)
    assert found["verdict"] == "PAUSED"
    assert found["sentence"].startswith("Updates from and to boards are paused since ")
    assert "maintenance" in found["detail"]
    [would] = found["would_update_if"]
    assert would["change"] == "boards were resumed"
    assert [each["verdict"] for each in found["fields"]] == ["IN_SYNC"] * len(found["fields"])


async def test_paused_tracker_is_the_reason_why_nothing_is_created(world: World) -> None:
    await pause(world, "boards")
    id = world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )
    found: dict[str, Any] = {}
    for _ in range(500):
        await world.deliver()
        answer = await world.client.get(
            f"/api/v1/tickets/hubspot/{id}/explain", headers=world.admin
        )
        found = answer.json()
        if found.get("verdict") == "PAUSED":
            break
        await asyncio.sleep(0.02)
    assert found["verdict"] == "PAUSED"
    said = [each["sentence"] for each in found["would_update_if"]]
    assert "Would create a Bug in boards if boards were resumed." in said


async def test_every_way_a_connection_can_be_silent_has_its_reason(world: World) -> None:
    id, _ = await bug(world)
    now = world.hub.now()
    async with world.hub.db.write() as connection:
        until = now + timedelta(minutes=4)
        await connections.throttle(world.hub.db, connection, "boards", until)
    found = await explain(world, id)
    assert found["verdict"] == "RATE_LIMITED"
    assert "in 4 min" in found["sentence"]
    async with world.hub.db.write() as connection:
        await connections.change(connection, "boards", down_since=now - timedelta(minutes=30))
    found = await explain(world, id)
    assert found["verdict"] == "REMOTE_DOWN"
    assert "30 min ago" in found["sentence"]
    await pause(world, "boards", by="credential")
    assert (await explain(world, id))["verdict"] == "AUTH_EXPIRED"
    await pause(world, "hubspot")
    found = await explain(world, id)
    assert (found["verdict"], found["also"][0]["code"]) == ("PAUSED", "AUTH_EXPIRED")


async def test_record_that_waits_or_was_given_up_is_the_reason(world: World) -> None:
    id, item = await bug(world)

    async def change(key: str, **values: Any) -> None:
        async with world.hub.db.write() as connection:
            await connection.execute(
                sa.update(records).where(records.c.key == key).values(**values)
            )

    soon = to_ms(world.hub.now() + timedelta(minutes=4))
    await change(
        f"boards:{item}",
        dirty_generation=records.c.dirty_generation + 1,
        not_before=soon,
        attempts=3,
        last_error="no answer",
    )
    found = await explain(world, id)
    assert found["verdict"] == "WAITING_RETRY"
    assert "in 4 min" in found["sentence"]
    assert "no answer" in found["detail"]
    await change(f"hubspot:{id}", dead=True, last_error="KeyError")
    found = await explain(world, id)
    assert (found["verdict"], found["also"][0]["code"]) == ("RUN_FAILED", "WAITING_RETRY")


async def test_ticket_without_link_suggests_the_item_its_text_names(world: World) -> None:
    _, other = await bug(world)
    text = f"<p>Is this AB#{other} again? Not UTF-8 nor #4711.</p>"
    id = world.hubspot.person_creates_ticket(
        subject="Export", content=text, category="Bug", company_id=world.acme
    )
    await world.settle()
    listed = await world.client.get(f"/api/v1/links?ticket=hubspot:{id}", headers=world.admin)
    [made] = [each for each in listed.json()["items"] if each["ticket"]["id"] == id]
    await world.client.delete(f"/api/v1/links/{made['id']}", headers=world.admin)
    await world.settle()
    found = await explain(world, id)
    assert found["verdict"] == "NO_LINK"
    assert found["sentence"] == (
        f"This ticket is not linked to any work item; its text mentions #{other} in boards."
    )


async def test_change_of_state_that_the_tracker_refuses_is_a_blocked_transition(
    tmp_path: Any,
) -> None:
    pair = (
        "  - ticket: wanted_state\n"
        "    work_item: System.State\n"
        "    owner: ticket\n"
        "    values: {go: Nonsense}\n"
    )
    async with open_world(tmp_path, mapping=SHIPPED + pair) as world:
        world.hubspot.add_property("tickets", "wanted_state")
        world.hubspot.subscribe_all()
        id, _ = await bug(world)
        world.hubspot.person_edits_ticket(id, wanted_state="go")
        await world.settle()
        assert "TRANSITION_BLOCKED" in await world.findings()
        found = await explain(world, id)
        assert "TRANSITION_BLOCKED" in [each["code"] for each in found["also"]]


async def test_moved_item_is_told_in_the_ticket_timeline(world: World) -> None:
    id, item = await bug(world)
    world.boards.person_moves_project(item, "Mobile")
    await world.settle()
    [told] = [each for each in await timeline(world, id) if each["code"] == "ITEM_MOVED"]
    assert (told["before"], told["after"]) == ("Platform", "Mobile")
    assert told["sentence"] == f"#{item} moved from Platform to Mobile; the link holds."
    assert world.ticket(id)["work_items"] == f"#{item}"


async def test_change_found_by_the_sweep_is_told_as_such(world: World) -> None:
    id, item = await bug(world)
    world.boards.drop_hooks = 1
    world.boards.person_moves_state(item, "Active")
    await world.settle()
    assert world.ticket(id)["work_stage"] == "Reported to engineering"
    await world.sweep("boards")
    assert world.ticket(id)["work_stage"] == "In development"
    told = (await timeline(world, id))[0]
    assert (told["code"], told["after"]) == ("EVENT_NEVER_ARRIVED", "In development")
    assert "periodic check" in told["sentence"]


async def test_deliveries_that_bring_no_news_say_so(world: World) -> None:
    await bug(world)
    async with world.hub.db.read() as connection:
        found = await connection.execute(sa.select(deliveries.c.reason))
        said = " ".join(reason or "" for (reason,) in found)
    assert "DUPLICATE_EVENT: The notification told nothing" in said


async def test_changed_rules_are_told_and_a_stored_run_is_decided_again(world: World) -> None:
    id, item = await bug(world)
    world.boards.person_moves_state(item, "Active")
    await world.settle()
    run = (await explain(world, id))["last_run"]

    async def rerun() -> dict[str, Any]:
        answer = await world.client.get(f"/api/v1/runs/{run}", headers=world.admin)
        assert answer.status_code == 200, answer.text
        again: dict[str, Any] = answer.json()["rerun"]
        return again

    same = await rerun()
    assert (same["then"], same["today"], same["reason"]) == ([], [], None)
    changed = SHIPPED.replace("Active: in_development", "Active: scheduled")
    for method, path, body in (
        ("PUT", "draft", changed),
        ("POST", "activate", ""),
    ):
        answer = await world.client.request(
            method,
            f"/api/v1/mappings/hubspot-success/{path}",
            headers={**world.admin, "content-type": "application/yaml", "if-match": "*"},
            content=body,
        )
        assert answer.is_success, answer.text
    await world.settle_campaign()
    assert world.ticket(id)["work_stage"] == "Scheduled"
    other = await rerun()
    assert other["then"] == []
    assert 'the stage was "in_development", is "scheduled"' in other["today"]
    told = (await timeline(world, id))[0]
    assert (told["code"], told["after"]) == ("POLICY_CHANGED", "Scheduled")


async def test_stored_run_of_a_work_item_is_decided_again(world: World) -> None:
    id = world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )
    file = world.hubspot.person_uploads("screen.png", b"picture", "image/png")
    world.hubspot.customer_writes(id, "see picture", [file])
    await world.settle()
    [item] = world.items()
    page = await world.client.get(f"/api/v1/work-items/boards/{item.id}", headers=world.admin)
    assert page.json()["last_run"]
    async with world.hub.db.read() as connection:
        copied = operations.c.kind == "CopyAttachment"
        run = await connection.scalar(sa.select(operations.c.run_id).where(copied))

    async def again() -> dict[str, Any]:
        answer = await world.client.get(f"/api/v1/runs/{run}", headers=world.admin)
        assert answer.status_code == 200, answer.text
        rerun: dict[str, Any] = answer.json()["rerun"]
        return rerun

    same = await again()
    assert (same["then"], same["today"], same["reason"]) == ([], [], None)
    changed = SHIPPED.replace("attachments: true", "attachments: false")
    yaml = {**world.admin, "content-type": "application/yaml", "if-match": "*"}
    for method, path, body in (("PUT", "draft", changed), ("POST", "activate", "")):
        path = f"/api/v1/mappings/hubspot-success/{path}"
        answer = await world.client.request(method, path, headers=yaml, content=body)
        assert answer.is_success, answer.text
    other = await again()
    assert other["then"] == []
    assert other["today"] == ["CopyAttachment was done 1 times, is 0 times"]


async def test_explaining_writes_nothing(world: World) -> None:
    id, item = await bug(world)
    await park(world, item)
    calls = len(world.calls)
    before = await timeline(world, id)
    await explain(world, id)
    assert (len(world.calls), await timeline(world, id)) == (calls, before)

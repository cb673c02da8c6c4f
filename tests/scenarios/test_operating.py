"""Limits, restarts, mapping changes, several accounts, people who want to be forgotten."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from bridge.domain.errors import ConfigProblem
from bridge.engine.sweep import patrol
from bridge.kit.faults import Fault, FaultKind
from bridge.store import connections
from bridge.store.tables import metadata
from tests.scenarios.world import BRIDGE_YAML, World, open_world
from tests.shipped import SHIPPED


async def everything_stored(world: World) -> str:
    """Every row of every table, as text."""
    rows: list[str] = []
    async with world.hub.db.read() as connection:
        for table in metadata.sorted_tables:
            found = await connection.execute(sa.select(table))
            rows.extend(f"{table.name}: {tuple(row)!r}" for row in found)
    return "\n".join(rows)


async def test_launching_pauses_above_the_limit_and_says_so(world: World) -> None:
    world.hub.launch_limit = 3
    for n in range(5):
        world.hubspot.person_creates_ticket(
            subject=f"Export {n} fails", category="Bug", company_id=world.acme
        )
    await world.settle()
    assert 3 <= len(world.items()) < 5
    assert "LAUNCH_LIMIT" in await world.findings()


async def test_field_that_the_ticket_owns_follows_onto_the_item(tmp_path: Path) -> None:
    mapping = SHIPPED + (
        "  - ticket: customer_impact\n"
        "    work_item: Microsoft.VSTS.Common.Severity\n"
        "    owner: ticket\n"
        "    values: {all: '1 - Critical', some: '3 - Medium'}\n"
    )
    async with open_world(tmp_path, mapping=mapping) as world:
        world.hubspot.add_property("tickets", "customer_impact")
        world.hubspot.subscribe_all()
        id = world.hubspot.person_creates_ticket(
            subject="Export fails", category="Bug", company_id=world.acme, customer_impact="some"
        )
        await world.settle()
        [item] = world.items()
        assert item.fields["Microsoft.VSTS.Common.Severity"] == "3 - Medium"
        world.hubspot.person_edits_ticket(id, customer_impact="all")
        await world.settle()
        assert item.fields["Microsoft.VSTS.Common.Severity"] == "1 - Critical"
        world.hubspot.person_edits_ticket(id, customer_impact="nobody knows")
        await world.settle()
        assert item.fields["Microsoft.VSTS.Common.Severity"] == "1 - Critical"
        assert "VALUE_UNMAPPED" in await world.findings()


async def test_event_of_an_unknown_portal_is_stored_ignored_and_reported(world: World) -> None:
    event = {
        "eventId": 1,
        "subscriptionId": 2,
        "portalId": 99,
        "appId": 1357911,
        "occurredAt": 1795338942000,
        "subscriptionType": "ticket.propertyChange",
        "attemptNumber": 0,
        "objectId": 5158001,
        "propertyName": "subject",
        "propertyValue": "Whose?",
    }
    answer = await world.post_signed(json.dumps([event]).encode())
    assert answer.status_code == 200
    await world.settle()
    assert "UNKNOWN_ACCOUNT" in await world.findings()
    known = await world.client.get("/api/v1/tickets/hubspot/5158001", headers=world.admin)
    assert known.status_code == 404


async def test_portals_that_share_an_address_go_to_their_own_connections(tmp_path: Path) -> None:
    second = """  emea:
    vendor: hubspot
    base_url: http://hubspot.test
    token: pat-test
    webhook_secret: another-secret
    portal_id: 99
    sweep_s: 3600
"""
    shared = BRIDGE_YAML.replace("  boards:\n", second + "  boards:\n")
    async with open_world(tmp_path, bridge_yaml=shared) as world:
        event = {
            "eventId": 1,
            "subscriptionId": 2,
            "portalId": 99,
            "occurredAt": 1795338942000,
            "subscriptionType": "ticket.creation",
            "objectId": 7,
        }
        await world.post_signed(json.dumps([event]).encode())
        for _ in range(200):
            if "records: ('emea:7'" in await everything_stored(world):
                return
            await asyncio.sleep(0.02)
        raise AssertionError("the event did not reach the other portal's connection")


async def test_changed_mapping_file_is_a_draft_until_it_is_activated(tmp_path: Path) -> None:
    async with open_world(tmp_path) as world:
        id = world.hubspot.person_creates_ticket(
            subject="Export fails", category="Bug", company_id=world.acme
        )
        await world.settle()
        hubspot, boards = world.hubspot, world.boards
    reworded = SHIPPED.replace("label: Reported to engineering", "label: With our engineers")
    async with open_world(tmp_path, mapping=reworded, vendors=(hubspot, boards)) as world:
        await world.settle()
        assert world.ticket(id)["work_stage"] == "Reported to engineering"
        assert "MAPPING_DRAFT" in await world.findings()
    async with open_world(
        tmp_path, mapping=reworded, vendors=(hubspot, boards), autoactivate=True
    ) as world:
        await world.settle_campaign()
        assert world.ticket(id)["work_stage"] == "With our engineers"
        assert "MAPPING_DRAFT" not in await world.findings()
        assert len(world.items()) == 1


async def test_restart_repeats_nothing(tmp_path: Path) -> None:
    async with open_world(tmp_path) as world:
        world.hubspot.person_creates_ticket(
            subject="Export fails", category="Bug", company_id=world.acme
        )
        await world.settle()
        vendors = world.hubspot, world.boards
    async with open_world(tmp_path, vendors=vendors) as world:
        await world.settle()
        assert len(world.items()) == 1
        assert world.writes("hubspot") == []
        assert world.writes("boards") == []


async def test_person_erased_at_the_vendor_is_forgotten_here(world: World) -> None:
    contact = world.hubspot.add_contact("ana@client.example", "Ana")
    id = world.hubspot.person_creates_ticket(
        subject="Anaconda-words of Ana", content="Anaconda-body", company_id=world.acme
    )
    world.hubspot.person_names_contact(id, contact)
    await world.settle()
    assert "Anaconda-words" in await everything_stored(world)
    # HubSpot redacts what the person wrote on its own side as well.
    world.hubspot.person_edits_ticket(id, subject="(removed)", content="(removed)")
    world.hubspot.privacy_delete(contact)
    await world.settle()
    left = await everything_stored(world)
    assert "Anaconda-words" not in left
    assert "Anaconda-body" not in left


async def test_broken_files_stop_the_start_and_name_everything(tmp_path: Path) -> None:
    bad = SHIPPED.replace("in: boards", "in: board").replace("rollup: least_advanced", "rollup: x")
    with pytest.raises(ConfigProblem) as caught:
        async with open_world(tmp_path, mapping=bad):
            pass
    text = "\n".join(caught.value.problems)
    assert 'no connection "board"' in text
    assert "rollup" in text


async def test_bridge_yaml_with_an_unknown_vendor_stops_the_start(tmp_path: Path) -> None:
    broken = BRIDGE_YAML.replace("vendor: azure_devops", "vendor: azuredevops")
    with pytest.raises(ConfigProblem, match="azure_devops"):
        async with open_world(tmp_path, bridge_yaml=broken):
            pass


async def test_vendor_that_answers_nonsense_changes_nothing(world: World) -> None:
    world.hubspot.faults.add(
        Fault(
            r"^GET /crm/objects/.*/tickets/\d+",
            FaultKind.ANSWER,
            times=1,
            status=200,
            headers={"content-type": "text/html"},
            body=b"<html>sign in</html>",
        )
    )
    world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )
    await world.deliver_until_paused("hubspot")
    assert "AUTH_EXPIRED" in await world.findings()
    assert world.items() == []
    await world.sweep("hubspot")
    assert len(world.items()) == 1


async def test_signed_body_that_is_no_json_is_stored_ignored_and_answered(world: World) -> None:
    answer = await world.post_signed(b"not json at all")
    assert answer.status_code == 200
    await world.settle()
    again = await world.post_signed(b"not json at all")
    assert again.json() == {"delivery": answer.json()["delivery"], "duplicate": True}
    await world.settle()
    listed = await world.client.get("/api/v1/deliveries", headers=world.admin)
    states = {each["id"]: each["state"] for each in listed.json()["items"]}
    assert states[answer.json()["delivery"]] == "ignored"


async def test_deletion_that_no_webhook_told_is_found_by_the_patrol(world: World) -> None:
    id = world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )
    await world.settle()
    world.hubspot.drop_webhooks = 10
    world.hubspot.person_deletes(id)
    world.hubspot.drop_webhooks = 0
    await world.settle()
    assert "RECORD_MISSING" not in await world.findings()
    await patrol(world.hub, "hubspot")
    await world.settle()
    assert "RECORD_MISSING" in await world.findings()
    assert len(world.items()) == 1


async def test_item_that_is_not_shown_once_breaks_nothing(world: World) -> None:
    id = world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )
    await world.settle()
    [item] = world.items()
    world.boards.person_destroys(item.id)
    await world.sweep("boards")
    await patrol(world.hub, "boards")
    await world.settle()
    shown = world.ticket(id)
    assert shown["work_stage"] == "Reported to engineering"
    assert shown["work_items"] == f"#{item.id}"
    listed = await world.client.get("/api/v1/links", headers=world.admin)
    assert [each["state"] for each in listed.json()["items"]] == ["active"]


UNAUTHORISED = Fault(
    r"^POST .*/workitems/\$",
    FaultKind.ANSWER,
    times=500,
    status=401,
    headers={"content-type": "application/json; charset=utf-8"},
    body=b'{"message":"TF400813: not authorized","typeKey":"UnauthorizedRequestException"}',
)


async def test_bad_tracker_credential_is_met_once_and_launches_wait(world: World) -> None:
    await world.settle()
    world.boards.faults.add(UNAUTHORISED)
    world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )
    await world.deliver_until_paused("boards")
    await asyncio.sleep(0.5)
    assert len(world.boards.faults.struck) == 1
    assert "AUTH_EXPIRED" in await world.findings()


async def test_paused_tracker_gets_no_launch(world: World) -> None:
    await world.settle()
    async with world.hub.db.write() as connection:
        await connections.pause(
            connection, "boards", by="person", reason="maintenance", now=world.hub.now()
        )
    world.calls.clear()
    world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )
    for _ in range(30):
        await world.deliver()
        await asyncio.sleep(0.02)
    assert world.items() == []
    assert not [each for each in world.calls if each.connection == "boards"]


async def test_tracker_removed_from_the_configuration_blanks_no_ticket(tmp_path: Path) -> None:
    two = BRIDGE_YAML + (
        "  other:\n"
        "    vendor: azure_devops\n"
        "    base_url: http://boards.test\n"
        "    organization: acme\n"
        "    project: Platform\n"
        "    token: pat-test\n"
    )
    async with open_world(tmp_path, bridge_yaml=two) as world:
        id = world.hubspot.person_creates_ticket(
            subject="Export fails", category="Customer Success Ticket", company_id=world.acme
        )
        item = world.boards.person_creates("Bug", "Somebody else's")
        await world.settle()
        answer = await world.client.post(
            "/api/v1/links",
            headers=world.admin,
            json={
                "ticket": {"connection": "hubspot", "id": id},
                "work_item": {"connection": "other", "id": item},
            },
        )
        assert answer.status_code == 201
        await world.settle()
        assert world.ticket(id)["work_items"] == f"#{item}"
        vendors = world.hubspot, world.boards
    async with open_world(tmp_path, vendors=vendors) as world:
        world.hubspot.person_edits_ticket(id, subject="Touched")
        await world.settle()
        assert world.ticket(id)["work_items"] == f"#{item}"
        assert "LINK_BROKEN" in await world.findings()


async def test_unclear_create_is_still_looked_for_when_the_ticket_closes(world: World) -> None:
    await world.settle()
    world.boards.faults.add(Fault(r"^POST .*/workitems/\$", FaultKind.RESET_AFTER))
    id = world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )
    while not world.boards.faults.struck:
        await world.deliver()
        await asyncio.sleep(0.01)
    world.hubspot.person_edits_ticket(id, hs_pipeline_stage="4")
    await world.settle()
    listed = await world.client.get("/api/v1/links", headers=world.admin)
    assert [each["ticket"]["id"] for each in listed.json()["items"]] == [id]


async def test_ticket_from_before_the_hub_can_be_linked_by_hand(world: World) -> None:
    await world.settle()
    world.hubspot.drop_webhooks = 50
    id = world.hubspot.person_creates_ticket(
        subject="An old one", category="Customer Success Ticket", company_id=world.acme
    )
    item = world.boards.person_creates("Bug", "Known for long")
    answer = await world.client.post(
        "/api/v1/links",
        headers=world.admin,
        json={
            "ticket": {"connection": "hubspot", "id": id},
            "work_item": {"connection": "boards", "id": item},
        },
    )
    assert answer.status_code == 201
    await world.settle()
    assert world.ticket(id)["work_items"] == f"#{item}"


async def test_change_that_comes_in_the_answer_of_our_own_write_reaches_the_ticket(
    world: World,
) -> None:
    id = world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )
    await world.settle()
    [item] = world.items()
    # The developer's move is told by no hook, and shows first in the answer to our own comment.
    world.boards.drop_hooks = 1
    world.boards.person_moves_state(item.id, "Active")
    picture = world.hubspot.person_uploads("screen.png", b"\x89PNG" + b"x" * 99, "image/png")
    world.hubspot.customer_writes(id, "one more", [picture])
    await world.settle()
    assert world.ticket(id)["work_stage"] == "In development"

"""The check against vendors that have changed, a pause that holds, and fields made on request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from bridge.store.tables import audit_log
from connectors.azure_devops.simulator.fields import Field
from tests.scenarios.test_findings import found as findings_of
from tests.scenarios.test_findings import work_on
from tests.scenarios.world import World

OWNED = ("work_stage", "work_eta", "work_items", "engineering_priority")


async def check(world: World, name: str, *, create: bool = False) -> dict[str, Any]:
    """What an admin is told of a connection."""
    query = {"create": "true"} if create else {}
    path = f"/api/v1/connections/{name}/check"
    answer = await world.client.post(path, params=query, headers=world.admin)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found["ok"] is all(each["ok"] for each in found["results"])
    return found


async def wrong(world: World, name: str) -> list[dict[str, Any]]:
    """The lines that tell of something wrong, each with a way out."""
    found = [each for each in (await check(world, name))["results"] if not each["ok"]]
    assert all(each["what_to_do"] for each in found), found
    return found


def rename_state(world: World, old: str, new: str) -> None:
    """An admin of the boards renames a state of every type."""
    for project in world.boards.projects:
        types = tuple(
            replace(
                each,
                states=tuple(replace(s, name=new) if s.name == old else s for s in each.states),
            )
            for each in project.process.types
        )
        project.process = replace(project.process, types=types)


async def test_well_set_up_world_has_nothing_to_put_right(world: World) -> None:
    for name in ("hubspot", "boards"):
        assert await wrong(world, name) == []
    writes = [each for name in ("hubspot", "boards") for each in world.writes(name)]
    # Two questions that look like writes: neither leaves a trace.
    assert {each.method for each in writes} == {"PATCH", "POST"}
    assert world.items() == []
    assert dict(world.hubspot.notes) == {}


async def test_renamed_status_is_told_with_what_it_may_be_called_now(world: World) -> None:
    rename_state(world, "Resolved", "Resolved by team")
    [one] = await wrong(world, "boards")
    assert one["what"] == "hubspot-success: status.boards"
    assert 'no status "Resolved"' in one["sentence"]
    assert '"Resolved by team"' in one["what_to_do"]
    said = (await check(world, "boards"))["results"]
    [hint] = [each for each in said if each["ok"] and "no stage" in each["sentence"]]
    assert "Resolved by team" in hint["sentence"]


async def test_removed_option_and_missing_property_are_told_by_their_places(world: World) -> None:
    definitions = world.hubspot.portal.crm.schemas["tickets"].definitions
    category = definitions["hs_ticket_category"]
    category.options = [each for each in category.options if each.label != "Bug"]
    definitions["work_eta"].archived = True
    places = {each["what"]: each["sentence"] for each in await wrong(world, "hubspot")}
    assert places == {
        "hubspot-success: show_on_ticket.eta": "Tickets have no field work_eta, where the hub "
        "shows the expected date.",
        "hubspot-success: routes[2].when": 'category is never "Bug".',
    }


async def test_field_that_a_type_has_come_to_require_is_told(world: World) -> None:
    world.boards.add_field(Field("Custom.Team", "Team", "string", required=True, types=("Bug",)))
    [one] = await wrong(world, "boards")
    assert one["sentence"] == "Bug requires Custom.Team, and the route gives none."


async def test_item_that_a_check_left_behind_is_named_and_none_is_made_again(world: World) -> None:
    world.boards.keeps_validated = True
    [one] = await wrong(world, "boards")
    [item] = world.items()
    assert f"#{item.id} in Platform" in one["sentence"]
    assert one["what_to_do"].startswith(f"Delete #{item.id} in Platform")
    [finding] = await findings_of(world, "CHECK_LEFT_ITEM")
    assert f"created #{item.id} in Platform" in finding["sentence"]
    await check(world, "boards")
    assert world.items() == [item]
    world.boards.keeps_validated = False
    await work_on(world, finding, "resolve")
    assert await wrong(world, "boards") == []


async def test_revoked_token_is_one_line_that_says_where_to_make_another(world: World) -> None:
    world.boards.sign_in_page = "203"
    [one] = await wrong(world, "boards")
    assert one["what"] == "credential"
    assert "Personal access tokens" in one["what_to_do"]
    world.boards.sign_in_page = None
    assert await wrong(world, "boards") == []


@pytest.mark.parametrize(
    ("scope", "right"), [("crm.objects.contacts.write", True), ("conversations.read", False)]
)
async def test_missing_scope_is_wrong_only_where_the_mapping_needs_it(
    world: World, scope: str, right: bool
) -> None:
    world.hubspot.withheld_scopes.add(scope)
    found = await wrong(world, "hubspot")
    assert [each["what"] for each in found] == ([f"right {scope}"] if right else [])
    said = (await check(world, "hubspot"))["results"]
    assert any(scope in each["what_to_do"] for each in said)


async def test_token_that_may_not_write_is_told_before_a_launch_fails(world: World) -> None:
    world.boards.withheld_rights.add("write")
    [one] = await wrong(world, "boards")
    assert one["what"] == "right Work Items (Write) in Platform"


async def test_hook_that_was_disabled_is_told(world: World) -> None:
    world.boards.subscriptions[0].status = "disabledBySystem"
    [one] = await wrong(world, "boards")
    assert "Service hooks" in one["what_to_do"]
    assert "http://bridge.test/webhooks/boards" in one["what_to_do"]


async def test_fields_are_made_only_on_request_and_then_the_work_shows_there(
    world: World,
) -> None:
    definitions = world.hubspot.portal.crm.schemas["tickets"].definitions
    for name in OWNED:
        del definitions[name]
    assert len(await wrong(world, "hubspot")) == len(OWNED)
    assert definitions.keys().isdisjoint(OWNED)
    made = await check(world, "hubspot", create=True)
    assert (sorted(made["created"]), made["ok"]) == (sorted(OWNED), True)
    assert definitions["work_eta"].type == "date"
    again = await check(world, "hubspot", create=True)
    assert (again["created"], again["ok"]) == ([], True)
    async with world.hub.db.read() as connection:
        kept = await connection.execute(sa.select(audit_log.c.action, audit_log.c.target))
        assert [tuple(each) for each in kept] == [("connection.fields_created", "hubspot")]
    id = world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )
    await world.settle()
    assert world.ticket(id)["work_stage"] == "Reported to engineering"


async def test_nothing_goes_out_while_a_person_pauses_and_nothing_is_lost(world: World) -> None:
    path = "/api/v1/connections/boards"
    id = world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )
    await world.settle()
    [item] = world.items()
    body = {"reason": "the board moves tonight"}
    answer = await world.client.post(f"{path}/pause", json=body, headers=world.admin)
    assert answer.json()["health"] == "paused"
    calls = sum(each.connection == "boards" for each in world.calls)
    world.hubspot.person_creates_ticket(
        subject="Import fails", category="Bug", company_id=world.acme
    )
    world.boards.person_moves_state(item.id, "Active")
    while world.hubspot.pending_events or world.boards.pending_notifications:
        await world.deliver()
    await check(world, "boards")
    assert sum(each.connection == "boards" for each in world.calls) == calls
    assert world.items() == [item]
    resumed = await world.client.post(f"{path}/resume", headers=world.admin)
    assert resumed.json()["paused"] is None
    await world.settle()
    assert len(world.items()) == 2
    assert world.ticket(id)["work_stage"] == "In development"

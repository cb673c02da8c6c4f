"""A value that the helpdesk does not take: sent once, told, tried again when it may be taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.engine.references import reference_of
from tests.scenarios.test_findings import bug, found, work_on
from tests.scenarios.world import World, open_world
from tests.shipped import SHIPPED

FIELD = "engineering_priority"
PRIORITY = "Microsoft.VSTS.Common.Priority"


def _takes(world: World, *options: str) -> None:
    """An admin lets the ticket's property take these values only."""
    world.hubspot.add_property("tickets", FIELD, "enumeration", "select", options)


def _sent(world: World) -> int:
    """How many writes to tickets HubSpot has got."""
    return sum(c.method == "PATCH" and "/tickets/" in c.path for c in world.hubspot.calls)


@pytest.fixture
async def refused(world: World) -> str:
    """A ticket whose priority HubSpot refuses; the world is at rest."""
    _takes(world, "1", "2")
    id = await bug(world)
    [item] = world.items()
    world.boards.person_edits(item.id, {PRIORITY: 4})
    await world.settle()
    assert world.ticket(id).get(FIELD) != "4"
    [finding] = await found(world, "FIELD_INVALID")
    assert finding["state"] == "open"
    assert FIELD in str(finding)
    return id


async def test_refused_value_is_not_sent_at_every_pass(world: World, refused: str) -> None:
    before = _sent(world)
    for subject in ("Export still fails", "Export fails on Mondays"):
        world.hubspot.person_edits_ticket(refused, subject=subject)
        await world.settle()
    assert _sent(world) == before
    [finding] = await found(world, "FIELD_INVALID")
    assert finding["state"] == "open"


async def test_other_fields_are_written_and_the_finding_stays(world: World, refused: str) -> None:
    before = _sent(world)
    world.boards.person_moves_state(world.items()[0].id, "Active")
    await world.settle()
    assert world.ticket(refused)["work_stage"] == "In development"
    assert _sent(world) == before + 1
    [finding] = await found(world, "FIELD_INVALID")
    assert finding["state"] == "open"


async def test_next_value_is_sent_and_closes_the_finding(world: World, refused: str) -> None:
    world.boards.person_edits(world.items()[0].id, {PRIORITY: 1})
    await world.settle()
    assert world.ticket(refused)[FIELD] == "1"
    [finding] = await found(world, "FIELD_INVALID")
    assert finding["state"] == "resolved"


async def test_field_that_learns_the_value_gets_it_at_the_next_pass(
    world: World, refused: str
) -> None:
    _takes(world, "1", "2", "4")
    await reference_of(world.hub, "hubspot", fresh=True)
    world.hubspot.person_edits_ticket(refused, subject="Export still fails")
    await world.settle()
    assert world.ticket(refused)[FIELD] == "4"
    [finding] = await found(world, "FIELD_INVALID")
    assert finding["state"] == "resolved"


async def test_retry_by_a_person_sends_it_once_more(world: World, refused: str) -> None:
    before = _sent(world)
    [finding] = await found(world, "FIELD_INVALID")
    assert (await work_on(world, finding, "retry"))["state"] == "open"
    assert _sent(world) == before + 1
    # The hub has not read the schema anew: only the person knows that it has changed.
    _takes(world, "1", "2", "4")
    assert (await work_on(world, finding, "retry"))["state"] == "resolved"
    assert world.ticket(refused)[FIELD] == "4"


async def test_changed_mapping_tries_it_once_more(tmp_path: Path) -> None:
    async with open_world(tmp_path) as world:
        _takes(world, "1", "2")
        id = await bug(world)
        world.boards.person_edits(world.items()[0].id, {PRIORITY: 4})
        await world.settle()
        before = _sent(world)
        _takes(world, "1", "2", "4")
        text = SHIPPED
        path = "/api/v1/mappings/hubspot-success"
        changed = text.replace("label: In development", "label: In work")
        yaml = {**world.admin, "Content-Type": "application/yaml", "If-Match": "*"}
        kept = await world.client.put(f"{path}/draft", content=changed, headers=yaml)
        assert kept.status_code < 300, kept.text
        done = await world.client.post(f"{path}/activate", json={}, headers=world.admin)
        assert done.status_code < 300, done.text
        await world.settle_campaign()
        assert world.ticket(id)[FIELD] == "4"
        assert _sent(world) == before + 1

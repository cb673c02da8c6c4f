"""Links from before the hub: found by keys and hyperlinks, linked where there is no doubt."""

from __future__ import annotations

from typing import Any

from bridge.core.launching import launch_marker
from bridge.domain.refs import TicketRef
from bridge.store import connections
from tests.scenarios.world import World

PAGE = "https://app.hubspot.com/contacts/24680135/record/0-5/{}"


async def old_ticket(world: World, subject: str = "Export fails", **said: Any) -> str:
    """A ticket from before the hub's time: nothing is launched for it."""
    async with world.hub.db.write() as connection:
        future = world.hub.now().replace(year=world.hub.now().year + 1)
        await connections.change(connection, "hubspot", start_mark=future)
    id = world.hubspot.person_creates_ticket(
        subject=subject, category="Bug", company_id=world.acme, **said
    )
    await world.settle()
    return id


def old_item(world: World, title: str = "Export") -> str:
    return world.boards.person_creates("Bug", title)


async def adopt(world: World, **said: Any) -> dict[str, Any]:
    answer = await world.client.post(
        "/api/v1/backfill", headers=world.admin, json={"adopt": True, **said}
    )
    assert answer.status_code == 202, answer.text
    job = await world.settle_job(answer.json()["id"])
    assert job["state"] == "done", job["error"]
    await world.settle()
    return job


async def links(world: World) -> list[tuple[str, str, str]]:
    answer = await world.client.get("/api/v1/links", headers=world.admin)
    return sorted(
        (each["ticket"]["id"], each["work_item"]["id"], each["created_by"])
        for each in answer.json()["items"]
        if each["state"] == "active"
    )


async def test_item_whose_key_stands_in_the_ticket_is_linked(world: World) -> None:
    first, second = old_item(world), old_item(world, "Import")
    id = await old_ticket(world, work_items=f"AB#{first}, #{second}")
    job = await adopt(world)
    assert await links(world) == [(id, first, "adopted"), (id, second, "adopted")]
    assert (job["done"], job["total"], job["result"]["linked"]) == (2, 2, 2)
    assert world.ticket(id)["work_stage"] == "Reported to engineering"
    assert len(world.items()) == 2


async def test_dry_run_lists_what_it_would_link_and_links_nothing(world: World) -> None:
    item = old_item(world)
    id = await old_ticket(world, work_items=f"AB#{item}")
    job = await adopt(world, dry_run=True)
    [found] = job["result"]["links"]
    assert (found["ticket"], found["work_item"]) == (f"hubspot:{id}", f"boards:{item}")
    assert (job["total"], await links(world)) == (1, [])


async def test_property_named_by_the_caller_is_read(world: World) -> None:
    world.hubspot.add_property("tickets", "jira_key")
    item = old_item(world)
    id = await old_ticket(
        world, jira_key=f"http://boards.test/acme/Platform/_workitems/edit/{item}"
    )
    await adopt(world)
    assert await links(world) == []
    await adopt(world, property="jira_key")
    assert await links(world) == [(id, item, "adopted")]


async def test_hyperlink_of_an_item_that_leads_to_a_ticket_links_the_two(world: World) -> None:
    item, other = old_item(world), old_item(world, "Elsewhere")
    id = await old_ticket(world)
    world.boards.person_adds_hyperlink(item, PAGE.format(id))
    world.boards.person_adds_hyperlink(other, "https://example.com/contacts/24680135/record/0-5/1")
    await adopt(world)
    assert await links(world) == [(id, item, "adopted")]


async def test_item_that_the_hub_made_and_forgot_is_known_again_and_its_copy_is_not(
    world: World,
) -> None:
    id, twice = await old_ticket(world), await old_ticket(world, "Import fails")
    item, first, second = (old_item(world, title) for title in ("one", "two", "three"))
    for ticket, each in ((id, item), (twice, first), (twice, second)):
        marker = launch_marker(TicketRef("hubspot", ticket), "bug")
        world.boards.person_adds_hyperlink(each, PAGE.format(ticket), f"ticketbridge:{marker}")
    job = await adopt(world)
    assert await links(world) == [(id, item, "adopted")]
    [doubt] = job["result"]["ambiguous"]
    assert doubt["ticket"] == f"hubspot:{twice}"
    assert {f"boards:{first}", f"boards:{second}"} == set(doubt["work_item"].split(", "))
    answer = await world.client.post(
        "/api/v1/backfill", headers=world.admin, json={"dry_run": True}
    )
    counted = await world.settle_job(answer.json()["id"])
    assert counted["result"]["skipped"]["LAUNCHED"] == 1


async def test_sentry_issue_in_the_field_is_reported_and_never_linked(world: World) -> None:
    await old_ticket(world, work_items="https://acme.sentry.io/issues/4711/, nonsense, AB#999999")
    job = await adopt(world)
    assert await links(world) == []
    whys = sorted(each["why"] for each in job["result"]["ambiguous"])
    assert len(whys) == 3
    assert any("Sentry" in each for each in whys)
    assert not any("sentry.io" in repr(each) for each in job["result"]["ambiguous"])


async def test_link_that_somebody_ended_is_not_made_again(world: World) -> None:
    item = old_item(world)
    await old_ticket(world, work_items=f"AB#{item}")
    await adopt(world)
    answer = await world.client.get("/api/v1/links", headers=world.admin)
    link = answer.json()["items"][0]["id"]
    await world.client.delete(f"/api/v1/links/{link}", headers=world.admin)
    await world.settle()
    await adopt(world)
    assert await links(world) == []


async def test_closed_ticket_is_left_alone(world: World) -> None:
    item = old_item(world)
    await old_ticket(world, work_items=f"AB#{item}", hs_pipeline_stage="4")
    job = await adopt(world)
    assert await links(world) == []
    assert job["result"]["skipped"] == {"CLOSED": 1}

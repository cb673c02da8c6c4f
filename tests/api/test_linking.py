"""Linking, checking and explaining in a whole world: the vendors are asked, and see the effect."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bridge.store.tables import audit_log, links, operations, records, runs
from tests.api.doors import ADMIN, refused
from tests.scenarios.world import World

HEADERS = {"Authorization": f"Bearer {ADMIN}"}


async def _ask(world: World, method: str, path: str, **options: Any) -> httpx.Response:
    return await world.client.request(method, f"/api/v1{path}", headers=HEADERS, **options)


async def _bug(world: World) -> str:
    """A ticket with a launched bug; its id."""
    id = world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )
    await world.settle()
    return str(id)


async def _plain(world: World) -> str:
    """A ticket that stays with support; its id."""
    id = world.hubspot.person_creates_ticket(
        subject="Question", category="Customer Success Ticket", company_id=world.acme
    )
    await world.settle()
    return str(id)


def _named(ticket: str, **item: str) -> dict[str, Any]:
    return {
        "ticket": {"connection": "hubspot", "id": ticket},
        "work_item": {"connection": "boards", **item},
    }


async def _links(world: World) -> list[tuple[Any, ...]]:
    async with world.hub.db.read() as connection:
        return sorted(tuple(each) for each in await connection.execute(sa.select(links)))


async def test_linked_ticket_shows_the_items_stage_and_unlinked_keeps_no_link(
    world: World,
) -> None:
    await _bug(world)
    [item] = world.items()
    other = await _plain(world)
    answer = await _ask(world, "POST", "/links", json=_named(other, id=str(item.id)))
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["state"], made["route"], made["created_by"]) == (
        "active", None, "BRIDGE_ADMIN_TOKEN",
    )  # fmt: skip
    assert made["work_item"]["id"] == str(item.id)
    assert made["work_item"]["url"]
    await world.settle()
    assert world.ticket(other)["work_items"] == f"#{item.id}"
    again = await _ask(world, "POST", "/links", json=_named(other, id=str(item.id)))
    assert made["id"] in refused(again, 409, "link_exists")["detail"]
    listed = (await _ask(world, "GET", f"/links?ticket=hubspot:{other}")).json()["items"]
    assert [each["id"] for each in listed] == [made["id"]]
    assert (await _ask(world, "DELETE", f"/links/{made['id']}")).status_code == 204
    refused(await _ask(world, "DELETE", f"/links/{made['id']}"), 404, "not_found")
    [ended] = (await _ask(world, "GET", f"/links?ticket=hubspot:{other}")).json()["items"]
    assert ended["state"] == "ended"
    async with world.hub.db.read() as connection:
        actors = set(await connection.scalars(sa.select(audit_log.c.actor)))
    assert actors == {"BRIDGE_ADMIN_TOKEN"}


async def test_item_is_named_by_its_address_too(world: World) -> None:
    await _bug(world)
    [item] = world.items()
    other = await _plain(world)
    url = f"http://boards.test/acme/Platform/_workitems/edit/{item.id}"
    answer = await _ask(world, "POST", "/links", json=_named(other, url=url))
    assert answer.status_code == 201, answer.text
    assert answer.json()["work_item"]["id"] == str(item.id)


@pytest.mark.parametrize(
    "item",
    [
        {"connection": "boards", "url": "https://acme.sentry.io/issues/4711/"},
        {"connection": "hubspot", "url": "https://sentry.io/organizations/acme/issues/4711/"},
        {"connection": "boards", "key": "https://sentry.example.com/issues/4711"},
        {"connection": "nobody", "url": "https://acme.sentry.io/issues/4711/?query=is%3Aopen"},
        {"connection": "boards", "url": "https://errors.test/organizations/acme/issues/4711/"},
        {"connection": "sentry", "id": "4711"},
    ],
)
async def test_sentry_reference_is_refused_with_the_right_way(
    world: World, item: dict[str, str]
) -> None:
    ticket = await _plain(world)
    before = await _links(world)
    body = {"ticket": {"connection": "hubspot", "id": ticket}, "work_item": item}
    said = refused(await _ask(world, "POST", "/links", json=body), 422, "sentry_never_on_ticket")
    assert "Launch it as a work item" in said["detail"]
    assert await _links(world) == before


@pytest.mark.parametrize(
    ("ticket", "item", "status", "code"),
    [
        ("404404", {"id": "1"}, 404, "record_missing"),
        (None, {"id": "404404"}, 404, "record_missing"),
        (None, {"url": "http://elsewhere.test/acme/Platform/_workitems/edit/1"}, 404,
         "record_missing"),
        (None, {"url": "http://["}, 404, "record_missing"),
        (None, {"key": "no such key"}, 404, "record_missing"),
        (None, {"connection": "hubspot", "id": "1"}, 422, "not_configured"),
        (None, {"connection": "nobody", "id": "1"}, 422, "not_configured"),
    ],
)  # fmt: skip
async def test_link_to_what_is_not_there_is_refused_and_changes_nothing(
    world: World, ticket: str | None, item: dict[str, str], status: int, code: str
) -> None:
    ticket = ticket or await _plain(world)
    before = await _links(world)
    refused(await _ask(world, "POST", "/links", json=_named(ticket, **item)), status, code)
    assert await _links(world) == before


@pytest.mark.parametrize("name", ["boards", "nobody"])
async def test_ticket_that_is_none_is_refused_and_changes_nothing(world: World, name: str) -> None:
    await _bug(world)
    [item] = world.items()
    before = await _links(world)
    body = _named(str(item.id), id=str(item.id))
    body["ticket"]["connection"] = name
    said = refused(await _ask(world, "POST", "/links", json=body), 422, "not_configured")
    assert said["detail"] == f"{name!r} is no helpdesk connection; there are: hubspot"
    assert await _links(world) == before


async def test_check_reads_the_ticket_now_and_explains_it(world: World) -> None:
    id = await _bug(world)
    answer = await _ask(world, "POST", f"/tickets/hubspot/{id}/check?wait=20")
    said = answer.json()
    assert (answer.status_code, said["outcome"]) == (200, "converged")
    explained = (await _ask(world, "GET", f"/tickets/hubspot/{id}/explain")).json()
    assert explained["verdict"] == said["explain"]["verdict"] == "IN_SYNC"
    fields = {each["field"]: each for each in explained["fields"]}
    assert fields["work_stage"]["observed"] == "Reported to engineering"
    assert all(each["sentence"] and each["verdict"] for each in fields.values())
    assert explained["mapping"]["name"] == "hubspot-success"
    assert len(explained["mapping"]["version"]) > 12


async def test_check_of_a_ticket_the_hub_never_saw_reads_it_first(world: World) -> None:
    world.hubspot.drop_webhooks = 50
    id = world.hubspot.person_creates_ticket(
        subject="Told by nobody", category="Customer Success Ticket", company_id=world.acme
    )
    assert (await _ask(world, "GET", f"/tickets/hubspot/{id}")).status_code == 404
    answer = await _ask(world, "POST", f"/tickets/hubspot/{id}/check?wait=20")
    assert (answer.status_code, answer.json()["outcome"]) == (200, "converged")
    shown = (await _ask(world, "GET", f"/tickets/hubspot/{id}")).json()
    assert shown["subject"] == "Told by nobody"


async def test_check_of_what_is_no_ticket_anywhere_is_refused_and_changes_nothing(
    world: World,
) -> None:
    await _bug(world)
    [item] = world.items()
    before = await _records(world)
    for name, id in (("hubspot", "404"), ("nobody", "1"), ("boards", item.id)):
        answer = await _ask(world, "POST", f"/tickets/{name}/{id}/check?wait=0")
        refused(answer, 404, "record_missing")
    assert await _records(world) == before


async def _records(world: World) -> list[tuple[str, int]]:
    """Every record's key with how often it was marked."""
    r = records.c
    async with world.hub.db.read() as connection:
        found = await connection.execute(
            sa.select(r.key, r.dirty_generation).where(r.kind != "timer").order_by(r.key)
        )
        return [(key, marks) for key, marks in found]


async def test_run_that_had_an_effect_tells_its_operations(world: World) -> None:
    id = await _bug(world)
    [linked] = (await _ask(world, "GET", f"/tickets/hubspot/{id}")).json()["links"]
    assert linked["route"] == "bug"
    async with world.hub.db.read() as connection:
        found = await connection.execute(
            sa.select(runs.c.id, runs.c.record_key)
            .join(operations, operations.c.run_id == runs.c.id)
            .order_by(runs.c.id)
        )
        run, key = found.first() or ("", "")
    said = (await _ask(world, "GET", f"/runs/{run}")).json()
    assert f"{said['record']['connection']}:{said['record']['id']}" == key
    assert {each["state"] for each in said["operations"]} == {"done"}
    assert all(each["kind"] and each["finished_at"] for each in said["operations"])

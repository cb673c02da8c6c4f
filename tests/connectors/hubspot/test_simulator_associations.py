"""Associations, notes, files and what belongs to a ticket."""

from __future__ import annotations

import httpx
import pytest

from connectors.hubspot.simulator import HubSpotSimulator
from tests.connectors.hubspot.hub_world import HandClock

LISTS = ("/crm/v4/objects", "/crm/objects/2026-03")


@pytest.mark.parametrize("root", LISTS)
async def test_companies_of_a_ticket_come_with_their_labels(
    sim: HubSpotSimulator, api: httpx.AsyncClient, root: str
) -> None:
    first, second = sim.add_company("First"), sim.add_company("Second")
    ticket = sim.person_creates_ticket(company_id=first)
    sim.person_associates(ticket, second)
    body = (await api.get(f"{root}/tickets/{ticket}/associations/companies")).json()
    types = {r["toObjectId"]: [t["typeId"] for t in r["associationTypes"]] for r in body["results"]}
    assert types == {first: [26, 339], second: [339]}
    assert body["results"][0]["associationTypes"][0]["label"] == "Primary"


async def test_the_2026_09_version_has_no_list_but_a_batch_read(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    company = sim.add_company("Acme")
    ticket, bare = sim.person_creates_ticket(company_id=company), sim.person_creates_ticket()
    path = f"/crm/objects/2026-09/tickets/{ticket}/associations/companies"
    assert (await api.get(path)).status_code == 404
    inputs = {"inputs": [{"id": ticket}, {"id": bare}]}
    batch = "/crm/associations/2026-09/tickets/companies/batch/read"
    answer = await api.post(batch, json=inputs)
    assert answer.status_code == 207
    (entry,) = answer.json()["results"]
    assert (entry["from"]["id"], entry["to"][0]["toObjectId"]) == (ticket, company)


async def test_naming_another_primary_takes_the_label_from_the_former(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    first, second = sim.add_company("First"), sim.add_company("Second")
    ticket = sim.person_creates_ticket(company_id=first)
    path = f"/crm/v4/objects/tickets/{ticket}/associations/companies/{second}"
    spec = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 26}]
    answer = await api.put(path, json=spec)
    assert (answer.status_code, answer.json()["labels"]) == (201, ["Primary"])
    assert sim.tickets[ticket].links["companies"] == {first: [339], second: [26, 339]}
    assert sim.companies[first].links["tickets"][ticket] == [340]


async def test_a_default_association_can_be_set_and_removed(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    ticket, company = sim.person_creates_ticket(), sim.add_company("Acme")
    root = f"/crm/objects/2026-09/tickets/{ticket}/associations"
    assert (await api.put(f"{root}/default/companies/{company}")).status_code == 200
    assert [c.id for c in sim.tickets[ticket].companies] == [company]
    assert (await api.delete(f"{root}/companies/{company}")).status_code == 204
    assert sim.tickets[ticket].companies == []


async def test_a_note_is_created_on_its_ticket_by_type_228(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    ticket = sim.person_creates_ticket()
    body = {
        "properties": {"hs_timestamp": "2026-11-22T09:16:00.000Z", "hs_note_body": "<p>Hi</p>"},
        "associations": [
            {
                "to": {"id": ticket},
                "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 228}],
            }
        ],
    }
    assert (await api.post("/crm/v3/objects/notes", json=body)).status_code == 201
    assert [n.properties["hs_note_body"] for n in sim.tickets[ticket].notes] == ["<p>Hi</p>"]
    wrong = body | {"associations": [{"to": {"id": ticket}, "types": [{"associationTypeId": 227}]}]}
    assert (await api.post("/crm/v3/objects/notes", json=wrong)).status_code == 400
    assert len(sim.notes) == 1


async def test_a_note_sent_twice_is_there_twice(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    body = {"properties": {"hs_timestamp": "2026-11-22T09:16:00Z", "hs_note_body": "same"}}
    for _ in range(2):
        await api.post("/crm/v3/objects/notes", json=body)
    assert len(sim.notes) == 2


@pytest.mark.parametrize(
    "properties",
    [
        {"hs_note_body": "no time"},
        {"hs_timestamp": "2026-11-22T09:16:00Z", "hs_note_body": "x" * 65_537},
    ],
)
async def test_a_note_without_time_or_too_long_is_refused(
    sim: HubSpotSimulator, api: httpx.AsyncClient, properties: dict[str, str]
) -> None:
    answer = await api.post("/crm/v3/objects/notes", json={"properties": properties})
    assert answer.status_code == 400
    assert sim.notes == {}


async def test_rewritten_rich_text_differs_from_what_was_sent_and_then_stays(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    sim.rewrite_rich_text = True
    sent = 'Now  <a href="https://x.test" target="_blank">here</a><br/><!-- gone -->'
    properties = {"hs_timestamp": "2026-11-22T09:16:00Z", "hs_note_body": sent}
    made = (await api.post("/crm/v3/objects/notes", json={"properties": properties})).json()
    back = made["properties"]["hs_note_body"]
    assert back == '<p>Now &nbsp;<a target="_blank" href="https://x.test">here</a><br></p>'
    again = {"properties": {"hs_note_body": back}}
    path = f"/crm/v3/objects/notes/{made['id']}"
    await api.patch(path, json=again)
    read = (await api.get(f"{path}?properties=hs_note_body")).json()
    assert read["properties"]["hs_note_body"] == back


async def test_an_upload_is_private_and_read_through_a_signed_address_only(
    sim: HubSpotSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    answer = await api.post(
        "/files/v3/files",
        files={"file": ("shot.png", b"\x89PNG", "image/png")},
        data={"folderPath": "/bridge", "options": '{"access":"PRIVATE"}'},
    )
    assert answer.status_code == 201
    made = answer.json()
    assert (made["name"], made["extension"], made["size"]) == ("shot", "png", 4)
    assert sim.files[made["id"]].content == b"\x89PNG"
    assert (await api.get(made["url"])).status_code == 404
    path = f"/files/2026-03/files/{made['id']}/signed-url?expirationSeconds=60"
    link = (await api.get(path)).json()["url"]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sim.app)) as stranger:
        fetched = await stranger.get(link)
        assert (fetched.content, fetched.headers["content-type"]) == (b"\x89PNG", "image/png")
        assert (await stranger.get(link[:-1] + "x")).status_code == 403
        clock.move(seconds=61)
        assert (await stranger.get(link)).status_code == 403


@pytest.mark.parametrize(
    "data",
    [
        {"options": '{"access":"PRIVATE"}'},
        {"folderPath": "/", "folderId": "1", "options": '{"access":"PRIVATE"}'},
        {"folderPath": "/"},
        {"folderPath": "/", "options": '{"access":"OPEN"}'},
    ],
)
async def test_an_upload_without_folder_or_access_is_refused(
    sim: HubSpotSimulator, api: httpx.AsyncClient, data: dict[str, str]
) -> None:
    files = {"file": ("a.txt", b"a", "text/plain")}
    answer = await api.post("/files/v3/files", files=files, data=data)
    assert (answer.status_code, sim.files) == (400, {})


async def test_file_transfers_are_missing_from_2026_09(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    file_id = sim.person_uploads("a.txt", b"a", "text/plain")
    root = "/files/2026-09/files"
    assert (await api.get(f"{root}/{file_id}")).status_code == 200
    assert (await api.get(f"{root}/{file_id}/signed-url")).status_code == 404
    assert (await api.post(root)).status_code == 404

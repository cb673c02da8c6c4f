"""Records behind the API: strings, history, stages, archives, merges."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from connectors.hubspot.simulator import HubSpotSimulator
from tests.connectors.hubspot.hub_world import HandClock

V3 = "/crm/v3/objects/tickets"
PREFIXES = (V3, "/crm/objects/2026-03/tickets", "/crm/objects/2026-09/tickets")


async def get(api: httpx.AsyncClient, path: str) -> dict[str, Any]:
    answer = await api.get(path)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_every_prefix_reads_the_same_ticket(
    sim: HubSpotSimulator, api: httpx.AsyncClient, prefix: str
) -> None:
    ticket = sim.person_creates_ticket("Export fails")
    assert (await get(api, f"{prefix}/{ticket}"))["properties"]["subject"] == "Export fails"


async def test_patch_with_a_number_comes_back_as_a_string(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    sim.add_property("tickets", "work_points", "number", "number")
    ticket = sim.person_creates_ticket()
    answer = await api.patch(f"{V3}/{ticket}", json={"properties": {"work_points": 5}})
    assert answer.json()["properties"]["work_points"] == "5"
    assert sim.tickets[ticket].properties["work_points"] == "5"


async def test_empty_string_clears_a_property_to_null(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    ticket = sim.person_creates_ticket(content="text")
    await api.patch(f"{V3}/{ticket}", json={"properties": {"content": ""}})
    assert (await get(api, f"{V3}/{ticket}"))["properties"]["content"] is None


async def test_a_plain_get_shows_only_default_properties(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    sim.add_property("tickets", "work_stage")
    ticket = sim.person_creates_ticket(work_stage="Reported")
    assert "work_stage" not in (await get(api, f"{V3}/{ticket}"))["properties"]
    asked = await get(api, f"{V3}/{ticket}?properties=work_stage")
    assert asked["properties"]["work_stage"] == "Reported"


@pytest.mark.parametrize(
    "query", ["properties=subject,content", "properties=subject&properties=content"]
)
async def test_properties_are_taken_with_commas_and_repeated(
    sim: HubSpotSimulator, api: httpx.AsyncClient, query: str
) -> None:
    ticket = sim.person_creates_ticket("S", content="C")
    shown = (await get(api, f"{V3}/{ticket}?{query}"))["properties"]
    assert (shown["subject"], shown["content"]) == ("S", "C")
    assert set(shown) == {"subject", "content", "createdate", "hs_lastmodifieddate", "hs_object_id"}


async def test_history_names_the_writer_of_each_value(
    sim: HubSpotSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    ticket = sim.person_creates_ticket(by=9007)
    clock.move(seconds=5)
    await api.patch(f"{V3}/{ticket}", json={"properties": {"hs_pipeline_stage": "3"}})
    body = await get(api, f"{V3}/{ticket}?propertiesWithHistory=hs_pipeline_stage")
    newest, oldest = body["propertiesWithHistory"]["hs_pipeline_stage"]
    assert (newest["value"], newest["sourceType"], newest["sourceId"]) == (
        "3",
        "INTEGRATION",
        "1357911",
    )
    assert newest["updatedByUserId"] is None
    assert (oldest["value"], oldest["sourceId"], oldest["updatedByUserId"]) == (
        "1",
        "userId:9007",
        9007,
    )


async def test_service_key_writes_carry_a_source_that_must_be_learned(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    sim.service_key_mode = True
    ticket = sim.person_creates_ticket()
    await api.patch(f"{V3}/{ticket}", json={"properties": {"subject": "New"}})
    body = await get(api, f"{V3}/{ticket}?propertiesWithHistory=subject")
    assert (
        body["propertiesWithHistory"]["subject"][0]["sourceId"]
        == sim.service_key_source_id
        != "1357911"
    )


async def test_own_write_of_an_equal_value_moves_the_modified_date(
    sim: HubSpotSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    ticket = sim.person_creates_ticket("Same")
    before = sim.tickets[ticket].properties["hs_lastmodifieddate"]
    clock.move(milliseconds=3)
    answer = await api.patch(f"{V3}/{ticket}", json={"properties": {"subject": "Same"}})
    assert before == "2026-11-22T12:00:00.000Z"
    assert answer.json()["properties"]["hs_lastmodifieddate"] == "2026-11-22T12:00:00.003Z"


async def test_closing_and_reopening_sets_and_clears_the_close_date(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    ticket = sim.person_creates_ticket()
    sim.person_edits_ticket(ticket, hs_pipeline_stage="4")
    assert sim.tickets[ticket].properties["closed_date"] == "2026-11-22T12:00:00.000Z"
    assert sim.tickets[ticket].properties["hs_v2_date_entered_4"] is not None
    sim.person_edits_ticket(ticket, hs_pipeline_stage="2")
    assert sim.tickets[ticket].properties["closed_date"] is None


async def test_an_unknown_property_is_refused_and_nothing_is_written(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    ticket = sim.person_creates_ticket("Old")
    answer = await api.patch(f"{V3}/{ticket}", json={"properties": {"subject": "New", "nope": "x"}})
    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"
    assert answer.json()["errors"][0]["code"] == "PROPERTY_DOESNT_EXIST"
    assert sim.tickets[ticket].properties["subject"] == "Old"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("hs_ticket_priority", "99", "INVALID_OPTION"),
        ("hs_ticket_category", "Bug;Nonsense", "INVALID_OPTION"),
        ("hs_pipeline_stage", "77", "INVALID_OPTION"),
        ("hs_pipeline", "77", "INVALID_OPTION"),
        ("closed_date", "yesterday", "INVALID_DATE"),
        ("createdate", "2026-01-01", "READ_ONLY_VALUE"),
        ("hubspot_owner_id", "9001", "INVALID_OWNER_ID"),
    ],
)
async def test_an_unusable_value_is_refused_with_its_code(
    sim: HubSpotSimulator, api: httpx.AsyncClient, name: str, value: str, code: str
) -> None:
    ticket = sim.person_creates_ticket()
    answer = await api.patch(f"{V3}/{ticket}", json={"properties": {name: value}})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, code)


async def test_a_stage_of_another_pipeline_needs_both_in_one_write(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    line = sim.add_pipeline("Projects", [("Open", None), ("Done", "CLOSED")])
    stage = list(sim.portal.crm.pipelines.by_id[line].stages)[1]
    ticket = sim.person_creates_ticket()
    alone = await api.patch(f"{V3}/{ticket}", json={"properties": {"hs_pipeline_stage": stage}})
    both = {"hs_pipeline": line, "hs_pipeline_stage": stage}
    together = await api.patch(f"{V3}/{ticket}", json={"properties": both})
    assert (alone.status_code, together.status_code) == (400, 200)
    assert sim.tickets[ticket].properties["closed_date"] is not None


async def test_a_create_without_required_properties_is_refused(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    answer = await api.post(V3, json={"properties": {"subject": "x"}})
    assert answer.status_code == 400
    assert not sim.tickets
    sim.add_pipeline("Second")
    given = {"subject": "x", "hs_pipeline_stage": "1"}
    assert (await api.post(V3, json={"properties": given})).status_code == 400
    named = await api.post(V3, json={"properties": given | {"hs_pipeline": "0"}})
    assert named.status_code == 201


async def test_an_archived_ticket_is_404_unless_asked_for(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    kept, gone = sim.person_creates_ticket(), sim.person_creates_ticket()
    assert (await api.delete(f"{V3}/{gone}")).status_code == 204
    assert (await api.get(f"{V3}/{gone}")).status_code == 404
    assert (await get(api, f"{V3}/{gone}?archived=true"))["archived"] is True
    assert [r["id"] for r in (await get(api, V3))["results"]] == [kept]
    assert [r["id"] for r in (await get(api, f"{V3}?archived=true"))["results"]] == [gone]
    sim.person_restores(gone)
    assert (await api.get(f"{V3}/{gone}")).status_code == 200


async def test_the_list_pages_by_id_to_the_end(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    made = [sim.person_creates_ticket() for _ in range(5)]
    seen, path = [], f"{V3}?limit=2"
    while path:
        body = await get(api, path)
        seen += [r["id"] for r in body["results"]]
        path = body.get("paging", {}).get("next", {}).get("link", "")
    assert seen == made


async def test_a_merge_lives_on_under_a_new_id_and_the_old_ones_are_gone(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    company = sim.add_company("Acme")
    one = sim.person_creates_ticket("One")
    two = sim.person_creates_ticket("Two", content="Only here", company_id=company)
    sim.person_adds_note(two, "<p>n</p>")
    new = sim.person_merges(one, two)
    assert new not in (one, two)
    body = await get(api, f"{V3}/{new}?properties=subject,content,hs_merged_object_ids")
    assert body["properties"]["subject"] == "One"
    assert body["properties"]["content"] == "Only here"
    assert body["properties"]["hs_merged_object_ids"] == f"{one};{two}"
    assert [(await api.get(f"{V3}/{old}")).status_code for old in (one, two)] == [404, 404]
    assert [c.id for c in sim.tickets[new].companies] == [company]
    assert len(sim.tickets[new].notes) == 1
    sim.merged_ids_resolve = True
    assert (await get(api, f"{V3}/{one}"))["id"] == new


async def test_merge_by_api_answers_with_the_successor(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    sim.merge_creates_new_id = False
    one, two = sim.person_creates_ticket(), sim.person_creates_ticket()
    body = {"primaryObjectId": one, "objectIdToMerge": two}
    answer = await api.post(f"{V3}/merge", json=body)
    assert (answer.status_code, answer.json()["id"]) == (200, one)
    assert sim.tickets[two].merged_into == one


async def test_batch_read_answers_207_for_what_is_missing(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    ticket = sim.person_creates_ticket()
    body = {"inputs": [{"id": ticket}, {"id": "404404"}], "properties": ["subject"]}
    answer = await api.post(f"{V3}/batch/read", json=body)
    assert answer.status_code == 207
    assert [r["id"] for r in answer.json()["results"]] == [ticket]
    assert answer.json()["numErrors"] == 1
    assert answer.json()["errors"][0]["context"] == {"ids": ["404404"]}


async def test_batch_results_come_in_no_order_and_carry_their_trace(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    inputs = [
        {
            "objectWriteTraceId": f"t{n}",
            "properties": {"subject": f"S{n}", "hs_pipeline_stage": "1"},
        }
        for n in range(20)
    ]
    answer = await api.post(f"{V3}/batch/create", json={"inputs": inputs})
    assert answer.status_code == 201
    results = answer.json()["results"]
    assert [r["properties"]["subject"] for r in results] != [f"S{n}" for n in range(20)]
    assert {r["objectWriteTraceId"][1:] for r in results} == {
        r["properties"]["subject"][1:] for r in results
    }


async def test_a_batch_over_a_hundred_is_refused(api: httpx.AsyncClient) -> None:
    body = {"inputs": [{"id": "1"}] * 101}
    assert (await api.post(f"{V3}/batch/read", json=body)).status_code == 400


async def test_a_unique_value_is_taken_once_and_finds_its_ticket(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    sim.add_property("tickets", "hub_key", unique=True)
    ticket = sim.person_creates_ticket(hub_key="ABC-12")
    given = {"subject": "x", "hs_pipeline_stage": "1", "hub_key": "ABC-12"}
    taken = await api.post(V3, json={"properties": given})
    assert (taken.status_code, taken.json()["category"]) == (409, "CONFLICT")
    assert (await get(api, f"{V3}/ABC-12?idProperty=hub_key"))["id"] == ticket
    inputs = [
        {"id": "ABC-12", "idProperty": "hub_key", "properties": {"subject": "Upserted"}},
        {"id": "ABC-13", "idProperty": "hub_key", "properties": given | {"hub_key": "ABC-13"}},
    ]
    answer = await api.post(f"{V3}/batch/upsert", json={"inputs": inputs})
    assert {r["id"] == ticket: r["new"] for r in answer.json()["results"]} == {
        True: False,
        False: True,
    }
    assert sim.tickets[ticket].properties["subject"] == "Upserted"


async def test_a_privacy_deletion_leaves_nothing_to_read(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    ticket = sim.person_creates_ticket()
    sim.customer_writes(ticket, "Hello")
    contact = next(iter(sim.contacts))
    sim.privacy_delete(contact)
    for archived in ("false", "true"):
        answer = await api.get(f"/crm/v3/objects/contacts/{contact}?archived={archived}")
        assert answer.status_code == 404
    assert not sim.threads
    assert sim.tickets[ticket].linked("contacts") == []

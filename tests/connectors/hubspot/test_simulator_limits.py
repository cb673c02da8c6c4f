"""Credentials, allowances, metadata, and bad days."""

from __future__ import annotations

import httpx
import pytest

from bridge.kit.faults import ConnectionLost, Fault, FaultKind
from connectors.hubspot.simulator import HubSpotSimulator
from tests.connectors.hubspot.hub_world import SECRET, HandClock, api_client

TICKETS = "/crm/v3/objects/tickets"


async def test_a_wrong_token_is_401_and_recorded(sim: HubSpotSimulator) -> None:
    async with api_client(sim, "pat-wrong") as api:
        answer = await api.get(TICKETS)
    assert (answer.status_code, answer.json()["category"]) == (401, "INVALID_AUTHENTICATION")
    assert [(c.method, c.path, c.status) for c in sim.calls] == [("GET", TICKETS, 401)]


async def test_an_oauth_token_expires_after_half_an_hour(
    sim: HubSpotSimulator, clock: HandClock
) -> None:
    form = {
        "grant_type": "refresh_token",
        "client_id": sim.client_id,
        "client_secret": SECRET,
        "refresh_token": sim.refresh_token,
    }
    async with api_client(sim) as api:
        issued = (await api.post("/oauth/v1/token", data=form)).json()
        wrong = await api.post("/oauth/v1/token", data=form | {"client_secret": "no"})
    assert (issued["expires_in"], wrong.status_code) == (1800, 400)
    async with api_client(sim, issued["access_token"]) as api:
        assert (await api.get(TICKETS)).status_code == 200
        info = (await api.get(f"/oauth/v1/access-tokens/{issued['access_token']}")).json()
        assert info["hub_id"] == 24680135
        clock.move(seconds=1800)
        answer = await api.get(TICKETS)
    assert (answer.status_code, answer.json()["category"]) == (401, "EXPIRED_AUTHENTICATION")


async def test_a_withheld_scope_is_403_where_it_is_needed(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    sim.withheld_scopes = {"conversations.write"}
    ticket = sim.person_creates_ticket()
    sim.customer_writes(ticket, "Hello")
    path = f"/conversations/v3/conversations/threads/{next(iter(sim.threads))}/messages"
    assert (await api.get(path)).status_code == 200
    answer = await api.post(path, json={"type": "COMMENT", "text": "x"})
    assert (answer.status_code, answer.json()["category"]) == (403, "MISSING_SCOPES")


async def test_the_burst_limit_counts_down_in_headers_and_then_refuses(
    sim: HubSpotSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    sim.burst_limit = 2
    first = await api.get(TICKETS)
    assert first.headers["X-HubSpot-RateLimit-Max"] == "2"
    assert first.headers["X-HubSpot-RateLimit-Remaining"] == "1"
    await api.get(TICKETS)
    refused = await api.get(TICKETS)
    assert refused.status_code == 429
    assert refused.json()["policyName"] == "TEN_SECONDLY_ROLLING"
    assert "category" not in refused.json()
    clock.move(seconds=10)
    assert (await api.get(TICKETS)).status_code == 200


async def test_the_daily_limit_ends_at_midnight(
    sim: HubSpotSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    sim.daily_limit = 1
    first = await api.get(TICKETS)
    assert first.headers["X-HubSpot-RateLimit-Daily-Remaining"] == "0"
    assert (await api.get(TICKETS)).json()["policyName"] == "DAILY"
    clock.move(hours=12)
    assert (await api.get(TICKETS)).status_code == 200


async def test_the_search_limit_is_told_without_headers(
    sim: HubSpotSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    sim.search_limit, sim.burst_limit = 5, 100
    answers = [await api.post(f"{TICKETS}/search", json={}) for _ in range(6)]
    assert [a.status_code for a in answers] == [200] * 5 + [429]
    assert answers[-1].json()["message"] == "You have reached your secondly limit."
    assert not [name for name in answers[0].headers if "ratelimit" in name]
    assert (await api.get(TICKETS)).status_code == 200
    clock.move(seconds=1)
    assert (await api.post(f"{TICKETS}/search", json={})).status_code == 200


@pytest.mark.parametrize("status", [423, 477, 502, 524])
async def test_a_fault_answers_instead_of_the_api(
    sim: HubSpotSimulator, api: httpx.AsyncClient, status: int
) -> None:
    ticket = sim.person_creates_ticket("Old")
    fault = Fault("PATCH", FaultKind.ANSWER, status=status, headers={"Retry-After": "5"})
    sim.faults.add(fault)
    body = {"properties": {"subject": "New"}}
    first = await api.patch(f"{TICKETS}/{ticket}", json=body)
    assert (first.status_code, sim.tickets[ticket].properties["subject"]) == (status, "Old")
    assert (await api.patch(f"{TICKETS}/{ticket}", json=body)).status_code == 200
    assert [c.status for c in sim.calls] == [status, 200]


async def test_a_lost_reply_leaves_its_effect(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    sim.faults.add(Fault("POST .*notes", FaultKind.RESET_AFTER))
    body = {"properties": {"hs_timestamp": "2026-11-22T09:16:00Z", "hs_note_body": "x"}}
    with pytest.raises(ConnectionLost):
        await api.post("/crm/v3/objects/notes", json=body)
    assert len(sim.notes) == 1
    assert sim.calls[-1].status == 0


async def test_owners_are_found_by_id_and_by_user_id(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    owner = sim.add_owner("lead@vendor.example", "Lea", "Lead")
    user_ids = set()
    for path in ("/crm/v3/owners/", "/crm/v3/owners", "/crm/owners/2026-09"):
        (found,) = (await api.get(f"{path}?email=lead@vendor.example")).json()["results"]
        assert found["id"] == owner
        user_ids.add(str(found["userId"]))
    (user_id,) = user_ids
    assert user_id != owner
    by_user = await api.get(f"/crm/v3/owners/{user_id}?idProperty=userId")
    assert by_user.json()["id"] == owner
    assert (await api.get(f"/crm/v3/owners/{user_id}")).status_code == 404


async def test_the_default_pipeline_has_its_four_stages_and_others_may_lack_a_state(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    sim.add_pipeline("Projects", [("Open", None)])
    first, second = (await api.get("/crm/v3/pipelines/tickets")).json()["results"]
    assert [s["id"] for s in first["stages"]] == ["1", "2", "3", "4"]
    assert first["stages"][3]["metadata"] == {"ticketState": "CLOSED", "isClosed": "true"}
    assert second["stages"][0]["metadata"] == {}


async def test_a_custom_property_must_be_defined_before_it_is_written(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    ticket = sim.person_creates_ticket()
    write = {"properties": {"work_stage": "Reported"}}
    assert (await api.patch(f"{TICKETS}/{ticket}", json=write)).status_code == 400
    definition = {
        "name": "work_stage",
        "label": "Work stage",
        "type": "string",
        "fieldType": "text",
        "groupName": "ticketinformation",
    }
    path = "/crm/v3/properties/tickets"
    assert (await api.post(path, json=definition)).status_code == 201
    assert (await api.post(path, json=definition)).status_code == 409
    assert (await api.patch(f"{TICKETS}/{ticket}", json=write)).status_code == 200
    category = (await api.get(f"{path}/hs_ticket_category")).json()
    assert [option["value"] for option in category["options"]] == [
        "Customer Success Ticket",
        "Development Request",
        "Bug",
        "Post Implementation",
        "Additional Scope",
    ]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"{TICKETS}/404404", 404),
        ("GET", "/crm/v3/objects/unicorns", 404),
        ("GET", "/crm/v3/nowhere", 404),
        ("PUT", TICKETS, 405),
        ("GET", f"{TICKETS}?limit=101", 400),
    ],
)
async def test_every_refusal_has_the_vendors_error_body(
    api: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await api.request(method, path)
    assert answer.status_code == status
    body = answer.json()
    assert body["status"] == "error"
    assert {"message", "correlationId", "category"} <= body.keys()


async def test_the_account_tells_its_portal(sim: HubSpotSimulator, api: httpx.AsyncClient) -> None:
    sim.daily_limit = 1000
    assert (await api.get("/account-info/v3/details")).json()["portalId"] == 24680135
    usage = await api.get("/account-info/2026-03/api-usage/daily/private-apps")
    assert usage.json()["results"][0]["currentUsage"] == 2

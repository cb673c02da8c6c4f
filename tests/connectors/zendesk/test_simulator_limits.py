"""Credentials, roles, allowances, and bad days."""

from __future__ import annotations

import httpx
import pytest

from bridge.kit.faults import ConnectionLost, Fault, FaultKind
from connectors.zendesk.simulator import ZendeskSimulator
from tests.connectors.zendesk.account_kit import HandClock, api_client, put


@pytest.mark.parametrize(
    "header", ["Basic aHViOnNlY3JldA==", "Basic no", "Bearer nothing", "Digest x", ""]
)
async def test_a_wrong_credential_is_401_and_recorded(sim: ZendeskSimulator, header: str) -> None:
    async with api_client(sim, header or "x") as api:
        answer = await api.get("users/me.json")
    assert answer.status_code == 401
    assert answer.json() == {"error": "Couldn't authenticate you"}
    assert [(c.method, c.path, c.status) for c in sim.calls] == [
        ("GET", "/api/v2/users/me.json", 401)
    ]


async def test_customers_get_403_in_either_of_its_shapes(sim: ZendeskSimulator) -> None:
    async with api_client(sim, sim.basic("kim@customer.example")) as api:
        plain = await api.get("tickets")
        sim.forbidden_as_object = True
        other = await api.get("tickets")
        assert (await api.get("users/me")).json()["user"]["role"] == "end-user"
    assert (plain.status_code, plain.json()["error"]) == (403, "Forbidden")
    assert other.json()["error"]["title"] == "Forbidden"


async def test_a_refresh_ends_both_old_tokens_at_once(
    sim: ZendeskSimulator, clock: HandClock
) -> None:
    tokens = sim.account.tokens
    now = clock()
    code = tokens.authorise(sim.admin_id, "read", "https://hub.example.test/back", None, now)
    client = {"client_id": tokens.client_id, "client_secret": tokens.client_secret}
    form = client | {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": "https://hub.example.test/back",
        "expires_in": 300,
    }
    at = "http://acme.zendesk.test/oauth/tokens"
    async with api_client(sim) as api:
        first = (await api.post(at, json=form)).json()
        assert (await api.post(at, json=form)).status_code == 400
        refresh = client | {
            "grant_type": "refresh_token",
            "refresh_token": first["refresh_token"],
            "expires_in": 300,
        }
        second = (await api.post(at, json=refresh)).json()
        assert (await api.post(at, json=refresh)).status_code == 400
    for token, status in ((first, 401), (second, 200)):
        async with api_client(sim, f"Bearer {token['access_token']}") as api:
            assert (await api.get("users/me")).status_code == status
    clock.move(seconds=300)
    async with api_client(sim, f"Bearer {second['access_token']}") as api:
        assert (await api.get("users/me")).status_code == 401


async def test_a_code_is_good_for_two_minutes_and_its_verifier(
    sim: ZendeskSimulator, clock: HandClock
) -> None:
    tokens, back = sim.account.tokens, "https://hub.example.test/back"
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    body = {"grant_type": "authorization_code", "client_id": tokens.client_id}
    async with api_client(sim) as api:
        for wait, given, status in ((0, verifier, 200), (0, "wrong", 400), (120, verifier, 400)):
            code = tokens.authorise(sim.admin_id, "read", back, challenge, clock())
            clock.move(seconds=wait)
            form = body | {"code": code, "redirect_uri": back, "code_verifier": given}
            answer = await api.post("http://acme.zendesk.test/oauth/tokens", json=form)
            assert answer.status_code == status


async def test_a_scope_says_what_a_token_may(sim: ZendeskSimulator, clock: HandClock) -> None:
    ticket = sim.customer_creates_ticket()
    token = sim.account.tokens.issue(sim.admin_id, "tickets:read tickets:write", clock())
    async with api_client(sim, f"Bearer {token.access}") as api:
        assert (await put(api, ticket, priority="low")).status_code == 200
        assert (await api.get("webhooks")).status_code == 403
        assert (await api.get(f"tickets/{ticket}/audits")).status_code == 403


async def test_the_plans_limit_counts_down_in_headers_and_then_refuses_in_plain_text(
    sim: ZendeskSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    sim.requests_per_minute = 2
    first = await api.get("groups")
    assert first.headers["X-Rate-Limit-Remaining"] == "1"
    assert first.headers["ratelimit-reset"] == "60"
    await api.get("groups")
    clock.move(seconds=20)
    refused = await api.get("groups")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "40")
    assert refused.headers["content-type"].startswith("text/plain")
    clock.move(seconds=40)
    assert (await api.get("groups")).status_code == 200


async def test_one_user_updates_one_ticket_thirty_times_in_ten_minutes(
    sim: ZendeskSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    one, two = sim.customer_creates_ticket(), sim.customer_creates_ticket()
    for number in range(29):
        assert (await put(api, one, subject=f"S{number}")).status_code == 200
    assert (await api.put(f"tickets/{one}/tags", json={"tags": ["t"]})).status_code == 200
    refused = await put(api, one, subject="One too many")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "600")
    assert (await put(api, two, subject="Another ticket")).status_code == 200
    async with api_client(sim, sim.basic("ana@vendor.example")) as agent:
        assert (await put(agent, one, subject="Another user")).status_code == 200
    clock.move(minutes=10)
    assert (await put(api, one, subject="Later")).status_code == 200


async def test_a_sandbox_updates_twenty_tickets_a_minute(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    sim.updates_per_minute = 1
    one, two = sim.customer_creates_ticket(), sim.customer_creates_ticket()
    assert (await put(api, one, subject="x")).status_code == 200
    assert (await put(api, two, subject="x")).status_code == 429


async def test_exports_are_limited_to_ten_a_minute_with_a_header_of_their_own(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    answers = [await api.get("incremental/tickets/cursor?start_time=0") for _ in range(11)]
    assert [a.status_code for a in answers] == [200] * 10 + [429]
    told = answers[0].headers["zendesk-ratelimit-incremental-exports"]
    assert told == "total=10; remaining=9; resets=60"


async def test_a_fault_answers_instead_of_the_api_or_after_it(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    ticket = sim.customer_creates_ticket()
    clash = b'{"error":"DatabaseConflict","description":"Database collision"}'
    sim.faults.add(Fault("PUT", FaultKind.ANSWER, status=409, body=clash))
    assert (await put(api, ticket, subject="New")).json()["error"] == "DatabaseConflict"
    assert sim.tickets[ticket].subject == "Export fails"
    sim.faults.add(Fault("PUT", FaultKind.RESET_AFTER))
    with pytest.raises(ConnectionLost):
        await put(api, ticket, comment={"body": "Lost reply"})
    assert sim.tickets[ticket].comments[-1].body == "Lost reply"
    assert [call.status for call in sim.calls] == [409, 0]


async def test_people_and_companies_are_found_by_what_they_are_known_by(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    company = sim.add_organization("Acme", external_id="crm-1")
    me = (await api.get("users/me")).json()["user"]
    assert (me["id"], me["role"]) == (sim.admin_id, "admin")
    (kim,) = (await api.get("users/search?query=email:KIM@customer.example")).json()["users"]
    assert kim["id"] == sim.customer_id
    (acme,) = (await api.get("organizations/search?external_id=crm-1")).json()["organizations"]
    assert acme["id"] == company
    body = {"organization": {"organization_fields": {"plan": "gold"}}}
    for _ in range(5):
        assert (await api.put(f"organizations/{company}", json=body)).status_code == 200
    assert (await api.put(f"organizations/{company}", json=body)).status_code == 429


async def test_the_vendors_own_jira_links_are_told(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    ticket = sim.customer_creates_ticket()
    sim.add_jira_link(ticket, "10001", "ABC-12")
    for number, count in ((ticket, 1), (404404, 0)):
        links = (await api.get(f"jira/links?filter[ticket_id]={number}")).json()["links"]
        assert len(links) == count

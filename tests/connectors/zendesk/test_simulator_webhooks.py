"""Webhooks out: envelopes, signatures, retries, loss, disorder, triggers."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from connectors.zendesk.simulator import ZendeskSimulator
from connectors.zendesk.simulator.signing import TEST_SECRET, sign
from tests.connectors.zendesk.account_kit import HOOK, HandClock, Receiver, put

AT = "2026-11-22T09:15:42Z"


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (
            '{"ticket_id":"5158","status":"Open","updated_at":"2026-11-22T09:15:41Z"}',
            "G7OlTalOb/VLfzcSRlSu+xJL8wTE5q3MAAS7/Nvuua8=",
        ),
        ("", "rR2jsUq/g5ENuA4S7Q2cRfO+k2nMSPPC1RB+hBJXoYI="),
        ('{"note":"Grüße, 你好"}', "jDx+Iu48wAntKLz/WHaQbOxuftLL0arIa6g+NspNPwo="),
    ],
)
def test_the_vectors_of_the_signature_come_out(body: str, signature: str) -> None:
    assert sign(TEST_SECRET, AT, body.encode()) == signature


async def test_a_request_is_signed_over_its_timestamp_and_body(
    sim: ZendeskSimulator, receiver: Receiver
) -> None:
    ticket = sim.customer_creates_ticket("Grüße")
    async with receiver.client() as client:
        assert await sim.deliver(client) == 1
    (request,) = receiver.requests
    (hook,) = sim.account.webhooks.by_id.values()
    told = request.headers["x-zendesk-webhook-signature-timestamp"]
    assert told == "2026-11-22T12:00:00Z"
    assert request.headers["x-zendesk-webhook-signature"] == sign(
        hook.secret, told, request.content
    )
    assert request.headers["x-zendesk-webhook-id"] == hook.id
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", hook.id)
    assert request.headers["x-zendesk-account-id"] == "22129848"
    assert receiver.events()[0]["subject"] == f"zen:ticket:{ticket}"


async def test_an_event_has_upper_case_words_text_ids_and_nanoseconds(
    sim: ZendeskSimulator, receiver: Receiver
) -> None:
    ticket = sim.customer_creates_ticket(priority="high", type="incident")
    sim.person_edits_ticket(ticket, status="open")
    event = next(e for e in sim.pending_events if e["type"].endswith("status_changed"))
    assert event["zendesk_event_version"] == "2022-11-06"
    assert re.fullmatch(r"\S{19}\.\d{9}Z", event["time"])
    detail = event["detail"]
    assert (detail["status"], detail["priority"], detail["type"]) == ("OPEN", "HIGH", "INCIDENT")
    assert detail["id"] == str(ticket)
    assert detail["actor_id"] == str(sim.agent_id)
    assert detail["assignee_id"] is None
    assert "custom_fields" not in detail
    assert (event["event"]["current"], event["event"]["previous"]) == ("OPEN", "NEW")
    assert isinstance(event["account_id"], int)


async def test_one_save_is_several_deliveries_with_one_sequence(
    sim: ZendeskSimulator, receiver: Receiver, api: httpx.AsyncClient
) -> None:
    plan = sim.add_field("tagger", "Plan", ["gold"])
    ticket = sim.customer_creates_ticket()
    before = len(sim.pending_events)
    await put(
        api,
        ticket,
        priority="low",
        custom_fields=[{"id": plan, "value": "gold"}],
        comment={"body": "n", "public": False},
    )
    events = sim.pending_events[before:]
    kinds = sorted(event["type"].rpartition(".")[2] for event in events)
    assert kinds == ["comment_added", "custom_field_changed", "priority_changed", "tags_changed"]
    sequences = [event["event"]["meta"]["sequence"] for event in events]
    assert len({s["id"] for s in sequences}) == 1
    assert [s["position"] for s in sequences] == [1, 2, 3, 4]
    own = next(e["event"] for e in events if "custom_field" in e["event"])
    assert own["custom_field"] == {"id": str(plan), "title": "Plan", "type": "tagger"}
    assert (own["current"], own["previous"]) == ({"value": "gold"}, {"value": None})
    sim.sequence_meta = False
    await put(api, ticket, priority="high")
    assert "meta" not in sim.pending_events[-1]["event"]


async def test_a_customers_comment_with_a_file_is_announced_with_its_text_and_author(
    sim: ZendeskSimulator, receiver: Receiver
) -> None:
    ticket = sim.customer_creates_ticket()
    sim.customer_writes(ticket, "Still failing", files=[("a.png", b"png", "image/png")])
    added, linked = sim.pending_events[-2:]
    author = {"id": str(sim.customer_id), "is_staff": False, "name": "Kim Customer"}
    comment = added["event"]["comment"]
    assert (comment["body"], comment["is_public"], comment["author"]) == (
        "Still failing",
        True,
        author,
    )
    assert linked["event"]["comment"]["attachment"]["filename"] == "a.png"


async def test_an_unknown_subscription_or_a_mixture_is_refused(api: httpx.AsyncClient) -> None:
    hook: dict[str, Any] = {
        "name": "Hub",
        "endpoint": HOOK,
        "http_method": "POST",
        "request_format": "json",
        "status": "active",
    }
    status = "zen:event-type:ticket.status_changed"
    for wrong in (["zen:event-type:ticket.updated"], [status, "conditional_ticket_events"]):
        answer = await api.post("webhooks", json={"webhook": hook | {"subscriptions": wrong}})
        assert (answer.status_code, list(answer.json())) == (400, ["errors"])
    made = await api.post("webhooks", json={"webhook": hook | {"subscriptions": [status]}})
    assert made.status_code == 201
    number = made.json()["webhook"]["id"]
    assert "signing_secret" not in made.json()["webhook"]
    first = (await api.get(f"webhooks/{number}/signing_secret")).json()["signing_secret"]
    renewed = await api.post(f"webhooks/{number}/signing_secret")
    assert (renewed.status_code, first["algorithm"]) == (201, "SHA256")
    assert renewed.json()["signing_secret"]["secret"] != first["secret"]
    kind = {"webhook": {"subscriptions": ["conditional_ticket_events"]}}
    assert (await api.patch(f"webhooks/{number}", json=kind)).status_code == 400
    assert (await api.patch(f"webhooks/{number}", json={"webhook": {"name": "x"}})).is_success
    assert (await api.delete(f"webhooks/{number}")).status_code == 204
    assert (await api.get(f"webhooks/{number}")).status_code == 404


@pytest.mark.parametrize(
    ("answer", "attempts"),
    [
        (httpx.Response(409), 4),
        (httpx.Response(503, headers={"Retry-After": "30"}), 4),
        (httpx.Response(429, headers={"Retry-After": "30"}), 4),
        (httpx.Response(503), 1),
        (httpx.Response(503, headers={"Retry-After": "60"}), 1),
        (httpx.Response(500), 1),
        (httpx.Response(404), 1),
    ],
)
async def test_only_what_the_contract_names_is_tried_again(
    sim: ZendeskSimulator,
    receiver: Receiver,
    clock: HandClock,
    answer: httpx.Response,
    attempts: int,
) -> None:
    receiver.answers = [answer] * 10
    sim.customer_creates_ticket()
    async with receiver.client() as client:
        for _ in range(8):
            await sim.deliver(client)
            clock.move(seconds=30)
    assert len(receiver.requests) == attempts
    assert len({r.headers["x-zendesk-webhook-invocation-id"] for r in receiver.requests}) == 1
    stamps = {r.headers["x-zendesk-webhook-signature-timestamp"] for r in receiver.requests}
    assert len(stamps) == attempts


async def test_silence_is_tried_again_five_times_and_then_the_event_is_lost(
    sim: ZendeskSimulator, receiver: Receiver, clock: HandClock, api: httpx.AsyncClient
) -> None:
    receiver.silent = 99
    sim.customer_creates_ticket()
    async with receiver.client() as client:
        for _ in range(9):
            await sim.deliver(client)
            clock.move(seconds=30)
    assert len(receiver.requests) == 6
    (hook,) = sim.account.webhooks.by_id
    (row,) = (await api.get(f"webhooks/{hook}/invocations?filter[status]=timeout")).json()[
        "invocations"
    ]
    tried = (await api.get(f"webhooks/{hook}/invocations/{row['id']}/attempts")).json()
    assert len(tried["attempts"]) == 6


async def test_a_duplicate_has_the_same_event_id_and_another_invocation(
    sim: ZendeskSimulator, receiver: Receiver
) -> None:
    sim.duplicate_rate = 1.0
    sim.customer_creates_ticket()
    async with receiver.client() as client:
        await sim.deliver(client)
    assert len({event["id"] for event in receiver.events()}) == 1
    assert len({r.headers["x-zendesk-webhook-invocation-id"] for r in receiver.requests}) == 2


async def test_events_get_lost_late_and_out_of_order(
    sim: ZendeskSimulator, receiver: Receiver, clock: HandClock
) -> None:
    sim.drop_webhooks = 1
    ticket = sim.customer_creates_ticket()
    sim.reorder, sim.delivery_delay = True, timedelta(minutes=2)
    words = ["low", "normal", "high", "urgent"] * 3
    for word in words:
        sim.person_edits_ticket(ticket, priority=word)
    async with receiver.client() as client:
        assert await sim.deliver(client) == 0
        clock.move(minutes=2)
        await sim.deliver(client)
    seen = [event["event"]["current"].lower() for event in receiver.events()]
    assert sorted(seen) == sorted(words)
    assert seen != words
    assert "ticket.created" not in receiver.kinds()


async def test_a_failing_receiver_breaks_the_circuit_and_misses_what_happens_meanwhile(
    sim: ZendeskSimulator, receiver: Receiver, clock: HandClock
) -> None:
    receiver.answers = [httpx.Response(500)] * 20
    ticket = sim.customer_creates_ticket()
    for number in range(19):
        sim.person_edits_ticket(ticket, subject=f"S{number}")
    async with receiver.client() as client:
        await sim.deliver(client)
        sim.person_edits_ticket(ticket, subject="Unseen")
        assert sim.invocations[-1].status == "circuit broken"
        clock.move(minutes=5)
        sim.person_edits_ticket(ticket, subject="Seen")
        assert await sim.deliver(client) == 1
    assert receiver.events()[-1]["event"]["current"] == "Seen"


async def test_a_trial_account_loses_what_is_over_its_plan(
    sim: ZendeskSimulator, receiver: Receiver
) -> None:
    sim.invocations_per_minute = 1
    sim.customer_creates_ticket()
    sim.customer_creates_ticket()
    assert [one.status for one in sim.invocations] == ["accepted", "throttled"]


def _rule(hook: str, body: str, *conditions: dict[str, str]) -> dict[str, Any]:
    return {
        "trigger": {
            "title": "Hub",
            "conditions": {"all": list(conditions), "any": []},
            "actions": [{"field": "notification_webhook", "value": [hook, body]}],
        }
    }


_BODY = '{"id":"{{ticket.id}}","status":"{{ticket.status}}","title":"{{ticket.title}}"}'
_NOT_API = {"field": "current_via_id", "operator": "is_not", "value": "5"}


async def test_a_trigger_sends_display_words_unescaped_and_skips_the_apis_own_updates(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    hook = sim.subscribe(HOOK, ["conditional_ticket_events"]).id
    assert (await api.post("triggers", json=_rule(hook, _BODY, _NOT_API))).status_code == 201
    receiver = Receiver()
    sim.status_words["hold"] = "Wartend"
    ticket = sim.customer_creates_ticket('Say "hi"')
    sim.person_edits_ticket(ticket, status="hold", subject="Plain")
    await put(api, ticket, subject="By the hub")
    async with receiver.client() as client:
        assert await sim.deliver(client) == 2
    first, second = (request.content.decode() for request in receiver.requests)
    with pytest.raises(json.JSONDecodeError):
        json.loads(first)
    assert json.loads(second) == {"id": str(ticket), "status": "Wartend", "title": "Plain"}


async def test_a_trigger_that_sets_values_is_an_action_of_its_own(
    sim: ZendeskSimulator, receiver: Receiver, api: httpx.AsyncClient
) -> None:
    high = {"field": "priority", "operator": "is", "value": "high"}
    rule = _rule("", "", high)
    rule["trigger"]["actions"] = [{"field": "current_tags", "value": "vip"}]
    await api.post("triggers", json=rule)
    ticket = sim.customer_creates_ticket()
    answer = await put(api, ticket, priority="high")
    assert [e["field_name"] for e in answer.json()["audit"]["events"]] == ["priority"]
    assert answer.json()["ticket"]["tags"] == ["vip"]
    last = (await api.get(f"tickets/{ticket}/audits")).json()["audits"][-1]
    assert (last["author_id"], last["via"]["channel"]) == (-1, "rule")
    assert last["via"]["source"]["rel"] == "trigger"
    assert sim.pending_events[-1]["detail"]["actor_id"] == "-1"
    sim.trigger_actor_is_user = True
    await put(api, ticket, tags=[])
    assert sim.pending_events[-1]["detail"]["actor_id"] == str(sim.admin_id)


async def test_a_webhook_by_get_signs_its_timestamp_alone(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    how = {"type": "bearer_token", "data": {"token": "t-1"}, "add_position": "header"}
    hook = sim.subscribe(
        HOOK,
        ["conditional_ticket_events"],
        http_method="GET",
        authentication=how,
        custom_headers={"X-Hub-Tenant": "acme"},
    )
    receiver = Receiver()
    await api.post(f"webhooks/test?webhook_id={hook.id}", json={})
    async with receiver.client() as client:
        await sim.deliver(client)
    (request,) = receiver.requests
    told = request.headers["x-zendesk-webhook-signature-timestamp"]
    assert request.headers["x-zendesk-webhook-signature"] == sign(hook.secret, told, b"")
    assert (request.content, request.headers["authorization"]) == (b"", "Bearer t-1")
    assert request.headers["x-hub-tenant"] == "acme"


async def test_a_change_of_a_companys_plan_is_announced(
    sim: ZendeskSimulator, receiver: Receiver
) -> None:
    company = sim.add_organization("Acme", organization_fields={"plan": "silver"})
    sim.person_edits_organization(company, organization_fields={"plan": "gold"})
    event = sim.pending_events[-1]
    assert event["type"] == "zen:event-type:organization.custom_field_changed"
    assert event["subject"] == f"zen:organization:{company}"
    assert event["event"]["current"] == {"value": "gold"}


async def test_events_are_delivered_in_the_background(
    sim: ZendeskSimulator, receiver: Receiver
) -> None:
    async with receiver.client() as client, sim.running(client, flush_s=0.001):
        sim.customer_creates_ticket()
        await receiver.arrived.wait()
    assert receiver.kinds() == ["ticket.created"]

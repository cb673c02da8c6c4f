"""Tickets: values, tags, statuses, comments, and what a closed one refuses."""

from __future__ import annotations

import httpx
import pytest

from connectors.zendesk.simulator import ZendeskSimulator
from tests.connectors.zendesk.account_kit import HandClock, put, read


async def test_an_update_answers_with_ticket_and_audit_and_keeps_the_writers_mark(
    sim: ZendeskSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    ticket = sim.customer_creates_ticket()
    waiting = sim.add_status("hold", "Waiting for development")
    clock.move(minutes=1)
    answer = await put(
        api,
        ticket,
        custom_status_id=waiting,
        priority="high",
        comment={"html_body": "<p>Started<script>x()</script></p>", "public": False},
        metadata={"hub": {"write_id": "w-1"}},
    )
    body = answer.json()
    assert (body["ticket"]["status"], body["ticket"]["custom_status_id"]) == ("hold", waiting)
    assert body["ticket"]["updated_at"] == "2026-11-22T12:01:00Z"
    audit = body["audit"]
    assert audit["author_id"] == sim.admin_id
    assert audit["via"]["channel"] == "api"
    assert audit["metadata"]["custom"] == {"hub": {"write_id": "w-1"}}
    comment = audit["events"][0]
    assert comment["html_body"] == '<div class="zd-comment"><p>Started</p></div>'
    assert (comment["plain_body"], comment["public"]) == ("Started", False)
    assert {e["field_name"] for e in audit["events"][1:]} == {
        "status",
        "custom_status_id",
        "priority",
    }
    listed = (await api.get(f"tickets/{ticket}/audits.json?page[size]=100")).json()
    assert listed["audits"][-1] == audit


async def test_a_read_ticket_stands_without_an_audit(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    ticket = sim.customer_creates_ticket()
    for path in (f"tickets/{ticket}", f"tickets/{ticket}.json"):
        assert list((await api.get(path)).json()) == ["ticket"]


async def test_tags_in_an_update_replace_all_and_a_drop_down_brings_its_own(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    plan = sim.add_field("tagger", "Plan", ["gold", "silver"])
    ticket = sim.customer_creates_ticket(
        tags=["vip"], custom_fields=[{"id": plan, "value": "gold"}]
    )
    assert (await read(api, ticket))["tags"] == ["vip", "gold"]
    await put(api, ticket, custom_fields=[{"id": plan, "value": "silver"}])
    assert (await read(api, ticket))["tags"] == ["vip", "silver"]
    await put(api, ticket, tags=["hub"])
    assert (await read(api, ticket))["tags"] == ["hub"]
    await put(api, ticket, additional_tags=["more"])
    assert (await read(api, ticket))["tags"] == ["hub"]
    await api.put(f"tickets/{ticket}/tags", json={"tags": ["more"]})
    assert (await api.get(f"tickets/{ticket}/tags")).json() == {"tags": ["hub", "more"]}
    assert (
        await api.request("DELETE", f"tickets/{ticket}/tags", json={"tags": ["hub"]})
    ).is_success
    assert (await read(api, ticket))["tags"] == ["more"]


async def test_an_unknown_choice_is_refused_and_changes_nothing_or_becomes_null_by_dial(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    plan = sim.add_field("tagger", "Plan", ["gold"])
    ticket = sim.customer_creates_ticket()
    wrong = {"subject": "New", "custom_fields": [{"id": plan, "value": "brass"}]}
    refused = await put(api, ticket, **wrong)
    assert refused.status_code == 422
    assert refused.json()["error"] == "RecordInvalid"
    assert list(refused.json()["details"]) == [str(plan)]
    assert (await read(api, ticket))["subject"] == "Export fails"
    sim.refuse_unknown_options = False
    assert (await put(api, ticket, **wrong)).status_code == 200
    assert (await read(api, ticket))["custom_fields"] == [{"id": plan, "value": None}]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("date", "2026-11-22", "tomorrow"),
        ("integer", "12", "1.5"),
        ("decimal", "1.5", "much"),
        ("checkbox", True, "perhaps"),
    ],
)
async def test_a_custom_field_takes_only_values_of_its_type(
    sim: ZendeskSimulator, api: httpx.AsyncClient, kind: str, good: object, bad: object
) -> None:
    own, ticket = sim.add_field(kind, "Own"), sim.customer_creates_ticket()
    refused = await put(api, ticket, custom_fields=[{"id": own, "value": bad}])
    assert refused.status_code == 422
    assert (await put(api, ticket, custom_fields=[{"id": own, "value": good}])).is_success
    assert sim.tickets[ticket].custom[own] == good


async def test_two_fields_cannot_share_a_tag(sim: ZendeskSimulator, api: httpx.AsyncClient) -> None:
    sim.add_field("tagger", "Plan", ["gold"])
    options = [{"name": "Gold", "value": "gold"}]
    field = {"type": "multiselect", "title": "Badges", "custom_field_options": options}
    assert (await api.post("ticket_fields", json={"ticket_field": field})).status_code == 422


async def test_a_status_picks_the_default_of_its_category(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    sim.add_status("pending", "Waiting for Kim")
    ticket = sim.customer_creates_ticket()
    body = (await put(api, ticket, status="pending")).json()["ticket"]
    (default,) = (await api.get("custom_statuses?status_categories=pending&default=true")).json()[
        "custom_statuses"
    ]
    assert body["custom_status_id"] == default["id"]
    assert default["created_at"] == "2026-11-22 12:00:00+00:00"
    sim.hold_active = False
    assert (await put(api, ticket, status="hold")).status_code == 422


async def test_solving_needs_an_assignee_and_the_required_fields(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    cause = sim.add_field("text", "Cause", required=True)
    ticket = sim.customer_creates_ticket()
    refused = await put(api, ticket, status="solved")
    assert set(refused.json()["details"]) == {"base", str(cause)}
    done = {"assignee_id": sim.agent_id, "custom_fields": [{"id": cause, "value": "disk"}]}
    assert (await put(api, ticket, status="solved", **done)).status_code == 200


async def test_a_closed_ticket_refuses_every_update_and_is_continued_by_another(
    sim: ZendeskSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    ticket = sim.customer_creates_ticket()
    early = {"subject": "s", "comment": {"body": "b"}, "via_followup_source_id": ticket}
    assert (await api.post("tickets", json={"ticket": early})).status_code == 422
    sim.person_edits_ticket(ticket, status="solved", assignee_id=sim.agent_id)
    sim.automation_closes(ticket)
    for given in ({"subject": "x"}, {"comment": {"body": "x"}}):
        refused = await put(api, ticket, **given)
        assert refused.status_code == 422
        assert refused.json()["details"] == {
            "status": [{"description": "Status: closed prevents ticket update"}]
        }
    assert (await api.put(f"tickets/{ticket}/tags", json={"tags": ["x"]})).status_code == 422
    closed = await read(api, ticket)
    clock.move(minutes=5)
    made = (await api.post("tickets", json={"ticket": early})).json()["ticket"]
    assert made["via"]["source"]["rel"] == "follow_up"
    after = await read(api, ticket)
    assert after["followup_ids"] == [made["id"]]
    assert after["updated_at"] == closed["updated_at"]
    assert after["generated_timestamp"] == closed["generated_timestamp"] + 300


async def test_a_safe_update_that_comes_late_is_refused_even_with_false(
    sim: ZendeskSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    ticket = sim.customer_creates_ticket()
    stale = (await read(api, ticket))["updated_at"]
    clock.move(seconds=1)
    sim.person_edits_ticket(ticket, priority="low")
    for flag in (True, False, "true"):
        late = {"subject": "New", "safe_update": flag, "updated_stamp": stale}
        refused = await put(api, ticket, **late)
        assert (refused.status_code, refused.json()["error"]) == (409, "UpdateConflict")
        tags = {"tags": ["x"], "safe_update": flag, "updated_stamp": stale}
        assert (await api.put(f"tickets/{ticket}/tags", json=tags)).status_code == 409
    assert (await read(api, ticket))["subject"] == "Export fails"
    assert (await put(api, ticket, subject="New", updated_stamp=stale)).status_code == 200


async def test_two_safe_updates_within_one_second_both_pass(
    sim: ZendeskSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    ticket = sim.customer_creates_ticket()
    stamp = (await read(api, ticket))["updated_at"]
    clock.move(milliseconds=400)
    for subject in ("One", "Two"):
        guarded = {"subject": subject, "safe_update": True, "updated_stamp": stamp}
        assert (await put(api, ticket, **guarded)).status_code == 200


async def test_a_creation_with_a_known_key_makes_nothing_new_for_two_hours(
    sim: ZendeskSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    key, body = {"Idempotency-Key": "k-1"}, {"ticket": {"subject": "s", "comment": {"body": "b"}}}
    first = await api.post("tickets", json=body, headers=key)
    again = await api.post("tickets", json=body, headers=key)
    assert (first.status_code, first.headers["x-idempotency-lookup"]) == (201, "miss")
    assert first.headers["Location"].endswith(f"/tickets/{first.json()['ticket']['id']}.json")
    assert (again.headers["x-idempotency-lookup"], len(sim.tickets)) == ("hit", 1)
    other = {"ticket": {"subject": "other", "comment": {"body": "b"}}}
    assert (await api.post("tickets", json=other, headers=key)).status_code == 400
    clock.move(hours=2)
    late = await api.post("tickets", json=body, headers=key)
    assert (late.headers["x-idempotency-lookup"], len(sim.tickets)) == ("miss", 2)


async def test_an_update_with_a_key_is_carried_out_twice(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    ticket = sim.customer_creates_ticket()
    body = {"ticket": {"comment": {"body": "Once?", "public": False}}}
    for _ in range(2):
        await api.put(f"tickets/{ticket}", json=body, headers={"Idempotency-Key": "k-1"})
    texts = [comment.body for comment in sim.tickets[ticket].comments]
    assert texts.count("Once?") == 2


async def test_a_comment_is_public_unless_one_says_otherwise(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    ticket = sim.customer_creates_ticket()
    await put(api, ticket, comment={"body": "For all to read"})
    await put(api, ticket, comment={"body": "Between us", "public": False})
    asked = "comments?page[size]=2&sort=-created_at&include=users"
    body = (await api.get(f"tickets/{ticket}/{asked}")).json()
    assert [(c["body"], c["public"]) for c in body["comments"]] == [
        ("Between us", False),
        ("For all to read", True),
    ]
    assert body["meta"]["has_more"] is True
    assert {user["id"] for user in body["users"]} == {sim.admin_id, sim.customer_id}


async def test_text_is_cut_silently_and_placeholders_are_filled_in(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    ticket = sim.customer_creates_ticket()
    await put(api, ticket, comment={"body": "x" * 70_000})
    await put(api, ticket, comment={"body": "id {{ticket.id}} {% if a %}"})
    texts = [comment.body for comment in sim.tickets[ticket].comments]
    assert len(texts[1]) == 65_536
    assert texts[2] == f"id {ticket} "


async def test_a_comment_made_private_stays_private(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    ticket = sim.customer_creates_ticket()
    comment = sim.agent_writes(ticket, "Oops")
    path = f"tickets/{ticket}/comments/{comment}"
    assert (await api.put(f"{path}/make_private")).status_code == 200
    assert sim.tickets[ticket].comments[-1].public is False
    assert (await api.put(f"{path}/make_public")).status_code == 404


async def test_an_upload_is_used_once_and_within_an_hour(
    sim: ZendeskSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    ticket = sim.customer_creates_ticket()

    async def upload() -> str:
        made = await api.post("uploads?filename=a.txt", content=b"log")
        assert made.status_code == 201
        token: str = made.json()["upload"]["token"]
        return token

    token = await upload()
    used = {"body": "See file", "uploads": [token]}
    assert (await put(api, ticket, comment=used)).status_code == 200
    assert (await put(api, ticket, comment=used)).status_code == 422
    late = await upload()
    clock.move(minutes=60)
    assert (await put(api, ticket, comment={"body": "x", "uploads": [late]})).status_code == 422
    sim.refuse_dead_uploads = False
    assert (await put(api, ticket, comment={"body": "x", "uploads": [late]})).status_code == 200
    assert [len(comment.attachments) for comment in sim.tickets[ticket].comments] == [0, 1, 0]


async def test_a_credential_sent_on_to_the_file_host_is_a_leak(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    sim.file_host = "http://files.example.test"
    ticket = sim.customer_creates_ticket(files=[("a.txt", b"log", "text/plain")])
    (file,) = (await api.get(f"tickets/{ticket}/comments")).json()["comments"][0]["attachments"]
    redirect = await api.get(file["content_url"])
    assert redirect.status_code == 302
    to = redirect.headers["Location"]
    careless = await api.get(to)
    assert (careless.status_code, sim.account.files.leaked) == (400, [sim.basic()])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sim.app)) as other:
        assert (await other.get(to)).content == b"log"

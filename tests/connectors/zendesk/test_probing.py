"""What a check says of an account, and that looking changes nothing there."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from bridge.core.check_result import Place
from bridge.core.checking import judge_probe
from bridge.domain.errors import Rejected
from bridge.domain.schema import FieldKind, NewField, Use
from connectors.zendesk.simulator import ZendeskSimulator
from tests.connectors.zendesk.account_kit import HandClock, Receiver
from tests.connectors.zendesk.connector_kit import Desk, connected
from tests.connectors.zendesk.test_normalise import read

DOOR = "https://bridge.example.com/webhooks/zendesk"


async def test_native_jira_app_is_told_with_what_to_do(sim: ZendeskSimulator, desk: Desk) -> None:
    assert (await desk.helpdesk.probe()).remarks == ()
    sim.add_jira_link(sim.customer_creates_ticket(), "10234", "ABC-12")
    probe = await desk.helpdesk.probe()
    [remark] = probe.remarks
    assert "ABC-12" in remark.sentence
    [told] = [
        each
        for each in judge_probe(Place("zendesk", "Zendesk"), probe, frozenset())
        if each.sentence == remark.sentence
    ]
    # Nothing is wrong as such: the check does not fail by it.
    assert (told.ok, told.what_to_do) == (True, remark.advice)


async def test_plain_agent_is_told_to_become_an_admin(
    sim: ZendeskSimulator, clock: HandClock
) -> None:
    sim.add_jira_link(sim.customer_creates_ticket(), "10234", "ABC-12")
    async with connected(sim, clock, email="ana@vendor.example") as desk:
        probe = await desk.helpdesk.probe()
    lacking = [each for each in probe.rights if not each.has]
    assert [(each.use, "admin" in each.grant) for each in lacking] == [(Use.RECORDS, True)]
    assert probe.account == "Ana Lopes in acme.zendesk.com"
    # What only admins may see is not held against them.
    assert probe.remarks == ()


async def test_looking_makes_changes_and_sends_nothing(sim: ZendeskSimulator, desk: Desk) -> None:
    id = sim.customer_creates_ticket()
    before = dict(sim.tickets[id].values)
    await desk.helpdesk.probe()
    assert {each.method for each in desk.requests} == {"GET", "PUT"}
    assert [each.url.path for each in desk.sent("PUT")] == ["/api/v2/tickets/0"]
    assert (sim.tickets[id].values, sim.pending_events) == (before, [])


def _wrong(hooks: Any) -> dict[str, bool]:
    return {each.event: bool(each.wrong) for each in hooks}


async def test_webhook_that_is_not_there_or_asleep_or_deaf_is_told(
    sim: ZendeskSimulator, desk: Desk
) -> None:
    assert _wrong((await desk.helpdesk.probe()).hooks) == {"ticket events": True}
    sim.subscribe("https://elsewhere.example.com/webhooks/another")
    hook = sim.subscribe(DOOR, ["zen:event-type:ticket.created", "zen:event-type:ticket.merged"])
    hooks = _wrong((await desk.helpdesk.probe()).hooks)
    assert (hooks["Ticket created"], hooks["Ticket merged"]) == (False, False)
    assert hooks["Ticket comment added"]
    sim.subscribe(DOOR)
    assert set(_wrong((await desk.helpdesk.probe()).hooks).values()) == {False}
    for each in sim.account.webhooks.by_id.values():
        each.given["status"] = "inactive"
    assert hook.given["status"] == "inactive"
    assert _wrong((await desk.helpdesk.probe()).hooks) == {"ticket events": True}


async def test_webhook_of_triggers_counts_as_one(sim: ZendeskSimulator, desk: Desk) -> None:
    given = {"name": "t", "endpoint": DOOR, "http_method": "POST", "request_format": "json",
             "status": "active", "subscriptions": ["conditional_ticket_events"]}  # fmt: skip
    sim.account.webhooks.create(given, "1")
    assert _wrong((await desk.helpdesk.probe()).hooks) == {"what its triggers send": False}


_RULE = {
    "title": "Hub: ticket updated",
    "conditions": {
        "all": [
            {"field": "update_type", "operator": "is", "value": "Change"},
            {"field": "current_via_id", "operator": "is_not", "value": "5"},
        ]
    },
}
_BODY = (
    '{"ticket_id": "{{ticket.id}}", "updated_at": "{{ticket.updated_at_with_timestamp}}", '
    '"status": "{{ticket.status}}"}'
)


async def test_trigger_names_the_ticket_in_any_language_and_not_for_the_hubs_own_writes(
    sim: ZendeskSimulator, desk: Desk, api: httpx.AsyncClient
) -> None:
    sim.add_field("text", "Work stage")
    sim.status_words["open"] = "Offen"
    given = {"name": "t", "endpoint": DOOR, "http_method": "POST", "request_format": "json",
             "status": "active", "subscriptions": ["conditional_ticket_events"]}  # fmt: skip
    hook = sim.account.webhooks.create(given, "1")
    actions = [{"field": "notification_webhook", "value": [hook.id, _BODY]}]
    assert (await api.post("triggers", json={"trigger": _RULE | {"actions": actions}})).is_success
    id, receiver = sim.customer_creates_ticket(), Receiver()
    sim.person_edits_ticket(id, status="open")
    await desk.helpdesk.set_fields(str(id), {"Work stage": "In testing"})
    async with receiver.client() as client:
        await sim.deliver(client)
    [request] = receiver.requests
    assert json.loads(request.content)["status"] == "Offen"
    hints = read(request.content)
    assert isinstance(hints, tuple)
    [event] = hints
    assert (getattr(event, "id", ""), getattr(event, "thin", False)) == (str(id), True)


async def test_names_that_a_mapping_may_use_are_in_the_schema(
    sim: ZendeskSimulator, desk: Desk
) -> None:
    stage = sim.add_field("text", "Work stage")
    plan = sim.add_field("tagger", "Plan", ["gold"])
    own = sim.account.person_fields["organization_fields"]
    given = {"key": "plan", "title": "Plan", "type": "text"}
    sim.account.add_named(own, "organization_fields", given)
    schema = await desk.helpdesk.fetch_schema()
    fields = schema.reference.fields
    assert fields["Work stage"].type == fields[str(stage)].type == "text"
    assert fields["Plan"].options == fields[str(plan)].options == (("gold", "gold"),)
    assert fields["tags"].read_only
    assert fields["satisfaction_rating"].read_only
    assert not fields["priority"].read_only
    assert schema.company_fields is not None
    assert {"plan", "name"} <= schema.company_fields.keys()
    assert schema.reference.account_ids == {str(sim.admin_id)}


async def test_fields_are_for_an_admin_to_make(desk: Desk) -> None:
    with pytest.raises(Rejected):
        await desk.helpdesk.create_fields([NewField("x", "X", FieldKind.TEXT, "")])
    assert desk.requests == []

"""From the customer's request to the decision (D19, D20, D22, D23, D25, O17, O20, O22, O23)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bridge.engine import notices
from bridge.store.tables import notices as notice_table
from connectors.email.simulator import EmailSimulator
from tests.scenarios.test_by_hand import refusal
from tests.scenarios.world import BRIDGE_YAML, World, open_world
from tests.shipped import SHIPPED

LEAD, DEPUTY = "mia@acme.com", "duty@acme.com"
ESCALATION = """
escalation:
  requires:
    reproduced: {property: reproduced, is: "yes", label: Reproduced}
    steps: {property: steps}
  impact: {property: impact}
  versions: {property: version, major: ["12", "11"]}
  deciders: [escalation_managers]
  via: [mail]
  requested_by_field: {property: escalate, is: "yes", reason: escalation_reason}
"""
FIELDS = ("reproduced", "steps", "impact", "version", "escalate", "escalation_reason")
WHY = {"reason": "They can not restore since Monday", "contact": "Kim, kim@client.example"}


@pytest.fixture
async def mail() -> AsyncIterator[EmailSimulator]:
    box = EmailSimulator()
    async with box.running():
        yield box


@pytest.fixture(params=["sqlite", "postgresql"])
async def world(
    request: pytest.FixtureRequest, tmp_path: Path, mail: EmailSimulator
) -> AsyncIterator[World]:
    """HubSpot and Boards, a mailbox, and a mapping that says how tickets are escalated."""
    url = request.getfixturevalue("migrated_postgres") if request.param == "postgresql" else None
    yaml = f"""{BRIDGE_YAML}
  mail:
    vendor: email
    host: 127.0.0.1
    port: {mail.port}
    sender: bridge@acme.com
    tls: none
people:
  escalation_managers: [{LEAD}, {DEPUTY}]
  development_leads: [lead@acme.com]
"""
    mapping = SHIPPED.replace("via: [internal, mail]", "via: [mail]") + ESCALATION
    async with open_world(tmp_path, database_url=url, mapping=mapping, bridge_yaml=yaml) as opened:
        for name in FIELDS:
            opened.hubspot.add_property("tickets", name)
        opened.hubspot.subscribe_all()
        yield opened


async def call(world: World, method: str, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
    """Somebody asks the hub."""
    answer = await world.client.request(
        method, f"/api/v1{path}", json=body or None, headers=world.admin
    )
    return answer.status_code, answer.json()


async def asks(world: World, **said: Any) -> str:
    """A customer asks for something that nobody has judged yet; the ticket's id."""
    id = world.hubspot.person_creates_ticket(
        subject="Restore fails", company_id=world.acme, category="Bug" if said else "", **said
    )
    await world.settle()
    return str(id)


async def says(world: World, ticket: str, **said: Any) -> None:
    """Support sets fields of the ticket, and everything settles."""
    world.hubspot.person_edits_ticket(ticket, **said)
    await world.settle()


async def needs(world: World, ticket: str) -> list[str]:
    """The tabs that the ticket stands in."""
    _, seen = await call(world, "GET", f"/tickets/hubspot/{ticket}")
    return list(seen["needs"])


async def codes(world: World) -> set[str]:
    """The open findings about escalations."""
    return await world.findings() & {
        "ESCALATION_ASKED", "ESCALATION_INCOMPLETE", "VERSION_UNSUPPORTED",
    }  # fmt: skip


async def test_escalation_goes_from_the_request_to_the_bug_that_was_decided_on(
    world: World, mail: EmailSimulator
) -> None:
    ticket = await asks(world)
    assert world.items() == []
    # D19: the customer asks, with a reason and whom to talk to.
    status, asked = await call(world, "POST", f"/tickets/hubspot/{ticket}/escalate", **WHY)
    assert (status, asked["state"]) == (201, "open")
    assert asked["missing"] == ["Reproduced", "Steps", "Impact"]
    await world.settle()
    # D20, D22: managers are told at once, each for themselves, and again until they answer.
    assert [len(mail.box(each)) for each in (LEAD, DEPUTY)] == [1, 1]
    first = mail.box(LEAD)[0].part("plain")
    assert WHY["reason"] in first
    assert "kim@client.example" not in first
    await pass_time(world)
    assert [len(mail.box(each)) for each in (LEAD, DEPUTY)] == [2, 2]
    assert "needs_decision" in await needs(world, ticket)
    assert await codes(world) == {"ESCALATION_ASKED", "ESCALATION_INCOMPLETE"}
    again = await call(world, "POST", f"/tickets/hubspot/{ticket}/escalate", **WHY)
    assert (again[0], again[1]["code"]) == (409, "escalation_open")
    # O22, D25: without impact, steps and a reproduction it is not accepted.
    path = f"/escalations/{asked['id']}"
    status, refused = await call(world, "POST", f"{path}/accept", note="Yes")
    assert (status, refused["code"]) == (422, "escalation_incomplete")
    assert "Reproduced, Steps, Impact" in refused["detail"]
    status, refused = await call(world, "POST", f"{path}/accept", note="Yes", anyway=True)
    assert (status, "Impact" in refused["detail"]) == (422, True)
    # D23: the version is looked at, and whoever decides is told.
    given = {"reproduced": "yes", "steps": "Press Restore", "impact": "blocked"}
    await says(world, ticket, version="9.4", **given)
    assert await codes(world) == {"ESCALATION_ASKED", "VERSION_UNSUPPORTED"}
    # O23: accepting launches what the ticket's route says; here it has no category yet.
    status, made = await call(world, "POST", f"{path}/accept", note="Yes", route="bug")
    assert (status, made["state"], made["route"]) == (200, "accepted", "bug")
    [item] = world.items()
    assert made["link"]["work_item"]["id"] == str(item.id)
    # O20: somebody carries it from now on, and nobody is asked any more.
    assert made["owner"] == "BRIDGE_ADMIN_TOKEN"
    await world.settle()
    assert await codes(world) == set()
    await pass_time(world)
    assert [len(mail.box(each)) for each in (LEAD, DEPUTY)] == [2, 2]
    _, mine = await call(world, "GET", "/escalations?state=accepted&owner=BRIDGE_ADMIN_TOKEN")
    assert [each["id"] for each in mine["items"]] == [asked["id"]]
    _, told = await call(world, "GET", f"/tickets/hubspot/{ticket}/timeline")
    said = [each["after"] for each in told["items"] if each["what"] == "escalation"]
    assert said == ["accepted", "asked for"]


async def pass_time(world: World) -> None:
    """The time comes at which whoever has not acknowledged is told again."""
    async with world.hub.db.write() as connection:
        due = sa.update(notice_table).where(notice_table.c.due_at.is_not(None)).values(due_at=0)
        await connection.execute(due)
    await notices.wake(world.hub, ["mail"])
    await world.settle()


async def test_field_of_the_ticket_asks_once_and_a_declined_request_launches_nothing(
    world: World, mail: EmailSimulator
) -> None:
    # D19: by updating the ticket.
    ticket = await asks(world)
    await says(world, ticket, escalate="yes", escalation_reason="Nobody can work")
    _, found = await call(world, "GET", f"/escalations?ticket=hubspot:{ticket}")
    [asked] = found["items"]
    assert (asked["reason"], asked["asked_by"]) == ("Nobody can work", "the ticket itself")
    assert len(mail.box(LEAD)) == 1
    path = f"/escalations/{asked['id']}/decline"
    status, declined = await call(world, "POST", path, note="It is a configuration change")
    assert (status, declined["state"], declined["link"]) == (200, "declined", None)
    status, decided = await call(world, "POST", path, note="No")
    assert (status, decided["code"]) == (409, "escalation_decided")
    await world.settle()
    await says(world, ticket, escalation_reason="Still nobody")
    _, found = await call(world, "GET", f"/escalations?ticket=hubspot:{ticket}&state=all")
    assert [each["state"] for each in found["items"]] == ["declined"]
    assert world.items() == []
    assert await codes(world) == set()
    assert "needs_decision" not in await needs(world, ticket)


async def test_ticket_that_nobody_knows_or_that_is_closed_is_not_escalated(world: World) -> None:
    status, refused = await call(world, "POST", "/tickets/hubspot/4711/escalate", **WHY)
    assert (status, refused["code"]) == (404, "not_found")
    ticket = await asks(world)
    await says(world, ticket, hs_pipeline_stage="4")
    status, refused = await call(world, "POST", f"/tickets/hubspot/{ticket}/escalate", **WHY)
    assert (status, refused["code"]) == (409, "ticket_closed")
    status, refused = await call(world, "POST", "/escalations/es-7/decline", note="No")
    assert (status, refused["code"]) == (404, "not_found")


async def test_launch_that_is_refused_leaves_the_request_waiting(world: World) -> None:
    ticket = await asks(world)
    _, asked = await call(world, "POST", f"/tickets/hubspot/{ticket}/escalate", **WHY)
    await says(world, ticket, reproduced="yes", steps="x", impact="blocked")
    path = f"/escalations/{asked['id']}/accept"
    status, refused = await call(world, "POST", path, note="Yes", route="no-such-route")
    assert (status, refused["code"]) == (422, "unknown_route")
    _, found = await call(world, "GET", f"/escalations?ticket=hubspot:{ticket}")
    assert [each["state"] for each in found["items"]] == ["open"]


@pytest.mark.parametrize("declines_at_once", [True, False])
async def test_of_two_who_decide_at_once_one_is_heard_and_nothing_is_launched_for_the_other(
    world: World, declines_at_once: bool
) -> None:
    ticket = await asks(world)
    _, asked = await call(world, "POST", f"/tickets/hubspot/{ticket}/escalate", **WHY)
    await says(world, ticket, reproduced="yes", steps="x", impact="blocked")
    path = f"/escalations/{asked['id']}"
    accepting = asyncio.create_task(
        call(world, "POST", f"{path}/accept?wait=5", note="Yes", route="bug")
    )
    if not declines_at_once:
        # The launch is asked for, and its item not there yet.
        for _ in range(500):
            _, found = await call(world, "GET", f"/escalations?ticket=hubspot:{ticket}")
            if not found["items"]:
                break
            await asyncio.sleep(0.01)
    declined, _ = await call(world, "POST", f"{path}/decline", note="No")
    accepted, _ = await accepting
    await world.settle()
    _, found = await call(world, "GET", f"/escalations?ticket=hubspot:{ticket}&state=all")
    [state] = [each["state"] for each in found["items"]]
    assert sorted((accepted, declined)) == [200, 409]
    assert (state == "accepted") is (accepted == 200)
    assert len(world.items()) == (accepted == 200)


async def test_launch_that_the_tracker_refuses_is_a_finding_of_what_was_accepted(
    world: World,
) -> None:
    ticket = await asks(world)
    _, asked = await call(world, "POST", f"/tickets/hubspot/{ticket}/escalate", **WHY)
    await says(world, ticket, reproduced="yes", steps="x", impact="blocked")
    world.boards.faults.add(refusal())
    path = f"/escalations/{asked['id']}/accept"
    status, made = await call(world, "POST", path, note="Yes", route="bug")
    assert (status, made["state"], made["link"]) == (200, "accepted", None)
    await world.settle()
    assert "LAUNCH_REJECTED" in await world.findings()
    assert "ESCALATION_ASKED" not in await world.findings()

"""From the customer's mail to the deployed patch: the whole way of a bug (C1 to C23).

Among them C13 and C16: who opens the bug, and how soon it is planned by severity and plan.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.domain.refs import TicketRef
from bridge.engine.escalating import questions_to
from connectors.jira.simulator import adf
from tests.scenarios.process import Desk, Field, make_jira, open_desk
from tests.scenarios.test_hygiene import entries, look, mend
from tests.scenarios.test_releases import goes_by

FIELDS: dict[str, Field] = {
    "Escalation": ("tagger", ("bug", "resolved_in_support")),
    "Reproduced": ("checkbox", ()),
    "Instance": ("tagger", ("production", "sandbox")),
    "Steps to reproduce": ("textarea", ()),
    "Since when": ("text", ()),
    "Who is affected": ("text", ()),
    "Access until": ("date", ()),
}
WORKFLOW = (
    ("Planned", "new"), ("In QA", "indeterminate"), ("Committed", "indeterminate"),
    ("Patch QA", "indeterminate"), ("Managed Services", "indeterminate"), ("Won't Do", "done"),
)  # fmt: skip
PLANS = {"plan_elite": "Elite", "plan_premium": "Premium", "plan_standard": "Standard"}
ESCALATED = {"Escalation": "bug", "Reproduced": True, "Instance": "production"}
STEPS = "1. Open the roadmap\n2. Press Export: error 500\nSince Monday, for all planners"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    jira = make_jira("RD", statuses=WORKFLOW)
    async with open_desk(tmp_path, "support-with-patches", FIELDS, jira) as opened:
        # C16: the success plan is chosen from a list.
        opened.zendesk.add_organization_field("plan", "Success plan", PLANS)
        opened.zendesk.add_organization_field("csm_email", "CSM")
        yield opened


def customer(desk: Desk, name: str, plan: str, **more: str) -> int:
    """An organisation with that success plan."""
    return desk.zendesk.add_organization(name, organization_fields={"plan": plan, **more})


async def test_bug_is_followed_from_the_customers_mail_to_the_deployed_patch(desk: Desk) -> None:
    acme = customer(desk, "Acme", "plan_elite", csm_email="dana@acme.example")
    # C1, C4, C5: the customer writes, with a recording.
    files = [("recording.png", b"\x89PNG export fails", "image/png")]
    ticket = desk.asks(acme, "Export fails", STEPS, files=files)
    # C9: support can't reproduce it yet, so nothing is escalated.
    await desk.says(ticket, {"Escalation": "bug"}, priority="high")
    assert desk.issues == []
    # C4: nobody has said in which instance it happens: held, and a finding names it.
    await desk.says(ticket, {"Reproduced": True})
    assert desk.issues == []
    assert "Instance" in await desk.lacking()
    assert desk.mail.mails == []
    # C13: tier 3 opens a bug for R&D, once everything is there.
    await desk.says(ticket, {"Instance": "production"})
    [bug] = desk.issues
    assert bug.fields["summary"] == "[Acme] Export fails"
    assert "2. Press Export: error 500" in adf.plain(bug.fields["description"])
    assert adf.plain(bug.fields["environment"]).strip() == "Production"
    assert desk.priority(bug) == "Highest"  # C16: high, and Elite
    assert set(bug.fields["labels"]) == {"ticketbridge", "plan-elite"}
    assert [each.content for each in bug.attachments] == [files[0][1]]
    # C23: each leads to the other. C14: a bug was opened, and that is all the ticket says of it.
    assert str(ticket) in bug.remote_links[0].object["url"]
    assert desk.shown(ticket, "Work items") == bug.key
    # C6: the customer success manager hears of it, and nobody in place of her.
    [told] = desk.mail.mails
    assert told.recipient == "dana@acme.example"
    assert bug.key in told.part("plain")
    assert "Acme" in told.part("plain")

    # C15: R&D plans the fix into an upcoming patch.
    patch = desk.jira.add_version("Patch 7.2", "RD", "2027-03-01")
    await desk.edits(bug, fixVersions=[{"id": patch.id}])
    await desk.moves(bug, "Planned")
    assert desk.shown(ticket, "Work ETA") == "2027-03-01"
    # C17: fixed, first QA, committed, QA of the whole patch, Managed Services.
    for status in ("In Progress", "In QA", "Committed", "Patch QA"):
        await desk.moves(bug, status)
    desk.jira.person_edits_version(patch, releaseDate="2027-03-15")
    await desk.settle()
    await desk.moves(bug, "Managed Services")
    assert desk.shown(ticket, "Work ETA") == "2027-03-15"
    # C18: not with the customer before the patch is deployed.
    assert "Available to you" not in desk.heard[ticket]
    desk.jira.person_edits_version(patch, released=True)
    await desk.settle()
    await desk.moves(bug, "Done")
    assert desk.heard[ticket] == [
        "Reported to engineering", "Scheduled for a patch", "In development", "In testing",
        "Fixed and in the next patch", "Patch in testing", "Patch in release checks",
        "Available to you",
    ]  # fmt: skip
    # Closing and telling are a person's, in Zendesk.
    assert desk.zendesk.tickets[ticket].status == "open"
    assert desk.notes(ticket) == []
    assert await desk.world.findings() == set()


async def test_what_support_asks_for_first_is_ticked_at_the_ticket(desk: Desk) -> None:
    """C3: findings and next steps are promised. C4: what is asked at intake. C9, C22: in order."""
    ticket = desk.asks(customer(desk, "Acme", "plan_elite"), "Export fails", "It fails")
    await desk.says(ticket, {"Steps to reproduce": "Press Export"}, priority="high")
    answer = await desk.world.client.get("/api/v1/promises", headers=desk.world.admin)
    assert "first-findings" in answer.text
    said = await intake(desk, ticket)
    assert said["missing"] == [
        "Reproduced by support", "Since", "Users", "Instance",
    ]  # fmt: skip
    asked = await questions_to(desk.world.hub, TicketRef("zendesk", str(ticket)))
    assert asked.splitlines()[0] == "Since when does it happen, and does it still?"
    # Nobody escalates it past the order: reproduced first, then the decision.
    path = f"/api/v1/tickets/zendesk/{ticket}/escalate"
    client, headers = desk.world.client, desk.world.admin
    request = (await client.post(path, headers=headers, json={"reason": "They wait"})).json()
    accept = f"/api/v1/escalations/{request['id']}/accept"
    refused = await client.post(accept, headers=headers, json={"note": "Yes"})
    assert (refused.status_code, "Reproduced by support" in refused.text) == (422, True)
    known = {"Since when": "Monday", "Who is affected": "All", "Instance": "production"}
    await desk.says(ticket, {**known, "Reproduced": True})
    assert (await intake(desk, ticket))["missing"] == []


async def test_access_that_was_given_for_a_time_is_asked_after_until_it_has_ended(
    desk: Desk,
) -> None:
    """C11: nobody is left in a customer's environment."""
    ticket = desk.asks(customer(desk, "Acme", "plan_elite"), "Export fails", STEPS)
    await desk.says(ticket, {"Access until": "2026-01-31"})
    await look(desk.world)
    [entry] = (await entries(desk.world))["HYGIENE_END_PAST"]
    assert entry["sentence"].startswith(
        "Access to the customer's environment was to end on 2026-01-31"
    )
    await desk.says(ticket, {"Access until": None})
    await look(desk.world)
    assert await entries(desk.world) == {}
    # The day comes after the ticket is closed, and no work hangs on it.
    today = desk.world.hub.now().date()
    await desk.says(ticket, {"Access until": (today + timedelta(days=3)).isoformat()})
    await desk.says(ticket, status="solved")
    await look(desk.world)
    assert await entries(desk.world) == {}
    for days in (5, 6, 50):
        await goes_by(desk, today + timedelta(days=days))
        await look(desk.world)
        [entry] = (await entries(desk.world))["HYGIENE_END_PAST"]
    # Pressed, it is read again; and as nobody has taken it back, the next look finds it again.
    await mend(desk.world, entry)
    await desk.world.settle()
    await look(desk.world)
    assert [*(await entries(desk.world))] == ["HYGIENE_END_PAST"]
    desk.clock.base = desk.world.hub.db.clock
    await desk.says(ticket, {"Access until": None})
    await look(desk.world)
    assert await entries(desk.world) == {}


async def intake(desk: Desk, ticket: int) -> dict[str, Any]:
    """The checklist, held against the ticket."""
    path = f"/api/v1/tickets/zendesk/{ticket}/intake"
    answer = await desk.world.client.get(path, headers=desk.world.admin)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_what_r_and_d_marks_for_the_customer_comes_back_as_an_internal_note(
    desk: Desk,
) -> None:
    ticket = desk.asks(customer(desk, "Acme", "plan_premium"), "Export fails", STEPS)
    await desk.says(ticket, ESCALATED, priority="low")
    [bug] = desk.issues
    # C10: support asks, the customer answers, and support passes it on.
    desk.zendesk.agent_writes(ticket, "Which browser is it?")
    desk.zendesk.customer_writes(ticket, "Safari, and here is my password: hunter2")
    desk.zendesk.agent_writes(ticket, "#dev\nSafari only.", public=False)
    await desk.says(ticket)
    [passed_on] = bug.comments
    assert "Safari only." in adf.plain(passed_on.body)
    await desk.remarks(bug, "#customer", "The export works again when the filter is empty.")
    await desk.remarks(bug, "Customer's cache is a mess.")
    [note] = desk.notes(ticket)
    assert "The export works again when the filter is empty." in note
    assert len(bug.comments) == 3
    assert "hunter2" not in str([adf.plain(each.body) for each in bug.comments])
    assert await desk.world.findings() == set()


async def test_severity_and_success_plan_decide_how_soon(desk: Desk) -> None:
    # C16
    rows = {
        ("urgent", "Standard"): "Highest", ("high", "Elite"): "Highest",
        ("high", "Premium"): "High", ("normal", "Elite"): "High", ("normal", "Premium"): "Medium",
        ("low", "Elite"): "Medium", ("low", "Standard"): "Lowest",
    }  # fmt: skip
    tickets = {}
    for severity, plan in rows:
        acme = customer(desk, f"{plan}, {severity}", f"plan_{plan.lower()}")
        ticket = tickets[severity, plan] = desk.asks(acme, "Export fails", STEPS)
        desk.sets(ticket, ESCALATED, priority=severity)
    await desk.settle()
    assert {key: desk.priority(desk.issue_of(each)) for key, each in tickets.items()} == rows
    seen = {plan: (await desk.seen(ticket))["plan"] for (_, plan), ticket in tickets.items()}
    assert seen == {each: each for each in PLANS.values()}
    # C7: none of them has a manager of its own, so the group is told.
    assert {each.recipient for each in desk.mail.mails} == {"customer.success@acme.com"}
    assert await desk.world.findings() == set()


async def test_customer_whose_success_plan_is_not_known_is_asked_for_first(desk: Desk) -> None:
    acme = desk.zendesk.add_organization("Acme")
    ticket = desk.asks(acme, "Export fails", STEPS)
    await desk.says(ticket, ESCALATED, priority="high")
    assert desk.issues == []
    assert "plan" in await desk.lacking()
    desk.zendesk.person_edits_organization(acme, organization_fields={"plan": "plan_standard"})
    await desk.settle()
    assert desk.priority(desk.issue_of(ticket)) == "High"
    assert await desk.world.findings() == set()


async def test_what_support_can_resolve_is_closed_by_support(desk: Desk) -> None:
    # C12
    ticket = desk.asks(customer(desk, "Acme", "plan_elite"), "Where is the export?", "I look")
    await desk.says(ticket, {"Escalation": "resolved_in_support", "Reproduced": True})
    assert await desk.verdict(ticket) == "NOT_ROUTED"
    desk.zendesk.agent_writes(ticket, "Under More. Solved?")
    await desk.says(ticket, status="solved")
    assert (desk.issues, desk.mail.mails, desk.notes(ticket)) == ([], [], [])
    assert desk.shown(ticket, "Work stage") is None
    assert desk.zendesk.tickets[ticket].status == "solved"


async def test_solved_request_is_left_alone_until_an_answer_opens_it_again(desk: Desk) -> None:
    # C19, C20: the solved mail says that an answer opens the request again.
    ticket = desk.asks(customer(desk, "Acme", "plan_elite"), "Export fails", STEPS)
    await desk.says(ticket, ESCALATED, priority="high")
    [bug] = desk.issues
    await desk.says(ticket, status="solved")
    await desk.moves(bug, "In Progress")
    assert desk.shown(ticket, "Work stage") == "Reported to engineering"
    desk.clock.seconds += 2
    desk.zendesk.customer_writes(ticket, "It still fails.")
    await desk.settle()
    assert desk.zendesk.tickets[ticket].status == "open"
    assert desk.shown(ticket, "Work stage") == "In development"
    assert len(desk.issues) == 1


async def test_bug_that_will_not_be_fixed_is_said_to_be_not_planned(desk: Desk) -> None:
    ticket = desk.asks(customer(desk, "Acme", "plan_standard"), "Export is slow", STEPS)
    await desk.says(ticket, ESCALATED, priority="low")
    await desk.moves(desk.issues[0], "Won't Do")
    assert desk.heard[ticket] == ["Reported to engineering", "Not planned"]
    assert desk.zendesk.tickets[ticket].status == "open"
    assert await desk.world.findings() == set()

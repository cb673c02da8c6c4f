"""Customers in production and in implementation, power users and contacts (K1 to K14)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.domain.refs import TicketRef
from bridge.engine import telling
from bridge.web.panel_content import as_document, content_of
from connectors.rocketlane.simulator.records import Task
from tests.scenarios.process import Desk, Field, make_jira, open_desk

FIELDS: dict[str, Field] = {
    "Finding": ("tagger", ("problem", "question")),
    "Severity": ("tagger", ("critical", "high", "normal", "low")),
    "Lifecycle": ("tagger", ("production", "implementation")),
    "Asked by": ("tagger", ("power_user", "contact", "partner")),
    "Escalate": ("checkbox", ()),
    "Escalation reason": ("text", ()),
    "Escalation contact": ("text", ()),
}
LEAD = "lead@acme.example"
PROBLEM = {"Finding": "problem", "Severity": "high", "Lifecycle": "production"}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    jira = make_jira("FSE", statuses=(("Won't Do", "done"),))
    async with open_desk(tmp_path, "production-or-implementation", FIELDS, jira) as opened:
        # K6, K8: Basic is included, Premium is optional; it is chosen from a list.
        plans = {"basic_support": "Basic", "premium_support": "Premium"}
        opened.zendesk.add_organization_field("plan", "Support plan", plans)
        opened.zendesk.add_organization_field("implementation_lead", "Implementation lead")
        opened.rocketlane.rocketlane.workspace.add_person(LEAD, "Ana", "Lead")
        yield opened


def customer(desk: Desk, name: str, plan: str = "basic_support", **more: str) -> int:
    """A customer with that support plan."""
    return desk.zendesk.add_organization(name, organization_fields={"plan": plan, **more})


def tasks(desk: Desk) -> list[Task]:
    """The tasks there are."""
    return [*desk.rocketlane.rocketlane.workspace.tasks.values()]


async def move(desk: Desk, task: Task, status: str) -> None:
    """A consultant moves the task, and everything settles."""
    desk.clock.seconds += 2
    desk.rocketlane.person_moves_status(str(task.id), status)
    await desk.settle()


async def test_problem_in_production_goes_through_every_step_until_the_case_is_closed(
    desk: Desk,
) -> None:
    acme = customer(desk, "Acme", "premium_support")
    ticket = desk.asks(acme, "Schedule is empty", "Since the update the board shows nothing.")
    # K1: support serves whoever asks; K10: who that is decides whether the case can go on.
    await desk.says(ticket, PROBLEM)
    assert await desk.verdict(ticket) == "NEEDS_DECISION"
    # K11: a power user logs new cases.
    await desk.says(ticket, {"Asked by": "power_user"})
    [bug] = desk.issues
    assert bug.fields["summary"] == "[Acme] Schedule is empty"
    assert desk.priority(bug) == "Highest"  # K8: high, and Premium
    assert desk.shown(ticket, "Work items") == bug.key
    await desk.edits(bug, duedate="2027-04-01")
    assert desk.shown(ticket, "Work ETA") == "2027-04-01"
    for status in ("In Progress", "In Review", "Done"):
        await desk.moves(bug, status)
    # K3: the prescribed steps.
    assert desk.heard[ticket] == [
        "Reported to the team", "Being worked on", "In testing", "Available to you",
    ]  # fmt: skip
    await desk.remarks(bug, "#customer", "Reload the board once.")
    [note] = desk.notes(ticket)
    assert "Reload the board once." in note
    # Closing, and sharing what was learned (K4), are a person's.
    assert desk.zendesk.tickets[ticket].status == "open"
    assert (tasks(desk), await desk.world.findings()) == ([], set())


async def test_problem_in_implementation_is_a_task_of_the_lead_in_the_customers_project(
    desk: Desk,
) -> None:
    desk.rocketlane.add_project("Globex rollout", "Globex")
    own = desk.rocketlane.add_project("Acme rollout", "ACME")
    acme = customer(desk, "Acme")
    ticket = desk.asks(acme, "Import stops", "At step 4, with our price list.")
    # K2: an alliance implementation partner asks for its client.
    await desk.says(ticket, {**PROBLEM, "Lifecycle": "implementation", "Asked by": "partner"})
    # Nobody is known who implements it for this customer: held, and a finding says who is missing.
    assert tasks(desk) == []
    assert "implementation_lead" in await desk.lacking()
    desk.zendesk.person_edits_organization(acme, organization_fields={"implementation_lead": LEAD})
    await desk.settle()
    [task] = tasks(desk)
    assert (task.project, task.name) == (own, "Import stops")
    assert {each.email for each in task.assignees} == {LEAD}
    # Customers read a task in a shared project: what they wrote stands in the private note.
    assert "price list" in task.private_note
    assert "price list" not in task.description
    assert desk.shown(ticket, "Work items") == f"#{task.id}"
    desk.rocketlane.person_edits(str(task.id), dueDate="2027-02-01")
    await desk.settle()
    assert desk.shown(ticket, "Work ETA") == "2027-02-01"
    await move(desk, task, "In progress")
    desk.rocketlane.person_comments(str(task.id), "<p>#customer</p><p>Please send the list.</p>")
    desk.rocketlane.person_comments(str(task.id), "<p>They never read the manual.</p>")
    await desk.world.sweep("rocketlane")
    await move(desk, task, "Completed")
    # K3: the same steps, wherever the work is.
    assert desk.heard[ticket] == ["Reported to the team", "Being worked on", "Available to you"]
    [note] = desk.notes(ticket)
    assert "Please send the list." in note
    assert "manual" not in note
    assert (desk.issues, await desk.world.findings()) == ([], set())


async def test_what_a_contact_logs_stays_until_a_power_user_takes_it_over(desk: Desk) -> None:
    # K14: contacts review and update cases; a question stays with support whoever asks it.
    acme = customer(desk, "Acme")
    case, question = desk.asks(acme, "Empty", "?"), desk.asks(acme, "How?", "?")
    desk.sets(case, {**PROBLEM, "Asked by": "contact"})
    desk.sets(question, {**PROBLEM, "Finding": "question", "Asked by": "power_user"})
    await desk.settle()
    assert [await desk.verdict(each) for each in (case, question)] == ["NOT_ROUTED", "NOT_ROUTED"]
    assert (desk.issues, tasks(desk)) == ([], [])
    # K11
    await desk.says(case, {"Asked by": "power_user"})
    [bug] = desk.issues
    assert desk.priority(bug) == "High"  # K6: the plan that everybody has
    # A contact's update is the case's own: it opens what was solved, and launches nothing more.
    await desk.says(case, status="solved")
    desk.clock.seconds += 2
    desk.zendesk.customer_writes(case, "One more thing")
    await desk.moves(bug, "In Progress")
    assert desk.shown(case, "Work stage") == "Being worked on"
    assert desk.issues == [bug]
    assert desk.heard[question] == []
    assert await desk.world.findings() == set()


async def test_power_user_has_a_ticket_escalated_by_its_form_and_a_contact_does_not(
    desk: Desk,
) -> None:
    """K11: escalating by request. K16: where the policy is published stands in what they read."""
    acme = customer(desk, "Acme", "premium_support")
    ours, theirs = desk.asks(acme, "Empty", "?"), desk.asks(acme, "Slow", "?")
    asked = {"Escalate": True, "Escalation reason": "Forty planners wait"}
    desk.sets(theirs, {**PROBLEM, **asked, "Asked by": "contact"})
    desk.sets(ours, {**PROBLEM, **asked, "Asked by": "power_user"})
    await desk.settle()
    answer = await desk.world.client.get("/api/v1/escalations", headers=desk.world.admin)
    [request] = answer.json()["items"]
    assert (request["ticket"]["id"], request["reason"]) == (str(ours), "Forty planners wait")
    assert request["asked_by"] == "the ticket itself"
    begun = await telling.begun(desk.world.hub, TicketRef("zendesk", str(ours)))
    assert "Our support policy: https://support.example/policy" in begun
    panel = as_document(await content_of(desk.world.hub, "zendesk", str(ours)), "", "")
    assert panel["policy"] == "https://support.example/policy"

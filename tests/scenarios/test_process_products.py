"""From the web form to the product's team and back: severities, versions, filing (D2 to D27)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connectors.jira.simulator import adf
from tests.scenarios.process import Desk, Field, make_jira, open_desk

PROJECTS = {
    "crashplan_proe": "PROE",
    "crashplan_pro": "PRO",
    "crashplan_home": "HOME",
    "shareplan": "SHARE",
}
FIELDS: dict[str, Field] = {
    "Assessment": ("tagger", ("bug", "feature_request", "configuration_change")),
    "Severity": ("tagger", ("severity_1", "severity_2", "severity_3", "severity_4")),
    "Product": ("tagger", tuple(PROJECTS)),
    "Topic": ("tagger", ("restore", "backup", "account", "other")),
    "Major version": ("tagger", ("newest", "previous", "older")),
    "Operating system": ("text", ()),
    "Steps to reproduce": ("textarea", ()),
}
FORM = {
    "Product": "crashplan_proe", "Topic": "restore", "Major version": "newest",
    "Operating system": "Windows 7",
}  # fmt: skip
STEPS = {"Steps to reproduce": "1. Choose a file\n2. Press Restore"}
GUID = "Computer 587738803578339329, user kim@acme.example"
CHAMPIONS = "champions@acme.com"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    jira = make_jira(*PROJECTS.values(), "IDEAS", statuses=(("Won't Do", "done"),))
    async with open_desk(tmp_path, "products-and-severities", FIELDS, jira) as opened:
        yield opened


def submits(desk: Desk, subject: str = "Restore stops", text: str = GUID) -> int:
    """A customer submits the web form with its logs; the ticket's number."""
    acme = desk.zendesk.add_organization(f"Acme {len(desk.zendesk.tickets)}")
    logs = [("service.log", b"restore failed", "text/plain")]
    return desk.asks(acme, subject, text, files=logs)


async def test_suspected_bug_is_filed_with_the_products_team_and_followed_to_its_end(
    desk: Desk,
) -> None:
    # D2, D4, D5: the form says product, system, version and device, and logs come with it.
    ticket = submits(desk)
    await desk.says(ticket, FORM)
    assert desk.issues == []
    # D26: a customer champion determines that it is a bug, D12: and how severe.
    # D25: without the steps that replicate it nothing is filed.
    await desk.says(ticket, {"Assessment": "bug", "Severity": "severity_2"})
    assert desk.issues == []
    assert "Steps to reproduce" in await desk.lacking()
    await desk.says(ticket, STEPS)
    # D3, D27: filed on behalf of the customer, with the team of that product.
    [bug] = desk.issues
    assert bug.key == "PROE-1"
    assert "2. Press Restore" in adf.plain(bug.fields["description"])
    assert "Windows 7" in adf.plain(bug.fields["environment"])
    assert [each.content for each in bug.attachments] == [b"restore failed"]
    assert str(ticket) in bug.remote_links[0].object["url"]
    # D4: the device and the person stay on the ticket.
    assert "587738803578339329" not in repr(bug)
    assert "kim@acme.example" not in repr(bug)
    # D10: severity 2, but a restore.
    assert desk.priority(bug) == "Highest"
    assert "severity-high" in bug.fields["labels"]
    await desk.edits(bug, duedate="2027-01-20")
    assert desk.shown(ticket, "Work ETA") == "2027-01-20"
    for status in ("In Progress", "In Review", "Done"):
        await desk.moves(bug, status)
    assert desk.heard[ticket] == [
        "Filed with engineering", "In development", "In testing", "Available to you",
    ]  # fmt: skip
    await desk.remarks(bug, "#customer", "Update to 3.6.5, then restore again.")
    [note] = desk.notes(ticket)
    assert "Update to 3.6.5" in note
    # D14: the champion solves it; the hub closes nothing, neither earlier nor later.
    assert desk.zendesk.tickets[ticket].status == "open"
    assert (desk.mail.mails, await desk.world.findings()) == ([], set())


async def test_product_decides_the_team_and_topic_the_order_within_a_severity(desk: Desk) -> None:
    # D3, D9, D10, D12
    said = {
        ("crashplan_pro", "severity_1", "other"): ("PRO-1", "Highest"),
        ("crashplan_home", "severity_3", "backup"): ("HOME-1", "High"),
        ("shareplan", "severity_3", "account"): ("SHARE-1", "Medium"),
        ("crashplan_proe", "severity_4", "other"): ("PROE-1", "Low"),
    }
    tickets = {}
    for product, severity, topic in said:
        ticket = tickets[product, severity, topic] = submits(desk)
        form = {**FORM, "Product": product, "Topic": topic, "Major version": "previous"}
        desk.sets(ticket, {**form, **STEPS, "Assessment": "bug", "Severity": severity})
    await desk.settle()
    issues = {key: desk.issue_of(ticket) for key, ticket in tickets.items()}
    assert {key: (each.key, desk.priority(each)) for key, each in issues.items()} == said
    assert await desk.world.findings() == set()


async def test_what_is_no_bug_goes_elsewhere_or_stays(desk: Desk) -> None:
    # D26: what would be new goes to one list; a configuration change is the customer's own.
    idea, change = submits(desk, "Dark theme", "Please"), submits(desk, "Proxy", "How?")
    desk.sets(idea, {**FORM, "Assessment": "feature_request", "Severity": "severity_4"})
    desk.sets(change, {**FORM, "Assessment": "configuration_change"})
    await desk.settle()
    [wish] = desk.issues
    types = {each.id: each.name for each in desk.jira.site.issue_types}
    assert (wish.key, types[wish.fields["issuetype"]]) == ("IDEAS-1", "Story")
    assert desk.shown(idea, "Work items") == "IDEAS-1"
    assert await desk.verdict(change) == "NOT_ROUTED"
    await desk.moves(wish, "Won't Do")
    assert desk.heard[idea] == ["Filed with engineering", "Not planned"]
    assert desk.heard[change] == []


async def test_bug_of_a_version_that_is_not_supported_is_the_champions_to_decide(
    desk: Desk,
) -> None:
    # D23: the two most current major versions are supported.
    bug = {**FORM, **STEPS, "Assessment": "bug", "Severity": "severity_1"}
    old, unknown = submits(desk), submits(desk)
    desk.sets(old, {**bug, "Major version": "older"})
    desk.sets(unknown, {**bug, "Major version": None})
    await desk.settle()
    assert desk.issues == []
    assert await desk.verdict(old) == "NOT_ROUTED"
    [told] = desk.mail.mails
    assert told.recipient == CHAMPIONS
    assert str(old) in told.part("plain")
    # A bug that names no version is for a person, and a finding says so.
    assert await desk.verdict(unknown) == "NEEDS_DECISION"
    assert await desk.world.findings() == {"NEEDS_DECISION"}
    await desk.says(unknown, {"Major version": "previous"})
    assert desk.shown(unknown, "Work items") == "PROE-1"
    assert await desk.world.findings() == set()


async def test_answer_before_the_closing_opens_the_ticket_for_the_same_champion(
    desk: Desk,
) -> None:
    ticket = submits(desk)
    bug = {**FORM, **STEPS, "Assessment": "bug", "Severity": "severity_3"}
    await desk.says(ticket, bug)
    champion = desk.zendesk.tickets[ticket].values["assignee_id"]
    [issue] = desk.issues
    # D16: pending while the customer is asked; engineering's steps are shown meanwhile.
    await desk.says(ticket, status="pending")
    await desk.moves(issue, "In Progress")
    assert desk.shown(ticket, "Work stage") == "In development"
    # D14: solved; then nothing more is written, until D15: an answer opens it again.
    await desk.says(ticket, status="solved")
    await desk.moves(issue, "Done")
    assert desk.shown(ticket, "Work stage") == "In development"
    desk.clock.seconds += 2
    desk.zendesk.customer_writes(ticket, "It still stops.")
    await desk.settle()
    assert desk.shown(ticket, "Work stage") == "Available to you"
    assert desk.zendesk.tickets[ticket].values["assignee_id"] == champion
    assert len(desk.issues) == 1
    # D14, D17: closed by Zendesk's own rule, for good.
    await desk.says(ticket, status="solved")
    desk.zendesk.automation_closes(ticket)
    await desk.moves(issue, "In Progress")
    assert desk.shown(ticket, "Work stage") == "Available to you"
    assert desk.zendesk.tickets[ticket].status == "closed"

"""Two processes walked to their end on one clock, over a weekend, a holiday and a restart.

From the ticket to the client who was told, and to the ticket that is closed, or comes back.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from connectors.jira.simulator import adf
from tests.scenarios.promised import Firm, Moved, Story, minutes, story
from tests.scenarios.test_drafts import drafts, press
from tests.scenarios.test_process_escalation import FIELDS as ESCALATED
from tests.scenarios.test_process_escalation import WORKFLOW
from tests.scenarios.test_process_products import FIELDS as PRODUCTS

PROJECTS = ("PROE", "PRO", "HOME", "SHARE", "IDEAS")
BUG = {
    "Assessment": "bug", "Severity": "severity_3", "Product": "crashplan_pro", "Topic": "restore",
    "Major version": "newest", "Operating system": "Windows 7", "Region": "us",
    "Steps to reproduce": "1. Press Restore",
}  # fmt: skip
JUDGED = {
    "Escalation": "bug", "Severity": "high", "Impact": "work_hindered", "Environment": "production",
}  # fmt: skip
ENDS = {"CLOSED_BEFORE_FIXED", "CLOSED_SILENTLY", "DONE_NOT_CLOSED"}


def local(text: str, zone: str) -> datetime:
    """A reading of the clock on the wall there."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def chicago(text: str) -> datetime:
    return local(text, "America/Chicago")


async def stage(told: Story, ticket: int) -> str | None:
    """The stage as the list shows it."""
    answer = await told.world.client.get(
        f"/api/v1/tickets/zendesk/{ticket}", headers=told.world.admin
    )
    found = answer.json()["stage"]
    return None if found is None else str(found["id"])


async def moves(told: Story, status: str) -> None:
    """Somebody moves the one issue."""
    [issue] = told.firm.jira.site.issues.values()
    more: dict[str, Any] = {"resolution": {"name": "Done"}} if status == "Done" else {}
    told.firm.jira.person_moves_status(issue.id, status, **more)
    await told.settle()


async def approved(told: Story) -> str:
    """Somebody approves the one message that waits; what it says."""
    [draft] = await drafts(told.world)
    assert (await press(told.world, draft, "approve")).status_code == 200
    await told.settle()
    return str(draft["text"])


def said(told: Story, ticket: int) -> list[str]:
    """What the customer read of staff and hub, oldest first."""
    comments = told.zendesk.tickets[ticket].comments
    return [each.body for each in comments if each.public]


async def filed(told: Story) -> int:
    """A bug is filed, and its customer hears of it in time; the ticket's number."""
    await told.at(chicago("2026-12-23T10:01"))
    ticket = told.asks("Restore stops", **BUG)
    told.zendesk.person_edits_ticket(ticket, assignee_id=told.zendesk.agent_id, status="open")
    await told.settle()
    assert await stage(told, ticket) == "reported"
    await moves(told, "In Progress")
    await told.at(chicago("2026-12-24T09:30"))
    told.zendesk.agent_writes(ticket, "We have found the cause.")
    await told.settle()
    [promise] = await told.promises()
    assert (promise["kept_before"], promise["missed"]) == (1, 0)
    return ticket


async def reopened(told: Story, ticket: int) -> None:
    """An answer opens the ticket for the same agent, and the bug's people hear of it."""
    agent = told.zendesk.tickets[ticket].values["assignee_id"]
    told.zendesk.customer_writes(ticket, "It stops again.")
    await told.settle()
    assert told.zendesk.tickets[ticket].values["assignee_id"] == agent
    [issue] = told.firm.jira.site.issues.values()
    heard = [adf.plain(each.body) for each in issue.comments]
    assert len([each for each in heard if "has replied" in each]) == 1
    assert not any("stops again" in each for each in heard)
    await moves(told, "In Progress")
    assert await stage(told, ticket) == "in_development"


async def test_bug_is_closed_once_its_client_was_told_and_a_reply_walks_it_again(
    tmp_path: Path,
) -> None:
    """D11, D14, D15, D25, C18: Christmas, a weekend and a restart lie between."""
    firm = Firm(
        Moved(chicago("2026-12-23T10:00")), {**PRODUCTS, "Region": ("tagger", ("us", "au"))},
        PROJECTS, (("Won't Do", "done"),),
    )  # fmt: skip
    name = "products-and-severities"
    async with firm.mail.running():
        async with story(tmp_path, name, firm) as told:
            ticket = await filed(told)
        # Nobody is there on Christmas, and the hub is not either.
        firm.clock.move_to(chicago("2026-12-26T09:00"))
        async with story(tmp_path, name, firm) as told:
            await told.at(chicago("2026-12-26T09:25"))
            assert await told.states(ticket) == {"update": "at_risk"}
            await moves(told, "Done")
            assert await stage(told, ticket) == "available"
            assert "is finished" in await approved(told)
            [promise] = await told.promises()
            assert (promise["kept_before"], promise["missed"]) == (2, 0)
            told.zendesk.person_edits_ticket(ticket, status="solved")
            await told.at(chicago("2026-12-27T12:00"))
            assert (await told.promises()) == []
            await reopened(told, ticket)
            await told.at(chicago("2026-12-28T11:00"))
            await moves(told, "Done")
            assert "is finished" in await approved(told)
            told.zendesk.person_edits_ticket(ticket, status="solved")
            await told.settle()
            told.zendesk.automation_closes(ticket)
            await told.at(chicago("2027-01-04T12:00"))
            assert len([each for each in said(told, ticket) if "is finished" in each]) == 2
            assert await told.world.findings() & ENDS == set()
            assert len(firm.jira.site.issues) == 1


async def test_issue_is_with_the_client_only_with_its_release_and_then_they_are_told_once(
    tmp_path: Path,
) -> None:
    """O10, O12, O25, O27: done on a Friday, released on a Tuesday, told in the original ticket."""
    zone = "America/New_York"
    firm = Firm(Moved(local("2026-11-25T10:00", zone)), ESCALATED, ("DEV",), WORKFLOW)
    name = "escalation-to-jira"
    async with firm.mail.running():
        async with story(tmp_path, name, firm) as told:
            await told.at(local("2026-11-25T10:01", zone))
            ticket = told.asks("Permits can not be paid", **JUDGED)
            await told.settle()
            [issue] = firm.jira.site.issues.values()
            release = firm.jira.add_version("December", "DEV", "2026-12-01")
            firm.jira.person_edits(issue.id, {"fixVersions": [{"id": release.id}]})
            await told.settle()
            # Thanksgiving is no business day: the date is promised by Friday, and told on that day.
            await told.at(local("2026-11-27T09:30", zone))
            assert await told.states(ticket) == {"eta": "at_risk"}
            told.zendesk.agent_writes(ticket, "We expect it on 1 December 2026.")
            await told.settle()
            assert await told.states(ticket) == {"eta": "kept"}
            await moves(told, "Done")
            assert await stage(told, ticket) == "in_release"
            assert await drafts(told.world) == []
        # The hub is away over the weekend and while it is released.
        firm.clock.move_to(local("2026-12-01T08:00", zone))
        firm.jira.person_edits_version(release, released=True)
        async with story(tmp_path, name, firm) as told:
            await told.at(local("2026-12-01T09:00", zone) + minutes(1))
            assert await stage(told, ticket) == "available"
            assert "is finished" in await approved(told)
            for _ in range(2):
                await told.world.sweep("zendesk")
            assert len([each for each in said(told, ticket) if "is finished" in each]) == 1
            assert await drafts(told.world) == []
            agent = told.zendesk.agent_id
            told.zendesk.person_edits_ticket(ticket, assignee_id=agent, status="solved")
            await told.settle()
            assert await told.world.findings() == set()

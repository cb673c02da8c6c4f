"""From the front line through Jira and quality assurance back to the client (O1 to O32)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bridge.engine import notices
from bridge.store.tables import notices as notice_table
from connectors.jira.simulator import adf
from tests.scenarios.process import Desk, Field, make_jira, open_desk

FIELDS: dict[str, Field] = {
    "Escalation": ("tagger", ("bug", "front_line")),
    "Severity": ("tagger", ("critical", "high", "normal", "low")),
    "Impact": ("tagger", ("work_stopped", "work_hindered", "inconvenience")),
    "Environment": ("tagger", ("production", "preview")),
}
WORKFLOW = (
    ("In QA", "indeterminate"), ("Ready for release", "indeterminate"), ("Won't Do", "done"),
)  # fmt: skip
CARRIERS = ("lead.one@acme.com", "lead.two@acme.com")
ON_CALL = "on.call@acme.com"
JUDGED = {"Severity": "high", "Impact": "work_hindered", "Environment": "production"}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    jira = make_jira("DEV", statuses=WORKFLOW)
    async with open_desk(tmp_path, "escalation-to-jira", FIELDS, jira) as opened:
        yield opened


def client(desk: Desk, name: str = "Town of Alder") -> int:
    """A client."""
    return desk.zendesk.add_organization(name)


async def escalated(desk: Desk, subject: str = "Permits can not be paid", **said: str) -> int:
    """The ticket of a bug that the escalation manager has judged; its number."""
    ticket = desk.asks(client(desk, f"Client {len(desk.zendesk.tickets)}"), subject, "Pay: 500")
    await desk.says(ticket, {"Escalation": "bug", **JUDGED, **said})
    return ticket


async def call(desk: Desk, method: str, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
    """An escalation agent asks the hub."""
    answer = await desk.world.client.request(
        method, f"/api/v1{path}", json=body or None, headers=desk.world.admin
    )
    return answer.status_code, answer.json()


async def pass_time(desk: Desk) -> None:
    """The time comes at which whoever has not acknowledged is told again."""
    async with desk.world.hub.db.write() as connection:
        due = sa.update(notice_table).where(notice_table.c.due_at.is_not(None)).values(due_at=0)
        await connection.execute(due)
    await notices.wake(desk.world.hub, ["mail"])
    await desk.settle()


async def test_bug_goes_through_jira_and_quality_assurance_and_the_client_hears_in_the_ticket(
    desk: Desk,
) -> None:
    # O1: the client launches a ticket.
    screen = [("screen.png", b"\x89PNG it fails", "image/png")]
    ticket = desk.asks(client(desk), "Permits can not be paid", "Press Pay: 500", files=screen)
    await desk.settle()
    # O21: the front line has found, with the client and by testing, that it is a bug.
    await desk.says(ticket, {"Escalation": "bug"})
    assert desk.issues == []
    # O22: severity alone is not enough, the impact on the client is to be judged too.
    await desk.says(ticket, {"Severity": "high", "Environment": "production"})
    assert desk.issues == []
    assert "Impact" in await desk.lacking()
    assert desk.mail.mails == []
    await desk.says(ticket, {"Impact": "work_hindered"})
    # O23: it is entered in Jira, with both.
    [issue] = desk.issues
    assert issue.key.startswith("DEV-")
    assert desk.priority(issue) == "High"
    labels = {"severity-high", "impact-work-hindered", "ticketbridge"}
    assert set(issue.fields["labels"]) == labels
    assert "Press Pay: 500" in adf.plain(issue.fields["description"])
    assert [each.content for each in issue.attachments] == [screen[0][1]]
    # O24: linked to the conversation, and back.
    assert str(ticket) in issue.remote_links[0].object["url"]
    assert desk.shown(ticket, "Work items") == issue.key
    # O20: those who carry it through development hear of it, and on-call does not.
    assert {each.recipient for each in desk.mail.mails} == set(CARRIERS)
    assert all(issue.key in each.part("plain") for each in desk.mail.mails)

    # O25: the estimated time to resolution is on the ticket, for whoever tells the client.
    await desk.edits(issue, duedate="2027-02-10")
    await desk.moves(issue, "In Progress")
    # O12: there are roll-outs on Tuesdays and Thursdays only.
    assert desk.shown(ticket, "Work ETA") == "2027-02-11"
    # O10: it goes out with the monthly release, whose date counts from then on.
    release = desk.jira.add_version("February", "DEV", "2027-02-25")
    await desk.edits(issue, fixVersions=[{"id": release.id}])
    # O26: development has addressed it; quality assurance tests.
    await desk.moves(issue, "In QA")
    assert desk.shown(ticket, "Work ETA") == "2027-02-25"
    await desk.moves(issue, "Ready for release")
    # O27: the client is to be told here, in the original ticket.
    desk.jira.person_edits_version(release, released=True)
    await desk.settle()
    await desk.moves(issue, "Done")
    assert desk.heard[ticket] == [
        "Reported to engineering", "In development", "In quality assurance",
        "In an upcoming release", "Available to you",
    ]  # fmt: skip
    assert desk.zendesk.tickets[ticket].status == "open"
    assert desk.notes(ticket) == []
    assert len(desk.mail.mails) == len(CARRIERS)
    assert await desk.world.findings() == set()


async def test_critical_issue_is_told_to_on_call_until_somebody_takes_it(desk: Desk) -> None:
    # O3, O4: work has stopped.
    ticket = await escalated(desk, Severity="critical", Impact="work_stopped")
    issue = desk.issue_of(ticket)
    assert desk.priority(issue) == "Highest"
    assert [len(desk.box(each)) for each in (ON_CALL, *CARRIERS)] == [1, 1, 1]
    await pass_time(desk)
    assert [len(desk.box(each)) for each in (ON_CALL, *CARRIERS)] == [2, 1, 1]
    await desk.edits(issue, assignee={"accountId": desk.jira.ana.account_id})
    await desk.settle()
    await pass_time(desk)
    assert [len(desk.box(each)) for each in (ON_CALL, *CARRIERS)] == [2, 1, 1]
    assert await desk.world.findings() == set()


async def test_what_the_front_line_settles_stays_with_the_front_line(desk: Desk) -> None:
    # O17
    ticket = desk.asks(client(desk), "Where do I add a user?", "?")
    await desk.says(ticket, {"Escalation": "front_line", **JUDGED})
    assert await desk.verdict(ticket) == "NOT_ROUTED"
    assert (desk.issues, desk.mail.mails, desk.heard[ticket]) == ([], [], [])


async def test_client_of_a_preview_is_told_to_development_as_such(desk: Desk) -> None:
    # O16
    ticket = await escalated(desk, Environment="preview", Impact="inconvenience")
    assert adf.plain(desk.issue_of(ticket).fields["environment"]).strip() == "Preview"


async def test_every_client_of_a_bug_hears_of_it_in_the_original_ticket(desk: Desk) -> None:
    # O28: many months, and a second client; O27: each in its own ticket, though two were merged.
    first = await escalated(desk)
    issue = desk.issue_of(first)
    second = desk.asks(client(desk), "Paying fails", "500 again")
    again = desk.asks(client(desk, "Town of Birch"), "Paying fails", "Me too")
    await desk.settle()
    for ticket in (second, again):
        ends = {"ticket": {"connection": "zendesk", "id": str(ticket)}}
        item = {"connection": "jira", "key": issue.key}
        assert (await call(desk, "POST", "/links", **ends, work_item=item))[0] == 201
    await desk.settle()
    desk.clock.seconds += 2
    desk.zendesk.person_merges(again, second)
    await desk.settle()
    await desk.moves(issue, "In QA")
    assert [desk.shown(each, "Work stage") for each in (first, again)] == [
        "In quality assurance",
        "In quality assurance",
    ]
    _, seen = await call(desk, "GET", f"/work-items/jira/{issue.id}")
    assert {each["ticket"]["id"] for each in seen["links"]} == {str(first), str(again)}
    assert desk.issues == [issue]


async def test_what_development_writes_stays_there_unless_it_is_marked(desk: Desk) -> None:
    # O32: only what is marked comes, for support to read.
    ticket = await escalated(desk)
    issue = desk.issue_of(ticket)
    await desk.remarks(issue, "The client broke it themselves.")
    assert desk.notes(ticket) == []
    await desk.remarks(issue, "#customer", "Until then please pay by card.")
    [note] = desk.notes(ticket)
    assert "Until then please pay by card." in note


def clients_side(desk: Desk) -> str:
    """Everything that is kept where clients, and those who tell them, can read it."""
    mails = [each.message.as_string() for each in desk.mail.mails]
    return repr([[*desk.zendesk.tickets.values()], mails])


async def test_sentry_issue_is_launched_in_jira_and_related_there_and_never_on_the_ticket(
    desk: Desk,
) -> None:
    ticket = await escalated(desk)
    issue, error = desk.issue_of(ticket), desk.sentry.error_occurs()
    # O30: it is never linked directly to a client's ticket.
    ends = {"ticket": {"connection": "zendesk", "id": str(ticket)}}
    wrong = {"connection": "sentry", "id": str(error.id)}
    status, refused = await call(desk, "POST", "/links", **ends, work_item=wrong)
    assert (status, refused["code"]) == (422, "sentry_never_on_ticket")
    # O31: instead it is launched as an issue of its own, a related task through Jira.
    related = {"connection": "jira", "key": issue.key}
    path = f"/signals/sentry/{error.id}/launch?wait=10"
    status, _ = await call(desk, "POST", path, related_to=related)
    assert status == 201
    await desk.settle()
    [own] = [each for each in desk.issues if each.id != issue.id]
    assert own.key.startswith("DEV-")
    [link] = desk.jira.site.links.values()
    assert link.type.name == "Relates"
    assert {link.inward, link.outward} == {issue.id, own.id}
    # Support sees a number, and the ticket its own issue alone.
    assert (await desk.seen(ticket))["internal_tasks"] == 1
    assert desk.shown(ticket, "Work items") == issue.key
    # O29, O32: what is said in Sentry, and on its issue, is for engineering, marked or not.
    said = desk.sentry.canaries_planted.plant("marked")
    desk.sentry.person_comments(error)
    await desk.remarks(own, "#customer", said)
    await desk.moves(own, "Done")
    assert desk.heard[ticket] == ["Reported to engineering"]
    await desk.moves(issue, "In Progress")
    assert desk.heard[ticket] == ["Reported to engineering", "In development"]
    assert desk.notes(ticket) == []
    assert desk.sentry.canaries_planted.found_in(clients_side(desk)) == []
    for shown in ("", "/timeline", "/explain"):
        _, answer = await call(desk, "GET", f"/tickets/zendesk/{ticket}{shown}")
        assert desk.sentry.canaries_planted.found_in(str(answer)) == []
    # The search for leaks finds one.
    desk.zendesk.agent_writes(ticket, said, public=False)
    assert desk.sentry.canaries_planted.found_in(clients_side(desk)) == [said]

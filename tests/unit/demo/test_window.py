"""The page beside the demo shows what every system holds, and trusts no text of theirs."""

from __future__ import annotations

from email.message import EmailMessage

import httpx

from bridge.cli.demo.window import page, sights, window
from connectors.email.simulator import Mail
from tests.unit.demo.well_kept_desk import SECRET, well_kept_desk


def test_every_system_is_shown_with_what_it_holds() -> None:
    day = well_kept_desk()
    seen = {each.title: repr(each.rows) for each in sights(day.vendors)}
    assert day.after.request.subject in seen["HubSpot"]
    assert "Reported to engineering" in seen["Zendesk"]
    assert day.issue.key in seen["Jira"]
    assert "Ticketing Questions" in seen["Rocketlane"]
    assert SECRET in seen["Sentry"]
    assert SECRET not in seen["HubSpot"] + seen["Zendesk"] + seen["Teams"] + seen["E-mail"]
    assert f"Task #{day.task.id}" in seen["Teams"]


def test_merged_tickets_are_shown_once() -> None:
    day = well_kept_desk()
    other = day.scene.file_ticket(day.after.request)
    day.vendors.helpdesk.person_merges(day.after.ticket_id, other.ticket_id)
    [hubspot] = [each for each in sights(day.vendors) if each.title == "HubSpot"]
    assert len(hubspot.rows) == 1


def test_only_the_newest_rows_are_shown_and_all_are_counted() -> None:
    day = well_kept_desk()
    for number in range(20):
        day.vendors.boards.person_creates("Bug", f"Bug number {number}.")
    shown = page(sights(day.vendors))
    assert "Bug number 19." in shown
    assert "Bug number 1." not in shown
    assert "20 in all" in shown


async def test_page_escapes_what_people_wrote_and_leads_to_the_page_of_a_lead() -> None:
    day = well_kept_desk()
    day.vendors.boards.person_creates("Bug", "<script>alert(1)</script>")
    message = EmailMessage()
    message["Subject"] = "High bug"
    message.set_content("I know, I see to it: http://hub.test/ack/abc\n")
    day.vendors.mail.mails.append(Mail("a@x.example", "b@x.example", message, True, None))
    transport = httpx.ASGITransport(app=window(day.vendors))
    async with httpx.AsyncClient(transport=transport, base_url="http://window.test") as client:
        answer = await client.get("/")
    assert answer.status_code == 200
    assert "<script>" not in answer.text
    assert "href='http://hub.test/ack/abc'" in answer.text

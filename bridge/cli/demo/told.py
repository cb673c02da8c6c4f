"""What Teams and the mailboxes hold of a ticket, and a person who presses the button in a mail."""

from __future__ import annotations

import re

import httpx

from bridge.cli.demo.cast import LEADS
from bridge.cli.demo.projects import SITE
from bridge.cli.demo.vendors import Vendors
from connectors.email.simulator import Mail
from connectors.teams.simulator import Run

_LINK = re.compile(r"https?://\S+/ack/\S+")
AGAIN = "Again: "
"""How the subject of a repeated mail begins."""


def mails_about(vendors: Vendors, lead: str, ticket_id: str) -> list[Mail]:
    """The first mails to that lead about a ticket: not what was repeated later."""
    return [
        each
        for each in vendors.mail.box(lead)
        if f"Ticket: {ticket_id}\n" in each.part("plain").replace("\r", "")
        and not str(each.message["Subject"]).startswith(AGAIN)
    ]


def cards_about(vendors: Vendors, lead: str, ticket_id: str) -> int:
    """The first cards in the channel that tell that lead of a ticket."""
    count = 0
    for run in vendors.channel.shown:
        facts = {f["title"]: f["value"] for b in run.card["body"] for f in b.get("facts", [])}
        again = ", told " in run.text
        count += facts.get("Ticket") == ticket_id and lead in run.text and not again
    return count


def acknowledge_link(mail: Mail) -> str | None:
    """Where a mail lets its reader say that they know; None where nobody asks."""
    found = _LINK.search(mail.part("plain"))
    return None if found is None else found.group()


def mails_naming(vendors: Vendors, address: str, key: str) -> list[Mail]:
    """The mails to somebody that name a work item."""
    return [each for each in vendors.mail.box(address) if key in each.part("plain")]


def project_cards(vendors: Vendors, ticket_id: str) -> list[Run]:
    """The cards in the channel that lead to the ticket's task in Rocketlane."""
    keys = [f"#{task.id}" for task in vendors.tasks_of(ticket_id)]
    return [
        run
        for run in vendors.channel.shown
        if any(key in run.text for key in keys) and any(SITE in url for url in run.urls.values())
    ]


def leads_to_screenshots(card: Run) -> bool:
    """Whether a card leads to the hub's own page of the ticket's files: never to a public one."""
    return any("/tickets/hubspot/" in url for url in card.urls.values())


def both_told(vendors: Vendors, ticket_id: str) -> bool:
    """Whether both leads have heard of the ticket, in the channel and by mail."""
    return all(
        len(mails_about(vendors, lead, ticket_id)) == 1
        and cards_about(vendors, lead, ticket_id) == 1
        for lead in LEADS
    )


async def acknowledge(vendors: Vendors, lead: str, ticket_id: str, name: str) -> bool:
    """The lead presses the button behind the mail's link; whether the hub took it."""
    link = acknowledge_link(mails_about(vendors, lead, ticket_id)[0])
    if link is None:
        return False
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(link, data={"name": name})
    return answer.status_code == 200 and f"Acknowledged by {name}" in answer.text

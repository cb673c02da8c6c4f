"""What is judged at the end of the day, and what a judgement looks like."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape

from bridge.cli.demo.casebook import Case, Casebook, DeskCase
from bridge.cli.demo.vendors import Vendors


@dataclass(frozen=True, slots=True)
class Day:
    """What is judged: the vendors' state, and what was done to bring it about."""

    vendors: Vendors
    book: Casebook


@dataclass(frozen=True, slots=True)
class Verdict:
    """One check and what it found wrong."""

    title: str
    problems: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


Check = Callable[[Day], Iterator[str]]
"""Tells the sentences of what is wrong; none is good."""


def name_of(case: Case) -> str:
    """How a check speaks of a ticket of customer success."""
    return f"ticket {case.ticket_id} ({case.request.subject})"


def desk_name_of(case: DeskCase) -> str:
    """How a check speaks of a ticket of the desk."""
    return f"desk ticket {case.ticket_id} ({case.request.subject})"


def all_that_others_read(vendors: Vendors) -> dict[str, str]:
    """Every word on tickets, of all times, on cards and in mails, by the system it is in."""
    helpdesk, zendesk = vendors.helpdesk, vendors.desk.zendesk
    records = [*helpdesk.tickets.values(), *helpdesk.notes.values()]
    held = [v.value or "" for r in records for versions in r.history.values() for v in versions]
    said = [m.text + m.rich_text for t in helpdesk.threads.values() for m in t.messages]
    tickets = [
        repr([ticket.versions, [c.body + c.html_body for c in ticket.comments]])
        for ticket in zendesk.tickets.values()
    ]
    words = {
        "hubspot": [*held, *said],
        "zendesk": tickets,
        "internal": [run.text for run in vendors.channel.runs],
        "mail": [
            f"{each.message['Subject']} {each.part('plain')} {each.part('html')}"
            for each in vendors.mail.mails
        ],
    }
    return {name: unescape("\n".join(texts)) for name, texts in words.items()}

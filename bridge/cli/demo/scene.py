"""What the acts of the story have at hand: the vendors, the casebook, and ways to act and wait."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bridge.cli.demo.casebook import Case, Casebook
from bridge.cli.demo.cast import Colleague, Request
from bridge.cli.demo.hub_api import HubApi
from bridge.cli.demo.narrator import BOARDS, HELPDESK, Narrator
from bridge.cli.demo.vendors import CATEGORY, KEYS, Vendors, picture
from connectors.azure_devops.simulator import Item

_POLL_S = 0.02
_ASKING_S = 0.1
"""The hub is asked less often than the simulators are looked at: each question costs it time."""
PATIENCE_S = 20.0
_PRIORITY_WORDS = {"HIGH": "High", "MEDIUM": "Normal", "LOW": "Low"}


class StoryEnds(Exception):
    """Something that the rest of the story needs did not come about."""


@dataclass(slots=True)
class Scene:
    """The stage on which the acts play."""

    vendors: Vendors
    narrator: Narrator
    speed: float = 1.0
    """How fast people act; pauses are divided by it. Waiting for the hub is never cut short."""
    book: Casebook = field(default_factory=Casebook)
    patience_s: float = PATIENCE_S
    """How long the hub may take before the story goes on without it."""
    deed_at: float = 0.0
    hub: HubApi | None = None
    """The hub as somebody with a token asks it; None where there is no hub."""

    async def pause(self, seconds: float = 1.0) -> None:
        """Time that people need between two deeds."""
        await asyncio.sleep(seconds / self.speed)

    def act(self, where: str, text: str) -> None:
        """Tell of a deed that has just been done; waiting is measured from here."""
        self.deed_at = time.monotonic()
        self.narrator.deed(where, text)

    async def linger(self, seconds: float) -> None:
        """Time that must really pass, because the story shows that nothing happens in it."""
        await asyncio.sleep(seconds)

    async def until(
        self,
        holds: Callable[[], bool | Awaitable[bool]],
        text: str | Callable[[], str],
        patience_s: float | None = None,
    ) -> bool:
        """Wait for something to be seen or heard of, and tell of it; False if it never was."""
        patience_s = self.patience_s if patience_s is None else patience_s
        while True:
            found = holds()
            pause = _POLL_S if isinstance(found, bool) else _ASKING_S
            if found if isinstance(found, bool) else await found:
                break
            if time.monotonic() - self.deed_at > patience_s:
                said = text if isinstance(text, str) else "what was waited for"
                self.book.missed.append(f"after {patience_s:.0f} s still not: {said}")
                self.narrator.missed(f"not within {patience_s:.0f} s: {said}")
                return False
            await asyncio.sleep(pause)
        said = text if isinstance(text, str) else text()
        self.narrator.seen(said, time.monotonic() - self.deed_at)
        return True

    async def until_shown(self, case: Case, name: str, value: str, text: str) -> bool:
        """Wait until the ticket shows a value (a date may come with a time)."""
        return await self.until(
            lambda: self.vendors.shown(case.ticket_id, name).partition("T")[0] == value, text
        )

    def file_ticket(
        self, request: Request, *, company: bool = True, category: str | None = None
    ) -> Case:
        """The customer's CSM files the request, with what the customer sent along."""
        vendors, csm = self.vendors, request.customer.csm
        ticket_id = vendors.helpdesk.person_creates_ticket(
            request.subject,
            request.text,
            request.category if category is None else category or None,
            request.priority,
            vendors.companies[request.customer.name] if company else None,
            by=vendors.user(csm),
            hubspot_owner_id=vendors.owners[csm.email],
        )
        case = self.book.open(Case(request, ticket_id, request.work, in_project=request.in_project))
        files = []
        if request.screenshot:
            case.pictures.append(request.screenshot)
            content = picture(request.screenshot)
            files = [vendors.helpdesk.person_uploads(request.screenshot, content, "image/png")]
        vendors.helpdesk.customer_writes(ticket_id, request.text, files)
        return case

    def tell_filed(self, case: Case, remark: str = "") -> None:
        """Tell that a ticket was filed."""
        request = case.request
        csm = f"{request.customer.csm.first} (CSM)"
        kind = f"{request.category}, {_PRIORITY_WORDS[request.priority]}"
        along = ", with a screenshot" if request.screenshot else ""
        who = f"{request.customer.name} ({request.customer.plan})"
        self.act(HELPDESK, f"{csm} files for {who}: “{request.subject}” [{kind}]{along}{remark}")

    def item(self, case: Case) -> Item:
        """The work item of a ticket that has one; without it the story can't go on."""
        items = self.vendors.items_of(case.ticket_id)
        if not items:
            raise StoryEnds(f"“{case.request.subject}” has no work item to go on with")
        return items[0]

    def has_work(self, case: Case) -> bool:
        """Whether the item is there with its files and the ticket shows its key."""
        items = self.vendors.items_of(case.ticket_id)
        return (
            len(items) == 1
            and len(self.vendors.files_of(items[0])) == len(case.pictures)
            and self.shows(case, KEYS, f"#{items[0].id}")
        )

    def shows(self, case: Case, name: str, value: str) -> bool:
        """Whether the ticket shows that value."""
        return self.vendors.shown(case.ticket_id, name) == value

    def categorise(self, case: Case, category: str, by: Colleague) -> None:
        """A person sets the category of a ticket."""
        self.vendors.helpdesk.person_edits_ticket(
            case.ticket_id, by=self.vendors.user(by), **{CATEGORY: category}
        )

    def move(self, case: Case, state: str, by: str) -> None:
        """An engineer moves the item of a ticket."""
        item = self.item(case)
        before = item.state
        self.vendors.boards.person_moves_state(item.id, state, by)
        name = by.partition(" <")[0]
        self.act(BOARDS, f"{name} moves {item.type} #{item.id} from {before} to {state}")

"""What the suite asks of a vendor's stand-in: the deeds of people, a door, a dial of faults.

A new connector brings one rig and nothing else; the tests know no vendor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import httpx

from bridge.domain.operations import ItemField, LaunchItem
from tests.conformance.line import Line, RigClock

WEBHOOK_URL = "https://bridge.example.com/webhooks/desk"


@dataclass(frozen=True, slots=True)
class Refusal:
    """How the vendor words a refusal."""

    headers: Mapping[str, str]
    body: bytes


class Rig(Protocol):
    """One account at one vendor, as any role is tested on it."""

    vendor: str
    """The connector's name in the registry."""
    home: str
    """The host that is called where the settings name no `base_url`."""
    origin: str
    """The `base_url` of the settings."""
    clock: RigClock
    line: Line
    secrets: tuple[str, ...]
    """Texts that must never be shown: tokens and webhook secrets, encoded as they travel too."""
    door_secret: str
    """With what the vendor proves its webhooks."""
    proof: str
    """The header, in lower case, that carries the proof."""
    signs_body: bool
    """Whether the proof covers the bytes; a manifest page says so where it does not."""
    pause: timedelta
    """How long `refusal(429, …)` asks to wait."""
    unknown_ids: Sequence[str]
    """Ids that name no record: a well-formed one first."""

    def settings(self, *door_secrets: str) -> dict[str, Any]:
        """The connection's entry in bridge.yaml, its door opened by these secrets."""
        ...

    def refusal(self, status: int, words: str) -> Refusal:
        """The vendor's own answer of that status, its message holding the words."""
        ...

    def subscribe(self) -> None:
        """Have every change announced at `WEBHOOK_URL` from now on."""
        ...

    async def deliver(self, client: httpx.AsyncClient) -> int:
        """Post the webhooks that are due; how many requests that took."""
        ...

    def lag(self, span: timedelta) -> None:
        """Let the vendor's lists and searches trail behind by that much."""
        ...

    def rewrite_html(self) -> None:
        """Let the vendor keep rich text in its own spelling, where it is known to do so."""
        ...

    def person_creates(self, subject: str = "Export fails", body: str = "") -> str:
        """A person makes a record; its id."""
        ...

    def person_edits(self, id: str, subject: str) -> None:
        """A person changes the subject."""
        ...

    def person_deletes(self, id: str) -> None:
        """A person puts the record into the bin."""
        ...

    def person_restores(self, id: str) -> None:
        """A person takes it out again."""
        ...

    def person_comments(self, id: str, html: str) -> str:
        """A person of the team writes an internal comment; its id."""
        ...

    def state(self, id: str) -> Mapping[str, object]:
        """What the vendor keeps of the record, without stamps and counters."""
        ...


class HelpdeskRig(Rig, Protocol):
    """An account where customers speak."""

    text_field: str
    """A field of free text that the vendor calls its own."""
    own_field: str
    """A field that an admin added for the hub; empty on every new ticket."""
    timed_field: str
    """A field whose own time of change can be asked for; `person_edits` leaves it alone."""
    wrong_values: Sequence[tuple[str, str]]
    """Field and value that the vendor refuses: a wrong option, an unknown field."""

    def person_attaches(self, id: str, name: str, content: bytes) -> None:
        """A person puts a file on the ticket."""
        ...

    def customer_writes(self, id: str, text: str) -> None:
        """The customer sends a message."""
        ...

    def staff_answers(self, id: str, text: str) -> None:
        """A person of the team answers the customer."""
        ...

    def person_closes(self, id: str) -> None:
        """A person, or the vendor's nightly rule, closes the ticket for good."""
        ...

    def shown_to_customer(self, id: str) -> str:
        """Everything of the conversation that the customer can read."""
        ...

    def add_company(self, name: str, **properties: str) -> str:
        """A customer; its id."""
        ...

    def add_company_choice(self, name: str, options: Mapping[str, str]) -> None:
        """A list of customers' choices is defined: words that people see, by their values."""
        ...

    def person_assigns(self, id: str, company: str) -> None:
        """A person says whose ticket it is."""
        ...

    def app_links(self, id: str) -> Sequence[str]:
        """The vendor's own app links the ticket to items; their keys (none without an app)."""
        ...


class TrackerRig(Rig, Protocol):
    """An account where the work is done."""

    subject_field: str
    """What an item is called."""
    long_field: str
    """A field of rich text, which is the item's description."""
    good_values: Sequence[ItemField]
    """Fields that can be written on a launched item, none as it is at first."""
    wrong_values: Sequence[ItemField]
    """Fields that the vendor refuses: a wrong option, an unknown field."""

    def launch(self, marker: str) -> LaunchItem:
        """A launch that the vendor accepts."""
        ...

    def person_clones(self, id: str) -> str:
        """A person copies an item with everything on it; the copy's id."""
        ...

    def person_links(self, id: str, url: str, comment: str) -> None:
        """A person adds a hyperlink."""
        ...

    def item_ids(self) -> Sequence[str]:
        """Every item there is."""
        ...

    def file_content(self, attachment_id: str) -> bytes:
        """The bytes kept of a file."""
        ...

    def related(self, id: str) -> Sequence[str]:
        """The items that it is related to in the tracker's own way."""
        ...

    def spellings(self, id: str) -> Sequence[str]:
        """The forms in which people name an item: id, key, addresses."""
        ...

    def foreign_spellings(self, id: str) -> Sequence[str]:
        """Texts that look like them and name nothing of this account."""
        ...

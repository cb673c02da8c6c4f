"""Mail on a ticket's timeline: what was said where there is no conversation, and our own letters.

https://developers.hubspot.com/docs/api/crm/email
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bridge.domain.drafts import Approved
from bridge.domain.errors import ApproveAgain, Rejected, ScopeMissing
from bridge.domain.mails import Addressee, SentLetter
from bridge.domain.records import parse_instant
from bridge.ports.speaking import Message as ToSay
from bridge.ports.speaking import Spoken
from connectors.hubspot.associations import AssociationReader
from connectors.hubspot.client import Client
from connectors.hubspot.comments import INCOMING, is_own_email, is_said_email, words
from connectors.hubspot.manifest import BATCH
from connectors.hubspot.payloads import Record, Records
from connectors.hubspot.render import Renderer
from connectors.hubspot.speaking import BY_HAND

MAIL = "sales-email-read"
SCOPES = "crm.objects.contacts.read, crm.objects.contacts.write and sales-email-read"
_FORGET_AFTER = timedelta(hours=1)


class Mails:
    """Reads the mail of tickets, and puts letters there."""

    def __init__(
        self, client: Client, render: Renderer, linked: AssociationReader, app_id: str | None
    ) -> None:
        self._client = client
        self._render = render
        self._linked = linked
        self._app_id = app_id
        self._unreadable_since: datetime | None = None

    @property
    def readable(self) -> bool:
        """Whether mail may be read, as far as is known; a refusal holds for an hour."""
        since = self._unreadable_since
        return since is None or self._client.now() - since >= _FORGET_AFTER

    def forbid(self) -> None:
        """HubSpot has just refused to show any."""
        self._unreadable_since = self._client.now()

    async def said(self, ids: Iterable[str]) -> list[Record] | None:
        """The mails of these ids that went out or came in; None where they can't be read."""
        wanted = sorted(set(ids), key=int)
        if not self.readable:
            return None
        found: list[Record] = []
        try:
            for start in range(0, len(wanted), BATCH):
                request = self._render.emails(wanted[start : start + BATCH])
                found += (await self._client.ask(request, Records)).results
        except ScopeMissing:
            self.forbid()
            return None
        return [each for each in found if not each.archived and is_said_email(each)]

    async def addressee(
        self,
        id: str,
        recipients: Sequence[str],
        approved: Approved | None = None,
        *,
        then: datetime | None = None,
    ) -> Addressee:
        """The chosen contact, else who of them wrote last, else the only one there is.

        `approved`: only if that was so when it was approved too. `then`: as it was at that moment.
        """
        if self._app_id is None:
            raise Rejected(
                "Without app_id in bridge.yaml the hub would not know its own mail again: "
                f"{BY_HAND}, or name the app"
            )
        ticket = await self._ticket(id)
        contacts = await self._linked.ids(ticket, "contacts")
        people = await self._people(contacts)
        came = [] if recipients else await self._came(ticket)
        wanted = [*recipients] or _last(came, people, then) or contacts
        if approved is not None and not recipients:
            before = _last(came, people, approved.at) or contacts
            _require_approved(wanted, approved, same=wanted == before)
        if not wanted:
            raise Rejected(f"The ticket has no contact to write to: {BY_HAND}")
        if len(wanted) > 1:
            raise Rejected(
                "The ticket has several contacts and no conversation, and a mail goes to one: "
                "write the message once more and choose who receives it"
            )
        person = people.get(wanted[0])
        address = "" if person is None else (person.properties.get("email") or "").strip()
        if person is None or not address:
            raise Rejected(f"HubSpot has no e-mail address of the contact: {BY_HAND}")
        names = (person.properties.get(each) or "" for each in ("firstname", "lastname"))
        return Addressee(address, " ".join(" ".join(names).split()))

    async def show(self, id: str, letter: SentLetter) -> str:
        """Put the letter on the ticket's timeline, unless it stands there."""
        found = self._entry(await self._of_ticket(id), letter)
        if found is not None:
            return found
        to = await self._shown_to(id, letter)
        try:
            return await self._client.create(self._render.new_email(id, letter, to))
        except ScopeMissing as missing:
            raise Rejected(
                f"The hub's token may not keep mail on tickets ({SCOPES})", detail=missing.detail
            ) from None

    async def shown(self, id: str, letter: SentLetter) -> str | None:
        """The entry that shows the letter; Rejected where mail can't be read."""
        ticket = await self._ticket(id)
        mails = await self.said(await self._linked.ids(ticket, "emails"))
        if mails is None:
            raise Rejected(
                "HubSpot did not say whether it kept the mail, and the hub's token may not look "
                f"({MAIL}): it is not put there a second time. See whether the ticket shows it"
            )
        return self._entry(mails, letter)

    def _entry(self, mails: Sequence[Record], letter: SentLetter) -> str | None:
        own = (
            each.id
            for each in mails
            if self._is(each, letter.html.value) and _moment(each) == letter.at
        )
        return next(own, None)

    async def find(self, id: str, message: ToSay, since: datetime) -> Spoken | None:
        """The letter among the ticket's mail, by words, app, time and whom it is for."""
        letters = [
            each
            for each in await self._of_ticket(id)
            if each.id not in message.others
            and ((at := _moment(each)) is None or at >= since)
            and self._is(each, message.html)
        ]
        people = await self._people(message.recipients) if letters else {}
        meant = {_folded(each, "email") for each in people.values()} - {""}
        for each in letters:
            to = _folded(each, "hs_email_to_email")
            # The same words may have gone to somebody else.
            if not (to and meant) or to in meant:
                return Spoken(each.id, id, _moment(each))
        return None

    async def _ticket(self, id: str) -> Record:
        request = self._render.ticket(id, [], [], ["contacts", "emails"])
        return await self._client.ask(request, Record)

    async def _of_ticket(self, id: str) -> list[Record]:
        ticket = await self._ticket(id)
        return await self.said(await self._linked.ids(ticket, "emails")) or []

    async def _people(self, ids: Sequence[str]) -> dict[str, Record]:
        if not ids:
            return {}
        request = self._render.records(
            "contacts", [*ids][:BATCH], ("email", "firstname", "lastname")
        )
        found = await self._client.ask(request, Records)
        return {each.id: each for each in found.results if not each.archived}

    async def _came(self, ticket: Record) -> list[Record]:
        """The mails that came in."""
        mails = await self.said(await self._linked.ids(ticket, "emails")) or []
        return [each for each in mails if each.properties.get("hs_email_direction") == INCOMING]

    async def _shown_to(self, id: str, letter: SentLetter) -> Addressee | None:
        try:
            return await self.addressee(id, letter.recipients, then=letter.at)
        except Rejected:
            # It went out; whose address it was is no longer plain.
            return None

    def _is(self, email: Record, html: str) -> bool:
        return is_own_email(email, self._app_id) and words(html) == words(
            email.properties.get("hs_email_html") or ""
        )


def _last(came: Sequence[Record], people: dict[str, Record], then: datetime | None) -> list[str]:
    """The contact whose mail came in last; nobody where that was somebody else's."""
    if then is not None:
        came = [each for each in came if (at := _moment(each)) is None or at <= then]
    newest = max(came, key=lambda each: each.properties.get("hs_timestamp") or "", default=None)
    sender = _folded(newest, "hs_email_from_email")
    ids = [id for id, each in people.items() if sender and _folded(each, "email") == sender]
    return ids[:1]


def _require_approved(wanted: Sequence[str], approved: Approved, *, same: bool) -> None:
    if not same or not set(wanted) <= set(approved.people):
        raise ApproveAgain(
            "By now the letter would go to somebody else than when it was approved. Nothing was "
            "sent: look at who receives it, choose them if need be, and approve it again"
        )


def _moment(email: Record) -> datetime | None:
    return parse_instant(email.properties.get("hs_timestamp") or "")


def _folded(record: Record | None, name: str) -> str:
    return "" if record is None else (record.properties.get(name) or "").strip().casefold()

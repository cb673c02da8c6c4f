"""Zendesk as a helpdesk: tickets in, fields and internal notes out."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.domain.errors import RecordMissing, Rejected, ScopeMissing
from bridge.domain.records import Attachment, Company, Contact, Observation, Reference, Source
from bridge.domain.refs import TicketRef
from bridge.domain.schema import NewField, Probe, Schema
from bridge.ports.roles import AppLink, ChangedPage, Want
from bridge.ports.speaking import Message, Spoken
from connectors.zendesk import probing, render
from connectors.zendesk.client import Client
from connectors.zendesk.customers import Customers
from connectors.zendesk.facts import GONE, Site, moment, revision_of, written_facts
from connectors.zendesk.fields import Learned, body_of
from connectors.zendesk.manifest import BATCH
from connectors.zendesk.payloads import (
    CommentAnswer,
    ExportPage,
    FileAnswer,
    JiraLinks,
    TicketAnswer,
    Tickets,
    UpdateAnswer,
    Users,
)
from connectors.zendesk.reading import Reader, check_id, is_id
from connectors.zendesk.redaction import blotted
from connectors.zendesk.reference import reference_of
from connectors.zendesk.settings import ZendeskSettings
from connectors.zendesk.speaking import Speaker

_TOO_RECENT = timedelta(minutes=2)
"""The export refuses to begin within the last minute, by a clock that is not ours."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the sweep stands: a place in the export, or the time at which it is to begin."""

    place: str | None
    since: datetime

    @classmethod
    def parse(cls, text: str | None, since: datetime) -> Cursor:
        """The cursor of that text; the beginning where it is none of ours."""
        try:
            held = json.loads(text or "")
            place = held["place"]
        except (ValueError, KeyError, TypeError):
            return cls(None, since)
        return cls(place if isinstance(place, str) and place else None, since)

    def text(self) -> str:
        """The opaque form."""
        return json.dumps({"place": self.place})


class ZendeskHelpdesk:
    """The helpdesk role of one Zendesk account."""

    def __init__(
        self, name: str, settings: ZendeskSettings, client: Client, learned: Learned
    ) -> None:
        self._name = name
        self._settings = settings
        self._client = client
        self._learned = learned
        self._site = Site(settings.site)
        self._reader = Reader(name, client, learned, self._site)
        self._customers = Customers(client)
        self._speaker = Speaker(client, self._reader)

    async def fetch_ticket(self, id: str, want: Want) -> Observation:
        """The ticket as it is now; of one that is deleted Zendesk says only that it is missing."""
        check_id(id)
        await self._reader.know(want.fields | want.timed)
        seen_at = self._client.now()
        ticket = (await self._client.ask(render.ticket(id), TicketAnswer)).ticket
        return await self._reader.observe(ticket, want, seen_at)

    async def fetch_tickets(self, ids: Sequence[str], want: Want) -> list[Observation]:
        """The tickets of these ids that are live, a call for each hundred.

        What was said on a ticket and when a field changed are asked one by one, where wanted.
        """
        wanted = [id for id in dict.fromkeys(ids) if is_id(id)]
        if wanted:
            await self._reader.know(want.fields | want.timed)
        seen: list[Observation] = []
        for start in range(0, len(wanted), BATCH):
            part = wanted[start : start + BATCH]
            seen_at = self._client.now()
            found = (await self._client.ask(render.tickets(part), Tickets)).tickets
            by_id = {each.id: each for each in found if each.status not in GONE}
            seen += [
                await self._reader.observe(by_id[id], want, seen_at) for id in part if id in by_id
            ]
        return seen

    def ticket_id(self, url: str) -> str | None:
        """The id in the address of a ticket's page in this account, as people copy it."""
        return self._site.ticket_id(url)

    async def set_fields(
        self, id: str, fields: Mapping[str, str], revision: int | None = None
    ) -> Observation:
        """Write fields in one call; `Stale` if somebody changed the ticket since `revision`."""
        check_id(id)
        await self._reader.know(fields, kinds=True)
        request = render.update(id, body_of(fields, self._learned), revision)
        seen_at = self._client.now()
        try:
            ticket = (await self._client.ask(request, UpdateAnswer)).ticket
        except Rejected as refused:
            raise self._named(refused, fields) from refused
        facts = written_facts(
            ticket, fields, seen_at=seen_at, learned=self._learned, site=self._site
        )
        return Observation(
            TicketRef(self._name, ticket.id),
            facts,
            seen_at,
            Source.WRITE,
            revision=revision_of(moment(ticket.updated_at, seen_at)),
        )

    def _named(self, refused: Rejected, fields: Mapping[str, str]) -> Rejected:
        """The refusal with the field as the mapping names it; Zendesk says its id, or nothing."""
        names = {self._learned.id_of(each) or each: each for each in fields}
        names |= {each: each for each in fields}
        of_ticket = refused.detail.startswith("403")
        if refused.field is None and (of_ticket or len(fields) > 1):
            return refused
        name = names.get(refused.field or "", next(iter(fields)) if len(fields) == 1 else None)
        if name is None:
            return refused
        return Rejected(f"Zendesk refuses the value of {name}", field=name, detail=refused.detail)

    async def add_note(self, id: str, html: str) -> str:
        """Add an internal note; its id. Not idempotent: Zendesk has no key for updates."""
        check_id(id)
        return await self._client.add(render.note(id, html))

    async def say(self, id: str, message: Message) -> Spoken:
        """Answer the requester and those in copy with a public comment."""
        check_id(id)
        return await self._speaker.say(id, message)

    async def find_said(self, id: str, message: Message, since: datetime) -> Spoken | None:
        """The message by its name, whenever it was said: in this ticket or in a follow-up."""
        check_id(id)
        return await self._speaker.find_said(id, message.marker)

    async def follow_up(self, id: str, message: Message) -> Spoken:
        """Continue a closed ticket by a new one that begins with the message."""
        check_id(id)
        return await self._speaker.follow_up(id, message)

    async def redact_comment(self, id: str, comment_id: str) -> None:
        """Blot out all that stands in a comment; done again, it changes nothing any more."""
        check_id(id)
        check_id(comment_id)
        comment = await self._reader.comment(id, comment_id)
        request = render.redaction(id, comment_id, blotted(comment.html_body))
        await self._client.ask(request, CommentAnswer)

    async def list_changed(self, cursor: str | None, since: datetime, want: Want) -> ChangedPage:
        """A page of the export. Each row says by its revision whether the ticket is to be read.

        In `changed_ids` are those that are deleted: a read proves it.
        """
        at = Cursor.parse(cursor, since)
        seen_at = self._client.now()
        await self._reader.know(want.fields - want.timed)
        start = min(since, seen_at - _TOO_RECENT)
        page = await self._client.ask(render.export(at.place, start), ExportPage)
        latest = {each.id: each for each in page.tickets}
        live = [each for each in latest.values() if each.status not in GONE]
        place = Cursor(page.after_cursor or at.place, since)
        return ChangedPage(
            tuple([await self._reader.observe(each, want, seen_at, Source.LIST) for each in live]),
            place.text(),
            # A page that leads nowhere is the last, whatever it says.
            more=not page.end_of_stream and place.place != at.place,
            changed_ids=tuple(each.id for each in latest.values() if each.status in GONE),
        )

    @asynccontextmanager
    async def open_attachment(
        self, ticket_id: str, attachment: Attachment
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The file's bytes; Zendesk's address leads on to its file host."""
        check_id(attachment.id)
        try:
            found = await self._client.ask(render.attachment(attachment.id), FileAnswer)
        except RecordMissing as gone:
            raise Rejected("Zendesk does not show the file", detail=gone.detail) from None
        async with self._client.download(found.attachment.content_url) as content:
            yield content

    async def fetch_app_links(self, id: str) -> tuple[AppLink, ...]:
        """The issues that Zendesk's own Jira app has linked to the ticket; admins only."""
        check_id(id)
        try:
            links = (await self._client.ask(render.jira_links_of(id), JiraLinks)).links
        except ScopeMissing as missing:
            # Without this right all else goes on; it must not pause the connection.
            message = "Zendesk shows the links of its own Jira app to admins only"
            raise Rejected(message, detail=missing.detail) from None
        return tuple(
            AppLink("Zendesk's Jira app", "jira", each.issue_key)
            for each in links
            if each.issue_key and each.ticket_id == id
        )

    async def fetch_company(self, id: str, properties: frozenset[str]) -> Company:
        """An organisation: its own facts, and its fields by their keys."""
        check_id(id)
        return await self._customers.fetch(id, properties)

    async def fetch_contacts(self, ids: Sequence[str], properties: frozenset[str]) -> list[Contact]:
        """People with their own fields, by key, and their `tags`."""
        return await self._customers.contacts(ids, properties)

    async def find_people(self, email: str) -> list[str]:
        """The people with that address, as far as the search knows; it lags by minutes."""
        found = await self._client.ask(render.people(email), Users)
        return [each.id for each in found.users if each.id is not None]

    async def fetch_reference(self) -> Reference:
        """Statuses, fields and the hub's own agent, read live."""
        return await reference_of(self._client, self._reader)

    async def fetch_schema(self) -> Schema:
        """Reference data, the row of statuses, and the fields of organisations."""
        return await probing.schema_of(self._client, await self.fetch_reference())

    async def probe(self) -> Probe:
        """Who the hub is in Zendesk and what that opens; nothing is changed to find out."""
        me = await self._reader.me()
        open_ = bool(self._settings.webhook_secrets)
        door = f"/webhooks/{self._name}"
        return await probing.probe(self._client, me, self._settings.subdomain, door, open_=open_)

    async def create_fields(self, fields: Sequence[NewField]) -> None:
        """Never asked: the manifest says that a person makes fields."""
        names = ", ".join(each.name for each in fields)
        raise Rejected(f"Ticket fields are made by an admin in Zendesk: {names}")

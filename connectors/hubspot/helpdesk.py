"""HubSpot as a helpdesk: tickets in, fields and internal notes out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from bridge.domain.drafts import Approved
from bridge.domain.errors import CredentialProblem, RecordMissing, Rejected, ScopeMissing
from bridge.domain.mails import Addressee, SentLetter
from bridge.domain.records import (
    CONTACTS,
    CUSTOMER,
    Attachment,
    Company,
    Contact,
    Fact,
    Observation,
    Presence,
    Reference,
    Source,
)
from bridge.domain.refs import TicketRef
from bridge.domain.schema import NewField, Probe, Schema
from bridge.ports.roles import ChangedPage, Want
from bridge.ports.speaking import Message, Spoken
from connectors.hubspot import probing
from connectors.hubspot.associations import AssociationReader, ids_of
from connectors.hubspot.changes import EMAILS, NOTES, THREADS, Cursor, changed_ids
from connectors.hubspot.client import Client
from connectors.hubspot.customers import Customers
from connectors.hubspot.facts import (
    STANDARD_PROPERTIES,
    Account,
    changed_at,
    customer_of,
    facts_without_time,
    merged_ids,
    thread_facts,
    ticket_facts,
    with_alias,
    written_facts,
)
from connectors.hubspot.ids import check_id, is_id, parts_of
from connectors.hubspot.mails import MAIL, Mails
from connectors.hubspot.manifest import BATCH, HISTORY_BATCH
from connectors.hubspot.owners import owners_of
from connectors.hubspot.payloads import (
    AccountDetails,
    Pipelines,
    Properties,
    Record,
    Records,
    SignedUrl,
)
from connectors.hubspot.properties import PropertyShapes
from connectors.hubspot.reference import reference_of
from connectors.hubspot.render import Renderer
from connectors.hubspot.settings import HubSpotSettings
from connectors.hubspot.speaking import Speaker
from connectors.hubspot.talk import Talk


class HubSpotHelpdesk:
    """The helpdesk role of one HubSpot account."""

    def __init__(
        self, name: str, settings: HubSpotSettings, client: Client, shapes: PropertyShapes
    ) -> None:
        self._name = name
        self._settings = settings
        self._client = client
        self._shapes = shapes
        self._account = Account(settings.portal_id)
        self._render = Renderer(settings.api_version)
        self._learning = asyncio.Lock()
        self._linked = AssociationReader(client, self._render)
        self._talk = Talk(client, self._render, settings.app_id)
        self._mails = Mails(client, self._render, self._linked, settings.app_id)
        self._customers = Customers(client, self._render)
        self._speaker = Speaker(client, self._render, self._talk, self._linked, settings)

    @property
    def missing_scopes(self) -> tuple[str, ...]:
        """Scopes the hub could use and the token lacks, as far as reads have shown."""
        return (*self._talk.missing_scopes, *(() if self._mails.readable else (MAIL,)))

    async def fetch_ticket(self, id: str, want: Want) -> Observation:
        """The ticket as it is now; of a merged one, the ticket that it lives on in."""
        check_id(id)
        await self._learn(want.fields | want.timed)
        seen_at = self._client.now()
        try:
            ticket = await self._ticket(id, want)
        except RecordMissing:
            survivor = await self._survivor(id)
            ticket = await self._ticket(survivor or id, want, archived=survivor is None)
        seen = await self._complete(ticket, want, seen_at)
        return seen if seen.ref.id == id else with_alias(seen, id)

    async def fetch_tickets(self, ids: Sequence[str], want: Want) -> list[Observation]:
        """The tickets of these ids that are live, in a few calls for each hundred.

        Conversations have no batch read; they are looked up one by one, and only when comments
        or attachments are wanted.
        """
        wanted = [id for id in dict.fromkeys(ids) if is_id(id)]
        seen: list[Observation] = []
        for part in parts_of(wanted, BATCH):
            seen_at = self._client.now()
            tickets = await self._live(part, want)
            if tickets:
                seen += await self._observed(tickets, want, seen_at)
        return seen

    def ticket_id(self, url: str) -> str | None:
        """The id in the address of a ticket's page in this account, as people copy it."""
        return self._account.ticket_id(url)

    async def set_fields(
        self, id: str, fields: Mapping[str, str], revision: int | None = None
    ) -> Observation:
        """Write properties in one call; the same values may be written twice without harm.

        HubSpot counts no revisions, so there is none to write against.
        """
        check_id(id)
        await self._learn(fields)
        seen_at = self._client.now()
        ticket = await self._client.ask(self._render.write(id, fields), Record)
        facts = written_facts(ticket, fields, seen_at=seen_at, shapes=self._shapes)
        return Observation(TicketRef(self._name, ticket.id), facts, seen_at, Source.WRITE)

    async def add_note(self, id: str, html: str) -> str:
        """Add a note to the timeline, which customers do not see; its id."""
        check_id(id)
        return await self._client.create(self._render.new_note(id, html, self._client.now()))

    async def say(self, id: str, message: Message) -> Spoken:
        """Answer the customer in the ticket's conversation; a closed ticket takes it too."""
        check_id(id)
        # The conversation of a deleted ticket is there still, and leads nowhere.
        await self._client.ask(self._render.ticket(id, STANDARD_PROPERTIES), Record)
        return await self._speaker.say(id, message)

    async def find_said(self, id: str, message: Message, since: datetime) -> Spoken | None:
        """The message, among what the hub's own app has said since then."""
        check_id(id)
        found = await self._speaker.find_said(id, message, since)
        return found or await self._mails.find(id, message, since)

    async def addressee(
        self, id: str, recipients: Sequence[str], approved: Approved | None = None
    ) -> Addressee:
        """The contact whom a letter about the ticket is for."""
        check_id(id)
        return await self._mails.addressee(id, recipients, approved)

    async def show_letter(self, id: str, letter: SentLetter) -> str:
        """The letter on the ticket's timeline; its id there."""
        check_id(id)
        return await self._mails.show(id, letter)

    async def letter_shown(self, id: str, letter: SentLetter) -> str | None:
        """The id of the timeline's entry that shows the letter."""
        check_id(id)
        return await self._mails.shown(id, letter)

    async def list_changed(self, cursor: str | None, since: datetime, want: Want) -> ChangedPage:
        """A page of changed tickets with their properties, but without associations and talk.

        In `changed_ids` are tickets that were gone before they could be read, and, where comments
        or attachments are wanted, those whose notes changed or on whose conversations something
        was said.
        """
        lag = timedelta(seconds=self._settings.search_lag_s)
        at = Cursor.parse(cursor, since)
        if at.kind == THREADS:
            page = await self._talk.spoken_on(at)
            return ChangedPage((), page.cursor.text(), page.more, page.ids)
        notes = want.comments or want.attachments
        try:
            page = await changed_ids(
                self._client, self._render, at, lag, notes=notes, emails=self._reads_mail
            )
        except ScopeMissing:
            if at.kind != EMAILS:
                raise
            # Tickets and notes go on without.
            self._mails.forbid()
            return ChangedPage((), at.turned_to(THREADS).text(), True)
        if page.kind in (NOTES, EMAILS):
            ids = page.ids
            linked = await self._linked.of_many("tickets", ids, of=page.kind) if ids else {}
            tickets_of = tuple(dict.fromkeys(id for each in linked.values() for id in ids_of(each)))
            return ChangedPage((), page.cursor.text(), page.more, tickets_of)
        seen_at = self._client.now()
        tickets = await self._live(page.ids, want)
        seen = [
            self._observation(ticket, want, seen_at, {}, source=Source.LIST)
            for ticket in tickets.values()
        ]
        unread = tuple(id for id in page.ids if id not in tickets)
        return ChangedPage(tuple(seen), page.cursor.text(), page.more, unread)

    @asynccontextmanager
    async def open_attachment(
        self, ticket_id: str, attachment: Attachment
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The file's bytes, through an address that HubSpot signs for five minutes."""
        check_id(attachment.id)
        try:
            signed = await self._client.ask(self._render.signed_url(attachment.id), SignedUrl)
        except RecordMissing as gone:
            raise Rejected("The file is no longer in HubSpot", detail=gone.detail) from None
        async with self._client.download(signed.url) as content:
            yield content

    async def fetch_company(self, id: str, properties: frozenset[str]) -> Company:
        """A company with the named properties; one without a name goes by its domain."""
        check_id(id)
        return await self._customers.fetch(id, properties)

    async def fetch_contacts(self, ids: Sequence[str], properties: frozenset[str]) -> list[Contact]:
        """Contacts with the named properties."""
        return await self._customers.contacts([each for each in ids if is_id(each)], properties)

    async def find_people(self, email: str) -> list[str]:
        """The contacts with that address, as far as the search knows; it lags by seconds."""
        found = await self._client.ask(self._render.people(email), Records)
        return [each.id for each in found.results]

    async def fetch_reference(self) -> Reference:
        """Stages, properties and the account; also checks that the token is for this account."""
        account = await self._details()
        pipelines = await self._client.ask(self._render.pipelines(), Pipelines)
        properties = await self._client.ask(self._render.properties(), Properties)
        self._shapes.learn(properties.results)
        reference = reference_of(pipelines, properties, account, self._settings.app_id)
        return replace(reference, owners=await owners_of(self._client, self._render))

    async def _details(self) -> AccountDetails:
        account = await self._client.ask(self._render.account(), AccountDetails)
        if account.portal_id != self._settings.portal_id:
            raise CredentialProblem(
                f"The token belongs to HubSpot account {account.portal_id}, "
                f"but portal_id is {self._settings.portal_id}"
            )
        self._client.learn_zone(account.time_zone)
        if account.ui_domain:
            self._account = Account(account.portal_id, account.ui_domain)
        return account

    async def fetch_schema(self) -> Schema:
        """Reference data, pipelines, and the properties of companies if the token may read them."""
        return await probing.schema_of(self._client, self._render, await self.fetch_reference())

    async def probe(self) -> Probe:
        """The account and the scopes of its token; nothing is changed to find out."""
        account = f"HubSpot account {(await self._details()).portal_id}"
        open_ = bool(self._settings.webhook_secrets)
        return await probing.probe(self._client, self._render, account, door_open=open_)

    async def create_fields(self, fields: Sequence[NewField]) -> None:
        """Define properties on tickets; the schema is read again at the next use."""
        await probing.create_fields(self._client, self._render, fields)
        self._shapes.learned = False

    async def _learn(self, names: Iterable[str]) -> None:
        """Know what these properties hold: the schema is read once, if reference data was not.

        Reference data outlives a process; what this one knows of properties does not.
        """
        async with self._learning:
            if self._shapes.learned or all(self._shapes.shape(each) for each in names):
                return
            properties = await self._client.ask(self._render.properties(), Properties)
            self._shapes.learn(properties.results)

    async def _ticket(self, id: str, want: Want, *, archived: bool = False) -> Record:
        """One ticket as the vendor has it; without associations where it is archived."""
        talk = ["notes", *(["emails"] if self._reads_mail else [])]
        linked = ["companies", "contacts", *(talk if _talks(want) else [])]
        request = self._render.ticket(
            id, _properties(want), sorted(want.timed), () if archived else linked, archived=archived
        )
        return await self._client.ask(request, Record)

    async def _complete(self, ticket: Record, want: Want, seen_at: datetime) -> Observation:
        """The observation of a ticket, with what hangs on it as long as it is not deleted."""
        if ticket.archived:
            return self._observation(ticket, want, seen_at, {}, whole=True)
        people = await self._linked.ids(ticket, "contacts")
        customer = customer_of(await self._linked.companies(ticket))
        threads = await self._talk.threads(ticket.id)
        at = changed_at(ticket, seen_at)
        more = facts_without_time({CUSTOMER: customer, CONTACTS: people}, at)
        if _talks(want):
            notes = await self._talk.notes(await self._linked.ids(ticket, "notes"))
            mail = await self._mail(await self._linked.ids(ticket, "emails"), threads)
            more |= await self._talk.facts([*notes.values()], threads or (), at, mail, people)
        more |= thread_facts(threads, at, mail=self._reads_mail)
        return self._observation(ticket, want, seen_at, more, whole=True)

    async def _observed(
        self, tickets: Mapping[str, Record], want: Want, seen_at: datetime
    ) -> list[Observation]:
        talks = _talks(want)
        companies = await self._linked.of_many("companies", tickets)
        contacts = await self._linked.of_many("contacts", tickets)
        notes_of = await self._linked.of_many("notes", tickets) if talks else {}
        notes = await self._talk.notes(ids_of(a for each in notes_of.values() for a in each))
        mails = talks and self._reads_mail
        mails_of = await self._linked.of_many("emails", tickets) if mails else {}
        seen: list[Observation] = []
        for id, ticket in tickets.items():
            customer, people = customer_of(companies[id]), ids_of(contacts[id])
            at = changed_at(ticket, seen_at)
            more = facts_without_time({CUSTOMER: customer, CONTACTS: people}, at)
            if talks:
                threads = await self._talk.threads(id)
                own = [notes[each] for each in ids_of(notes_of[id]) if each in notes]
                mail = await self._mail(ids_of(mails_of.get(id, ())), threads)
                more |= await self._talk.facts(own, threads or (), at, mail, people)
                more |= thread_facts(threads, at, mail=self._reads_mail)
            seen.append(self._observation(ticket, want, seen_at, more, whole=True))
        return seen

    @property
    def _reads_mail(self) -> bool:
        return self._settings.emails and self._mails.readable

    async def _mail(self, ids: Sequence[str], threads: Sequence[str] | None) -> Sequence[Record]:
        """The ticket's mail; nothing where conversations, which may say the same, can't be seen."""
        if threads is None or not ids:
            return ()
        return await self._mails.said(ids) or ()

    def _observation(
        self,
        ticket: Record,
        want: Want,
        seen_at: datetime,
        more: dict[str, Fact],
        *,
        source: Source = Source.READ,
        whole: bool = False,
    ) -> Observation:
        facts = ticket_facts(
            ticket,
            seen_at=seen_at,
            wanted=want.fields | want.timed,
            shapes=self._shapes,
            account=self._account,
        )
        return Observation(
            TicketRef(self._name, ticket.id),
            facts | more,
            seen_at,
            source,
            whole=whole,
            presence=Presence.DELETED if ticket.archived else Presence.PRESENT,
        )

    async def _live(self, ids: Sequence[str], want: Want) -> dict[str, Record]:
        """The live tickets among these ids; results come unordered, and fewer than asked."""
        if ids:
            await self._learn(want.fields | want.timed)
        found: dict[str, Record] = {}
        for part in parts_of(ids, HISTORY_BATCH if want.timed else BATCH):
            request = self._render.records("tickets", part, _properties(want), sorted(want.timed))
            batch = await self._client.ask(request, Records)
            found |= {each.id: each for each in batch.results if not each.archived}
        return {id: found[id] for id in ids if id in found}

    async def _survivor(self, id: str) -> str | None:
        """The ticket that `id` was merged into, as far as the search knows."""
        try:
            found = await self._client.ask(self._render.survivor(id), Records)
        except Rejected:
            # Not every account lets this property be searched; then the 404 stands.
            return None
        # The token search is looser than equality.
        return next((each.id for each in found.results if id in merged_ids(each)), None)


def _properties(want: Want) -> list[str]:
    return list(dict.fromkeys((*STANDARD_PROPERTIES, *sorted(want.fields | want.timed))))


def _talks(want: Want) -> bool:
    return want.comments or want.attachments

"""Saying something to a ticket's contact, as a message in the conversation that is there.

A ticket that a form or the API made has no conversation, and no call opens one: then a person
writes, or a letter goes (`mails.py`). https://developers.hubspot.com/docs/api/conversations/conversations
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bridge.domain.errors import Rejected, ScopeMissing
from bridge.domain.records import parse_instant
from bridge.kit.richtext.html_reading import read_html
from bridge.kit.richtext.plain import words_of
from bridge.ports.speaking import Message as ToSay
from bridge.ports.speaking import Spoken
from connectors.hubspot.associations import AssociationReader
from connectors.hubspot.client import Client
from connectors.hubspot.payloads import Address, Message, Record, ThreadId
from connectors.hubspot.render import Renderer, rich_of
from connectors.hubspot.settings import HubSpotSettings
from connectors.hubspot.talk import Talk

_AGENT = "A-"
"""How the id of an actor begins who is an agent; the rest is the user's id."""
BY_HAND = "write to the customer from the ticket in HubSpot"


class Speaker:
    """Says things to customers, and finds what was said."""

    def __init__(
        self,
        client: Client,
        render: Renderer,
        talk: Talk,
        linked: AssociationReader,
        settings: HubSpotSettings,
    ) -> None:
        self._client = client
        self._render = render
        self._talk = talk
        self._linked = linked
        self._app_id = settings.app_id
        self._speaks_as = settings.speaks_as

    async def say(self, id: str, message: ToSay) -> Spoken:
        """Send a message in the ticket's newest conversation, to the contact who wrote in it last.

        Refused where that is nobody whom the ticket names: whoever approved it saw its contacts.
        """
        if self._app_id is None:
            raise Rejected(
                "Without app_id in bridge.yaml the hub would not know its own message again: "
                f"{BY_HAND}, or name the app"
            )
        ticket = await self._client.ask(self._render.ticket(id, [], [], ["contacts"]), Record)
        contacts = await self._linked.ids(ticket, "contacts")
        try:
            thread = await self._thread(id)
            said = await self._talk.messages(thread.id)
            request = self._render.message(
                thread.id,
                message.html,
                sender=self._sender(thread),
                recipients=_recipients(said, message.recipients, contacts),
                channel=(thread.original_channel_id, thread.original_channel_account_id),
                subject=next((each.subject for each in reversed(said) if each.subject), ""),
            )
            answer = await self._client.once(request, Message)
        except ScopeMissing as missing:
            # All else goes on without this right.
            raise Rejected(
                "The hub's token may not read and write conversations (conversations.read, "
                f"conversations.write): {BY_HAND}",
                detail=missing.detail,
            ) from None
        return Spoken(answer.id, id, parse_instant(answer.created_at))

    async def find_said(self, id: str, message: ToSay, since: datetime) -> Spoken | None:
        """The message by its words, the app that wrote it and its time: it has no other mark."""
        threads = await self._talk.conversations(id)
        if threads is None:
            raise ScopeMissing("HubSpot does not show the hub the ticket's conversations")
        wanted = words(rich_of(message.html))
        for thread in threads:
            for each in await self._talk.messages(thread.id):
                at = parse_instant(each.created_at)
                late = (at is None or at >= since) and each.id not in message.others
                if late and self._is_own(each) and wanted in _said_in(each):
                    return Spoken(each.id, id, at)
        return None

    def _is_own(self, message: Message) -> bool:
        client = message.client
        return (
            message.type == "MESSAGE"
            and self._app_id is not None
            and client is not None
            and client.integration_app_id == self._app_id
        )

    async def _thread(self, id: str) -> ThreadId:
        """The conversation that a message goes to: the one with the newest words."""
        threads = await self._talk.conversations(id)
        if threads is None:
            raise ScopeMissing("HubSpot does not show the hub the ticket's conversations")
        open_ = [each for each in threads if not each.archived and not each.spam]
        if not open_:
            raise Rejected(f"The ticket has no conversation to write in: {BY_HAND}")
        newest = max(open_, key=lambda each: (each.latest_message_timestamp or "", int(each.id)))
        if not newest.original_channel_id or not newest.original_channel_account_id:
            raise Rejected(f"HubSpot does not say by which channel to answer: {BY_HAND}")
        return newest

    def _sender(self, thread: ThreadId) -> str:
        if self._speaks_as is not None:
            return f"{_AGENT}{self._speaks_as}"
        if thread.assigned_to.startswith(_AGENT):
            return thread.assigned_to
        raise Rejected(
            "Nobody is named in whose name the hub answers: set speaks_as in bridge.yaml, or "
            "assign the conversation to somebody"
        )


def _recipients(
    said: Sequence[Message], chosen: Sequence[str], contacts: Sequence[str]
) -> list[Address]:
    """Whom the message goes to: who wrote last, or those chosen among whoever has written.

    Who wrote last must be one of the ticket's contacts: a conversation takes mail from anybody.
    Where the customer never wrote, whoever was written to last.
    """
    written = [each for each in said if each.type == "MESSAGE" and not each.archived]
    asked = [s for each in written if each.direction == "INCOMING" for s in each.senders]
    if chosen:
        wanted = {f"V-{each}" for each in chosen}
        named = {s.actor_id: s.delivery_identifier for s in asked if s.actor_id in wanted}
        found = [each for each in named.values() if each is not None]
        if len(found) < len(wanted):
            raise Rejected(f"Not all for whom it is have written in the conversation: {BY_HAND}")
        return found
    last = next((s for s in reversed(asked) if s.delivery_identifier), None)
    if last is not None and last.delivery_identifier is not None:
        if last.actor_id not in {f"V-{each}" for each in contacts}:
            raise Rejected(
                f"Whoever wrote last in the conversation is no contact of the ticket: {BY_HAND}, "
                "or add them to it in HubSpot and retry"
            )
        return [last.delivery_identifier]
    for each in reversed(written):
        to = [r.delivery_identifier for r in each.recipients if r.delivery_identifier is not None]
        if to:
            return to
    raise Rejected(f"The conversation names no address of the customer: {BY_HAND}")


def words(html: str) -> str:
    """What a text says, without its markup: by that the hub's own message is known again."""
    return " ".join(words_of(read_html(html)).split())


def _said_in(message: Message) -> tuple[str, str]:
    return words(message.rich_text), " ".join(message.text.split())

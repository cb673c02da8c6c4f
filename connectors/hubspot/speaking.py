"""Saying something to a ticket's contact, as a message in the conversation that is there.

A ticket that a form or the API made has no conversation, and no call opens one: then a person
writes, or a letter goes (`mails.py`). https://developers.hubspot.com/docs/api/conversations/conversations
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bridge.domain.drafts import Approved
from bridge.domain.errors import ApproveAgain, Rejected, ScopeMissing
from bridge.domain.records import parse_instant
from bridge.ports.speaking import Message as ToSay
from bridge.ports.speaking import Spoken
from connectors.hubspot.associations import AssociationReader
from connectors.hubspot.client import Client
from connectors.hubspot.comments import words
from connectors.hubspot.manifest import BATCH
from connectors.hubspot.payloads import (
    Address,
    Message,
    Record,
    Records,
    Sender,
    ThreadId,
)
from connectors.hubspot.render import Renderer, rich_of
from connectors.hubspot.settings import HubSpotSettings
from connectors.hubspot.talk import Talk

BY_MAIL = "HS_EMAIL_ADDRESS"
_AGENT = "A-"
"""How the id of an actor begins who is an agent; the rest is the user's id."""
_VISITOR = "V-"
"""And of one who is a contact."""
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
        """Send a message to the contact who wrote last, in the conversation in which they did.

        Refused where that is nobody whom the ticket names: whoever approved it saw its contacts.
        To approve again where it is another of them than at the approval.
        """
        if self._app_id is None:
            raise Rejected(
                "Without app_id in bridge.yaml the hub would not know its own message again: "
                f"{BY_HAND}, or name the app"
            )
        ticket = await self._client.ask(self._render.ticket(id, [], [], ["contacts"]), Record)
        contacts = await self._linked.ids(ticket, "contacts")
        try:
            thread, said = await self._thread(id, message.recipients)
            asked = any(each.direction == "INCOMING" for each in said)
            known = {} if asked and not message.recipients else await self._mailboxes(contacts)
            if message.approved is not None and not message.recipients:
                _require_approved(said, contacts, known, message.approved)
            request = self._render.message(
                thread.id,
                message.html,
                sender=self._sender(thread),
                recipients=_recipients(said, message.recipients, contacts, known),
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

    async def _mailboxes(self, contacts: Sequence[str]) -> dict[str, str]:
        """The addresses of the ticket's contacts, as far as HubSpot has them."""
        if not contacts:
            return {}
        found = await self._client.ask(
            self._render.records("contacts", contacts[:BATCH], ("email",)), Records
        )
        held = {e.id: (e.properties.get("email") or "").strip() for e in found.results}
        return {id: each for id, each in held.items() if each}

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

    async def _thread(self, id: str, recipients: Sequence[str]) -> tuple[ThreadId, list[Message]]:
        """The conversation that a message goes to, and what is said in it.

        It is the one in which the customer wrote last, or those who were chosen: so is told who
        receives it. Where none of them ever wrote, it is the one with the newest words.
        """
        threads = await self._talk.conversations(id)
        if threads is None:
            raise ScopeMissing("HubSpot does not show the hub the ticket's conversations")
        open_ = [each for each in threads if not each.archived and not each.spam]
        if not open_:
            raise Rejected(f"The ticket has no conversation to write in: {BY_HAND}")
        known = [(each, await self._talk.messages(each.id)) for each in open_]
        newest, said = max(
            known,
            key=lambda each: (
                _asked_at(each[1], recipients),
                each[0].latest_message_timestamp or "",
                int(each[0].id),
            ),
        )
        if not newest.original_channel_id or not newest.original_channel_account_id:
            raise Rejected(f"HubSpot does not say by which channel to answer: {BY_HAND}")
        return newest, said

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
    said: Sequence[Message],
    chosen: Sequence[str],
    contacts: Sequence[str],
    mailboxes: Mapping[str, str],
) -> list[Address]:
    """Whom the message goes to: who wrote last, or those who were chosen.

    Who wrote last must be one of the ticket's contacts: a conversation takes mail from anybody.
    Where the customer never wrote, the contact whom the team last wrote to.
    """
    written = _messages(said)
    if chosen:
        named = {s.actor_id: s.delivery_identifier for s in _askers(said)}
        found = [named.get(f"V-{each}") or _mailbox(written, mailboxes, each) for each in chosen]
        known = [each for each in found if each is not None]
        if len(known) < len(chosen):
            raise Rejected(
                f"Not all for whom it is can be written to in the conversation: {BY_HAND}"
            )
        return known
    last = _asker(said)
    if last is not None and last.delivery_identifier is not None:
        if last.actor_id not in {f"V-{each}" for each in contacts}:
            raise Rejected(
                f"Whoever wrote last in the conversation is no contact of the ticket: {BY_HAND}, "
                "or add them to it in HubSpot and retry"
            )
        return [last.delivery_identifier]
    return [_written_to(written, mailboxes)]


def _require_approved(
    said: Sequence[Message],
    contacts: Sequence[str],
    mailboxes: Mapping[str, str],
    approved: Approved,
) -> None:
    """Who wrote last is the same as at the approval; else whom the team wrote to was meant."""
    then = (parse_instant(each.created_at) for each in said)
    before = _asker(
        [e for e, at in zip(said, then, strict=True) if at is None or at <= approved.at]
    )
    asker = _asker(said)
    if asker is not None:
        who = asker.actor_id.removeprefix(_VISITOR)
        known = before is not None and before.actor_id == asker.actor_id
        # Who wrote for the first time since may be the only one it was approved for. A stranger
        # is refused for what they are.
        fits = who not in contacts or (
            who in approved.people and (known or approved.people == (who,))
        )
    else:
        to = _written_to(_messages(said), mailboxes).value.casefold()
        fits = any(
            each.casefold() == to and id in approved.people for id, each in mailboxes.items()
        )
    if not fits:
        raise ApproveAgain(
            "By now the message would go to somebody else than when it was approved. Nothing was "
            "sent: look at who receives it, choose them if need be, and approve it again"
        )


def _messages(said: Sequence[Message]) -> list[Message]:
    return [each for each in said if each.type == "MESSAGE" and not each.archived]


def _asked_at(said: Sequence[Message], people: Sequence[str]) -> float:
    """When the customer wrote last, or one of these people."""
    meant = {f"{_VISITOR}{each}" for each in people}
    came = [
        parse_instant(each.created_at)
        for each in _messages(said)
        if each.direction == "INCOMING"
        and (not meant or any(one.actor_id in meant for one in each.senders))
    ]
    return max((at.timestamp() for at in came if at is not None), default=0.0)


def _askers(said: Sequence[Message]) -> list[Sender]:
    return [s for each in _messages(said) if each.direction == "INCOMING" for s in each.senders]


def _asker(said: Sequence[Message]) -> Sender | None:
    """Whoever of the customer's wrote last and can be answered."""
    return next((s for s in reversed(_askers(said)) if s.delivery_identifier), None)


def _written_to(written: Sequence[Message], mailboxes: Mapping[str, str]) -> Address:
    """The contact whom the team last wrote to; the only one there is, if it was somebody else."""
    own = {each.casefold() for each in mailboxes.values()}
    for each in reversed(written):
        for one in each.recipients:
            to = one.delivery_identifier
            if to is not None and to.type == BY_MAIL and to.value.casefold() in own:
                return to
    only = _mailbox(written, mailboxes, next(iter(mailboxes))) if len(mailboxes) == 1 else None
    if only is None:
        raise Rejected(f"The conversation names no contact of the ticket: {BY_HAND}")
    return only


def _mailbox(
    written: Sequence[Message], mailboxes: Mapping[str, str], contact: str
) -> Address | None:
    """A contact's address, where the conversation goes by mail."""
    ways = [one.delivery_identifier for each in written for one in each.senders]
    ways += [one.delivery_identifier for each in written for one in each.recipients]
    by_mail = {each.type for each in ways if each is not None} == {BY_MAIL}
    return (
        Address(type=BY_MAIL, value=mailboxes[contact])
        if by_mail and contact in mailboxes
        else None
    )


def _said_in(message: Message) -> tuple[str, str]:
    return words(message.rich_text), " ".join(message.text.split())

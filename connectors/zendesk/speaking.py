"""Saying something to a ticket's requester, as a public comment that is found again in the audits.

https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_audits/
https://developer.zendesk.com/documentation/ticketing/managing-tickets/creating-and-updating-tickets/
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bridge.domain.errors import RecordMissing, Rejected
from bridge.ports.speaking import Message, Spoken
from connectors.zendesk import render
from connectors.zendesk.client import Client
from connectors.zendesk.facts import CLOSED, moment
from connectors.zendesk.manifest import COMMENT_BYTES
from connectors.zendesk.payloads import Audit, Ticket, TicketAnswer, UpdateAnswer
from connectors.zendesk.reading import Reader

_MOST_FOLLOW_UPS = 5
"""Follow-ups of one ticket that are looked through, the newest first."""


class Speaker:
    """Says things to customers, and finds what was said."""

    def __init__(self, client: Client, reader: Reader) -> None:
        self._client = client
        self._reader = reader

    async def say(self, id: str, message: Message) -> Spoken:
        """Add a public comment to the ticket, if nobody has changed it meanwhile."""
        _check_length(message)
        request = render.message(id, message.html, message.marker, message.revision)
        return _spoken(await self._client.once(request), self._client.now())

    async def find_said(self, id: str, marker: str) -> Spoken | None:
        """The message by its name in the metadata of an audit of ours, in follow-ups too."""
        found = await self._in_audits(id, marker)
        if found is not None:
            return found
        return await self._in_follow_ups(await self._ticket(id), marker)

    async def follow_up(self, id: str, message: Message) -> Spoken:
        """Open a ticket for the same requester that continues the closed one.

        The key counts for two hours; later, the follow-ups that are there are looked through.
        """
        _check_length(message)
        source = await self._ticket(id)
        made = await self._in_follow_ups(source, message.marker)
        if made is not None:
            return made
        request = render.follow_up(source, message.html, message.marker)
        return _spoken(await self._client.once(request), self._client.now())

    async def _ticket(self, id: str) -> Ticket:
        return (await self._client.ask(render.ticket(id), TicketAnswer)).ticket

    async def _in_follow_ups(self, source: Ticket, marker: str) -> Spoken | None:
        if source.status != CLOSED:
            return None
        newest = sorted(source.followup_ids, key=int, reverse=True)[:_MOST_FOLLOW_UPS]
        for each in newest:
            try:
                found = await self._in_audits(each, marker)
            except RecordMissing:
                continue
            if found is not None:
                return found
        return None

    async def _in_audits(self, id: str, marker: str) -> Spoken | None:
        own_id = await self._reader.own_id()
        async for audit in self._reader.audits(id):
            if audit.author_id == own_id and _is_named(audit, marker):
                comment = _public_comment(audit)
                at = moment(audit.created_at, self._client.now())
                if comment is not None:
                    return Spoken(comment, id, at)
        return None


def _spoken(answer: UpdateAnswer, now: datetime) -> Spoken:
    """What the answer shows was said. Whoever may only write notes has written a note."""
    comment = _public_comment(answer.audit)
    if comment is None:
        raise Rejected(
            "Zendesk kept the message as an internal note: the hub's agent may not answer "
            "customers. Give it a role that may, or answer by hand"
        )
    return Spoken(comment, answer.ticket.id, moment(answer.audit.created_at, now))


def _public_comment(audit: Audit) -> str | None:
    said: Iterable[str | None] = (
        each.id for each in audit.events if each.type == "Comment" and each.public is not False
    )
    return next((id for id in said if id is not None), None)


def _check_length(message: Message) -> None:
    if render.length_of(message.html) > COMMENT_BYTES:
        raise Rejected("The message is longer than Zendesk takes, which would cut its end off")


def _is_named(audit: Audit, marker: str) -> bool:
    """Whether its writer put that name beside it."""
    custom, name = audit.metadata.custom, render.named(marker)
    return isinstance(custom, dict) and all(custom.get(key) == name[key] for key in name)

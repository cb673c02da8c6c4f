"""Conversation threads of tickets: what customers and agents really say to each other.

https://developers.hubspot.com/docs/api/conversations/conversations
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.hubspot.simulator.outbox import Outbox

CHANNEL, CHANNEL_ACCOUNT, INBOX = "1002", "424", "31"


@dataclass(slots=True)
class ThreadMessage:
    """A message, an internal comment, or a note of what happened to the thread."""

    id: str
    type: str
    text: str
    rich_text: str
    created_at: datetime
    created_by: str
    client: dict[str, Any]
    direction: str
    file_ids: list[str] = field(default_factory=list)
    subject: str | None = None
    senders: list[dict[str, Any]] = field(default_factory=list)
    recipients: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Thread:
    """A conversation, bound to one ticket and one contact."""

    id: str
    ticket_id: str
    contact_id: str
    created_at: datetime
    messages: list[ThreadMessage] = field(default_factory=list)
    status: str = "OPEN"
    closed_at: datetime | None = None
    assigned_to: str | None = None
    archived: bool = False

    def latest(self, direction: str | None = None) -> datetime | None:
        """When the last customer-visible message came or went."""
        times = [
            message.created_at
            for message in self.messages
            if message.type == "MESSAGE" and direction in (None, message.direction)
        ]
        return max(times, default=None)


class Threads:
    """All threads by id, with the events of their changes."""

    def __init__(self, outbox: Outbox, rng: random.Random, clock: Callable[[], datetime]) -> None:
        self.by_id: dict[str, Thread] = {}
        self._outbox = outbox
        self._rng = rng
        self._clock = clock

    def of_ticket(self, ticket_id: str) -> Thread | None:
        """The live thread of a ticket; tickets made by a form or by the API have none."""
        live = (t for t in self.by_id.values() if t.ticket_id == ticket_id and not t.archived)
        return next(live, None)

    def open(self, ticket_id: str, contact_id: str) -> Thread:
        """A new thread."""
        thread = Thread(str(9090909 + len(self.by_id)), ticket_id, contact_id, self._clock())
        self.by_id[thread.id] = thread
        self._outbox.emit(
            "conversation", "creation", {"objectId": int(thread.id), "changeFlag": "CREATED"}
        )
        return thread

    def post(self, thread: Thread, **parts: Any) -> ThreadMessage:
        """Adds a message and announces it, comments included."""
        message_id = f"{self._rng.getrandbits(64):016x}"
        message = ThreadMessage(id=message_id, created_at=self._clock(), **parts)
        thread.messages.append(message)
        self._outbox.emit(
            "conversation",
            "newMessage",
            {
                "objectId": int(thread.id),
                "messageId": message.id,
                "messageType": message.type,
                "changeFlag": "NEW_MESSAGE",
            },
        )
        if message.direction == "INCOMING" and thread.status == "CLOSED":
            self.set_status(thread, "OPEN")
        return message

    def set_status(self, thread: Thread, status: str) -> None:
        """Opens or closes a thread."""
        if thread.status != status:
            thread.status = status
            thread.closed_at = self._clock() if status == "CLOSED" else None
            self._changed(thread, "status", status)

    def assign(self, thread: Thread, actor_id: str | None) -> None:
        """Gives the thread to an agent, or to nobody."""
        if thread.assigned_to != actor_id:
            thread.assigned_to = actor_id
            self._changed(thread, "assignedTo", actor_id or "")

    def set_archived(self, thread: Thread, archived: bool) -> None:
        """Moves the thread to the bin or back."""
        if thread.archived != archived:
            thread.archived = archived
            self._changed(thread, "isArchived", "true" if archived else "false")

    def hand_over(self, old_ticket: str, new_ticket: str) -> None:
        """Binds a merged ticket's threads to its successor."""
        for thread in self.by_id.values():
            if thread.ticket_id == old_ticket:
                thread.ticket_id = new_ticket

    def forget_contact(self, contact_id: str) -> None:
        """A privacy deletion takes the contact's threads along."""
        for thread in [t for t in self.by_id.values() if t.contact_id == contact_id]:
            del self.by_id[thread.id]
            self._outbox.emit("conversation", "privacyDeletion", {"objectId": int(thread.id)})

    def _changed(self, thread: Thread, name: str, value: str) -> None:
        self._outbox.emit(
            "conversation",
            "propertyChange",
            {
                "objectId": int(thread.id),
                "propertyName": name,
                "propertyValue": value,
                "changeSource": "CRM_UI",
            },
        )

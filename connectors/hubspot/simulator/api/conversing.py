"""Conversation threads, their messages and actors.

https://developers.hubspot.com/docs/api/conversations/conversations
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.hubspot.simulator.api.asking import (
    base_url,
    cursor,
    flag,
    inputs_of,
    json_body,
    next_page,
    number,
)
from connectors.hubspot.simulator.api.batches import batch_answer
from connectors.hubspot.simulator.portal import Portal
from connectors.hubspot.simulator.problems import invalid, not_found
from connectors.hubspot.simulator.stamps import iso, iso_or_none, parse_instant
from connectors.hubspot.simulator.threads import (
    CHANNEL,
    CHANNEL_ACCOUNT,
    INBOX,
    Thread,
    ThreadMessage,
)
from connectors.hubspot.simulator.writing import app_message

_LINK_S = 3600


class Conversations:
    """Handlers of `/conversations`."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def _thread(self, request: Request) -> Thread:
        key = request.path_params["threadId"]
        found = self._portal.threads.by_id.get(key)
        if found is None:
            raise not_found("Thread", key)
        return found

    def _message(self, request: Request) -> ThreadMessage:
        key = request.path_params["messageId"]
        for message in self._thread(request).messages:
            if message.id == key:
                return message
        raise not_found("Message", key)

    async def threads(self, request: Request) -> Response:
        """Threads, filtered by ticket, contact, inbox, status or time of the latest message."""
        start, limit = cursor(request), number(request, "limit", 100, 500)
        found = [t for t in self._portal.threads.by_id.values() if self._wanted(request, t)]
        query = request.query_params
        if query.get("sort") == "latestMessageTimestamp":
            if "latestMessageTimestampAfter" not in query:
                raise invalid("sort=latestMessageTimestamp needs latestMessageTimestampAfter")
            found.sort(key=lambda thread: (iso_or_none(thread.latest()) or "", int(thread.id)))
        shown = found[start : start + limit]
        # Which ticket a thread belongs to is told only to those who ask.
        tied = query.get("association") == "TICKET" or "associatedTicketId" in query
        body: dict[str, Any] = {"results": [_thread_body(each, tied=tied) for each in shown]}
        if start + limit < len(found):
            body["paging"] = next_page(request, str(start + limit))
        return JSONResponse(body)

    def _wanted(self, request: Request, thread: Thread) -> bool:
        query = request.query_params
        after = parse_instant(query.get("latestMessageTimestampAfter", ""))
        latest = thread.latest()
        return (
            thread.archived == flag(request, "archived")
            and query.get("associatedTicketId") in (None, thread.ticket_id)
            and query.get("associatedContactId") in (None, thread.contact_id)
            and query.get("inboxId") in (None, INBOX)
            and query.get("threadStatus") in (None, thread.status)
            and (after is None or (latest is not None and latest > after))
        )

    async def thread(self, request: Request) -> Response:
        """One thread."""
        return JSONResponse(_thread_body(self._thread(request)))

    async def update(self, request: Request) -> Response:
        """Opens, closes, archives or restores a thread."""
        thread, body = self._thread(request), await json_body(request)
        status = body.get("status")
        if status is not None:
            if status not in ("OPEN", "CLOSED"):
                raise invalid(f"{status} is not a thread status")
            self._portal.threads.set_status(thread, status)
        if "archived" in body:
            self._portal.threads.set_archived(thread, bool(body["archived"]))
        return JSONResponse(_thread_body(thread))

    async def assign(self, request: Request) -> Response:
        """Gives the thread to an actor."""
        thread, body = self._thread(request), await json_body(request)
        self._portal.threads.assign(thread, str(body.get("actorId")))
        return JSONResponse(_thread_body(thread))

    async def messages(self, request: Request) -> Response:
        """The messages of a thread, oldest first unless sorted the other way."""
        thread = self._thread(request)
        start, limit = cursor(request), number(request, "limit", 100, 500)
        ordered = list(thread.messages)
        if request.query_params.get("sort", "createdAt").startswith("-"):
            ordered.reverse()
        page = ordered[start : start + limit]
        body: dict[str, Any] = {
            "results": [self._message_body(request, thread, message) for message in page]
        }
        if start + limit < len(ordered):
            body["paging"] = next_page(request, str(start + limit))
        return JSONResponse(body)

    async def message(self, request: Request) -> Response:
        """One message."""
        thread, message = self._thread(request), self._message(request)
        return JSONResponse(self._message_body(request, thread, message))

    async def original(self, request: Request) -> Response:
        """The whole text of a message that came back cut."""
        message = self._message(request)
        return JSONResponse({"text": message.text, "richText": message.rich_text})

    async def post(self, request: Request) -> Response:
        """201; a MESSAGE reaches the customer, a COMMENT does not, and only `type` tells them."""
        thread, body = self._thread(request), await json_body(request)
        message = app_message(self._portal, thread, body)
        return JSONResponse(self._message_body(request, thread, message), 201)

    async def actor(self, request: Request) -> Response:
        """One actor."""
        return JSONResponse(self._actor(request.path_params["actorId"]))

    async def actors(self, request: Request) -> Response:
        """Several actors; the inputs are bare ids."""
        body = await json_body(request)
        given = [{"id": one} for one in body.get("inputs") or []]
        ids = [str(entry["id"]) for entry in inputs_of({"inputs": given})]
        return batch_answer(self._portal, [self._actor(one) for one in ids], [])

    def _actor(self, actor_id: str) -> dict[str, Any]:
        letter, _, number_part = actor_id.partition("-")
        if letter == "A" and number_part.isdigit():
            owner = self._portal.crm.owners.by_user(int(number_part))
            if owner is not None:
                name = f"{owner.first_name} {owner.last_name}"
                return {"id": actor_id, "type": "AGENT", "name": name, "email": owner.email}
        if letter == "V":
            contact = self._portal.crm.find("contacts", number_part)
            if contact is not None:
                held = contact.properties
                known = {"name": held.get("firstname"), "email": held.get("email")}
                return {"id": actor_id, "type": "VISITOR", **known}
        if letter == "I" and number_part == str(self._portal.app_id):
            return {"id": actor_id, "type": "INTEGRATOR", "name": "App"}
        raise not_found("Actor", actor_id)

    def _message_body(
        self, request: Request, thread: Thread, message: ThreadMessage
    ) -> dict[str, Any]:
        cut = self._portal.dials.truncate_messages_at
        short = cut is not None and len(message.text) > cut
        return {
            "id": message.id,
            "conversationsThreadId": thread.id,
            "type": message.type,
            "createdAt": iso(message.created_at),
            "updatedAt": iso(message.created_at),
            "createdBy": message.created_by,
            "client": message.client,
            "senders": message.senders,
            "recipients": message.recipients,
            "archived": False,
            "text": message.text[:cut] if short else message.text,
            "richText": f"<p>{message.text[:cut]}</p>" if short else message.rich_text,
            "attachments": [self._attachment(request, one) for one in message.file_ids],
            "subject": message.subject,
            "truncationStatus": "TRUNCATED" if short else "NOT_TRUNCATED",
            "inReplyToId": None,
            "status": {"statusType": "RECEIVED" if message.direction == "INCOMING" else "SENT"},
            "direction": message.direction,
            "channelId": CHANNEL,
            "channelAccountId": CHANNEL_ACCOUNT,
        }

    def _attachment(self, request: Request, file_id: str) -> dict[str, Any]:
        file, files = self._portal.files.by_id[file_id], self._portal.files
        link = files.signed(file, base_url(request), self._portal.clock(), _LINK_S)
        return {
            "type": "FILE",
            "fileId": file_id,
            "fileUsageType": "IMAGE" if file.kind == "IMG" else "OTHER",
            "name": file.name,
            "url": link["url"],
        }


def _thread_body(thread: Thread, *, tied: bool = True) -> dict[str, Any]:
    ticket = {"threadAssociations": {"associatedTicketId": thread.ticket_id}} if tied else {}
    return {
        "id": thread.id,
        "createdAt": iso(thread.created_at),
        "closedAt": iso_or_none(thread.closed_at),
        "status": thread.status,
        "originalChannelId": CHANNEL,
        "originalChannelAccountId": CHANNEL_ACCOUNT,
        "latestMessageTimestamp": iso_or_none(thread.latest()),
        "latestMessageSentTimestamp": iso_or_none(thread.latest("OUTGOING")),
        "latestMessageReceivedTimestamp": iso_or_none(thread.latest("INCOMING")),
        "assignedTo": thread.assigned_to,
        "spam": False,
        "archived": thread.archived,
        "inboxId": INBOX,
        "associatedContactId": thread.contact_id,
        **ticket,
    }

"""Messages in conversation threads, by customers, agents and apps."""

from __future__ import annotations

import html
from typing import Any

from connectors.hubspot.simulator.linking import associate
from connectors.hubspot.simulator.portal import Portal
from connectors.hubspot.simulator.problems import invalid
from connectors.hubspot.simulator.records import Author, Record
from connectors.hubspot.simulator.threads import Thread, ThreadMessage


def customer_message(
    portal: Portal, ticket_id: str, text: str, file_ids: list[str]
) -> ThreadMessage:
    """A message by the ticket's contact, who is made up if there is none."""
    contact = _contact_of(portal, ticket_id)
    thread = portal.threads.of_ticket(ticket_id) or portal.threads.open(ticket_id, contact.id)
    return portal.threads.post(
        thread,
        type="MESSAGE",
        text=text,
        rich_text=f"<p>{html.escape(text)}</p>",
        created_by=f"V-{thread.contact_id}",
        client={"clientType": "HUBSPOT"},
        direction="INCOMING",
        file_ids=file_ids,
        senders=[
            {
                "actorId": f"V-{contact.id}",
                "name": contact.properties.get("firstname") or "Visitor",
                "senderField": "FROM",
                "deliveryIdentifier": _address(contact),
            }
        ],
    )


def agent_message(
    portal: Portal, ticket_id: str, kind: str, text: str, file_ids: list[str], by: int
) -> ThreadMessage:
    """A reply or an internal comment by a user."""
    contact = _contact_of(portal, ticket_id)
    thread = portal.threads.of_ticket(ticket_id) or portal.threads.open(ticket_id, contact.id)
    return portal.threads.post(
        thread,
        type=kind,
        text=text,
        rich_text=f"<p>{html.escape(text)}</p>",
        created_by=f"A-{by}",
        client={"clientType": "HUBSPOT"},
        direction="OUTGOING",
        file_ids=file_ids,
        senders=[{"actorId": f"A-{by}", "name": _agent_name(portal, by), "senderField": "FROM"}],
        recipients=_to(contact) if kind == "MESSAGE" else [],
    )


def app_message(portal: Portal, thread: Thread, body: dict[str, Any]) -> ThreadMessage:
    """A message or comment that an app posts; both are marked with the app's id."""
    kind, text = body.get("type"), body.get("text")
    if kind not in ("MESSAGE", "COMMENT") or not isinstance(text, str) or not text:
        raise invalid("type must be MESSAGE or COMMENT, and text must not be empty")
    sender = body.get("senderActorId")
    needed = ("senderActorId", "channelId", "channelAccountId", "recipients")
    missing = [name for name in needed if not body.get(name)]
    if kind == "MESSAGE" and missing:
        raise invalid(f"A message needs {', '.join(missing)}")
    return portal.threads.post(
        thread,
        type=kind,
        text=text,
        rich_text=str(body.get("richText") or f"<p>{html.escape(text)}</p>"),
        created_by=str(sender) if kind == "MESSAGE" else f"I-{portal.app_id}",
        client={"clientType": "INTEGRATION", "integrationAppId": portal.app_id},
        direction="OUTGOING",
        file_ids=_attached(portal, body.get("attachments") or []),
        subject=body.get("subject"),
        senders=[{"actorId": str(sender or f"I-{portal.app_id}"), "senderField": "FROM"}],
        recipients=_recipients(body.get("recipients") or []),
    )


def _attached(portal: Portal, attachments: list[dict[str, Any]]) -> list[str]:
    file_ids = [str(entry.get("fileId")) for entry in attachments]
    unknown = [file_id for file_id in file_ids if file_id not in portal.files.by_id]
    if unknown:
        raise invalid(f"Unknown files: {', '.join(unknown)}")
    return file_ids


def _recipients(given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A recipient is written with a list of identifiers and read with a single one."""
    return [
        {
            "recipientField": entry.get("recipientField", "TO"),
            "deliveryIdentifier": (entry.get("deliveryIdentifiers") or [{}])[0],
        }
        for entry in given
    ]


def _contact_of(portal: Portal, ticket_id: str) -> Record:
    ticket = portal.crm.live("tickets", ticket_id)
    known = ticket.linked("contacts")
    if known:
        return known[0]
    author = Author("CONVERSATIONS", "inbox")
    email = f"customer-{ticket_id}@client.example"
    contact = portal.crm.create("contacts", {"email": email, "firstname": "Ana"}, author)
    associate(portal.crm, ticket, contact, None, author)
    return contact


def _address(contact: Record) -> dict[str, Any]:
    return {"type": "HS_EMAIL_ADDRESS", "value": contact.properties.get("email")}


def _to(contact: Record) -> list[dict[str, Any]]:
    return [
        {
            "actorId": f"V-{contact.id}",
            "name": contact.properties.get("firstname"),
            "recipientField": "TO",
            "deliveryIdentifier": _address(contact),
        }
    ]


def _agent_name(portal: Portal, user_id: int) -> str:
    owner = portal.crm.owners.by_user(user_id)
    return f"{owner.first_name} {owner.last_name}" if owner is not None else f"User {user_id}"

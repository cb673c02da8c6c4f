"""People at the vendor's own pages: agents, admins and customers.

What they do goes through the same rules as the API, carries their userId and fires webhooks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors.hubspot.simulator import writing
from connectors.hubspot.simulator.linking import associate, dissociate
from connectors.hubspot.simulator.portal import Portal
from connectors.hubspot.simulator.records import Author, Record
from connectors.hubspot.simulator.schema import Option, PropertyDefinition
from connectors.hubspot.simulator.stamps import iso

_AGENT = 9001


class People:
    """The deeds of people, as methods of the simulator."""

    portal: Portal

    def person_creates_ticket(
        self,
        subject: str = "Export fails",
        content: str | None = None,
        category: str | None = None,
        priority: str | None = "HIGH",
        company_id: str | None = None,
        by: int = _AGENT,
        **properties: Any,
    ) -> str:
        """An agent opens a ticket in the first stage of the default pipeline."""
        given: dict[str, Any] = {
            "hs_pipeline": "0",
            "hs_pipeline_stage": "1",
            "subject": subject,
            "content": content,
            "hs_ticket_category": category,
            "hs_ticket_priority": priority,
            **properties,
        }
        kept = {name: value for name, value in given.items() if value is not None}
        ticket = self.portal.crm.create("tickets", kept, Author.person(by))
        if company_id is not None:
            self.person_associates(ticket.id, company_id, by=by)
        return ticket.id

    def person_edits_ticket(self, ticket_id: str, by: int = _AGENT, **properties: Any) -> None:
        """Somebody changes fields by hand; None clears one."""
        ticket = self.portal.crm.live("tickets", ticket_id)
        self.portal.crm.update(ticket, properties, Author.person(by))

    def person_edits_company(self, company_id: str, by: int = _AGENT, **properties: Any) -> None:
        """Somebody changes a company, its plan for example."""
        company = self.portal.crm.live("companies", company_id)
        self.portal.crm.update(company, properties, Author.person(by))

    def person_merges(self, primary: str, other: str, by: int = _AGENT) -> str:
        """Merges two tickets and tells the id under which they live on."""
        return self.portal.merge("tickets", primary, other, Author.person(by)).id

    def person_deletes(self, ticket_id: str, by: int = _AGENT) -> None:
        """Moves a ticket to the recycle bin."""
        self.portal.crm.archive(self.portal.crm.live("tickets", ticket_id), Author.person(by))

    def person_restores(self, ticket_id: str, by: int = _AGENT) -> None:
        """Brings a ticket back from the recycle bin."""
        ticket = self.portal.crm.shelves["tickets"][ticket_id]
        self.portal.crm.restore(ticket, Author.person(by))

    def privacy_delete(self, contact_id: str) -> None:
        """A contact asks to be forgotten."""
        self.portal.forget(contact_id)

    def person_associates(
        self, ticket_id: str, company_id: str, by: int = _AGENT, *, primary: bool | None = None
    ) -> None:
        """Puts a ticket under a company; the first one becomes the primary unless told."""
        crm = self.portal.crm
        ticket, company = crm.live("tickets", ticket_id), crm.live("companies", company_id)
        first = not ticket.companies if primary is None else primary
        associate(crm, ticket, company, [26] if first else None, Author.person(by))

    def person_names_contact(self, ticket_id: str, contact_id: str, by: int = _AGENT) -> None:
        """Puts a contact on a ticket."""
        crm = self.portal.crm
        ticket, contact = crm.live("tickets", ticket_id), crm.live("contacts", contact_id)
        associate(crm, ticket, contact, None, Author.person(by))

    def person_drops_contact(self, ticket_id: str, contact_id: str, by: int = _AGENT) -> None:
        """Takes a contact off a ticket."""
        crm = self.portal.crm
        ticket, contact = crm.live("tickets", ticket_id), crm.live("contacts", contact_id)
        dissociate(crm, ticket, contact, Author.person(by))

    def person_dissociates(self, ticket_id: str, company_id: str, by: int = _AGENT) -> None:
        """Takes a ticket away from a company."""
        crm = self.portal.crm
        ticket, company = crm.live("tickets", ticket_id), crm.live("companies", company_id)
        dissociate(crm, ticket, company, Author.person(by))

    def person_adds_note(
        self, ticket_id: str, html: str, attachments: Iterable[str] = (), by: int = _AGENT
    ) -> str:
        """Writes a note on a ticket's timeline, which no webhook announces."""
        crm, author = self.portal.crm, Author.person(by)
        ticket = crm.live("tickets", ticket_id)
        properties = {"hs_timestamp": iso(self.portal.clock()), "hs_note_body": html}
        joined = ";".join(attachments)
        if joined:
            properties["hs_attachment_ids"] = joined
        note = crm.create("notes", properties, author)
        associate(crm, note, ticket, None, author)
        return note.id

    def mail_is_logged(
        self, ticket_id: str, text: str, app: str | None = None, **properties: Any
    ) -> str:
        """A mail to the customer on the ticket's timeline, as a person or another app puts it."""
        crm = self.portal.crm
        author = Author.person(_AGENT) if app is None else Author("INTEGRATION", app)
        values = {
            "hs_timestamp": iso(self.portal.clock()),
            "hs_email_direction": "EMAIL",
            "hs_email_status": "SENT",
            "hs_email_subject": "Your request",
            "hs_email_html": f"<p>{text}</p>",
            "hs_email_text": text,
            **properties,
        }
        mail = crm.create("emails", values, author)
        associate(crm, mail, crm.live("tickets", ticket_id), None, author)
        return mail.id

    def customer_mails(self, ticket_id: str, text: str, sender: str) -> str:
        """The customer's mail, which HubSpot puts on the ticket without a conversation."""
        headers = json.dumps({"from": {"email": sender, "firstName": "Ana"}})
        return self.mail_is_logged(
            ticket_id, text, hs_email_direction="INCOMING_EMAIL", hs_email_headers=headers
        )

    def person_edits_note(self, note_id: str, html: str, by: int = _AGENT) -> None:
        """Changes the text of a note."""
        note = self.portal.crm.live("notes", note_id)
        self.portal.crm.update(note, {"hs_note_body": html}, Author.person(by))

    def person_deletes_note(self, note_id: str, by: int = _AGENT) -> None:
        """Moves a note to the recycle bin."""
        self.portal.crm.archive(self.portal.crm.live("notes", note_id), Author.person(by))

    def person_uploads(self, name: str, content: bytes, content_type: str) -> str:
        """Puts a private file into the account."""
        return self.portal.files.add(name, content, content_type, self.portal.clock()).id

    def customer_writes(self, ticket_id: str, text: str, attachments: Sequence[str] = ()) -> str:
        """The customer's message; the first one opens the ticket's thread."""
        return writing.customer_message(self.portal, ticket_id, text, list(attachments)).id

    def agent_replies(
        self, ticket_id: str, text: str, attachments: Sequence[str] = (), by: int = _AGENT
    ) -> str:
        """An agent's answer to the customer."""
        files = list(attachments)
        return writing.agent_message(self.portal, ticket_id, "MESSAGE", text, files, by).id

    def agent_comments(
        self, ticket_id: str, text: str, attachments: Sequence[str] = (), by: int = _AGENT
    ) -> str:
        """An agent's internal comment in the thread."""
        files = list(attachments)
        return writing.agent_message(self.portal, ticket_id, "COMMENT", text, files, by).id

    def add_company(self, name: str, domain: str | None = None, **properties: Any) -> str:
        """A company; properties nobody has defined yet become text properties."""
        known = self.portal.crm.schemas["companies"].definitions
        for new in properties.keys() - known.keys():
            self.add_property("companies", new)
        values = {"name": name, "domain": domain, **properties}
        return self._add("companies", values)

    def add_contact(self, email: str, first: str = "", last: str = "", **more: Any) -> str:
        """A contact; further properties have to be defined."""
        values = {"email": email, "firstname": first, "lastname": last, **more}
        return self._add("contacts", values)

    def add_feedback(self, ticket_id: str, value: str, content: str = "") -> str:
        """A customer's CSAT answer on a ticket."""
        values = {"hs_survey_type": "CSAT", "hs_value": value, "hs_content": content}
        made = self._add("feedback_submissions", values)
        crm = self.portal.crm
        associate(
            crm,
            crm.live("feedback_submissions", made),
            crm.live("tickets", ticket_id),
            None,
            Author("FORM", "survey"),
        )
        return made

    def add_owner(self, email: str, first: str, last: str) -> str:
        """An owner; the answer is the owner id, which is not the userId."""
        return self.portal.crm.owners.add(email, first, last, self.portal.clock()).id

    def add_pipeline(
        self, label: str, stages: Sequence[tuple[str, str | None]] = (("New", "OPEN"),)
    ) -> str:
        """A pipeline of (label, ticketState) stages; the state may be missing."""
        pipelines, now = self.portal.crm.pipelines, self.portal.clock()
        pipeline = pipelines.add(label, now)
        for name, state in stages:
            pipelines.add_stage(pipeline, name, {"ticketState": state} if state else {}, now)
        return pipeline.id

    def add_property(
        self,
        object_type: str,
        name: str,
        type: str = "string",
        field_type: str = "text",
        options: Sequence[str] | Mapping[str, str] = (),
        *,
        label: str | None = None,
        unique: bool = False,
        in_forms: bool = True,
    ) -> None:
        """An admin defines a property; its options are values, or labels by their values."""
        labels = (
            options if isinstance(options, Mapping) else dict(zip(options, options, strict=True))
        )
        schema, now = self.portal.crm.schemas[object_type], self.portal.clock()
        schema.definitions[name] = PropertyDefinition(
            name,
            label or name.replace("_", " ").capitalize(),
            type,
            field_type,
            next(iter(schema.groups)),
            options=[Option(value, said) for value, said in labels.items()],
            unique=unique,
            in_forms=in_forms,
            hubspot_defined=False,
            created_at=now,
            updated_at=now,
        )

    def _add(self, object_type: str, values: dict[str, Any]) -> str:
        kept = {name: value for name, value in values.items() if value not in (None, "")}
        return self.portal.crm.create(object_type, kept, Author.person(_AGENT)).id

    @property
    def tickets(self) -> dict[str, Record]:
        """Every ticket by id, archived and merged ones included."""
        return self.portal.crm.shelves["tickets"]

    @property
    def notes(self) -> dict[str, Record]:
        """Every note by id."""
        return self.portal.crm.shelves["notes"]

    @property
    def companies(self) -> dict[str, Record]:
        """Every company by id."""
        return self.portal.crm.shelves["companies"]

    @property
    def contacts(self) -> dict[str, Record]:
        """Every contact by id."""
        return self.portal.crm.shelves["contacts"]

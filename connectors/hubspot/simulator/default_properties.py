"""The properties that exist before anybody defines one."""

from __future__ import annotations

from datetime import datetime

from connectors.hubspot.simulator.mail_headers import NAMED_IN_HEADERS
from connectors.hubspot.simulator.schema import Option, PropertyDefinition, Schema

CATEGORIES = (
    "Customer Success Ticket",
    "Development Request",
    "Bug",
    "Post Implementation",
    "Additional Scope",
)
PRIORITIES = ("LOW", "MEDIUM", "HIGH", "URGENT")
DIRECTIONS = ("EMAIL", "INCOMING_EMAIL", "FORWARDED_EMAIL", "DRAFT_EMAIL")
_SOURCES = ("CHAT", "EMAIL", "FORM", "PHONE")
STAMPS = ("createdate", "hs_lastmodifieddate", "hs_object_id")
"""Come back with every answer, asked for or not."""


def _options(values: tuple[str, ...], *, title: bool = False) -> list[Option]:
    return [Option(value, value.capitalize() if title else value) for value in values]


def _stamps(group: str) -> list[PropertyDefinition]:
    return [
        PropertyDefinition("createdate", "Create date", "datetime", "date", group, read_only=True),
        PropertyDefinition(
            "hs_lastmodifieddate", "Last modified date", "datetime", "date", group, read_only=True
        ),
        PropertyDefinition("hs_object_id", "Record ID", "number", "number", group, read_only=True),
        # https://knowledge.hubspot.com/properties/view-and-use-the-record-source-property
        PropertyDefinition("hs_object_source", "Record source", group=group, read_only=True),
        PropertyDefinition("hs_object_source_id", "Record source ID", group=group, read_only=True),
        PropertyDefinition(
            "hs_merged_object_ids", "Merged record IDs", "string", "text", group, read_only=True
        ),
        PropertyDefinition(
            "hubspot_owner_id", "Owner", "enumeration", "select", group, external_options=True
        ),
    ]


def _tickets() -> list[PropertyDefinition]:
    define = PropertyDefinition
    return [
        define("subject", "Ticket name"),
        define("content", "Ticket description", "string", "textarea"),
        define("hs_pipeline", "Pipeline", "enumeration", "select", external_options=True),
        define(
            "hs_pipeline_stage", "Ticket status", "enumeration", "select", external_options=True
        ),
        define(
            "hs_ticket_priority",
            "Priority",
            "enumeration",
            "select",
            options=_options(PRIORITIES, title=True),
        ),
        define(
            "hs_ticket_category",
            "Category",
            "enumeration",
            "checkbox",
            options=_options(CATEGORIES),
        ),
        define(
            "source_type", "Source", "enumeration", "select", options=_options(_SOURCES, title=True)
        ),
        define("closed_date", "Close date", "datetime", "date"),
    ]


def _texts(group: str, *names: tuple[str, str]) -> list[PropertyDefinition]:
    return [PropertyDefinition(name, label, group=group) for name, label in names]


def _notes() -> list[PropertyDefinition]:
    return [
        PropertyDefinition("hs_timestamp", "Activity date", "datetime", "date", "engagement"),
        PropertyDefinition("hs_note_body", "Note body", "string", "html", "engagement"),
        PropertyDefinition("hs_attachment_ids", "Attached file IDs", group="engagement"),
    ]


def _emails() -> list[PropertyDefinition]:
    define, group = PropertyDefinition, "engagement"
    return [
        define("hs_timestamp", "Activity date", "datetime", "date", group),
        define(
            "hs_email_direction", "Direction", "enumeration", "select", group,
            options=_options(DIRECTIONS),
        ),
        define(
            "hs_email_status", "Send status", "enumeration", "select", group,
            options=_options(("BOUNCED", "FAILED", "SCHEDULED", "SENDING", "SENT")),
        ),
        define("hs_email_subject", "Subject", group=group),
        define("hs_email_html", "Email body", "string", "html", group),
        define("hs_email_text", "Text body", "string", "textarea", group),
        define("hs_email_headers", "Headers", "string", "textarea", group),
        define("hs_attachment_ids", "Attached file IDs", group=group),
        *(define(name, name, group=group, read_only=True) for name in NAMED_IN_HEADERS),
    ]  # fmt: skip


def default_schemas(now: datetime) -> dict[str, Schema]:
    """One schema for each object type, as in a fresh account."""
    company = _texts("companyinformation", ("name", "Company name"), ("domain", "Domain name"))
    contact = _texts(
        "contactinformation",
        ("email", "Email"),
        ("firstname", "First name"),
        ("lastname", "Last name"),
    )
    contact[0].unique = True
    feedback = _texts(
        "feedback",
        ("hs_survey_type", "Survey type"),
        ("hs_value", "Rating"),
        ("hs_sentiment", "Sentiment"),
        ("hs_survey_channel", "Survey channel"),
        ("hs_content", "Response"),
    )
    tickets_shown = (
        "subject",
        "content",
        "hs_pipeline",
        "hs_pipeline_stage",
        "hs_ticket_priority",
        "hs_ticket_category",
    )
    return {
        "tickets": _schema(_tickets(), "ticketinformation", tickets_shown, now),
        "companies": _schema(company, "companyinformation", ("name", "domain"), now),
        "contacts": _schema(contact, "contactinformation", ("email", "firstname", "lastname"), now),
        "notes": _schema(_notes(), "engagement", (), now),
        "emails": _schema(_emails(), "engagement", (), now),
        "feedback_submissions": _schema(feedback, "feedback", (), now),
    }


def _schema(
    own: list[PropertyDefinition], group: str, shown: tuple[str, ...], now: datetime
) -> Schema:
    definitions = {definition.name: definition for definition in own + _stamps(group)}
    for definition in definitions.values():
        definition.created_at = definition.updated_at = now
    return Schema(definitions, shown + STAMPS, {group: group.capitalize()})

"""The texts of what an audit finds. They name the place and the rule, never what stands there."""

from __future__ import annotations

from bridge.core.reason_texts_messages import CRITICAL, INFO, WARNING, Texts

AUDIT: Texts = {
    "AUDIT_SENTRY_SHOWN": (
        CRITICAL,
        "{place} of the ticket names something in Sentry, and the client can read it.",
        "{place} of {ticket} holds a reference to Sentry: {rule}.",
        ("See who wrote it. What the client wrote is no leak; anything else is to be "
        "redacted or edited in the helpdesk, and the issue launched as a work item of its own."),
    ),
    "AUDIT_SENTRY_NOTED": (
        WARNING,
        "{place} of the ticket names something in Sentry; the client can't read it there.",
        ("{place} of {ticket} holds a reference to Sentry: {rule}. To launch it: bridge launch, or "
        "POST /api/v1/signals/…/launch"),
        ("Ask an operator to launch the issue as a work item of its own, related to the ticket's, "
        "and take the address out of the note."),
    ),
    "AUDIT_SENTRY_SUSPECTED": (
        WARNING,
        "{place} of the ticket looks as if it came from error tracking.",
        "{place} of {ticket} has the shape of error tracking: {rule}.",
        "Read it. If it came from Sentry, redact it in the helpdesk, or say it in your own words.",
    ),
    "AUDIT_DATA_SOURCE": (
        CRITICAL,
        "{place} of the ticket holds an address by which anybody can write into Sentry.",
        "{place} of {ticket} holds a data source name (DSN), or the host of one: {rule}.",
        "Redact it in the helpdesk, and rotate the client key in the settings of the project.",
    ),
    "AUDIT_ITEM_TIED": (
        CRITICAL,
        "{item} hangs on the ticket and is tied to an issue in Sentry.",
        "{item} hangs on {ticket} and is tied to Sentry: {rule}.",
        ("Take the issue off {item} in Sentry, and launch it as a work item of its own that is "
        "related to this one. Until then nothing of {item} but its status may reach the ticket."),
    ),
    "AUDIT_ITEM_SUSPECTED": (
        WARNING,
        "{item} hangs on the ticket and looks as if Sentry wrote to it.",
        "{item} hangs on {ticket} and holds what Sentry writes: {rule}.",
        "Look at {item}: if it is linked in Sentry, take it off there and launch the issue apart.",
    ),
    "AUDIT_LINKED_BESIDE": (
        CRITICAL,
        "{item} is tied to Sentry, and something beside the hub joins it with the ticket.",
        "{place} joins {item} with {ticket}, not the hub; {item} is tied to Sentry: {rule}.",
        "Take that link away where it stands, or take the issue off {item} in Sentry.",
    ),
    "AUDIT_COPIED": (
        CRITICAL,
        "{place} of the ticket has the words of a comment that Sentry wrote to {item}.",
        "{place} of {ticket} and a comment of {item} are the same words: {rule}.",
        ("Redact it in the helpdesk, and find what copied it: the helpdesk's own app for the "
        "tracker, an automation, or a person."),
    ),
    "AUDIT_FACES_CUSTOMERS": (
        CRITICAL,
        "{item} is read by customers in the tracker itself, and is tied to Sentry.",
        ("{item} lies in a project that customers see, and is tied to Sentry: {rule}. What Sentry "
        "writes there is public by default."),
        "Take the issue off {item} in Sentry, and never link such projects there.",
    ),
    "AUDIT_APP_BESIDE": (
        INFO,
        "The helpdesk's own app joins the ticket with {item}, beside the hub.",
        "{place} joins {ticket} with {item}. What that app copies passes no gate of the hub's.",
        "Switch off what that app copies between the two, or the app.",
    ),
    "AUDIT_UNREAD": (
        WARNING,
        "{place} could not be read, so nothing is known of it.",
        "{place} was refused to the audit: {rule}.",
        "Give the hub's account the right to read it, and run the audit again.",
    ),
}  # fmt: skip

"""The texts of the reason codes that are about tickets which name something of Sentry's."""

from __future__ import annotations

from bridge.core.reason_texts_messages import CRITICAL, INFO, WARNING, Texts

GUIDE: Texts = {
    "SENTRY_REFERENCE": (
        INFO,
        "{place} names something of error tracking; {done}.",
        "{source} of {ref} names it. The reference itself is kept and copied nowhere.",
        "Nothing, unless the note is to be shorter: take the reference out of it.",
    ),
    "SENTRY_REFERENCE_OPEN": (
        WARNING,
        "{place} names something of error tracking, and nothing was made of it: {why}.",
        (
            "{source} of {ref} names it. The reference itself is kept and copied nowhere. "
            "To launch it: bridge launch, or POST /api/v1/signals/sentry/ID/launch with related_to."
        ),
        (
            "Ask an operator to launch it as a work item of its own, related to the ticket's. "
            "Never link it to the ticket."
        ),
    ),
    "SENTRY_TOLD": (
        CRITICAL,
        "{place} names something of error tracking: the customer can read it.",
        "{source} of {ref} is public. It is quoted nowhere.",
        (
            "Write to the customer in words of your own, tell whoever wrote it, and then ignore "
            "this finding.[{redaction}]"
        ),
    ),
}  # fmt: skip

"""The texts of the reason codes that are about messages to customers."""

from __future__ import annotations

from bridge.core.reason_texts_messages import CRITICAL, WARNING, Texts

SPEAKING: Texts = {
    "MESSAGE_REFUSED": (
        WARNING,
        "A message to the customer was approved and could not be said: {reason}.",
        "Draft {draft} was not sent. Nothing of it has reached the customer.",
        ("Tell the customer in the helpdesk and resolve this; or take away what stands in the way "
        "and retry: then the same words are sent."),
    ),
    "MESSAGE_NEEDS_FOLLOW_UP": (
        WARNING,
        "A message to the customer was approved, but the ticket is closed for good.",
        ("Draft {draft} was not sent[: {reason}]. The helpdesk takes nothing more on a closed "
        "ticket; a follow-up ticket can continue it, which inherits its links."),
        ("Retry opens a follow-up ticket for the customer with these words, once. Resolve leaves "
        "it unsaid."),
    ),
    "MESSAGE_UNDECIDED": (
        CRITICAL,
        "A message was sent to the customer, and the helpdesk never said whether it went out.",
        ("Draft {draft} was sent, no answer came, and it was looked for twice without being "
        "found. It is not sent again by itself: the customer might read it twice."),
        ("Look at the ticket in the helpdesk. If the message is there, resolve this: it counts as "
        "said. If it is not, retry: it is sent again."),
    ),
    "LETTER_UNSHOWN": (
        WARNING,
        ("The customer was written to by mail, and the helpdesk does not show the mail on the "
        "ticket, or did not say whether it does."),
        "Draft {draft} went out once[; the helpdesk: {reason}].",
        ("If the ticket shows it, resolve this. If not, note there that the customer was told and "
        "resolve it; or give the hub the right that it lacks and retry: then it is put on the "
        "ticket. Nothing is sent again."),
    ),
}  # fmt: skip

"""The texts about the end of tickets, what brings one back, and escalations."""

from __future__ import annotations

from bridge.core.reason_texts_messages import WARNING, Texts

ENDINGS: Texts = {
    "CLOSED_BEFORE_FIXED": (
        WARNING,
        "The ticket is {status}, and its work is not done: {items}.",
        "{ref} is {status}, and {count} of its linked work items are not done.",
        ("Open the ticket again in the helpdesk, or unlink the work if the customer needs it no "
        "more. This closes by itself once the work is done."),
    ),
    "CLOSED_SILENTLY": (
        WARNING,
        "The ticket is {status}, and its customer was not told that the work is done.",
        "Nobody said anything public on {ref} since its work was done, {since}.",
        ("Tell the customer in the ticket. Where it can't be written any more, tell them by a new "
        "one, and ignore this."),
    ),
    "DONE_NOT_CLOSED": (
        WARNING,
        "The work has been done since {since}, and the ticket is open[; the customer {told}].",
        "All linked work items of {ref} are done since {since}; its status is {status}.",
        "Tell the customer, and solve the ticket in the helpdesk.",
    ),
    "OWNER_GONE": (
        WARNING,
        "The customer has replied, and nobody has the ticket: whoever had it can't get it back.",
        "{field} of {ref} is empty, and who had it is no owner in the helpdesk any more.",
        "Give the ticket to somebody in the helpdesk.",
    ),
    "ESCALATION_ASKED": (
        WARNING,
        "{asked_by} asks to escalate the ticket[: {reason}].",
        "The request {request} on {ref} waits for a decision since {since}.",
        "Whoever may launch work accepts or declines it, on the page Escalations.",
    ),
    "ESCALATION_INCOMPLETE": (
        WARNING,
        "The ticket is to be escalated and lacks: {missing}.",
        "The checklist of the mapping's escalation names what {ref} does not say: {missing}.",
        "Fill it in at the ticket; the request can be accepted then.",
    ),
    "VERSION_UNSUPPORTED": (
        WARNING,
        "The customer runs version {version}, which is not supported; supported are {supported}.",
        "{field} of {ref} says {version}; the mapping supports {supported}.",
        "Ask the customer to update first, or decide that it is escalated all the same.",
    ),
}  # fmt: skip

"""The texts of what the nightly look finds: each says what has come apart, and who mends it."""

from __future__ import annotations

from bridge.core.reason_texts_messages import WARNING, Texts

HYGIENE: Texts = {
    "HYGIENE_NOT_LINKED": (
        WARNING,
        "The ticket is said to be engineering's, and no work item hangs on it.",
        "{ref} has no link[; its route is {route}].",
        "Launch its work item, link the one that is there, or give it the category that stays.",
    ),
    "HYGIENE_ITEM_DONE": (
        WARNING,
        "The work is done[: {items}], and the ticket has stayed open for {days} days since.",
        "Every work item on {ref} counts as closed for {days} days[; the customer {told}].",
        "Tell the customer, and close the ticket in the helpdesk.",
    ),
    "HYGIENE_TICKET_CLOSED": (
        WARNING,
        "The ticket is closed, and {item} is still worked on for it.",
        "{ref} counts as closed; {item} does not.",
        "Take the ticket off the work item, or open the ticket again if the customer still waits.",
    ),
    "HYGIENE_OWNERS_MISSING": (
        WARNING,
        "{item} belongs to several people by its rule ({roles}), and has {count}.",
        (
            "The route assigns {roles}[: {people}][: {by_hand}]; {tracker} shows {count}."
            "[ Nobody plays {nobody}.]"
        ),
        (
            "See that it has them.[ The hub puts those of its rule on it ({people}) by one press "
            "and takes nobody off.][ Open it in {tracker} and put {by_hand} on it.]"
            "[ Nobody plays {nobody}: say who does, at the customer in the helpdesk or under "
            "people in bridge.yaml.]"
        ),
    ),
    "HYGIENE_UNACKNOWLEDGED": (
        WARNING,
        "Nobody has heard that {people} know of this ticket.",
        "Route {route} asks for an acknowledgement of {people} on {ref}; nobody is told any more.",
        "Ask them, or have them told again.",
    ),
    "HYGIENE_NO_SEVERITY": (
        WARNING,
        "Engineering works on the ticket, and nobody has said how bad it is.",
        "The field {field} of {ref} is empty, and the route's fields go by it.",
        "Say how bad it is: the hub writes it to the ticket.",
    ),
    "HYGIENE_TICKET_GONE": (
        WARNING,
        "{item} is linked to a ticket that is not in the helpdesk any more.",
        "{ref} is missing or deleted, and its link to {item} goes on.",
        "Take the ticket off the work item; if the customer still waits, make a new ticket for it.",
    ),
    "HYGIENE_NOT_INHERITED": (
        WARNING,
        "The ticket goes on with an earlier one, and {item} still hangs on the earlier one alone.",
        "{ref} was merged with, or continues, a ticket that {item} is linked to.",
        "Link {item} to this ticket.",
    ),
    "HYGIENE_END_PAST": (
        WARNING,
        "{what} was to end on {day}, {days} days ago, and the ticket does not say that it has.",
        "The field {field} of {ref} holds a day that is past.",
        "See that it was taken back; then empty the field in the helpdesk, or set another day.",
    ),
    "HYGIENE_FINDINGS_OLD": (
        WARNING,
        "{count} findings of one cause are open, the oldest for {days} days.",
        "Their code is {code_meant}.",
        "Work on them, or ignore those that stay as they are.",
    ),
}

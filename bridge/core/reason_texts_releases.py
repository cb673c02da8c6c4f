"""The texts of the reason codes that are about releases and how they come to customers."""

from __future__ import annotations

from bridge.core.reason_texts_messages import INFO, WARNING, Texts

RELEASES: Texts = {
    "RELEASE_PENDING": (
        INFO,
        (
            "{item} is done; its release {release} has not reached this customer yet "
            "[(roll-out group {group})][(set apart from their group {apart})][, expected {day}]."
        ),
        (
            "The release {release} has not reached [the group {group}][the customer, whom somebody "
            "set apart from their group {apart}][; expected {day}]."
        ),
        "Nothing, unless it has: then an operator says so at the release.",
    ),
    "RELEASE_GONE": (
        WARNING,
        "{item} was planned for {release}, a release that was deleted; the ticket stays as it is.",
        "The release {release} of {ref} was deleted in the tracker, and no other took its place.",
        (
            "Plan the work item for another release; or, if the customer has it, mark the group as "
            "reached at the release."
        ),
    ),
    "RELEASE_CUSTOMER_CHANGED": (
        WARNING,
        (
            "The ticket was of {was}, whom somebody set apart from their group at {release}"
            "[; now it is of {customer}]."
        ),
        (
            "Nobody knows whether {was} and the customer of {ref} are the same: what is set apart "
            "at {release} is kept for {was}, and the ticket gets nothing early meanwhile."
        ),
        (
            "At the release, say who {was} are now, or let them go with their group. If this "
            "ticket alone has come to another customer, close this: it then goes with its group. "
            "To ignore it lets nobody go."
        ),
    ),
    "RELEASE_OFF_DAY": (
        WARNING,
        "The release {release} is dated {day}, on which there is no roll-out.",
        "The tracker's date of {release} is {day}; tickets show the next roll-out day.",
        "Move the release's date to a roll-out day, or add the day to the mapping's calendar.",
    ),
}  # fmt: skip

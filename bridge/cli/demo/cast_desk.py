"""The support desk of the technicians' app: its people, and what its customers ask for.

Harborline bought the app, and with it a help desk in Zendesk and engineers who work in Jira.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.cli.demo.cast import BRIGHTWATER, OAKFIELD, PINECREST, STONEBRIDGE, Customer

INES = ("Ines Duarte", "ines@harborline.example")
"""Front line of the desk."""
NOOR = ("Noor Haddad", "noor@harborline.example")
"""Its escalation team: opens bugs for what support can't solve."""
LENA = ("Lena Fischer", "lena@harborline.example")
YUSUF = ("Yusuf Kaya", "yusuf@harborline.example")
"""Engineers of the app."""
COLLEEN = "Colleen Jones"
"""Looks after error tracking."""

PROJECT = "RD"
"""Where the app's engineers work in Jira."""
BUG, SOLVED = "bug", "resolved_in_support"
"""What the desk decides: the choices of its field Escalation."""


@dataclass(frozen=True, slots=True)
class DeskRequest:
    """What somebody at a customer asks the desk."""

    customer: Customer
    asker: str
    subject: str
    text: str
    priority: str = "normal"
    instance: str = "production"
    screenshot: str = ""


PHOTOS_LOST = DeskRequest(
    BRIGHTWATER,
    "Dana Whitfield",
    "Photos taken without reception are gone after a restart",
    "Our crews take photos in cellars. When the phone restarts before it has reception again, "
    "the visit says “4 photos” and shows none. Since last Tuesday, on all phones, in production.",
    screenshot="photos-missing.png",
)
BATTERY = DeskRequest(
    OAKFIELD,
    "Owen Pryce",
    "The app drains the battery between two visits",
    "Since the update the caretakers' phones are empty by noon, even in their pockets.",
)
OLD_PHONES = DeskRequest(
    STONEBRIDGE,
    "Ruth Marsh",
    "Does the app run on our older phones?",
    "Two of our adjusters have phones from 2019.",
    "low",
)
DESK_REQUESTS = (PHOTOS_LOST, BATTERY, OLD_PHONES)

MORE_DESK = (
    DeskRequest(
        PINECREST,
        "Rosa Lindt",
        "Checklist jumps back to the first line",
        "Whenever the housekeeper answers a call, the list begins again at the top.",
    ),
    DeskRequest(
        BRIGHTWATER,
        "Dana Whitfield",
        "The app asks for the password every morning",
        "All crews have to log in again each day since Monday.",
        "high",
    ),
    DeskRequest(
        OAKFIELD,
        "Owen Pryce",
        "Street names are cut on small screens",
        "The house number is missing when the name is long.",
        "low",
        "sandbox",
    ),
)

_BY_PLAN = {
    "urgent": {},
    "high": {"Elite": "Highest", "Premium": "High", "Standard": "High"},
    "normal": {"Elite": "High", "Premium": "Medium", "Standard": "Medium"},
    "low": {"Elite": "Medium", "Premium": "Low", "Standard": "Lowest"},
}


def due_priority(request: DeskRequest) -> str:
    """The priority in Jira that severity and success plan together ask for."""
    return _BY_PLAN[request.priority].get(request.customer.plan, "Highest")

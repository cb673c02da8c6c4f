"""Who appears in the story: Harborline's people, its customers, and what they ask for.

Harborline is made up: a company whose software plans the visits of technicians.
"""

from __future__ import annotations

from dataclasses import dataclass

CUSTOMER_SUCCESS = "Customer Success Ticket"
DEVELOPMENT = "Development Request"
BUG = "Bug"
POST_IMPLEMENTATION = "Post Implementation"
ADDITIONAL_SCOPE = "Additional Scope"

WORK = {BUG: "Bug", DEVELOPMENT: "User Story"}
"""The work item in Boards that a category becomes."""
IN_PROJECT = (POST_IMPLEMENTATION, ADDITIONAL_SCOPE)
"""What becomes a task in the customer's project; the one category left stays in the helpdesk."""

KENTON = "Kenton Reyes <kenton@harborline.example>"
JESSICA = "Jessica Moreau <jessica@harborline.example>"
SAM = "Sam Ito <sam@harborline.example>"
ENGINEERS = (KENTON, JESSICA, SAM)
LEADS = ("kenton@harborline.example", "jessica@harborline.example")
"""The development leads: both are told of a bug that stops a customer."""


def first_name(person: str) -> str:
    """How colleagues call somebody written as `Name <address>`."""
    return person.partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody at Harborline; customer success managers also answer tickets."""

    first: str
    last: str
    email: str


MAYA = Colleague("Maya", "Lindqvist", "maya@harborline.example")
TOM = Colleague("Tom", "Okafor", "tom@harborline.example")
PRIYA = Colleague("Priya", "Raman", "priya@harborline.example")
CSMS = (MAYA, TOM, PRIYA)
HUGO = Colleague("Hugo", "Brandt", "hugo@harborline.example")
IMPLEMENTATION = (HUGO,)
"""Leads the implementation of whatever was sold."""
GRETA = Colleague("Greta", "Solberg", "greta@harborline.example")
SALES = (GRETA,)
"""Leads the customers' accounts."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A company that uses Harborline, its success plan and its CSM."""

    name: str
    domain: str
    plan: str
    csm: Colleague


BRIGHTWATER = Customer("Brightwater Utilities", "brightwater.example", "Elite", MAYA)
CALDER = Customer("Calder Logistics", "calder.example", "Premium", TOM)
OAKFIELD = Customer("Oakfield School District", "oakfield.example", "Standard", PRIYA)
MERIDIAN = Customer("Meridian Clinics", "meridian.example", "Elite", PRIYA)
PINECREST = Customer("Pinecrest Hotels", "pinecrest.example", "Premium", TOM)
STONEBRIDGE = Customer("Stonebridge Insurance", "stonebridge.example", "Standard", MAYA)
CUSTOMERS = (BRIGHTWATER, CALDER, OAKFIELD, MERIDIAN, PINECREST, STONEBRIDGE)


@dataclass(frozen=True, slots=True)
class Request:
    """What a customer asks for, as the CSM files it; the screenshot is a file of the assets."""

    customer: Customer
    subject: str
    text: str
    category: str
    priority: str = "MEDIUM"
    screenshot: str = ""

    @property
    def work(self) -> str:
        """The work item in Boards that it becomes; empty when it becomes none."""
        return WORK.get(self.category, "")

    @property
    def in_project(self) -> bool:
        """Whether it becomes a task in the customer's project."""
        return self.category in IN_PROJECT


BOARD_BLANK = Request(
    BRIGHTWATER,
    "Dispatch board is blank for everyone since 08:40",
    "All four dispatchers see an empty board. The visits are there when we open a technician, "
    "but nobody can plan anything. 63 visits are waiting for today, two of them are leaks.",
    BUG,
    "HIGH",
    "dispatch-board-blank.png",
)
INVOICE_CUT = Request(
    CALDER,
    "Invoice PDF cuts off the last line of long addresses",
    "Our delivery address has five lines and the PDF shows three. The freight terminal has sent "
    "two invoices back because the unit number is missing.",
    BUG,
    "MEDIUM",
    "invoice-cut-off.png",
)
TWO_DATES = Request(
    OAKFIELD,
    "Two date formats on one visit report",
    "Planned shows 03/07/2026 and done shows 2026-07-03. Our caretakers read the first one as "
    "March. Not urgent, but please make them the same.",
    BUG,
    "LOW",
    "two-date-formats.png",
)
EXPORT_STOPS = Request(
    MERIDIAN,
    "CSV export stops at 10,000 rows without saying so",
    "We exported the first half of the year for our auditors and only noticed by chance that "
    "6,204 visits are missing. The page says that the export is finished.",
    BUG,
    "MEDIUM",
    "export-stops.png",
)
SIGNATURE = Request(
    PINECREST,
    "Signature lands outside the box when the tablet is turned",
    "If the guest turns the tablet while signing, the line appears a hand's width lower and "
    "Accept stays grey. Happens on every tablet of the Lakeside house.",
    BUG,
    "MEDIUM",
    "signature-shifted.png",
)
SIGNATURE_AGAIN = Request(
    PINECREST,
    "Tablet signatures (again)",
    "Hi Tom, my colleague from Lakeside wrote to you about the signatures already, we have the "
    "same at the Harbour house since this morning.",
    CUSTOMER_SUCCESS,
)
RESET_LINK = Request(
    STONEBRIDGE,
    "Password reset link is expired as soon as it arrives",
    "Three adjusters are locked out. The mail comes at once, they click at once, and the page "
    "says that the link is older than 24 hours.",
    BUG,
    "MEDIUM",
    "reset-link-expired.png",
)
HOUR_LATE = Request(
    MERIDIAN,
    "Visits in Lisbon are shown one hour late",
    "The confirmation that the clinic gets has the right time; the calendar in Harborline is one "
    "hour later. Only our Portuguese sites.",
    BUG,
    "MEDIUM",
    "calendar-one-hour-late.png",
)
REPORT_TOTAL = Request(
    CALDER,
    "Monthly total does not match the list below it",
    "The report says 412 visits and the list under it has 409. Are we reading it wrongly?",
    CUSTOMER_SUCCESS,
)
BULK_REASSIGN = Request(
    BRIGHTWATER,
    "Move all visits of a sick technician in one go",
    "When somebody calls in sick we drag twelve visits one by one. We would like to select them "
    "and give them to another crew, with a look at who is near.",
    DEVELOPMENT,
)
ROUTE_EXPORT = Request(
    CALDER,
    "Route of the day for the van's navigation",
    "Drivers type addresses into the navigation. A file or a link with the day's route would "
    "save each of them a quarter of an hour.",
    DEVELOPMENT,
    "LOW",
)
DARK_WALL = Request(
    OAKFIELD,
    "Dark colours for the wall display",
    "The board hangs in a dim control room and is too bright at night.",
    DEVELOPMENT,
    "LOW",
)
SILENT_HOURS = Request(
    STONEBRIDGE,
    "Text messages should not be sent at night",
    "Policyholders got appointment reminders at 02:15. Can that be limited to the daytime?",
    BUG,
    "MEDIUM",
)
THREE_USERS = Request(
    STONEBRIDGE,
    "Please add three users to the claims team",
    "Names and addresses are in the sheet that Lena sent you yesterday. They start on Monday.",
    CUSTOMER_SUCCESS,
    "LOW",
)
SECOND_FACTOR = Request(
    OAKFIELD,
    "How do I reset a colleague's second factor?",
    "Our head caretaker has a new phone and can't log in any more.",
    CUSTOMER_SUCCESS,
)
WARRANTY = Request(
    BRIGHTWATER,
    "Imported assets have no warranty dates",
    "You imported our 1,918 assets in June. The column with the warranty dates is empty; it was "
    "filled in the sheet we gave you.",
    POST_IMPLEMENTATION,
    "MEDIUM",
    "warranty-dates-empty.png",
)
GUEST_PORTAL = Request(
    PINECREST,
    "Offer for a guest portal in a second language",
    "For next season we would like guests to follow their request in German as well. What would "
    "that cost, and by when could it be done?",
    ADDITIONAL_SCOPE,
    "LOW",
)

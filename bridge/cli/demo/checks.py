"""Whether the day ended well, judged from the vendors' state alone.

Each check returns the sentences of what is wrong; none is good.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from bridge.cli.demo.casebook import Case, Casebook
from bridge.cli.demo.cast import BUG, LEADS, WORK
from bridge.cli.demo.checks_desk import DESK_CHECKS
from bridge.cli.demo.checks_projects import PROJECT_CHECKS
from bridge.cli.demo.checks_signals import SIGNAL_CHECKS
from bridge.cli.demo.systems import by_hub, events_lost, live_tickets, own_items
from bridge.cli.demo.told import cards_about, mails_about
from bridge.cli.demo.vendors import (
    CLOSED_STAGE,
    ENGINEERING_PRIORITY,
    ETA,
    KEYS,
    PRIORITY,
    STAGE,
    TARGET_DATE,
    Vendors,
    comments_of,
    hyperlinks,
    notes_of,
    picture,
)
from bridge.cli.demo.verdicts import Check, Day, Verdict, name_of
from connectors.azure_devops.simulator import Item

STAGES = {
    "New": "Reported to our team",
    "Active": "Being worked on",
    "Resolved": "In testing",
    "Closed": "Available to you",
    "Removed": "Not planned",
}
"""What a customer may hear of each state, as Harborline's process says."""

_FIRST_PRIORITY = {"HIGH": 1, "MEDIUM": 2, "LOW": 3}
_OVER = ("Closed", "Removed")
_ENGINEERS_OWN = frozenset(
    {"System.Title", "System.State", "System.AssignedTo", TARGET_DATE, PRIORITY}
)


def judge(vendors: Vendors, book: Casebook) -> list[Verdict]:
    """All checks on the state as it is now."""
    day = Day(vendors, book)
    return [Verdict(title, tuple(check(day))) for title, check in CHECKS.items()]


def _one_item_each(day: Day) -> Iterator[str]:
    for case in day.book.launched:
        items = day.vendors.items_of(case.ticket_id)
        if len(items) != 1:
            yield f"{name_of(case)} has {len(items)} work items"
        elif items[0].type != case.work:
            yield f"{name_of(case)} became a {items[0].type}, not a {case.work}"
        else:
            yield from _as_launched(case, items[0])


def _links_lead_to_tickets(day: Day) -> Iterator[str]:
    """A merged ticket has a new address, and its work items know it."""
    for case in day.book.launched:
        ticket = day.vendors.ticket(case.ticket_id)
        for item in day.vendors.items_of(case.ticket_id):
            address = day.vendors.ticket_url(ticket.id)
            if address not in hyperlinks(item):
                yield f"#{item.id} links to a former address of {name_of(case)}"


def _as_launched(case: Case, item: Item) -> Iterator[str]:
    first = item.revisions[0].fields
    customer = case.request.customer.name
    if customer not in str(first.get("System.Title", "")):
        yield f"the title of #{item.id} does not name {customer}"
    wanted = _FIRST_PRIORITY[case.request.priority]
    if case.work == WORK["Bug"] and first.get(PRIORITY) != wanted:
        yield f"#{item.id} began with priority {first.get(PRIORITY)}, not {wanted}"


def _nothing_twice(day: Day) -> Iterator[str]:
    made, wanted = len(own_items(day.vendors)), len(day.book.launched)
    if made != wanted:
        yield f"the hub created {made} work items for {wanted} tickets"


def _stages_agree(day: Day) -> Iterator[str]:
    for case, item in _open_pairs(day):
        shown, wanted = day.vendors.shown(case.ticket_id, STAGE), STAGES[item.state]
        if shown != wanted:
            yield f"{name_of(case)} shows {shown!r}; #{item.id} is {item.state}: {wanted!r}"


def _facts_agree(day: Day) -> Iterator[str]:
    for case, item in _open_pairs(day):
        wanted = {KEYS: f"#{item.id}", ENGINEERING_PRIORITY: str(item.fields.get(PRIORITY, ""))}
        if item.state not in _OVER:
            wanted[ETA] = str(item.fields.get(TARGET_DATE, ""))[:10]
        for name, value in wanted.items():
            shown = day.vendors.shown(case.ticket_id, name)
            if (shown[:10] if name == ETA else shown) != value:
                yield f"{name_of(case)} shows {shown!r} in {name}, #{item.id} has {value!r}"


def _pictures_arrived(day: Day) -> Iterator[str]:
    for case in day.book.launched:
        sent = Counter(picture(name) for name in case.pictures)
        for item in day.vendors.items_of(case.ticket_id):
            found = Counter(day.vendors.files_of(item))
            if found != sent:
                count = f"{found.total()} of {sent.total()}"
                yield f"#{item.id} of {name_of(case)}: {count} screenshots, or other bytes"


def _others_stayed(day: Day) -> Iterator[str]:
    for case in day.book.cases:
        if case.work or case.in_project or case.merged_into is not None:
            continue
        if day.vendors.items_of(case.ticket_id):
            yield f"{name_of(case)} has a work item and should have none"
        if day.vendors.shown(case.ticket_id, STAGE):
            yield f"{name_of(case)} shows a stage and has no work"


def _comments_crossed(day: Day) -> Iterator[str]:
    for case in day.book.cases:
        notes = notes_of(day.vendors.ticket(case.ticket_id))
        comments = "\n".join(comments_of(i) for i in day.vendors.items_of(case.ticket_id))
        for text in case.to_customer:
            if notes.count(text) != 1:
                yield f"{name_of(case)} has {notes.count(text)} notes saying {text!r}"
        for text in case.to_engineers:
            if comments.count(text) != 1:
                yield f"{name_of(case)}: engineers read {comments.count(text)} times {text!r}"


def _customers_left_to_people(day: Day) -> Iterator[str]:
    for thread in day.vendors.helpdesk.threads.values():
        for message in thread.messages:
            if message.type == "MESSAGE" and "integrationAppId" in message.client:
                yield f"the hub wrote to the customer of ticket {thread.ticket_id}"
    for ticket in live_tickets(day.vendors):
        for version in ticket.history.get("hs_pipeline_stage", []):
            if by_hub(day.vendors, version.author.source_type):
                yield f"the hub moved ticket {ticket.id} to another status"


def _engineers_left_to_work(day: Day) -> Iterator[str]:
    """After its creation the hub adds files, links and comments to an item, and nothing else."""
    service = day.vendors.boards.service_account
    for item in own_items(day.vendors):
        for update in item.updates[1:]:
            touched = _ENGINEERS_OWN & update.fields.keys()
            if update.by == service and touched:
                yield f"the hub changed {', '.join(sorted(touched))} of #{item.id}"


def _closed_left_alone(day: Day) -> Iterator[str]:
    for case in day.book.cases:
        if case.closed_with is None:
            continue
        if day.vendors.shown(case.ticket_id, "hs_pipeline_stage") != CLOSED_STAGE:
            yield f"{name_of(case)} was closed by a person and is open again"
        shown = day.vendors.shown(case.ticket_id, STAGE)
        if shown != case.closed_with:
            yield f"{name_of(case)} was closed with {case.closed_with!r} and now shows {shown!r}"


def _nothing_lost(day: Day) -> Iterator[str]:
    lost = events_lost(day.vendors)
    if lost:
        yield f"{lost} events were not taken by the hub"


def _leads_told(day: Day) -> Iterator[str]:
    for case in day.book.launched:
        high = case.work == WORK[BUG] and case.request.priority == "HIGH"
        for lead in LEADS:
            mails = len(mails_about(day.vendors, lead, case.ticket_id))
            cards = cards_about(day.vendors, lead, case.ticket_id)
            if (mails, cards) != (int(high), int(high)):
                yield f"{name_of(case)}: {lead} was told {mails} times by mail, {cards} in Teams"
        if not all(case.acknowledged):
            yield f"{name_of(case)}: the hub did not take that a lead knows of it"


def _story_went_on(day: Day) -> Iterator[str]:
    yield from day.book.missed


CHECKS: dict[str, Check] = {
    "Each bug and each wish has one work item, of the right type and priority": _one_item_each,
    "Nothing was created twice, lost replies included": _nothing_twice,
    "Links in Boards lead to the tickets, merged ones too": _links_lead_to_tickets,
    "Every open ticket shows the stage of its work": _stages_agree,
    "Dates, keys and engineering's priorities agree": _facts_agree,
    "Screenshots arrived byte for byte": _pictures_arrived,
    "What support can settle itself stayed in HubSpot": _others_stayed,
    "Marked comments crossed, and once": _comments_crossed,
    "Only people wrote to customers and closed tickets": _customers_left_to_people,
    "Only engineers changed states, titles, dates and priorities": _engineers_left_to_work,
    "Closed tickets were left alone": _closed_left_alone,
    "Every event that was sent was taken": _nothing_lost,
    "Both leads were told of each High bug, once, and of nothing else": _leads_told,
    **PROJECT_CHECKS,
    **DESK_CHECKS,
    **SIGNAL_CHECKS,
    "Everything happened when the story waited for it": _story_went_on,
}


def _open_pairs(day: Day) -> Iterator[tuple[Case, Item]]:
    """Tickets that must follow, with their item; those that lack one fail another check."""
    for case in day.book.launched:
        items = day.vendors.items_of(case.ticket_id)
        if case.closed_with is None and len(items) == 1:
            yield case, items[0]

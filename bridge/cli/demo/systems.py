"""What the hub did at each system, counted on what the simulated systems hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bridge.cli.demo.casebook import Casebook
from bridge.cli.demo.desk import ETA as DESK_ETA
from bridge.cli.demo.desk import KEYS as DESK_KEYS
from bridge.cli.demo.desk import STAGE as DESK_STAGE
from bridge.cli.demo.vendors import ENGINEERING_PRIORITY, ETA, KEYS, STAGE, Vendors, hyperlinks
from bridge.cli.demo.verdicts import all_that_others_read
from connectors.azure_devops.simulator import Item
from connectors.hubspot.simulator import Record
from connectors.zendesk.simulator.records import Audit

_MIRRORED = (STAGE, ETA, KEYS, ENGINEERING_PRIORITY)
_TAKEN = range(200, 300)


@dataclass(frozen=True, slots=True)
class SystemReport:
    """One system's part of the day."""

    created: int = 0
    """Work items, tasks and subtasks that the hub made there."""
    mirrored: int = 0
    """Values written on tickets; links, files and marked comments brought to work items."""
    told: int = 0
    """Cards, mails, and internal notes for support."""
    withheld: int = 0
    """Texts written there that had to stay inside, and did."""
    calls: int = 0
    """Requests that the hub made."""


def reports(vendors: Vendors, book: Casebook) -> dict[str, SystemReport]:
    """Each system's part, by the name of its connection."""
    desk, rocketlane = vendors.desk, vendors.projects.rocketlane
    kept = _kept_inside(vendors, book)
    cards, mails = len(vendors.channel.runs), len(vendors.mail.mails)
    return {
        "hubspot": SystemReport(
            mirrored=sum(len(written(vendors, ticket)) for ticket in live_tickets(vendors)),
            told=_notes_by_hub(vendors),
            calls=len(vendors.helpdesk.calls),
        ),
        "zendesk": SystemReport(
            mirrored=len(desk_values_written(vendors)),
            told=sum(audit.comment is not None for audit in _desk_audits(vendors)),
            calls=len(desk.zendesk.calls),
        ),
        "boards": SystemReport(
            created=len(own_items(vendors)),
            mirrored=sum(_brought_to_item(vendors, item) for item in vendors.live_items()),
            withheld=kept.count("boards"),
            calls=len(vendors.boards.calls),
        ),
        "jira": SystemReport(
            created=len(desk.own_issues()),
            mirrored=_brought_to_jira(vendors),
            withheld=kept.count("jira"),
            calls=len(desk.jira.calls),
        ),
        "rocketlane": SystemReport(
            created=len(vendors.projects.own_tasks()),
            mirrored=sum("<a " in each.private_note for each in vendors.projects.own_tasks()),
            withheld=kept.count("rocketlane"),
            calls=len(rocketlane.calls),
        ),
        "sentry": SystemReport(withheld=kept.count("sentry"), calls=len(desk.sentry.calls)),
        "internal": SystemReport(told=len(vendors.channel.shown), calls=cards),
        "mail": SystemReport(told=mails, calls=mails),
    }


def events_lost(vendors: Vendors) -> int:
    """Events that the vendors wanted to deliver and that the hub did not take."""
    desk, rocketlane = vendors.desk, vendors.projects.rocketlane
    hooks = [n for s in vendors.boards.subscriptions for n in s.notifications]
    untaken = [
        *vendors.helpdesk.given_up_events,
        *vendors.helpdesk.pending_events,
        *(n for n in hooks if n.result != "succeeded"),
        *(i for i in desk.zendesk.invocations if i.status != "success"),
        *desk.jira.given_up_deliveries,
        *desk.jira.pending_deliveries,
        *rocketlane.failed_deliveries,
        *rocketlane.pending_deliveries,
        *desk.sentry.pending,
        *(r for r in desk.sentry.delivered if r.statuses[-1:] and r.statuses[-1] not in _TAKEN),
    ]
    return len(untaken)


def own_items(vendors: Vendors) -> list[Item]:
    """The work items in Boards that the hub's account created, deleted ones included."""
    service = vendors.boards.service_account
    return [i for i in vendors.boards.items.values() if i.fields["System.CreatedBy"] == service]


def live_tickets(vendors: Vendors) -> list[Record]:
    """The tickets at HubSpot that were not merged away."""
    return [t for t in vendors.helpdesk.tickets.values() if t.merged_into is None]


def by_hub(vendors: Vendors, source_type: str) -> bool:
    """Whether HubSpot says that the hub's app did it."""
    return source_type == vendors.helpdesk.portal.app.source_type


def written(vendors: Vendors, ticket: Record) -> list[str]:
    """The names of what the hub wrote on a ticket at HubSpot, once for each write."""
    return [
        name
        for name in _MIRRORED
        for version in ticket.history.get(name, [])
        if by_hub(vendors, version.author.source_type)
    ]


def desk_values_written(vendors: Vendors) -> list[str]:
    """The titles of the fields that the hub wrote at Zendesk, once for each write."""
    fields = vendors.desk.fields
    titles = {str(fields[title]): title for title in (DESK_STAGE, DESK_ETA, DESK_KEYS)}
    return [
        titles[str(event.get("field_name"))]
        for audit in _desk_audits(vendors)
        for event in audit.events
        if str(event.get("field_name")) in titles
    ]


def stages_written(vendors: Vendors) -> int:
    """How often the hub wrote a stage on a ticket, at both helpdesks."""
    names = [name for ticket in live_tickets(vendors) for name in written(vendors, ticket)]
    return names.count(STAGE) + desk_values_written(vendors).count(DESK_STAGE)


def _kept_inside(vendors: Vendors, book: Casebook) -> list[str]:
    """The systems of the texts that were to stay inside, once for each that did."""
    read = all_that_others_read(vendors).values()
    return [each.system for each in book.withheld if not any(each.text in words for words in read)]


def _notes_by_hub(vendors: Vendors) -> int:
    notes = vendors.helpdesk.notes.values()
    first = (note.history["hs_note_body"][-1].author.source_type for note in notes)
    return sum(by_hub(vendors, each) for each in first)


def _desk_audits(vendors: Vendors) -> Iterator[Audit]:
    zendesk = vendors.desk.zendesk
    for ticket in zendesk.tickets.values():
        yield from (each for each in ticket.audits if each.by.user_id == zendesk.admin_id)


def _brought_to_item(vendors: Vendors, item: Item) -> int:
    service = vendors.boards.service_account
    comments = [each for each in item.comments if each.created_by == service and not each.deleted]
    return len(hyperlinks(item)) + len(vendors.files_of(item)) + len(comments)


def _brought_to_jira(vendors: Vendors) -> int:
    jira = vendors.desk.jira
    count = len(jira.site.links)
    for issue in jira.site.issues.values():
        authors = [each.author for each in issue.attachments]
        authors += [each.author for each in issue.comments]
        count += len(issue.remote_links) + authors.count(jira.account)
    return count

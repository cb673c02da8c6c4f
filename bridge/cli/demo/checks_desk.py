"""Whether the day at the support desk and in Jira ended well."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.cli.demo.cast_desk import due_priority
from bridge.cli.demo.desk import ETA, KEYS, STAGE, STAGES
from bridge.cli.demo.told import mails_naming
from bridge.cli.demo.vendors import picture
from bridge.cli.demo.verdicts import Check, Day, desk_name_of
from connectors.zendesk.simulator.records import Ticket

_OVER = ("Done", "Won't Do")
_OURS = (STAGE, ETA, KEYS)


def _one_bug_each(day: Day) -> Iterator[str]:
    desk = day.vendors.desk
    for case in day.book.escalated:
        issues = desk.issues_of(case.ticket_id)
        if len(issues) != 1:
            yield f"{desk_name_of(case)} has {len(issues)} issues in Jira"
            continue
        issue, customer = issues[0], case.request.customer
        if customer.name not in issue.fields["summary"]:
            yield f"the summary of {issue.key} does not name {customer.name}"
        shown, wanted = desk.priority_of(issue), due_priority(case.request)
        if shown != wanted:
            yield f"{issue.key} has priority {shown}, not {wanted} as its severity and plan ask"
        files = [each.content for each in issue.attachments]
        sent = [picture(case.request.screenshot)] if case.request.screenshot else []
        if files != sent:
            yield f"{issue.key}: {len(files)} of {len(sent)} screenshots, or other bytes"
    made = len(desk.own_issues())
    expected = len(day.book.escalated) + len(day.book.signals)
    if made != expected:
        yield f"the hub created {made} issues in Jira, {expected} were to be"


def _followed(day: Day) -> Iterator[str]:
    desk = day.vendors.desk
    for case in day.book.escalated:
        for issue in desk.issues_of(case.ticket_id):
            status = desk.status_of(issue)
            wanted = {STAGE: STAGES[status], KEYS: issue.key}
            versions = issue.fields.get("fixVersions") or []
            if versions and status not in _OVER:
                wanted[ETA] = str(desk.jira.site.versions[versions[0]].release_date)
            for title, value in wanted.items():
                shown = desk.shown(case.ticket_id, title)
                if shown != value:
                    yield f"{desk_name_of(case)} shows {shown!r} in {title}, not {value!r}"


def _csms_told(day: Day) -> Iterator[str]:
    for case in day.book.escalated:
        csm = case.request.customer.csm.email
        for issue in day.vendors.desk.issues_of(case.ticket_id):
            count = len(mails_naming(day.vendors, csm, issue.key))
            if count != 1:
                yield f"{csm} was told {count} times of {issue.key}"


def _others_stayed(day: Day) -> Iterator[str]:
    desk = day.vendors.desk
    for case in day.book.desk:
        if case.escalated:
            continue
        if desk.issues_of(case.ticket_id):
            yield f"{desk_name_of(case)} has an issue and should have none"
        if desk.shown(case.ticket_id, STAGE):
            yield f"{desk_name_of(case)} shows a stage and has no work"


def _left_to_people(day: Day) -> Iterator[str]:
    """In Zendesk the hub writes its fields and internal notes, and nothing else."""
    for ticket in day.vendors.desk.zendesk.tickets.values():
        yield from _beyond_its_fields(day, ticket)
    for case in day.book.desk:
        if case.solved and day.vendors.desk.ticket(case.ticket_id).status != "solved":
            yield f"{desk_name_of(case)} was solved by a person and is open again"


def _beyond_its_fields(day: Day, ticket: Ticket) -> Iterator[str]:
    desk = day.vendors.desk
    hub, own = desk.zendesk.admin_id, {str(desk.fields[title]) for title in _OURS}
    for audit in ticket.audits:
        if audit.by.user_id != hub:
            continue
        if audit.comment is not None and audit.comment.public:
            yield f"the hub wrote to the customer of desk ticket {ticket.id}"
        for event in audit.events:
            name = str(event.get("field_name") or "")
            if event.get("type") == "Change" and name not in own and name != "tags":
                yield f"the hub changed {name} of desk ticket {ticket.id}"


DESK_CHECKS: dict[str, Check] = {
    "Each escalated ticket has one bug in Jira, as severity and plan ask": _one_bug_each,
    "Every ticket of the desk shows the step its fix has come to": _followed,
    "Success managers were told of their customers' bugs, once": _csms_told,
    "What the desk settled itself stayed in Zendesk": _others_stayed,
    "Only people answered and solved at the desk": _left_to_people,
}

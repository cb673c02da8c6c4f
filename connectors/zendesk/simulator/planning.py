"""What a write would make of a ticket: looked at as a whole before anything is changed.

https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors.zendesk.simulator.commenting import CommentDraft, drafted
from connectors.zendesk.simulator.problems import Findings
from connectors.zendesk.simulator.records import By, Change, Ticket
from connectors.zendesk.simulator.stamps import parse, stamp

if TYPE_CHECKING:
    from connectors.zendesk.simulator.account import Account

EMPTY: dict[str, Any] = {
    "external_id": None,
    "subject": "",
    "type": None,
    "priority": None,
    "status": "new",
    "custom_status_id": None,
    "recipient": None,
    "requester_id": None,
    "submitter_id": None,
    "assignee_id": None,
    "organization_id": None,
    "group_id": None,
    "follower_ids": [],
    "email_cc_ids": [],
    "problem_id": None,
    "due_at": None,
    "tags": [],
    "brand_id": None,
    "ticket_form_id": None,
}
_WORDS = {
    "priority": ("Priority", ("low", "normal", "high", "urgent")),
    "type": ("Type", ("problem", "incident", "question", "task")),
}
_PEOPLE = ("assignee_id", "requester_id", "submitter_id")
_LINKS = {
    "group_id": "groups",
    "brand_id": "brands",
    "ticket_form_id": "forms",
    "organization_id": "organizations",
    "problem_id": "tickets",
}
_FREE = ("subject", "external_id", "recipient")


@dataclass(slots=True)
class Plan:
    """The values that would be new, and the comment."""

    values: dict[str, Any] = field(default_factory=dict)
    custom: dict[int, Any] = field(default_factory=dict)
    comment: CommentDraft | None = None


def planned(
    account: Account, ticket: Ticket | None, given: dict[str, Any], by: By, findings: Findings
) -> Plan:
    """Reads a ticket body against what is there; everything wrong ends up in `findings`."""
    before = ticket.values if ticket is not None else EMPTY
    plan = Plan()
    plan.values = _simple(account, given, findings)
    plan.values |= account.statuses.chosen(before, given, findings)
    plan.custom = _custom(account, given, findings)
    plan.values["tags"] = _tags(account, ticket, given, plan)
    plan.comment = drafted(account, ticket, given.get("comment"), by, findings)
    _check_solved(account, ticket, before, plan, findings)
    return plan


def changes(ticket: Ticket, plan: Plan) -> list[Change]:
    """What the plan would really change."""
    system = [
        Change(name, ticket.values[name], value)
        for name, value in plan.values.items()
        if ticket.values[name] != value
    ]
    own = [
        Change(str(number), ticket.custom.get(number), value, number)
        for number, value in plan.custom.items()
        if ticket.custom.get(number) != value
    ]
    return system + own


def _simple(account: Account, given: dict[str, Any], findings: Findings) -> dict[str, Any]:
    values: dict[str, Any] = {name: given[name] for name in _FREE if name in given}
    for name, (title, words) in _WORDS.items():
        if name in given:
            values[name] = given[name] or None
            if values[name] not in (None, *words):
                findings.add(name, f"{title}: {given[name]} is not valid")
    values |= _pointers(account, given, findings)
    if "due_at" in given:
        due = parse(given["due_at"]) if given["due_at"] else None
        values["due_at"] = stamp(due) if due else None
    return values


def _pointers(account: Account, given: dict[str, Any], findings: Findings) -> dict[str, Any]:
    """The ids of people, groups and the like; each must be one that is there."""
    shelves = dict.fromkeys(_PEOPLE, account.users) | {
        name: getattr(account, shelf) for name, shelf in _LINKS.items()
    }
    values = {name: given[name] for name in shelves if name in given}
    for name, value in values.items():
        if value is not None and value not in shelves[name]:
            title = name.removesuffix("_id").replace("_", " ").capitalize()
            findings.add(name, f"{title}: is invalid")
    if given.get("assignee_email"):
        values["assignee_id"] = _agent(account, str(given["assignee_email"]), findings)
    assignee = values.get("assignee_id")
    if assignee in account.users and not account.is_staff(assignee):
        findings.add("assignee_id", "Assignee: is not an agent")
    return values


def _agent(account: Account, email: str, findings: Findings) -> int | None:
    for user in account.users.values():
        if user.is_staff and (user.email or "").casefold() == email.casefold():
            return user.id
    findings.add("assignee_email", "Assignee: is invalid")
    return None


def _custom(account: Account, given: dict[str, Any], findings: Findings) -> dict[int, Any]:
    values: dict[int, Any] = {}
    known = {own.id: own for own in account.fields.custom}
    for entry in given.get("custom_fields") or given.get("fields") or []:
        own = known.get(int(entry["id"])) if str(entry.get("id")).isdigit() else None
        if own is None:
            continue
        value = entry.get("value")
        wrong = own.problem(value)
        if own.type in ("tagger", "multiselect") and value:
            among = value if isinstance(value, list) else [value]
            if not set(among) <= own.values:
                wrong = f"{own.title}: {value} is not a valid option"
                if not account.dials.refuse_unknown_options:
                    wrong, value = None, None
        if wrong:
            findings.add(str(own.id), wrong)
        else:
            values[own.id] = own.stored(value)
    return values


def _tags(account: Account, ticket: Ticket | None, given: dict[str, Any], plan: Plan) -> list[str]:
    before = list(ticket.tags) if ticket is not None else []
    custom = dict(ticket.custom) if ticket is not None else {}
    tags = _listed(given["tags"]) if given.get("tags") is not None else list(before)
    tags += _listed(given.get("additional_tags"))
    gone = set(_listed(given.get("remove_tags")))
    if account.dials.tags_drive_fields:
        for own in account.fields.custom:
            lost = set(before) - (set(tags) - gone)
            if own.id not in plan.custom and set(own.tags_of(custom.get(own.id))) & lost:
                plan.custom[own.id] = own.stored(None)
    for number, value in plan.custom.items():
        own = account.fields.by_id[number]
        gone |= set(own.tags_of(custom.get(number))) - set(own.tags_of(value))
        tags += own.tags_of(value)
    return [tag for tag in dict.fromkeys(tags) if tag not in gone]


def _listed(given: Any) -> list[str]:
    if isinstance(given, str):
        return given.replace(",", " ").split()
    return [str(tag) for tag in given or []]


def _check_solved(
    account: Account,
    ticket: Ticket | None,
    before: dict[str, Any],
    plan: Plan,
    findings: Findings,
) -> None:
    """A ticket is solved by somebody, with everything filled in that must be."""
    if plan.values.get("status") != "solved" or before["status"] == "solved":
        return
    if plan.values.get("assignee_id", before["assignee_id"]) is None:
        findings.add("base", "Assignee: is required when solving a ticket")
    custom = (ticket.custom if ticket is not None else {}) | plan.custom
    for own in account.fields.custom:
        if own.required and custom.get(own.id) in (None, False):
            findings.add(str(own.id), f"{own.title}: is required when solving a ticket")

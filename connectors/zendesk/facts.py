"""From Zendesk's tickets to facts: names, forms, times. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from bridge.domain.records import (
    ALIASES,
    AUTHOR,
    BODY,
    CHANGED_AT,
    CONTACTS,
    CREATED_AT,
    CUSTOMER,
    KEY,
    MERGED_AWAY,
    STATUS,
    SUBJECT,
    THREADS,
    URL,
    Fact,
    Value,
    parse_instant,
)
from bridge.kit.clock import rfc3339
from bridge.kit.richtext import text_to_html
from connectors.zendesk.fields import SYSTEM, Learned, tidy, value_of
from connectors.zendesk.payloads import EventDetail, Ticket

CLOSED = "closed"
MERGE_TAG = "closed_by_merge"
"""The tag that Zendesk gives a ticket when it is merged into another."""
GONE = frozenset({"deleted", "scrubbed"})
"""What an export says in `status` of a ticket that is no longer there."""
_ONLY_WHEN_ASKED = frozenset({"subject", "description", "via"})
_PAGE = re.compile(
    r"/(?:(?:agent/)?(?:tickets|requests)|hc(?:/[a-z]{2}[a-z0-9-]{0,9})?/requests"
    r"|api/v2/(?:tickets|requests))/([0-9]{1,20})(?:\.json)?"
)
"""Where agents, requesters (in the help centre, by language) and programs have a ticket."""


class Site:
    """What links to a ticket's page are made of."""

    def __init__(self, address: str) -> None:
        self._address = address

    def ticket_url(self, id: str) -> str:
        """Where agents open the ticket."""
        return f"{self._address}/agent/tickets/{id}"

    def ticket_id(self, url: str) -> str | None:
        """The id of the ticket that the address is the page of; None for any other address."""
        try:
            given, own = urlsplit(url.strip()), urlsplit(self._address)
            here = (given.scheme, given.hostname, given.port) == ("https", own.hostname, None)
        except ValueError:
            return None
        found = _PAGE.fullmatch(given.path.rstrip("/")) if here else None
        return None if found is None else found[1]


def moment(text: str | None, otherwise: datetime) -> datetime:
    """The vendor's time as aware UTC."""
    return (None if not text else parse_instant(text)) or otherwise


def revision_of(changed_at: datetime) -> int:
    """The stamp of a ticket's last change, in whole seconds as Zendesk has it, as a number."""
    return int(changed_at.timestamp())


def stamp_of(revision: int) -> str:
    """The same as Zendesk writes it, for a safe update."""
    return datetime.fromtimestamp(revision, UTC).isoformat().replace("+00:00", "Z")


def status_id(status: str, custom: str | None) -> str:
    """The one id of a status; a closed ticket keeps the custom status that it was solved with."""
    return status if status == CLOSED or custom is None else custom


def system_values(ticket: Ticket) -> dict[str, Value]:
    """The system fields by their names in the API."""
    values: dict[str, Value] = {}
    for name in SYSTEM:
        held = getattr(ticket, name)
        match name:
            case "tags":
                values[name] = [tidy(each) for each in ticket.tags]
            case "satisfaction_rating":
                rating = ticket.satisfaction_rating
                values[name] = None if rating is None else tidy(rating.score) or None
            case "via":
                values[name] = value_of(ticket.via.channel)
            case _:
                values[name] = tidy(held) or None
    return values


def ticket_facts(
    ticket: Ticket,
    *,
    seen_at: datetime,
    wanted: Iterable[str],
    learned: Learned,
    site: Site,
    own_times: Mapping[str, datetime] | None = None,
) -> dict[str, Fact]:
    """What a ticket says: each field as of the ticket's last change, or as of `own_times`.

    `own_times` has custom fields by id and system fields by name.
    """
    at = moment(ticket.updated_at, seen_at)
    times = own_times or {}
    asked = frozenset(wanted)
    values = system_values(ticket)
    facts = {
        name: Fact(value, times.get(name, at))
        for name, value in values.items()
        if name not in _ONLY_WHEN_ASKED or name in asked
    }
    held = {each.id: value_of(each.value) for each in ticket.custom_fields}
    for name in asked - values.keys():
        id = learned.id_of(name)
        if id is not None:
            facts[name] = Fact(held.get(id), times.get(id, at))
    body = tidy(ticket.description)
    standard: dict[str, Value] = {
        SUBJECT: values["subject"],
        BODY: text_to_html(body) if body.strip() else None,
        STATUS: status_id(ticket.status, ticket.custom_status_id),
        KEY: ticket.id,
        URL: site.ticket_url(ticket.id),
        CREATED_AT: rfc3339(moment(ticket.created_at, seen_at)),
        CHANGED_AT: rfc3339(at),
        CUSTOMER: ticket.organization_id,
        CONTACTS: [*dict.fromkeys(_contacts(ticket))],
        # Only an event says who; what an earlier one said holds no longer.
        AUTHOR: None,
        # By it a ticket that Zendesk has erased for good is found.
        THREADS: [thread_of(ticket.id)],
        ALIASES: [*continued_by(ticket)],
    }
    if ticket.status == CLOSED and MERGE_TAG in ticket.tags:
        # Into which one, only the event of the merge says.
        standard[MERGED_AWAY] = True
    return facts | {name: Fact(value, at) for name, value in standard.items()}


def thread_of(id: str) -> str:
    """The name of a ticket's conversation: in Zendesk a ticket is one."""
    return f"thread:{id}"


def continued_by(ticket: Ticket) -> tuple[str, ...]:
    """The closed ticket that this one continues: whatever hung on it hangs on this one now."""
    source = ticket.via.source
    before = str(source.origin.get("ticket_id") or "")
    known = source.rel == "follow_up" and before.isascii() and before.isdecimal()
    return (before,) if known and before != ticket.id else ()


def _contacts(ticket: Ticket) -> list[str]:
    return [*filter(None, [ticket.requester_id]), *ticket.email_cc_ids]


def written_facts(
    ticket: Ticket, written: Iterable[str], *, seen_at: datetime, learned: Learned, site: Site
) -> dict[str, Fact]:
    """What came back of a write: only what was written, so that no other time is touched."""
    names = [*written]
    kept = ticket_facts(ticket, seen_at=seen_at, wanted=names, learned=learned, site=site)
    standard = {"subject": SUBJECT, "status": STATUS, "custom_status_id": STATUS}
    shown = {*names, *(standard[each] for each in names if each in standard), CHANGED_AT}
    return {name: fact for name, fact in kept.items() if name in shown}


def detail_facts(detail: EventDetail) -> dict[str, Fact]:
    """What an event says of the system fields: the ticket as it was right after the change.

    All of one second, as the API's `updated_at`: a finer time would make the next read of the same
    second look older than the event.
    """
    at = parse_instant(detail.updated_at or "")
    if at is None:
        return {}
    ids = ("assignee_id", "group_id", "brand_id", "organization_id", "requester_id", "submitter_id")
    values: dict[str, Value] = {name: getattr(detail, name) for name in ids}
    values["ticket_form_id"] = detail.form_id
    values["external_id"] = tidy(detail.external_id) or None
    for name in ("priority", "type"):
        values[name] = tidy(getattr(detail, name)).lower() or None
    values[CUSTOMER] = detail.organization_id
    values[CHANGED_AT] = rfc3339(at)
    values[AUTHOR] = detail.actor_id
    if detail.subject is not None:
        values["subject"] = values[SUBJECT] = tidy(detail.subject) or None
    if detail.tags is not None:
        values["tags"] = [tidy(each) for each in detail.tags]
    status = tidy(detail.status).lower()
    if status and status not in GONE:
        values["status"] = status
        values["custom_status_id"] = detail.custom_status
        values[STATUS] = status_id(status, detail.custom_status)
    return {name: Fact(value, at) for name, value in values.items()}

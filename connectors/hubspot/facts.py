"""From HubSpot's records to facts: names, forms, times. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from bridge.domain.records import (
    ALIASES,
    AUTHOR,
    BODY,
    CHANGED_AT,
    CREATED_AT,
    KEY,
    MESSAGES_HIDDEN,
    STATUS,
    SUBJECT,
    THREADS,
    URL,
    Fact,
    Observation,
    Value,
    parse_instant,
)
from bridge.kit.richtext import clean_html, text_to_html
from connectors.hubspot.payloads import Association, Record
from connectors.hubspot.properties import PropertyShapes

CATEGORY = "hs_ticket_category"
MODIFIED = "hs_lastmodifieddate"
MERGED_IDS = "hs_merged_object_ids"
STANDARD_PROPERTIES = (
    "subject", "content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_priority", CATEGORY,
    "hubspot_owner_id", "source_type", "createdate", "closed_date", MODIFIED, "hs_object_id",
    MERGED_IDS,
)  # fmt: skip
"""What every read asks for; without a list only a few come back."""

_DERIVED = {"subject": SUBJECT, "hs_pipeline_stage": STATUS}
# Kept once, under the standard name, unless the mapping asks: people's words, so that they can be
# erased; the stamps, which move with every write of our own.
_ONLY_WHEN_ASKED = frozenset(
    {"subject", "content", "createdate", MODIFIED, "hs_object_id", MERGED_IDS}
)
_MARKUP = re.compile(r"</?(?:p|div|br|ul|ol|li|span|a|b|i|strong|em|table|h[1-6])\b[^<>]*>", re.I)
_TICKET_PAGE = re.compile(r"/contacts/([0-9]{1,20})/(?:record/0-5|ticket)/([0-9]{1,20})")
"""The path of a ticket's page: the account, and the ticket (0-5 is the type of tickets)."""
_PRIMARY_COMPANY = 26


@dataclass(frozen=True, slots=True)
class Account:
    """What links to a ticket's page are made of."""

    portal_id: str
    ui_domain: str = "app.hubspot.com"

    def ticket_url(self, id: str) -> str:
        """Where people open the ticket (0-5 is the object type of tickets)."""
        return f"https://{self.ui_domain}/contacts/{self.portal_id}/record/0-5/{id}"

    def ticket_id(self, url: str) -> str | None:
        """The id of the ticket that the address is the page of; None for any other address."""
        try:
            parts = urlsplit(url.strip())
        except ValueError:
            return None
        ours = (f".{self.ui_domain}", ".hubspot.com")
        if parts.scheme != "https" or not f".{parts.hostname or ''}".endswith(ours):
            return None
        found = _TICKET_PAGE.fullmatch(parts.path.rstrip("/"))
        return found[2] if found is not None and found[1] == str(self.portal_id) else None


def property_facts(
    name: str, raw: str | None, at: datetime, shapes: PropertyShapes
) -> dict[str, Fact]:
    """The facts that one property gives: its own, and the standard one derived from it."""
    value = shapes.value(name, raw)
    if name == "content":
        return _description(name, value, at)
    facts = {name: Fact(value, at)}
    if name in _DERIVED:
        facts[_DERIVED[name]] = Fact(value, at)
    return facts


def _description(name: str, value: Value, at: datetime) -> dict[str, Fact]:
    """The description is plain text, but forms and e-mail have put markup there: made safe."""
    if not isinstance(value, str) or not value.strip():
        return {name: Fact(None, at), BODY: Fact(None, at)}
    if not _MARKUP.search(value):
        return {name: Fact(value, at), BODY: Fact(text_to_html(value), at)}
    safe = clean_html(value)
    return {name: Fact(safe, at), BODY: Fact(safe, at)}


def changed_at(ticket: Record, seen_at: datetime) -> datetime:
    """When the ticket last changed, by its own words; ours only where it has none.

    Everything that a read brings counts as of this time, associations and comments included: the
    hub's clock may be ahead of the vendor's, and then changes to come would look old.
    """
    stamp = ticket.properties.get(MODIFIED) or ticket.updated_at
    return (None if stamp is None else parse_instant(stamp)) or seen_at


def ticket_facts(
    ticket: Record,
    *,
    seen_at: datetime,
    wanted: Iterable[str],
    shapes: PropertyShapes,
    account: Account,
) -> dict[str, Fact]:
    """What a read of a ticket says: each property as of the ticket's last change.

    Where the answer carries a property's history, the fact has its own time instead.
    """
    at = changed_at(ticket, seen_at)
    asked = frozenset(wanted)
    facts: dict[str, Fact] = {}
    for name, raw in ticket.properties.items():
        made = property_facts(name, raw, _own_time(ticket, name) or at, shapes)
        if name in _ONLY_WHEN_ASKED - asked:
            del made[name]
        facts |= made
    created = ticket.properties.get("createdate") or ticket.created_at
    stamps: dict[str, Value] = {
        KEY: ticket.id,
        URL: _safe_url(ticket.url) or account.ticket_url(ticket.id),
        CREATED_AT: shapes.value("createdate", created),
        CHANGED_AT: shapes.value(MODIFIED, ticket.properties.get(MODIFIED) or ticket.updated_at),
        # Only an event says who; what an earlier one said holds no longer.
        AUTHOR: None,
    }
    if MERGED_IDS in ticket.properties:
        stamps[ALIASES] = [*merged_ids(ticket)]
    return facts | {name: Fact(value, at) for name, value in stamps.items()}


def written_facts(
    ticket: Record, written: Iterable[str], *, seen_at: datetime, shapes: PropertyShapes
) -> dict[str, Fact]:
    """What came back of a write: only what was written, so that no other time is touched."""
    at = changed_at(ticket, seen_at)
    facts: dict[str, Fact] = {}
    for name in written:
        if name in ticket.properties:
            facts |= property_facts(name, ticket.properties[name], at, shapes)
    stamp = ticket.properties.get(MODIFIED) or ticket.updated_at
    return facts | {CHANGED_AT: Fact(shapes.value(MODIFIED, stamp), at)}


def facts_without_time(
    known: Mapping[str, str | Sequence[str] | None], at: datetime
) -> dict[str, Fact]:
    """Facts to which the vendor gives no time of their own."""
    return {
        name: Fact(value if value is None or isinstance(value, str) else [*value], at)
        for name, value in known.items()
    }


def thread_facts(
    threads: Sequence[str] | None, at: datetime, *, mail: bool = False
) -> dict[str, Fact]:
    """The ticket's conversations; of none that cannot be read anything is said but that.

    Whoever writes to the customer of a ticket without a conversation does it by a mail of the
    CRM: hidden, unless `mail` is read.
    """
    hidden = {MESSAGES_HIDDEN: Fact(threads is None or not (threads or mail), at)}
    if threads is None:
        return hidden
    return hidden | facts_without_time({THREADS: [f"thread:{id}" for id in threads]}, at)


def with_alias(seen: Observation, old: str) -> Observation:
    """The observation with the id by which the ticket was asked for among its aliases."""
    held = seen.facts.get(ALIASES)
    at = seen.seen_at if held is None else held.at
    aliases = Fact([*dict.fromkeys([*seen.texts(ALIASES), old])], at)
    return replace(seen, facts={**seen.facts, ALIASES: aliases})


def merged_ids(ticket: Record) -> tuple[str, ...]:
    """The ids that became this ticket, without its own."""
    parts = (ticket.properties.get(MERGED_IDS) or "").split(";")
    return tuple(dict.fromkeys(p for p in parts if p.isascii() and p.isdigit() and p != ticket.id))


def customer_of(companies: Iterable[Association]) -> str | None:
    """The company that the ticket belongs to: the primary one, else the first."""
    ordered = sorted(companies, key=lambda each: not _is_primary(each))
    return ordered[0].to_object_id if ordered else None


def _is_primary(company: Association) -> bool:
    return any(each.type_id == _PRIMARY_COMPANY for each in company.association_types)


def _own_time(ticket: Record, name: str) -> datetime | None:
    history = ticket.properties_with_history.get(name)
    if history is None:
        return None
    times = [when for each in history if (when := parse_instant(each.timestamp)) is not None]
    # Never set: it has been empty since the ticket was made.
    return max(times) if times else parse_instant(ticket.created_at or "")


def _safe_url(url: str | None) -> str | None:
    return url if url is not None and url.startswith("https://") else None

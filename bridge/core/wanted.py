"""What a read must bring so that planning lacks nothing: the vendor's fields that mappings use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bridge.core.facts import PROPERTY
from bridge.core.instants import read_instant
from bridge.core.notices import tested_by, timed_fields
from bridge.domain.launch_parts import ProjectSource
from bridge.domain.mapping import Condition, FromSource, Mapping
from bridge.domain.mapping_escalation import Escalation
from bridge.domain.mapping_hygiene import ImpactField
from bridge.domain.mapping_promises import SpanTable
from bridge.domain.mapping_releases import ITERATION_SOURCE, ReleaseSource
from bridge.domain.records import (
    ASSIGNEE,
    CHANGED_AT,
    COMMENTS,
    PLANNED,
    RELEASES,
    STATUS,
    EtaKind,
    EtaSource,
    Observation,
    Reference,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Fields by the vendor's names; `timed` are those whose own time of change is needed."""

    fields: frozenset[str] = frozenset()
    timed: frozenset[str] = frozenset()
    attachments: bool = False
    comments: bool = False


def ticket_want(mapping: Mapping) -> Wanted:
    """What a read of a ticket must bring."""
    category = mapping.ticket.category.property
    fields = {category}
    if mapping.ticket.severity is not None:
        fields.add(mapping.ticket.severity.property)
    for route in mapping.routes:
        fields |= _of_condition(route.when)
        for each in route.notify:
            fields |= _of_condition(each.when) if each.when is not None else set()
        for value in route.launch.fields.values() if route.launch is not None else ():
            names = value.names if isinstance(value, FromSource) else ()
            fields |= {e.removeprefix(PROPERTY) for e in names if e.startswith(PROPERTY)}
    sources = [each for found in mapping.roles.values() for each in found]
    fields |= {e.property or e.owner or "" for e in sources if e.association is None}
    fields |= {each.property or "" for each in _projects(mapping) if each.association is None}
    fields.discard("")
    groups = mapping.releases.groups.values() if mapping.releases is not None else ()
    for group in groups:
        fields |= _of_condition(group.when) if group.when is not None else set()
    show = mapping.show_on_ticket
    fields |= {each.property for each in (show.stage, show.eta, show.keys) if each is not None}
    fields |= {each.ticket for each in mapping.fields}
    fields |= {each.removeprefix(PROPERTY) for each in promised_facts(mapping) if PROPERTY in each}
    tell = mapping.tell
    own = None if contact_properties(mapping) else tell.audience_from
    fields |= {e.property for e in (tell.language_from, own) if e is not None}
    fields |= _of_the_end(mapping)
    if mapping.hygiene is not None and mapping.hygiene.escalated is not None:
        fields.add(mapping.hygiene.escalated.property)
    fields |= {each.property for each in (mapping.hygiene.ends if mapping.hygiene else ())}
    return Wanted(
        fields=frozenset(fields),
        timed=frozenset({category}) | timed_fields(mapping) | _timed_by(mapping),
        attachments=any(r.launch is not None and r.launch.attachments for r in mapping.routes),
        comments=copies_comments(mapping) or needs_messages(mapping),
    )


def copies_comments(mapping: Mapping) -> bool:
    """Whether comments are copied, in either direction."""
    return (mapping.comments.to_work_item, mapping.comments.to_ticket) != ("none", "none")


def needs_messages(mapping: Mapping) -> bool:
    """Whether the mapping must know what customers were told, and what they wrote."""
    return any(
        (
            # Whoever told the customer of the stage need not be asked to.
            any(each.tell != "no" for each in mapping.stages),
            any(each.kept_by == "told_customer" for each in mapping.promises),
            mapping.releases is not None,
            mapping.closing is not None,
            mapping.replies.item != "no",
        )
    )


def needs_all_messages(mapping: Mapping) -> bool:
    """Whether it must know them of tickets too on which no work hangs."""
    told = any(each.kept_by == "told_customer" for each in mapping.promises)
    return told or closes_tickets(mapping)


def is_past(seen: Observation, reference: Reference, since: datetime | None) -> bool:
    """Whether the ticket was closed, and nothing has happened to it, since that moment.

    Where no work hangs on it, what was said on it decides nothing for a mapping in force since
    then: no clock runs, and the hub neither closes it nor opens it.
    """
    info = reference.statuses.get(seen.text(STATUS))
    changed = read_instant(seen.text(CHANGED_AT)) or seen.at(STATUS)
    closed = info is not None and info.closed
    return closed and since is not None and changed is not None and changed < since


def facts_of_ticket(mapping: Mapping, *, linked: bool, past: bool = False) -> frozenset[str]:
    """What must be known of a ticket before a plan of it can be trusted. `linked`: work hangs on
    it. `past`: as `is_past` says."""
    all_ = needs_all_messages(mapping) and not past
    messages = all_ or (linked and needs_messages(mapping))
    return ticket_want(mapping).fields | frozenset({COMMENTS} if messages else ())


def follows_dates(mapping: Mapping) -> bool:
    """Whether the dates that a ticket's customer was told are followed."""
    return mapping.releases is not None or bool(mapping.eta)


def closes_tickets(mapping: Mapping) -> bool:
    """Whether the hub closes tickets, those without work behind them as well."""
    closing = mapping.closing
    return closing is not None and (closing.solved_after or closing.pending_after) is not None


def promise_conditions(mapping: Mapping) -> list[tuple[str, Condition]]:
    """Every condition of scales and promises, with where it stands."""
    found: list[tuple[str, Condition | None]] = [
        (f"severities[{index}].when", each.when) for index, each in enumerate(mapping.severities)
    ]
    for index, each in enumerate(mapping.promises):
        at = f"promises[{index}]"
        rests = each.pause_while if isinstance(each.pause_while, Condition) else None
        found += [(f"{at}.when", each.when), (f"{at}.pause_while", rests)]
        spans = each.span if isinstance(each.span, list) else []
        found += [(f"{at}.span[{i}].when", case.when) for i, case in enumerate(spans)]
        calendars = each.calendar if isinstance(each.calendar, list) else []
        found += [(f"{at}.calendar[{i}].when", case.when) for i, case in enumerate(calendars)]
    return [(where, condition) for where, condition in found if condition is not None]


def promised_facts(mapping: Mapping) -> frozenset[str]:
    """The ticket's facts, named as in conditions, on which promises and their spans depend."""
    tables = [each.span for each in mapping.promises if isinstance(each.span, SpanTable)]
    names = {name for each in tables for name in (each.from_, each.by) if name is not None}
    return frozenset(names.union(*(tested_by(each) for _, each in promise_conditions(mapping))))


def _of_the_end(mapping: Mapping) -> set[str]:
    """The fields that closing and reopening write, and those that an escalation asks for."""
    closing, owner = mapping.closing, mapping.replies.owner
    spec = mapping.escalation
    fields = set() if spec is None else _of_escalation(spec)
    written = () if closing is None else (closing.to, closing.reopen_to)
    fields |= {each.property for each in written if each is not None}
    return fields | ({owner} if owner is not None else set())


def _of_escalation(spec: Escalation) -> set[str]:
    tests = (*spec.requires.values(), spec.impact, spec.versions, spec.open_to)
    fields = {each.property for each in (*tests, spec.requested_by_field) if each is not None}
    asked = spec.requested_by_field
    words = () if asked is None else (asked.reason, asked.contact)
    return fields | {each for each in words if each is not None}


def _timed_by(mapping: Mapping) -> frozenset[str]:
    """The field whose own time tells one request by it from the next."""
    asked = None if mapping.escalation is None else mapping.escalation.requested_by_field
    return frozenset() if asked is None else frozenset({asked.property})


def contact_properties(mapping: Mapping) -> frozenset[str]:
    """The properties of the people on tickets that the mapping names."""
    source = mapping.tell.audience_from
    return frozenset({source.property} if source is not None and source.of == "contact" else ())


def company_properties(mapping: Mapping) -> frozenset[str]:
    """The properties of a customer that the mapping names."""
    customer = mapping.ticket.customer
    if customer is None:
        return frozenset()
    sources = [each for found in mapping.roles.values() for each in found]
    named = [each.property or each.owner for each in sources if each.association is not None]
    named += [each.property for each in _projects(mapping) if each.association is not None]
    return frozenset(each for each in (customer.name, customer.plan, *named) if each)


def _projects(mapping: Mapping) -> list[ProjectSource]:
    """Where routes look for their project."""
    launches = [each.launch for each in mapping.routes if each.launch is not None]
    return [each.project for each in launches if isinstance(each.project, ProjectSource)]


def item_fields(
    mappings: Iterable[Mapping], connection: str, eta: Iterable[EtaSource] = ()
) -> Wanted:
    """What a read of a work item of that connection must bring."""
    named = list(mappings)
    mirrored = _mirrored(named, connection, eta)
    looked_after = {name for each in named for name in _looked_after(each, connection)}
    return replace(mirrored, fields=mirrored.fields | looked_after)


def _mirrored(
    mappings: Iterable[Mapping], connection: str, eta: Iterable[EtaSource] = ()
) -> Wanted:
    """What of it its tickets show or follow."""
    fields = {each.field for each in eta if each.kind is EtaKind.DATE_FIELD and each.field}
    attachments = comments = False
    for mapping in mappings:
        here = (None, connection)
        fields |= {e for e in mapping.eta.get(connection, ()) if e != ITERATION_SOURCE}
        source = mapping.releases.sources.get(connection) if mapping.releases is not None else None
        fields |= {source.field} if isinstance(source, ReleaseSource) else set()
        fields |= {each.work_item for each in mapping.fields if each.connection in here}
        comments = comments or copies_comments(mapping) or mapping.replies.item != "no"
        launches = [r.launch for r in mapping.routes if r.launch is not None]
        attachments = attachments or any(e.attachments and e.in_ == connection for e in launches)
    return Wanted(frozenset(fields), attachments=attachments, comments=comments)


def _looked_after(mapping: Mapping, connection: str) -> set[str]:
    """The work item's fields that weight and digests name."""
    impact = mapping.show_on_work_item.impact
    found = set()
    if isinstance(impact, ImpactField) and impact.connection in (None, connection):
        found.add(impact.property)
    for each in mapping.digests:
        launches = [r.launch for r in mapping.routes if not each.routes or r.id in each.routes]
        if each.lacking and any(e is not None and e.in_ == connection for e in launches):
            found.add(each.lacking)
    return found


def item_shows(
    mappings: Sequence[Mapping], connection: str, eta: Iterable[EtaSource] = ()
) -> frozenset[str]:
    """The facts of a work item of that connection whose change its tickets must hear of."""
    routes = [route for each in mappings for route in each.routes]
    asked = any(
        each.until_acknowledged
        for route in routes
        if route.launch is not None and route.launch.in_ == connection
        for each in route.notify
    )
    # Whoever takes the item need not be told again.
    taken = {ASSIGNEE} if asked else set()
    released = {PLANNED, RELEASES} if any(each.releases for each in mappings) else set()
    # What the hub itself writes there, or only lists, is no news to tickets.
    return _mirrored(mappings, connection, eta).fields | taken | released


def _of_condition(condition: Condition) -> set[str]:
    parts = [*(condition.all or []), *(condition.any or [])]
    parts += [condition.not_] if condition.not_ is not None else []
    fields = {name for each in parts for name in _of_condition(each)}
    if condition.field is not None and condition.field.startswith(PROPERTY):
        fields.add(condition.field.removeprefix(PROPERTY))
    return fields

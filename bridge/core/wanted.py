"""What a read must bring so that planning lacks nothing: the vendor's fields that mappings use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bridge.core.facts import PROPERTY
from bridge.core.notices import tested_by, timed_fields
from bridge.domain.launch_parts import ProjectSource
from bridge.domain.mapping import Condition, FromSource, Mapping
from bridge.domain.mapping_promises import SpanTable
from bridge.domain.records import ASSIGNEE, EtaKind, EtaSource


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
    show = mapping.show_on_ticket
    fields |= {each.property for each in (show.stage, show.eta, show.keys) if each is not None}
    fields |= {each.ticket for each in mapping.fields}
    fields |= {each.removeprefix(PROPERTY) for each in promised_facts(mapping) if PROPERTY in each}
    copied = (mapping.comments.to_work_item, mapping.comments.to_ticket)
    return Wanted(
        fields=frozenset(fields),
        timed=frozenset({category}) | timed_fields(mapping),
        attachments=any(r.launch is not None and r.launch.attachments for r in mapping.routes),
        comments=copied != ("none", "none"),
    )


def needs_messages(mapping: Mapping) -> bool:
    """Whether what is said to customers must be read of every ticket, linked or not."""
    return any(each.kept_by == "told_customer" for each in mapping.promises)


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
    fields = {each.field for each in eta if each.kind is EtaKind.DATE_FIELD and each.field}
    attachments = comments = False
    for mapping in mappings:
        here = (None, connection)
        fields |= {each.work_item for each in mapping.fields if each.connection in here}
        copied = (mapping.comments.to_work_item, mapping.comments.to_ticket)
        comments = comments or copied != ("none", "none")
        launches = [r.launch for r in mapping.routes if r.launch is not None]
        attachments = attachments or any(e.attachments and e.in_ == connection for e in launches)
    return Wanted(frozenset(fields), attachments=attachments, comments=comments)


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
    return item_fields(mappings, connection, eta).fields | taken


def _of_condition(condition: Condition) -> set[str]:
    parts = [*(condition.all or []), *(condition.any or [])]
    parts += [condition.not_] if condition.not_ is not None else []
    fields = {name for each in parts for name in _of_condition(each)}
    if condition.field is not None and condition.field.startswith(PROPERTY):
        fields.add(condition.field.removeprefix(PROPERTY))
    return fields

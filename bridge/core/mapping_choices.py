"""What may be chosen for a field pair, and why not where it may not. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from bridge.domain.mapping import FieldPair, Mapping
from bridge.domain.records import Reference

NOT_FOR_CUSTOMERS = (
    "engineering writes it freely, so no customer may read it: "
    "give the pair a table of values first"
)
SHARED = "holds what people add; a write would replace it"
TABLE_GOES_ON_OTHER_WAY = (
    "its table of values goes the other way: take the values out in the file first"
)


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that may be chosen, or the reason why not."""

    value: str
    label: str
    why_not: str = ""


def audience_choices(pair: FieldPair | None) -> list[Choice]:
    """Who may read the pair's value; None: a pair that is only coming, without a table."""
    free = pair is None or (pair.owner == "work_item" and not pair.values)
    chosen = "" if pair is None else pair.audience
    why_not = NOT_FOR_CUSTOMERS if free and chosen != "customer" else ""
    return [
        Choice("support", "support"),
        Choice("engineering", "engineering"),
        Choice("customer", "customers", why_not),
    ]


def owner_choices(pair: FieldPair) -> list[Choice]:
    """Which way the pair may go."""
    why_not = TABLE_GOES_ON_OTHER_WAY if pair.values else ""
    return [
        Choice("work_item", "← work item owns", why_not if pair.owner == "ticket" else ""),
        Choice("ticket", "→ ticket owns", why_not if pair.owner == "work_item" else ""),
    ]


def ticket_fields(mapping: Mapping, reference: Reference, shared: Collection[str]) -> list[Choice]:
    """The helpdesk's fields, for a new pair."""
    written = dict(_written_on_ticket(mapping))
    read = {
        source.property: f"ticket.{name} is read from it, so it can only go to the work item"
        for name, source in (
            ("category", mapping.ticket.category),
            ("severity", mapping.ticket.severity),
        )
        if source is not None
    }
    return [
        Choice(
            each.name,
            each.label,
            written.get(each.name, "") or (SHARED if _in(each.name, shared) else ""),
        )
        if each.name not in read
        else Choice(each.name, f"{each.label}, {read[each.name]}")
        for each in sorted(reference.fields.values(), key=lambda each: each.label.casefold())
    ]


def item_fields(
    mapping: Mapping, tracker: str, reference: Reference, shared: Collection[str]
) -> list[Choice]:
    """The tracker's fields, for a new pair."""
    written = {
        pair.work_item: "is written by another pair already"
        for pair in mapping.fields
        if pair.owner == "ticket" and pair.connection in (None, tracker)
    }
    found = []
    for each in sorted(reference.fields.values(), key=lambda each: each.label.casefold()):
        label = f"{each.label}, read only: it must own the pair" if each.read_only else each.label
        if _in(each.name, shared):
            label = f"{each.label}, holds what people add: it must own the pair"
        found.append(Choice(each.name, label, written.get(each.name, "")))
    return found


def launch_field_choices(
    reference: Reference, held: Collection[str], shared: Collection[str]
) -> list[Choice]:
    """The tracker's fields, for what a launch writes once."""
    found = []
    for each in sorted(reference.fields.values(), key=lambda each: each.label.casefold()):
        why_not = "the route sets it already" if each.name in held else ""
        if each.read_only:
            why_not = "the tracker lets nobody write it"
        label = each.label if each.label == each.name else f"{each.label} ({each.name})"
        if _in(each.name, shared):
            label = f"{label}, to which people add"
        found.append(Choice(each.name, label, why_not))
    return found


def why_route_stays(mapping: Mapping, id: str) -> str:
    """Why a route can't be taken away; empty if it can."""
    if len(mapping.routes) == 1:
        return "a mapping needs a route: change this one instead"
    lists = [each.id for each in mapping.digests if id in each.routes]
    if lists:
        return f"the list {', '.join(lists)} is about it; change that in the file first"
    return ""


def _written_on_ticket(mapping: Mapping) -> Iterator[tuple[str, str]]:
    show = mapping.show_on_ticket
    for name, shown in (("stage", show.stage), ("expected date", show.eta), ("keys", show.keys)):
        if shown is not None:
            yield shown.property, f"the hub writes the {name} there"
    for pair in mapping.fields:
        if pair.owner == "work_item":
            yield pair.ticket, "is written by another pair already"


def _in(name: str, shared: Collection[str]) -> bool:
    return name.casefold() in shared

"""Notices and roles: whom they name, by which way they go, and what each way needs."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.config.cursor import Cursor
from bridge.config.problems import Complaint, suggest
from bridge.config.reference_checks import MappingContext, check_connection
from bridge.ports.manifest import Role

NOT_SET = "the key ticket.customer is not set"


def check_notices(mapping: Cursor, known: MappingContext) -> Iterator[Complaint]:
    """What is wrong about whom routes tell, apart from their conditions."""
    roles = {name for name, _ in mapping.at("roles").entries()}
    yield from _roles(mapping)
    for route in mapping.at("routes").each():
        for notify in route.at("notify").each():
            yield from check_names(notify.at("to"), roles, known)
            yield from _via(notify, known)
            if notify.at("resend").is_there and notify.at("until_acknowledged").value is not True:
                message = "nothing is told again without until_acknowledged: true"
                yield notify.at("resend").complaint(message)


def _roles(mapping: Cursor) -> Iterator[Complaint]:
    has_customer = mapping.at("ticket", "customer").is_there
    for _, sources in mapping.at("roles").entries():
        for source in sources.each():
            if source.at("association").is_there and not has_customer:
                yield source.at("association").complaint(f"names nobody: {NOT_SET}")


def check_names(place: Cursor, roles: set[str], known: MappingContext) -> Iterator[Complaint]:
    """That each name is an address, a role, or a group of people."""
    for each in _entries(place):
        name = each.text
        if name is None or "@" in name or name in roles or name in known.people:
            continue
        hint = suggest(name, [*sorted(roles), *known.people], known="roles and groups of people")
        way_out = "add it to people in bridge.yaml, or to roles here"
        yield each.complaint(f'nobody is called "{name}"', hint or way_out)


def _via(notify: Cursor, known: MappingContext) -> Iterator[Complaint]:
    for each in _entries(notify.at("via")):
        yield from check_connection(each, Role.NOTIFIER, known)
        if each.text in known.addressed and not notify.at("to").is_there:
            yield each.complaint(f'"{each.text}" needs to know whom to write to', "add to:")


def _entries(place: Cursor) -> list[Cursor]:
    """The entries of a list; a single word is a list of one."""
    return [place] if place.text is not None else list(place.each())

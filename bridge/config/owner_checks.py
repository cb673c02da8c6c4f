"""One owner per field: nothing is written by two rules, nor read and written by the hub."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bridge.config.cursor import Cursor
from bridge.config.problems import Complaint, render_path
from bridge.config.reference_checks import launched_into


@dataclass(frozen=True, slots=True)
class _Use:
    """A field that a rule reads or writes. `system` is a tracker's connection, or the ticket."""

    system: str
    field: str
    place: Cursor
    writes: bool

    @property
    def key(self) -> tuple[str, str]:
        return self.system, self.field.casefold()


_TICKET = "ticket"
_SHOWN = ("stage", "eta", "keys")


def check_owners(mapping: Cursor) -> Iterator[Complaint]:
    """Fields with two owners, and pairs that do not say which tracker they mean."""
    trackers = list(launched_into(mapping))
    uses = [*_read_facts(mapping), *_shown(mapping), *_weight(mapping, trackers)]
    for pair in mapping.at("fields").each():
        uses.extend(_paired(pair, trackers))
        yield from _pair(pair, trackers)
    first: dict[tuple[str, str], _Use] = {}
    for use in uses:
        other = first.setdefault(use.key, use)
        if other is not use and (other.writes or use.writes):
            yield use.place.complaint(_clash(other, use), "a field has one owner")


def _clash(first: _Use, second: _Use) -> str:
    where = render_path(first.place.path)
    if first.writes and second.writes:
        return f'"{second.field}" is written by {where} already'
    if first.writes:
        return f'"{second.field}" is written by {where} and can\'t be read here'
    return f'"{second.field}" is read by {where} and can\'t be written'


def _read_facts(mapping: Cursor) -> Iterator[_Use]:
    """The ticket's facts that routes build on: written by the hub, they would move the routes."""
    for fact in ("category", "severity"):
        place = mapping.at("ticket", fact, "property")
        if place.text is not None:
            yield _Use(_TICKET, place.text, place, writes=False)


def _shown(mapping: Cursor) -> Iterator[_Use]:
    for fact in _SHOWN:
        place = mapping.at("show_on_ticket", fact, "property")
        if place.text is not None:
            yield _Use(_TICKET, place.text, place, writes=True)
    # Written when a ticket ends or comes back; people write there otherwise.
    if (owner := mapping.at("on_reply", "owner")).text is not None:
        yield _Use(_TICKET, owner.text or "", owner, writes=True)


def _weight(mapping: Cursor, trackers: list[str]) -> Iterator[_Use]:
    impact = mapping.at("show_on_work_item", "impact")
    place, named = impact.at("property"), impact.at("connection").text
    for tracker in [named] if named is not None else trackers[:1]:
        if place.text is not None:
            yield _Use(f"tracker {tracker}", place.text, place, writes=True)


def _paired(pair: Cursor, trackers: list[str]) -> Iterator[_Use]:
    owner = pair.at("owner").text
    if owner not in ("ticket", "work_item"):
        return
    ticket, item = pair.at("ticket"), pair.at("work_item")
    if ticket.text is not None:
        yield _Use(_TICKET, ticket.text, ticket, writes=owner == "work_item")
    named = pair.at("connection").text
    for tracker in [named] if named is not None else trackers[:1]:
        if item.text is not None:
            yield _Use(f"tracker {tracker}", item.text, item, writes=owner == "ticket")


def _pair(pair: Cursor, trackers: list[str]) -> Iterator[Complaint]:
    connection = pair.at("connection")
    if not connection.is_there and len(trackers) > 1:
        message = f"is missing: routes launch into {', '.join(trackers)}"
        yield connection.complaint(message, "say which of them this pair is for")
    if pair.at("values").value == {}:
        hint = "leave it out to take the value as it is"
        yield pair.at("values").complaint("the table is empty", hint)

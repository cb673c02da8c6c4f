"""The words that a mapping prescribes for its tickets' facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.config.cursor import Cursor


@dataclass(frozen=True, slots=True)
class TicketWords:
    """What `ticket:` of a mapping says that conditions and launches can build on."""

    properties: tuple[str, ...]
    """The helpdesk's fields that it names."""
    of_field: Mapping[str, tuple[str, ...]]
    """The words of a fact that has a table of values; other facts may hold anything."""
    unset: Mapping[str, str]
    """Facts that are always empty, and the key that would change that."""

    @classmethod
    def of(cls, mapping: Cursor) -> TicketWords:
        """The words of this mapping."""
        ticket = mapping.at("ticket")
        needed = {
            "severity": ticket.at("severity"),
            "customer": ticket.at("customer"),
            "plan": ticket.at("customer", "plan"),
        }
        return cls(
            properties=tuple(
                each.at("property").text or "" for _, each in ticket.entries() if each.is_there
            ),
            of_field={
                name: words
                for name, words in (
                    ("category", _words(ticket.at("category"))),
                    ("severity", _words(ticket.at("severity")) or _ids(mapping.at("severities"))),
                    ("plan", _ids(mapping.at("plans"))),
                )
                if words
            },
            unset={
                name: ".".join(str(part) for part in place.path)
                for name, place in needed.items()
                if ticket.is_there and not place.is_there
            },
        )


def _ids(scale: Cursor) -> tuple[str, ...]:
    found = (each.at("id").text for each in scale.each())
    return tuple(dict.fromkeys(each for each in found if each is not None))


def _words(source: Cursor) -> tuple[str, ...]:
    table = [each.value for _, each in source.at("values").entries()]
    if not table:
        return ()
    found = [*table, source.at("default").value]
    return tuple(dict.fromkeys(each for each in found if isinstance(each, str)))

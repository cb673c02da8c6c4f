"""Refs: the identity of a record, `connection:id`, by the vendor's stable id.

Keys and URLs are never identity: they change when a work item moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class Kind(StrEnum):
    """What a record is."""

    TICKET = "ticket"
    WORK_ITEM = "work_item"
    SIGNAL = "signal"


@dataclass(frozen=True, slots=True, order=True)
class TicketRef:
    """A customer-facing record in a helpdesk."""

    kind: ClassVar[Kind] = Kind.TICKET
    connection: str
    id: str

    def __str__(self) -> str:
        return f"{self.connection}:{self.id}"


@dataclass(frozen=True, slots=True, order=True)
class WorkItemRef:
    """A record in a tracker."""

    kind: ClassVar[Kind] = Kind.WORK_ITEM
    connection: str
    id: str

    def __str__(self) -> str:
        return f"{self.connection}:{self.id}"


@dataclass(frozen=True, slots=True, order=True)
class SignalRef:
    """A Sentry issue. No type of the hub holds one together with a ticket (rule O30)."""

    kind: ClassVar[Kind] = Kind.SIGNAL
    connection: str
    id: str

    def __str__(self) -> str:
        return f"{self.connection}:{self.id}"


Ref = TicketRef | WorkItemRef | SignalRef


def make_ref(kind: Kind, connection: str, id: str) -> Ref:
    """The ref of that kind."""
    match kind:
        case Kind.TICKET:
            return TicketRef(connection, id)
        case Kind.WORK_ITEM:
            return WorkItemRef(connection, id)
        case Kind.SIGNAL:
            return SignalRef(connection, id)


def split_ref(text: str) -> tuple[str, str]:
    """`connection:id` as its two parts; ValueError says what is wrong with any other text."""
    connection, colon, id = text.partition(":")
    if not (connection and colon and id):
        raise ValueError(f"{text!r} is not a ref; a ref looks like hubspot:812")
    return connection, id

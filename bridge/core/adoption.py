"""Adoption: which tickets and work items belong together already, by what stands in them.

Pure. A pair is only linked where there is no doubt; whatever is doubtful is told to a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bridge.core.detector import NOTHING_KNOWN, KnownSentry, is_signal_reference
from bridge.core.item_links import OWN
from bridge.core.launching import launch_marker
from bridge.domain.mapping import Mapping
from bridge.domain.records import HYPERLINKS, Observation
from bridge.domain.refs import TicketRef, WorkItemRef

_BETWEEN = re.compile(r"[\s,;]+")
_MOST_NAMES = 50
"""Names read out of one field: more is prose, not a list of keys."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A ticket and a work item that belong together. `marker`: by the hub's own hyperlink."""

    ticket: str
    item: str
    how: str
    marker: str = ""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What was found and is not linked. `ticket` may be empty where only an item is known."""

    ticket: str
    item: str
    why: str


@dataclass(frozen=True, slots=True)
class Hyperlink:
    """A hyperlink of a work item; `marker` where it is one of the hub's own."""

    url: str
    marker: str


def names_in(text: str, known: KnownSentry = NOTHING_KNOWN) -> tuple[list[str], list[str]]:
    """The keys and addresses that a field's text lists, and those of them that name a signal."""
    words = [each for each in _BETWEEN.split(text.strip()) if each][:_MOST_NAMES]
    signals = [each for each in words if is_signal_reference(each, known)]
    return [each for each in words if each not in signals], signals


def hyperlinks_of(seen: Observation) -> list[Hyperlink]:
    """The hyperlinks of a work item."""
    value = seen.value(HYPERLINKS)
    rows = [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
    return [
        Hyperlink(str(row.get("url") or ""), comment.removeprefix(OWN))
        if (comment := str(row.get("comment") or "")).startswith(OWN)
        else Hyperlink(str(row.get("url") or ""), "")
        for row in rows
    ]


def route_of(marker: str, ticket: TicketRef, mapping: Mapping) -> str | None:
    """The route whose launch for the ticket carries that marker; None if it is no launch's."""
    routes = (each.id for each in mapping.routes if each.launch is not None)
    return next((each for each in routes if launch_marker(ticket, each) == marker), None)


def resolved(ticket: TicketRef, name: str, found: Sequence[WorkItemRef], how: str) -> Pair | Doubt:
    """What one name in a ticket comes to, by the trackers that know it."""
    if len(found) == 1:
        return Pair(str(ticket), str(found[0]), how)
    if not found:
        return Doubt(str(ticket), name, "names no work item of a tracker that the mapping knows")
    places = ", ".join(sorted(each.connection for each in found))
    return Doubt(str(ticket), name, f"may be a work item of several trackers: {places}")


def settled(pairs: Iterable[Pair]) -> tuple[list[Pair], list[Doubt]]:
    """Each pair once, and a doubt for every marker that several items carry (one is a copy)."""
    kept: dict[tuple[str, str], Pair] = {}
    for each in pairs:
        held = kept.get((each.ticket, each.item))
        if held is None or (each.marker and not held.marker):
            kept[(each.ticket, each.item)] = each
    carried: dict[tuple[str, str], list[Pair]] = {}
    for each in kept.values():
        if each.marker:
            carried.setdefault((each.ticket, each.marker), []).append(each)
    copies = [group for group in carried.values() if len(group) > 1]
    doubtful = {(each.ticket, each.item) for group in copies for each in group}
    doubts = [
        Doubt(
            group[0].ticket,
            ", ".join(sorted(each.item for each in group)),
            "several work items carry the hub's mark for this ticket: all but one are copies",
        )
        for group in copies
    ]
    return [each for key, each in kept.items() if key not in doubtful], doubts

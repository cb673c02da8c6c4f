"""The hub's hyperlinks on a work item: one back to each ticket, and never a hand on others'."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.core.launching import launch_marker
from bridge.core.relating import MOST_RELATED, RELATED, related_links
from bridge.core.situation import ItemSituation, LinkedTicket
from bridge.core.stages import GONE
from bridge.core.weight import NO_WEIGHT, WeightStep
from bridge.domain.links import LinkState
from bridge.domain.operations import ItemLink, SetItemLinks
from bridge.domain.records import HYPERLINKS, URL, Source

OWN = "ticketbridge:"
ALL_TICKETS = "ticketbridge:all-tickets"
MOST_LINKS = 50
"""Tickets linked back from one item; beyond that one link leads to the hub's page of it."""


@dataclass(frozen=True, slots=True)
class LinkStep:
    """The one call that sets the links, or a need to read the item first."""

    operation: SetItemLinks | None = None
    read_self: bool = False


def plan_item_links(
    s: ItemSituation, hub_url: str | None, weight: WeightStep = NO_WEIGHT
) -> LinkStep:
    """Links to add for linked tickets, and links of ours to remove whose ticket is not linked.

    With what `weight` says of the one managed link beside them.
    """
    limit = min(MOST_LINKS, s.tracker.max_links or MOST_LINKS)
    wanted = [*_wanted(s, hub_url, limit), *related_links(s)]
    if not s.observation.knows(HYPERLINKS):
        # A read that shows no links comes from a vendor that has none.
        unread = bool(wanted) and s.observation.source is not Source.READ
        return LinkStep(read_self=unread)
    present = _present(s)
    linked = {_comment(s, each) for each in s.tickets} | {each.comment for each in wanted}
    linked |= s.kept_links
    if len(s.related) >= MOST_RELATED:
        linked |= {each.comment for each in present if each.comment.startswith(RELATED)}
    moved = _moved(s, wanted, present)
    shown = {each.comment for each in present if each not in moved}
    add = tuple(each for each in wanted if each.comment not in shown)
    remove = tuple(
        each
        for each in present
        if each in moved or (each.comment.startswith(OWN) and each.comment not in linked)
    )
    add, remove = (*add, *weight.add), (*remove, *weight.remove)
    if not add and not remove:
        return LinkStep()
    beside = weight.written if weight.add or weight.remove else ()
    return LinkStep(SetItemLinks(s.ref, add, remove, s.observation.revision, beside))


def _moved(
    s: ItemSituation, wanted: list[ItemLink], present: list[ItemLink]
) -> frozenset[ItemLink]:
    """Links of ours that lead elsewhere: a merged ticket keeps its marker and has a new address.

    Addresses are told apart by the ticket's id in them, because vendors spell them anew.
    """
    ids = {_comment(s, each): each.link.ticket.id for each in s.tickets}
    named = {e.comment: id for e in wanted if (id := ids.get(e.comment, "")) and id in e.url}
    return frozenset(each for each in present if named.get(each.comment, "") not in each.url)


def _wanted(s: ItemSituation, hub_url: str | None, limit: int) -> list[ItemLink]:
    """The oldest tickets' links; which they are does not change when more are linked."""
    links = [
        ItemLink(each.observation.text(URL), _comment(s, each))
        for each in s.tickets
        if each.observation is not None and _is_shown(each)
    ]
    links = list({each.comment: each for each in links}.values())
    if len(links) <= limit:
        return links
    page = page_of(s, hub_url)
    return [*links[:limit], *([ItemLink(page, ALL_TICKETS)] if page else [])]


def page_of(s: ItemSituation, hub_url: str | None) -> str:
    """The hub's own page of the item; empty where nobody reaches the hub."""
    return f"{hub_url.rstrip('/')}/work-items/{s.ref.connection}/{s.ref.id}" if hub_url else ""


def _is_shown(ticket: LinkedTicket) -> bool:
    seen = ticket.observation
    if seen is None or seen.presence in GONE or ticket.link.state is not LinkState.ACTIVE:
        return False
    return bool(seen.text(URL))


def _comment(s: ItemSituation, ticket: LinkedTicket) -> str:
    ref = ticket.link.ticket
    marker = s.markers.get(str(ref)) or launch_marker(ref, ticket.link.route or "by-hand")
    return f"{OWN}{marker}"


def _present(s: ItemSituation) -> list[ItemLink]:
    value = s.observation.value(HYPERLINKS)
    rows = value if isinstance(value, list) else []
    return [
        ItemLink(str(row.get("url") or ""), str(row.get("comment") or ""))
        for row in rows
        if isinstance(row, dict)
    ]

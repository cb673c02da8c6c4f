"""What an item shows of the items that it is related to: a tracker's own link, or a hyperlink."""

from __future__ import annotations

from bridge.core.situation import ItemSituation, RelatedItem
from bridge.core.values import sha256
from bridge.domain.links import LedgerState
from bridge.domain.operations import ItemLink, RelateItem

RELATED = "ticketbridge:related-"
MOST_RELATED = 200
"""Relations of one item that are looked at: the newest. Links to older ones stay as they are."""


def relations_due(s: ItemSituation) -> list[RelateItem]:
    """The links of the tracker's own kind that are still to be made, by one of the two sides."""
    due = []
    for each in s.related:
        source = f"relation:{each.ref}"
        held = s.ledger.get(source)
        made = held is not None and held.state is not LedgerState.INTENDED
        if each.writes and _in_tracker(s, each) and not made:
            due.append(RelateItem(s.ref, each.ref, source, sha256(str(each.ref))[:20]))
    return due


def related_links(s: ItemSituation) -> list[ItemLink]:
    """Across trackers each side shows a hyperlink to the other one."""
    return [
        ItemLink(each.url, f"{RELATED}{sha256(str(each.ref))[:20]}")
        for each in s.related
        if each.url and not _in_tracker(s, each)
    ]


def _in_tracker(s: ItemSituation, other: RelatedItem) -> bool:
    return s.tracker.relates and other.ref.connection == s.ref.connection

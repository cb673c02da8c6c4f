"""What an item shows of the items that it is related to: a tracker's own link, or a hyperlink."""

from __future__ import annotations

from bridge.core.situation import ItemSituation, RelatedItem
from bridge.core.values import sha256
from bridge.domain.findings import Finding
from bridge.domain.links import LedgerState
from bridge.domain.operations import ItemLink, RelateItem
from bridge.domain.refs import WorkItemRef

RELATED = "ticketbridge:related-"


def relations_due(s: ItemSituation) -> list[RelateItem]:
    """The links of the tracker's own kind that are still to be made, by one of the two sides."""
    due = []
    for each in s.related:
        source = source_of(each.ref)
        held = s.ledger.get(source)
        made = held is not None and held.state is not LedgerState.INTENDED
        if each.writes and _in_tracker(s, each) and not made:
            due.append(RelateItem(s.ref, each.ref, source, sha256(str(each.ref))[:20]))
    return due


def relations_refused(s: ItemSituation) -> list[Finding]:
    """The links that the tracker refused: told at every pass, tried again when a person says so."""
    refused = [
        (each.ref, source)
        for each in s.related
        if (held := s.ledger.get(source := source_of(each.ref))) is not None
        and held.state is LedgerState.REJECTED
        and each.writes
        and _in_tracker(s, each)
    ]
    return [refusal(s.ref, other, source) for other, source in refused]


def refusal(item: WorkItemRef, other: WorkItemRef, source: str, reason: str = "") -> Finding:
    """The finding of a link that the tracker refused."""
    data = {"file": f"The link to {other}"} | ({"reason": reason} if reason else {})
    return Finding("COPY_REJECTED", item.connection, str(item), source, data)


def source_of(other: WorkItemRef) -> str:
    """The name of a relation in the ledger."""
    return f"relation:{other}"


def related_links(s: ItemSituation) -> list[ItemLink]:
    """Across trackers each side shows a hyperlink to the other one."""
    return [
        ItemLink(each.url, f"{RELATED}{sha256(str(each.ref))[:20]}")
        for each in s.related
        if each.url and not _in_tracker(s, each)
    ]


def _in_tracker(s: ItemSituation, other: RelatedItem) -> bool:
    return s.tracker.relates and other.ref.connection == s.ref.connection

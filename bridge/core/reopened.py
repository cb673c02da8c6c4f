"""A reply brought a ticket back: its work item's people are told, once, and not what was written.

The item itself moves back only where the mapping says so, and only out of a status in which its
work counts as done, and counted as done when the ticket came back: what is finished later stays so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bridge.core.closing import is_done
from bridge.core.ledger import Copy, Target, comment_plan
from bridge.core.marked_text import with_last
from bridge.core.replies import FOLLOW_UP
from bridge.core.restored import forgotten_until
from bridge.core.situation import ItemSituation, LinkedTicket
from bridge.core.stages import GONE
from bridge.domain.closures import Closure
from bridge.domain.links import LedgerEntry, LinkState
from bridge.domain.operations import AddItemComment, ItemField, SetItemFields
from bridge.domain.records import KEY, STATUS, URL, Comment
from bridge.domain.refs import Ref
from bridge.kit.richtext.html_writing import Shape, write_html
from bridge.kit.richtext.model import Paragraph, RichText, Words

SOURCE = "reopened"


@dataclass(frozen=True, slots=True)
class ReopenedStep:
    """What a work item is told of tickets that came back."""

    operations: tuple[AddItemComment | SetItemFields, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()
    read_self: bool = False
    wake_at: datetime | None = None


def tell_of_reopened(s: ItemSituation, now: datetime) -> ReopenedStep:
    """The comments to add, and the status that takes the item back."""
    back = [(each, closure) for each in s.tickets if (closure := _came_back(s, each)) is not None]
    if not back:
        return ReopenedStep()
    pairs: list[tuple[Ref, Comment]] = [
        (ticket.link.ticket, Comment(f"{SOURCE}-{closure.reply}", f"{SOURCE} {closure.reply}"))
        for ticket, closure in back
    ]
    forgotten = forgotten_until(s.observation, s.restored)
    target = Target(s.observation, s.ledger, s.tracker.probe_grace, now, forgotten)
    plan = comment_plan(pairs, target)
    tickets = {str(ticket.link.ticket): (ticket, closure) for ticket, closure in back}
    comments = tuple(
        AddItemComment(
            s.ref, _words(s, copy, *tickets[str(copy.ref)]), copy.source, copy.content, copy.marker
        )
        for copy in plan.send
    )
    return ReopenedStep(
        (*comments, *_moved_back(s, back)), plan.adopted, plan.read_self, plan.wake_at
    )


def _came_back(s: ItemSituation, ticket: LinkedTicket) -> Closure | None:
    """What is remembered of a ticket that a reply brought back, and that is open still."""
    seen, mapping = ticket.observation, ticket.mapping
    if seen is None or mapping is None or ticket.closed or seen.presence in GONE:
        return None
    if mapping.replies.item == "no" or ticket.link.state is not LinkState.ACTIVE:
        return None
    closure = s.closures.get(str(ticket.link.ticket))
    if closure is None or not closure.reply or closure.standing.ended:
        return None
    # What was linked since is no concern of that reply.
    back_at = closure.reopened_at
    return closure if back_at is not None and ticket.link.created_at <= back_at else None


def _was_done(s: ItemSituation, closure: Closure) -> bool:
    """Whether the item has been in its status since before the ticket came back.

    Most trackers tell only when an item changed last in any way: that the ticket saw its work done
    by then counts as well.
    """
    moments = (s.observation.at(STATUS), closure.done_since)
    back_at = closure.reopened_at
    return back_at is not None and any(at is not None and at <= back_at for at in moments)


def _words(s: ItemSituation, copy: Copy[Comment], ticket: LinkedTicket, closure: Closure) -> str:
    seen = ticket.observation
    key, url = ("", "") if seen is None else (seen.text(KEY), seen.text(URL))
    place = Words(f"Ticket {key or ticket.link.ticket.id}", frozenset(), url)
    said = (
        " goes on with one that was closed: it is open."
        if closure.reply == FOLLOW_UP
        else " was solved, and its customer has replied: it is open again."
    )
    first = Paragraph((place, Words(f"{said} {_status(s)}What they wrote stands in the ticket.")))
    body = with_last(RichText((first,)), (Words(f"From Ticketbridge · {copy.marker}"),))
    return write_html(body, Shape())


def _status(s: ItemSituation) -> str:
    status = s.observation.text(STATUS)
    info = s.tracker.reference.statuses.get(status)
    label = info.label if info is not None else status
    return f"This work item is {label}. " if label else ""


def _moved_back(
    s: ItemSituation, back: list[tuple[LinkedTicket, Closure]]
) -> tuple[SetItemFields, ...]:
    """The status that takes the item back, once for each time that a ticket came back."""
    field, status, here = s.tracker.status_field, s.observation.text(STATUS), s.ref.connection
    for ticket, closure in back:
        mapping = ticket.mapping
        if mapping is None or mapping.replies.item != "reopen" or field is None:
            continue
        to = mapping.replies.reopen_to.get(here)
        if to is None or not _was_done(s, closure):
            continue
        if not is_done(mapping, here, status, s.tracker.reference):
            continue
        pair = s.fingerprints.get(field)
        if pair is not None and closure.reopened_at and pair.written_at >= closure.reopened_at:
            continue
        return (SetItemFields(s.ref, (ItemField(field, to),), s.observation.revision),)
    return ()

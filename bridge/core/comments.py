"""Comments that people mark to travel: `#dev` to the work item, `#customer` to the ticket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.core.guard import CUSTOMER_MARK, Held, release_comment
from bridge.core.instants import earliest, later
from bridge.core.ledger import Copy, Target, comment_content, comment_plan, comment_source, notes_of
from bridge.core.marked_text import after_mark, with_last
from bridge.core.pictures import copied_files, shows
from bridge.core.restored import forgotten_until
from bridge.core.situation import ItemSituation, LinkedItem, LinkedTicket, TicketSituation
from bridge.core.stages import GONE, name_of
from bridge.domain.findings import Finding
from bridge.domain.links import LedgerEntry, LedgerState, LinkState
from bridge.domain.operations import AddItemComment, AddTicketNote
from bridge.domain.records import ALIASES, KEY, URL, Comment
from bridge.domain.refs import Ref
from bridge.domain.texts import Audience, Releasable, Text
from bridge.kit.richtext.html_reading import read_html
from bridge.kit.richtext.html_writing import Shape, write_html
from bridge.kit.richtext.model import Line, Paragraph, RichText, Words

DEV_MARK = "#dev"
NOTE_GRACE = timedelta(seconds=60)
FILE_WAIT = timedelta(seconds=1)
"""Until a file that is sent in the same pass can be looked for in the ledger."""


@dataclass(frozen=True, slots=True)
class NoteStep:
    """What is to be done about comments on one record."""

    operations: tuple[AddTicketNote | AddItemComment, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()
    findings: tuple[Finding, ...] = ()
    read_self: bool = False
    wake_at: datetime | None = None


def is_marked(comment: Comment, mark: str) -> bool:
    """Whether somebody else than the hub marked the comment in its first line."""
    return not comment.own and after_mark(read_html(comment.html), mark) is not None


def notes_to_ticket(s: TicketSituation, now: datetime) -> NoteStep:
    """Work items' comments marked `#customer`, as internal notes, unless the gate holds them."""
    if s.mapping.comments.to_ticket == "none":
        return NoteStep()
    places = [(item, each) for item in s.items for each in _marked_of_item(item)]
    items: dict[str, LinkedItem] = {
        comment_source(item.link.work_item, each): item for item, each in places
    }
    pairs: list[tuple[Ref, Comment]] = [(i.link.work_item, each) for i, each in places]
    forgotten = forgotten_until(s.observation, s.restored)
    plan = comment_plan(pairs, Target(s.observation, s.ledger, NOTE_GRACE, now, forgotten))
    operations: list[AddTicketNote] = []
    held: list[LedgerEntry] = []
    comments = {comment_source(item.link.work_item, each): each for item, each in places}
    findings = [
        _held_finding(s.ref, each.source, _why_held(items, comments, each.source), items)
        for each in plan.held
    ]
    findings += [_refused(s.ref, each) for each in plan.refused]
    for copy in plan.send:
        release = _released(items[copy.source], copy.source, copy.thing, copy.marker)
        if isinstance(release, Held):
            held.append(LedgerEntry(copy.source, copy.content, LedgerState.HELD, copy.marker))
            findings.append(_held_finding(s.ref, copy.source, release.reason, items))
        else:
            operations.append(AddTicketNote(s.ref, release, copy.source, copy.content, copy.marker))
    ledger = (*plan.adopted, *held)
    return NoteStep(tuple(operations), ledger, tuple(findings), plan.read_self, plan.wake_at)


def _former(s: ItemSituation) -> frozenset[str]:
    """The refs of tickets that were merged into those of the item."""
    return frozenset(
        f"{ticket.link.ticket.connection}:{alias}"
        for ticket in s.tickets
        if ticket.observation is not None
        for alias in ticket.observation.texts(ALIASES)
    )


def comments_to_item(
    s: ItemSituation, now: datetime, coming: frozenset[str] = frozenset()
) -> NoteStep:
    """Internal notes of tickets marked `#dev`, as comments on the work item.

    One that shows a picture waits for it, where its file is just `coming`.
    """
    pairs: list[tuple[Ref, Comment]] = []
    for ticket in s.tickets:
        pairs += [(ticket.link.ticket, each) for each in _marked_of_ticket(ticket)]
    if not pairs:
        return NoteStep()
    places = {str(each.link.ticket): _place(each) for each in s.tickets}
    forgotten = forgotten_until(s.observation, s.restored)
    target = Target(s.observation, s.ledger, s.tracker.probe_grace, now, forgotten)
    plan = comment_plan(pairs, target, _former(s))
    ready = [each for each in plan.send if not shows(each, coming)]
    operations = tuple(
        AddItemComment(s.ref, _for_item(s, copy, places), copy.source, copy.content, copy.marker)
        for copy in ready
    )
    findings = tuple(_refused(s.ref, each) for each in plan.refused)
    again = later(now, FILE_WAIT) if len(ready) < len(plan.send) else None
    wake_at = earliest(plan.wake_at, again)
    return NoteStep(operations, plan.adopted, findings, plan.read_self, wake_at)


def marked_digest_source(comment: Comment) -> str:
    """What of a marked comment makes a ticket look again: its id and its words."""
    return f"{comment.id}:{comment_content(comment)}" if is_marked(comment, CUSTOMER_MARK) else ""


def _marked_of_item(item: LinkedItem) -> list[Comment]:
    seen = item.observation
    if seen is None or seen.presence in GONE or item.link.state is not LinkState.ACTIVE:
        return []
    return [each for each in notes_of(seen) if is_marked(each, CUSTOMER_MARK)]


def _marked_of_ticket(ticket: LinkedTicket) -> list[Comment]:
    """Internal notes only: a customer's own words never reach engineering by a mark."""
    seen, mapping = ticket.observation, ticket.mapping
    if seen is None or mapping is None or ticket.closed or seen.presence in GONE:
        return []
    if mapping.comments.to_work_item == "none" or ticket.link.state is not LinkState.ACTIVE:
        return []
    return [each for each in notes_of(seen) if each.internal and is_marked(each, DEV_MARK)]


def _released(
    item: LinkedItem, source: str, comment: Comment, marker: str = ""
) -> Releasable | Held:
    origin = (str(item.link.work_item), source)
    if item.has_origin:
        return Held("HELD_FOR_REVIEW", "the work item comes from error tracking")
    text = Text(comment.html, Audience.ENGINEERING, origin)
    return release_comment(text, _footer(item, marker))


def _why_held(items: dict[str, LinkedItem], comments: dict[str, Comment], source: str) -> str:
    """What the gate says today of a text that it held before; it stays held whatever that is."""
    if source not in items:
        return "its comment is not there any more"
    release = _released(items[source], source, comments[source])
    return release.reason if isinstance(release, Held) else "it was held when it was written"


def _footer(item: LinkedItem, marker: str) -> Line:
    """Where a note comes from: by its link the whole can be read where the note had to be cut."""
    url = item.observation.text(URL) if item.observation is not None else ""
    return (Words("From "), Words(name_of(item), frozenset(), url), Words(f" · {marker}"))


def _for_item(s: ItemSituation, copy: Copy[Comment], places: dict[str, Words]) -> str:
    body = after_mark(read_html(copy.thing.html), DEV_MARK) or RichText()
    author = copy.thing.author or "Support"
    place = places.get(str(copy.ref), Words("ticket"))
    first = Paragraph((Words(f"{author} ({place.text}):"),))
    signed = with_last(
        RichText((first, *body.blocks)), (Words("From "), place, Words(f" · {copy.marker}"))
    )
    return write_html(signed, Shape(source_of=copied_files(s, copy.ref)))


def _place(ticket: LinkedTicket) -> Words:
    """What people call the ticket, with the way to it."""
    seen = ticket.observation
    key, url = ("", "") if seen is None else (seen.text(KEY), seen.text(URL))
    return Words(f"ticket {key or ticket.link.ticket.id}", frozenset(), url)


def _held_finding(ref: Ref, source: str, reason: str, items: dict[str, LinkedItem]) -> Finding:
    item = name_of(items[source]) if source in items else ""
    data = {"item": item, "source": source, "rule": reason}
    return Finding("HELD_FOR_REVIEW", ref.connection, str(ref), source, data)


def _refused(ref: Ref, entry: LedgerEntry) -> Finding:
    return Finding("COPY_REJECTED", ref.connection, str(ref), entry.source, {"file": entry.source})

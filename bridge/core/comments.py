"""Comments that people mark to travel: `#dev` to the work item, `#customer` to the ticket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.core.guard import CUSTOMER_MARK, HELD_FOR_REVIEW, Held
from bridge.core.guide_words import without_named
from bridge.core.instants import earliest, later
from bridge.core.ledger import Copy, Target, comment_content, comment_plan, comment_source, notes_of
from bridge.core.marked_text import after_mark, with_last
from bridge.core.pictures import copied_files, shows
from bridge.core.restored import forgotten_until
from bridge.core.reviewing import Birth, is_decided, judged_comment, seen_content, waits
from bridge.core.situation import ItemSituation, LinkedItem, LinkedTicket, TicketSituation
from bridge.core.stages import GONE, name_of, told_name
from bridge.domain.findings import Finding
from bridge.domain.held import HeldText
from bridge.domain.links import LedgerEntry, LedgerState, LinkState
from bridge.domain.mapping import Mapping
from bridge.domain.operations import AddItemComment, AddTicketNote
from bridge.domain.records import ALIASES, KEY, URL, Comment
from bridge.domain.refs import Ref
from bridge.domain.texts import Releasable
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
    held: tuple[HeldText, ...] = ()
    read_self: bool = False
    wake_at: datetime | None = None


def is_marked(comment: Comment, mark: str) -> bool:
    """Whether somebody else than the hub marked the comment in its first line."""
    return not comment.own and after_mark(read_html(comment.html), mark) is not None


def is_as_draft(mapping: Mapping) -> bool:
    """Whether comments marked for the customer become drafts, and not notes."""
    return mapping.comments.to_ticket != "none" and mapping.comments.as_ == "draft"


def notes_to_ticket(s: TicketSituation, now: datetime) -> NoteStep:
    """Work items' comments marked `#customer`, as internal notes, unless the gate holds them."""
    if s.mapping.comments.to_ticket == "none" or is_as_draft(s.mapping):
        return NoteStep()
    places = [(item, each) for item in s.items for each in marked_of_item(item)]
    items: dict[str, LinkedItem] = {
        comment_source(item.link.work_item, each): item for item, each in places
    }
    pairs: list[tuple[Ref, Comment]] = [(i.link.work_item, each) for i, each in places]
    forgotten = forgotten_until(s.observation, s.restored)
    plan = comment_plan(pairs, Target(s.observation, s.ledger, NOTE_GRACE, now, forgotten))
    comments = {comment_source(item.link.work_item, each): each for item, each in places}
    operations: list[AddTicketNote] = []
    ledger = [*plan.adopted]
    held: list[HeldText] = []
    findings = [_refused(s.ref, each) for each in plan.refused]

    def weigh(source: str, marker: str, *, was_held: bool) -> None:
        comment, item = comments[source], items[source]
        content, seen = comment_content(comment), seen_content(comment)
        footer = _footer(item, marker)
        birth = Birth(item.has_origin, item.proven)
        release = judged_comment(s.held, source, comment, birth, footer, s.sentry)
        once_held = was_held or source in s.held
        if once_held and isinstance(release, Releasable) and not is_decided(s.held, source, seen):
            # What was held once is a person's to decide, whatever the gate makes of it today.
            release = Held(HELD_FOR_REVIEW, "it was held when it was written")
        if isinstance(release, Releasable):
            operations.append(AddTicketNote(s.ref, release, source, content, marker))
            return
        if not was_held:
            ledger.append(LedgerEntry(source, content, LedgerState.HELD, marker))
        row = waits(s.held, source, seen, release)
        if row is not None:
            held.append(row)
            findings.append(held_finding(s.ref, source, release.reason, item))

    for entry in plan.held:
        weigh(entry.source, entry.marker, was_held=True)
    for copy in plan.send:
        weigh(copy.source, copy.marker, was_held=False)
    return NoteStep(
        tuple(operations),
        tuple(ledger),
        tuple(findings),
        tuple(held),
        read_self=plan.read_self,
        wake_at=plan.wake_at,
    )


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
    return NoteStep(operations, plan.adopted, findings, read_self=plan.read_self, wake_at=wake_at)


def marked_digest_source(comment: Comment) -> str:
    """What of a marked comment makes a ticket look again: its id and its words."""
    return f"{comment.id}:{comment_content(comment)}" if is_marked(comment, CUSTOMER_MARK) else ""


def marked_of_item(item: LinkedItem) -> list[Comment]:
    """The item's comments that somebody marked for the customer, as long as it is linked."""
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


def _footer(item: LinkedItem, marker: str) -> Line:
    """Where a note comes from: by its link the whole can be read where the note had to be cut."""
    name = told_name(item)
    if not name:
        return (Words(f"From engineering · {marker}"),)
    url = item.observation.text(URL) if item.observation is not None else ""
    return (Words("From "), Words(name, frozenset(), url), Words(f" · {marker}"))


def _for_item(s: ItemSituation, copy: Copy[Comment], places: dict[str, Words]) -> str:
    """The comment, without the lines that name something of error tracking."""
    said = after_mark(read_html(copy.thing.html), DEV_MARK) or RichText()
    body = without_named(said, s.sentry)
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


def held_finding(ref: Ref, source: str, reason: str, item: LinkedItem) -> Finding:
    """That a comment of the item waits for a person."""
    data = {"item": name_of(item), "source": source, "rule": reason, "thing": "A comment"}
    return Finding(HELD_FOR_REVIEW, ref.connection, str(ref), source, data)


def _refused(ref: Ref, entry: LedgerEntry) -> Finding:
    return Finding("COPY_REJECTED", ref.connection, str(ref), entry.source, {"file": entry.source})

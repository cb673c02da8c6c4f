"""The guided right way: what a ticket that names something of error tracking is answered.

The reference itself goes nowhere: not to a work item, not into a finding, a notice or a note.
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.core.comments import NOTE_GRACE
from bridge.core.detector import KnownSentry, Reference, references
from bridge.core.guard import release_composed, release_keys
from bridge.core.instants import earliest, later, read_instant
from bridge.core.leak_alarm import AlarmStep, alarm
from bridge.core.ledger import Target, comment_plan, comment_source, said_on
from bridge.core.plain_text import paragraphs
from bridge.core.restored import forgotten_until
from bridge.core.situation import LinkedItem, TicketSituation
from bridge.core.stages import GONE, told_name
from bridge.core.wanted import ticket_want
from bridge.domain.findings import Finding
from bridge.domain.guidance import Answer, Guided
from bridge.domain.links import LedgerEntry, LinkState
from bridge.domain.mapping import Mapping
from bridge.domain.notices import Notice
from bridge.domain.operations import AddTicketNote
from bridge.domain.records import ALIASES, BODY, SUBJECT, Comment, FieldInfo, Observation
from bridge.domain.refs import TicketRef

LOOK_AGAIN = timedelta(minutes=2)
"""When what could not be done yet is tried once more."""
MOST = 20
"""References on one ticket that are dealt with; a text of a thousand addresses is no reason to make
a thousand work items."""

_REFERENCE = "SENTRY_REFERENCE"
_DONE = {
    Answer.RELATED: "engineering has an internal technical task for it, related to {item}",
    Answer.BESIDE: "engineering has an internal technical task for it; this ticket stays without",
    Answer.SAID: "nothing was made of it",
}
_OPENING = (
    "A note on this ticket names something of our error tracking. That never hangs on a client's "
    "ticket, because the client would read what is written there."
)
_NEXT = {
    Answer.RELATED: (
        "Engineering follows it up in an internal technical task of its own, which is related to "
        "{item}. This ticket shows only that there is one. Nothing else is to be done."
    ),
    Answer.BESIDE: (
        "Engineering follows it up in an internal technical task of its own. This ticket has no "
        "work item by its route, so nothing is related to it."
    ),
    Answer.SAID: (
        "Ask whoever runs the hub to launch it as an internal technical task of its own and to "
        "relate that to {item}: bridge launch, or POST /api/v1/signals/sentry/ID/launch."
    ),
}


@dataclass(frozen=True, slots=True)
class Named:
    """A place on a ticket where something of error tracking is named. `told`: customers read it."""

    source: str
    says: str
    told: bool
    at: datetime | None
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class GuideStep:
    """What is to be done about the places on one ticket."""

    operations: tuple[AddTicketNote, ...] = ()
    findings: tuple[Finding, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()
    notices: tuple[Notice, ...] = ()
    read_self: bool = False
    wake_at: datetime | None = None


def named_places(
    ref: TicketRef,
    seen: Observation,
    mapping: Mapping,
    known: KnownSentry,
    fields: Table[str, FieldInfo] | None = None,
) -> list[Named]:
    """Where the ticket names something of Sentry: in notes, replies and fields of its staff.

    What the customer wrote, subject and description among it, leads to nothing: the customer has
    it already, and may quote whatever he likes. `fields` are the vendor's, by name.
    """
    found = []
    for comment in said_on(seen):
        if comment.own or comment.inbound:
            continue
        told = not comment.internal
        named = _surest_first(references(comment.html, known))
        named = tuple(each for each in named if each.sure or not told)
        if named:
            said = "A message to the customer" if told else "An internal note"
            if comment.opening:
                said = (
                    "The description of the ticket, which the customer reads,"
                    if told
                    else ("The description of the ticket")
                )
            says = f"{said} by {comment.author}" if comment.author else said
            at = read_instant(comment.at)
            found.append(Named(comment_source(ref, comment), says, told, at, named))
    quoted = {e for each in (SUBJECT, BODY) for e in references(seen.text(each), known)}
    for name in _fields(mapping, fields or {}):
        value = seen.value(name)
        named = references(value, known) if isinstance(value, str) else ()
        # The vendor's own name for one of the two, or what a workflow took from there.
        named = _surest_first(tuple(each for each in named if each not in quoted))
        if named:
            says = f'The field "{name}"'
            found.append(Named(f"{ref}#field/{name}", says, False, seen.at(name), named))
    return _within_measure(found)


def _surest_first(found: tuple[Reference, ...]) -> tuple[Reference, ...]:
    """What has the shape of a short id alone takes no other's place in the measure."""
    return tuple(sorted(found, key=lambda each: not each.sure))


def _within_measure(places: list[Named]) -> list[Named]:
    """The places, with no more references inside than are dealt with."""
    kept, left = [], MOST
    for each in places:
        if each.told:
            kept.append(each)
        elif left:
            kept.append(replace(each, references=each.references[:left]))
            left -= len(kept[-1].references)
    return kept


def _fields(mapping: Mapping, known: Table[str, FieldInfo]) -> list[str]:
    """The fields that the mapping reads, but for those that the hub or a customer writes."""
    show = mapping.show_on_ticket
    own = {each.property for each in (show.stage, show.eta, show.keys) if each is not None}
    own |= {each.ticket for each in mapping.fields if each.owner == "work_item"}
    own |= {name for name, each in known.items() if each.customers_fill}
    return sorted(ticket_want(mapping).fields - own)


def own_item(s: TicketSituation) -> LinkedItem | None:
    """The ticket's work item that an internal technical task is related to: the first that is
    there, and before all one that is not held itself.
    """
    there = [
        each
        for each in s.items
        if each.link.state is LinkState.ACTIVE
        and each.observation is not None
        and each.observation.presence not in GONE
    ]
    return next((each for each in there if not each.has_origin), there[0] if there else None)


def plan_guide(s: TicketSituation, now: datetime) -> GuideStep:
    """The findings about an open ticket's places, an internal note for each, an alarm at once."""
    if not s.guide:
        return GuideStep()
    alarms = told_findings(s)
    item = own_item(s)
    known = "" if item is None else told_name(item)
    name = known or "the ticket's work item"
    noted = [each for each in s.guide if each.answer in _NEXT]
    findings = [_finding(s, each, name) for each in s.guide if each.answer is not Answer.TOLD]
    target = Target(
        s.observation, s.ledger, NOTE_GRACE, now, forgotten_until(s.observation, s.restored)
    )
    former = frozenset(f"{s.ref.connection}:{each}" for each in s.observation.texts(ALIASES))
    answers = ((s.ref, _answer(s.ref, each, name)) for each in noted)
    plan = comment_plan(answers, target, former)
    again = later(now, LOOK_AGAIN) if any(each.again for each in s.guide) else None
    keys = (known,) if known else ()
    return GuideStep(
        operations=tuple(
            AddTicketNote(
                s.ref,
                release_composed(
                    copy.thing.html + paragraphs([f"Ticketbridge · {copy.marker}"]),
                    [release_keys(keys, "the ticket's own work item")],
                    "the hub's own wording",
                ),
                copy.source,
                copy.content,
                copy.marker,
            )
            for copy in plan.send
        ),
        findings=(*findings, *alarms.findings),
        ledger=plan.adopted,
        notices=alarms.notices,
        read_self=plan.read_self,
        wake_at=earliest(again, plan.wake_at, *(each.again_at for each in s.guide)),
    )


def told_findings(s: TicketSituation) -> AlarmStep:
    """What must be known of a ticket whose customer can read something of error tracking.

    A ticket that was closed with that very message too.
    """
    return alarm(s, [each for each in s.guide if each.answer is Answer.TOLD])


def _answer(ref: TicketRef, place: Guided, item: str) -> Comment:
    """The hub's note that answers a place, under a name of its own in the ledger."""
    words = paragraphs([_OPENING, _NEXT[place.answer].format(item=item)])
    return Comment(id=f"{place.source.removeprefix(f'{ref}#')}/answer", html=words)


def _finding(s: TicketSituation, place: Guided, item: str) -> Finding:
    data = {"place": place.says, "ref": str(s.ref), "source": place.source}
    if place.answer in _DONE:
        data["done"] = _DONE[place.answer].format(item=item)
        return Finding(_REFERENCE, s.ref.connection, str(s.ref), place.source, data)
    data["why"] = place.why
    return Finding("SENTRY_REFERENCE_OPEN", s.ref.connection, str(s.ref), place.source, data)

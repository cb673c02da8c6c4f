"""The fold: what a ticket's timeline says after one more look at it. Pure, and a fixpoint.

Nothing here is an event. What is seen now is added to what was seen before, with the vendor's
times; looking twice adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from bridge.core.dates_said import names_day
from bridge.core.facts import Facts
from bridge.core.instants import latest, read_instant
from bridge.core.mailing import PASSING
from bridge.core.notices import field_behind, tested_by
from bridge.core.plain_text import text_of
from bridge.core.releases import arrivals
from bridge.core.routing import match
from bridge.core.situation import LinkedItem, TicketSituation
from bridge.domain.mapping import Condition, Mapping, Stage
from bridge.domain.notices import NoticeState
from bridge.domain.promises import CLOSED, CUSTOMER, Timeline, Wait, Word
from bridge.domain.records import (
    CHANGED_AT,
    CREATED_AT,
    MESSAGES_HIDDEN,
    STATUS,
    Comment,
    Observation,
    comments_of,
)

WORDS_KEPT = 300
"""Messages remembered of a ticket, the newest."""
ONE_MOMENT = timedelta(seconds=1)
"""A message and the status that it moved are written at once, in times of whole seconds."""


def folded(
    s: TicketSituation, facts: Facts, *, stage: str | None, eta: date | None, now: datetime
) -> Timeline:
    """The ticket's timeline as of now; `stage` and `eta` are what its work shows."""
    before = s.timeline or Timeline(begun=now)
    return replace(
        before,
        since={**before.since, **dict(_since(s, facts, before, now))},
        reached={**before.reached, **_reached(s, facts, before, stage, eta, now)},
        waits=_waits(s, facts, before, now),
        words=_words(s, before, eta, now),
    )


def is_waiting(s: TicketSituation) -> bool:
    """Whether the helpdesk's own status waits for the customer."""
    info = s.reference.statuses.get(s.observation.text(STATUS))
    return info is not None and info.waiting


def is_closed(s: TicketSituation) -> bool:
    """Whether the helpdesk calls the ticket's status closed."""
    info = s.reference.statuses.get(s.observation.text(STATUS))
    return info is not None and info.closed


def hides_messages(s: TicketSituation) -> bool:
    """Whether what is said to the customer can't be seen."""
    return s.observation.value(MESSAGES_HIDDEN) is True


def _since(
    s: TicketSituation, facts: Facts, before: Timeline, now: datetime
) -> Iterator[tuple[str, datetime]]:
    for each in s.mapping.promises:
        if each.id in before.since:
            continue
        if each.when is None or match(each.when, facts):
            yield each.id, _no_later(now, _made_at(s, each.when))


def _made_at(s: TicketSituation, when: Condition | None) -> datetime:
    """When the ticket became one that the condition is about, by its own times."""
    created = read_instant(s.observation.text(CREATED_AT))
    return latest(created, tested_at(s, when)) or s.observation.seen_at


def tested_at(s: TicketSituation, when: Condition | None) -> datetime | None:
    """When what the condition tests changed last, by the vendor's times; None: not known."""
    fields = {field_behind(s.mapping, name) for name in tested_by(when)} - {""}
    return latest(*(s.observation.at(each) for each in fields if s.observation.text(each)))


def _reached(
    s: TicketSituation,
    facts: Facts,
    before: Timeline,
    stage: str | None,
    eta: date | None,
    now: datetime,
) -> dict[str, datetime]:
    """What is so now and was not known to be."""
    seen, found = s.observation, {}
    severity, assignee = facts.read("severity"), s.assignee_field
    if severity.present and assignee and seen.text(assignee):
        found["triaged"] = latest(severity.at, seen.at(assignee))
    if s.items:
        found["linked"] = min(each.link.created_at for each in s.items)
    if eta is not None:
        found["eta_set"] = latest(*(read_instant(each.text(CHANGED_AT)) for each in _seen(s.items)))
    if any(_acknowledged(each.state, each.route) for each in s.notices):
        found["acknowledged"] = now
    for name in _stages_up_to(s.mapping, stage):
        found[f"stage:{name}"] = latest(*(each.at(STATUS) for each in _seen(s.items)))
    if stage is not None:
        # Done is not with the customer: its release came later.
        found[f"stage:{stage}"] = latest(*(at for _, at in arrivals(s, now)))
    new = {name: at for name, at in found.items() if name not in before.reached}
    return {name: _no_later(now, at or now) for name, at in new.items()}


def _acknowledged(state: NoticeState, route: str) -> bool:
    return state is NoticeState.ACKNOWLEDGED and not route.startswith("@")


def _seen(items: Iterable[LinkedItem]) -> list[Observation]:
    return [each.observation for each in items if each.observation is not None]


def _stages_up_to(mapping: Mapping, stage: str | None) -> list[str]:
    """The stages that a ticket in that stage has reached: one off the path is itself alone."""
    here = None if stage is None else mapping.stage(stage)
    if here is None:
        return []
    if here.side:
        return [here.id]
    path: list[Stage] = [each for each in mapping.stages if not each.side]
    return [each.id for each in path[: path.index(here) + 1]]


def _waits(s: TicketSituation, facts: Facts, before: Timeline, now: datetime) -> tuple[Wait, ...]:
    status_at = s.observation.at(s.status_field) or s.observation.at(STATUS)
    waits = _with_wait(before.waits, CUSTOMER, *_waits_for_customer(s, before, status_at), now)
    waits = _with_wait(waits, CLOSED, is_closed(s), status_at, now)
    for each in s.mapping.promises:
        if isinstance(each.pause_while, Condition):
            rests = match(each.pause_while, facts)
            at = tested_at(s, each.pause_while)
            waits = _with_wait(waits, f"promise:{each.id}", rests, at, now)
    return waits


def _waits_for_customer(
    s: TicketSituation, before: Timeline, at: datetime | None
) -> tuple[bool, datetime | None]:
    """Whether it is the customer's turn, and since when that is so or not.

    It stays so though a mail that a program sent has moved the status at that very moment: until
    a person writes, or moves it once more.
    """
    rests = any(each.why == CUSTOMER and each.end is None for each in before.waits)
    if is_waiting(s) or is_closed(s) or not rests or at is None:
        return is_waiting(s), at
    since = [
        (moment, each)
        for each in comments_of(s.observation)
        if (moment := read_instant(each.at)) is not None and moment >= at - ONE_MOMENT
    ]
    if not any(each.automatic and moment <= at + ONE_MOMENT for moment, each in since):
        return False, at
    by_people = [m for m, each in since if is_word(each) or (each.inbound and not each.automatic)]
    return not by_people, max(min(by_people, default=at), at)


def _with_wait(
    waits: tuple[Wait, ...], why: str, rests: bool, at: datetime | None, now: datetime
) -> tuple[Wait, ...]:
    """The waits with one begun, or ended, as of the vendor's time of it."""
    own = [each for each in waits if each.why == why]
    last = own[-1] if own else None
    going = last is not None and last.end is None
    if rests == going:
        return waits
    when = _no_later(now, at or now)
    if last is None or rests:
        after = None if last is None else last.end
        return (*waits, Wait(why, latest(when, after) or when))
    ended = replace(last, end=latest(when, last.begin))
    return tuple(ended if each is last else each for each in waits)


def _words(
    s: TicketSituation, before: Timeline, eta: date | None, now: datetime
) -> tuple[Word, ...]:
    named = {each.message for each in s.said}
    # A letter bears another name each time that it is nearer to standing on its ticket.
    known = {e.id: e for e in before.words if e.id in named or not e.id.startswith(PASSING)}
    for comment in comments_of(s.observation):
        at = read_instant(comment.at)
        if at is None or not is_word(comment):
            continue
        held = known.get(comment.id) or Word(comment.id, _no_later(now, at))
        if held.day is None and eta is not None and names_day(text_of(comment.html), eta):
            held = replace(held, day=eta)
        known[comment.id] = held
    for each in s.said:
        # What went by itself keeps no promise.
        if each.by:
            known[each.message] = Word(each.message, _no_later(now, each.at), each.eta)
    ordered = sorted(known.values(), key=lambda each: (each.at, each.id))
    return tuple(ordered[-WORDS_KEPT:])


def is_word(comment: Comment) -> bool:
    """Whether a comment is a message to the customer from a person of the team."""
    by_program = comment.own or comment.app
    return not (comment.internal or comment.inbound or by_program or comment.opening)


def _no_later(now: datetime, at: datetime) -> datetime:
    """The vendor's time, but for a clock that is ahead of ours."""
    return min(at, now)


def joined(a: Timeline, b: Timeline) -> Timeline:
    """The timeline of a ticket into which another was merged: what was so of either is so."""

    def earlier(x: dict[str, datetime], y: dict[str, datetime]) -> dict[str, datetime]:
        return {key: min(m[key] for m in (x, y) if key in m) for key in x.keys() | y.keys()}

    words = {each.id: each for each in (*a.words, *b.words)}
    return Timeline(
        begun=min(a.begun, b.begun),
        since=earlier(dict(a.since), dict(b.since)),
        reached=earlier(dict(a.reached), dict(b.reached)),
        # How the other one waited says nothing of this one.
        waits=a.waits,
        words=tuple(sorted(words.values(), key=lambda each: (each.at, each.id))[-WORDS_KEPT:]),
    )

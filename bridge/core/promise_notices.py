"""Whom promises tell: each warning and each breach once for ever, by ids that are always the same.

What broke before the hub first started, or before the mapping that promises it came into force,
is in the lists and nobody is told of it. Of what broke while the hub was away the breach is told,
once, and no warning that is over. What was dropped while a ticket was closed goes on when it is
open again and the promise still presses.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bridge.core.calendars import is_open, next_opening
from bridge.core.facts import Facts
from bridge.core.instants import earliest, later
from bridge.core.notice_content import promise_content
from bridge.core.notices import PROMISED, whom
from bridge.core.promises import act_of, calendar_of
from bridge.core.recipients import addresses_of
from bridge.core.situation import NoticePlan, TicketSituation, ToldLater
from bridge.core.values import sha256
from bridge.domain.findings import Finding
from bridge.domain.mapping_promises import Promise, PromiseTell
from bridge.domain.notices import Notice, NoticeState
from bridge.domain.promises import PromiseState, Standing

WARNING, BREACH = "warning", "breach"


@dataclass(frozen=True, slots=True)
class PromiseNotices:
    """What was decided about telling people of promises; `waits`: what other hours hold back."""

    plan: NoticePlan
    findings: tuple[Finding, ...] = ()
    waits: tuple[ToldLater, ...] = ()

    @property
    def wake_at(self) -> datetime | None:
        """When the next of what waits is to be told."""
        return earliest(*(each.at for each in self.waits))


@dataclass(frozen=True, slots=True)
class _Event:
    """Something to tell: `route` is its name for ever, `at` when it came to be."""

    route: str
    kind: str
    at: datetime


def plan_promise_notices(
    s: TicketSituation, facts: Facts, standings: tuple[Standing, ...], now: datetime
) -> PromiseNotices:
    """Whom the ticket's promises tell now, and which notices need not go on."""
    known = {each.id: each for each in s.notices}
    new: dict[str, Notice] = {}
    again: dict[str, Notice] = {}
    findings: list[Finding] = []
    waits: list[ToldLater] = []
    live: set[str] = set()
    by_id = {each.id: each for each in s.mapping.promises}
    unseen: list[str] = []
    for each in standings:
        if each.state is PromiseState.UNOBSERVABLE:
            unseen += [_route(each, WARNING), _route(each, BREACH)]
        promise = by_id[each.promise]
        for tell in promise.tell if each.is_pressing else ():
            event = _event(tell, each, s)
            if event is None or not _is_news(s, promise, event):
                continue
            live.add(event.route)
            told_at = _told_at(s, tell, event)
            if told_at is None:
                continue
            if told_at > now:
                hours = tell.during if event.at <= now else None
                waits.append(ToldLater(promise.title, told_at, hours or ""))
                continue
            made, missing = _addressed(s, facts, tell, event)
            findings += missing
            for one in made:
                if one.id not in known:
                    new.setdefault(one.id, _said(s, facts, one, tell, each, event))
                elif _is_cut_off(known[one.id], tell):
                    again[one.id] = _said(s, facts, one, tell, each, event)
    due = [e for e in s.notices if e.state is NoticeState.DUE and e.route.startswith(PROMISED)]
    # What can't be seen for a while is not over: dropped now, nobody would hear of it again.
    drop = tuple(e.id for e in due if e.route not in live and not e.route.startswith((*unseen,)))
    return PromiseNotices(
        NoticePlan(new=tuple(new.values()), drop=drop, again=tuple(again.values())),
        tuple(findings),
        tuple(waits),
    )


def _is_cut_off(notice: Notice, tell: PromiseTell) -> bool:
    """Whether it was dropped before it had been told as the mapping wants it told."""
    untold = tell.until_acknowledged or not notice.sends
    return notice.state is NoticeState.OVER and untold


def _event(tell: PromiseTell, each: Standing, s: TicketSituation) -> _Event | None:
    """What the entry is to tell of now, if anything."""
    if each.state is PromiseState.AT_RISK:
        if tell.at == BREACH or tell.after is not None or each.warn_at is None:
            return None
        return _Event(_route(each, WARNING), WARNING, each.warn_at)
    if tell.at == WARNING or each.due_at is None:
        return None
    breach = _route(each, BREACH)
    if tell.after is None:
        return _Event(breach, BREACH, each.due_at)
    acknowledged = NoticeState.ACKNOWLEDGED
    if any(e.route == breach and e.state is acknowledged for e in s.notices):
        return None
    at = later(each.due_at, tell.after)
    return _Event(f"{breach}+{int(tell.after.total_seconds())}", BREACH, at)


def _route(each: Standing, kind: str) -> str:
    # By its start: the next one of a promise that comes again is another.
    return f"{PROMISED}{each.promise}:{kind}:{each.started_at.astimezone(UTC):%Y%m%dT%H%M%S.%f}"


def is_of_promise(route: str) -> bool:
    """Whether a notice of that route is about a promise."""
    return route.startswith(PROMISED)


def _told_at(s: TicketSituation, tell: PromiseTell, event: _Event) -> datetime | None:
    """When the entry tells of it; None: it is for other hours."""
    if tell.outside is not None:
        return None if is_open(calendar_of(s.mapping, tell.outside), event.at) else event.at
    if tell.during is not None:
        return next_opening(calendar_of(s.mapping, tell.during), event.at)
    return event.at


def _is_news(s: TicketSituation, promise: Promise, event: _Event) -> bool:
    """Whether it came to be after the hub's start, by a mapping that promised it then."""
    if s.start_mark is None or event.at < s.start_mark:
        return False
    since = s.telling.since
    for earlier in s.telling.earlier:
        if since is None or promise.id not in {each.id for each in earlier.mapping.promises}:
            break
        since = earlier.since
    return since is None or event.at >= since


def _addressed(
    s: TicketSituation, facts: Facts, tell: PromiseTell, event: _Event
) -> tuple[list[Notice], list[Finding]]:
    found: dict[str, str] = {}
    findings = []
    for name in tell.to or ():
        addresses = addresses_of(name, facts, s.telling.people)
        if not addresses:
            data = {"name": name, "route": event.route, "ref": str(s.ref)}
            findings.append(
                Finding("NOBODY_TO_TELL", s.ref.connection, str(s.ref), name[:200], data)
            )
        for each in addresses:
            found.setdefault(each.casefold(), each)
    made = []
    for via in tell.via:
        channel = s.telling.channels.get(via)
        if channel is None:
            data = {"route": event.route, "connection": via}
            findings.append(Finding("NO_CONNECTION", s.ref.connection, str(s.ref), via, data))
            continue
        for name in found.values() if tell.to is not None else [""]:
            if name or not channel.addressed:
                id = f"n-{sha256(f'{s.ref}|{event.route}|{via}|{name.casefold()}')[:24]}"
                made.append(Notice(id, event.route, via, name, whom(name)))
    return made, findings


# ------------------------------------------------------------------------------ what it says


def _said(
    s: TicketSituation,
    facts: Facts,
    notice: Notice,
    tell: PromiseTell,
    each: Standing,
    event: _Event,
) -> Notice:
    return replace(
        notice,
        until_acknowledged=tell.until_acknowledged,
        resend=tell.resend,
        content=promise_content(
            s, facts, notice.channel, each, at_risk=event.kind == WARNING, act=act_of(each.kept_by)
        ),
    )

"""Notices: whom a ticket's route tells now, each once for ever, and what they are told.

What is wanted is worked out from the situation each time; what was told already is part of it.
Neither a ticket from before the hub's start nor a change of the mapping makes old news new.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bridge.core.facts import PROPERTY, Facts
from bridge.core.instants import earliest, later, latest, read_instant
from bridge.core.launching import WAITING, LaunchStep, categorised_at
from bridge.core.notice_content import content_of
from bridge.core.recipients import recipients
from bridge.core.routing import RouteChoice, choose_route, match
from bridge.core.situation import NoticePlan, TicketSituation
from bridge.core.values import sha256
from bridge.domain.findings import Finding
from bridge.domain.links import Launch, LaunchState
from bridge.domain.mapping import Condition, Mapping, Notify, Route
from bridge.domain.notices import Notice, NoticeState
from bridge.domain.records import ASSIGNEE, CREATED_AT
from bridge.domain.refs import TicketRef

ALARM = "@leak"
"""The route of notices that go out whatever becomes of the ticket: a word no mapping can use."""
PROMISED = "@promise:"
"""How the routes of notices about promises begin: `bridge/core/promise_notices.py`."""
ITEM_GRACE = timedelta(minutes=2)
"""How long people are kept waiting so that the notice can name the work item."""

INCOMPLETE = "INTAKE_INCOMPLETE"

Told = tuple[str, str, str]
"""Route, channel, hash of the recipient: what may be told once."""


@dataclass(frozen=True, slots=True)
class NoticeStep:
    """What was decided about telling people."""

    plan: NoticePlan = field(default_factory=NoticePlan)
    findings: tuple[Finding, ...] = ()
    wake_at: datetime | None = None


def notice_id(ticket: TicketRef, route: str, channel: str, recipient: str) -> str:
    """The id of the one notice of this route about this ticket; the same for ever."""
    said = f"{ticket}|{route}|{channel}|{recipient.casefold()}|taken"
    return f"n-{sha256(said)[:24]}"


def whom(recipient: str) -> str:
    """What is kept of a recipient for good; empty for a channel as a whole."""
    return sha256(recipient.casefold())[:24] if recipient else ""


def plan_notices(
    s: TicketSituation, facts: Facts, choice: RouteChoice, launching: LaunchStep, now: datetime
) -> NoticeStep:
    """Whom an open ticket tells now, and which notices need not be repeated any more."""
    taken = any(
        each.observation is not None and each.observation.text(ASSIGNEE) for each in s.items
    )
    repeating = [
        each
        for each in s.notices
        # Whoever took the work has kept no promise by that.
        if each.until_acknowledged
        and _is_due(each)
        and not each.route.startswith(PROMISED)
        and _of_route(each)
    ]
    stop = tuple(each.id for each in repeating) if taken else ()
    findings = list(_standing(s))
    route = choice.route
    if route is None or not route.notify:
        return NoticeStep(NoticePlan(stop=stop), tuple(findings))
    launch = next((each for each in s.launches if each.route == route.id), None)
    held = {each.told for each in s.notices}
    new: dict[Told, Notice] = {}
    coming: dict[Told, datetime] = {}
    for each in route.notify:
        if each.when is not None and not match(each.when, facts):
            continue
        news_at = _news_at(s, each, launch, launching, now)
        if news_at is None or not _after_start(s, each):
            continue
        wanted, missing = _addressed(s, facts, route, each)
        findings += missing
        wanted = [one for one in wanted if one.told not in held | new.keys() | coming.keys()]
        wanted = [one for one in wanted if _is_news(s, one.told, news_at)]
        if launch is None and launching.verdict == INCOMPLETE and not each.until_acknowledged:
            # A person will fill in what is missing, and who is told once is to get the item's link.
            continue
        due = _due_at(route, launch, launching, news_at)
        if due is not None and now < due:
            coming |= {one.told: due for one in wanted}
        else:
            new |= {one.told: _said(s, facts, one, each, taken=taken) for one in wanted}
    made = NoticePlan(tuple(new.values()), tuple(coming), stop)
    return NoticeStep(made, tuple(findings), earliest(*coming.values()))


def drop_notices(s: TicketSituation) -> NoticePlan:
    """Nobody need be told of a ticket that is closed."""
    due = [each for each in s.notices if _is_due(each) and not each.route.startswith(ALARM)]
    return NoticePlan(drop=tuple(each.id for each in due))


def _is_due(notice: Notice) -> bool:
    return notice.state is NoticeState.DUE


def _of_route(notice: Notice) -> bool:
    """Whether a route of the mapping sent it: no mapping can use the sign of all others."""
    return not notice.route.startswith("@")


def _standing(s: TicketSituation) -> list[Finding]:
    """What a person must know of notices that were made earlier."""
    codes = {NoticeState.REFUSED: "NOTICE_REFUSED", NoticeState.UNHEARD: "NOTICE_UNHEARD"}
    found = []
    for each in s.notices:
        data = {
            "channel": each.channel,
            "recipient": each.recipient or each.channel,
            "reason": each.error,
            "count": str(each.sends),
            "ref": str(s.ref),
        }
        topic = f"{each.channel}:{each.whom}"
        if each.state in codes:
            found.append(_finding(s, codes[each.state], topic, data))
        if each.content is not None and each.content.held:
            data = {**data, "facts": ", ".join(each.content.held)}
            found.append(_finding(s, "NOTICE_HELD", each.channel, data))
    return found


def _addressed(
    s: TicketSituation, facts: Facts, route: Route, notify: Notify
) -> tuple[list[Notice], list[Finding]]:
    """The notices to every recipient by every channel, without their words yet."""
    names, unresolved = recipients(notify, facts, s.telling.people)
    findings = []
    for name in unresolved:
        data = {"name": name, "route": route.id, "ref": str(s.ref)}
        findings.append(_finding(s, "NOBODY_TO_TELL", name, data))
    made = []
    for via in notify.via:
        channel = s.telling.channels.get(via)
        if channel is None:
            data = {"route": route.id, "connection": via}
            findings.append(_finding(s, "NO_CONNECTION", via, data))
            continue
        to = names if notify.to is not None else [""]
        for name in to:
            if name or not channel.addressed:
                id = notice_id(s.ref, route.id, via, name)
                made.append(Notice(id, route.id, via, name, whom(name)))
    return made, findings


def _said(
    s: TicketSituation, facts: Facts, notice: Notice, notify: Notify, *, taken: bool
) -> Notice:
    content = content_of(s, facts, notice, notify)
    repeat = notify.until_acknowledged and not taken
    return Notice(
        notice.id, notice.route, notice.channel, notice.recipient, notice.whom,
        until_acknowledged=repeat, resend=notify.resend, content=content,
    )  # fmt: skip


def _due_at(
    route: Route, launch: Launch | None, launching: LaunchStep, news_at: datetime
) -> datetime | None:
    """Until when the work item is waited for; None: it is there, or does not come by itself."""
    if route.launch is None:
        return None
    if launch is not None and launch.state is not LaunchState.INTENDED:
        return None
    if launching.verdict not in ("", WAITING) or (launch is None and not launching.verdict):
        return None
    return later(news_at, ITEM_GRACE)


# ------------------------------------------------------------------------------- what is news


def tested_by(condition: Condition | None) -> set[str]:
    """The ticket's facts that a condition looks at."""
    if condition is None:
        return set()
    parts = [*(condition.all or []), *(condition.any or [])]
    parts += [condition.not_] if condition.not_ is not None else []
    found = {name for each in parts for name in tested_by(each)}
    return found | ({condition.field} if condition.field is not None else set())


def timed_fields(mapping: Mapping) -> frozenset[str]:
    """The helpdesk's fields whose own time says whether something is news."""
    found = set()
    for route in mapping.routes:
        for each in route.notify:
            found |= {field_behind(mapping, name) for name in tested_by(each.when)}
    for promise in mapping.promises:
        # A promise's clock starts when its condition came to hold.
        rests = promise.pause_while if isinstance(promise.pause_while, Condition) else None
        tested = tested_by(promise.when) | tested_by(rests)
        tested |= {"severity"} if promise.kept_by == "triaged" else set()
        found |= {field_behind(mapping, name) for name in tested}
    return frozenset(found - {""})


def field_behind(mapping: Mapping, name: str) -> str:
    """The helpdesk's field behind a fact; empty for what has no time of its own."""
    if name.startswith(PROPERTY):
        return name.removeprefix(PROPERTY)
    if name == "severity" and mapping.ticket.severity is not None:
        return mapping.ticket.severity.property
    return mapping.ticket.category.property if name == "category" else ""


def _changed_at(s: TicketSituation, notify: Notify) -> datetime | None:
    """When the ticket became one that this is for, as far as its own facts tell."""
    fields = {field_behind(s.mapping, name) for name in tested_by(notify.when)} - {""}
    moments = [s.observation.at(each) for each in fields if s.observation.text(each)]
    created = read_instant(s.observation.text(CREATED_AT))
    return latest(created, categorised_at(s), *moments)


def _after_start(s: TicketSituation, notify: Notify) -> bool:
    changed = _changed_at(s, notify)
    return s.start_mark is not None and changed is not None and changed >= s.start_mark


def _news_at(
    s: TicketSituation,
    notify: Notify,
    launch: Launch | None,
    launching: LaunchStep,
    now: datetime,
) -> datetime | None:
    """When there was something to tell: the ticket became so, or its work item was launched."""
    planned = now if launch is None and launching.operations else None
    intended = None if launch is None else launch.intended_at
    return latest(_changed_at(s, notify), intended, planned)


def _is_news(s: TicketSituation, told: Told, news_at: datetime) -> bool:
    """Whether it was to be told by the mapping in force when it happened, and by each since."""
    since = s.telling.since
    if since is None or news_at >= since:
        return True
    for earlier in s.telling.earlier:
        if told not in _wanted_by(s, earlier.mapping):
            return False
        if earlier.since is None or news_at >= earlier.since:
            return True
    return False


def _wanted_by(s: TicketSituation, mapping: Mapping) -> set[Told]:
    """What another mapping tells of the ticket as it is."""
    facts = Facts(s.ref, s.observation, mapping, s.reference, s.company)
    route = choose_route(facts).route
    if route is None:
        return set()
    return {
        one.told
        for each in route.notify
        if each.when is None or match(each.when, facts)
        for one in _addressed(s, facts, route, each)[0]
    }


def _finding(s: TicketSituation, code: str, topic: str, data: dict[str, str]) -> Finding:
    return Finding(code, s.ref.connection, str(s.ref), topic[:200], data)

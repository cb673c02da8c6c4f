"""Hygiene: what has come apart between tickets and their work, rule by rule over what is stored.

Nothing is read and nothing is written. Each finding names what one press repairs, if anything does.
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.core.closing import told_since
from bridge.core.dates import is_open
from bridge.core.ends import last_days
from bridge.core.facts import PROPERTY, Facts
from bridge.core.instants import later, read_instant
from bridge.core.launch_place import people_of
from bridge.core.notices import whom
from bridge.core.plan import is_ticket_open
from bridge.core.recipients import recipients
from bridge.core.releases import arrivals, without_release
from bridge.core.rollout import zone_of
from bridge.core.routing import choose_route, match
from bridge.core.situation import LinkedItem, TicketSituation
from bridge.core.stages import GONE, is_broken, told_name
from bridge.domain.findings import Finding
from bridge.domain.links import LaunchState
from bridge.domain.mapping import FromSource, LaunchSpec, Route
from bridge.domain.mapping_hygiene import EscalatedBy, Hygiene
from bridge.domain.notices import NoticeState
from bridge.domain.records import ASSIGNEE, CREATED_AT, Observation
from bridge.domain.refs import Ref

NOT_LINKED = "HYGIENE_NOT_LINKED"
ITEM_DONE = "HYGIENE_ITEM_DONE"
TICKET_CLOSED = "HYGIENE_TICKET_CLOSED"
OWNERS_MISSING = "HYGIENE_OWNERS_MISSING"
UNACKNOWLEDGED = "HYGIENE_UNACKNOWLEDGED"
NO_SEVERITY = "HYGIENE_NO_SEVERITY"
TICKET_GONE = "HYGIENE_TICKET_GONE"
NOT_INHERITED = "HYGIENE_NOT_INHERITED"
END_PAST = "HYGIENE_END_PAST"
FINDINGS_OLD = "HYGIENE_FINDINGS_OLD"

CODES = (
    NOT_LINKED, UNACKNOWLEDGED, TICKET_GONE, ITEM_DONE, TICKET_CLOSED, OWNERS_MISSING,
    NOT_INHERITED, NO_SEVERITY, END_PAST, FINDINGS_OLD,
)  # fmt: skip
"""Every cause, in the order in which people look at them."""

TITLES: Table[str, str] = {
    NOT_LINKED: "Tickets that are engineering's and have no work item",
    UNACKNOWLEDGED: "Tickets of which nobody has said that they know",
    TICKET_GONE: "Links to tickets that are not in the helpdesk",
    ITEM_DONE: "Tickets that stay open though their work is done",
    TICKET_CLOSED: "Closed tickets that somebody works on still",
    OWNERS_MISSING: "Tasks of several owners that have fewer",
    NOT_INHERITED: "Work items that hang on an earlier ticket alone",
    NO_SEVERITY: "Tickets of which nobody has said how bad it is",
    END_PAST: "What was given for a time that is over",
    FINDINGS_OLD: "Findings that nobody has worked on for long",
}
"""What each cause is called where many of its findings stand together."""

SETTLED = timedelta(hours=1)
"""How old a ticket is before something is missing about it: until then it may be on its way."""
UNNAMED = "a technical task"
"""What an item is called that has no name for those outside engineering."""
OWNERS = 2
"""Owners that a task has whose route names several (H15)."""


@dataclass(frozen=True, slots=True)
class Repair:
    """What one press does about a finding."""

    id: str
    label: str


LAUNCH = Repair("launch", "Launch the work item")
UNLINK = Repair("unlink", "Take the ticket off the work item")
TELL = Repair("tell", "Tell them once more")
INHERIT = Repair("inherit", "Link it to this ticket")
DRAFT = Repair("draft", "Draft the message to the customer")
SEVERITY = Repair("severity", "Set the severity")
RETRY = Repair("retry", "Try all of them again")
ASSIGN = Repair("assign", "Put its people on the task")
CHECK = Repair("check", "Read it again at the vendor")

_REPAIRS: Table[str, Repair] = {
    TICKET_CLOSED: UNLINK,
    TICKET_GONE: UNLINK,
    UNACKNOWLEDGED: TELL,
    NOT_INHERITED: INHERIT,
    FINDINGS_OLD: RETRY,
    NO_SEVERITY: SEVERITY,
}


def repair_of(code: str, data: Table[str, str]) -> Repair:
    """What one press does: where people have to act, it looks whether they have."""
    if code == NOT_LINKED:
        return LAUNCH if data.get("route") else CHECK
    if code == ITEM_DONE:
        return CHECK if data.get("told") else DRAFT
    if code == OWNERS_MISSING:
        return ASSIGN if data.get("people") else CHECK
    return _REPAIRS.get(code, CHECK)


def hygiene_of(
    s: TicketSituation, spec: Hygiene, now: datetime, inherited: Sequence[Ref] = ()
) -> tuple[Finding, ...]:
    """What has come apart about one ticket.

    `inherited` are the items that still hang on an earlier ticket which this one goes on with.
    """
    if s.observation.presence in GONE:
        return tuple(_finding(s, TICKET_GONE, str(e.link.work_item), _of(e)) for e in s.items)
    facts = Facts(s.ref, s.observation, s.mapping, s.reference, s.company)
    over = _over(s, facts, spec, now)
    if not is_ticket_open(s):
        return (*_still_worked_on(s), *over)
    route = choose_route(facts).route
    found = [*_not_linked(s, facts, route, spec.escalated, now), *_done(s, spec, now)]
    found += [*_owners(s, facts), *_unheard(s, facts, route), *_severity(s, facts, route)]
    found += [_finding(s, NOT_INHERITED, str(e), {"item": str(e)}) for e in inherited]
    return (*found, *over)


def old_findings(
    helpdesk: str, groups: Sequence[tuple[str, int, datetime]], spec: Hygiene, now: datetime
) -> tuple[Finding, ...]:
    """What has been open too long: for each code how many there are, and since when."""
    found = []
    for code, count, since in groups:
        if code in CODES or now < later(since, spec.findings_after):
            continue
        data = {"code_meant": code, "count": str(count), "days": str((now - since).days)}
        found.append(Finding(FINDINGS_OLD, helpdesk, None, code, data))
    return tuple(found)


def _not_linked(
    s: TicketSituation,
    facts: Facts,
    route: Route | None,
    by: EscalatedBy | None,
    now: datetime,
) -> list[Finding]:
    """Said to be engineering's, by its route or by a field, and nothing is linked."""
    under_way = any(each.state is LaunchState.INTENDED for each in s.launches)
    if s.items or under_way or not _settled(s, now):
        return []
    launches = route is not None and route.launch is not None
    by_route = launches and _after_start(s)
    if not by_route and not _escalated(facts, by):
        return []
    data = {"route": route.id if route is not None and launches else ""}
    return [_finding(s, NOT_LINKED, "", data)]


def _escalated(facts: Facts, by: EscalatedBy | None) -> bool:
    if by is None:
        return False
    said = facts.read(f"{PROPERTY}{by.property}")
    words = {each.casefold() for each in (*said.values, *said.labels)}
    return bool(words & {e.casefold() for e in by.in_}) if by.in_ else said.present


def _done(s: TicketSituation, spec: Hygiene, now: datetime) -> list[Finding]:
    """All its work is done and with the customer, and nobody told them and closed it (H5)."""
    seen = [each.observation for each in s.items if each.observation is not None]
    if not s.items or len(seen) < len(s.items) or any(_is_worked_on(each) for each in s.items):
        return []
    if without_release(s, now):
        return []
    came = [at for _, at in arrivals(s, now)]
    since = max(at or each.seen_at for each, at in zip(seen, came, strict=True))
    if now < later(since, spec.done_after):
        return []
    items = ", ".join(name for each in s.items if (name := told_name(each)))
    data = {"items": items, "days": str((now - since).days)}
    if told_since(s, since):
        data["told"] = "was told"
    return [_finding(s, ITEM_DONE, "", data)]


def _still_worked_on(s: TicketSituation) -> list[Finding]:
    """The ticket is closed, and somebody works on for it."""
    open_ = [each for each in s.items if each.observation is not None and _is_worked_on(each)]
    return [_finding(s, TICKET_CLOSED, str(e.link.work_item), _of(e)) for e in open_]


def _is_worked_on(item: LinkedItem) -> bool:
    seen = item.observation
    return seen is not None and not is_broken(item) and is_open(item.tracker, seen)


def _owners(s: TicketSituation, facts: Facts) -> list[Finding]:
    """A task that several people own by its route, and fewer do (H15, H20)."""
    found = []
    for each in s.items:
        launch, seen = owned_by_rule(s, each), each.observation
        if launch is None or seen is None or not (seen.whole or seen.knows(ASSIGNEE)):
            continue
        if not _is_worked_on(each) or owners_of(seen) >= OWNERS:
            continue
        people, nobody = people_of(launch, facts, s.telling.people)
        data = {
            "count": str(owners_of(seen)),
            "roles": ", ".join(launch.assignees),
            "people" if each.tracker.assigns else "by_hand": ", ".join(people),
            "nobody": ", ".join(nobody),
            "tracker": each.tracker.name,
        }
        said = {**_of(each), **{name: value for name, value in data.items() if value}}
        found.append(_finding(s, OWNERS_MISSING, str(each.link.work_item), said))
    return found


def owned_by_rule(s: TicketSituation, item: LinkedItem) -> LaunchSpec | None:
    """What its route says of the item, if that names several who own it."""
    route = s.mapping.route(item.link.route or "")
    launch = None if route is None else route.launch
    return launch if launch is not None and len(launch.assignees) >= OWNERS else None


def owners_of(seen: Observation) -> int:
    """How many people are on the item."""
    return len([name for name in seen.text(ASSIGNEE).split(", ") if name.strip()])


def _unheard(s: TicketSituation, facts: Facts, route: Route | None) -> list[Finding]:
    """Somebody must know of it by the route, and nobody has heard that they do (H12)."""
    taken = any(e.observation is not None and e.observation.text(ASSIGNEE) for e in s.items)
    if route is None or taken or not _after_start(s):
        return []
    missing: dict[str, None] = {}
    for each in route.notify:
        if not each.until_acknowledged or (each.when is not None and not match(each.when, facts)):
            continue
        people = recipients(each, facts, s.telling.people)[0] if each.to is not None else [""]
        for name in people:
            if not _goes_on(s, route.id, whom(name)):
                missing.setdefault(name or ", ".join(each.via))
    if not missing:
        return []
    return [_finding(s, UNACKNOWLEDGED, "", {"people": ", ".join(missing), "route": route.id})]


def _goes_on(s: TicketSituation, route: str, who: str) -> bool:
    """Whether that person has acknowledged, or is being told still."""
    fine = (NoticeState.ACKNOWLEDGED, NoticeState.OVER, NoticeState.DUE)
    return any(
        each.route == route and each.whom == who and each.state in fine for each in s.notices
    )


def _over(s: TicketSituation, facts: Facts, spec: Hygiene, now: datetime) -> list[Finding]:
    """Something was given for a time, and the ticket does not say that it was taken back (C11)."""
    today, found = now.astimezone(zone_of(spec.time_zone)).date(), []
    for each, day in last_days(facts, spec):
        if day < today:
            data = {"what": each.label or each.property, "day": day.isoformat()}
            data |= {"days": str((today - day).days), "field": each.property}
            found.append(_finding(s, END_PAST, each.property, data))
    return found


def _severity(s: TicketSituation, facts: Facts, route: Route | None) -> list[Finding]:
    """How bad it is decides something at engineering, and nobody has said it."""
    launch = None if route is None else route.launch
    source = s.mapping.ticket.severity
    if launch is None or source is None or source.default is not None or not s.items:
        return []
    sources = [each for each in launch.fields.values() if isinstance(each, FromSource)]
    if not any("severity" in each.names for each in sources):
        return []
    said = facts.read("severity")
    if said.present or said.unmapped:
        return []
    return [_finding(s, NO_SEVERITY, "", {"field": source.property})]


def _settled(s: TicketSituation, now: datetime) -> bool:
    created = read_instant(s.observation.text(CREATED_AT))
    return created is None or now >= later(created, SETTLED)


def _after_start(s: TicketSituation) -> bool:
    """Whether the hub does anything for the ticket by itself: older ones are left in peace."""
    category = s.observation.at(s.mapping.ticket.category.property)
    created = read_instant(s.observation.text(CREATED_AT))
    moments = [each for each in (created, category) if each is not None]
    return s.start_mark is not None and any(each >= s.start_mark for each in moments)


def _of(item: LinkedItem) -> dict[str, str]:
    """Which item it is: by its ref in the topic, and by what it may be called in words."""
    return {"item": told_name(item) or UNNAMED}


def _finding(s: TicketSituation, code: str, topic: str, data: dict[str, str]) -> Finding:
    return Finding(code, s.ref.connection, str(s.ref), topic[:200], {"ref": str(s.ref), **data})

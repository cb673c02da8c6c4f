"""One ticket, what people do to it, and a hub that looks at its promises now and then."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bridge.core.plan import plan_ticket
from bridge.core.situation import Plan, Telling, TicketSituation
from bridge.domain.drafts import Said
from bridge.domain.mapping import Mapping
from bridge.domain.notices import Channel, Notice, NoticeState
from bridge.domain.promises import PromiseState, Standing, Timeline, Word
from bridge.domain.records import (
    COMMENTS,
    CREATED_AT,
    STATUS,
    Comment,
    Fact,
    Observation,
    Reference,
    Source,
    StatusInfo,
)
from bridge.domain.texts import Audience
from tests.unit.core.examples import COMPANY, TICKET, mapping, ticket_facts

RUNNING, PAUSED, AT_RISK = PromiseState.RUNNING, PromiseState.PAUSED, PromiseState.AT_RISK
KEPT, BREACHED = PromiseState.KEPT, PromiseState.BREACHED
ON_CALL, BOSS, LEAD = "on.call@acme.com", "boss@acme.com", "lead@acme.com"
PEOPLE = {"on_call": (ON_CALL,), "bosses": (BOSS,), "leads": (LEAD,)}
CHANNELS = {"mail": Channel(Audience.SUPPORT, addressed=True)}
TELLING = Telling(PEOPLE, CHANNELS, "https://bridge.test")
SUPPORT = {
    "zone": "America/Chicago",
    "hours": {"mon-fri": "07:00-19:00", "sat-sun": "09:00-17:00"},
    "holidays": {"country": "US"},
}
WEEKDAYS = {**SUPPORT, "hours": {"mon-fri": "09:00-17:00"}}
HIGH = {"field": "severity", "is": "high"}
TRIAGE = {
    "id": "triage",
    "label": "Triage",
    "when": HIGH,
    "within": "15m",
    "kept_by": "triaged",
    "warn_after": "5m",
    "tell": [
        {"to": "on_call", "via": "mail", "until_acknowledged": True},
        {"to": "bosses", "via": "mail", "after": "10m"},
    ],
}
STATUS_ETA = {
    "id": "status",
    "label": "First status",
    "when": HIGH,
    "within": "1h",
    "kept_by": "told_customer",
    "must_say": "eta",
    "warn_after": "40m",
    "tell": {"to": "on_call", "via": "mail"},
}
DAILY = {
    "id": "daily",
    "label": "Daily update",
    "every": "1bd",
    "calendar": "support",
    "kept_by": "told_customer",
    "pause_while": "waiting_on_customer",
    "warn_before": "2bh",
    "tell": {"to": "leads", "via": "mail"},
}
REFERENCE = Reference(
    statuses={
        "open": StatusInfo("open", "Open"),
        "pending": StatusInfo("pending", "Pending", waiting=True),
        "solved": StatusInfo("solved", "Solved", closed=True),
    }
)


def local(text: str, zone: str = "America/Chicago") -> datetime:
    """A reading of the clock on the wall."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@dataclass
class Desk:
    """One ticket, what people do to it, and a hub that looks when it is told to."""

    created: datetime
    mapping: Mapping
    facts: dict[str, Fact] = field(default_factory=dict)
    comments: list[Comment] = field(default_factory=list)
    said: tuple[Said, ...] = ()
    timeline: Timeline | None = None
    notices: list[Notice] = field(default_factory=list)
    told: list[tuple[datetime, str, str]] = field(default_factory=list)
    items: tuple[Any, ...] = ()
    start_mark: datetime | None = None
    telling: Telling = TELLING
    read_at: datetime | None = None

    @property
    def words(self) -> tuple[Word, ...]:
        """What the hub remembers of what the customer was told."""
        return () if self.timeline is None else self.timeline.words

    def set(self, at: datetime, **facts: Any) -> None:
        """Somebody fills in fields."""
        self.facts |= {name: Fact(value, at) for name, value in facts.items()}

    def status(self, at: datetime, status: str) -> None:
        """Somebody changes the status."""
        self.facts[STATUS] = Fact(status, at)

    def says(self, at: datetime, text: str, **more: Any) -> None:
        """Somebody writes on the ticket."""
        id = f"c{len(self.comments)}"
        made = Comment(
            id, f"<p>{text}</p>", "7", "Ana", at.isoformat(), **{"internal": False, **more}
        )
        self.comments.append(made)

    def situation(self, now: datetime) -> TicketSituation:
        """What a pass has before it."""
        base = {
            name: Fact(value, self.created)
            for name, value in ticket_facts(hs_ticket_priority=None).items()
        }
        base |= {CREATED_AT: Fact(self.created.isoformat(), self.created)}
        base |= {STATUS: Fact("open", self.created)} | self.facts
        base[COMMENTS] = Fact([each.as_value() for each in self.comments], now)
        seen = Observation(TICKET, base, self.read_at or now, Source.READ, whole=True)
        return TicketSituation(
            ref=TICKET,
            observation=seen,
            reference=REFERENCE,
            mapping=self.mapping,
            company=COMPANY,
            items=self.items,
            notices=tuple(self.notices),
            telling=self.telling,
            start_mark=self.start_mark or self.created - timedelta(days=1),
            said=self.said,
            timeline=self.timeline,
            assignee_field="owner",
        )

    def look(self, now: datetime) -> Plan:
        """One pass; what it has to tell is sent at once."""
        plan = plan_ticket(self.situation(now), now)
        self.timeline = plan.timeline
        self.told += [(now, each.route.split(":")[2], each.recipient) for each in plan.notices.new]
        self.told += [
            (now, f"{each.route.split(':')[2]} again", each.recipient)
            for each in plan.notices.again
        ]
        dropped, again = set(plan.notices.drop), {each.id for each in plan.notices.again}
        sent = [
            replace(e, state=NoticeState.DUE if e.until_acknowledged else NoticeState.SENT, sends=1)
            for e in plan.notices.new
        ]
        now_due = dict.fromkeys(again, NoticeState.DUE) | dict.fromkeys(dropped, NoticeState.OVER)
        self.notices = [
            replace(each, state=now_due.get(each.id, each.state)) for each in self.notices
        ] + sent
        return plan

    def follow(self, start: datetime, end: datetime) -> Plan:
        """Looks whenever the plan asks to be woken, as the queue does; at most a hundred times."""
        plan = self.look(start)
        for _ in range(100):
            if plan.wake_at is None or plan.wake_at > end:
                return self.look(end)
            plan = self.look(plan.wake_at)
        raise AssertionError("woken without end")


def desk(created: datetime, *promises: dict[str, Any], **more: Any) -> Desk:
    calendars = more.pop("calendars", {"support": SUPPORT, "weekdays": WEEKDAYS})
    made = mapping(promises=list(promises), calendars=calendars)
    return Desk(created, made, **more)


def one(plan: Plan, id: str) -> Standing:
    """The promise as the plan has it."""
    return next(each for each in plan.promises if each.promise == id)

"""What a plan is made from, and what it is: the whole interface between shell and core."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass
from dataclasses import field as with_default
from datetime import date, datetime, timedelta

from bridge.core.detector import NOTHING_KNOWN, KnownSentry
from bridge.domain.closures import Closure
from bridge.domain.drafts import Draft, Reached, Rewording, Said
from bridge.domain.escalations import EscalationRequest
from bridge.domain.findings import Finding
from bridge.domain.guidance import Guided
from bridge.domain.held import HeldText
from bridge.domain.links import Fingerprint, Launch, LedgerEntry, Link
from bridge.domain.mapping import Mapping
from bridge.domain.notices import Channel, Notice, People
from bridge.domain.operations import Operation
from bridge.domain.phases import KnownPhase, PhaseWanted
from bridge.domain.promises import Standing, Timeline
from bridge.domain.records import Company, Contact, EtaSource, Observation, Reference
from bridge.domain.refs import Ref, TicketRef, WorkItemRef
from bridge.domain.releases import InRelease, ReleasesAround
from bridge.domain.restores import Restored
from bridge.domain.weights import Weight


@dataclass(frozen=True, slots=True)
class TrackerView:
    """A tracker connection as planning sees it."""

    name: str
    reference: Reference
    eta: tuple[EtaSource, ...] = ()
    probe_grace: timedelta = timedelta(0)
    max_attachment_bytes: int | None = None
    max_links: int | None = None
    relates: bool = False
    assigns: bool = False
    status_field: str | None = None
    phases: Table[str, KnownPhase] = with_default(default_factory=dict)
    """What is known of phases that launches need, by `phase_key`."""


@dataclass(frozen=True, slots=True)
class LinkedItem:
    """A work item that hangs on the ticket, with its last observation (None: never seen yet)."""

    link: Link
    observation: Observation | None
    tracker: TrackerView
    has_origin: bool = False
    """The item was ever launched for a signal: all its texts wait for a person."""
    proven: frozenset[str] = frozenset()
    """Its comments that are copies of notes made at a signal: nobody can let them go."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A version of the mapping that was in force before, and since when (None: not known)."""

    mapping: Mapping
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """What planning needs to know of telling people."""

    people: People = with_default(default_factory=dict)
    channels: Table[str, Channel] = with_default(default_factory=dict)
    base: str = ""
    """Where people reach the hub."""
    since: datetime | None = None
    """Since when the mapping has been in force; None: since always."""
    earlier: tuple[Earlier, ...] = ()
    """The versions before it, newest first."""


@dataclass(frozen=True, slots=True)
class NoticePlan:
    """What is done about telling people. `coming` wait for their work item."""

    new: tuple[Notice, ...] = ()
    coming: tuple[tuple[str, str, str], ...] = ()
    stop: tuple[str, ...] = ()
    """Notices that are not repeated any more; one that was never sent is sent once."""
    drop: tuple[str, ...] = ()
    """Notices that nobody need get any more."""
    again: tuple[Notice, ...] = ()
    """Notices that were dropped, and are wanted after all: nobody has acknowledged them."""


@dataclass(frozen=True, slots=True)
class DraftPlan:
    """What is done about messages to the customer."""

    new: tuple[Draft, ...] = ()
    reopened: tuple[str, ...] = ()
    """Drafts that were superseded, and are wanted again."""
    reworded: tuple[Rewording, ...] = ()
    """Open drafts that say something else now."""
    over: tuple[tuple[str, str], ...] = ()
    """Drafts that nobody need be told any more, each with why. They are not sent either."""
    back: tuple[tuple[str, str], ...] = ()
    """Approved drafts that would reach somebody else now, each with why: a person looks again."""

    def __bool__(self) -> bool:
        return bool(self.new or self.reopened or self.reworded or self.over or self.back)


@dataclass(frozen=True, slots=True)
class Voice:
    """How the ticket's helpdesk lets the hub speak to customers."""

    follows_up: bool = False
    """A closed ticket takes nothing any more: another one continues it."""
    grace: timedelta = timedelta(0)
    """How long a message that was said may not be seen."""
    mails: bool = False
    """Its tickets may have no conversation, and show what went out by mail."""
    answers_last: bool = False
    """Of the people on a ticket only whoever wrote last receives it."""


@dataclass(frozen=True, slots=True)
class TicketSituation:
    """All that `plan_ticket` looks at."""

    ref: TicketRef
    observation: Observation
    reference: Reference
    mapping: Mapping
    company: Company | None = None
    """The customer, if the ticket names one and it could be read."""
    contacts: Table[str, Contact] = with_default(default_factory=dict)
    """The people on it by their ids, as far as the mapping asks for their properties."""
    items: tuple[LinkedItem, ...] = ()
    """Links in state active or broken, oldest first."""
    launches: tuple[Launch, ...] = ()
    fingerprints: Table[str, Fingerprint] = with_default(default_factory=dict)
    ledger: Table[str, LedgerEntry] = with_default(default_factory=dict)
    trackers: Table[str, TrackerView] = with_default(default_factory=dict)
    start_mark: datetime | None = None
    """Tickets neither created nor categorised after it launch nothing (design rule 12)."""
    launches_last_hour: int = 0
    launch_limit: int = 200
    launch_by_hand: frozenset[str] = frozenset()
    """Routes that a person asked to launch now: the start mark does not hold for them."""
    restored: Restored | None = None
    """The store is an older state put back: launches may have been forgotten."""
    notices: tuple[Notice, ...] = ()
    """Whoever was told of the ticket, or is about to be."""
    telling: Telling = Telling()
    guide: tuple[Guided, ...] = ()
    """Where the ticket names something of error tracking, and what came of it."""
    sentry: KnownSentry = NOTHING_KNOWN
    """By which such a thing is known: the gate holds it, no launched item gets it from a field."""
    held: Table[str, HeldText] = with_default(default_factory=dict)
    """Texts of its items that were ever held for a person, by source, with what was decided."""
    drafts: tuple[Draft, ...] = ()
    """Messages to its customer, the ended ones too, oldest first."""
    said: tuple[Said, ...] = ()
    """What the hub said to its customer."""
    timeline: Timeline | None = None
    """What its promises are reckoned from, as far as it was seen before."""
    assignee_field: str = ""
    """The helpdesk's field for who is responsible for a ticket; empty: it says so nowhere."""
    status_field: str = ""
    """The field whose time is that of the status, where there is one beside the status itself."""
    voice: Voice | None = None
    """None: the hub can say nothing in this helpdesk."""
    reached: Reached | None = None
    """The stage that it showed last; None: it never showed one."""
    releases: ReleasesAround = with_default(default_factory=ReleasesAround)
    """What is kept of its items' releases; empty for a mapping without `releases`."""
    expected: tuple[tuple[datetime, date], ...] = ()
    """The dates that were known, each with since when, oldest first; as far as they matter."""
    closure: Closure | None = None
    """What is remembered of its end."""
    escalations: tuple[EscalationRequest, ...] = ()
    """Whoever asked to escalate it, oldest first."""


@dataclass(frozen=True, slots=True)
class LinkedTicket:
    """A ticket that hangs on the work item, with its last observation and its mapping."""

    link: Link
    observation: Observation | None
    mapping: Mapping | None
    company: Company | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class RelatedItem:
    """Another work item that this one is related to. `writes`: it is this one that says so."""

    ref: WorkItemRef
    url: str
    writes: bool


@dataclass(frozen=True, slots=True)
class ItemSituation:
    """All that `plan_item` looks at."""

    ref: WorkItemRef
    observation: Observation
    tracker: TrackerView
    tickets: tuple[LinkedTicket, ...] = ()
    fingerprints: Table[str, Fingerprint] = with_default(default_factory=dict)
    ledger: Table[str, LedgerEntry] = with_default(default_factory=dict)
    markers: Table[str, str] = with_default(default_factory=dict)
    """Ticket ref → the marker its hyperlink carries (a launch's, or the link's own)."""
    restored: Restored | None = None
    """The store is an older state put back: copies may have been forgotten."""
    related: tuple[RelatedItem, ...] = ()
    kept_links: frozenset[str] = frozenset()
    """Comments of hyperlinks of ours that lead to no ticket and stay: back to a signal."""
    sentry: KnownSentry = with_default(default_factory=KnownSentry)
    """By which a reference to error tracking is known: none is mirrored from a ticket."""
    closures: Table[str, Closure] = with_default(default_factory=dict)
    """What is remembered of the end of its tickets, by ticket ref."""
    weight: Weight | None = None
    """Who waits for the item; None where no mapping shows it there."""


@dataclass(frozen=True, slots=True)
class FieldVerdict:
    """What was decided for one field, and why: a row of `explain`.

    `field` is the vendor's field, `purpose` what it is for (`stage`, `eta`, `keys`, `pair:<i>`),
    `verdict` a reason code of `core.reasons`, `data` fills its sentences, `inputs` are the facts
    used with their times.
    """

    field: str
    purpose: str
    desired: str | None
    observed: str | None
    verdict: str
    data: Table[str, str] = with_default(default_factory=dict)
    rule: str = ""
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Slip:
    """A date that was told and does not hold: somebody has to say so. `now`: what is known now."""

    told: date
    now: date | None


@dataclass(frozen=True, slots=True)
class ToldLater:
    """Of a promise that presses people are told `at`: with that the calendar `hours` opens.

    `hours` is empty where no calendar holds it back.
    """

    promise: str
    at: datetime
    hours: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What one pass decided. Applying it and planning again gives no operation."""

    operations: tuple[Operation, ...] = ()
    findings: tuple[Finding, ...] = ()
    verdicts: tuple[FieldVerdict, ...] = ()
    verdict: str = "IN_SYNC"
    """The first blocking reason code for the record as a whole."""
    verdict_data: Table[str, str] = with_default(default_factory=dict)
    look_first: tuple[Ref, ...] = ()
    """Neighbours that were never seen: they are marked, and this record waits for them."""
    fingerprints: tuple[Fingerprint, ...] = ()
    """Pairs that change without a write: adopted, completed, frozen."""
    ledger: tuple[LedgerEntry, ...] = ()
    """Entries whose copy was found at the target: kept without sending again."""
    look_up: tuple[PhaseWanted, ...] = ()
    """Phases that must be looked for: they have rows of their own, and this record waits."""
    outdated: tuple[str, ...] = ()
    """Trackers whose reference data may be too old for what the plan needs."""
    read_self: bool = False
    """The record must be read before the plan can go on (an unclear copy, a half pair)."""
    wake_at: datetime | None = None
    """When to look again though nothing changes (probe, settle, thaw)."""
    stage: str | None = None
    """The stage id that the ticket shall show; None where nothing is linked or a stage holds."""
    eta: date | None = None
    route: str | None = None
    keys: str = ""
    notices: NoticePlan = NoticePlan()
    timeline: Timeline | None = None
    """What its promises are reckoned from; None where the mapping makes none."""
    promises: tuple[Standing, ...] = ()
    """How each of them stands."""
    told_later: tuple[ToldLater, ...] = ()
    """Of which of them somebody hears only when their hours begin."""
    drafts: DraftPlan = DraftPlan()
    reached: Reached | None = None
    """The stage that it now shows, or showed last, and since when; None: as it was before."""
    closure: Closure | None = None
    """What is to be remembered of the ticket's end; None: nothing new."""
    escalations: tuple[EscalationRequest, ...] = ()
    """Escalations that are asked for at the ticket itself, and not kept yet."""
    held: tuple[HeldText, ...] | None = None
    """The texts that wait for a person; None where this pass did not look at any."""
    unsaid: tuple[tuple[str, str], ...] = ()
    """Approved drafts that can not be said, each with why."""
    told: date | None = None
    """The date as last told to the customer."""
    slip: Slip | None = None
    in_release: InRelease | None = None

"""Escalation: what must be known of a ticket first, who asks, who is told, what waits for whom.

A request is a person's; deciding it is a person's. What a pass works out is what is missing, whom
to tell until somebody decides, and whether the ticket itself asks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bridge.core.escalation_notices import notices_of
from bridge.core.facts import PROPERTY, Facts, Reading
from bridge.core.routing import equals
from bridge.core.situation import NoticePlan, TicketSituation
from bridge.core.values import sha256
from bridge.domain.escalations import EscalationRequest, EscalationState
from bridge.domain.findings import Finding
from bridge.domain.mapping import Mapping
from bridge.domain.mapping_escalation import Escalation, IntakeFact

AT_THE_TICKET = "the ticket itself"
"""Who asked where a field of the ticket did."""
BY_FIELD = "ef-"
"""How the ids of such requests begin."""
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the intake checklist. `said` is what the ticket says on it."""

    id: str
    label: str
    given: bool
    said: str = ""
    always: bool = False
    """Nobody can let it pass: severity and impact, where the mapping requires them."""
    ask: str = ""
    """How the customer is asked for it; empty where the mapping has no words for that."""


@dataclass(frozen=True, slots=True)
class Intake:
    """How much of what must be known before a ticket is escalated is known."""

    points: tuple[Point, ...] = ()
    version: str = ""
    """The version that is not supported; empty where it is, or is not known."""

    @property
    def missing(self) -> tuple[str, ...]:
        """What is not known, in the words of the checklist."""
        return tuple(each.label for each in self.points if not each.given)

    @property
    def questions(self) -> tuple[str, ...]:
        """What the customer is to be asked, in the mapping's words."""
        return tuple(each.ask for each in self.points if each.ask and not each.given)

    @property
    def blocking(self) -> tuple[str, ...]:
        """What keeps a request from being accepted, whoever wants it."""
        return tuple(each.label for each in self.points if each.always and not each.given)


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """What was decided about the escalation of a ticket."""

    new: tuple[EscalationRequest, ...] = ()
    notices: NoticePlan = field(default_factory=NoticePlan)
    findings: tuple[Finding, ...] = ()


def spec_of(mapping: Mapping) -> Escalation:
    """What the mapping says of escalation; without a word of it nothing is required."""
    return mapping.escalation or Escalation()


def intake_of(facts: Facts) -> Intake:
    """The checklist of the mapping, held against the ticket."""
    spec = spec_of(facts.mapping)
    points = [_point(facts, name, each) for name, each in spec.requires.items()]
    if spec.severity:
        read = facts.read("severity")
        points.append(
            Point("severity", "Severity", read.present, ", ".join(read.labels), always=True)
        )
    if spec.impact is not None:
        points.append(_point(facts, "impact", spec.impact, always=True))
    return Intake(tuple(points), _unsupported(facts, spec))


def may_be_escalated(facts: Facts) -> bool:
    """Whether it is a ticket that may be escalated at all."""
    test = spec_of(facts.mapping).open_to
    return test is None or equals(facts.read(PROPERTY + test.property), test.is_)


def plan_escalations(s: TicketSituation, facts: Facts, now: datetime) -> EscalationStep:
    """What is asked for at the ticket, whom to tell, and what waits for a decision."""
    new = _by_field(s, facts, now)
    waiting = [each for each in s.escalations if each.state is EscalationState.OPEN]
    told = notices_of(s, facts, [*waiting, *new])
    if not waiting and not new:
        return EscalationStep(notices=told.plan)
    intake = intake_of(facts)
    findings = [_asked(s, each) for each in (*waiting, *new)]
    if intake.missing:
        missing = {"missing": ", ".join(intake.missing), "ref": str(s.ref)}
        findings.append(_finding(s, "ESCALATION_INCOMPLETE", "", missing))
    versions = spec_of(s.mapping).versions
    if intake.version and versions is not None:
        data = {"version": intake.version, "supported": ", ".join(versions.major)}
        data |= {"field": versions.property, "ref": str(s.ref)}
        findings.append(_finding(s, "VERSION_UNSUPPORTED", versions.property, data))
    return EscalationStep(new, told.plan, (*findings, *told.findings))


def owner_of_escalation(requests: tuple[EscalationRequest, ...]) -> str:
    """Who carries the ticket: by the newest request that was accepted; empty if by none."""
    accepted = [each for each in requests if each.state is EscalationState.ACCEPTED]
    return accepted[-1].owner if accepted else ""


def _point(facts: Facts, name: str, fact: IntakeFact, *, always: bool = False) -> Point:
    read = facts.read(PROPERTY + fact.property)
    given = read.present if fact.is_ is None else equals(read, fact.is_)
    label = fact.label or name.replace("_", " ").replace("-", " ").capitalize()
    return Point(name, label, given, ", ".join(read.labels)[:200], always, fact.ask)


def _unsupported(facts: Facts, spec: Escalation) -> str:
    if spec.versions is None:
        return ""
    version = (facts.read(PROPERTY + spec.versions.property).word or "").strip()
    major = version.casefold().removeprefix("v").partition(".")[0].strip()
    known = {each.casefold().removeprefix("v").strip() for each in spec.versions.major}
    return version if version and major not in known else ""


def _by_field(s: TicketSituation, facts: Facts, now: datetime) -> tuple[EscalationRequest, ...]:
    """The request that the ticket's own field makes: one each time that the field is set."""
    test = spec_of(s.mapping).requested_by_field
    if test is None or not may_be_escalated(facts):
        return ()
    read = facts.read(PROPERTY + test.property)
    if not equals(read, test.is_) or _is_old(s, read):
        return ()
    asked = [each for each in s.escalations if each.id.startswith(BY_FIELD)]
    decided = [each.decided_at for each in asked if each.decided_at is not None]
    if len(decided) < len(asked) or any(read.at is None or read.at <= each for each in decided):
        return ()
    id = f"{BY_FIELD}{sha256(f'{s.ref}|{test.property}|{len(asked)}')[:24]}"

    def text(name: str | None) -> str:
        return "" if name is None else " ".join(facts.read(PROPERTY + name).labels)[:LONGEST]

    request = EscalationRequest(
        id=id,
        ticket=str(s.ref),
        state=EscalationState.OPEN,
        reason=text(test.reason),
        contact=text(test.contact),
        asked_by=AT_THE_TICKET,
        asked_at=now,
        missing=intake_of(facts).missing,
    )
    return (request,)


def _is_old(s: TicketSituation, read: Reading) -> bool:
    """Whether it was set before the hub began with the helpdesk: nobody waits for that now."""
    return s.start_mark is None or read.at is None or read.at < s.start_mark


def _asked(s: TicketSituation, request: EscalationRequest) -> Finding:
    data = {
        "asked_by": request.asked_by,
        "since": request.asked_at.isoformat(),
        "request": request.id,
        "ref": str(s.ref),
    }
    return _finding(s, "ESCALATION_ASKED", request.id, data)


def _finding(s: TicketSituation, code: str, topic: str, data: dict[str, str]) -> Finding:
    return Finding(code, s.ref.connection, str(s.ref), topic, data)

"""Those who decide on an escalation are told of it until they say so, or it is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bridge.core.facts import Facts
from bridge.core.guard import Held, release_fact, release_wording
from bridge.core.notices import notice_id, whom
from bridge.core.recipients import addresses_of
from bridge.core.situation import NoticePlan, TicketSituation
from bridge.domain.escalations import EscalationRequest
from bridge.domain.findings import Finding
from bridge.domain.mapping_escalation import Escalation
from bridge.domain.notices import Content, Notice, NoticeState
from bridge.domain.records import KEY
from bridge.domain.texts import Audience, Releasable

ROUTE = "@escalation"
"""How the route of such notices begins: a word that no mapping can use."""
RULE = "allow-list of escalation notices"
_TITLE = "An escalation waits for your decision"
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Told:
    """Whom to tell, and who could not be found."""

    plan: NoticePlan = field(default_factory=NoticePlan)
    findings: tuple[Finding, ...] = ()


def notices_of(s: TicketSituation, facts: Facts, waiting: Sequence[EscalationRequest]) -> Told:
    """A notice for each who decides on each request; those about decided ones are over.

    What was dropped while a request rested, as while its ticket was closed, is taken up again.
    """
    wanted = {f"{ROUTE}/{each.id}" for each in waiting}
    due = [each for each in s.notices if each.route.startswith(ROUTE)]
    over = tuple(e.id for e in due if e.state is NoticeState.DUE and e.route not in wanted)
    spec = s.mapping.escalation
    if spec is None or not waiting or not spec.via:
        return Told(NoticePlan(drop=over))
    held = {each.told: each for each in s.notices}
    new: dict[tuple[str, str, str], Notice] = {}
    again: dict[str, Notice] = {}
    findings: list[Finding] = []
    for channel, name in _addressed(s, facts, spec, findings):
        for request in waiting:
            made = _notice(s, facts, request, channel, name, spec)
            before = held.get(made.told)
            if before is None:
                new.setdefault(made.told, made)
            elif before.state is NoticeState.OVER:
                again[before.id] = replace(made, id=before.id)
    plan = NoticePlan(tuple(new.values()), drop=over, again=tuple(again.values()))
    return Told(plan, tuple(findings))


def _addressed(
    s: TicketSituation, facts: Facts, spec: Escalation, findings: list[Finding]
) -> list[tuple[str, str]]:
    """Channel and recipient; a channel that writes to persons needs somebody's name."""
    people: dict[str, str] = {}
    for name in spec.deciders:
        found = addresses_of(name, facts, s.telling.people)
        if not found:
            data = {"name": name, "route": ROUTE, "ref": str(s.ref)}
            findings.append(Finding("NOBODY_TO_TELL", s.ref.connection, str(s.ref), name, data))
        for each in found:
            people.setdefault(each.casefold(), each)
    pairs = []
    for via in spec.via:
        channel = s.telling.channels.get(via)
        if channel is None:
            data = {"route": ROUTE, "connection": via}
            findings.append(Finding("NO_CONNECTION", s.ref.connection, str(s.ref), via, data))
            continue
        to = list(people.values()) if spec.deciders else [""]
        pairs += [(via, each) for each in to if each or not channel.addressed]
    return pairs


def _notice(
    s: TicketSituation,
    facts: Facts,
    request: EscalationRequest,
    channel: str,
    name: str,
    spec: Escalation,
) -> Notice:
    route = f"{ROUTE}/{request.id}"
    return Notice(
        notice_id(s.ref, route, channel, name), route, channel, name, whom(name),
        until_acknowledged=True, resend=spec.resend,
        content=_content(s, facts, request, channel),
    )  # fmt: skip


def _content(s: TicketSituation, facts: Facts, request: EscalationRequest, channel: str) -> Content:
    to = s.telling.channels[channel].audience
    said = {
        "Ticket": s.observation.text(KEY) or str(s.ref),
        "Subject": ", ".join(facts.read("subject").labels),
        "Customer": ", ".join(facts.read("customer").labels),
        "Plan": ", ".join(facts.read("plan").labels),
        "Severity": ", ".join(facts.read("severity").words),
        "Asked by": request.asked_by,
        "Why": request.reason,
        "Not known yet": ", ".join(request.missing),
    }
    released: list[tuple[str, Releasable]] = []
    held = []
    for label, value in said.items():
        line = " ".join("".join(each if each.isprintable() else " " for each in value).split())
        gate = release_fact(line[:_LONGEST], Audience.SUPPORT, to, RULE, s.sentry)
        if isinstance(gate, Held):
            held.append(label)
        elif gate.value:
            released.append((label, gate))
    page = f"{s.telling.base}/tickets/{s.ref.connection}/{s.ref.id}/escalate"
    return Content(
        title=release_wording(_TITLE, RULE),
        facts=tuple(released),
        links=(("Decide in Ticketbridge", release_wording(page, "the hub's own page")),),
        held=tuple(held),
    )

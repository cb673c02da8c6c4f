"""When a customer can read something of error tracking: people are told at once, without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.core.facts import Facts
from bridge.core.guard import Held, release_fact, release_wording
from bridge.core.notices import ALARM, notice_id, whom
from bridge.core.situation import TicketSituation
from bridge.domain.findings import Finding
from bridge.domain.guidance import Guided
from bridge.domain.notices import Content, Notice
from bridge.domain.records import KEY
from bridge.domain.texts import Audience

GROUP = "leak_alarm"
"""Whom mailboxes are written to, of `people` in bridge.yaml."""
RULE = "allow-list of the leak alarm"
_TITLE = "A message to a customer names our error tracking"
_REDACT = (
    " Or have it blotted out for good, in the helpdesk: POST /api/v1/findings/ID/redact. The "
    "e-mail has left all the same."
)


@dataclass(frozen=True, slots=True)
class AlarmStep:
    """What people must know, and whom the hub tells."""

    findings: tuple[Finding, ...] = ()
    notices: tuple[Notice, ...] = ()


def alarm(s: TicketSituation, places: Sequence[Guided]) -> AlarmStep:
    """A critical finding for each place, and a notice by every channel that staff read.

    What was written before the hub began with the helpdesk raises no alarm.
    """
    fresh = [
        each
        for each in places
        if s.start_mark is not None and each.at is not None and each.at >= s.start_mark
    ]
    findings: list[Finding] = []
    notices: list[Notice] = []
    held = {each.told for each in s.notices}
    for place in fresh:
        data = {"place": place.says, "ref": str(s.ref), "source": place.source}
        if place.redacts:
            data["redaction"] = _REDACT
        findings.append(Finding("SENTRY_TOLD", s.ref.connection, str(s.ref), place.source, data))
        notices += [each for each in _notices(s, place) if each.told not in held]
    if fresh and not any(_channels(s)):
        data = {"name": GROUP, "route": ALARM, "ref": str(s.ref)}
        findings.append(Finding("NOBODY_TO_TELL", s.ref.connection, str(s.ref), GROUP, data))
    return AlarmStep(tuple(findings), tuple(notices))


def _channels(s: TicketSituation) -> list[tuple[str, str]]:
    """Channel and recipient: channels as a whole, and by mailboxes the group."""
    found = []
    for name, channel in sorted(s.telling.channels.items()):
        if channel.audience is Audience.CUSTOMER:
            continue
        people = s.telling.people.get(GROUP, ()) if channel.addressed else ("",)
        found += [(name, each) for each in people]
    return found


def _notices(s: TicketSituation, place: Guided) -> list[Notice]:
    route = f"{ALARM}/{place.source.partition('#')[2]}"
    return [
        Notice(
            notice_id(s.ref, route, name, to), route, name, to, whom(to), content=_content(s, name)
        )
        for name, to in _channels(s)
    ]


def _content(s: TicketSituation, channel: str) -> Content:
    to = s.telling.channels[channel].audience
    read = Facts(s.ref, s.observation, s.mapping, s.reference, s.company, s.sentry).read
    said = {
        "Ticket": s.observation.text(KEY) or str(s.ref),
        "Customer": ", ".join(read("customer").labels)[:300],
    }
    gates = {
        name: release_fact(each, Audience.SUPPORT, to, RULE, s.sentry)
        for name, each in said.items()
    }
    page = f"{s.telling.base}/tickets/{s.ref.connection}/{s.ref.id}"
    return Content(
        title=release_wording(_TITLE, RULE),
        facts=tuple(
            (name, gate)
            for name, gate in gates.items()
            if not isinstance(gate, Held) and gate.value
        ),
        links=(("Open in Ticketbridge", release_wording(page, "the hub's own page")),),
    )

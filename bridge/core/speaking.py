"""Saying approved drafts to the customer: each once, in the order in which they were made.

What was sent without an answer is looked for, and never simply sent again: if it is not found
twice, each time later than the helpdesk may lag, a person decides. What a restored store may have
forgotten is looked for before it is said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.core.drafting import is_taken_back
from bridge.core.eta import REASON
from bridge.core.guard import Held, release_message
from bridge.core.instants import earliest, later, latest
from bridge.core.launching import probe_delay_over
from bridge.core.mailing import letters, unshown, way_of
from bridge.core.receivers import astray
from bridge.core.releases import arrivals
from bridge.core.restored import CLOCK_SLACK, forgotten_until
from bridge.core.situation import TicketSituation
from bridge.domain.drafts import Approved, Draft, DraftState
from bridge.domain.findings import Finding
from bridge.domain.operations import FindSaid, SayToCustomer, ShowLetter
from bridge.domain.records import ALIASES, CONTACTS, MERGED_AWAY

REFUSED, UNDECIDED, CLOSED = "MESSAGE_REFUSED", "MESSAGE_UNDECIDED", "MESSAGE_NEEDS_FOLLOW_UP"
LOOKS = 2
"""Looks in vain, each past the helpdesk's lag, after which a person decides."""

_MUTE = "the hub can say nothing to customers in this helpdesk"
_GONE = "its words are not kept any more"
_CLOSED = "the ticket was closed for good before it was said"


@dataclass(frozen=True, slots=True)
class SpeakStep:
    """What is to be done about what was approved. `unsaid`: what can't be said, and why."""

    operations: tuple[SayToCustomer | FindSaid | ShowLetter, ...] = ()
    findings: tuple[Finding, ...] = ()
    unsaid: tuple[tuple[str, str], ...] = ()
    back: tuple[tuple[str, str], ...] = ()
    """What would reach somebody else than it was approved for, and why: it is a draft again.

    On a closed ticket it is unsaid.
    """
    wake_at: datetime | None = None


def plan_speaking(
    s: TicketSituation, now: datetime, *, closed: bool, over: frozenset[str] = frozenset()
) -> SpeakStep:
    """Say what was approved, look for what may have been said, and tell what a person decides.

    `over`: drafts that the same plan takes back; one that may have been sent is looked for anyway.
    """
    if not s.drafts:
        return SpeakStep()
    findings = tuple(f for each in s.drafts for f in _findings(s, each, closed=closed))
    findings += unshown(s)
    step = _next(s, now, findings, closed=closed, over=over)
    shows, again = letters(s, now)
    wake_at = earliest(step.wake_at, again)
    return replace(step, operations=(*shows, *step.operations), wake_at=wake_at)


def _next(
    s: TicketSituation,
    now: datetime,
    findings: tuple[Finding, ...],
    *,
    closed: bool,
    over: frozenset[str],
) -> SpeakStep:
    """What of the drafts under way comes next."""
    going = [each for each in s.drafts if each.state is DraftState.APPROVED]
    unclear = [
        each
        for each in going
        if each.intended_at is not None or (each.id not in over and _is_forgotten(s, each, now))
    ]
    if unclear:
        # What was approved after it waits: a customer reads things in their order.
        return _looking(s, unclear, findings, now)
    going = [each for each in going if each.id not in over]
    if closed and s.observation.value(MERGED_AWAY):
        # It lives on in another ticket, which the vendor has not named yet.
        return SpeakStep(findings=findings)
    back = {each.id: why for each in going if (why := _astray(s, each))}
    made = [(each, _saying(s, each, closed=closed)) for each in going if each.id not in back]
    unsaid = [(each, why) for each, why in made if isinstance(why, str)]
    if closed:
        # On no tab anybody would see that it waits again, so it is refused, and that is told.
        whys = {e.id: e.error for e in s.drafts if is_taken_back(e) and e.id not in over} | back
        unsaid = [*((e, whys[e.id]) for e in s.drafts if e.id in whys), *unsaid]
        back = {}
    return SpeakStep(
        operations=tuple(each for _, each in made if isinstance(each, SayToCustomer)),
        findings=(*findings, *(_refused(s, replace(e, error=why), closed) for e, why in unsaid)),
        unsaid=tuple((each.id, why) for each, why in unsaid),
        back=tuple(back.items()),
    )


def _astray(s: TicketSituation, draft: Draft) -> str:
    """Why it would reach somebody for whom nobody approved it; empty where it would not."""
    return "" if s.voice is None else astray(s.observation, draft, last=s.voice.answers_last)


def _approved(draft: Draft) -> Approved | None:
    """For whom a person let it go, where it names nobody."""
    if draft.recipients or not draft.approved_by:
        return None
    if draft.approved_for is None or draft.approved_at is None:
        return None
    return Approved(draft.approved_for, draft.approved_at)


def _is_forgotten(s: TicketSituation, draft: Draft, now: datetime) -> bool:
    """Whether it may have been said after the backup from which the store was restored.

    That is so of what was drafted before, and of what is drafted anew for an older occasion.
    """
    until = forgotten_until(s.observation, s.restored)
    if until is None or s.voice is None or draft.intended_at is not None or draft.probes:
        return False
    newest = later(until, CLOCK_SLACK)
    if draft.made_at <= newest or draft.reason == REASON:
        # A date is told once, whenever it came to be known.
        return True
    came = [at for each, at in arrivals(s, now) if each.stage and each.stage.id == draft.stage]
    since = latest(*came)
    return draft.stage is not None and (since is None or since <= newest)


def _looking(
    s: TicketSituation, unclear: list[Draft], findings: tuple[Finding, ...], now: datetime
) -> SpeakStep:
    grace = timedelta(0) if s.voice is None else s.voice.grace
    looks: list[FindSaid] = []
    waits: list[datetime] = []
    for each in unclear:
        since, sent_at = each.intended_at, each.intended_at
        if since is None or sent_at is None:
            if s.restored is None:
                continue
            since, sent_at = s.restored.known_until, s.restored.at
        due = probe_delay_over(sent_at, each.probes, grace)
        if now < due:
            waits.append(due)
            continue
        looks.append(
            FindSaid(
                s.ref,
                each.id,
                each.html,
                each.marker,
                since,
                each.probes,
                also=_former(s, each),
                others=tuple(said.message for said in s.said),
                forgotten=each.intended_at is None,
            )
        )
    return SpeakStep(tuple(looks), findings, wake_at=earliest(*waits))


def _former(s: TicketSituation, draft: Draft) -> tuple[str, ...]:
    """Where else it may stand: where it was sent, and what was merged into the ticket since."""
    sent_on = draft.intended_on.partition(":")[2]
    ids = (sent_on, *s.observation.texts(ALIASES))
    return tuple(each for each in dict.fromkeys(ids) if each not in ("", s.ref.id))


def _saying(s: TicketSituation, draft: Draft, *, closed: bool) -> SayToCustomer | str:
    """The operation that says it, or why it can't be said."""
    if s.voice is None:
        return _MUTE
    if not draft.html:
        return _GONE
    strangers = sorted(set(draft.recipients) - set(s.observation.texts(CONTACTS)))
    if strangers:
        return f"not on the ticket: {', '.join(strangers)}"
    ends = closed and s.voice.follows_up
    if ends and not draft.follow_up:
        return _CLOSED
    by = "approved by a person" if draft.approved_by else "the mapping lets it go by itself"
    gate = release_message(draft.html, by, known=s.sentry)
    if isinstance(gate, Held):
        return f"the gate holds it back: {gate.reason}"
    return SayToCustomer(
        s.ref,
        draft.id,
        gate,
        draft.marker,
        revision=None if ends else s.observation.revision,
        recipients=draft.recipients,
        follow_up=ends,
        mail=way_of(s),
        approved=_approved(draft),
    )


def _findings(s: TicketSituation, draft: Draft, *, closed: bool) -> tuple[Finding, ...]:
    """What a person decides about the draft; nothing once the customer was told something newer."""
    if draft.state is DraftState.UNCLEAR:
        return (_finding(s, UNDECIDED, draft),)
    if draft.state is not DraftState.REFUSED or _outdone(s, draft):
        return ()
    return (_refused(s, draft, closed),)


def _refused(s: TicketSituation, draft: Draft, closed: bool) -> Finding:
    ends = closed and s.voice is not None and s.voice.follows_up and not draft.follow_up
    return _finding(s, CLOSED if ends else REFUSED, draft)


def _outdone(s: TicketSituation, draft: Draft) -> bool:
    return any(each.state is DraftState.SENT and each.made_at > draft.made_at for each in s.drafts)


def _finding(s: TicketSituation, code: str, draft: Draft) -> Finding:
    data = {"ref": str(s.ref), "draft": draft.id, "reason": draft.error}
    return Finding(code, s.ref.connection, str(s.ref), draft.id, data)

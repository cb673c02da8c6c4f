"""Letters: what is said by mail to the customer of a ticket that has no conversation.

A mail server forgets what it took, so a letter whose fate is not known is a person's to decide, as
any message is. One that went out is then shown on the ticket, for staff and for promises, once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bridge.core.guard import release_message, release_pair, release_wording
from bridge.core.instants import earliest
from bridge.core.launching import probe_delay_over
from bridge.core.situation import TicketSituation
from bridge.domain.drafts import Draft, DraftState
from bridge.domain.findings import Finding
from bridge.domain.mails import MailWay, SentLetter
from bridge.domain.operations import ShowLetter
from bridge.domain.records import SUBJECT, THREADS, Observation
from bridge.domain.texts import Audience, Releasable

UNSHOWN = "LETTER_UNSHOWN"
POSTED, TRIED, LEFT, SETTLED = "posted:", "tried:", "unshown:", "unseen:"
"""How the id of a message begins that went out as a letter: it is to be shown on the ticket; the
helpdesk was asked to, and how that ended is not known; it did not, as far as anybody knows; and a
person has seen to it. Else it is the helpdesk's own id of it."""
PASSING = (POSTED, TRIED, LEFT, SETTLED)
LONGEST_SUBJECT = 150


def way_of(s: TicketSituation) -> MailWay | None:
    """By which way the customer is written to; None where they are answered in a conversation."""
    mail = s.mapping.tell.mail
    if (
        mail is None
        or s.voice is None
        or not s.voice.mails
        or not has_no_conversation(s.observation)
    ):
        return None
    return MailWay(mail.via, mail.from_, mail.reply_to, subject_of(s, mail.subject))


def has_no_conversation(seen: Observation) -> bool:
    """Only where that was seen: conversations that can't be read may be there."""
    return seen.knows(THREADS) and not seen.texts(THREADS)


def subject_of(s: TicketSituation, otherwise: str) -> Releasable:
    """The subject line: the ticket's own, as long as the gate lets it pass."""
    own = " ".join(s.observation.text(SUBJECT).split())[:LONGEST_SUBJECT]
    if own:
        rule = "the subject that the ticket bears"
        gate = release_pair(f"Re: {own}", Audience.CUSTOMER, rule, known=s.sentry)
        if isinstance(gate, Releasable):
            return gate
    return release_wording(otherwise, "the mapping's subject line")


def letters(s: TicketSituation, now: datetime) -> tuple[tuple[ShowLetter, ...], datetime | None]:
    """The letters that went out and that the ticket does not show yet, and when to look again.

    One that may be shown already is looked for, past the helpdesk's lag, and never shown again.
    """
    if s.voice is None or not s.voice.mails:
        return (), None
    moments = {each.draft: each.at for each in s.said}
    made: list[ShowLetter | None] = []
    waits = []
    for each in s.drafts:
        if _is(each, POSTED):
            made.append(_shown(s, each, moments, None))
        elif _is(each, TRIED) and each.intended_at is not None:
            due = probe_delay_over(each.intended_at, each.probes, s.voice.grace)
            if now < due:
                waits.append(due)
            else:
                made.append(_shown(s, each, moments, each.probes))
    return tuple(each for each in made if each is not None), earliest(*waits)


def _shown(
    s: TicketSituation, draft: Draft, moments: Mapping[str, datetime], looks: int | None
) -> ShowLetter | None:
    """None where its words are not kept any more, or are by now known to be nobody's to read."""
    gate = release_message(draft.html, "it went out as a letter", known=s.sentry)
    at, mail = moments.get(draft.id), s.mapping.tell.mail
    if at is None or not isinstance(gate, Releasable):
        return None
    subject = subject_of(s, mail.subject if mail is not None else "Your request")
    sender = "" if mail is None else mail.from_
    letter = SentLetter(gate, subject, sender, at, draft.recipients)
    return ShowLetter(s.ref, draft.id, letter, looks)


def unshown(s: TicketSituation) -> tuple[Finding, ...]:
    """A finding for each letter that the helpdesk would not show."""
    return tuple(
        Finding(
            UNSHOWN, s.ref.connection, str(s.ref), each.id,
            {"ref": str(s.ref), "draft": each.id, "reason": each.error},
        )
        for each in s.drafts
        if _is(each, LEFT)
    )  # fmt: skip


def _is(draft: Draft, beginning: str) -> bool:
    return draft.state is DraftState.SENT and draft.message.startswith(beginning)

"""Customers' replies: which messages are some, and what one brings back on a solved ticket.

An answer to a satisfaction survey is no reply, and nor is what a customer's program sent: an
out-of-office note, as far as the vendor tells such apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.core.guard import Held, release_fact
from bridge.core.instants import later, read_instant
from bridge.core.ledger import said_on
from bridge.core.situation import TicketSituation
from bridge.core.values import canonical
from bridge.domain.closures import Closure
from bridge.domain.findings import Finding
from bridge.domain.mapping import Mapping
from bridge.domain.operations import TicketField
from bridge.domain.records import ALIASES, CREATED_AT, Comment
from bridge.domain.texts import Audience

FOLLOWS = timedelta(minutes=15)
"""How long after a status changed a message still counts as what changed it: helpdesks write both
in no fixed order, and some move the status by an automation that runs now and then."""
CROSSES = timedelta(minutes=5)
"""How long before a ticket ended a message still counts as one that its end did not know of."""
FOLLOW_UP = "@follow-up"
"""The reply of a ticket that was opened to go on with one that is closed for good."""
RULE = "the original owner"


@dataclass(frozen=True, slots=True)
class OwnerStep:
    """Who gets the ticket back."""

    fields: tuple[TicketField, ...] = ()
    findings: tuple[Finding, ...] = ()


def is_reply(comment: Comment, mapping: Mapping) -> bool:
    """Whether it is what a customer themselves wrote to be answered."""
    channels = () if mapping.closing is None else mapping.closing.survey_channels
    surveyed = comment.channel.casefold() in {each.casefold() for each in channels}
    return comment.inbound and not (comment.internal or comment.automatic or surveyed)


def replies_since(s: TicketSituation, since: datetime) -> list[Comment]:
    """The customer's replies after that moment, oldest first."""
    found = [each for each in said_on(s.observation) if is_reply(each, s.mapping)]
    timed = [(at, each) for each in found if (at := read_instant(each.at)) is not None]
    return [each for at, each in sorted(timed, key=lambda pair: pair[0]) if at > since]


def reply_that_reopened(s: TicketSituation, ended_at: datetime, reopened_at: datetime) -> str:
    """The id of the message that brought the ticket back; empty where none did, or none is seen."""
    last = later(reopened_at, FOLLOWS)
    for each in replies_since(s, ended_at):
        at = read_instant(each.at)
        if at is not None and at <= last:
            return each.id
    crossing = replies_since(s, ended_at - CROSSES)
    if crossing and reopened_at <= later(ended_at, FOLLOWS):
        # It came as the ticket was closed, and was not seen by whoever closed it.
        return crossing[-1].id
    created = read_instant(s.observation.text(CREATED_AT))
    goes_on = bool(s.observation.texts(ALIASES)) and created is not None
    return FOLLOW_UP if goes_on and created and created >= ended_at else ""


def plan_owner(s: TicketSituation, closure: Closure | None) -> OwnerStep:
    """Give a ticket that a reply brought back to whoever had it, once, if nobody has it now."""
    field = s.mapping.replies.owner
    if field is None or closure is None or not closure.reply or closure.reopened_at is None:
        return OwnerStep()
    if not closure.owner or canonical(s.observation.value(field)) or not _is_known(s, field):
        return OwnerStep()
    pair = s.fingerprints.get(field)
    if pair is not None and pair.written_at >= closure.reopened_at:
        # Given back once: whoever takes it away again means it.
        return OwnerStep()
    owners = s.reference.owners
    if owners and closure.owner not in owners:
        data = {"ref": str(s.ref), "field": field}
        return OwnerStep((), (Finding("OWNER_GONE", s.ref.connection, str(s.ref), field, data),))
    gate = release_fact(closure.owner, Audience.SUPPORT, Audience.SUPPORT, RULE, s.sentry)
    if isinstance(gate, Held):
        return OwnerStep()
    return OwnerStep((TicketField(field, gate),))


def _is_known(s: TicketSituation, field: str) -> bool:
    return s.observation.whole or s.observation.knows(field)

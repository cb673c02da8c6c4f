"""What is missing about a ticket, given by a person on the page of what has come apart."""

from __future__ import annotations

from bridge.core.drafting import is_going
from bridge.core.facts import Facts
from bridge.core.mirror import mirror
from bridge.core.plain_text import as_typed
from bridge.core.releases import in_release
from bridge.core.severity_choices import Choice, released, severity_choices
from bridge.core.situation import TicketSituation
from bridge.core.told_wording import Occasion, Unsayable, worded
from bridge.domain.errors import BridgeError
from bridge.domain.refs import TicketRef
from bridge.engine import egress, escalating, telling
from bridge.engine.hub import Hub
from bridge.engine.linking import require_running
from bridge.engine.references import stored_reference
from bridge.engine.telling import DraftSuspect
from bridge.store import queue
from bridge.store.queue import ClaimClass, Mark


class CannotFill(BridgeError):
    """It can't be given here; the sentence says where it can."""


class NotAChoice(BridgeError):
    """The value is none that the ticket's severity takes; the sentence lists those it does."""


async def choices(hub: Hub, helpdesk: str) -> tuple[Choice, ...]:
    """What a ticket's severity may be set to, as value and label; none where it can't be here."""
    active = hub.mappings.get(helpdesk)
    if active is None:
        return ()
    return severity_choices(active.data, await stored_reference(hub, helpdesk))


async def set_severity(hub: Hub, ref: TicketRef, value: str, *, by: str) -> str:
    """Write the severity on the ticket, which its next pass reads; what people call it.

    Raises CannotFill, NotAChoice, Paused, or what the helpdesk's call raises.
    """
    given = dict(await choices(hub, ref.connection))
    source = hub.mappings[ref.connection].data.ticket.severity if given else None
    if source is None:
        raise CannotFill("The mapping does not let it be set here: set it where it is owned")
    if value not in given:
        raise NotAChoice(f"Say which it is: {', '.join(given)}")
    gate = released(value, hub.sentry)
    if gate is None:
        raise CannotFill("The value looks like error tracking: set it in the helpdesk")
    await require_running(hub, ref.connection)
    await egress.set_fields(hub, ref, {source.property: gate}, None)
    async with hub.db.write() as connection:
        mark = Mark(ref, f"severity set by {by}", ClaimClass.PERSON, read=True)
        await queue.mark(hub.db, connection, [mark])
    return given[value]


async def draft_message(hub: Hub, ref: TicketRef, *, by: str) -> str:
    """Draft what tells the customer that the work is done, to be approved; what there is to say.

    Raises CannotFill where no message can be made; where one waits already, no other is made.
    """
    situation = await escalating.situation_of(hub, ref)
    if situation is None:
        raise CannotFill("The ticket was never read; Check now reads it")
    if any(is_going(each) for each in situation.drafts):
        return "A message for it waits on To tell already."
    try:
        found = await telling.write(hub, ref, _words(hub, situation), by=by)
    except DraftSuspect as error:
        raise CannotFill(str(error)) from None
    return f"A message waits on To tell for whoever approves it: {found.text[:80]}"


def _words(hub: Hub, s: TicketSituation) -> str:
    """The mapping's words for the stage that the ticket shows."""
    now = hub.now()
    shown = mirror(s, now)
    stage = None if shown.stage is None else s.mapping.stage(shown.stage)
    if stage is None:
        raise CannotFill("Its work shows no stage: write the message yourself, on the ticket")
    there = in_release(s, now)
    facts = Facts(s.ref, s.observation, s.mapping, s.reference, s.company, s.sentry)
    release = "" if there is None else there.name
    said = worded(facts, Occasion(stage.id, stage.label, shown.eta.day, release))
    if isinstance(said, Unsayable):
        raise CannotFill(f"Its message lacks {said.lacks}: write it yourself, on the ticket")
    return as_typed(said.html)

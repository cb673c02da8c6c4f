"""What is missing about a ticket, given by a person on the page of what has come apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bridge.core.drafting import ASKED, STAGE, draft_digest, draft_id
from bridge.core.facts import Facts
from bridge.core.mirror import mirror
from bridge.core.plain_text import as_typed
from bridge.core.releases import in_release
from bridge.core.rollout import today
from bridge.core.severity_choices import Choice, chosen_severity, severity_choices
from bridge.core.situation import TicketSituation
from bridge.core.told_wording import Occasion, Unsayable, why_held, worded
from bridge.core.wanted import ticket_want
from bridge.domain.drafts import Draft, DraftState
from bridge.domain.errors import BridgeError, RecordMissing, Stale
from bridge.domain.mapping_tell import BY_HAND
from bridge.domain.records import STATUS, Observation, Presence
from bridge.domain.refs import TicketRef
from bridge.engine import egress, escalating
from bridge.engine.hub import Hub
from bridge.engine.linking import require_running
from bridge.engine.references import stored_reference
from bridge.ports.roles import Want
from bridge.store import drafts, queue, tokens
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

    The ticket is looked at first: what somebody said meanwhile is not written over. Raises
    CannotFill, NotAChoice, Paused, or what the helpdesk's call raises.
    """
    given = dict(await choices(hub, ref.connection))
    source = hub.mappings[ref.connection].data.ticket.severity if given else None
    if source is None:
        raise CannotFill("The mapping does not let it be set here: set it where it is owned")
    if value not in given:
        raise NotAChoice(f"Say which it is: {', '.join(given)}")
    released = chosen_severity(value, hub.sentry)
    if released is None:
        raise CannotFill("The value looks like error tracking: set it in the helpdesk")
    await require_running(hub, ref.connection)
    try:
        seen = await _without_severity(hub, ref)
        await egress.set_fields(hub, ref, {source.property: released}, seen.revision)
    except Stale:
        raise CannotFill("Somebody has just changed the ticket: look at it again") from None
    finally:
        # Whatever came of it, the next pass sees the ticket as it is.
        async with hub.db.write() as connection:
            mark = Mark(ref, f"severity set by {by}", ClaimClass.PERSON, read=True)
            await queue.mark(hub.db, connection, [mark])
    return given[value]


async def _without_severity(hub: Hub, ref: TicketRef) -> Observation:
    """The ticket as the helpdesk has it this moment, open and without a severity."""
    mapping = hub.mappings[ref.connection].data
    want = ticket_want(mapping)
    try:
        seen = await hub.helpdesk(ref.connection).fetch_ticket(
            ref.id, Want(want.fields, want.timed)
        )
    except RecordMissing:
        raise CannotFill("The helpdesk does not show the ticket any more") from None
    if seen.presence is not Presence.PRESENT or seen.ref != ref:
        raise CannotFill("The ticket is deleted or was merged into another")
    reference = await stored_reference(hub, ref.connection)
    status = reference.statuses.get(seen.text(STATUS))
    if status is not None and status.closed:
        raise CannotFill(f"The ticket is closed ({status.label}): nothing is written on it")
    said = Facts(ref, seen, mapping, reference).read("severity")
    if said.present or said.unmapped:
        raise CannotFill("Somebody has set the severity meanwhile: theirs stays")
    return seen


async def draft_message(hub: Hub, ref: TicketRef, *, by: str) -> str:
    """Draft what tells the customer that the work is done, to be approved; what there is to say.

    Raises CannotFill where no message can be made; where one is there already, no other is made.
    """
    situation = await escalating.situation_of(hub, ref)
    if situation is None:
        raise CannotFill("The ticket was never read; Check now reads it")
    now = hub.now()
    made = _message(situation, now)
    wrong = why_held(made.html, hub.sentry)
    if wrong:
        raise CannotFill(wrong)
    async with hub.db.write() as connection:
        # First of all: two who ask at once wait for each other here.
        await queue.mark(
            hub.db, connection, [Mark(ref, f"message asked for by {by}", ClaimClass.PERSON)]
        )
        before = (await drafts.of_tickets(connection, [made.ticket]))[0].get(made.ticket, [])
        there = _there_already(before, made)
        if not there:
            number = sum(each.reason == made.reason for each in before)
            made = replace(made, id=draft_id(made.ticket, made.reason, number))
            await drafts.add(connection, made)
            await tokens.audit(
                connection, actor=by, action="draft.written", target=f"draft {made.id}",
                detail={"ticket": made.ticket, "reason": made.reason}, now=now,
            )  # fmt: skip
    hub.work_wake.set()
    text = as_typed(made.html)[:80]
    return there or f"A message waits on To tell for whoever approves it: {text}"


def _there_already(known: Sequence[Draft], made: Draft) -> str:
    """What to say where a message of the same is under way; empty where none is."""
    same = (made.reason, f"{STAGE}{made.stage}", BY_HAND)
    states = {each.state for each in known if each.reason in same}
    if DraftState.OPEN in states:
        return "A message for it waits on To tell already."
    if DraftState.APPROVED in states:
        return "A message for it is approved already, and on its way to the customer."
    return ""


def _message(s: TicketSituation, now: datetime) -> Draft:
    """The mapping's words for the stage that the ticket shows."""
    shown = mirror(s, now)
    stage = None if shown.stage is None else s.mapping.stage(shown.stage)
    if stage is None:
        raise CannotFill("Its work shows no stage: write the message yourself, on the ticket")
    there = in_release(s, now)
    facts = Facts(s.ref, s.observation, s.mapping, s.reference, s.company, s.sentry, s.contacts)
    release = "" if there is None else there.name
    on = today(s.mapping.releases, now)
    said = worded(facts, Occasion(stage.id, stage.label, shown.eta.day, release, on))
    if isinstance(said, Unsayable):
        raise CannotFill(f"Its message lacks {said.lacks}: write it yourself, on the ticket")
    return Draft(
        "", str(s.ref), f"{ASKED}{stage.id}", said.html, draft_digest(said.html), DraftState.OPEN,
        now, stage=stage.id, eta=said.eta, release=release or None, language=said.language,
    )  # fmt: skip

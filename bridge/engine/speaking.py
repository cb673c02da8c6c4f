"""Saying something to a customer, once: the intent first, then the call, then what came of it.

Updates have no key by which a vendor knows one again. So after silence the message is looked
for, and if it is not found a person decides; nothing here ever sends it a second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bridge.core.mailing import UNSHOWN
from bridge.core.speaking import CLOSED, LOOKS, REFUSED, UNDECIDED
from bridge.domain.drafts import Draft, DraftState
from bridge.domain.errors import (
    ApproveAgain,
    BridgeError,
    CredentialProblem,
    RecordMissing,
    Rejected,
    Stale,
    Throttled,
    Unavailable,
)
from bridge.domain.operations import FindSaid, Outcome, OutcomeKind, SayToCustomer, ShowLetter
from bridge.domain.refs import TicketRef, split_ref
from bridge.engine import egress, letters, whom
from bridge.engine.hub import Hub
from bridge.engine.launching import CLOCK_SLACK
from bridge.engine.operation import Run, carry_out
from bridge.ports.speaking import Message, Spoken
from bridge.store import draft_intents, drafts, history, queue, records
from bridge.store.connection import AsyncConnection
from bridge.store.leases import LeaseLost
from bridge.store.queue import Mark

OF_A_MESSAGE = frozenset({REFUSED, CLOSED, UNDECIDED, UNSHOWN})
"""Findings that a person answers: say it all the same, or it is settled without the hub."""
TOLD = "told"
"""The row of the timeline that says so."""

_NOTHING_HAPPENED = (
    Unavailable, Throttled, CredentialProblem, Stale, RecordMissing, Rejected, LeaseLost,
)  # fmt: skip
"""After these nothing was said: the intent is taken back."""


async def speak(run: Run, operation: SayToCustomer | FindSaid | ShowLetter) -> Outcome:
    """Say an approved draft, look for one whose answer never came, or show what went by mail."""
    if isinstance(operation, ShowLetter):
        return await letters.show(run, operation)
    if isinstance(operation, FindSaid):
        return await _find(run, operation)
    saying = _Saying(run.hub, operation, run.hub.now())
    try:
        return await carry_out(
            run,
            operation,
            operation.ticket.connection if operation.mail is None else operation.mail.via,
            saying.call,
            before=saying.before,
            after=saying.after,
            failed=saying.failed,
        )
    except LeaseLost:
        # How it went is known all the same, and stored where the draft is by now.
        await saying.settle_late()
        raise


@dataclass(slots=True)
class _Saying:
    """A message on its way, with what is known of its fate, whatever becomes of the pass."""

    hub: Hub
    operation: SayToCustomer
    intended_at: datetime
    intended: bool = False
    open: bool = False
    """The call is under way, or ended without an answer."""
    spoken: Spoken | None = None

    async def before(self, connection: AsyncConnection) -> None:
        """The intent, once."""
        if not await draft_intents.intend(connection, self.operation.draft, self.intended_at):
            raise Stale("this message was intended before, or is not to be said any more")
        self.intended = True

    async def call(self) -> Outcome:
        """The call; of a letter only that to the mail server says anything."""
        hub, operation, way = self.hub, self.operation, self.operation.mail
        to = None if way is None else await letters.addressee(hub, operation)
        self.open = True
        try:
            if way is None or to is None:
                self.spoken = await egress.say(hub, operation)
            else:
                self.spoken = await letters.post(hub, operation, way, to)
        except _NOTHING_HAPPENED:
            self.open = False
            raise
        return Outcome(OutcomeKind.DONE, target_id=self.spoken.id)

    async def after(self, connection: AsyncConnection, _outcome: Outcome) -> None:
        """It was said."""
        if self.spoken is not None:
            operation = self.operation
            await _keep(self.hub, connection, operation.draft, self.spoken, operation.ticket)

    async def failed(self, connection: AsyncConnection, error: BridgeError) -> None:
        """It was refused, or certainly led to nothing, or nobody knows yet."""
        draft = self.operation.draft
        if isinstance(error, ApproveAgain):
            await _take_back(self.hub, connection, self.operation, self.intended_at, str(error))
        elif isinstance(error, Rejected):
            await drafts.end(connection, draft, DraftState.REFUSED, error=str(error))
        elif isinstance(error, _NOTHING_HAPPENED):
            await draft_intents.retract(connection, draft, self.intended_at)

    async def settle_late(self) -> None:
        """Keep what is known though the ticket is another pass's by now, by a merge it may be.

        Who has taken over only looks, or waits for a person: this is more than they can find out.
        """
        if not self.intended or (self.spoken is None and self.open):
            return
        hub, operation = self.hub, self.operation
        async with hub.db.write() as connection:
            draft = await drafts.load(connection, operation.draft)
            if draft is None:
                return
            if self.spoken is not None:
                changed = await _keep(hub, connection, draft.id, self.spoken, operation.ticket)
            else:
                changed = await draft_intents.retract(connection, draft.id, self.intended_at)
            if changed:
                ref = TicketRef(*split_ref(draft.ticket))
                mark = Mark(ref, "a message on its way was settled")
                await queue.mark(hub.db, connection, [mark])
        hub.work_wake.set()


async def _take_back(
    hub: Hub, connection: AsyncConnection, operation: SayToCustomer, at: datetime, why: str
) -> None:
    """It would have reached somebody else, so a person looks at it again, and at the ticket now."""
    if await draft_intents.take_back(connection, operation.draft, why, intended_at=at):
        mark = Mark(operation.ticket, "an approval was taken back", read=True)
        await queue.mark(hub.db, connection, [mark])


async def _find(run: Run, operation: FindSaid) -> Outcome:
    """Look for a message whose answer never came, here and where it may have been said."""
    hub, ticket = run.hub, operation.ticket
    found: list[Spoken] = []

    async def call() -> Outcome:
        message = Message(operation.html, operation.marker, others=frozenset(operation.others))
        since = operation.intended_at - CLOCK_SLACK
        speaking = hub.speaking(ticket.connection)
        for id in dict.fromkeys((ticket.id, *operation.also)):
            try:
                spoken = await speaking.find_said(id, message, since)
            except RecordMissing:
                continue
            if spoken is not None:
                found.append(spoken)
                break
        return Outcome(OutcomeKind.DONE, f"{len(found)} found")

    async def after(connection: AsyncConnection, _outcome: Outcome) -> None:
        if found:
            await _keep(hub, connection, operation.draft, found[0], ticket)
            return
        looks = operation.probes + 1
        if operation.forgotten:
            await draft_intents.looked_first(connection, operation.draft, looks)
            return
        await draft_intents.looked(
            connection, operation.draft, operation.intended_at, looks, last=looks >= LOOKS
        )

    return await carry_out(run, operation, ticket.connection, call, after=after)


async def _keep(
    hub: Hub, connection: AsyncConnection, id: str, spoken: Spoken, ticket: TicketRef
) -> bool:
    """Keep that it was said, in the draft, in what was said and in the timeline; once."""
    draft = await drafts.load(connection, id)
    if draft is None or draft.state is DraftState.SENT:
        return False
    now = hub.now()
    await drafts.sent(connection, draft, spoken.id, min(spoken.at or now, now))
    await note_told(hub, connection, draft, now)
    known = TicketRef(ticket.connection, spoken.ticket)
    if known.id != ticket.id and str(known) != draft.ticket:
        # Once it is read, all that hung on the closed ticket is the one's that continues it.
        mark = Mark(known, f"continues {draft.ticket}", read=True)
        await queue.mark(hub.db, connection, [mark])
    return True


async def note_told(hub: Hub, connection: AsyncConnection, draft: Draft, now: datetime) -> None:
    """A row of the timeline: what the customer was told, and who let it go."""
    active = hub.mappings.get(draft.ticket.partition(":")[0])
    stage = None if active is None or draft.stage is None else active.data.stage(draft.stage)
    about = [] if draft.stage is None else [draft.stage if stage is None else stage.label]
    about += [] if draft.eta is None else [draft.eta.isoformat()]
    await history.add_transition(
        connection,
        draft.ticket,
        TOLD,
        before=None,
        after=", ".join(about) or "a message",
        cause=draft.approved_by or "the mapping",
        now=now,
    )


async def say_anew(hub: Hub, connection: AsyncConnection, code: str, draft: str, by: str) -> bool:
    """A person wants it said: in a ticket that continues a closed one, or once more knowingly.

    False if its words are not kept any more.
    """
    if code == UNSHOWN:
        return await letters.try_again(connection, draft)
    reaches = await _reached(hub, connection, draft)
    return await drafts.send_anew(
        connection, draft, by=by, now=hub.now(), reaches=reaches, follow_up=code == CLOSED
    )


async def _reached(hub: Hub, connection: AsyncConnection, id: str) -> tuple[str, ...] | None:
    """Whom it reaches, as far as the ticket names anybody: whoever retries may have seen to that a
    moment ago."""
    draft = await drafts.load(connection, id)
    stored = None if draft is None else await records.load(connection, draft.ticket)
    if draft is None or stored is None or stored.observation is None:
        return None
    return whom.reached_by(hub, stored.observation, draft.recipients) or None


async def take_word(hub: Hub, connection: AsyncConnection, code: str, id: str) -> None:
    """A person has settled it: what was unclear was said, what was refused is not said by us."""
    if code == UNSHOWN:
        await letters.leave(connection, id)
        return
    if code != UNDECIDED:
        await drafts.settle(connection, id, of=DraftState.REFUSED, to=DraftState.DISCARDED)
        return
    draft = await drafts.load(connection, id)
    if draft is not None and draft.state is DraftState.UNCLEAR:
        at = draft.intended_at or hub.now()
        # The helpdesk's own id of it is not known; this one is no other message's.
        await drafts.sent(connection, draft, f"draft:{id}", at)
        await note_told(hub, connection, draft, at)

"""Letters to customers on their way: whom one is for, handed over, and then shown on the ticket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bridge.core.mailing import LEFT, POSTED, SETTLED, TRIED
from bridge.core.speaking import LOOKS
from bridge.domain.errors import BridgeError, Rejected, Stale, UnknownOutcome
from bridge.domain.mails import Addressee, MailWay
from bridge.domain.operations import Outcome, OutcomeKind, SayToCustomer, ShowLetter
from bridge.engine import egress
from bridge.engine.hub import CallFailed, Hub
from bridge.engine.operation import Run, carry_out
from bridge.ports.speaking import Spoken
from bridge.store import draft_intents, drafts
from bridge.store.connection import AsyncConnection

_NOT_FOUND = (
    "it did not say whether it kept the mail, and the mail is not on the ticket, as far as the hub "
    "sees. See whether the ticket shows it"
)


async def addressee(hub: Hub, operation: SayToCustomer) -> Addressee:
    """Whom the letter is for. What fails here fails at the helpdesk, and not at the mail server."""
    try:
        return await egress.addressee(hub, operation)
    except Rejected:
        raise
    except BridgeError as error:
        raise CallFailed(operation.ticket.connection, error) from error


async def post(hub: Hub, operation: SayToCustomer, way: MailWay, to: Addressee) -> Spoken:
    """Hand the letter over. It is shown on the ticket by an operation of its own."""
    id = await egress.send_letter(hub, operation, way, to)
    return Spoken(f"{POSTED}{id}", operation.ticket.id)


async def show(run: Run, operation: ShowLetter) -> Outcome:
    """Let the ticket show a letter; the helpdesk's id of it is then the message's.

    It is asked once. Where no answer came the letter is looked for, and never shown again.
    """
    showing = (
        _Looking(run.hub, operation)
        if operation.looks is not None
        else _Showing(run.hub, operation, run.hub.now())
    )
    before = showing.before if isinstance(showing, _Showing) else None
    return await carry_out(
        run, operation, operation.ticket.connection, showing.call, before=before,
        after=showing.after, failed=showing.failed,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Showing:
    """A letter that the ticket is asked to show."""

    hub: Hub
    operation: ShowLetter
    tried_at: datetime

    async def before(self, connection: AsyncConnection) -> None:
        """The intent, once: from now on it may be there."""
        draft = self.operation.draft
        if not await draft_intents.try_showing(connection, draft, self.tried_at, POSTED, TRIED):
            raise Stale("this letter was tried before")

    async def call(self) -> Outcome:
        """Ask the helpdesk."""
        id = await egress.show_letter(self.hub, self.operation)
        return Outcome(OutcomeKind.DONE, target_id=id)

    async def after(self, connection: AsyncConnection, outcome: Outcome) -> None:
        """It is shown."""
        await drafts.rename(connection, self.operation.draft, outcome.target_id or "")

    async def failed(self, connection: AsyncConnection, error: BridgeError) -> None:
        """It was refused, or certainly led to nothing, or nobody knows yet."""
        if isinstance(error, Rejected):
            await _begin(connection, self.operation.draft, TRIED, LEFT, str(error))
        elif not isinstance(error, UnknownOutcome):
            await _begin(connection, self.operation.draft, TRIED, POSTED)


@dataclass(frozen=True, slots=True)
class _Looking:
    """A letter that the ticket may show already."""

    hub: Hub
    operation: ShowLetter

    async def call(self) -> Outcome:
        """Look for it."""
        id = await egress.letter_shown(self.hub, self.operation)
        return Outcome(OutcomeKind.DONE, f"{0 if id is None else 1} found", target_id=id)

    async def after(self, connection: AsyncConnection, outcome: Outcome) -> None:
        """It is there; or it is not, and after the last look a person decides."""
        draft, looks = self.operation.draft, (self.operation.looks or 0) + 1
        if outcome.target_id is not None:
            await drafts.rename(connection, draft, outcome.target_id)
        elif looks >= LOOKS:
            await _begin(connection, draft, TRIED, LEFT, _NOT_FOUND)
        else:
            await draft_intents.looked_for_shown(connection, draft, looks)

    async def failed(self, connection: AsyncConnection, error: BridgeError) -> None:
        """The hub can't see it: a person does."""
        if isinstance(error, Rejected):
            await _begin(connection, self.operation.draft, TRIED, LEFT, str(error))


async def try_again(connection: AsyncConnection, draft: str) -> bool:
    """A person wants it shown after all; False if it is not known any more."""
    return await _begin(connection, draft, LEFT, POSTED)


async def leave(connection: AsyncConnection, draft: str) -> None:
    """A person has seen to it: it is shown nowhere, and nobody is asked again."""
    await _begin(connection, draft, LEFT, SETTLED)


async def _begin(connection: AsyncConnection, id: str, old: str, new: str, error: str = "") -> bool:
    draft = await drafts.load(connection, id)
    if draft is None or not draft.message.startswith(old):
        return False
    name = f"{new}{draft.message.removeprefix(old)}"
    await drafts.rename(connection, id, name, error=error)
    return True

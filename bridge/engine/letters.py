"""Letters to customers on their way: whom one is for, handed over, and then shown on the ticket."""

from __future__ import annotations

from bridge.core.mailing import LEFT, POSTED, SETTLED
from bridge.domain.errors import BridgeError, Rejected
from bridge.domain.mails import Addressee, MailWay
from bridge.domain.operations import Outcome, OutcomeKind, SayToCustomer, ShowLetter
from bridge.engine import egress
from bridge.engine.hub import CallFailed, Hub
from bridge.engine.operation import Run, carry_out
from bridge.ports.speaking import Spoken
from bridge.store import drafts
from bridge.store.connection import AsyncConnection


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
    """Let the ticket show a letter; the helpdesk's id of it is then the message's."""
    hub = run.hub

    async def call() -> Outcome:
        id = await egress.show_letter(hub, operation)
        return Outcome(OutcomeKind.DONE, target_id=id)

    async def after(connection: AsyncConnection, outcome: Outcome) -> None:
        await drafts.rename(connection, operation.draft, outcome.target_id or "")

    async def failed(connection: AsyncConnection, error: BridgeError) -> None:
        if isinstance(error, Rejected):
            await _begin(connection, operation.draft, POSTED, LEFT, str(error))

    return await carry_out(
        run, operation, operation.ticket.connection, call, after=after, failed=failed
    )


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

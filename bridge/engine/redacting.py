"""Blotting out what a customer can read of error tracking: offered to a person, never automatic.

The e-mail has left, and there is no way back: who did it and why is written down before the call.
"""

from __future__ import annotations

from bridge.domain.errors import BridgeError
from bridge.domain.refs import TicketRef, split_ref
from bridge.engine import egress
from bridge.engine.hub import Hub
from bridge.engine.linking import require_running
from bridge.engine.retrying import FindingResolved
from bridge.store import queue, retries, tokens
from bridge.store.database import Row
from bridge.store.queue import ClaimClass, Mark

TOLD = "SENTRY_TOLD"


class NothingToRedact(BridgeError):
    """The finding is of nothing that could be blotted out, or the vendor has no way to."""


async def redact(hub: Hub, id: str, *, by: str, reason: str) -> Row | None:
    """Blot out the comment that the finding is about; None if there is no such finding.

    The ticket is read anew, and by that the finding closes itself. Raises FindingResolved,
    NothingToRedact, Paused, or what the helpdesk's call raises.
    """
    async with hub.db.read() as connection:
        found = await retries.load_finding(connection, id)
    if found is None:
        return None
    ticket, comment = _place(hub, found)
    await require_running(hub, ticket.connection)
    detail = {"ref": str(ticket), "comment": comment, "reason": reason}
    await _audit(hub, found, "finding.redacting", by, detail)
    await egress.redact_comment(hub, ticket, comment)
    async with hub.db.write() as connection:
        mark = Mark(ticket, f"redacted by {by}", ClaimClass.PERSON, read=True)
        await queue.mark(hub.db, connection, [mark])
    await _audit(hub, found, "finding.redacted", by, detail)
    hub.work_wake.set()
    return found


def refusal(hub: Hub, found: Row) -> str | None:
    """Why what the finding is about can't be blotted out; None where a person may."""
    try:
        _place(hub, found)
    except (FindingResolved, NothingToRedact) as error:
        return str(error)
    return None


def _place(hub: Hub, found: Row) -> tuple[TicketRef, str]:
    """The comment that the finding is about."""
    if found["state"] == "resolved":
        raise FindingResolved(f"Finding {found['id']} is closed: its cause is gone")
    place, _, comment = str(found["topic"]).partition("#comment/")
    if found["code"] != TOLD or not comment:
        raise NothingToRedact(
            f"A finding {found['code']} is of nothing that could be blotted out; {TOLD} is"
        )
    ticket = TicketRef(*split_ref(place))
    port = hub.connections.get(ticket.connection)
    if port is None or not port.manifest.redacts:
        title = ticket.connection if port is None else port.manifest.title
        raise NothingToRedact(
            f"{title} has no way to blot out a message that was sent: write to the customer"
        )
    return ticket, comment


async def _audit(hub: Hub, found: Row, action: str, by: str, detail: dict[str, str]) -> None:
    async with hub.db.write() as connection:
        await tokens.audit(
            connection,
            actor=by,
            action=action,
            target=f"finding {found['id']}",
            detail=detail,
            now=hub.now(),
        )

"""Held texts decided by a person: shown as they are now, and released only as they were seen.

The decision is a row; the ticket's own pass writes the note, once, by the ledger. Whoever decided
may leave and the process may die.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bridge.core.detector import KnownSentry
from bridge.core.reviewing import Birth, Shown, refusal_of_words, shown_of, why
from bridge.domain.errors import BridgeError
from bridge.domain.held import Decision, HeldState
from bridge.domain.records import Observation
from bridge.domain.refs import TicketRef, split_ref
from bridge.engine import faultpoints
from bridge.engine.hub import Hub
from bridge.kit.clock import from_ms, rfc3339
from bridge.store import held, proofs, queue, records, retries, tokens, work
from bridge.store.connection import AsyncConnection
from bridge.store.database import Row
from bridge.store.queue import ClaimClass, Mark


class HeldDecided(BridgeError):
    """Somebody else has decided otherwise, or there is nothing left to decide."""


class HeldChanged(BridgeError):
    """The text is another one than the one that was looked at."""


class HeldTextGone(BridgeError):
    """The text is not stored any more, so nobody can look at it."""


class NeverReleased(BridgeError):
    """The text is error tracking's own: it can only be said anew."""


class StillSuspect(BridgeError):
    """A person's own words look like error tracking too."""


@dataclass(frozen=True, slots=True)
class Viewed:
    """A held text with what it is about, as it is now. `shown` None: it is not stored any more."""

    row: Row
    ticket: Observation | None
    item: Observation | None
    shown: Shown | None


async def viewed(
    connection: AsyncConnection, rows: Sequence[Row], known: KnownSentry
) -> list[Viewed]:
    """The rows with their records and texts, in the same order."""
    ends = {each[end] for each in rows for end in ("ticket_key", "work_item_key")}
    stored = await records.load_many(connection, sorted(ends))
    items = {each["work_item_key"] for each in rows}
    with_origin = await work.with_origin(connection, items)
    proven = await proofs.proven(connection, items)
    found = []
    for row in rows:
        ticket, item = (
            None if (end := stored.get(row[name])) is None else end.observation
            for name in ("ticket_key", "work_item_key")
        )
        key = row["work_item_key"]
        birth = Birth(key in with_origin, proven.get(key, frozenset()))
        shown = None if item is None else shown_of(row["source"], item, birth, known)
        found.append(Viewed(row, ticket, item, shown))
    return found


async def view(hub: Hub, id: str) -> Viewed | None:
    """One held text; None if there is none of that id."""
    async with hub.db.read() as connection:
        row = await held.load(connection, id)
        return None if row is None else (await viewed(connection, [row], hub.sentry))[0]


async def decide(hub: Hub, id: str, decision: Decision) -> Viewed | None:
    """Keep the decision and wake the ticket; the text as it then stands, None if unknown.

    To decide the same once more changes nothing. Raises HeldDecided, HeldChanged, HeldTextGone,
    NeverReleased or StillSuspect, and nothing is kept then.
    """
    found = await view(hub, id)
    if found is None or _is_repeated(found.row, decision):
        return found
    _require_open(found.row)
    _require_possible(found, decision, hub.sentry)
    row = found.row
    ticket = TicketRef(*split_ref(row["ticket_key"]))
    async with hub.db.write() as connection:
        cause = f"held text {decision.state.value} by {decision.by}"
        await queue.mark(hub.db, connection, [Mark(ticket, cause, ClaimClass.PERSON)])
        await retries.release(connection, str(ticket))
        if not await held.decide(connection, id, decision):
            await _too_late(connection, id, decision)
        else:
            await tokens.audit(
                connection,
                actor=decision.by,
                action=f"held.{decision.state.value}",
                target=f"held {id}",
                detail={
                    "ticket": row["ticket_key"],
                    "source": row["source"],
                    "rule": row["rule"],
                    "seen": decision.seen,
                    "reason": decision.reason,
                },
                now=decision.at,
            )
    faultpoints.reach("held.decided")
    hub.work_wake.set()
    return await view(hub, id)


def _is_repeated(row: Row, decision: Decision) -> bool:
    """Whether this very decision is kept already: a button pressed twice, or by two people."""
    same = (row["state"], row["content"]) == (decision.state.value, decision.seen)
    return same and row["words"] == decision.words


async def _too_late(connection: AsyncConnection, id: str, decision: Decision) -> None:
    """Raise, unless somebody decided the same a moment ago."""
    row = await held.load(connection, id)
    if row is None or _is_repeated(row, decision):
        return
    _require_open(row)
    raise _changed()


def _require_open(row: Row) -> None:
    if row["state"] == HeldState.OPEN.value:
        return
    if row["state"] == HeldState.WITHDRAWN.value:
        raise HeldDecided(
            "There is nothing left to decide: the comment or its mark is gone, the link ended, or "
            "the ticket is closed"
        )
    at: datetime = from_ms(row["decided_at"])
    raise HeldDecided(f"It was {row['state']} by {row['decided_by']} at {rfc3339(at)}")


def _require_possible(found: Viewed, decision: Decision, known: KnownSentry) -> None:
    if decision.seen != found.row["content"]:
        raise _changed()
    if decision.state is HeldState.REJECTED:
        return
    if found.shown is None:
        raise HeldTextGone(
            "The text is not stored any more: have the work item read again (retry the finding), "
            "or reject it and tell the customer yourself"
        )
    if found.shown.content != decision.seen:
        raise _changed()
    if decision.state is HeldState.RELEASED and found.shown.refusal:
        raise NeverReleased(
            f"{why(found.shown.refusal)} Nobody can release it as it is: rewrite it in your own "
            "words, or reject it"
        )
    if decision.state is HeldState.REWRITTEN:
        wrong = refusal_of_words(found.row["source"], decision.words, known)
        if wrong:
            raise StillSuspect(f"{why(wrong)} Say it so that a customer could have written it")


def _changed() -> HeldChanged:
    return HeldChanged(
        "The text was edited since it was looked at, and nothing was sent: look at it again"
    )


def decision_of(
    hub: Hub, state: HeldState, *, seen: str, by: str, reason: str, words: str = ""
) -> Decision:
    """A decision that is made now."""
    return replace(Decision(state, seen, by, reason, hub.now()), words=words)

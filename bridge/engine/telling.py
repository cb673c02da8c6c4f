"""Messages to customers decided by a person: approved as they were seen, discarded, or written.

A decision is a row; the ticket's own pass does the rest. Whoever decided may leave and the process
may die.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.core.beside import BESIDE
from bridge.core.drafting import CLOSED, DOUBLED, GONE, MOVED_ON, TOLD, UNLINKED, draft_digest
from bridge.core.facts import Facts
from bridge.core.plain_text import as_typed, said_paragraphs
from bridge.core.receivers import Receiver, receivers
from bridge.core.told_wording import CONTACT, Occasion, Worded, reader_of, why_held, worded
from bridge.core.values import sha256
from bridge.domain.drafts import Draft, DraftState
from bridge.domain.errors import BridgeError, RecordMissing
from bridge.domain.mapping_tell import BY_HAND
from bridge.domain.records import CUSTOMER, Observation
from bridge.domain.refs import TicketRef, split_ref
from bridge.engine import whom
from bridge.engine.contacts import stored_contacts
from bridge.engine.days_told import day_told
from bridge.engine.hub import Hub
from bridge.engine.references import stored_reference
from bridge.engine.whom import Beside, Part
from bridge.kit.clock import rfc3339
from bridge.kit.ids import new_id
from bridge.store import connections, draft_lists, drafts, queue, records, tokens, views
from bridge.store.connection import AsyncConnection
from bridge.store.database import Row
from bridge.store.drafts import Words, draft_of
from bridge.store.leases import Claim
from bridge.store.queue import ClaimClass, Mark

LONGEST = 10_000
"""Characters of a message."""
OF_PEOPLE = 16
"""Characters at the end of a draft's token that stand for whom it reaches."""
OVER = {
    MOVED_ON: "what it told is not so any more",
    UNLINKED: "the work was unlinked",
    TOLD: "a person told the customer meanwhile",
    CLOSED: "the ticket was closed",
    GONE: "the ticket is not in the helpdesk any more",
    DOUBLED: "another message says the same",
}
"""Why a draft was superseded, in words."""


class DraftDecided(BridgeError):
    """Somebody else has decided, or there is nothing left to decide."""


class DraftChanged(BridgeError):
    """The draft says something else than what was looked at."""


class DraftSuspect(BridgeError):
    """The words look like error tracking, or say nothing."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A draft as a person who decides about it sees it."""

    draft: Draft
    row: Row
    """With what of its ticket stands beside it."""
    text: str
    """Its words, in the form in which people type them."""
    held: str
    """Why nobody can approve it as it stands; empty where a person may."""
    people: tuple[Receiver, ...]
    one: bool
    """Only whoever of them wrote last receives it."""
    reader: str
    """For whom it is worded: `power_user` or `contact`."""
    there: tuple[Receiver, ...] = ()
    """Everybody on the ticket, among whom the people were chosen."""
    letter: bool = False
    """It goes by mail, to each of them alone."""
    directs: bool = False
    """It can be sent to some of them."""
    seen: Observation | None = None
    """The ticket, as it was seen last."""
    reaches: tuple[str, ...] | None = None
    """The ids of those whom it reaches as it stands; None: not known."""

    @property
    def token(self) -> str:
        """Of its words and of whom it reaches: whoever decides names what they have seen."""
        people = " ".join(sorted(self.reaches or ()))
        return f"{self.draft.digest}{sha256(people)[:OF_PEOPLE]}"


async def seen_of(hub: Hub, rows: Sequence[Row]) -> list[Seen]:
    """These drafts with who would receive them, in the same order."""
    async with hub.db.read() as connection:
        stored = await records.load_many(connection, sorted({each["ticket_key"] for each in rows}))
    found = []
    for row in rows:
        draft = draft_of(row)
        known = stored.get(draft.ticket)
        seen = None if known is None else known.observation
        found.append(
            Seen(
                draft,
                row,
                as_typed(draft.html),
                why_held(draft.html, hub.sentry) if draft.state is DraftState.OPEN else "",
                () if seen is None else _to(hub, draft, seen),
                not draft.recipients and whom.answers_last(hub, whom.helpdesk_of(draft)),
                CONTACT if seen is None else await _reader(hub, seen),
                () if seen is None else receivers(seen),
                whom.by_letter(hub, seen),
                whom.directs(hub, whom.helpdesk_of(draft)),
                seen,
                None if seen is None else whom.reached_by(hub, seen, draft.recipients),
            )
        )
    return found


async def view(hub: Hub, id: str) -> Seen | None:
    """One draft; None if there is none of that id."""
    async with hub.db.read() as connection:
        row = await draft_lists.view(connection, id)
    return None if row is None else (await seen_of(hub, [row]))[0]


async def approve(
    hub: Hub,
    id: str,
    *,
    seen: str,
    by: str,
    text: str | None = None,
    recipients: Sequence[str] | None = None,
    beside: Beside | None = None,
) -> Seen | None:
    """Let an open draft go, as it stands or in a person's words; None if there is none.

    `beside`: others are told the same in other words, by a message of their own. To approve the
    same once more changes nothing. Raises DraftDecided, DraftChanged, DraftSuspect, NotOnTicket or
    NotDirected, and nothing is kept then.
    """
    found = await view(hub, id)
    if found is None:
        return None
    draft = found.draft
    html = draft.html if text is None or text.strip() == found.text else said_paragraphs(text)
    digest = draft_digest(html)
    said = seen[:-OF_PEOPLE] if text is None else digest
    if _is_repeated(draft, said, by):
        return found
    _require_open(draft)
    if seen != found.token:
        raise _changed()
    edited = digest != draft.digest
    first, *more = _parts(hub, found, html, recipients, beside)
    eta = first.eta if edited else draft.eta
    reaches = None if found.seen is None else whom.reached_by(hub, found.seen, first.recipients)
    words = Words(html, digest, eta, first.recipients, reaches)
    now = hub.now()
    async with hub.db.write() as connection:
        await _wake(hub, connection, draft.ticket, f"message approved by {by}")
        if await drafts.approve(connection, id, digest=draft.digest, by=by, now=now, words=words):
            how = {"edited": "reworded"} if edited else {}
            await _audit(
                hub, connection, "draft.approved", draft, by, how | _named(first.recipients)
            )
            await _keep_beside(hub, connection, draft, more, by, now)
        else:
            await _too_late(connection, id, said, by)
    hub.work_wake.set()
    return await view(hub, id)


async def _keep_beside(
    hub: Hub, connection: AsyncConnection, draft: Draft, parts: list[Part], by: str, now: datetime
) -> None:
    """Keep what was approved beside a draft, and is sent as messages of its own."""
    if not parts:
        return
    earlier = await drafts.count(connection, draft.ticket, f"{BESIDE}{draft.id}")
    for each in whom.others(draft, parts, by=by, now=now, earlier=earlier):
        await drafts.add(connection, each)
        said = {"beside": draft.id, **_named(each.recipients)}
        await _audit(hub, connection, "draft.approved", each, by, said)


def _parts(
    hub: Hub, found: Seen, html: str, recipients: Sequence[str] | None, beside: Beside | None
) -> list[Part]:
    """What is sent to whom; each text passes the gate, and each person is on the ticket."""
    draft = found.draft
    helpdesk = whom.helpdesk_of(draft)
    to = draft.recipients if recipients is None else tuple(recipients)
    given = [(html, to)]
    if beside is not None:
        given.append((said_paragraphs(beside.text), beside.recipients))
    made = []
    for text, people in given:
        wrong = why_held(text, hub.sentry)
        if wrong:
            raise DraftSuspect(wrong)
        chosen = whom.chosen(hub, helpdesk, found.there, people)
        day = day_told(hub, draft.ticket, text, found.row["eta_now"], draft.eta)
        made.append(Part(text, day, chosen))
    return whom.parts_of(made[0], made[1] if len(made) > 1 else None, letter=found.letter)


def _named(recipients: Sequence[str]) -> dict[str, str]:
    return {"to": ", ".join(recipients)} if recipients else {}


async def other_words(hub: Hub, found: Seen) -> str:
    """The draft in the words for the other kind of reader, as people type them; "": no others."""
    async with hub.db.read() as connection:
        stored = await records.load(connection, found.draft.ticket)
    if stored is None or stored.observation is None or found.draft.state is not DraftState.OPEN:
        return ""
    facts = await _facts(hub, stored.observation)
    words = None if facts is None else whom.other_words(facts, found.draft, found.row, hub.now())
    return "" if words is None else as_typed(words.html)


async def discard(hub: Hub, id: str, *, seen: str, by: str, reason: str = "") -> Seen | None:
    """Decide that an open draft is not said; None if there is none.

    Raises DraftDecided or DraftChanged, and nothing is kept then.
    """
    found = await view(hub, id)
    if found is None or found.draft.state is DraftState.DISCARDED:
        return found
    _require_open(found.draft)
    if seen[:-OF_PEOPLE] != found.draft.digest:
        raise _changed()
    async with hub.db.write() as connection:
        await _wake(hub, connection, found.draft.ticket, f"message discarded by {by}")
        if await drafts.discard(connection, id, found.draft.digest):
            said = {"why": reason} if reason else {}
            await _audit(hub, connection, "draft.discarded", found.draft, by, said)
        else:
            row = await draft_lists.view(connection, id)
            if row is not None and row["state"] != DraftState.DISCARDED.value:
                _require_open(draft_of(row))
                raise _changed()
    hub.work_wake.set()
    return await view(hub, id)


async def write(
    hub: Hub, ref: TicketRef, text: str, *, by: str, recipients: Sequence[str] = ()
) -> Seen:
    """Keep a message that a person wrote, to be looked at and approved.

    Raises DraftSuspect, NotOnTicket, NotDirected, or RecordMissing where the ticket was not looked
    at yet.
    """
    html = said_paragraphs(text)
    wrong = why_held(html, hub.sentry)
    if wrong:
        raise DraftSuspect(wrong)
    async with hub.db.read() as connection:
        row = await views.load(connection, str(ref))
        stored = await records.load(connection, str(ref))
    if row is None or stored is None or stored.observation is None:
        raise RecordMissing(f"{ref} was not looked at yet; Check now looks at it")
    to = whom.chosen(hub, ref.connection, receivers(stored.observation), recipients)
    eta = day_told(hub, str(ref), html, row["eta"])
    draft = Draft(
        new_id(), str(ref), BY_HAND, html, draft_digest(html), DraftState.OPEN, hub.now(),
        eta=eta, recipients=to,
    )  # fmt: skip
    async with hub.db.write() as connection:
        await _wake(hub, connection, str(ref), f"message written by {by}")
        await drafts.add(connection, draft)
        await _audit(hub, connection, "draft.written", draft, by, {})
    hub.work_wake.set()
    found = await view(hub, draft.id)
    assert found is not None  # noqa: S101 - written above, and drafts are never removed
    return found


async def drop(connection: AsyncConnection, claim: Claim) -> None:
    """A record is gone from its vendor: its customer can be told nothing there any more."""
    if claim.kind == "ticket":
        await drafts.end_all(connection, claim.key, GONE)
        await views.leave_tab(connection, claim.key, "to_tell")


async def begun(hub: Hub, ref: TicketRef) -> str:
    """What a message by hand begins with, in the mapping's words."""
    async with hub.db.read() as connection:
        stored = await records.load(connection, str(ref))
    if stored is None or stored.observation is None:
        return ""
    facts = await _facts(hub, stored.observation)
    said = None if facts is None else worded(facts, Occasion(BY_HAND))
    return as_typed(said.html) if isinstance(said, Worded) else ""


def why_over(draft: Draft) -> str:
    """Why it is not to be said any more, in words; empty where nobody knows."""
    if draft.state is not DraftState.SUPERSEDED:
        return draft.error
    return OVER.get(draft.error, "")


def _to(hub: Hub, draft: Draft, seen: Observation) -> tuple[Receiver, ...]:
    """Whom it reaches, and once it was let go for whom that was."""
    ids = draft.approved_for or whom.reached_by(hub, seen, draft.recipients) or ()
    return tuple(each for each in receivers(seen) if each.id in ids)


def _is_repeated(draft: Draft, digest: str, by: str) -> bool:
    """Whether this very approval is kept already: a button pressed twice."""
    gone = (DraftState.APPROVED, DraftState.SENT)
    return draft.state in gone and (draft.digest, draft.approved_by) == (digest, by)


async def _too_late(connection: AsyncConnection, id: str, digest: str, by: str) -> None:
    """Raise, unless the same was approved a moment ago."""
    row = await draft_lists.view(connection, id)
    if row is None or _is_repeated(draft_of(row), digest, by):
        return
    _require_open(draft_of(row))
    raise _changed()


def _require_open(draft: Draft) -> None:
    if draft.state is DraftState.OPEN:
        return
    if draft.state is DraftState.SUPERSEDED:
        raise DraftDecided(f"It is not to be said any more: {why_over(draft) or 'it was erased'}")
    if draft.approved_at is not None:
        by = draft.approved_by or "the mapping"
        raise DraftDecided(f"It was approved by {by} at {rfc3339(draft.approved_at)}")
    raise DraftDecided(f"It was {draft.state.value} already")


def _changed() -> DraftChanged:
    return DraftChanged(
        "The draft says something else now than when you looked at it, or goes to somebody else, "
        "and nothing was sent: look at it again"
    )


async def _wake(hub: Hub, connection: AsyncConnection, key: str, cause: str) -> None:
    ticket = TicketRef(*split_ref(key))
    await queue.mark(hub.db, connection, [Mark(ticket, cause, ClaimClass.PERSON)])


async def _audit(
    hub: Hub, connection: AsyncConnection, action: str, draft: Draft, by: str, said: dict[str, str]
) -> None:
    detail = {"ticket": draft.ticket, "reason": draft.reason, **said}
    await tokens.audit(
        connection, actor=by, action=action, target=f"draft {draft.id}", detail=detail,
        now=hub.now(),
    )  # fmt: skip


async def _reader(hub: Hub, seen: Observation) -> str:
    active = hub.mappings.get(seen.ref.connection)
    if active is None or active.data.tell.audience_from is None:
        return CONTACT
    reference = await stored_reference(hub, seen.ref.connection)
    people = await stored_contacts(hub, seen, active.data)
    return reader_of(Facts(seen.ref, seen, active.data, reference, contacts=people))


async def _facts(hub: Hub, seen: Observation) -> Facts | None:
    """The ticket in the words of its mapping; None where no mapping is in force."""
    name, customer = seen.ref.connection, seen.text(CUSTOMER)
    active = hub.mappings.get(name)
    if active is None:
        return None
    reference = await stored_reference(hub, name)
    async with hub.db.read() as connection:
        known = await connections.load_companies(connection, name, [customer])
    people = await stored_contacts(hub, seen, active.data)
    return Facts(seen.ref, seen, active.data, reference, known.get(customer), hub.sentry, people)

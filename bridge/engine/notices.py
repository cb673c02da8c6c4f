"""Notices on their way out: each channel has a timer of its own, so that one that is down delays
nothing else.

At least once: a try is written down before the call and what came of it afterwards, and a process
that dies in between makes the next one send the same message, with the same id, again.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog

from bridge.core.digests import is_digest
from bridge.core.situation import NoticePlan
from bridge.domain.errors import (
    OF_RECORD,
    ConfigProblem,
    CredentialProblem,
    PolicyViolation,
    Rejected,
    Throttled,
    Unavailable,
    UnknownOutcome,
)
from bridge.domain.findings import Finding
from bridge.domain.notices import Message, NoticeState
from bridge.domain.refs import TicketRef, split_ref
from bridge.engine import faultpoints
from bridge.engine.hub import Hub
from bridge.store import connections, history, queue, tokens
from bridge.store import notices as store
from bridge.store.connection import AsyncConnection
from bridge.store.connections import ConnectionState
from bridge.store.leases import Claim
from bridge.store.notices import Asked, DueNotice
from bridge.store.queue import Mark

log = structlog.get_logger(__name__)

TIMER = "notices"
RESENDS = 8
"""How often at most somebody who does not answer is told again."""
TRIES = 8
"""Tries without a clear answer, or not taken now, before a person has to look."""
AT_ONCE = 20
"""Notices of one pass; the rest waits for the next."""
IDLE = timedelta(seconds=30)
"""How long the timer rests though nobody woke it: a process may have died before it did."""
PAUSED = timedelta(minutes=1)
REFUSED = "NOTICE_REFUSED"


async def wake(hub: Hub, channels: Iterable[str]) -> None:
    """Have these channels send what is due."""
    names = sorted(set(channels))
    if not names:
        return
    async with hub.db.write(durable=False) as connection:
        for name in names:
            await queue.wake_timer(hub.db, connection, f"{TIMER}:{name}")
    hub.work_wake.set()


async def keep(hub: Hub, connection: AsyncConnection, key: str, plan: NoticePlan) -> None:
    """Store what a pass over a ticket decided about telling people."""
    await store.add(hub.db, connection, key, plan.new, hub.now())
    await store.take_up(connection, plan.again, hub.now())
    await store.stop(connection, plan.stop)
    await store.drop(connection, plan.drop)


async def drop(connection: AsyncConnection, claim: Claim) -> None:
    """A record is gone from its vendor: nobody is told of it any more."""
    if claim.kind == "ticket":
        await store.drop_of(connection, claim.key)


async def send_due(hub: Hub, name: str) -> datetime | None:
    """Send what is due on a channel; when to go on. None: it is no channel."""
    port = hub.connections[name]
    if port.notifier is None:
        return None
    async with hub.db.read() as connection:
        state = await connections.load(connection, name)
    if state is not None and state.paused_by not in (None, "credential"):
        return hub.now() + PAUSED
    for _ in range(AT_ONCE):
        async with hub.db.read() as connection:
            due = await store.next_due(connection, name, hub.now())
        if not isinstance(due, DueNotice):
            rest = hub.now() + IDLE
            return rest if due is None else min(due, rest)
        if await _send(hub, name, due):
            await _answers_again(hub, name, state)
            state = None
    return hub.now()


async def _send(hub: Hub, name: str, due: DueNotice) -> bool:
    """Send one notice; whether the channel took it. Raises where the channel itself fails."""
    notice = due.notice
    token = secrets.token_urlsafe(24) if notice.until_acknowledged else None
    async with hub.db.write() as connection:
        if not await store.try_to_send(connection, due, token):
            return False
    faultpoints.reach("notice.intended", name)
    try:
        message = message_of(hub, due, token)
        async with hub.calling(name):
            await hub.notifier(name).send(message)
    except Exception as failure:
        error = getattr(failure, "cause", failure)
        if isinstance(error, Rejected | PolicyViolation | ConfigProblem):
            await _refused(hub, name, due, str(error))
            return False
        if isinstance(error, Throttled) and error.scope == OF_RECORD:
            await _not_now(hub, name, due, token, error)
            return False
        if isinstance(error, UnknownOutcome):
            await _unclear(hub, name, due, str(error))
            return False
        if isinstance(error, Unavailable | Throttled | CredentialProblem):
            # Nothing went out: the channel's failures are not counted against the notice.
            async with hub.db.write() as connection:
                await store.take_back(connection, due, token)
        raise
    faultpoints.reach("notice.sent", name)
    await _sent(hub, name, due)
    return True


def message_of(hub: Hub, due: DueNotice, token: str | None) -> Message:
    """The notice as it goes out: it holds nothing but what passed the gate, and the hub's link."""
    notice = due.notice
    if notice.content is None:
        raise PolicyViolation("the notice's words were erased before it was sent")
    audience = hub.notifier(notice.channel).audience
    texts = [notice.content.title, *(value for _, value in notice.content.facts)]
    if any(each.audience > audience for each in texts):
        raise PolicyViolation(f"a notice by {notice.channel} is not for those who read there")
    return Message(
        id=notice.id,
        thread=due.ticket_key,
        recipient=notice.recipient,
        content=notice.content,
        attempt=notice.sends + 1,
        acknowledge_url="" if token is None else f"{hub.public_url}/ack/{token}",
    )


async def _sent(hub: Hub, name: str, due: DueNotice) -> None:
    notice, now = due.notice, hub.now()
    last = notice.sends >= RESENDS
    asked = notice.until_acknowledged
    state = NoticeState.DUE if asked and not last else NoticeState.SENT
    if asked and last:
        state = NoticeState.UNHEARD
    again = now + notice.resend if state is NoticeState.DUE else None
    async with hub.db.write() as connection:
        unheard = again is None and asked
        marks = _marks(due, "a notice that nobody acknowledged") if unheard else []
        await queue.lock(hub.db, connection, [str(each.ref) for each in marks])
        await store.note_sent(connection, due, state, again, now)
        await queue.mark(hub.db, connection, marks)
        if is_digest(due.ticket_key):
            # It tells of many tickets: none of them could have its words forgotten there.
            await store.forget_words(connection, notice.id)
            await history.resolve_finding(connection, name, REFUSED, _topic(due))
    hub.last_writes[name] = now
    hub.metrics.notices.labels(name, "sent").inc()
    log.info("notice sent", connection=name, notice=notice.id, attempt=notice.sends + 1)


async def _refused(hub: Hub, name: str, due: DueNotice, why: str) -> None:
    """The ticket's own pass tells a person of it; of a digest this does."""
    log.warning("notice refused", connection=name, notice=due.notice.id, why=why)
    async with hub.db.write() as connection:
        marks = _marks(due, "a notice was refused")
        await queue.lock(hub.db, connection, [str(each.ref) for each in marks])
        await store.refuse(connection, due, why)
        await queue.mark(hub.db, connection, marks)
        if is_digest(due.ticket_key):
            whom = due.notice.recipient or name
            data = {"channel": name, "recipient": whom, "reason": why, "ref": name}
            finding = Finding(REFUSED, name, None, _topic(due), data)
            await history.raise_findings(hub.db, connection, [finding], hub.now())
    hub.metrics.notices.labels(name, "refused").inc()


async def _unclear(hub: Hub, name: str, due: DueNotice, why: str) -> None:
    if due.tries + 1 >= TRIES:
        await _refused(hub, name, due, f"no clear answer after {TRIES} tries: {why}")
        return
    hub.metrics.notices.labels(name, "unclear").inc()
    async with hub.db.write() as connection:
        wait = timedelta(seconds=5 * 2**due.tries)
        await store.postpone(connection, due, hub.now() + wait)


async def _not_now(
    hub: Hub, name: str, due: DueNotice, token: str | None, error: Throttled
) -> None:
    """This one has to wait, ever longer; the channel's others go on."""
    if due.tries + 1 >= TRIES:
        await _refused(hub, name, due, f"not taken in {TRIES} tries: {error}")
        return
    hub.metrics.notices.labels(name, "postponed").inc()
    log.info("notice postponed", connection=name, notice=due.notice.id, why=str(error))
    async with hub.db.write() as connection:
        until = max(error.until, hub.now() + timedelta(minutes=2**due.tries))
        await store.drop_token(connection, token)
        await store.postpone(connection, due, until)


def _topic(due: DueNotice) -> str:
    """By which a refusal of a digest is told apart: which one, and to whom."""
    return f"{due.notice.route}:{due.notice.whom}"


def _marks(due: DueNotice, cause: str) -> list[Mark]:
    """The ticket that it tells of looks again; a digest tells of many."""
    if is_digest(due.ticket_key):
        return []
    return [Mark(TicketRef(*split_ref(due.ticket_key)), cause)]


async def _answers_again(hub: Hub, name: str, state: ConnectionState | None) -> None:
    """Whatever was said of the channel is over."""
    if state is None or (state.paused_by is None and state.down_since is None):
        return
    codes = frozenset({"AUTH_EXPIRED", "REMOTE_DOWN"})
    async with hub.db.write(durable=False) as connection:
        if state.paused_by == "credential":
            await connections.resume(connection, name, by="credential")
        await connections.change(connection, name, down_since=None, probes=0)
        await history.resolve_connection_findings(connection, name, codes)


async def asked(hub: Hub, token: str) -> Asked | None:
    """The notice whose link holds the token; looking changes nothing."""
    async with hub.db.read() as connection:
        return await store.asked_by(connection, token)


async def acknowledge(hub: Hub, token: str, by: str) -> Asked | None:
    """Keep that whoever was asked knows, and how they call themselves; None: no such token.

    The first to say so is remembered; saying it again changes nothing.
    """
    found = await asked(hub, token)
    if found is None or found.acknowledged_at is not None:
        return found
    async with hub.db.write() as connection:
        # The ticket before its notices, as a pass over it does.
        await queue.lock(hub.db, connection, [found.ticket_key])
        await store.acknowledge(connection, found, by, hub.now())
        await tokens.audit(
            connection,
            # What was typed proves nothing, and erasure looks at the detail.
            actor="notice link",
            action="notice.acknowledged",
            target=f"ticket {found.ticket_key}",
            detail={"route": found.notice.route, "notice": found.notice.id, "name": by},
            now=hub.now(),
        )
        ref = TicketRef(*split_ref(found.ticket_key))
        await queue.mark(hub.db, connection, [Mark(ref, "a notice was acknowledged")])
    hub.work_wake.set()
    return await asked(hub, token)

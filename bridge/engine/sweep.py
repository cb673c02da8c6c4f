"""Sweep and patrol: the net under every webhook.

A sweep lists what changed since its cursor; what it finds and no webhook had told is a repair,
counted, because the repaired count is how a dead webhook shows. A patrol re-reads every active
record within a week, for what no list shows: deletions, moves, dates of versions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bridge.core.wanted import Wanted, item_fields, ticket_want
from bridge.domain.records import CHANGED_AT, LINKED, Observation, Presence
from bridge.domain.refs import Ref, SignalRef, TicketRef, WorkItemRef
from bridge.engine import silence
from bridge.engine.hub import Hub
from bridge.engine.known_sentry import learn
from bridge.engine.references import reference_of
from bridge.engine.taking_in import take_in
from bridge.ports.manifest import Role
from bridge.ports.roles import ChangedPage, Want
from bridge.store import connections, history, moves, patrols, queue, records
from bridge.store.connection import AsyncConnection
from bridge.store.connections import ConnectionState
from bridge.store.queue import Mark
from bridge.store.records import BOOKKEEPING

log = structlog.get_logger(__name__)

PATROL_SPAN = timedelta(days=7)
PATROL_EVERY = timedelta(minutes=10)
PROBE_FIRST = timedelta(minutes=1)
PROBE_LAST = timedelta(minutes=30)
TO_BE_SURE = "sweep: a change that was told is looked at as a whole"
"""Why a record is read whose newest change a webhook has told of, if not all of it."""


async def sweep(hub: Hub, name: str) -> datetime | None:
    """List what changed on a connection and mark it; when to sweep next."""
    state = await _state(hub, name)
    if state is None:
        return None
    if state.paused_by is not None:
        return await _paused(hub, name, state)
    if hub.connections[name].signals is not None:
        # Nothing else reads it: by its projects the short ids in people's notes are known.
        await reference_of(hub, name)
    want = want_of(hub, name)
    cursor = state.cursor
    more, repaired = True, 0
    while more:
        page = await _page(hub, name, cursor, state.start_mark, want)
        repaired += await _take(hub, name, page, first=state.cursor is None)
        cursor, more = page.cursor, page.more
    if state.down_since is not None:
        await _back(hub, name)
    await _seen_again(hub, name)
    if hub.connections[name].signals is not None:
        await reference_of(hub, name)
        await learn(hub)
    await silence.listen(hub, name, repaired=repaired)
    return hub.now() + timedelta(seconds=hub.connections[name].settings.sweep_s)


async def _seen_again(hub: Hub, name: str) -> None:
    """Few records are absent: whatever made many so is over."""
    since = hub.now() - timedelta(hours=1)
    async with hub.db.read() as connection:
        many = await records.recently_absent(connection, name, since)
    if many <= records.MANY_ABSENT:
        async with hub.db.write(durable=False) as connection:
            codes = frozenset({"CREDENTIAL_SUSPECT"})
            await history.resolve_connection_findings(connection, name, codes)


async def _back(hub: Hub, name: str) -> None:
    """The vendor answers again."""
    async with hub.db.write(durable=False) as connection:
        await connections.change(connection, name, down_since=None)
        await history.resolve_connection_findings(connection, name, frozenset({"REMOTE_DOWN"}))
    hub.work_wake.set()


async def _state(hub: Hub, name: str) -> ConnectionState | None:
    async with hub.db.read() as connection:
        return await connections.load(connection, name)


def want_of(hub: Hub, name: str) -> Want:
    """What a list or batch read of the connection must bring."""
    active = hub.mappings.get(name)
    if hub.connections[name].helpdesk is not None:
        want = Want() if active is None else as_want(ticket_want(active.data))
        return replace(want, comments=want.comments or bool(hub.names(Role.SIGNALS)))
    eta = hub.connections[name].manifest.eta
    return as_want(item_fields([each.data for each in hub.mappings.values()], name, eta))


def as_want(wanted: Wanted) -> Want:
    """What a list or batch must bring. Lists only say whose comments and files have changed."""
    return Want(wanted.fields, wanted.timed, wanted.attachments, wanted.comments)


async def _page(
    hub: Hub, name: str, cursor: str | None, since: datetime, want: Want
) -> ChangedPage:
    port = hub.connections[name]
    async with hub.calling(name):
        if port.helpdesk is not None:
            return await port.helpdesk.list_changed(cursor, since, want)
        if port.signals is not None:
            return await port.signals.list_changed(cursor, since)
        return await hub.tracker(name).list_changed(cursor, since, want)


def _ref(hub: Hub, name: str, id: str) -> Ref:
    port = hub.connections[name]
    if port.signals is not None:
        return SignalRef(name, id)
    return TicketRef(name, id) if port.helpdesk is not None else WorkItemRef(name, id)


async def _take(hub: Hub, name: str, page: ChangedPage, *, first: bool) -> int:
    """Merge a page and move the cursor, in one transaction: a killed sweep loses nothing.

    Returns how many changes a webhook should have told of and did not. What the `first` sweep
    finds was there before; what the vendor has no webhook for is nobody's loss.
    """
    async with hub.db.write(durable=False) as connection:
        ids = {*page.changed_ids, *(each.ref.id for each in page.observations)}
        await _lock(hub, connection, name, ids)
        marks = await _merge(hub, connection, page.observations, repaired_by="sweep")
        told = sum(each.cause != TO_BE_SURE for each in marks)
        known = await records.load_many(
            connection, [str(_ref(hub, name, id)) for id in page.changed_ids]
        )
        seen = {str(each.ref) for each in page.observations}
        helpdesk = hub.connections[name].helpdesk is not None
        for id in page.changed_ids:
            ref = _ref(hub, name, id)
            stored = known.get(str(ref))
            if str(ref) in seen or (stored is None and not helpdesk):
                continue
            if stored is not None and stored.presence is Presence.DELETED:
                # Known by the vendor's word; one that came back is listed with what it holds.
                continue
            marks.append(Mark(ref, "sweep", read=True))
        await queue.mark(hub.db, connection, marks)
        if hub.connections[name].manifest.comment_webhooks or not helpdesk:
            told = sum(each.cause != TO_BE_SURE for each in marks)
        repaired = 0 if first else told
        await _count(hub, connection, name, repaired)
        await connections.change(connection, name, cursor=page.cursor, swept_at=hub.now())
    if marks:
        hub.metrics.repaired(name, "sweep", repaired)
        hub.work_wake.set()
    return repaired


async def _lock(hub: Hub, connection: AsyncConnection, name: str, ids: Iterable[str]) -> None:
    """Lock all records of a list before the first is written: they are written in two orders."""
    keys = [str(_ref(hub, name, id)) for id in ids]
    await queue.lock(hub.db, connection, keys)


async def _merge(
    hub: Hub, connection: AsyncConnection, seen: Sequence[Observation], *, repaired_by: str
) -> list[Mark]:
    """Merge observations of known records (and of any ticket); marks for those that changed.

    An observation with a revision that is only a part (a feed's row) is not merged: it only says
    that there is a newer revision than the stored one, and the record is read.
    """
    marks = []
    known = await records.load_many(connection, [str(each.ref) for each in seen])
    for each in sorted(seen, key=lambda o: o.ref.id):
        stored = known.get(str(each.ref))
        if stored is None and not _is_met_here(each):
            continue
        if stored is not None and stored.merged_into is not None:
            continue
        held = None if stored is None else stored.observation
        if each.revision is not None and not each.whole:
            if _is_news(held, each.revision):
                told = each.text(CHANGED_AT)
                heard = told and held is not None and held.text(CHANGED_AT) == told
                cause = TO_BE_SURE if heard else repaired_by
                marks.append(Mark(each.ref, cause, read=True))
            continue
        observed = await take_in(hub, connection, each)
        if held is None or observed.changed - BOOKKEEPING:
            await moves.tell_of_move(connection, observed, hub.now())
            # What was linked to a signal is seen when it is read.
            marks.append(Mark(each.ref, repaired_by, read=isinstance(each.ref, SignalRef)))
    return marks


def _is_met_here(seen: Observation) -> bool:
    """Whether a list is where the hub gets to know a record: any ticket, and a signal to which its
    own vendor has linked something, which may be an item that a ticket hangs on.
    """
    return isinstance(seen.ref, TicketRef) or bool(seen.text(LINKED))


def _is_news(held: Observation | None, revision: int) -> bool:
    """Whether a feed's row tells more than the store knows: a newer revision, or a restored one."""
    if held is None or held.revision is None or held.revision < revision:
        return True
    return held.presence is not Presence.PRESENT


async def _count(hub: Hub, connection: AsyncConnection, name: str, repaired: int) -> None:
    """Remember what no webhook told of; without a door for webhooks none could."""
    if hub.connections[name].receiver is not None:
        await connections.count_repairs(connection, name, repaired)


async def patrol(hub: Hub, name: str) -> datetime | None:
    """Re-read the next few active records, so that each is read within a week; when to go on."""
    state = await _state(hub, name)
    again = hub.now() + PATROL_EVERY
    if state is None or state.paused_by is not None:
        return again
    async with hub.db.read() as connection:
        active = await patrols.count_active(connection, name)
    if not active:
        return again
    share = -(-active * PATROL_EVERY // PATROL_SPAN)
    limit = min(max(1, int(share)), hub.connections[name].manifest.batch_read)
    async with hub.db.write(durable=False) as connection:
        ids = await patrols.next_batch(
            hub.db, connection, name, before=hub.now() - PATROL_SPAN / 2, limit=limit
        )
    if not ids:
        return again
    seen = await _read(hub, name, ids)
    found = {each.ref.id for each in seen}
    async with hub.db.write(durable=False) as connection:
        await _lock(hub, connection, name, {*ids, *found})
        marks = await _merge(hub, connection, seen, repaired_by="patrol")
        repaired = len(marks)
        # Not shown in a batch is a reason to look at the one record, no more.
        marks += [Mark(_ref(hub, name, id), "patrol", read=True) for id in ids if id not in found]
        await queue.mark(hub.db, connection, marks)
        await _count(hub, connection, name, repaired)
    if repaired:
        hub.metrics.repaired(name, "patrol", repaired)
    return again


async def _read(hub: Hub, name: str, ids: list[str]) -> list[Observation]:
    # Files and comments cost calls for each record; lists say where they have changed.
    want = replace(want_of(hub, name), attachments=False, comments=False)
    port = hub.connections[name]
    async with hub.calling(name):
        if port.helpdesk is not None:
            return await port.helpdesk.fetch_tickets(ids, want)
        if port.signals is not None:
            return await port.signals.fetch_signals(ids)
        return await hub.tracker(name).fetch_items(ids, want)


async def _paused(hub: Hub, name: str, state: ConnectionState) -> datetime:
    """A pause for a bad credential is probed and ends by itself; a person's stays."""
    now = hub.now()
    if state.paused_by != "credential":
        return now + PROBE_FIRST
    await reference_of(hub, name, fresh=True)
    async with hub.db.write(durable=False) as connection:
        await connections.resume(connection, name, by="credential")
        await history.resolve_connection_findings(
            connection, name, frozenset({"AUTH_EXPIRED", "CREDENTIAL_SUSPECT"})
        )
    log.info("connection resumed", connection=name)
    hub.work_wake.set()
    return now


def probe_after(probes: int) -> timedelta:
    """How long to wait before a paused connection is probed again: 1 to 30 minutes."""
    return min(PROBE_FIRST * (1 << min(probes, 10)), PROBE_LAST)

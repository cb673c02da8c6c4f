"""Observe: read from the vendor only what is thin or stale, with no transaction open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.domain import records as facts
from bridge.domain.errors import RecordMissing
from bridge.domain.findings import Finding
from bridge.domain.records import Observation, Presence
from bridge.domain.refs import SignalRef, TicketRef
from bridge.engine.hub import Hub
from bridge.engine.intake import absorb
from bridge.engine.taking_in import take_in
from bridge.ports.roles import Want
from bridge.store import history, moves, records, work
from bridge.store.records import StoredRecord


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of the record now. `look_again`: when an absence is to be proven."""

    observation: Observation | None
    presence: Presence
    look_again: datetime | None = None
    merged_into: str | None = None


def needs_read(stored: StoredRecord, want: Want) -> bool:
    """Whether a look at the record is a call to its vendor."""
    seen = stored.observation
    if seen is None or stored.read_at is None or stored.read_wanted is not None:
        return True
    if stored.presence is Presence.ABSENT:
        return True
    return (want.attachments and not seen.knows(facts.ATTACHMENTS)) or (
        want.comments and not seen.knows(facts.COMMENTS)
    )


async def observe(hub: Hub, stored: StoredRecord, want: Want, *, force: bool = False) -> Seen:
    """The record as it is known, read from the vendor where that is needed."""
    if stored.presence is Presence.MERGED:
        return Seen(stored.observation, Presence.MERGED, merged_into=stored.merged_into)
    if not force and not needs_read(stored, want):
        return Seen(stored.observation, stored.presence)
    fetched = await _fetch(hub, stored, want)
    return await (_absent(hub, stored) if fetched is None else _store(hub, stored, fetched))


async def _fetch(hub: Hub, stored: StoredRecord, want: Want) -> Observation | None:
    name, ref = stored.ref.connection, stored.ref
    async with hub.calling(name):
        try:
            if isinstance(ref, TicketRef):
                return await hub.helpdesk(name).fetch_ticket(ref.id, want)
            if isinstance(ref, SignalRef):
                return await hub.signals(name).fetch_signal(ref.id)
            return await hub.tracker(name).fetch_item(ref.id, want)
        except RecordMissing:
            return None


async def _store(hub: Hub, stored: StoredRecord, fetched: Observation) -> Seen:
    async with hub.db.write(durable=False) as connection:
        observed = await take_in(hub, connection, fetched, satisfies=stored.read_wanted)
        await moves.tell_of_move(connection, observed, hub.now())
        if isinstance(fetched.ref, TicketRef):
            olds = [*fetched.texts(facts.ALIASES)]
            if fetched.ref != stored.ref:
                olds.append(stored.ref.id)
            await absorb(hub, connection, fetched.ref, olds, own=str(stored.ref))
            await records.set_aliases(hub.db, connection, fetched.ref, fetched.texts(facts.THREADS))
        if fetched.presence is Presence.DELETED:
            await work.break_links(connection, str(stored.ref))
    if fetched.ref != stored.ref:
        return Seen(fetched, Presence.MERGED, merged_into=str(fetched.ref))
    return Seen(observed.after, fetched.presence)


async def _absent(hub: Hub, stored: StoredRecord) -> Seen:
    """Not shown once proves nothing; twice, ten minutes apart, breaks the links."""
    now, name = hub.now(), stored.ref.connection
    async with hub.db.write(durable=False) as connection:
        many = await records.recently_absent(connection, name, now - timedelta(hours=1))
        if many > records.MANY_ABSENT and stored.absent_since is not None:
            said = {"connection": name, "count": str(many)}
            finding = Finding("CREDENTIAL_SUSPECT", name, data=said)
            await history.raise_findings(hub.db, connection, [finding], now)
            return Seen(stored.observation, Presence.ABSENT, now + timedelta(hours=1))
        presence, again = await records.note_absence(
            hub.db, connection, stored, now, shown=hub.shown(name)
        )
        if presence in (Presence.MISSING, Presence.DELETED):
            # Proven by its absence, or by the vendor's word that this look bears out.
            await work.break_links(connection, str(stored.ref))
    return Seen(stored.observation, presence, again)

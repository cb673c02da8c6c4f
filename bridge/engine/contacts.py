"""What the helpdesk says of the people on a ticket: read rarely, kept with its time."""

from __future__ import annotations

from collections.abc import Mapping as Table

import structlog

from bridge.core.wanted import contact_properties
from bridge.domain.errors import RecordMissing, Rejected, ScopeMissing
from bridge.domain.mapping import Mapping
from bridge.domain.records import CONTACTS, Contact, Observation
from bridge.engine.hub import Hub
from bridge.engine.references import COMPANY_AGE
from bridge.ports.contacts import MOST
from bridge.store import connections

log = structlog.get_logger(__name__)


async def contacts_of(hub: Hub, seen: Observation, mapping: Mapping) -> Table[str, Contact]:
    """The people on the ticket, by id; those that are old or unknown are read, in one call.

    Nobody is asked about where the mapping names no property of theirs. Whom the vendor does not
    show has none, for as long as the others are not asked about again.
    """
    wanted, name = contact_properties(mapping), seen.ref.connection
    ids = [*dict.fromkeys(seen.texts(CONTACTS))][:MOST]
    if not (wanted and ids):
        return {}
    async with hub.turn(f"contacts {seen.ref}"):
        async with hub.db.read() as connection:
            held = await connections.contacts_read(connection, name, ids)
        now = hub.now()
        known = {id: each for id, (each, _) in held.items()}
        old = [
            id
            for id in ids
            if id not in held
            or now - held[id][1] > COMPANY_AGE
            or not wanted <= known[id].properties.keys()
        ]
        if not old:
            return known
        try:
            async with hub.calling(name):
                read = await hub.knowing(name).fetch_contacts(old, wanted)
        except (RecordMissing, Rejected, ScopeMissing) as error:
            # Who reads is worth better words, not a standstill of the whole helpdesk.
            log.warning("contacts not read", connection=name, error=str(error))
            read = [known[id] for id in old if id in known]
        found = {each.id: each for each in read}
        new = {id: found.get(id) or Contact(id, dict.fromkeys(wanted)) for id in old}
        async with hub.db.write(durable=False) as connection:
            # In one order everywhere: no two tickets of the same people wait for each other.
            for _, each in sorted(new.items()):
                await connections.store_contact(hub.db, connection, name, each, now)
    return known | new


async def stored_contacts(hub: Hub, seen: Observation, mapping: Mapping) -> Table[str, Contact]:
    """The people on the ticket as they were read last. Goes to no vendor."""
    if not contact_properties(mapping):
        return {}
    async with hub.db.read() as connection:
        held = await connections.contacts_read(
            connection, seen.ref.connection, seen.texts(CONTACTS)
        )
    return {id: each for id, (each, _) in held.items()}

"""Reference data of connections (statuses, fields, customers): read rarely, kept with its time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog

from bridge.core.wanted import company_properties
from bridge.domain.errors import RecordMissing, Rejected, ScopeMissing
from bridge.domain.findings import Finding
from bridge.domain.mapping import Mapping
from bridge.domain.records import ITERATION, STATUS, Company, Observation, Reference
from bridge.engine.hub import Hub
from bridge.store import connections, history

log = structlog.get_logger(__name__)

SCHEMA_AGE = timedelta(hours=12)
COMPANY_AGE = timedelta(hours=6)
UNKNOWN_AGE = timedelta(minutes=5)
RIGHT_MISSING = "RIGHT_MISSING"


async def reference_of(hub: Hub, name: str, *, fresh: bool = False) -> Reference:
    """The connection's reference data, read from the vendor when old, unknown or asked for."""
    now = hub.now()
    held = hub.references.get(name)
    if held is None:
        async with hub.db.read() as connection:
            held = await connections.load_reference(connection, name)
    if held is not None and not fresh and now - held[1] <= SCHEMA_AGE:
        hub.references[name] = held
        return held[0]
    port = hub.connections[name]
    async with hub.calling(name):
        if port.helpdesk is not None:
            reference = await port.helpdesk.fetch_reference()
        elif port.signals is not None:
            reference = await port.signals.fetch_reference()
        else:
            reference = await hub.tracker(name).fetch_reference()
    async with hub.db.write(durable=False) as connection:
        await connections.store_reference(hub.db, connection, name, reference, now)
    hub.references[name] = (reference, now)
    return reference


async def reference_for(hub: Hub, seen: Observation) -> Reference:
    """The reference data for planning this record: read again where it does not know its status.

    An admin's new status or a team's new sprint is not older than what we read; but a status that
    is unknown for good must not cost a call each time, hence `UNKNOWN_AGE`.
    """
    name = seen.ref.connection
    reference = await reference_of(hub, name)
    status, iteration = seen.text(STATUS), seen.text(ITERATION)
    unknown = (status and status not in reference.statuses) or (
        iteration and iteration not in reference.iteration_ends
    )
    held = hub.references.get(name)
    if not unknown or held is None or hub.now() - held[1] <= UNKNOWN_AGE:
        return reference
    return await reference_of(hub, name, fresh=True)


async def refresh_outdated(hub: Hub, names: Iterable[str]) -> bool:
    """Read those again that were not read in the last minutes; whether any was."""
    read = False
    for name in names:
        await stored_reference(hub, name)
        held = hub.references.get(name)
        if held is None or hub.now() - held[1] > UNKNOWN_AGE:
            await reference_of(hub, name, fresh=True)
            read = True
    return read


async def stored_reference(hub: Hub, name: str) -> Reference:
    """The reference data as last read, however old; empty if it never was. Goes to no vendor."""
    held = hub.references.get(name)
    if held is None:
        async with hub.db.read() as connection:
            held = await connections.load_reference(connection, name)
        if held is not None:
            hub.references[name] = held
    return Reference() if held is None else held[0]


async def company_of(
    hub: Hub,
    name: str,
    id: str,
    mapping: Mapping,
    *,
    held: tuple[Company, datetime] | None = None,
) -> Company | None:
    """The customer, read from the vendor when old or unknown; None if the vendor has none.

    `held` is what the caller has just loaded. Passes that want the same customer at the same time
    wait for the one that reads it.
    """
    wanted = company_properties(mapping)
    if held is not None and _serves(held, wanted, hub.now()):
        return held[0]
    async with hub.turn(f"company {name}:{id}"):
        async with hub.db.read() as connection:
            held = await connections.load_company(connection, name, id)
        if held is not None and _serves(held, wanted, hub.now()):
            return held[0]
        return await _read_company(hub, name, id, wanted, None if held is None else held[0])


def _serves(held: tuple[Company, datetime], wanted: frozenset[str], now: datetime) -> bool:
    company, read_at = held
    return now - read_at <= COMPANY_AGE and wanted <= company.properties.keys()


async def _read_company(
    hub: Hub, name: str, id: str, wanted: frozenset[str], before: Company | None
) -> Company | None:
    now = hub.now()
    async with hub.calling(name):
        try:
            company = await hub.helpdesk(name).fetch_company(id, wanted)
        except RecordMissing:
            return None
        except (Rejected, ScopeMissing) as error:
            # The customer is worth a name in a title, not a standstill of the whole helpdesk.
            log.warning("company not read", connection=name, error=str(error))
            if isinstance(error, ScopeMissing):
                await _tell(hub, name, str(error))
            return before
    async with hub.db.write(durable=False) as connection:
        await history.resolve_connection_findings(connection, name, frozenset({RIGHT_MISSING}))
        await connections.store_company(hub.db, connection, name, company, now)
    return company


async def _tell(hub: Hub, name: str, why: str) -> None:
    """Say once for the whole connection which right is missing."""
    said = {"connection": name, "reason": why.rstrip(".")}
    async with hub.db.write(durable=False) as connection:
        finding = Finding(RIGHT_MISSING, name, data=said)
        await history.raise_findings(hub.db, connection, [finding], hub.now())

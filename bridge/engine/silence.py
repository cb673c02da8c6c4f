"""Silence: a connection whose webhooks stopped, told apart from one where nothing happens.

Its usual gap alone proves nothing: people sleep. That a sweep found a change meanwhile which no
webhook told does.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from bridge.core.rhythm import unlike, usual_gap
from bridge.domain.findings import Finding
from bridge.engine.hub import Hub
from bridge.kit.clock import rfc3339
from bridge.store import figures, history

log = structlog.get_logger(__name__)

SILENT = "WEBHOOKS_SILENT"
AS_KNOWN = timedelta(minutes=10)
"""How long a worked out rhythm is taken as it is."""


async def usual_gap_of(hub: Hub, name: str) -> timedelta | None:
    """The usual gap between bursts of the connection's deliveries; None while not known."""
    known = hub.gaps.get(name)
    now = hub.now()
    if known is not None and now - known[1] < AS_KNOWN:
        return known[0]
    async with hub.db.read(long=True) as connection:
        gap = usual_gap(await figures.recent_deliveries(connection, name))
    hub.gaps[name] = (gap, now)
    return gap


async def listen(hub: Hub, name: str, *, repaired: int) -> None:
    """Say if the connection is silent against its habit; take it back when it speaks again.

    `repaired`: how many changes the sweep found just now that no webhook had told.
    """
    port = hub.connections[name]
    if port.receiver is None:
        return
    async with hub.db.read() as connection:
        last = (await figures.last_deliveries(connection)).get(name)
        said = await figures.is_open(connection, name, [SILENT])
    if last is None:
        return
    silent = unlike(hub.now() - last, await usual_gap_of(hub, name))
    if said and not silent:
        async with hub.db.write(durable=False) as connection:
            await history.resolve_connection_findings(connection, name, frozenset({SILENT}))
    elif silent and (repaired or (not said and await _repaired_since(hub, name, last))):
        await _tell(hub, name, last)


async def _repaired_since(hub: Hub, name: str, last: datetime) -> bool:
    async with hub.db.read() as connection:
        return await figures.repaired_since(connection, name, last)


async def _tell(hub: Hub, name: str, last: datetime) -> None:
    said = {"connection": name, "since": rfc3339(last)}
    log.warning("webhooks silent", connection=name, since=said["since"])
    async with hub.db.write(durable=False) as connection:
        finding = Finding("WEBHOOKS_SILENT", name, data=said)
        await history.raise_findings(hub.db, connection, [finding], hub.now())


async def measure(hub: Hub) -> None:
    """Set the gauges of what was given up, what is unread, and who is silent."""
    metrics = hub.metrics
    async with hub.db.read() as connection:
        given_up = await figures.dead(connection)
        metrics.unread.set(await figures.unread(connection))
        last = await figures.last_deliveries(connection)
    for kind in ("ticket", "work_item", "timer"):
        metrics.dead.labels(kind).set(given_up.get(kind, 0))
    for name in sorted(hub.connections.keys() & last.keys()):
        silence = (hub.now() - last[name]).total_seconds()
        metrics.silence.labels(name).set(max(0.0, silence))
        gap = await usual_gap_of(hub, name)
        if gap is not None:
            metrics.usual_gap.labels(name).set(gap.total_seconds())

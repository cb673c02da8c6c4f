"""Cheap figures that tell that something of a topic has changed; what has, a page reads itself.

Each is a text that differs as soon as what a page of the topic shows may differ, and is read by
keys or from small tables.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa

from bridge.kit.clock import to_ms
from bridge.store import jobs
from bridge.store.connection import AsyncConnection
from bridge.store.database import rows
from bridge.store.tables import (
    connection_state,
    findings,
    links,
    records,
    reference_data,
    transitions,
)
from bridge.store.tables import jobs as job_table
from bridge.store.tallies import Tally

COUNTED = 100
"""More changes than this are told as so many."""
_NOISE_MS = 10_000
"""How exactly times that move with all traffic are looked at."""


async def of_tickets(connection: AsyncConnection, keys: Iterable[str]) -> dict[str, str]:
    """Each ticket's figure: it moves with every pass over it, every reading, and its links."""
    wanted = sorted(set(keys))
    r, link = records.c, links.c
    found = await rows(
        connection,
        sa.select(r.key, r.done_generation, r.read_at, r.dead).where(
            r.key.in_(wanted), r.kind == "ticket"
        ),
    )
    # A link is made before the next pass over its ends.
    linked = await rows(
        connection,
        sa.select(link.ticket_key, sa.func.count().label("n"), sa.func.max(link.id).label("id"))
        .where(link.ticket_key.in_(wanted), link.state != "ended")
        .group_by(link.ticket_key),
    )
    ties = {each["ticket_key"]: (each["n"], each["id"]) for each in linked}
    seen = {each["key"]: (each["done_generation"], each["read_at"], each["dead"]) for each in found}
    return {key: _figure((seen.get(key), ties.get(key))) for key in wanted}


async def newest_change(connection: AsyncConnection) -> str:
    """The id of the newest change of what any ticket shows; "" if there was none."""
    return str(await connection.scalar(sa.select(sa.func.max(transitions.c.id))) or "")


def list_figure(newest: str, counts: Mapping[str, Tally], total: Tally) -> str:
    """The figure of the list of tickets: its newest change, and how many stand in each tab."""
    numbers = sorted((need, each.number) for need, each in counts.items())
    return _figure((newest, numbers, total.number))


async def changed_tickets(connection: AsyncConnection, since: str) -> int:
    """How many tickets have changed since the change of that id, `COUNTED` at most."""
    t = transitions.c
    newer = (
        sa.select(t.record_key).where(t.id > since).order_by(t.id).limit(COUNTED * 10).subquery()
    )
    found = await connection.scalar(sa.select(sa.func.count(sa.distinct(newer.c.record_key))))
    return min(int(found or 0), COUNTED)


async def of_health(connection: AsyncConnection, now: datetime) -> str:
    """The figure of how all connections are. It moves each minute, because spans do."""
    c, f, r, j = connection_state.c, findings.c, reference_data.c, job_table.c
    quiet = [
        *(c.name, c.start_mark, c.throttled_until, c.down_since),
        *(c.paused_by, c.paused_reason, c.paused_at),
    ]
    moving = (c.last_delivery_at, c.last_write_at, c.swept_at)
    roughly = [sa.func.coalesce(column, 0) // _NOISE_MS for column in moving]
    states = (await connection.execute(sa.select(*quiet, *roughly).order_by(c.name))).all()
    wrong = (
        await connection.execute(
            sa.select(f.id, f.state).where(f.ref == "", f.state != "resolved").order_by(f.id)
        )
    ).all()
    checked = (
        await connection.execute(
            sa.select(r.connection, r.read_at).where(r.kind == "check").order_by(r.connection)
        )
    ).all()
    live = (
        await connection.execute(
            sa.select(j.id, j.state, j.done)
            .where(j.state.in_(sorted(each.value for each in jobs.LIVE)))
            .order_by(j.id)
        )
    ).all()
    minute = to_ms(now) // 60_000
    said = [[tuple(each) for each in part] for part in (states, wrong, checked, live)]
    return _figure((said, minute))


def _figure(said: object) -> str:
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]

"""What a large store costs: per change, and on the pages that people see."""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import sqlalchemy as sa

from bench.seeding import at_rest, link_each
from bench.stage import ADMIN_TOKEN, Stage, at_peace, staged, until
from bridge.domain.access import AccessRole, Actor
from bridge.engine import signing_in
from bridge.kit.clock import from_ms
from bridge.store import connections

PAGES = (
    "/",
    "/?needs=with_engineering",
    "/?stage=in_testing",
    "/?q=90999",
    "/?customer=Acme",
    "/tickets/hubspot/9000777",
    "/work-items/boards/9000777",
    "/api/v1/tickets",
    "/api/v1/tickets?needs=with_engineering",
    "/api/v1/tickets?stage=in_testing",
    "/api/v1/tickets?q=90999",
    "/api/v1/tickets?customer=Acme",
    "/api/v1/tickets/hubspot/9000777",
    "/api/v1/findings",
    "/customers?name=Acme",
    "/health",
    "/deliveries",
    "/deliveries?q=9000777",
    "/deliveries?state=parked",
    "/findings",
    "/audit",
    "/audit?who=nobody",
)

_NUMBERS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < :count)"
_SEEN = (
    '{"facts": {"@subject": ["Export stops", "2026-01-01T00:00:00+00:00"]}, '
    '"seen_at": "2026-01-01T00:00:00+00:00", "source": "read", "revision": 1, '
    '"whole": true, "presence": "present"}'
)


async def _fill(stage: Stage, count: int) -> None:
    """So many tickets, each linked to a work item of its own, in a few statements."""
    # As the patrol of a hub that has run for a week leaves them: none is overdue.
    given = {"count": count, "seen": _SEEN, "now": round(time.time() * 1000)}
    async with stage.filling() as hub, hub.db.write(durable=False) as connection:
        for kind, name in (("ticket", "hubspot"), ("work_item", "boards")):
            await connection.execute(
                sa.text(
                    f"{_NUMBERS} INSERT INTO records (key, kind, connection, vendor_id, "  # noqa: S608 - our own words
                    "observation, read_at, active, mirror_digest, patrolled_at) "
                    f"SELECT '{name}:' || (9000000 + x), '{kind}', '{name}', 9000000 + x, "
                    ":seen, 0, 1, 'd', :now FROM n"
                ),
                given,
            )
        await connection.execute(
            sa.text(
                f"{_NUMBERS} INSERT INTO links (id, ticket_key, work_item_key, route, state, "  # noqa: S608 - our own words
                "created_at, created_by) SELECT 'l' || x, 'hubspot:' || (9000000 + x), "
                "'boards:' || (9000000 + x), 'bug', 'active', 0, 'bench' FROM n"
            ),
            given,
        )


async def _views(stage: Stage, count: int) -> None:
    stages = "CASE x % 3 WHEN 0 THEN 'in_testing' WHEN 1 THEN 'reported' ELSE NULL END"
    async with stage.filling() as hub, hub.db.write(durable=False) as connection:
        await connection.execute(
            sa.text(
                f"{_NUMBERS} INSERT INTO ticket_views (ticket_key, connection, vendor_id, subject, "  # noqa: S608 - our own words
                "customer, stage_id, stage_label, needs, closed, search, updated_at) "
                "SELECT 'hubspot:' || (9000000 + x), 'hubspot', 9000000 + x, 'Export stops', "
                f"CASE x % 50 WHEN 0 THEN 'Acme' ELSE 'Customer ' || (x % 500) END, {stages}, "
                "'In testing', '[\"with_engineering\"]', 0, "
                "'export stops ' || (9000000 + x), 0 FROM n"
            ),
            {"count": count},
        )
        await connection.execute(
            sa.text(
                f"{_NUMBERS} INSERT INTO ticket_needs (need, ticket_key) SELECT "  # noqa: S608 - our own words
                "'with_engineering', 'hubspot:' || (9000000 + x) FROM n"
            ),
            {"count": count},
        )


async def _history(stage: Stage, count: int) -> None:
    """The last day of a busy hub: twice as many deliveries with a run each, and an audit log."""
    now = round(time.time() * 1000)
    given = {"count": count * 2, "now": now, "step": max(1, 80_000_000 // (count * 2))}
    # An id begins with its time, in twelve hex digits.
    at = ":now - (:count - x) * :step"
    id = f"printf('%012x', {at}) || printf('%014x', x)"
    filled = {
        "deliveries (id, connection, received_at, content_type, size, state, records)": (
            f"{id}, CASE x % 2 WHEN 0 THEN 'hubspot' ELSE 'boards' END, {at}, "
            "'application/json', 2, 'done', json_array('hubspot:' || (9000000 + x / 2)) FROM n"
        ),
        "runs (id, record_key, woken_by, started_at, verdict, trace)": (
            f"{id}, 'hubspot:' || (9000000 + x / 2), "
            f"CASE x % 100 WHEN 0 THEN 'sweep' ELSE 'delivery' END, {at}, 'IN_SYNC', {id} FROM n"
        ),
        "audit_log (id, at, actor, action, target, detail)": (
            f"{id}, {at}, 'Ada', CASE x % 1000 WHEN 0 THEN 'connection.paused' ELSE 'link' END, "
            "CASE x % 1000 WHEN 0 THEN 'boards' ELSE 'hubspot:' || (9000000 + x / 2) END, "
            "json_object('to', 'boards:' || x) FROM n WHERE x % 2 = 0"
        ),
    }
    async with stage.filling() as hub, hub.db.write(durable=False) as connection:
        for table, values in filled.items():
            await connection.execute(
                sa.text(f"{_NUMBERS} INSERT INTO {table} SELECT {values}"),
                given,
            )
        for name in ("hubspot", "boards"):
            await connections.change(connection, name, last_delivery_at=from_ms(now))


async def cost(links: int, changes: int = 300) -> float:
    """CPU milliseconds of the hub for one change, from its webhook on, with so many links stored.

    A first round of changes warms everything, and lets the hub write its links into the bugs.
    """
    with tempfile.TemporaryDirectory() as folder:
        async with staged(Path(folder)) as stage:
            tickets: list[str] = await stage.vendors.do("tickets", changes)
            bugs: list[str] = await stage.vendors.do("items", changes)
            async with stage.filling() as hub:
                await link_each(hub, tickets, bugs)
                await at_rest(hub)
            await _fill(stage, links)
            process = await stage.start()
            await stage.vendors.do("hooks", process.url)
            await _moved(stage, bugs, "Resolved", "In testing")
            used = process.used_s()
            await _moved(stage, bugs, "Active", "In development")
            return (process.used_s() - used) / changes * 1000


async def _moved(stage: Stage, bugs: list[str], state: str, shown: str) -> None:
    """Move all bugs, and wait until every ticket shows it and nothing is under way."""
    await stage.vendors.do("move", bugs, state)

    async def all_follow() -> bool:
        return bool(await stage.vendors.do("shown", shown) >= len(bugs))

    await until(all_follow)
    await at_peace(stage)


@dataclass(frozen=True, slots=True)
class Answered:
    """How a page is answered: ms to its first byte (the slowest of ten), bytes of it all."""

    ms: float
    size: int


async def pages(count: int = 100_000) -> dict[str, Answered]:
    """What people see, as somebody who has signed in, and what programs ask for."""
    with tempfile.TemporaryDirectory() as folder:
        async with staged(Path(folder)) as stage:
            await _fill(stage, count)
            await _views(stage, count)
            await _history(stage, count)
            async with stage.filling() as hub:
                ada = Actor("Ada", AccessRole.ADMIN)
                link = await signing_in.invite(hub, ada, by="bench")
            process = await stage.start()
            headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
            async with httpx.AsyncClient(
                base_url=process.url, headers=headers, trust_env=False
            ) as client:
                assert (await client.post(f"/sign-in/{link}")).status_code == 303
                return {page: await _answered(client, page) for page in PAGES}


async def _answered(client: httpx.AsyncClient, page: str) -> Answered:
    spent, size = [], 0
    for _ in range(11):
        began = time.perf_counter()
        async with client.stream("GET", page) as answer:
            answer.raise_for_status()
            spent.append((time.perf_counter() - began) * 1000)
            size = len(await answer.aread())
    return Answered(max(spent[1:]), size)


if __name__ == "__main__":
    print(asyncio.run(pages()))
    small, large = asyncio.run(cost(1_000)), asyncio.run(cost(1_000_000))
    print(small, large, large / small)

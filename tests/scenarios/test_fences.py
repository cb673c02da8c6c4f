"""What keeps a pass, a delivery or a failure from doing harm beyond itself."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa

from bridge.domain.events import Delivery, Hint, Ignored, InboundRequest, Refused, Verified
from bridge.engine.hub import Hub
from bridge.engine.sweep import sweep
from bridge.kit.faults import Fault, FaultKind
from bridge.ports.roles import ChangedPage, ReadableHelpdesk, Receiver, Want
from bridge.store import connections
from bridge.store.tables import connection_state, operations, records
from tests.scenarios.test_findings import bug, found
from tests.scenarios.world import BRIDGE_YAML, PORTAL, World, open_world
from tests.shipped import SHIPPED

CREATE = r"^POST .*/workitems/\$"


async def _until(true: Callable[[], object], world: World) -> None:
    """Let webhooks come in until it is true; AssertionError if it never is."""
    end = asyncio.get_running_loop().time() + 20
    while not true():
        assert asyncio.get_running_loop().time() < end, "waited in vain"
        await world.deliver()
        await asyncio.sleep(0.01)


async def _ended(world: World, end: str) -> float:
    """How many passes have ended so."""
    text = (await world.client.get("/metrics")).text
    counts = re.findall(rf'^bridge_runs_total\{{[^}}]*end="{end}"[^}}]*\}} (\S+)$', text, re.M)
    return sum(float(each) for each in counts)


async def _linked(world: World) -> list[str]:
    listed = await world.client.get("/api/v1/links", headers=world.admin)
    return [each["ticket"]["id"] for each in listed.json()["items"]]


async def test_create_in_flight_while_its_ticket_is_merged_away_follows_the_merge(
    world: World,
) -> None:
    other = await bug(world, "The one that stays")
    world.boards.faults.add(Fault(CREATE, FaultKind.DELAY, delay_s=0.7))
    id = world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )
    await _until(lambda: world.boards.faults.struck, world)
    merged = world.hubspot.person_merges(other, id)
    await world.settle()
    assert len(world.items()) == 2
    assert await _linked(world) == [merged, merged]
    assert await _ended(world, "lease_lost") == 1
    shown = set(world.ticket(merged)["work_items"].split(", "))
    assert shown == {f"#{each.id}" for each in world.items()}


async def test_pass_that_finds_its_own_ticket_merged_away_is_not_thrown_out(world: World) -> None:
    one, other = await bug(world, "One"), await bug(world, "Other")
    world.hubspot.drop_webhooks = 50
    merged = world.hubspot.person_merges(one, other)
    path = f"/api/v1/tickets/hubspot/{other}/check?wait=10"
    assert (await world.client.post(path, headers=world.admin)).status_code == 200
    await world.settle()
    assert await _ended(world, "lease_lost") == 0
    assert set(await _linked(world)) == {merged}


class _Brittle:
    """A vendor's door that breaks over one body. Protocol `Receiver`."""

    def __init__(self, real: Receiver, poison: bytes) -> None:
        self._real = real
        self._poison = poison

    def verify(self, request: InboundRequest, now: datetime) -> Verified | Refused:
        return self._real.verify(request, now)

    def normalise(self, delivery: Delivery) -> tuple[Hint, ...] | Ignored:
        if self._poison in delivery.body:
            raise RecursionError
        return self._real.normalise(delivery)


class _Changed:
    """A connection with another part in place of its own."""

    def __init__(self, real: Any, **parts: Any) -> None:
        self._real = real
        self.__dict__.update(parts)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def _change(hub: Hub, **parts: Any) -> None:
    """Give the helpdesk's connection another part."""
    held = cast(dict[str, Any], hub.connections)
    held["hubspot"] = _Changed(held["hubspot"], **parts)


async def test_delivery_that_cannot_be_read_is_set_aside_and_holds_nobody_up(
    world: World,
) -> None:
    await world.settle()
    door = world.hub.connections["hubspot"].receiver
    assert door is not None
    _change(world.hub, receiver=_Brittle(door, b"poison"))
    await world.post_signed(b'[{"eventId": 901, "poison": 1}]')
    ids = [await bug(world, f"Export {n} fails") for n in range(3)]
    await world.post_signed(b'[{"eventId": 902, "poison": 2}]')
    await world.settle()
    assert [world.ticket(each)["work_stage"] for each in ids] == ["Reported to engineering"] * 3
    listed = await world.client.get("/api/v1/deliveries?limit=200", headers=world.admin)
    aside = [each for each in listed.json()["items"] if "RecursionError" in str(each)]
    assert [each["state"] for each in aside] == ["ignored"] * 2
    [finding] = await found(world, "DELIVERY_UNREADABLE")
    assert finding["state"] == "open"


NO_SCOPE = Fault(
    r"^GET .*/companies/\d+(\?|$)",
    FaultKind.ANSWER,
    times=10**6,
    status=403,
    headers={"content-type": "application/json"},
    body=b'{"status":"error","message":"missing scopes","category":"MISSING_SCOPES"}',
)


async def test_token_that_may_not_read_customers_stops_nothing_that_needs_none(
    tmp_path: Path,
) -> None:
    shipped = SHIPPED
    # A title that needs the customer would wait for it, and say so.
    mapping = shipped.replace("[{{ ticket.customer }}] ", "")
    assert mapping != shipped
    async with open_world(tmp_path, mapping=mapping) as world:
        world.hubspot.faults.add(NO_SCOPE)
        id = await bug(world)
        assert world.hubspot.faults.struck, "the customer was not asked for"
        assert len(world.items()) == 1
        assert world.ticket(id)["work_stage"] == "Reported to engineering"
        async with world.hub.db.read() as connection:
            state = await connections.load(connection, "hubspot")
        assert state is not None
        assert state.paused_by is None
        assert "AUTH_EXPIRED" not in await world.findings()


OUTAGES = {
    "down": Fault("/signed-url", FaultKind.ANSWER, times=10**6, status=503),
    "limit": Fault(
        "/signed-url",
        FaultKind.ANSWER,
        times=10**6,
        status=429,
        headers={"content-type": "application/json", "Retry-After": "2"},
        body=b"{}",
    ),
}


@pytest.mark.parametrize("outage", OUTAGES)
async def test_file_that_the_helpdesk_does_not_hand_out_is_its_failure_not_the_trackers(
    world: World, outage: str
) -> None:
    id = world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )
    file = world.hubspot.person_uploads("screen.png", b"\x89PNG" * 50, "image/png")
    world.hubspot.customer_writes(id, "see picture", [file])
    world.hubspot.faults.add(OUTAGES[outage])
    await _until(lambda: world.hubspot.faults.struck, world)

    async def charged() -> set[str]:
        async with world.hub.db.read() as connection:
            states = await connections.load_all(connection)
        return {n for n, s in states.items() if s.down_since or s.throttled_until}

    end = asyncio.get_running_loop().time() + 20
    while not await charged():
        assert asyncio.get_running_loop().time() < end, "nobody was charged"
        await asyncio.sleep(0.01)
    assert await charged() == {"hubspot"}
    world.hubspot.faults.clear()
    await world.settle()
    [item] = world.items()
    assert [r.rel for r in item.relations].count("AttachedFile") == 1


async def _free(world: World, key: str) -> bool:
    """Whether nobody has the record's row locked."""
    taking = sa.select(records.c.key).where(records.c.key == key).with_for_update(skip_locked=True)
    async with world.hub.db.write() as connection:
        return (await connection.scalar(taking)) == key


class _ShowsLess:
    """A helpdesk whose ticket was gone before a list could show more than its id."""

    def __init__(self, real: ReadableHelpdesk, gone: str) -> None:
        self._real = real
        self._gone = gone

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def list_changed(self, cursor: str | None, since: datetime, want: Want) -> ChangedPage:
        page = await self._real.list_changed(cursor, since, want)
        seen = tuple(each for each in page.observations if each.ref.id != self._gone)
        return replace(page, observations=seen, changed_ids=(*page.changed_ids, self._gone))


async def test_sweep_locks_in_key_order_whatever_it_writes_first(
    tmp_path: Path, migrated_postgres: str
) -> None:
    async with open_world(tmp_path, database_url=migrated_postgres) as world:
        gone, there = await bug(world, "One"), await bug(world, "Other")
        assert gone < there
        _change(world.hub, helpdesk=_ShowsLess(world.hub.helpdesk("hubspot"), gone))
        world.hubspot.drop_webhooks = 50
        for id in (gone, there):
            world.hubspot.person_edits_ticket(id, subject="Export still fails")
        async with world.hub.db.write() as connection:
            held = sa.select(records.c.key).where(records.c.key == f"hubspot:{gone}")
            await connection.execute(held.with_for_update())
            looking = asyncio.create_task(sweep(world.hub, "hubspot"))
            await _waits_for_a_lock(world)
            assert await _free(world, f"hubspot:{there}")
        await looking
        await world.settle()


async def _waits_for_a_lock(world: World) -> None:
    end = asyncio.get_running_loop().time() + 20
    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    while True:
        async with world.hub.db.read() as connection:
            if await connection.scalar(waiting):
                return
        assert asyncio.get_running_loop().time() < end, "nobody waits for a lock"
        await asyncio.sleep(0.01)


LATE_S = 2


async def test_create_whose_turn_comes_after_its_lease_has_gone_is_not_sent(
    tmp_path: Path, migrated_postgres: str
) -> None:
    limited = BRIDGE_YAML.replace("probe_grace_s: 0.2", "probe_grace_s: 0.2\n    rate: 50")
    async with open_world(
        tmp_path, database_url=migrated_postgres, bridge_yaml=limited, lease_ms=600
    ) as world:
        await bug(world, "Before")
        creates = _creates(world)
        await _postpone_calls(world)
        world.hubspot.person_creates_ticket(
            subject="Export fails", category="Bug", company_id=world.acme
        )
        await _intended(world)
        async with world.hub.db.write() as connection:
            # Another replica took the record over while this one waited.
            taken = sa.update(records).where(records.c.lease_owner == world.hub.worker_id)
            until = sa.text(f"lease_until + {(LATE_S + 2) * 1000}")
            await connection.execute(
                taken.values(lease_owner="elsewhere", lease_token=99, lease_until=until)
            )
        await _until_lost(world)
        assert _creates(world) == creates
        await world.settle()
        assert len(world.items()) == 2


def _creates(world: World) -> int:
    return sum(c.method == "POST" and "/workitems/$" in c.path for c in world.boards.calls)


async def _postpone_calls(world: World) -> None:
    """The account's next call may be made in some seconds only."""
    state = connection_state.c
    head = sa.cast(sa.extract("epoch", sa.func.clock_timestamp()) * 1_000_000, sa.BigInteger)
    async with world.hub.db.write() as connection:
        await connection.execute(
            sa.update(connection_state)
            .where(state.name == "boards")
            .values(rate_at=head + LATE_S * 1_000_000)
        )


async def _intended(world: World) -> None:
    end = asyncio.get_running_loop().time() + 20
    o = operations.c
    open_ = sa.select(sa.func.count()).where(o.kind == "LaunchItem", o.state == "intended")
    while True:
        await world.deliver()
        async with world.hub.db.read() as connection:
            if await connection.scalar(open_):
                return
        assert asyncio.get_running_loop().time() < end, "nothing was intended"
        await asyncio.sleep(0.01)


async def _until_lost(world: World) -> None:
    end = asyncio.get_running_loop().time() + 20
    while not await _ended(world, "lease_lost"):
        assert asyncio.get_running_loop().time() < end, "no pass lost its lease"
        await asyncio.sleep(0.02)


async def _pages(world: World, most: int) -> None:
    """How many pages the database's file may have, for each of the connections that write."""
    for durable in (True, False):
        async with world.hub.db.write(durable=durable) as connection:
            await connection.execute(sa.text(f"PRAGMA max_page_count = {most}"))


async def test_database_that_says_full_refuses_at_the_door_and_goes_on_when_there_is_space(
    tmp_path: Path,
) -> None:
    """SQLite says SQLITE_FULL where the disk says ENOSPC: here because the file may not grow.

    https://www.sqlite.org/rescode.html#full
    """
    async with open_world(tmp_path) as world:
        id = await bug(world)
        # Below what it has: SQLite then sets the limit to the size of now.
        await _pages(world, 1)
        large = [{"eventId": n, "portalId": PORTAL, "text": "x" * 100_000} for n in range(20)]
        answer = await world.post_signed(json.dumps(large).encode())
        assert (answer.status_code, answer.json()["code"]) == (503, "store_busy")
        assert int(answer.headers["Retry-After"]) > 0
        await _pages(world, 1 << 30)
        world.boards.person_moves_state(world.items()[0].id, "Active")
        answer = await world.post_signed(json.dumps(large).encode())
        assert (answer.status_code, answer.json()["duplicate"]) == (200, False)
        await world.settle()
        assert world.ticket(id)["work_stage"] == "In development"

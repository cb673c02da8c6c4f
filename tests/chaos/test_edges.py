"""At the edges of the process: slow callers, a full disk, clocks that are wrong, late databases."""

from __future__ import annotations

import asyncio
import contextlib
import resource
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import psutil
import pytest
import sqlalchemy as sa

from bridge.kit.clock import SystemClock, from_ms
from bridge.kit.faults import Fault, FaultKind
from bridge.store.database import Database
from bridge.store.tables import connection_state, records
from tests.chaos.replica import PATIENCE, Replica
from tests.chaos.world import LONG, Chaos, open_chaos
from tests.postgres import PostgresServer

HOUR_S = 3600.0
MB = 1024 * 1024
on_sqlite = pytest.mark.parametrize("chaos", ["sqlite"], indirect=True)

Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextlib.asynccontextmanager
async def _calling(replica: Replica) -> AsyncIterator[Wire]:
    """A connection of our own to the hub's door."""
    reader, writer = await asyncio.open_connection("127.0.0.1", replica.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _head(length: str, path: str = "/webhooks/hubspot") -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: hub\r\n{length}\r\n\r\n".encode()


async def _status(reader: asyncio.StreamReader) -> int:
    """The status of the answer; 0 if the connection ended without one."""
    try:
        line = await asyncio.wait_for(reader.readline(), 20)
    except ConnectionError:
        return 0
    return int(line.split()[1]) if line else 0


async def _works(chaos: Chaos) -> None:
    """The door answers, and what comes in goes all the way."""
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        assert (await client.get(f"{chaos.hub.url}/readyz")).status_code == 200
    before = len(chaos.items())
    ticket = chaos.new_ticket("As usual")
    await chaos.settle()
    assert len(chaos.items()) == before + 1
    assert not chaos.wrong(ticket)
    assert not chaos.created_twice()


# --- callers ---------------------------------------------------------------------------------


async def _drips(writer: asyncio.StreamWriter, parts: Iterator[bytes]) -> None:
    """Send a little at a time, until the other side has enough."""
    with contextlib.suppress(OSError):
        for each in parts:
            writer.write(each)
            await writer.drain()
            await asyncio.sleep(0.1)


def _for_ever(text: bytes) -> Iterator[bytes]:
    while True:
        yield text


def _nothing() -> Iterator[bytes]:
    yield from ()


SLOW = {
    "silent": (b"", _nothing),
    "head byte by byte": (b"POST /webhooks/hubspot HTTP/1.1\r\n", lambda: _for_ever(b"a")),
    "head line by line": (b"GET / HTTP/1.1\r\n", lambda: _for_ever(b"X-A: b\r\n")),
    "body of a length": (_head("Content-Length: 100000"), lambda: _for_ever(b"a")),
    "body in chunks": (_head("Transfer-Encoding: chunked"), lambda: _for_ever(b"1\r\na\r\n")),
}


@on_sqlite
async def test_slow_callers_are_hung_up_on_and_hold_nobody_up(chaos: Chaos) -> None:
    await chaos.hub.start()
    async with contextlib.AsyncExitStack() as open_calls:
        calls: list[tuple[str, asyncio.StreamReader, asyncio.Task[None]]] = []
        for name, (first, parts) in SLOW.items():
            for _ in range(3):
                reader, writer = await open_calls.enter_async_context(_calling(chaos.hub))
                writer.write(first)
                calls.append((name, reader, asyncio.create_task(_drips(writer, parts()))))
        await _works(chaos)
        for name, reader, drip in calls:
            assert await _status(reader) in (0, 408), name
            drip.cancel()
        await asyncio.wait([drip for *_, drip in calls])
    await _works(chaos)


@on_sqlite
async def test_crowd_of_silent_callers_leaves_room_for_others(chaos: Chaos) -> None:
    await chaos.hub.start()
    async with contextlib.AsyncExitStack() as crowd:
        for _ in range(PATIENCE.silent * 4):
            await crowd.enter_async_context(_calling(chaos.hub))
        await _works(chaos)
        process = psutil.Process(chaos.hub.pid)
        held = [each for each in process.net_connections() if each.laddr.port == chaos.hub.port]
        assert len(held) <= PATIENCE.silent + 20
    await _works(chaos)


@on_sqlite
async def test_giant_head_is_refused_and_not_kept(chaos: Chaos) -> None:
    await chaos.hub.start()
    for line in (b"X-Much: " + b"a" * 4096 + b"\r\n", b"a" * 4096):
        async with _calling(chaos.hub) as (reader, writer):
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: hub\r\n")
            sent = 0
            with contextlib.suppress(OSError):
                while sent < 64 * MB and not reader.at_eof():
                    writer.write(line)
                    await writer.drain()
                    sent += len(line)
            assert sent < 64 * MB
            assert await _status(reader) in (0, 400, 431)
    await _works(chaos)


@on_sqlite
async def test_body_that_says_it_is_too_large_is_refused_before_it_is_sent(chaos: Chaos) -> None:
    await chaos.hub.start()
    async with _calling(chaos.hub) as (reader, writer):
        writer.write(_head(f"Content-Length: {26 * MB}"))
        assert await _status(reader) == 413
    await _works(chaos)


@on_sqlite
async def test_body_that_does_not_say_its_length_is_cut_off_and_not_kept(chaos: Chaos) -> None:
    await chaos.hub.start()
    process = psutil.Process(chaos.hub.pid)
    before, most, sent = process.memory_info().rss, 0, 0
    chunk = b"%x\r\n" % MB + b"a" * MB + b"\r\n"
    async with _calling(chaos.hub) as (reader, writer):
        writer.write(_head("Transfer-Encoding: chunked"))
        with contextlib.suppress(OSError):
            while sent < 400 * MB and not reader.at_eof():
                writer.write(chunk)
                await writer.drain()
                sent += MB
                most = max(most, process.memory_info().rss)
        assert sent < 100 * MB
        assert most - before < 150 * MB
        assert await _status(reader) in (0, 413)
    await _works(chaos)


# --- the disk --------------------------------------------------------------------------------


@on_sqlite
async def test_full_disk_refuses_at_the_door_and_the_line_goes_on_when_there_is_space(
    chaos: Chaos,
) -> None:
    await chaos.hub.start()
    first = chaos.new_ticket("Before")
    await chaos.settle()
    # No file may be written beyond this: what a full disk does, for this one process.
    _, hard = resource.prlimit(chaos.hub.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(chaos.hub.pid, resource.RLIMIT_FSIZE, (16_384, hard))
    answers: list[httpx.Response] = []
    chaos.post.answered = answers.append
    tickets = [first, chaos.new_ticket("On a full disk")]
    chaos.boards.person_moves_state(chaos.items()[0].id, "Active")
    await chaos.until(lambda: any(each.status_code == 503 for each in answers))
    assert all(each.status_code == 503 for each in answers)
    assert all(int(each.headers["Retry-After"]) > 0 for each in answers)
    assert chaos.hub.alive
    resource.prlimit(chaos.hub.pid, resource.RLIMIT_FSIZE, (hard, hard))
    await chaos.recovered()
    assert not [chaos.wrong(each) for each in tickets if chaos.wrong(each)]
    assert len(chaos.items()) == len(tickets)
    assert chaos.shown(first, "work_stage") == "In development"
    assert not chaos.created_twice()


# --- clocks ----------------------------------------------------------------------------------


async def _waits(chaos: Chaos, ticket: str) -> bool:
    """Whether the ticket's record is put back for later."""
    r = records.c
    db = Database(chaos.database_url)
    async with db.read() as connection:
        found = await connection.scalar(
            sa.select(r.attempts).where(r.key == f"hubspot:{ticket}", r.lease_owner.is_(None))
        )
    await db.aclose()
    return bool(found)


async def _put_back(chaos: Chaos) -> str:
    """A ticket that waits for HubSpot, which is away; it is back when this ends."""
    ticket = chaos.new_ticket("Before the step")
    await chaos.settle()
    chaos.hubspot.faults.add(Fault("^PATCH", FaultKind.ANSWER, times=10**6, status=503))
    chaos.boards.person_moves_state(chaos.items()[0].id, "Active")
    await chaos.until(lambda: len(chaos.hubspot.faults.struck) >= 2)
    end = asyncio.get_running_loop().time() + 20
    while not await _waits(chaos, ticket):
        assert asyncio.get_running_loop().time() < end, chaos.story()
        await asyncio.sleep(0.02)
    return ticket


@pytest.mark.parametrize("chaos", ["sqlite", "postgresql"] if LONG else ["sqlite"], indirect=True)
async def test_work_that_waited_when_the_clock_was_set_back_does_not_wait_an_hour(
    chaos: Chaos,
) -> None:
    assert chaos.clock is not None
    await chaos.hub.start()
    ticket = await _put_back(chaos)
    chaos.clock.set_back(HOUR_S)
    chaos.hubspot.faults.clear()
    await chaos.until(lambda: not chaos.wrong(ticket))
    assert chaos.shown(ticket, "work_stage") == "In development"


@on_sqlite
async def test_clock_set_back_while_the_hub_was_down_holds_nothing_up(chaos: Chaos) -> None:
    assert chaos.clock is not None
    await chaos.hub.start()
    ticket = await _put_back(chaos)
    chaos.hub.kill()
    chaos.clock.set_back(6 * HOUR_S)
    chaos.hubspot.faults.clear()
    await chaos.hub.start()
    # What waits is bounded to some minutes, not to the six hours of the step.
    end = asyncio.get_running_loop().time() + 20
    while chaos.wrong(ticket):
        assert asyncio.get_running_loop().time() < end, chaos.story()
        chaos.clock.later(60)
        await asyncio.sleep(0.3)


@pytest.fixture
async def pair(migrated_postgres: str, tmp_path: Path) -> AsyncIterator[Chaos]:
    """Two replicas, none started, with clocks of their own."""
    async with open_chaos(
        tmp_path, database_url=migrated_postgres, replicas=2, shared_clock=False
    ) as opened:
        yield opened


@pytest.mark.parametrize("hours", [(-1.0, 0.0), (1.0, -1.0)] if LONG else [(-1.0, 1.0)])
async def test_replicas_whose_clocks_differ_work_by_that_of_their_database(
    pair: Chaos, hours: tuple[float, float]
) -> None:
    answers: list[httpx.Response] = []
    pair.post.answered = answers.append
    for each, off in zip(pair.replicas, hours, strict=True):
        each.hours_off = off
        await each.start()
    tickets = [pair.new_ticket(f"Export {n} fails") for n in range(4)]
    await pair.until(lambda: not any(pair.wrong(each) for each in tickets))
    # HubSpot signs the time: by the machine's clock it would be an hour off.
    assert answers
    assert {each.status_code for each in answers} == {200}
    limit = {"Content-Type": "application/json", "Retry-After": "2"}
    pair.hubspot.faults.add(
        Fault("^PATCH", FaultKind.ANSWER, times=4, status=429, headers=limit, body=b"{}")
    )
    begun = SystemClock().now()
    for item in pair.items():
        pair.boards.person_moves_state(item.id, "Active")
    await pair.until(lambda: not any(pair.wrong(each) for each in tickets))
    until = await _limited_until(pair)
    assert begun < until < SystemClock().now() + timedelta(seconds=3)
    assert not pair.created_twice()
    assert not await pair.findings()


async def _limited_until(pair: Chaos) -> datetime:
    """Until when HubSpot's limit was kept to, the last time."""
    state = connection_state.c
    db = Database(pair.database_url)
    async with db.read() as connection:
        found = await connection.scalar(
            sa.select(state.throttled_until).where(state.name == "hubspot")
        )
    await db.aclose()
    return from_ms(int(found or 0))


# --- vendors and databases that are away -----------------------------------------------------


@pytest.mark.parametrize("vendor", ["hubspot", "boards"] if LONG else ["boards"])
@on_sqlite
async def test_vendor_that_was_away_for_hours_is_caught_up_with(chaos: Chaos, vendor: str) -> None:
    assert chaos.clock is not None
    await chaos.hub.start()
    tickets = [chaos.new_ticket("Before")]
    await chaos.settle()
    away = chaos.hubspot if vendor == "hubspot" else chaos.boards
    away.faults.add(Fault(".", FaultKind.ANSWER, times=10**9, status=503))
    tickets.append(chaos.new_ticket("During"))
    chaos.boards.person_moves_state(chaos.items()[0].id, "Resolved")
    for _ in range(6):
        met = len(away.faults.struck)
        chaos.clock.later(HOUR_S)
        await chaos.until(lambda met=met: len(away.faults.struck) > met)  # type: ignore[misc]
    for _ in range(400):
        # What a call met is stored a moment after it.
        if "REMOTE_DOWN" in await chaos.findings():
            break
        await asyncio.sleep(0.05)
    assert "REMOTE_DOWN" in await chaos.findings()
    away.faults.clear()
    await chaos.recovered()
    assert not [chaos.wrong(each) for each in tickets if chaos.wrong(each)]
    assert len(chaos.items()) == len(tickets)
    assert not chaos.created_twice()
    assert not await chaos.findings() & {"REMOTE_DOWN", "RUN_FAILED"}


async def test_replica_started_while_its_database_is_down_says_so_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    server = PostgresServer()
    server.start()
    try:
        async with open_chaos(tmp_path, database_url=server.create_database()) as chaos:
            await asyncio.to_thread(server.kill)
            await chaos.hub.start(may_fail=True)
            assert not chaos.hub.alive
            assert chaos.hub.bury() != 0
            assert "database" in chaos.hub.tail()
            await asyncio.to_thread(server.start)
            await chaos.hub.start()
            await _works(chaos)
    finally:
        server.close()

"""PostgreSQL killed in the middle of the work: the hub comes back by itself and loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from tests.chaos.world import Chaos, open_chaos
from tests.postgres import PostgresServer


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A cluster of this test's own, to be killed."""
    made = PostgresServer()
    made.start()
    yield made
    made.close()


@pytest.fixture
async def chaos(server: PostgresServer, tmp_path: Path) -> AsyncIterator[Chaos]:
    """The world on that cluster."""
    async with open_chaos(tmp_path, database_url=server.create_database()) as opened:
        yield opened


async def test_killed_database_comes_back_and_the_hub_goes_on(
    chaos: Chaos, server: PostgresServer
) -> None:
    await chaos.hub.start()
    pid = chaos.hub.pid
    tickets = [chaos.new_ticket("Before")]
    await chaos.settle()
    tickets += [chaos.new_ticket(f"In the middle {n}") for n in range(10)]
    await chaos.until(lambda: len(chaos.items()) > 2)
    await asyncio.to_thread(server.kill)
    tickets.append(chaos.new_ticket("While it is away"))
    chaos.boards.person_moves_state(chaos.items()[0].id, "Resolved")
    async with httpx.AsyncClient(trust_env=False) as client:
        # Nothing is acknowledged that is not stored.
        await chaos.until(lambda: chaos.hubspot.pending_events)
        assert (await client.get(f"{chaos.hub.url}/healthz")).status_code == 200
        assert (await client.get(f"{chaos.hub.url}/readyz")).status_code == 503
    await asyncio.to_thread(server.start)
    await chaos.settle()
    assert chaos.hub.alive
    assert chaos.hub.pid == pid
    assert not [chaos.wrong(each) for each in tickets if chaos.wrong(each)]
    assert len(chaos.items()) == len(tickets)
    assert not chaos.created_twice()
    assert not await chaos.findings()

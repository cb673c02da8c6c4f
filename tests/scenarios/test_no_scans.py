"""What an event, or an idle second, costs does not follow from how much is stored."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bridge.engine.seen_tickets import seen_tickets
from bridge.store import leases
from bridge.store.connection import AsyncConnection
from bridge.store.seen_values import newest_values
from tests.scenarios.world import World, open_world
from tests.shipped import SHIPPED

GROWING = (
    "records", "links", "launches", "deliveries", "runs", "operations", "transitions",
    "ticket_views", "ledger", "fingerprints", "aliases", "record_references",
)  # fmt: skip


@contextmanager
def heard() -> Iterator[dict[str, str]]:
    """The statements that are run in the block by connections opened before: their texts without
    values, and one of the texts that the driver ran."""
    found: dict[str, str] = {}
    _LISTENING.append(found)
    try:
        yield found
    finally:
        _LISTENING.remove(found)


_LISTENING: list[dict[str, str]] = []
_VALUE = re.compile(r"'(?:[^']|'')*'|(?<![\w.])\d+\b")


def _hear(text: str) -> None:
    if text.startswith(("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")):
        for each in _LISTENING:
            each[_VALUE.sub("?", text)] = text


@pytest.fixture(autouse=True)
def _ears() -> Iterator[None]:
    """The driver itself tells what it runs, however it was asked."""

    def open_ears(connection: Any, _record: object) -> None:
        connection.set_trace_callback(_hear)

    sa.event.listen(sa.Engine, "connect", open_ears)
    yield
    sa.event.remove(sa.Engine, "connect", open_ears)


async def scans(world: World, statements: dict[str, str]) -> list[str]:
    """The statements that SQLite would answer by reading a growing table from end to end."""
    found = []
    async with world.hub.db.read() as connection:
        for statement, text in statements.items():
            plan = await steps_of(connection, text)
            if any(re.fullmatch(rf"SCAN ({'|'.join(GROWING)})", step) for step in plan):
                found.append(statement)
    return found


async def steps_of(connection: AsyncConnection, text: str) -> list[str]:
    """How SQLite would answer the statement."""
    # A colon in a value is no name of a parameter: the text goes to the driver as it is.
    plan = await connection.run_sync(
        lambda held: held.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all()
    )
    return [step[3] for step in plan]


async def shows(world: World, ticket: str, stage: str) -> None:
    """Wait for it with the vendor's eyes: what is asked of the store shall be the hub's alone."""
    async with asyncio.timeout(20):
        while world.ticket(ticket).get("work_stage") != stage:
            await world.deliver()
            await asyncio.sleep(0.02)


async def test_launch_and_move_read_no_table_from_end_to_end(tmp_path: Path) -> None:
    async with open_world(tmp_path) as world:
        with heard() as statements:
            ticket = world.hubspot.person_creates_ticket(
                subject="Export fails", category="Bug", company_id=world.acme
            )
            await shows(world, ticket, "Reported to engineering")
            (item,) = world.items()
            world.boards.person_moves_state(str(item.id), "Active")
            await shows(world, ticket, "In development")
            world.boards.person_moves_state(str(item.id), "Resolved")
            await shows(world, ticket, "In testing")
            async with world.hub.db.write() as connection:
                await leases.heartbeat(world.hub.db, connection, owner="another", lease_ms=1000)
        assert len(statements) > 50
        assert await scans(world, statements) == []


async def test_mapping_for_which_no_ending_matters_reads_none(tmp_path: Path) -> None:
    found = {}
    for on_reply in ("no", "tell"):
        folder = tmp_path / on_reply
        folder.mkdir()
        mapping = f"{SHIPPED}on_reply: {on_reply!r}\n"
        async with open_world(folder, mapping=mapping) as world:
            with heard() as statements:
                world.hubspot.person_creates_ticket(subject="Export fails", category="Bug")
                await world.settle()
        found[on_reply] = any("FROM closures" in each for each in statements)
        # Nobody asked to escalate anything: there is nothing to read of it.
        assert not any("escalations.reason" in each for each in statements)
    assert found == {"no": False, "tell": True}


async def test_newest_records_of_a_connection_are_found_by_an_index(tmp_path: Path) -> None:
    async with open_world(tmp_path) as world:
        world.hubspot.person_creates_ticket(subject="Export fails", category="Bug")
        await world.settle()
        with heard() as statements:
            active = world.hub.mappings["hubspot"]
            assert len((await seen_tickets(world.hub, active.data)).tickets) == 1
            async with world.hub.db.read() as connection:
                assert await newest_values(connection, "hubspot")
        newest = [text for text in statements.values() if "read_at DESC" in text]
        assert len(newest) == 2
        assert await scans(world, statements) == []
        async with world.hub.db.read() as connection:
            for text in newest:
                steps = await steps_of(connection, text)
                assert any("ix_records_newest" in each for each in steps), steps
                # Those with one time alone are put in order, never all.
                assert not any(each == "USE TEMP B-TREE FOR ORDER BY" for each in steps), steps

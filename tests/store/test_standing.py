"""How connections stand, as the store tells it, on both databases."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bridge.domain.findings import Finding
from bridge.kit.clock import to_ms
from bridge.store import connections, figures, history, inspector, queue, standing, tokens
from bridge.store.database import Database
from bridge.store.queue import ClaimClass
from bridge.store.tables import records, runs
from tests.migrated import SQLITE, put_sqlite
from tests.store.explained import Explained
from tests.store.kit import START, Store, item, ticket


async def test_oldest_waiting_is_the_one_that_has_been_due_for_longest(store: Store) -> None:
    await store.mark(ticket("1"))
    store.later(minutes=7)
    await store.mark(ticket("2"), item("9"))
    await store.mark(ticket("3", "other"), claim_class=ClaimClass.CAMPAIGN)
    async with store.db.write() as connection:
        await queue.ensure_timer(store.db, connection, "sweep:hubspot")
    store.later(minutes=1)
    async with store.db.read() as connection:
        found = await standing.oldest_waiting(connection, store.clock.now())
    assert {name: at - START for name, at in found.items()} == {
        "hubspot": timedelta(0),
        "boards": timedelta(minutes=7),
    }


async def test_record_that_is_given_up_or_not_due_yet_does_not_wait(store: Store) -> None:
    await store.mark(ticket("1"))
    await store.mark(item("9"))
    async with store.db.write() as connection:
        await connection.execute(
            sa.update(records).where(records.c.key == "hubspot:1").values(dead=True)
        )
        await connection.execute(
            sa.update(records)
            .where(records.c.key == "boards:9")
            .values(due_at=store.now_ms + 60_000)
        )
    async with store.db.read() as connection:
        assert await standing.oldest_waiting(connection, store.clock.now()) == {}


async def test_repairs_are_passes_that_a_sweep_or_patrol_woke_since_then(store: Store) -> None:
    said = [
        ("boards:1", "sweep", 1), ("boards:2", "patrol", 2), ("boards:3", "delivery", 3),
        ("boards:4", "sweep", 30), ("boards_2:5", "sweep", 4),
    ]  # fmt: skip
    async with store.db.write() as connection:
        for number, (key, woken_by, hours) in enumerate(said):
            at = to_ms(START) - hours * 3_600_000
            await connection.execute(
                sa.insert(runs).values(
                    id=f"{at:012x}{number:014d}", record_key=key, woken_by=woken_by, started_at=at
                )
            )
    async with store.db.read() as connection:
        found = await standing.repairs_since(
            connection, ["boards", "boards_2", "hubspot"], START - timedelta(hours=24)
        )
        assert await standing.repairs_since(connection, [], START) == {}
    assert found == {"boards": 2, "boards_2": 1, "hubspot": 0}


async def test_open_findings_are_those_on_connections_themselves(store: Store) -> None:
    on = [
        Finding("AUTH_EXPIRED", "boards", data={"reason": "401"}),
        Finding("STATUS_UNMAPPED", "boards", "boards:7"),
        Finding("CREDENTIAL_SUSPECT", "hubspot"),
    ]
    async with store.db.write() as connection:
        await history.raise_findings(store.db, connection, on, START)
        codes = frozenset({"CREDENTIAL_SUSPECT"})
        await history.resolve_connection_findings(connection, "hubspot", codes)
    async with store.db.read() as connection:
        found = await standing.open_findings(connection)
    assert [(e["connection"], e["code"], e["data"]["reason"]) for e in found] == [
        ("boards", "AUTH_EXPIRED", "401")
    ]


async def test_pause_by_a_person_takes_the_place_of_the_hubs_and_of_no_other_persons(
    store: Store,
) -> None:
    await store.connected("boards")
    async with store.db.write() as connection:
        await connections.pause(connection, "boards", by="credential", reason="401", now=START)
        assert await standing.pause_by_person(connection, "boards", "we move", START)
        assert not await standing.pause_by_person(connection, "boards", "me too", START)
        await connections.pause(connection, "boards", by="credential", reason="401", now=START)
        assert not await connections.resume(connection, "boards", by="credential")
        assert not await standing.pause_by_person(connection, "nobody", "x", START)
        state = await connections.load(connection, "boards")
    assert state is not None
    assert (state.paused_by, state.paused_reason) == ("person", "we move")


async def test_pauser_is_the_last_who_did_by_the_audit_log(store: Store) -> None:
    async with store.db.write() as connection:
        for actor, action, target in (
            ("token ada", standing.PAUSED, "boards"),
            ("token ben", standing.PAUSED, "boards"),
            ("token eve", "connection.resumed", "boards"),
            ("token ada", standing.PAUSED, "hubspot"),
        ):
            store.later(seconds=1)
            await tokens.audit(
                connection, actor=actor, action=action, target=target, detail={},
                now=store.clock.now(),
            )  # fmt: skip
    async with store.db.read() as connection:
        assert await standing.pausers(connection, ["boards", "nobody"]) == {"boards": "token ben"}


async def test_what_pages_ask_of_a_long_history_is_a_range_of_an_index(tmp_path: Path) -> None:
    # PostgreSQL chooses by what its tables hold, and these hold nothing.
    put_sqlite(tmp_path)
    db = Database(f"sqlite:///{tmp_path / SQLITE}")
    async with db.read() as connection:
        asked: Any = Explained(connection)
        await standing.repairs_since(asked, ["boards"], START)
        await figures.repaired_since(asked, "boards", START)
        await standing.pausers(asked, ["boards", "hubspot"])
        await figures.recent_deliveries(asked, "boards")
        plans = list(asked.plans)
        asked.plans.clear()
        await inspector.came_of(asked, ["a", "b"])
    await db.aclose()
    told = "\n".join(plans)
    assert "SCAN" not in told
    for index in ("ix_runs_repairs", "ix_audit_log_action", "ix_deliveries_connection"):
        assert f"INDEX {index} (" in told
    # The newest deliveries are the end of their range: they are not sorted.
    assert "ORDER BY" not in plans[-1]
    # Of the records those are read that are due.
    scans = [each for each in asked.plans if each.startswith("SCAN")]
    assert scans == ["SCAN records USING INDEX ix_records_due"]

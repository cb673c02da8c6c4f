"""Retention: nothing newer goes, nothing older stays, and what holds "once for ever" is spared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bridge.config.bridge_yaml import Retention
from bridge.domain import records as facts
from bridge.domain.links import Fingerprint, Launch, LaunchState, LedgerEntry, LedgerState
from bridge.domain.promises import PromiseState, Standing, Timeline
from bridge.domain.records import Company, Contact, Presence
from bridge.engine.hub import Hub
from bridge.engine.retention import EVERY, GO_ON, prune
from bridge.kit.clock import to_ms
from bridge.store import connections, records, work
from bridge.store import promises as promise_rows
from bridge.store.retention import BATCH, id_at
from bridge.store.tables import (
    audit_log,
    connection_state,
    deliveries,
    delivery_keys,
    findings,
    fingerprints,
    jobs,
    launches,
    ledger,
    links,
    metadata,
    operations,
    promises,
    runs,
    ticket_views,
    timelines,
    transitions,
)
from bridge.store.tables import records as record_table
from tests.store.kit import START, Store, item, seen, ticket

PAYLOADS, TEXTS, LONG = timedelta(days=14), timedelta(days=30), timedelta(days=730)
EDGES = (PAYLOADS, TEXTS, LONG)
SLACK = timedelta(seconds=1)
AGES = sorted({timedelta(0), *(edge + way for edge in EDGES for way in (-SLACK, SLACK))})
NOW = START + timedelta(days=2000)


def id_of(age: timedelta) -> str:
    return id_at(NOW - age) + "00000000000000"


def ms_of(age: timedelta) -> int:
    return to_ms(NOW - age)


@dataclass(frozen=True)
class Kept:
    """How long rows of a table stay, and their words."""

    table: sa.Table
    stays: timedelta
    words: timedelta
    columns: tuple[str, ...] = ()


KEPT = (
    Kept(deliveries, PAYLOADS, PAYLOADS),
    Kept(delivery_keys, PAYLOADS, PAYLOADS),
    Kept(jobs, TEXTS, TEXTS),
    Kept(runs, LONG, TEXTS, ("inputs", "decided")),
    Kept(operations, LONG, TEXTS, ("request", "detail")),
    Kept(findings, LONG, TEXTS, ("data",)),
    Kept(transitions, LONG, LONG),
    Kept(audit_log, LONG, LONG),
)


def row_of(table: sa.Table, age: timedelta) -> dict[str, Any]:
    """A row of that age which says "words"."""
    id, at = id_of(age), ms_of(age)
    rows: dict[str, dict[str, Any]] = {
        "deliveries": {
            "id": id, "connection": "hubspot", "received_at": at, "content_type": "",
            "body": b"words", "size": 5, "state": "done",
        },
        "delivery_keys": {
            "connection": "hubspot", "key": id, "delivery_id": id, "received_at": at,
        },
        "jobs": {
            "id": id, "kind": "preview", "target": "", "state": "done", "params": {},
            "created_at": at, "created_by": "", "updated_at": at, "finished_at": at,
        },
        "runs": {
            "id": id, "record_key": "hubspot:1", "woken_by": "", "started_at": at,
            "inputs": {"said": "words"}, "decided": {"said": "words"},
        },
        "operations": {
            "id": id, "run_id": id, "record_key": "hubspot:1", "connection": "", "kind": "",
            "state": "done", "started_at": at, "request": {"said": "words"}, "detail": "words",
        },
        "findings": {
            "id": id, "code": "CONFLICT", "connection": "hubspot", "ref": id, "topic": "",
            "severity": "warning", "data": {"values": "words", "field": "f"}, "first_seen_at": at,
            "last_seen_at": at, "state": "resolved",
        },
        "transitions": {"id": id, "record_key": "hubspot:1", "at": at, "what": "stage"},
        "audit_log": {
            "id": id, "at": at, "actor": "ada", "action": "x", "target": "y", "detail": {},
        },
        "escalations": {
            "id": id, "ticket_key": "hubspot:1", "state": "declined", "asked_by": "ada",
            "asked_at": at, "decided_at": at, "missing": [],
        },
    }  # fmt: skip
    return rows[table.name]


async def insert(store: Store, table: sa.Table, *values: dict[str, Any]) -> None:
    async with store.db.write() as connection:
        await connection.execute(sa.insert(table), list(values))


async def everything(store: Store, table: sa.Table) -> list[Any]:
    async with store.db.read() as connection:
        return list((await connection.execute(sa.select(table))).mappings())


@pytest.fixture
def hub(store: Store) -> Hub:
    """A hub with the retention that is the default, in the year 2031."""
    store.later(days=2000)
    return Hub(db=store.db, connections={}, public_url="http://hub.test")


async def pruned(hub: Hub) -> None:
    for _ in range(100):
        if await prune(hub, "") - hub.now() == EVERY:
            return
    raise AssertionError("retention never comes to rest")


@pytest.mark.parametrize("kept", KEPT, ids=[each.table.name for each in KEPT])
async def test_nothing_newer_goes_and_nothing_older_stays(
    store: Store, hub: Hub, kept: Kept
) -> None:
    await insert(store, kept.table, *(row_of(kept.table, age) for age in AGES))
    await pruned(hub)
    left = await everything(store, kept.table)
    name = "key" if kept.table is delivery_keys else "id"
    assert {each[name] for each in left} == {id_of(age) for age in AGES if age < kept.stays}
    for each in left:
        young = each[name] >= id_of(kept.words)
        for column in kept.columns:
            assert ("words" in str(each[column])) == young, (column, each[name])


async def test_settings_of_bridge_yaml_count(store: Store, hub: Hub) -> None:
    hub.retention = Retention.model_validate({"payloads": "1h", "texts": "2h", "transitions": "3h"})
    ages = [timedelta(minutes=30 + 60 * n) for n in range(4)]
    for table in (deliveries, delivery_keys, runs, transitions):
        await insert(store, table, *(row_of(table, age) for age in ages))
    await pruned(hub)
    counts = [await store.count(each) for each in (deliveries, runs, transitions)]
    assert counts == [1, 3, 3]
    assert await store.count(runs, runs.c.inputs.is_not(None)) == 2
    # A repetition is recognised for a week, however short payloads are kept.
    assert await store.count(delivery_keys) == 4


async def test_people_who_are_on_no_ticket_any_more_go_and_all_else_that_is_read_again_stays(
    store: Store, hub: Hub
) -> None:
    ages = {"old": TEXTS + SLACK, "young": TEXTS - SLACK}
    async with store.db.write() as connection:
        for id, age in ages.items():
            contact, company = Contact(id, {"role": "PU"}), Company(id, id)
            await connections.store_contact(store.db, connection, "hubspot", contact, NOW - age)
            await connections.store_company(store.db, connection, "hubspot", company, NOW - age)
    await pruned(hub)
    async with store.db.read() as connection:
        assert set(await connections.contacts_read(connection, "hubspot", ages)) == {"young"}
        assert set(await connections.companies_read(connection, "hubspot", ages)) == {*ages}
    # However short texts are kept: who is on an open ticket is read again within a week.
    hub.retention = Retention.model_validate({"payloads": "1h", "texts": "1h", "transitions": "3h"})
    async with store.db.write() as connection:
        week = Contact("week", {"role": "PU"})
        await connections.store_contact(
            store.db, connection, "hubspot", week, NOW - timedelta(days=7)
        )
    await pruned(hub)
    async with store.db.read() as connection:
        known = [*ages, "week"]
        assert set(await connections.contacts_read(connection, "hubspot", known)) == {"week"}


async def test_more_than_a_batch_goes_too(store: Store, hub: Hub) -> None:
    many = [row_of(transitions, LONG + timedelta(seconds=n + 1)) for n in range(2 * BATCH + 1)]
    await insert(store, transitions, *many)
    old = [row_of(runs, TEXTS + timedelta(seconds=n + 1)) for n in range(2 * BATCH + 1)]
    await insert(store, runs, *old)
    await pruned(hub)
    assert await store.count(transitions) == 0
    assert await store.count(runs, runs.c.inputs.is_not(None)) == 0
    assert await store.count(runs) == 2 * BATCH + 1


async def test_pass_with_very_much_to_do_goes_on_soon(store: Store, hub: Hub) -> None:
    much = [row_of(transitions, LONG + timedelta(seconds=n + 1)) for n in range(41 * BATCH)]
    await insert(store, transitions, *much)
    assert await prune(hub, "") - hub.now() == GO_ON
    assert 0 < await store.count(transitions) < len(much)
    await pruned(hub)
    assert await store.count(transitions) == 0


async def test_what_waits_to_be_read_or_is_not_over_stays(store: Store, hub: Hub) -> None:
    await insert(store, deliveries, row_of(deliveries, LONG) | {"state": "received"})
    await insert(store, jobs, row_of(jobs, LONG) | {"finished_at": None, "state": "paused"})
    open_one = row_of(findings, LONG + SLACK) | {"state": "open"}
    ignored = row_of(findings, LONG + 2 * SLACK) | {"state": "ignored"}
    await insert(store, findings, open_one, ignored)
    await pruned(hub)
    assert [await store.count(each) for each in (deliveries, jobs, findings)] == [1, 1, 2]
    assert await store.count(findings, sa.cast(findings.c.data, sa.Text).contains("words")) == 2


async def test_ended_erasure_forgets_whom_it_was_about(store: Store, hub: Hub) -> None:
    now = timedelta(0)
    told = {"kind": "erasure", "params": {"email": "words"}}
    await insert(store, jobs, row_of(jobs, now) | told | {"state": "cancelled"})
    under_way = {"state": "running", "finished_at": None}
    await insert(store, jobs, row_of(jobs, SLACK) | told | under_way)
    await pruned(hub)
    held = {each["state"]: each["params"] for each in await everything(store, jobs)}
    assert held == {"cancelled": {}, "running": {"email": "words"}}


async def _closed(store: Store, *ids: str, at: datetime, **said: Any) -> None:
    words = {facts.SUBJECT: "words", facts.STATUS: "4", facts.KEY: "#1"} | said
    for id in ids:
        await store.observe(seen(ticket(id), words, at=at, whole=True))


async def test_closed_record_loses_its_words_and_is_read_when_needed(
    store: Store, hub: Hub
) -> None:
    await _closed(store, "old", "active", at=NOW - TEXTS - SLACK)
    await _closed(store, "new", at=NOW - TEXTS + SLACK)
    async with store.db.write() as connection:
        await records.set_active(connection, "hubspot:active", True, "digest")
        await connection.execute(
            sa.insert(ticket_views).values(
                ticket_key="hubspot:old", connection="hubspot", vendor_id="old", subject="words",
                needs=[], search="words", updated_at=0, customer="Acme",
            )
        )  # fmt: skip
    await pruned(hub)
    async with store.db.read() as connection:
        held = await records.load_many(
            connection, [f"hubspot:{n}" for n in ("old", "active", "new")]
        )
    observed = {key: each.observation for key, each in held.items()}
    assert {k for k, each in observed.items() if each and each.knows(facts.SUBJECT)} == {
        "hubspot:active",
        "hubspot:new",
    }
    old = observed["hubspot:old"]
    assert old is not None
    assert (old.text(facts.STATUS), old.text(facts.KEY), old.whole) == ("4", "#1", False)
    assert held["hubspot:old"].read_at is None
    [view] = await everything(store, ticket_views)
    assert (view["subject"], view["search"], view["customer"]) == ("", "", "Acme")


async def _hang(store: Store) -> None:
    """On each of six old records hangs one thing; on two more nothing."""
    at = NOW - LONG - SLACK
    ids = ("linked", "launched", "origin", "copied", "paired", "alias", "alone", "gone")
    await _closed(store, *ids, at=at)
    await store.observe(seen(item("linked"), {facts.STATUS: "Closed"}, at=at, whole=True))
    await store.observe(seen(item("alone"), {facts.STATUS: "Closed"}, at=at, whole=True))
    await store.observe(seen(ticket("gone"), {}, at=at, presence=Presence.DELETED))
    launch = Launch(ticket("origin"), "bug", "boards", "marker", LaunchState.CREATED, at, "1")
    entry = LedgerEntry("hubspot:9#file/1", "content", LedgerState.COPIED, "tb-1", "7")
    pair = Fingerprint("work_stage", "sent", "back", at)
    async with store.db.write() as connection:
        await connections.ensure(store.db, connection, ["hubspot"], at)
        made = await work.add_link(
            store.db, connection, ticket=ticket("linked"), item=item("linked"), route="bug",
            by="test", now=at,
        )  # fmt: skip
        assert made is not None
        await work.end_link(connection, made.id, "test", at)
        await work.intend_launch(store.db, connection, launch)
        await connection.execute(sa.update(launches).values(ticket_key="hubspot:launched"))
        await work.write_ledger(store.db, connection, "hubspot:copied", entry)
        await work.write_fingerprints(store.db, connection, "hubspot:paired", [pair])
        await records.set_aliases(store.db, connection, ticket("alias"), ["older"])


async def test_dead_records_go_at_last_and_what_happens_once_for_ever_is_spared(
    store: Store, hub: Hub
) -> None:
    await _hang(store)
    standing = Standing("daily", "Daily update", PromiseState.KEPT, "told_customer", NOW)
    async with store.db.write() as connection:
        for key in ("hubspot:alone", "hubspot:linked"):
            await promise_rows.keep_timeline(store.db, connection, key, Timeline(begun=NOW))
            await promise_rows.replace_all(connection, key, [standing])
    spared = (links, launches, ledger, fingerprints, connection_state)
    before = [await everything(store, each) for each in spared]
    await pruned(hub)
    left = {each["key"] for each in await everything(store, record_table)}
    hanging = ("linked", "launched", "origin", "copied", "paired", "alias")
    assert left == {f"hubspot:{each}" for each in hanging} | {"boards:linked"}
    assert [await everything(store, each) for each in spared] == before
    for table in (timelines, promises):
        assert [each["ticket_key"] for each in await everything(store, table)] == ["hubspot:linked"]


async def test_second_look_changes_nothing(store: Store, hub: Hub) -> None:
    await _hang(store)
    for kept in KEPT:
        await insert(store, kept.table, *(row_of(kept.table, age) for age in AGES))
    await pruned(hub)
    first = [await everything(store, each) for each in metadata.sorted_tables]
    hub.pruned.clear()
    await pruned(hub)
    assert [await everything(store, each) for each in metadata.sorted_tables] == first

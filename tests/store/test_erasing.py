"""Erasure in the store: every place that may quote a person is found, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bridge.domain import records as facts
from bridge.kit.digests import salted
from bridge.store import erasing, records, work
from bridge.store.retention import BATCH
from bridge.store.tables import deliveries, launches, metadata, reference_data, transitions
from bridge.store.tables import records as record_table
from tests.store.kit import Store, item, seen, ticket
from tests.store.test_retention import everything, id_of, insert, row_of

EMAIL = "ana_ito@client.example"
LIKE = "anaxito@client.example"
"""What `_` would also mean in a pattern."""

PLACES = (
    ("runs", "inputs"), ("runs", "decided"), ("operations", "request"), ("operations", "detail"),
    ("transitions", "before"), ("transitions", "after"), ("findings", "data"),
    ("audit_log", "detail"), ("jobs", "params"), ("jobs", "result"), ("escalations", "reason"),
    ("escalations", "contact"), ("escalations", "note"),
)  # fmt: skip


def saying(name: str, column: str, age: timedelta, text: str) -> dict[str, Any]:
    """A row of that table in which the column says the text."""
    table = metadata.tables[name]
    json = isinstance(table.c[column].type, sa.JSON)
    return row_of(table, age) | {column: {"said": [text]} if json else f"says {text} here"}


async def erased(store: Store, name: str) -> None:
    """Blank whatever says the address in that table."""
    after, more = "", True
    while more:
        async with store.db.write() as connection:
            ids, walked = await erasing.rows_saying(connection, name, after, [EMAIL])
            await erasing.blank_rows(connection, name, ids)
        after, more = walked.at, walked.more


@pytest.mark.parametrize(("name", "column"), PLACES, ids=["-".join(each) for each in PLACES])
async def test_address_is_found_in_any_case_and_no_other_is_touched(
    store: Store, name: str, column: str
) -> None:
    table = metadata.tables[name]
    texts = (EMAIL, EMAIL.upper(), LIKE)
    made = [saying(name, column, timedelta(hours=n), text) for n, text in enumerate(texts)]
    await insert(store, table, *made)
    await erased(store, name)
    left = {each["id"]: str(each[column]) for each in await everything(store, table)}
    assert len(left) == len(texts)
    assert {id for id, said in left.items() if "@" in said or "CLIENT" in said} == {made[2]["id"]}


async def test_more_rows_than_a_batch_are_all_found(store: Store) -> None:
    many = [
        saying("transitions", "after", timedelta(seconds=n), EMAIL) for n in range(2 * BATCH + 3)
    ]
    await insert(store, transitions, *many)
    await erased(store, "transitions")
    assert await store.count(transitions, transitions.c.after.is_not(None)) == 0


async def test_reason_of_a_launch_and_a_company_are_blanked_and_the_launch_stays(
    store: Store,
) -> None:
    launch = {
        "origin_ticket_key": "hubspot:1", "route": "bug", "ticket_key": "hubspot:1",
        "connection": "boards", "marker": "m", "state": "created", "intended_at": 0,
        "reason": EMAIL,
    }  # fmt: skip
    company = {
        "connection": "hubspot", "kind": "company", "id": "77",
        "data": {"name": EMAIL, "properties": {}}, "read_at": 9,
    }  # fmt: skip
    await insert(store, launches, launch)
    await insert(store, reference_data, company)
    await erased(store, "launches")
    await erased(store, "reference_data")
    [kept] = await everything(store, launches)
    assert dict(kept) == {**launch, "work_item_id": None, "probes": 0, "reason": ""}
    [held] = await everything(store, reference_data)
    assert (held["data"], held["read_at"]) == ({"name": "", "properties": {}}, 0)


async def test_records_that_say_the_address_are_found(store: Store) -> None:
    await store.observe(seen(ticket("1"), {facts.BODY: f"<p>{EMAIL.title()}</p>"}))
    await store.observe(seen(ticket("2"), {facts.BODY: LIKE}))
    async with store.db.read() as connection:
        found, walked = await erasing.records_saying(connection, "", [EMAIL])
    assert (found, walked.more) == (["hubspot:1"], False)


def delivery(n: int, body: bytes, name: str = "hubspot", **said: Any) -> dict[str, Any]:
    id = id_of(timedelta(hours=n))
    return row_of(deliveries, timedelta(hours=n)) | {
        "id": id, "body": body, "connection": name, **said,
    }  # fmt: skip


async def test_payloads_are_found_by_record_by_id_and_by_text(store: Store) -> None:
    made = [
        delivery(9, b"{}", records=["hubspot:1", "hubspot:5"]),
        delivery(8, b'[{"objectId":301,"propertyName":"email"}]', records=[]),
        delivery(7, EMAIL.upper().encode()),
        delivery(6, b'[{"objectId":3011}]'),
        delivery(5, b'{"id":301}', name="boards"),
        delivery(4, b'[{"objectId":301}]', state="received"),
        delivery(3, b"{}", records=["hubspot:11"]),
    ]
    for each in made:
        await insert(store, deliveries, each)
    async with store.db.read() as connection:
        about, walked = await erasing.deliveries_about(
            connection, "", {"hubspot:1"}, {"hubspot": {"301"}}, [EMAIL]
        )
    assert about == [each["id"] for each in made[:3]]
    assert not walked.more


async def test_circle_holds_the_items_and_whoever_else_hangs_on_them(store: Store) -> None:
    await store.mark(ticket("1"), ticket("2"), ticket("3"), item("7"), item("8"))
    async with store.db.write() as connection:
        for a, b in (("1", "7"), ("2", "7"), ("3", "8")):
            await work.add_link(
                store.db, connection, ticket=ticket(a), item=item(b), route=None, by="test",
                now=store.clock.now(),
            )  # fmt: skip
        found = await erasing.circle(connection, ["hubspot:1"])
    assert found.records == {"hubspot:1", "boards:7"}
    assert found.quoting == {"hubspot:2"}


async def test_forgotten_record_keeps_its_ids_and_says_what_it_lacks(store: Store) -> None:
    said = {facts.SUBJECT: "words", facts.STATUS: "4", facts.KEY: "#1", facts.CONTACTS: ["301"]}
    await store.observe(seen(ticket("1"), said, whole=True))
    await store.sql("UPDATE records SET last_error = 'words'")
    for n in range(BATCH + 1):
        values = row_of(metadata.tables["runs"], timedelta(seconds=n))
        await insert(store, metadata.tables["runs"], values)
    for whole in (False, True):
        async with store.db.write() as connection:
            assert await erasing.forget_record(connection, "hubspot:1") is whole
    async with store.db.read() as connection:
        stored = await records.load(connection, "hubspot:1")
        assert await records.referring(connection, "hubspot", "contact", "301") == []
    assert stored is not None
    assert stored.observation is not None
    assert stored.observation.text(facts.KEY) == "#1"
    assert (stored.observation.whole, stored.read_at) == (False, None)
    for table in (record_table, metadata.tables["runs"]):
        assert "words" not in str([tuple(each.values()) for each in await everything(store, table)])


def test_salted_digest_is_recognised_by_whoever_knows_the_text() -> None:
    made = salted(EMAIL)
    salt = bytes.fromhex(made.partition(":")[0])
    assert salted(EMAIL, salt) == made
    assert salted(LIKE, salt) != made
    assert salted(EMAIL) != made

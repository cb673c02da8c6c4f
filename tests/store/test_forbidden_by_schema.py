"""The database itself refuses to join a ticket and a signal, whoever writes the SQL."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from tests.store.kit import Store, item, seen, signal, ticket

LINK = """INSERT INTO links
 (id, ticket_key, ticket_kind, work_item_key, work_item_kind, state, created_at, created_by)
 VALUES ('l1', :a, :a_kind, :b, :b_kind, 'active', 0, 'me')"""
RELATION = """INSERT INTO relations (id, a_key, a_kind, b_key, b_kind, created_at, created_by)
 VALUES ('r1', :a, :a_kind, :b, :b_kind, 0, 'me')"""
ORIGIN = """INSERT INTO origins
 (id, signal_key, signal_kind, work_item_key, work_item_kind, created_at, created_by)
 VALUES ('o1', :a, :a_kind, :b, :b_kind, 0, 'me')"""
HELD = """INSERT INTO held_texts
 (id, ticket_key, ticket_kind, work_item_key, work_item_kind, source, content, code, rule, state,
  created_at)
 VALUES ('h1', :a, :a_kind, :b, :b_kind, 's', 'c', 'HELD_FOR_REVIEW', 'r', 'open', 0)"""

KEYS = {
    "ticket": "hubspot:1",
    "work_item": "boards:1",
    "signal": "sentry:1",
    "timer": "timer:sweep:hubspot",
}
RIGHT = {
    LINK: ("ticket", "work_item"),
    RELATION: ("work_item", "work_item"),
    ORIGIN: ("signal", "work_item"),
    HELD: ("ticket", "work_item"),
}
ENDS = {
    LINK: ("ticket", "work_item"),
    RELATION: ("a", "b"),
    ORIGIN: ("signal", "work_item"),
    HELD: ("ticket", "work_item"),
}
ALL = [(statement, a, b) for statement in RIGHT for a in KEYS for b in KEYS]
WRONG = [each for each in ALL if RIGHT[each[0]] != each[1:]]


def _name(value: str) -> str:
    return value.split()[2] if value.startswith("INSERT") else value


@pytest.fixture
async def filled(store: Store) -> Store:
    """A store with a record of each kind."""
    for ref in (ticket(), item(), item("2"), signal()):
        await store.observe(seen(ref))
    await store.sql(
        "INSERT INTO records (key, kind, connection, vendor_id) "
        "VALUES ('timer:sweep:hubspot', 'timer', '', 'sweep:hubspot')"
    )
    return store


async def _insert(store: Store, statement: str, a: str, b: str, *kinds: str) -> None:
    a_kind, b_kind = kinds
    other = KEYS[b] if b != a else KEYS[b].replace("boards:1", "boards:2")
    await store.sql(statement, a=KEYS[a], a_kind=a_kind, b=other, b_kind=b_kind)


@pytest.mark.parametrize(("statement", "a", "b"), WRONG, ids=_name)
async def test_wrong_pair_can_not_be_inserted(
    filled: Store, statement: str, a: str, b: str
) -> None:
    # Telling the kinds as they are breaks the CHECK; lying about them breaks the foreign key.
    with pytest.raises(IntegrityError):
        await _insert(filled, statement, a, b, a, b)
    with pytest.raises(IntegrityError):
        await _insert(filled, statement, a, b, *RIGHT[statement])


@pytest.mark.parametrize("statement", RIGHT, ids=_name)
async def test_right_pair_can_be_inserted(filled: Store, statement: str) -> None:
    a, b = RIGHT[statement]
    await _insert(filled, statement, a, b, a, b)


@pytest.mark.parametrize("end", [0, 1])
@pytest.mark.parametrize("statement", RIGHT, ids=_name)
async def test_end_of_a_row_can_not_be_turned_to_another_kind(
    filled: Store, statement: str, end: int
) -> None:
    a, b = RIGHT[statement]
    await _insert(filled, statement, a, b, a, b)
    table, column, kind = _name(statement), ENDS[statement][end], RIGHT[statement][end]
    for other in KEYS.keys() - {kind}:
        key = f"UPDATE {table} SET {column}_key = '{KEYS[other]}'"  # noqa: S608 - words of ours
        for further in ("", f", {column}_kind = '{other}'"):
            with pytest.raises(IntegrityError):
                await filled.sql(key + further)
        with pytest.raises(IntegrityError):
            await filled.sql(f"UPDATE {table} SET {column}_kind = '{other}'")  # noqa: S608 - the same


@pytest.mark.parametrize("key", ["hubspot:1", "boards:1"])
async def test_linked_record_can_not_become_a_signal(filled: Store, key: str) -> None:
    await _insert(filled, LINK, "ticket", "work_item", "ticket", "work_item")
    with pytest.raises(IntegrityError):
        await filled.sql("UPDATE records SET kind = 'signal' WHERE key = :key", key=key)
    with pytest.raises(IntegrityError):
        await filled.sql("DELETE FROM records WHERE key = :key", key=key)


async def test_link_needs_records_and_a_known_state(filled: Store) -> None:
    with pytest.raises(IntegrityError):
        await filled.sql(LINK, a="hubspot:9", a_kind="ticket", b="boards:1", b_kind="work_item")
    with pytest.raises(IntegrityError):
        await filled.sql(
            LINK.replace("'active'", "'perhaps'"),
            a="hubspot:1",
            a_kind="ticket",
            b="boards:1",
            b_kind="work_item",
        )


async def test_record_of_an_unknown_kind_can_not_be_inserted(filled: Store) -> None:
    with pytest.raises(IntegrityError):
        await filled.sql(
            "INSERT INTO records (key, kind, connection, vendor_id) VALUES ('x:1', 'x', 'x', '1')"
        )

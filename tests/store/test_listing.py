"""The list of tickets in pages, on both databases, whichever way leads to them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from bridge.store.database import Database
from bridge.store.listing import Cursor, listed
from bridge.store.tables import ticket_views
from bridge.store.tallies import Tally, counts
from bridge.store.views import MOST_WORDS, TicketFilter, searched_words
from tests.store.kit import Store
from tests.store.many import MANY, add_many, like, numbered

FILTERS = (
    TicketFilter(),
    TicketFilter(needs="with_engineering"),
    TicketFilter(needs="needs_decision"),
    TicketFilter(stage="in_testing"),
    TicketFilter(stage="in_testing", needs="needs_decision"),
    TicketFilter(stage="in_testing", needs="with_engineering", connection="hubspot"),
    TicketFilter(customer="Acme", needs="with_engineering"),
    TicketFilter(customer="Acme", stage="scheduled"),
    TicketFilter(q="export", needs="with_engineering"),
    TicketFilter(q="export"),
    TicketFilter(closed=False),
    TicketFilter(closed=True, customer="Acme"),
    TicketFilter(closed=False, q="export", connection="hubspot"),
    TicketFilter(closed=False, needs="needs_decision"),
)


async def _paged(db: Database, wanted: TicketFilter, by_customer: bool) -> list[str]:
    shown: list[str] = []
    after: Cursor | None = None
    while True:
        async with db.read() as store:
            found = await listed(
                store, wanted, by="customer" if by_customer else "", after=after, limit=700
            )
        if not found.rows:
            return shown
        shown += [each["ticket_key"] for each in found.rows]
        last = found.rows[-1]
        after = Cursor(last["ticket_key"], last["customer"] or "", last["closed"])


async def test_pages_have_each_ticket_once_and_in_order_however_many_there_are(
    store: Store,
) -> None:
    many = await add_many(store.db)
    for wanted in FILTERS:
        meant = [row for row in many if like(row, wanted)]
        keys = [row["ticket_key"] for row in meant]
        assert await _paged(store.db, wanted, False) == keys, wanted
        if wanted.customer is None:
            meant.sort(key=_by_customer)
        assert await _paged(store.db, wanted, True) == [row["ticket_key"] for row in meant], wanted


def _by_customer(row: dict[str, Any]) -> tuple[bool, str, bool, str]:
    name = row["customer"]
    return name is None, name or "", row["closed"], row["ticket_key"]


async def test_open_tickets_behind_thousands_of_closed_ones_are_found_and_counted(
    store: Store,
) -> None:
    rows = [{**numbered(n), "customer": "Acme", "closed": n < MANY - 3} for n in range(MANY)]
    async with store.db.write() as connection:
        await connection.execute(sa.insert(ticket_views), rows)
    async with store.db.read() as connection:
        for wanted in (TicketFilter(closed=False), TicketFilter(closed=False, customer="Acme")):
            found = await listed(connection, wanted, limit=51)
            assert [each["key"] for each in found.rows] == [f"#{MANY - n}" for n in (3, 2, 1)]
            assert found.total == Tally(3)
        assert await counts(connection, closed=True) == ({}, Tally(MANY - 3))


async def test_search_looks_for_the_first_few_different_words_alone(store: Store) -> None:
    many = await add_many(store.db)
    here = sorted(row["ticket_key"] for row in many if like(row, TicketFilter(q="export")))
    parts = " ".join("export"[:n] for n in range(1, 7))
    assert len(searched_words(f"{parts} EXPORT xport port nothing")) == MOST_WORDS
    assert await _paged(store.db, TicketFilter(q=f"{parts} xport port nothing"), False) == here
    # A word that is said again takes nobody's place.
    assert await _paged(store.db, TicketFilter(q="export " * 20 + "nothing"), False) == []

"""The list by its owners: on both databases, narrowed with the other filters, and forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.domain.refs import TicketRef
from bridge.store import erasing, listing, views
from bridge.store.queue import Mark, mark
from bridge.store.quoting import TABLES
from bridge.store.tallies import Tally
from bridge.store.views import TicketFilter, TicketView
from tests.store.kit import Store

ADA, GRACE = "ada@acme.com", "grace@acme.com"


def view(id: str, owner: str | None, *needs: str, stage: str | None = None) -> TicketView:
    """A row of the list."""
    return TicketView(
        ref=TicketRef("hubspot", id), key=f"#{id}", url=None, subject="Export fails",
        customer="Acme", plan=None, category="Bug", severity=None, stage_id=stage,
        stage_label=stage, eta=None, route="bug", verdict="IN_SYNC", needs=needs, closed=False,
        owner=owner,
    )  # fmt: skip


async def keep(store: Store, *rows: TicketView) -> None:
    """Store the rows, each over what was there of it."""
    async with store.db.write() as connection:
        for each in rows:
            await mark(store.db, connection, [Mark(each.ref, "test")])
            before = await views.load(connection, str(each.ref))
            now = store.db.clock.now()
            await views.store(store.db, connection, each, now, before=before)


@pytest.fixture
async def filled(store: Store) -> Store:
    """Two tickets of Ada's, one of Grace's, one of nobody's."""
    await keep(
        store,
        view("1", ADA, "needs_decision", stage="reported"),
        view("2", ADA, "with_engineering"),
        view("3", GRACE, "needs_decision"),
        view("4", None, "with_engineering"),
    )
    return store


async def listed(store: Store, **wanted: Any) -> list[str]:
    """The ids of the rows that the filters leave."""
    async with store.db.read() as connection:
        found = await views.page(connection, TicketFilter(**wanted), cursor=None, limit=10)
    return [each["vendor_id"] for each in found]


async def test_owner_narrows_with_every_other_filter(filled: Store) -> None:
    assert await listed(filled, owner=ADA) == ["1", "2"]
    assert await listed(filled, owner=ADA, needs="needs_decision") == ["1"]
    assert await listed(filled, owner=ADA, stage="reported") == ["1"]
    assert await listed(filled, owner=ADA, q="export #2") == ["2"]
    assert await listed(filled, owner=ADA, q="export", needs="needs_decision") == ["1"]
    assert await listed(filled, owner="ada@acme.co") == []
    assert len(await listed(filled)) == 4


async def test_counts_are_of_the_owners_alone(filled: Store) -> None:
    async with filled.db.read() as connection:
        own = await listing.listed(connection, TicketFilter(owner=ADA), limit=10)
        assert own.tabs == {"needs_decision": Tally(1), "with_engineering": Tally(1)}
        assert own.total == Tally(2)
        nobodys = await listing.listed(connection, TicketFilter(owner="nobody@acme.com"), limit=10)
        assert (nobodys.tabs, nobodys.total) == ({}, Tally(0))
        assert await views.has_tickets(connection, GRACE)


async def test_change_of_the_owner_alone_changes_the_row(filled: Store) -> None:
    await keep(filled, view("1", GRACE, "needs_decision", stage="reported"))
    assert await listed(filled, owner=ADA) == ["2"]
    assert await listed(filled, owner=GRACE, needs="needs_decision") == ["1", "3"]


async def test_owner_goes_with_the_words_of_the_ticket(filled: Store) -> None:
    async with filled.db.write() as connection:
        await views.forget_texts(connection, ["hubspot:1"])
    assert await listed(filled, owner=ADA) == ["2"]


async def test_erasing_an_owner_leaves_the_words_of_customers(filled: Store) -> None:
    async with filled.db.write() as connection:
        ids: list[str] = []
        for name in TABLES:
            found, _ = await erasing.rows_saying(connection, name, "", [ADA])
            await erasing.blank_rows(connection, name, found)
            ids += found
    assert ids == ["hubspot:1", "hubspot:2"]
    assert await listed(filled, owner=ADA) == []
    assert await listed(filled, owner=GRACE) == ["3"]
    assert await listed(filled, q="export") == ["1", "2", "3", "4"]

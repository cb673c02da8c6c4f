"""What is kept of releases, on both databases: learnt once, never lost, and by whom it is left."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from bridge.core.releases import CUSTOMER_CHANGED, release_id
from bridge.domain.findings import Finding
from bridge.domain.records import Company
from bridge.domain.refs import TicketRef, split_ref
from bridge.domain.releases import Release, ReleasesAround, Stray
from bridge.store import erasing, release_strays, release_views, releases, retention, views, work
from bridge.store.connections import store_company
from bridge.store.history import raise_findings
from bridge.store.tables import findings, release_exceptions
from tests.store.kit import START, Store, item, ticket
from tests.store.test_drafts import VIEW

ID = "r1"


def release(
    name: str = "5.4", *, day: date | None = date(2026, 3, 10), out: bool = False
) -> Release:
    return Release(ID, "jira", "10001", name, day, out)


async def learn(
    store: Store,
    *planned: Release,
    item: str = "jira:1",
    at: datetime = START,
    seen_at: datetime | None = None,
) -> None:
    found = {each.id: each for each in planned}
    async with store.db.write() as connection:
        await releases.learn(store.db, connection, item, found, seen_at=seen_at or at, now=at)


async def around(store: Store, item: str = "jira:1") -> ReleasesAround:
    async with store.db.read() as connection:
        return (await releases.of_items(connection, [item])).around("zendesk", [item])


async def gone(store: Store, at: datetime, into: str | None = None) -> None:
    async with store.db.write() as connection:
        await releases.mark_gone(connection, "jira", "10001", into, at)


async def linked(store: Store, id: str) -> None:
    await store.mark(ticket(id, "zendesk"), item(id, "jira"))
    async with store.db.write() as connection:
        await work.add_link(
            store.db, connection, ticket=ticket(id, "zendesk"), item=item(id, "jira"),
            route="bug", by="test", now=START,
        )  # fmt: skip


async def test_release_is_learnt_renamed_released_and_taken_back(store: Store) -> None:
    await learn(store, release())
    await learn(store, release("Spring", out=True))
    found = (await around(store)).known[ID]
    assert (found.name, found.day, found.released_at) == ("Spring", date(2026, 3, 10), START)
    # When it was first seen as released stays, until it is not.
    await learn(store, release("Spring", out=True), at=START + timedelta(days=3))
    assert (await around(store)).known[ID].released_at == START
    await learn(store, release("Spring"))
    assert (await around(store)).known[ID].released_at is None


async def test_deleted_release_is_left_whichever_news_comes_first(store: Store) -> None:
    await learn(store, release())
    await learn(store, at=START)
    assert (await around(store)).left == {}
    await gone(store, START + timedelta(minutes=2))
    assert (await around(store)).left == {"jira:1": (ID,)}
    # And the other way round.
    await learn(store, release(), item="jira:2", at=START + timedelta(minutes=3))
    assert (await around(store)).left == {}
    await gone(store, START)
    await learn(store, item="jira:2", at=START + timedelta(hours=1))
    assert (await around(store, "jira:2")).left == {"jira:2": (ID,)}


async def test_item_that_was_taken_out_before_has_nothing_to_do_with_the_deletion(
    store: Store,
) -> None:
    await learn(store, release())
    await learn(store, at=START)
    await gone(store, START + timedelta(hours=1))
    assert (await around(store)).left == {}


async def test_what_was_seen_before_a_deletion_does_not_undo_it(store: Store) -> None:
    """The pass of one item was under way when the deletion came in."""
    await learn(store, release())
    await gone(store, START + timedelta(minutes=2))
    await learn(store, release("5.4.0"), seen_at=START, at=START + timedelta(minutes=3))
    await learn(store, seen_at=START + timedelta(minutes=4), at=START + timedelta(minutes=4))
    found = await around(store)
    assert (found.left, found.known[ID].name) == ({"jira:1": (ID,)}, "5.4.0")
    # What was seen after it does: the release is there again.
    await learn(store, release(), at=START + timedelta(minutes=5))
    assert (await around(store)).left == {}
    await learn(store, at=START + timedelta(minutes=20))
    assert (await around(store)).left == {}


async def test_release_that_was_merged_is_left_by_nobody(store: Store) -> None:
    await learn(store, release())
    await learn(store)
    await gone(store, START, into="10002")
    assert (await around(store)).left == {}


async def test_who_is_set_apart_stays_so_in_the_release_that_takes_its_place(
    store: Store,
) -> None:
    old, new = release_id("jira", "10001"), release_id("jira", "10002")
    days = {"7": None, "8": date(2026, 3, 12)}
    for id, company, day in ((old, "7", None), (old, "8", None), (new, "8", days["8"])):
        async with store.db.write() as connection:
            await releases.set_exception(
                store.db, connection, id, "zendesk", f"Company {company}", company,
                day=day, reason="an audit", by="ada", now=START,
            )  # fmt: skip
    await learn(store, Release(new, "jira", "10002", "5.5"))
    await gone(store, START, into="10002")
    # What was said of them there counts there.
    assert (await around(store)).known[new].exceptions == days


async def test_ticket_is_astray_by_its_customer_of_before_or_by_what_is_asked_until_that_is_closed(
    store: Store,
) -> None:
    keys = ["zendesk:1", "zendesk:2", "zendesk:3", "hubspot:4"]
    before = ("Beta", "Beta Group", "", "Beta")
    for key, customer in zip(keys, before, strict=True):
        ref = TicketRef(*split_ref(key))
        async with store.db.write() as connection:
            view = replace(VIEW, ref=ref, customer=customer or None)
            await views.store(store.db, connection, view, START)
    await learn(store, release())
    asked = [
        Finding(CUSTOMER_CHANGED, "zendesk", "zendesk:3", ID, {"was": "Beta"}),
        Finding(CUSTOMER_CHANGED, "zendesk", "zendesk:2", "another", {"was": "Gamma"}),
    ]
    async with store.db.write() as connection:
        await releases.set_exception(
            store.db, connection, ID, "zendesk", "Beta", "7",
            day=None, reason="an audit", by="ada", now=START,
        )  # fmt: skip
        await store_company(store.db, connection, "zendesk", Company("7", "Beta Group"), START)
        await raise_findings(store.db, connection, asked, START)

    async def astray() -> dict[str, dict[str, Stray]]:
        async with store.db.read() as connection:
            kept = await releases.of_items(connection, ["jira:1"])
            return await release_strays.load(connection, keys, kept)

    # By the name of then, by the one that the company had since, and by what is asked.
    then, since = Stray("Beta"), Stray("Beta Group")
    found = {keys[0]: {ID: then}, keys[1]: {ID: since}, keys[2]: {ID: then}}
    assert await astray() == found
    async with store.db.write() as connection:
        asked_about = await connection.execute(release_strays.at(ID, "zendesk"))
        assert [*asked_about.scalars()] == [keys[2]]
        await connection.execute(sa.update(findings).values(state="ignored"))
    # Whoever ignores what is asked lets nobody go by that.
    assert await astray() == found
    async with store.db.write() as connection:
        assert [*(await connection.execute(release_strays.at(ID, "zendesk"))).scalars()] == [
            keys[2]
        ]
        await release_strays.carry(store.db, connection, "another", ID, START)
        await release_strays.now_called(connection, ID, "zendesk", {"Gamma"}, "Beta")
    # What is asked at a release that another took the place of is asked there.
    asked_here = {**found, keys[1]: {ID: then}}
    assert await astray() == asked_here
    async with store.db.write() as connection:
        await connection.execute(sa.update(findings).values(state="resolved"))
        await connection.execute(sa.update(release_exceptions).values(customer=""))
    # Closed by a person, and erased, it is asked about no more.
    assert await astray() == {keys[1]: {ID: since}}


async def test_why_somebody_is_set_apart_is_erased_with_their_name_and_goes_when_it_is_over(
    store: Store,
) -> None:
    await learn(store, release())
    told = (("7", "Ana@client.example", None), ("8", "Beta", date(2026, 2, 1)), ("9", "C", None))
    for company, name, day in told:
        async with store.db.write() as connection:
            await releases.set_exception(
                store.db, connection, ID, "zendesk", name, company,
                day=day, reason="ana@client.example asked" if company == "7" else "an audit",
                by="ada", now=START,
            )  # fmt: skip

    async def kept() -> list[tuple[str, str, str]]:
        async with store.db.read() as connection:
            found = await releases.exceptions_of(connection, [ID])
        return sorted((e["customer_id"], e["customer"], e["reason"]) for e in found)

    for table in ("release_exceptions", "set apart"):
        async with store.db.write() as connection:
            ids, _ = await erasing.rows_saying(connection, table, "", ["ana@client.example"])
            await erasing.blank_rows(connection, table, ids)
    assert await kept() == [("7", "", ""), ("8", "Beta", "an audit"), ("9", "C", "an audit")]
    async with store.db.write() as connection:
        assert await retention.blank_reasons(connection, START) == 1
    assert (await kept())[1:] == [("8", "Beta", ""), ("9", "C", "an audit")]
    await gone(store, START)
    async with store.db.write() as connection:
        assert await retention.blank_reasons(connection, START) == 0
        assert await retention.blank_reasons(connection, START + timedelta(seconds=1)) == 1
    assert (await around(store)).known[ID].exceptions == {"7": None, "8": told[1][2], "9": None}


async def test_what_people_say_is_kept_by_helpdesk_and_group(store: Store) -> None:
    await learn(store, release())
    for helpdesk, group, day in (
        ("zendesk", "pilot", date(2026, 3, 11)),
        ("zendesk", "pilot", date(2026, 3, 12)),
        ("hubspot", "everyone", date(2026, 3, 13)),
    ):
        async with store.db.write() as connection:
            await releases.set_reached(store.db, connection, ID, helpdesk, group, day, "ada", START)
    assert (await around(store)).known[ID].reached == {"pilot": date(2026, 3, 12)}
    async with store.db.write() as connection:
        await releases.set_reached(store.db, connection, ID, "zendesk", "pilot", None, "ada", START)
    assert (await around(store)).known[ID].reached == {}


async def test_releases_are_listed_from_the_furthest_back_and_counted(store: Store) -> None:
    days = {"a": date(2026, 3, 10), "b": None, "c": date(2026, 4, 1)}
    for id, day in days.items():
        await learn(store, Release(id, "jira", id, id, day, False), item=f"jira:{id}")
        await linked(store, id)
    # Only engineering's own work is planned for this one: nobody who looks after tickets sees it.
    await learn(store, Release("d", "jira", "d", "Internal", None, False), item="jira:d")
    async with store.db.read() as connection:
        first = await release_views.page(connection, cursor=None, limit=2)
        rest = await release_views.page(connection, cursor=first[-1]["place"], limit=2)
        figures = await release_views.figures_of(connection, [*days])
        assert await releases.load(connection, "d") is None
        assert await releases.load(connection, "a") is not None
    assert [each["id"] for each in (*first, *rest)] == ["b", "c", "a"]
    assert figures == {}

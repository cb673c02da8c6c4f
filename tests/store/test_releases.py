"""What is kept of releases, on both databases: learnt once, never lost, and by whom it is left."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from bridge.core.releases import release_id
from bridge.domain.releases import Release, ReleasesAround
from bridge.store import erasing, release_views, releases, retention, work
from tests.store.kit import START, Store, item, ticket

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

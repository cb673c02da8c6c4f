"""Links, launches and findings: what is unique, what ends, what stays as a person left it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.domain.findings import Finding
from bridge.domain.links import Launch, LaunchState, LinkState
from bridge.domain.records import Presence
from bridge.domain.refs import TicketRef
from bridge.store import history, patrols, records, work
from bridge.store.tables import findings, launches
from tests.store.kit import START, Store, item, seen, ticket


async def _link(store: Store, on: TicketRef | None = None) -> str | None:
    async with store.db.write() as connection:
        made = await work.add_link(
            store.db,
            connection,
            ticket=on or ticket(),
            item=item(),
            route=None,
            by="test",
            now=START,
        )
    return None if made is None else made.id


@pytest.fixture
async def joined(store: Store) -> Store:
    """A store that knows two tickets and an item."""
    for ref in (ticket("1"), ticket("2"), item("1")):
        await store.observe(seen(ref))
    return store


async def test_two_are_linked_once_and_again_after_the_link_has_ended(joined: Store) -> None:
    first = await _link(joined)
    assert first is not None
    assert await _link(joined) is None
    async with joined.db.write() as connection:
        assert await work.end_link(connection, first, "test", START)
        assert not await work.end_link(connection, first, "test", START)
    assert await _link(joined) not in (None, first)


async def test_broken_link_is_mended_only_when_both_ends_are_there(joined: Store) -> None:
    id = await _link(joined)
    assert id is not None

    async def state() -> LinkState:
        async with joined.db.read() as connection:
            found = await work.load_link(connection, id)
        assert found is not None
        return found.state

    gone = seen(ticket(), presence=Presence.DELETED, at=START + timedelta(seconds=1))
    await joined.observe(gone)
    async with joined.db.write() as connection:
        assert await work.break_links(connection, "boards:1") == 1
        assert await work.mend_links(connection, "boards:1") == 0
    assert await state() is LinkState.BROKEN
    await joined.observe(seen(ticket(), at=START + timedelta(seconds=2)))
    async with joined.db.write() as connection:
        assert await work.mend_links(connection, "hubspot:1") == 1
    assert await state() is LinkState.ACTIVE


async def test_tickets_on_an_item_are_those_whose_links_have_not_ended(joined: Store) -> None:
    first = await _link(joined, ticket("1"))
    await _link(joined, ticket("2"))
    assert first is not None
    async with joined.db.write() as connection:
        await work.end_link(connection, first, "test", START)
        assert await work.count_links_of_item(connection, "boards:1") == 1
        [left] = await work.links_of_item(connection, "boards:1")
        assert left.ticket == ticket("2")
        keys = await connection.execute(work.tickets_on("boards:1"))
        found = [str(each) for each in keys.scalars()]
    assert found == ["hubspot:2"]


def _launch(route: str = "bug", *, on: TicketRef | None = None, marker: str = "tb-1") -> Launch:
    return Launch(on or ticket(), route, "boards", marker, LaunchState.INTENDED, START)


async def _intend(store: Store, launch: Launch) -> bool:
    async with store.db.write() as connection:
        return await work.intend_launch(store.db, connection, launch)


async def test_launch_of_a_ticket_and_route_is_unique_for_ever(store: Store) -> None:
    assert await _intend(store, _launch())
    assert not await _intend(store, _launch())
    assert not await _intend(store, _launch(marker="tb-other"))
    assert await _intend(store, _launch("development-request", marker="tb-2"))
    for state in LaunchState:
        async with store.db.write() as connection:
            await work.settle_launch(connection, "boards", "tb-1", state, item_id="7")
        assert not await _intend(store, _launch())
    assert await store.count(launches) == 2


async def test_marker_is_unique_on_its_connection(store: Store) -> None:
    assert await _intend(store, _launch())
    assert not await _intend(store, _launch(on=ticket("2")))


async def test_only_an_unanswered_intent_is_taken_back(store: Store) -> None:
    await _intend(store, _launch())
    async with store.db.write() as connection:
        await work.settle_launch(connection, "boards", "tb-1", LaunchState.CREATED, item_id="7")
        await work.retract_launch(connection, "boards", "tb-1")
    assert await store.count(launches) == 1
    async with store.db.write() as connection:
        await work.settle_launch(connection, "boards", "tb-1", LaunchState.INTENDED)
        await work.retract_launch(connection, "boards", "tb-1")
    assert await _intend(store, _launch())


FOUND = Finding("STATUS_UNMAPPED", "boards", "boards:1", "Blocked", {"status": "Blocked"})


async def _raise(store: Store, *raised: Finding) -> None:
    async with store.db.write() as connection:
        await history.raise_findings(store.db, connection, raised, store.clock.now())


async def _close(store: Store, *still: Finding) -> int:
    async with store.db.write() as connection:
        return await history.close_findings(connection, ref="boards:1", still=still)


async def _finding(store: Store) -> tuple[str, int, int, int]:
    async with store.db.read() as connection:
        [found] = await history.page_findings(connection, cursor=None, limit=10)
    return found["state"], found["count"], found["first_seen_at"], found["last_seen_at"]


async def test_finding_raised_again_is_counted_not_repeated(store: Store) -> None:
    await _raise(store, FOUND)
    first = store.now_ms
    store.later(minutes=1)
    await _raise(store, FOUND)
    assert await _finding(store) == ("open", 2, first, store.now_ms)


async def test_finding_whose_cause_is_gone_closes_and_opens_again_as_new(store: Store) -> None:
    await _raise(store, FOUND)
    assert await _close(store, FOUND) == 0
    assert await _close(store) == 1
    assert (await _finding(store))[0] == "resolved"
    assert await _close(store) == 0
    store.later(minutes=1)
    await _raise(store, FOUND)
    state, count, first, _ = await _finding(store)
    assert (state, count, first) == ("open", 2, store.now_ms)


async def test_ignored_finding_stays_ignored_while_its_cause_lasts(store: Store) -> None:
    await _raise(store, FOUND)
    await store.sql("UPDATE findings SET state = 'ignored'")
    await _raise(store, FOUND)
    assert await _close(store, FOUND) == 0
    assert (await _finding(store))[0] == "ignored"
    assert await _close(store) == 1
    assert (await _finding(store))[0] == "resolved"


async def test_findings_of_other_topics_and_records_are_left_alone(store: Store) -> None:
    other_topic = Finding("STATUS_UNMAPPED", "boards", "boards:1", "Waiting")
    other_record = Finding("STATUS_UNMAPPED", "boards", "boards:2", "Blocked")
    of_connection = Finding("AUTH_EXPIRED", "boards")
    await _raise(store, FOUND, other_topic, other_record, of_connection)
    assert await _close(store, other_topic) == 1
    assert await store.count(findings, findings.c.state == "open") == 3
    async with store.db.write() as connection:
        codes = frozenset({"AUTH_EXPIRED"})
        assert await history.resolve_connection_findings(connection, "boards", codes) == 1
    assert await store.count(findings, findings.c.state == "open") == 2


async def test_spared_codes_are_not_closed(store: Store) -> None:
    await _raise(store, FOUND)
    async with store.db.write() as connection:
        closed = await history.close_findings(
            connection, ref="boards:1", still=[], spared=lambda code, _: code == "STATUS_UNMAPPED"
        )
    assert closed == 0


async def test_patrol_takes_each_active_record_in_turn(store: Store) -> None:
    for id in "123":
        await store.observe(seen(ticket(id)))
    async with store.db.write() as connection:
        for key in ("hubspot:1", "hubspot:2"):
            await records.set_active(connection, key, True, "digest")
    taken = []
    for _ in range(3):
        store.later(seconds=1)
        async with store.db.write() as connection:
            taken += await patrols.next_batch(
                store.db, connection, "hubspot", before=store.clock.now(), limit=1
            )
    assert sorted(taken[:2]) == ["1", "2"]
    assert taken[2] == taken[0]

"""Records as they were seen: merged, referred to, absent, merged into one another."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from bridge.core.merge import mirror_digest
from bridge.domain import records as facts
from bridge.domain.links import (
    Fingerprint,
    Launch,
    LaunchState,
    LedgerEntry,
    LedgerState,
)
from bridge.domain.records import Observation, Presence
from bridge.domain.refs import TicketRef
from bridge.store import history, records, work
from bridge.store.records import StoredRecord
from bridge.store.tables import links
from tests.store.kit import START, Store, item, seen, ticket

OLD, NEW = ticket("old"), ticket("new")


async def _load(store: Store, key: str) -> StoredRecord:
    async with store.db.read() as connection:
        found = await records.load(connection, key)
    assert found is not None
    return found


async def _seen(store: Store, key: str) -> Observation:
    stored = await _load(store, key)
    assert stored.observation is not None
    return stored.observation


async def test_observations_of_parts_add_up(store: Store) -> None:
    await store.observe(seen(ticket(), {"colour": "red"}))
    await store.observe(seen(ticket(), {"size": "small"}, at=START + timedelta(seconds=1)))
    held = await _seen(store, "hubspot:1")
    assert (held.text("colour"), held.text("size")) == ("red", "small")


async def test_older_value_never_replaces_a_newer_one(store: Store) -> None:
    await store.observe(seen(ticket(), {"colour": "red"}, at=START + timedelta(seconds=1)))
    await store.observe(seen(ticket(), {"colour": "blue"}, at=START))
    assert (await _seen(store, "hubspot:1")).text("colour") == "red"


async def test_stored_observation_comes_back_as_it_was(store: Store) -> None:
    await store.observe(seen(ticket(), {"a": None, "b": [1, {"c": "ü"}], "d": 0.5}, whole=True))
    held = await _seen(store, "hubspot:1")
    assert [held.value(each) for each in "abd"] == [None, [1, {"c": "ü"}], 0.5]
    assert held.whole
    assert (await _load(store, "hubspot:1")).read_at == START


async def test_reading_answers_the_wish_it_was_made_for_and_no_later_one(store: Store) -> None:
    await store.mark(ticket(), read=True)
    wish = (await _load(store, "hubspot:1")).read_wanted
    store.later(seconds=1)
    await store.mark(ticket(), read=True)
    async with store.db.write() as connection:
        await records.observe(
            store.db,
            connection,
            seen(ticket(), whole=True),
            shown=mirror_digest,
            counter=None,
            satisfies=wish,
        )
    later = (await _load(store, "hubspot:1")).read_wanted
    assert later is not None
    async with store.db.write() as connection:
        await records.observe(
            store.db,
            connection,
            seen(ticket(), whole=True),
            shown=mirror_digest,
            counter=None,
            satisfies=later,
        )
    assert (await _load(store, "hubspot:1")).read_wanted is None


async def test_record_seen_before_it_is_marked_is_not_due(store: Store) -> None:
    await store.observe(seen(ticket(), {"colour": "red"}))
    assert await store.due() == []
    await store.mark(ticket())
    assert await store.due() == ["hubspot:1"]
    assert (await _seen(store, "hubspot:1")).text("colour") == "red"


async def test_tickets_of_a_company_are_found_and_follow_its_change(store: Store) -> None:
    await store.observe(seen(ticket("1"), {facts.CUSTOMER: "c1", facts.CONTACTS: ["p1"]}))
    await store.observe(seen(ticket("2"), {facts.CUSTOMER: "c1"}))
    moved = seen(ticket("2"), {facts.CUSTOMER: "c2"}, at=START + timedelta(seconds=1))
    await store.observe(moved)
    async with store.db.read() as connection:
        found = {
            (kind, id): await records.referring(connection, "hubspot", kind, id)
            for kind, id in (("company", "c1"), ("company", "c2"), ("contact", "p1"))
        }
    assert found == {
        ("company", "c1"): ["hubspot:1"],
        ("company", "c2"): ["hubspot:2"],
        ("contact", "p1"): ["hubspot:1"],
    }


async def test_item_is_found_by_the_releases_it_is_planned_for_now(store: Store) -> None:
    await store.observe(seen(item(), {facts.RELEASES: ["r1", "r2"]}, whole=True))
    store.later(minutes=1)
    await store.observe(seen(item(), {facts.RELEASES: ["r2", "r3"]}, whole=True))
    async with store.db.read() as connection:
        found = [
            await records.referring(connection, "boards", "release", f"r{n}") for n in (1, 2, 3)
        ]
    assert found == [[], ["boards:1"], ["boards:1"]]


async def test_item_is_found_by_the_key_that_it_has_now_and_none_by_its_id_in_other_clothes(
    store: Store,
) -> None:
    await store.observe(seen(item(), {facts.KEY: "DEMO-7", facts.RELEASES: ["r1"]}, whole=True))
    await store.observe(seen(item("2"), {facts.KEY: "#2"}, whole=True))
    await store.observe(seen(ticket("3"), {facts.KEY: "ABC-3"}, whole=True))
    store.later(minutes=1)
    await store.observe(seen(item(), {facts.KEY: "OPS-1", facts.RELEASES: ["r1"]}, whole=True))
    async with store.db.read() as connection:
        found = [
            await records.referring(connection, "boards", kind, id)
            for kind, id in (
                (records.KEYED, "DEMO-7"),
                (records.KEYED, "OPS-1"),
                (records.KEYED, "#2"),
                ("release", "r1"),
            )
        ]
        of_tickets = await records.referring(connection, "hubspot", records.KEYED, "ABC-3")
    assert (found, of_tickets) == ([[], ["boards:1"], [], ["boards:1"]], [])


async def test_one_absence_proves_nothing_and_two_ten_minutes_apart_do(store: Store) -> None:
    await store.observe(seen(item(), {"title": "x"}, whole=True))

    async def absent() -> Presence:
        stored = await _load(store, "boards:1")
        async with store.db.write() as connection:
            presence, _ = await records.note_absence(
                store.db, connection, stored, store.clock.now(), shown=mirror_digest
            )
        return presence

    assert await absent() is Presence.ABSENT
    store.later(minutes=9)
    assert await absent() is Presence.ABSENT
    store.later(minutes=1)
    assert await absent() is Presence.MISSING
    assert (await _seen(store, "boards:1")).text("title") == "x"


async def test_record_seen_again_starts_a_new_absence(store: Store) -> None:
    await store.observe(seen(item(), whole=True))
    stored = await _load(store, "boards:1")
    async with store.db.write() as connection:
        await records.note_absence(
            store.db, connection, stored, store.clock.now(), shown=mirror_digest
        )
    store.later(minutes=1)
    await store.observe(seen(item(), at=store.clock.now(), whole=True))
    assert (await _load(store, "boards:1")).absent_since is None
    store.later(minutes=20)
    stored = await _load(store, "boards:1")
    async with store.db.write() as connection:
        presence, _ = await records.note_absence(
            store.db, connection, stored, store.clock.now(), shown=mirror_digest
        )
    assert presence is Presence.ABSENT


async def _two_tickets(store: Store) -> None:
    """Two tickets on item 1, the old one also on item 2, with all that hangs on the old one."""
    for ref in (OLD, NEW, item("1"), item("2")):
        await store.observe(seen(ref))
    async with store.db.write() as connection:
        for on, what in ((OLD, item("1")), (NEW, item("1")), (OLD, item("2"))):
            made = await work.add_link(
                store.db, connection, ticket=on, item=what, route="bug", by="test", now=START
            )
            assert made is not None
        intent = Launch(OLD, "bug", "boards", "tb-1", LaunchState.INTENDED, START)
        assert await work.intend_launch(store.db, connection, intent)
        entry = LedgerEntry("comment:7", "hash", LedgerState.COPIED, "m", target_id="n7")
        await work.write_ledger(store.db, connection, str(OLD), entry)
        pair = Fingerprint("stage", "sent", "back", START)
        await work.write_fingerprints(store.db, connection, str(OLD), [pair])
        await records.set_aliases(store.db, connection, OLD, ["older", "thread-1"])
        await history.add_transition(
            connection, str(OLD), "stage", before=None, after="New", cause="test", now=START
        )


async def _merge(store: Store, old: TicketRef = OLD, new: TicketRef = NEW) -> bool:
    async with store.db.write() as connection:
        return await records.merge_records(store.db, connection, str(old), new, store.clock.now())


async def test_merge_moves_links_and_one_stays_where_both_hung_on_one_item(store: Store) -> None:
    await _two_tickets(store)
    assert await _merge(store)
    async with store.db.read() as connection:
        held = await work.links_of_ticket(connection, str(NEW))
        left = await work.links_of_ticket(connection, str(OLD))
    assert sorted(str(each.work_item) for each in held) == ["boards:1", "boards:2"]
    assert left == []
    assert await store.count(links, links.c.state == "ended") == 1


async def test_merge_moves_launches_ledger_pairs_aliases_and_story(store: Store) -> None:
    await _two_tickets(store)
    await _merge(store)
    async with store.db.read() as connection:
        [launch] = await work.launches_of(connection, str(NEW))
        ledger = await work.ledger_of(connection, str(NEW))
        pairs = await work.fingerprints_of(connection, str(NEW))
        aliases = await records.resolve_aliases(connection, "hubspot", ["old", "older", "thread-1"])
        story = await history.timeline(connection, str(NEW), cursor=None, limit=10)
    assert (launch.marker, launch.ticket) == ("tb-1", NEW)
    assert ledger["comment:7"].target_id == "n7"
    assert pairs["stage"].sent == "sent"
    assert set(aliases.values()) == {"hubspot:new"}
    assert len(aliases) == 3
    assert [each["what"] for each in story] == ["stage"]
    stored = await _load(store, str(OLD))
    assert (stored.presence, stored.merged_into) == (Presence.MERGED, "hubspot:new")


async def test_launch_in_flight_follows_its_ticket_through_a_merge(store: Store) -> None:
    await _two_tickets(store)
    await _merge(store)
    async with store.db.write() as connection:
        assert await work.launch_ticket(connection, "boards", "tb-1") == NEW
        # The marker still belongs to the ticket that it was made of: for ever.
        again = Launch(OLD, "bug", "boards", "tb-1", LaunchState.INTENDED, START)
        assert not await work.intend_launch(store.db, connection, again)


async def test_merge_keeps_what_the_new_ticket_has_of_its_own(store: Store) -> None:
    await _two_tickets(store)
    async with store.db.write() as connection:
        entry = LedgerEntry("comment:7", "hash", LedgerState.COPIED, "m", target_id="own")
        await work.write_ledger(store.db, connection, str(NEW), entry)
        pair = Fingerprint("stage", "own", "own", START)
        await work.write_fingerprints(store.db, connection, str(NEW), [pair])
    await _merge(store)
    async with store.db.read() as connection:
        assert (await work.ledger_of(connection, str(NEW)))["comment:7"].target_id == "own"
        assert (await work.fingerprints_of(connection, str(NEW)))["stage"].sent == "own"
        assert await work.ledger_of(connection, str(OLD)) == {}


async def test_merge_told_twice_changes_nothing_the_second_time(store: Store) -> None:
    await _two_tickets(store)
    assert await _merge(store)
    before = await store.count(links)
    assert not await _merge(store)
    assert not await _merge(store, ticket("unknown"))
    assert await store.count(links) == before


async def test_chain_of_merges_ends_in_the_last_ticket(store: Store) -> None:
    last = ticket("last")
    await _two_tickets(store)
    await store.observe(seen(last))
    await _merge(store, OLD, NEW)
    await _merge(store, NEW, last)
    async with store.db.read() as connection:
        names = await records.resolve_aliases(connection, "hubspot", ["older", "old", "new"])
        held = await work.links_of_ticket(connection, str(last))
    assert set(names.values()) == {"hubspot:last"}
    assert len(held) == 2


async def test_erased_texts_are_gone_and_the_rest_stays(store: Store) -> None:
    known = {facts.SUBJECT: "Ms Smith", "description": "Ms Smith", facts.STATUS: "1"}
    await store.observe(seen(ticket(), known))
    async with store.db.write() as connection:
        stored = await records.load(connection, "hubspot:1")
        assert stored is not None
        await records.forget_texts(connection, stored)
    held = await _seen(store, "hubspot:1")
    assert not held.knows(facts.SUBJECT)
    assert held.text(facts.STATUS) == "1"
    async with store.db.read() as connection:
        raw = await connection.scalar(sa.text("SELECT CAST(observation AS TEXT) FROM records"))
    assert "Smith" not in str(raw)

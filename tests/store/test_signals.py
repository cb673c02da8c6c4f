"""Signals' launches, origins and relations, on both databases."""

from __future__ import annotations

from datetime import timedelta

from bridge.domain.links import SIGNAL_ROUTE, LaunchState, Relation, SignalLaunch
from bridge.domain.refs import SignalRef, WorkItemRef
from bridge.store import erasing, proofs, signals, wishes, work
from tests.store.kit import Store, item, seen, signal, ticket

SIGNAL = SignalRef("sentry", "1")


def _launch(store: Store, marker: str = "tb-1") -> SignalLaunch:
    return SignalLaunch(SIGNAL, "boards", marker, LaunchState.INTENDED, store.clock.now())


async def _filled(store: Store) -> tuple[WorkItemRef, WorkItemRef]:
    made, own = WorkItemRef("boards", "1"), WorkItemRef("boards", "2")
    for ref in (ticket(), item("1"), item("2"), signal()):
        await store.observe(seen(ref))
    return made, own


async def test_a_signal_is_intended_once_for_ever_and_counts_as_a_launch(store: Store) -> None:
    async with store.db.write() as connection:
        assert await signals.intend(store.db, connection, _launch(store))
        assert not await signals.intend(store.db, connection, _launch(store, "tb-2"))
        launch = await signals.launch_of(connection, SIGNAL)
        assert launch is not None
        assert (launch.marker, launch.state) == ("tb-1", LaunchState.INTENDED)
        assert await work.launches_since(connection, "boards", store.clock.now(), most=9) == 1
        await work.settle_launch(connection, "boards", "tb-1", LaunchState.CREATED, item_id="7")
        # It is no launch of a ticket: the item's own pass takes no ticket's marker from it.
        assert await work.launch_of_item(connection, WorkItemRef("boards", "7")) == []


async def test_an_intent_that_reached_nobody_is_taken_back(store: Store) -> None:
    async with store.db.write() as connection:
        await signals.intend(store.db, connection, _launch(store))
        await work.retract_launch(connection, "boards", "tb-1")
        assert await signals.launch_of(connection, SIGNAL) is None
        assert await signals.intend(store.db, connection, _launch(store))


async def test_wishes_are_kept_until_the_relation_is_and_tell_who_asked(store: Store) -> None:
    made, own = await _filled(store)
    key = str(SIGNAL)
    async with store.db.write() as connection:
        assert (await signals.wanted(connection, SIGNAL, store.clock.now())).by is None
        for route in (SIGNAL_ROUTE, signals.relate_route(own)):
            asked = await wishes.ask(
                store.db, connection, key, route, by="ana", now=store.clock.now()
            )
            assert asked
        wanted = await signals.wanted(connection, SIGNAL, store.clock.now())
        assert (wanted.by, wanted.related) == ("ana", (own,))
        pair = Relation(made, own)
        for first in (True, False):
            related = await signals.relate(
                store.db, connection, SIGNAL, pair, by="ana", now=store.clock.now()
            )
            assert related is first
        assert (await signals.wanted(connection, SIGNAL, store.clock.now())).related == ()
        assert await signals.relations_of(connection, own) == [pair]
        assert await signals.relations_of(connection, made) == [pair]


async def test_of_very_many_relations_the_newest_are_read_and_any_one_is_found(
    store: Store,
) -> None:
    made, own = await _filled(store)
    others = [WorkItemRef("boards", str(1000 + n)) for n in range(4)]
    now = store.clock.now()
    for each in others:
        await store.observe(seen(item(each.id)))
    async with store.db.write() as connection:
        for n, each in enumerate([own, *others]):
            await signals.relate(
                store.db, connection, SIGNAL, Relation(made, each), by="ana",
                now=now + timedelta(seconds=n),
            )  # fmt: skip
        newest = await signals.relations_of(connection, made, limit=2)
        assert [each.b for each in newest] == others[-2:]
        assert await signals.related_among(connection, own, [made]) == [made]
        assert await signals.related_among(connection, own, others) == []
        assert await signals.related_among(connection, own, []) == []


async def test_what_a_pass_over_an_item_locks_holds_the_signals_that_it_wakes(
    store: Store,
) -> None:
    made, own = await _filled(store)
    async with store.db.write() as connection:
        await signals.add_origin(store.db, connection, SIGNAL, made, by="x", now=store.clock.now())
        for item, held in ((made, {str(SIGNAL)}), (own, set())):
            found = await connection.execute(work.neighbours(str(item)))
            keys = {str(key) for key in found.scalars()}
            assert {key for key in keys if key.startswith("sentry:")} == held


async def test_erasing_a_signal_takes_the_items_born_of_it_along(store: Store) -> None:
    made, own = await _filled(store)
    async with store.db.write() as connection:
        await signals.add_origin(store.db, connection, SIGNAL, made, by="x", now=store.clock.now())
        circle = await erasing.circle(connection, [str(SIGNAL)])
    assert circle.records == {str(SIGNAL), str(made)}
    assert str(own) not in circle.all


async def test_a_wish_that_led_to_nothing_lapses_and_one_that_led_to_a_launch_does_not(
    store: Store,
) -> None:
    _, own = await _filled(store)
    now = store.clock.now()
    late = now + wishes.HOLDS + timedelta(minutes=1)
    async with store.db.write() as connection:
        for route in (SIGNAL_ROUTE, signals.relate_route(own)):
            await wishes.ask(store.db, connection, str(SIGNAL), route, by="ana", now=now)
        assert await signals.wanted(connection, SIGNAL, late) == signals.Wanted(None, ())
        await signals.intend(store.db, connection, _launch(store))
        assert await signals.wanted(connection, SIGNAL, late) == signals.Wanted("ana", (own,))


async def test_only_related_items_that_were_born_of_signals_are_counted_for_a_ticket(
    store: Store,
) -> None:
    made, own = await _filled(store)
    ref = ticket()
    async with store.db.write() as connection:
        link = await work.add_link(
            store.db, connection, ticket=ref, item=own, route=None, by="ana", now=store.clock.now()
        )
        assert link is not None
        await signals.relate(
            store.db, connection, SIGNAL, Relation(made, own), by="ana", now=store.clock.now()
        )
        assert await signals.internal_tasks(connection, [str(ref)]) == {}
        for first in (True, False):
            added = await signals.add_origin(
                store.db, connection, SIGNAL, made, by="launch", now=store.clock.now()
            )
            assert added is first
        assert await signals.internal_tasks(connection, [str(ref), "hubspot:9"]) == {str(ref): 1}
        assert await signals.items_of(connection, SIGNAL) == [made]
        assert await signals.signals_of(connection, made) == [SIGNAL]
        assert await signals.on_tickets(connection, [made, own]) == {str(own)}
        await work.end_link(connection, link.id, "ana", store.clock.now())
        assert await signals.internal_tasks(connection, [str(ref)]) == {}


async def test_what_was_proven_of_a_signals_notes_stays_proven_for_its_items(store: Store) -> None:
    made, own = await _filled(store)
    async with store.db.write() as connection:
        await signals.add_origin(
            store.db, connection, SIGNAL, made, by="launch", now=store.clock.now()
        )
        assert await proofs.proven(connection, [str(made), str(own)]) == {str(made): frozenset()}
        for said, news in (({"7", "8"}, True), ({"8"}, False), ({"8", "9"}, True), (set(), False)):
            kept = await proofs.keep(
                store.db, connection, SIGNAL, frozenset(said), store.clock.now()
            )
            assert kept is news
        found = await proofs.proven(connection, [str(made), str(own)])
        assert found == {str(made): frozenset({"7", "8", "9"})}
        assert await proofs.proven(connection, []) == {}

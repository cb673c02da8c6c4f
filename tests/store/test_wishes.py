"""Wishes: asked once, lapsing, moving with a merge; and the limit that a person lifts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.domain.findings import Finding
from bridge.domain.links import Launch, LaunchState
from bridge.domain.refs import TicketRef
from bridge.store import connections, history, records, retries, wishes, work
from tests.store.kit import START, Store, seen, ticket

DAY = timedelta(days=1)


async def ask(store: Store, route: str = "bug", on: str = "1", **more: object) -> bool:
    async with store.db.write() as connection:
        return await wishes.ask(
            store.db, connection, f"hubspot:{on}", route, by="ada", now=store.clock.now(),
            **more,  # type: ignore[arg-type]  # the optional arguments of ask
        )  # fmt: skip


async def routes(store: Store, on: str = "1") -> set[str]:
    async with store.db.read() as connection:
        found = await wishes.asked_of(connection, [f"hubspot:{on}"], store.clock.now())
        return set(found.routes.get(f"hubspot:{on}", ()))


async def launched(
    store: Store, state: LaunchState, route: str = "bug", *, on: TicketRef | None = None
) -> None:
    ref = on or ticket()
    launch = Launch(ref, route, "boards", f"{ref}-{route}", state, store.clock.now())
    async with store.db.write() as connection:
        assert await work.intend_launch(store.db, connection, launch)


async def test_wish_is_asked_once_and_lapses_after_a_week(store: Store) -> None:
    assert await ask(store)
    assert not await ask(store)
    assert await ask(store, "feature")
    store.clock.advance(7 * DAY)
    assert await routes(store) == {"bug", "feature"}
    store.clock.advance(timedelta(seconds=1))
    assert await routes(store) == set()
    assert await ask(store)
    assert await routes(store) == {"bug"}


async def test_wish_that_led_to_a_launch_does_not_lapse(store: Store) -> None:
    await ask(store)
    await launched(store, LaunchState.CREATED)
    store.clock.advance(400 * DAY)
    assert await routes(store) == {"bug"}


async def test_asking_again_keeps_which_link_is_to_end(store: Store) -> None:
    assert await ask(store, ends="boards:7")
    assert not await ask(store)
    assert not await ask(store, ends="boards:7")
    assert await ask(store, anew=True)
    async with store.db.read() as connection:
        held = await wishes.load(connection, "hubspot:1", "bug")
    assert held is not None
    assert held.ends == "boards:7"


async def test_wishes_move_with_a_merge_and_none_is_doubled(store: Store) -> None:
    for each in ("1", "2"):
        await store.observe(seen(ticket(each)))
        await ask(store, "bug", each)
    await ask(store, "feature", "1")
    async with store.db.write() as connection:
        assert await records.merge_records(
            store.db, connection, "hubspot:1", ticket("2"), store.clock.now()
        )
    assert (await routes(store, "1"), await routes(store, "2")) == (set(), {"bug", "feature"})


@pytest.mark.parametrize("state", list(LaunchState))
async def test_only_a_refused_launch_is_taken_back(store: Store, state: LaunchState) -> None:
    await launched(store, state)
    async with store.db.write() as connection:
        took = await wishes.take_back_rejected(connection, "hubspot:1", "bug")
        left = await work.launches_of(connection, "hubspot:1")
    assert took is (state is LaunchState.REJECTED)
    assert len(left) == (0 if took else 1)


@pytest.mark.parametrize("state", list(LaunchState))
async def test_only_an_undecided_launch_is_looked_for_anew(
    store: Store, state: LaunchState
) -> None:
    await launched(store, state)
    async with store.db.write() as connection:
        assert await wishes.look_again(connection, "hubspot:1", "bug") is (
            state is LaunchState.UNDECIDED
        )
        [left] = await work.launches_of(connection, "hubspot:1")
    looked = state in (LaunchState.UNDECIDED, LaunchState.INTENDED)
    assert (left.state is LaunchState.INTENDED) is looked


async def test_lifted_limit_counts_launches_anew_on_that_tracker_only(store: Store) -> None:
    async def recent(name: str) -> int:
        async with store.db.read() as connection:
            return await work.launches_since(connection, name, START - DAY, most=9)

    async with store.db.write() as connection:
        await connections.ensure(store.db, connection, ["boards", "other"], START)
    await launched(store, LaunchState.CREATED)
    assert await recent("boards") == 1
    store.clock.advance(timedelta(seconds=1))
    async with store.db.write() as connection:
        await wishes.lift_limit(connection, "other", store.clock.now())
    assert await recent("boards") == 1
    async with store.db.write() as connection:
        await wishes.lift_limit(connection, "boards", store.clock.now())
    assert await recent("boards") == 0
    await launched(store, LaunchState.CREATED, "feature")
    assert await recent("boards") == 1


async def test_ignored_finding_closes_with_its_cause_and_opens_when_that_begins_anew(
    store: Store,
) -> None:
    found = Finding("CONFLICT", "hubspot", "hubspot:1")
    other = Finding("STATUS_UNMAPPED", "hubspot", "hubspot:1")

    async def a_pass(*raised: Finding) -> dict[str, str]:
        async with store.db.write() as connection:
            await history.raise_findings(store.db, connection, raised, store.clock.now())
            await history.close_findings(connection, ref="hubspot:1", still=raised)
            rows = await history.page_findings(connection, cursor=None, limit=9, ref="hubspot:1")
        return {each["code"]: each["state"] for each in rows}

    await a_pass(found, other)
    async with store.db.write() as connection:
        [row] = await history.page_findings(connection, cursor=None, limit=1, code="CONFLICT")
        assert await retries.switch_finding(connection, row["id"], "ignored", among={"open"})
        assert not await retries.switch_finding(connection, row["id"], "ignored", among={"open"})
        assert await retries.ignored_codes(connection, "hubspot:1") == {("CONFLICT", "")}
    assert (await a_pass(found, other))["CONFLICT"] == "ignored"
    assert (await a_pass(other))["CONFLICT"] == "resolved"
    assert (await a_pass(found, other))["CONFLICT"] == "open"

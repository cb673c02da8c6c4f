"""Held texts as rows: what a pass keeps, what a person decides, and who wins when they meet."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bridge.domain.held import Decision, HeldState, HeldText
from bridge.store import erasing, held, records, retention
from bridge.store.database import Row
from bridge.store.tables import held_texts
from tests.store.kit import Store, item, seen, ticket

SOURCE = "boards:1#comment/9"
TEXT = HeldText(SOURCE, "hash-a", "HELD_FOR_REVIEW", "sentry")
EDITED = replace(TEXT, content="hash-b")


@pytest.fixture
async def filled(store: Store) -> Store:
    """A store with a ticket and a work item."""
    for ref in (ticket(), ticket("2"), item()):
        await store.observe(seen(ref))
    return store


async def keep(store: Store, *texts: HeldText, key: str = "hubspot:1") -> dict[str, str]:
    """A pass over the ticket held these."""
    async with store.db.write() as connection:
        return await held.keep(store.db, connection, key, texts, store.clock.now())


async def decide(store: Store, id: str, state: HeldState, by: str = "ada", words: str = "") -> bool:
    """A person decided about the first text."""
    decision = Decision(state, "hash-a", by, "because", store.clock.now(), words)
    async with store.db.write() as connection:
        return await held.decide(connection, id, decision)


async def rows(store: Store) -> list[Row]:
    async with store.db.read() as connection:
        found = await connection.execute(sa.select(held_texts).order_by(held_texts.c.id))
        return list(found.mappings())


async def test_text_is_kept_once_and_again_with_what_is_known_now(filled: Store) -> None:
    first = await keep(filled, TEXT)
    again = await keep(filled, replace(TEXT, rule="attribution"))
    assert first == again
    [row] = await rows(filled)
    assert (row["state"], row["rule"], row["content"]) == ("open", "attribution", "hash-a")


async def test_decision_that_came_during_the_pass_stands_for_the_same_text_only(
    filled: Store,
) -> None:
    id = (await keep(filled, TEXT))[SOURCE]
    assert await decide(filled, id, HeldState.RELEASED)
    await keep(filled, TEXT)
    [row] = await rows(filled)
    assert (row["state"], row["decided_by"]) == ("released", "ada")
    await keep(filled, EDITED)
    [row] = await rows(filled)
    assert (row["state"], row["decided_by"], row["content"]) == ("open", "", "hash-b")


async def test_decision_that_the_gate_did_not_follow_is_asked_for_anew(filled: Store) -> None:
    id = (await keep(filled, TEXT))[SOURCE]
    assert await decide(filled, id, HeldState.REWRITTEN, words="Our words")
    await keep(filled, replace(TEXT, state=HeldState.REWRITTEN, rule="address"))
    [row] = await rows(filled)
    assert (row["state"], row["words"], row["rule"]) == ("open", "", "address")


async def test_what_is_held_no_longer_is_withdrawn_and_can_not_be_decided(filled: Store) -> None:
    id = (await keep(filled, TEXT))[SOURCE]
    await keep(filled)
    assert [each["state"] for each in await rows(filled)] == ["withdrawn"]
    assert not await decide(filled, id, HeldState.RELEASED)
    await keep(filled, replace(TEXT, state=HeldState.WITHDRAWN))
    assert [each["state"] for each in await rows(filled)] == ["open"]


async def test_decided_text_is_not_withdrawn(filled: Store) -> None:
    id = (await keep(filled, TEXT))[SOURCE]
    await decide(filled, id, HeldState.RELEASED)
    await keep(filled)
    assert [each["state"] for each in await rows(filled)] == ["released"]


async def test_of_many_who_decide_at_once_one_does(filled: Store) -> None:
    id = (await keep(filled, TEXT))[SOURCE]
    states = [HeldState.RELEASED, HeldState.REJECTED] * 3
    won = await asyncio.gather(
        *(decide(filled, id, each, by=f"person {n}") for n, each in enumerate(states))
    )
    assert won.count(True) == 1
    [row] = await rows(filled)
    assert row["decided_by"] == f"person {won.index(True)}"


async def test_decision_about_another_text_is_refused(filled: Store) -> None:
    id = (await keep(filled, EDITED))[SOURCE]
    assert not await decide(filled, id, HeldState.RELEASED)
    assert [each["state"] for each in await rows(filled)] == ["open"]


async def test_merge_takes_what_is_held_along(filled: Store) -> None:
    await keep(filled, TEXT)
    async with filled.db.write() as connection:
        await records.merge_records(
            filled.db, connection, "hubspot:1", ticket("2"), filled.clock.now()
        )
    assert [each["ticket_key"] for each in await rows(filled)] == ["hubspot:2"]


@pytest.mark.parametrize("key", ["hubspot:1", "boards:1"])
async def test_erasure_takes_what_people_wrote_and_leaves_that_it_was_decided(
    filled: Store, key: str
) -> None:
    id = (await keep(filled, TEXT))[SOURCE]
    await decide(filled, id, HeldState.REWRITTEN, words="Ana's words")
    async with filled.db.write() as connection:
        await erasing.forget_record(connection, key)
    [row] = await rows(filled)
    assert (row["state"], row["words"], row["reason"]) == ("rewritten", "", "")


async def test_retention_takes_peoples_words_of_comments_and_leaves_those_of_fields(
    filled: Store,
) -> None:
    field = replace(TEXT, source="boards:1#field/Custom.Note>note")
    ids = await keep(filled, TEXT, field)
    for id in ids.values():
        await decide(filled, id, HeldState.REWRITTEN, words="Our words")
    for age, kept in ((timedelta(days=1), 2), (timedelta(0), 1)):
        filled.later(seconds=1)
        async with filled.db.write() as connection:
            await retention.blank_held(connection, "", filled.clock.now() - age)
        assert [each["words"] for each in await rows(filled)].count("Our words") == kept

"""Drafts on their way: each step once, and only the one that is meant."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from bridge.domain.drafts import Draft, DraftState
from bridge.store import draft_intents, drafts, retention
from tests.store.kit import START, Store, ticket

LATER = START + timedelta(minutes=1)
BY = "kim@acme.example"
KEY = str(ticket())


def draft(**more: Any) -> Draft:
    given = {"ticket": str(ticket()), "reason": "eta", "html": "<p>x</p>", "digest": "abc"}
    return Draft(**{"id": "d-1", "state": DraftState.OPEN, "made_at": START, **given, **more})


async def approved(store: Store, **more: Any) -> None:
    async with store.db.write() as connection:
        await drafts.add(connection, draft(**more))
        assert await drafts.approve(connection, "d-1", digest="abc", by=BY, now=START)


async def now(store: Store) -> Draft:
    async with store.db.read() as connection:
        found = await drafts.load(connection, "d-1")
    assert found is not None
    return found


async def test_draft_comes_back_as_it_was_kept(store: Store) -> None:
    kept = draft(
        stage="available", eta=date(2026, 5, 14), release="5.4", language="fr",
        recipients=("301",), follow_up=True,
    )  # fmt: skip
    async with store.db.write() as connection:
        await drafts.add(connection, kept)
    assert await now(store) == kept


async def test_draft_that_says_something_else_by_now_is_not_let_go(store: Store) -> None:
    async with store.db.write() as connection:
        await drafts.add(connection, draft())
        assert not await drafts.approve(connection, "d-1", digest="old", by=BY, now=START)
    assert (await now(store)).state is DraftState.OPEN


async def test_draft_is_intended_once_and_remembers_where(store: Store) -> None:
    await approved(store)
    async with store.db.write() as connection:
        assert await draft_intents.intend(connection, "d-1", START)
        assert not await draft_intents.intend(connection, "d-1", LATER)
        await drafts.move(connection, str(ticket()), "hubspot:9")
    found = await now(store)
    assert (found.ticket, found.intended_on) == ("hubspot:9", str(ticket()))


async def test_only_the_intent_that_is_meant_is_taken_back(store: Store) -> None:
    await approved(store)
    async with store.db.write() as connection:
        await draft_intents.intend(connection, "d-1", START)
        assert not await draft_intents.retract(connection, "d-1", LATER)
        assert await draft_intents.retract(connection, "d-1", START)
        assert not await draft_intents.retract(connection, "d-1", START)
    assert (await now(store)).intended_at is None


async def test_draft_on_its_way_can_not_be_called_back(store: Store) -> None:
    await approved(store)
    async with store.db.write() as connection:
        await draft_intents.intend(connection, "d-1", START)
        assert not await drafts.end(connection, "d-1", DraftState.DISCARDED)
        assert not await drafts.end(connection, "d-1", DraftState.SUPERSEDED)
        assert await drafts.end(connection, "d-1", DraftState.REFUSED, error="no")


async def test_after_the_last_look_it_is_unclear_and_goes_on_only_by_a_person(store: Store) -> None:
    await approved(store)
    async with store.db.write() as connection:
        await draft_intents.intend(connection, "d-1", START)
        await draft_intents.looked(connection, "d-1", START, 1, last=False)
        assert not await drafts.send_anew(connection, "d-1", by=BY, now=LATER)
        await draft_intents.looked(connection, "d-1", LATER, 2, last=True)
    assert (await now(store)).probes == 1
    async with store.db.write() as connection:
        await draft_intents.looked(connection, "d-1", START, 2, last=True)
        assert await drafts.send_anew(connection, "d-1", by="lee", now=LATER, follow_up=True)
    found = await now(store)
    assert (found.state, found.intended_at, found.probes) == (DraftState.APPROVED, None, 0)
    assert (found.approved_by, found.follow_up) == ("lee", True)


async def test_what_was_said_is_kept_once_and_moves_with_its_ticket(store: Store) -> None:
    await approved(store, eta=date(2026, 5, 14))
    async with store.db.write() as connection:
        for _ in range(2):
            found = await drafts.load(connection, "d-1")
            assert found is not None
            await drafts.sent(connection, found, "c-7", LATER)
        await drafts.move(connection, str(ticket()), "hubspot:9")
        await drafts.move(connection, str(ticket()), "hubspot:9")
        told = await drafts.said_on(connection, ["hubspot:9", str(ticket())])
    [said] = told["hubspot:9"]
    assert (said.message, said.at, said.by, said.eta) == ("c-7", LATER, BY, date(2026, 5, 14))
    assert str(ticket()) not in told


async def test_words_go_when_their_time_is_over_and_when_their_ticket_is_erased(
    store: Store,
) -> None:
    async with store.db.write() as connection:
        for id, state in (("d-1", DraftState.OPEN), ("d-2", DraftState.SENT)):
            await drafts.add(connection, draft(id=id, state=state))
        await drafts.add(connection, draft(id="d-3", state=DraftState.SENT, made_at=LATER))
        walked = await retention.blank_drafts(connection, "", LATER)
        kept = [await drafts.load(connection, each) for each in ("d-1", "d-2", "d-3")]
        assert walked.at == "d-3"
        assert [each and each.html for each in kept] == ["<p>x</p>", "", "<p>x</p>"]
        await drafts.forget(connection, KEY)
        left = [await drafts.load(connection, each) for each in ("d-1", "d-2", "d-3")]
        assert [each and (each.html, each.recipients) for each in left] == [("", ())] * 3

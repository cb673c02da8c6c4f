"""Drafts as rows: what a pass keeps, what a person decides, and who wins when they meet."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from bridge.core.situation import DraftPlan
from bridge.domain.drafts import Draft, DraftState, Reached, Rewording
from bridge.domain.records import SUBJECT
from bridge.store import draft_intents, drafts, erasing, records, retention, views
from bridge.store.drafts import Words
from bridge.store.views import TicketView
from tests.store.kit import START, Store, seen, ticket

DRAFT = Draft(
    "d-1", "hubspot:1", "stage:available", "<p>It works.</p>", "digest-a", DraftState.OPEN, START,
    stage="available", eta=date(2026, 5, 12), language="en",
)  # fmt: skip
VIEW = TicketView(
    ref=ticket(), key="#1", url=None, subject="x", customer="Acme", plan=None, category=None,
    severity=None, stage_id="available", stage_label="Available", eta=None, route=None,
    verdict="IN_SYNC", needs=("to_tell",), closed=False, reached=Reached("available", START),
)  # fmt: skip


@pytest.fixture
async def filled(store: Store) -> Store:
    """A store with two tickets, and a draft for the first."""
    for ref in (ticket(), ticket("2")):
        await store.observe(seen(ref, {SUBJECT: "x"}))
        async with store.db.write() as connection:
            await views.store(store.db, connection, replace(VIEW, ref=ref), START)
    await keep(store, DraftPlan(new=(DRAFT,)))
    return store


async def keep(store: Store, plan: DraftPlan) -> None:
    async with store.db.write() as connection:
        await drafts.keep(connection, plan)


async def one(store: Store, id: str = "d-1") -> Draft:
    async with store.db.read() as connection:
        found = await drafts.load(connection, id)
    assert found is not None
    return found


async def approve(store: Store, by: str = "ada", seen: str = "digest-a") -> bool:
    async with store.db.write() as connection:
        return await drafts.approve(connection, "d-1", digest=seen, by=by, now=START)


async def test_draft_is_read_as_it_was_written_and_with_the_stage_that_was_reached(
    filled: Store,
) -> None:
    async with filled.db.read() as connection:
        found, reached = await drafts.of_tickets(connection, ["hubspot:1", "hubspot:2"])
    assert found == {"hubspot:1": [DRAFT]}
    assert reached == {f"hubspot:{id}": Reached("available", START) for id in (1, 2)}


async def test_of_two_people_one_approves_and_only_what_was_seen(filled: Store) -> None:
    assert not await approve(filled, seen="digest-b")
    won = await asyncio.gather(approve(filled), approve(filled, by="ben"))
    assert sorted(won) == [False, True]
    found = await one(filled)
    assert (found.state, found.approved_by in ("ada", "ben")) == (DraftState.APPROVED, True)


async def test_words_of_the_person_who_approves_are_kept(filled: Store) -> None:
    words = Words("<p>Mine.</p>", "digest-m", None, ("51",))
    async with filled.db.write() as connection:
        assert await drafts.approve(
            connection, "d-1", digest="digest-a", by="ada", now=START, words=words
        )
    found = await one(filled)
    assert (found.html, found.digest, found.eta, found.recipients) == (
        *("<p>Mine.</p>", "digest-m", None),
        ("51",),
    )


async def test_pass_takes_back_what_is_not_sent_yet_and_nothing_else(filled: Store) -> None:
    over = DraftPlan(over=(("d-1", "moved_on"),))
    await keep(filled, over)
    assert (await one(filled)).error == "moved_on"
    await keep(filled, DraftPlan(reopened=("d-1",)))
    assert (await one(filled)).state is DraftState.OPEN
    assert await approve(filled)
    async with filled.db.write() as connection:
        assert await draft_intents.intend(connection, "d-1", START)
    await keep(filled, over)
    assert (await one(filled)).state is DraftState.APPROVED


async def test_what_was_looked_for_before_it_was_sent_is_looked_for_anew_after_a_silence(
    filled: Store,
) -> None:
    assert await approve(filled)
    async with filled.db.write() as connection:
        await draft_intents.looked_first(connection, "d-1", 1)
    found = await one(filled)
    assert (found.state, found.probes, found.intended_at) == (DraftState.APPROVED, 1, None)
    async with filled.db.write() as connection:
        assert await draft_intents.intend(connection, "d-1", START)
        await draft_intents.looked_first(connection, "d-1", 1)
    assert (await one(filled)).probes == 0


async def test_rewording_during_an_approval_changes_nothing_of_what_was_approved(
    filled: Store,
) -> None:
    anew = DraftPlan(reworded=(Rewording("d-1", "<p>New.</p>", "digest-n", None),))
    await keep(filled, anew)
    assert (await one(filled)).digest == "digest-n"
    assert not await approve(filled)
    assert await approve(filled, seen="digest-n")
    await keep(filled, DraftPlan(reworded=(Rewording("d-1", "x", "digest-x", None),)))
    assert (await one(filled)).html == "<p>New.</p>"


async def test_merged_ticket_takes_its_drafts_along(filled: Store) -> None:
    async with filled.db.write() as connection:
        await drafts.sent(connection, DRAFT, "m-1", START)
        await records.merge_records(filled.db, connection, "hubspot:1", ticket("2"), START)
    assert (await one(filled)).ticket == "hubspot:2"
    async with filled.db.read() as connection:
        said = await drafts.said_on(connection, ["hubspot:1", "hubspot:2"])
    assert {key: [each.message for each in found] for key, found in said.items()} == {
        "hubspot:2": ["m-1"]
    }


async def test_erased_ticket_loses_the_words_and_nothing_more_is_said(filled: Store) -> None:
    async with filled.db.write() as connection:
        await erasing.forget_record(connection, "hubspot:1")
    found = await one(filled)
    assert (found.html, found.state) == ("", DraftState.SUPERSEDED)


async def test_draft_that_names_somebody_who_is_erased_is_found(filled: Store) -> None:
    async with filled.db.write() as connection:
        found, _ = await erasing.rows_saying(connection, "drafts", "", ["it works"])
        assert found == ["d-1"]
        assert (await erasing.rows_saying(connection, "drafts", "", ["open"]))[0] == []
        await erasing.blank_rows(connection, "drafts", found)
    assert (await one(filled)).html == ""


async def test_words_go_in_time_but_not_while_they_wait(filled: Store) -> None:
    later = START + timedelta(days=31)
    for state, html in ((DraftState.OPEN, DRAFT.html), (DraftState.DISCARDED, "")):
        async with filled.db.write() as connection:
            if state is not DraftState.OPEN:
                await drafts.end(connection, "d-1", state)
            await retention.blank_drafts(connection, "", later)
        assert (await one(filled)).html == html


async def test_upgrade_makes_no_news_of_what_was_shown_before(filled: Store) -> None:
    """As the migration leaves it: the stage, and no time."""
    async with filled.db.write() as connection:
        await connection.execute(sa.text("UPDATE ticket_views SET reached_at = NULL"))
    async with filled.db.read() as connection:
        _, reached = await drafts.of_tickets(connection, ["hubspot:1"])
    assert reached == {"hubspot:1": Reached("available", None)}

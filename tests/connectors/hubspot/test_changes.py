"""Sweeping by search: nothing is lost to lag, equal stamps, many rows or changes meanwhile."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.errors import Unavailable
from bridge.domain.records import AUTHOR, SUBJECT, Observation, Presence, Source
from bridge.kit.faults import Fault, FaultKind
from bridge.ports.roles import ChangedPage, Want
from connectors.hubspot.changes import MOST_HEARD, Cursor
from connectors.hubspot.simulator import HubSpotSimulator
from tests.connectors.hubspot.connector_world import World, answered_by, connected
from tests.connectors.hubspot.hub_world import NOON, HandClock

_TIMED = Want(frozenset({"hs_ticket_category"}), frozenset({"hs_ticket_category"}))


@pytest.fixture
async def world(sim: HubSpotSimulator, clock: HandClock) -> AsyncIterator[World]:
    async with connected(sim, clock) as world:
        yield world


async def sweep(
    world: World, cursor: str | None = None, since: datetime = NOON, want: Want = _TIMED
) -> tuple[list[ChangedPage], str]:
    """Every page of one sweep, and the cursor for the next."""
    pages = [await world.helpdesk.list_changed(cursor, since, want)]
    while pages[-1].more:
        pages.append(await world.helpdesk.list_changed(pages[-1].cursor, since, want))
        assert len(pages) < 100
    return pages, pages[-1].cursor


def seen_in(pages: list[ChangedPage]) -> dict[str, Observation]:
    return {seen.ref.id: seen for page in pages for seen in page.observations}


async def test_sweep_shows_properties_with_their_times_and_claims_no_more(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    id = sim.person_creates_ticket("Export fails", category="Bug")
    clock.move(hours=1)
    sim.person_edits_ticket(id, subject="Export fails again")
    clock.move(seconds=1)
    pages, _ = await sweep(world, since=NOON + timedelta(minutes=30))
    seen = seen_in(pages)[id]
    assert (seen.source, seen.whole, seen.presence) == (Source.LIST, False, Presence.PRESENT)
    assert seen.value(SUBJECT) == "Export fails again"
    # Not the time of the ticket's last change: a category's own time decides about launching.
    assert seen.at("hs_ticket_category") == NOON
    assert seen.knows(AUTHOR)
    assert seen.value(AUTHOR) is None
    # A stamp that moves with our own writes would look like a change that no webhook told.
    assert not seen.knows("hs_lastmodifieddate")
    assert not seen.knows("@customer")
    assert pages[0].changed_ids == ()


async def test_sweep_ends_before_the_index_may_lag(sim: HubSpotSimulator, clock: HandClock) -> None:
    sim.search_lag = timedelta(seconds=45)
    async with connected(sim, clock, search_lag_s=60) as world:
        cursor: str | None = None
        found: set[str] = set()
        made = set()
        for _ in range(12):
            made.add(sim.person_creates_ticket())
            clock.move(seconds=20)
            pages, cursor = await sweep(world, cursor)
            found |= seen_in(pages).keys()
        clock.move(seconds=61)
        pages, cursor = await sweep(world, cursor)
        assert found | seen_in(pages).keys() == made


async def test_change_that_is_indexed_late_is_found_by_the_overlap(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    id = sim.person_creates_ticket("A")
    sim.search_lag = timedelta(seconds=90)
    clock.move(seconds=30)
    missed, cursor = await sweep(world)
    assert seen_in(missed) == {}
    clock.move(seconds=70)
    found, _ = await sweep(world, cursor)
    assert id in seen_in(found)


async def test_list_shows_what_the_ticket_holds_though_the_index_is_behind(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    id = sim.person_creates_ticket("old")
    clock.move(seconds=30)
    sim.person_edits_ticket(id, subject="new")
    sim.search_lag = timedelta(seconds=10)
    clock.move(seconds=5)
    pages, _ = await sweep(world)
    assert seen_in(pages)[id].value(SUBJECT) == "new"


async def test_nothing_new_costs_one_search(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    sim.person_creates_ticket()
    clock.move(minutes=1)
    _, cursor = await sweep(world)
    clock.move(minutes=10)
    _, cursor = await sweep(world, cursor)
    asked = len(world.calls)
    clock.move(minutes=10)
    pages, _ = await sweep(world, cursor)
    assert seen_in(pages) == {}
    assert world.paths(asked) == ["POST /crm/objects/2026-03/tickets/search"]


async def test_sweep_asked_too_soon_makes_no_call(clock: HandClock, world: World) -> None:
    page = await world.helpdesk.list_changed(None, clock.now + timedelta(seconds=1), Want())
    assert (page.observations, page.more, world.calls) == ((), False, [])


async def test_more_than_ten_thousand_changes_of_one_millisecond_are_all_found(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    ids = {sim.person_creates_ticket(f"T{n}") for n in range(10_250)}
    clock.move(seconds=1)
    pages, cursor = await sweep(world, want=Want())
    assert seen_in(pages).keys() == ids
    assert all(len(page.observations) <= 200 for page in pages)
    assert "5158" not in cursor  # the window is closed: the next one begins at its first id


async def test_ticket_changed_between_two_pages_is_not_lost(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    ids = [sim.person_creates_ticket(f"T{n}") for n in range(250)]
    clock.move(seconds=1)
    first = await world.helpdesk.list_changed(None, NOON, Want())
    assert first.more
    clock.move(seconds=5)
    sim.person_edits_ticket(ids[249], subject="moved on")
    rest, cursor = await sweep(world, first.cursor)
    assert ids[249] not in seen_in(rest)
    clock.move(seconds=1)
    following, _ = await sweep(world, cursor)
    assert seen_in(following)[ids[249]].value(SUBJECT) == "moved on"


async def test_ticket_gone_before_it_was_read_is_to_be_looked_at(
    sim: HubSpotSimulator, clock: HandClock
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/search"):
            hit = {"id": "7", "properties": {}}
            return httpx.Response(200, json={"total": 1, "results": [hit]})
        return httpx.Response(207, json={"status": "COMPLETE", "results": [], "numErrors": 1})

    async with answered_by(answer, clock) as world:
        page = await world.helpdesk.list_changed(None, NOON - timedelta(hours=1), Want())
    assert (page.observations, page.changed_ids) == ((), ("7",))


async def test_search_that_repeats_itself_is_not_followed_for_ever(clock: HandClock) -> None:
    page = {"results": [{"id": str(n), "properties": {}} for n in range(1, 201)]}

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=page)

    async with answered_by(answer, clock) as world:
        first = await world.helpdesk.list_changed(None, NOON - timedelta(hours=1), Want())
        assert first.more
        with pytest.raises(Unavailable, match="repeats itself"):
            await world.helpdesk.list_changed(first.cursor, NOON, Want())


async def test_account_with_only_a_service_key_is_followed_by_sweeps(
    sim: HubSpotSimulator, clock: HandClock
) -> None:
    sim.service_key_mode = True
    async with connected(sim, clock, webhook_secret=None, app_id=None) as world:
        id = sim.person_creates_ticket(category="Bug")
        clock.move(minutes=1)
        pages, cursor = await sweep(world)
        assert seen_in(pages)[id].value("hs_ticket_category") == "Bug"
        clock.move(minutes=1)
        await world.helpdesk.set_fields(id, {"hs_pipeline_stage": "4"})
        clock.move(minutes=1)
        pages, _ = await sweep(world, cursor)
        assert seen_in(pages)[id].value("@status") == "4"
        assert (await world.helpdesk.fetch_reference()).account_ids == frozenset()


@given(st.text() | st.sampled_from(["{}", "[]", "7", "null", '{"since": "x", "until": 1}']))
def test_cursor_that_is_none_of_ours_begins_anew(text: str) -> None:
    assert Cursor.parse(text, NOON) == Cursor(NOON)


@pytest.mark.parametrize(
    "cursor",
    [
        Cursor(NOON),
        Cursor(NOON, NOON + timedelta(hours=1), 5158001),
        Cursor(NOON, NOON + timedelta(hours=1), kind="threads", page="100"),
        Cursor(NOON, heard={"note:7": "2026-03-02T12:00:00Z"}),
    ],
)
def test_cursor_is_read_back_as_it_was(cursor: Cursor) -> None:
    assert Cursor.parse(cursor.text(), NOON - timedelta(days=1)) == cursor
    assert isinstance(json.loads(cursor.text()), dict)


async def test_note_that_no_webhook_announces_is_found_with_its_ticket(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    ticket = sim.person_creates_ticket("Export fails")
    sim.person_creates_ticket("Nothing new here")
    want = Want(comments=True)
    clock.move(hours=1)
    _, cursor = await sweep(world, want=want)
    clock.move(minutes=10)
    sim.person_adds_note(ticket, "<p>#dev</p>")
    clock.move(minutes=10)
    pages, _ = await sweep(world, cursor, want=want)
    assert {id for page in pages for id in page.changed_ids} == {ticket}


async def test_message_that_no_webhook_announced_is_found_with_its_ticket(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    """A message leaves its ticket's properties as they are."""
    tickets = [sim.person_creates_ticket(f"Export {n} fails") for n in range(130)]
    for each in tickets:
        sim.customer_writes(each, "It fails")
    want = Want(attachments=True)
    clock.move(hours=1)
    _, cursor = await sweep(world, want=want)
    clock.move(minutes=10)
    for each in tickets[5:]:
        sim.customer_writes(each, "Still")
    clock.move(minutes=10)
    pages, cursor = await sweep(world, cursor, want=want)
    assert [id for page in pages for id in page.changed_ids] == tickets[5:]
    clock.move(minutes=10)
    pages, _ = await sweep(world, cursor, want=want)
    assert not [id for page in pages for id in page.changed_ids]


async def test_what_was_listed_before_is_not_read_again_until_it_changes(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    """Windows overlap by minutes, and sweeps come every minute."""
    want = Want(comments=True)
    noted, written = (sim.person_creates_ticket(each) for each in ("Noted", "Written"))
    clock.move(hours=1)
    _, cursor = await sweep(world, want=want)
    sim.person_adds_note(noted, "<p>#dev</p>")
    sim.customer_writes(written, "It fails")
    asked = []
    for _ in range(8):
        clock.move(seconds=20)
        pages, cursor = await sweep(world, cursor, want=want)
        asked += [id for page in pages for id in page.changed_ids]
    assert sorted(asked) == [noted, written]
    # Within the overlap: the same conversation has something new.
    sim.customer_writes(written, "Still")
    clock.move(seconds=20)
    pages, cursor = await sweep(world, cursor, want=want)
    assert [id for page in pages for id in page.changed_ids] == [written]
    clock.move(hours=1)
    _, cursor = await sweep(world, cursor, want=want)
    assert Cursor.parse(cursor, NOON).heard == {}


async def test_cursor_stays_small_however_much_is_said(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    ticket = sim.person_creates_ticket("Export fails")
    clock.move(hours=1)
    _, cursor = await sweep(world, want=Want(comments=True))
    for _ in range(MOST_HEARD + 50):
        sim.person_adds_note(ticket, "<p>again</p>")
    clock.move(seconds=30)
    _, cursor = await sweep(world, cursor, want=Want(comments=True))
    assert len(Cursor.parse(cursor, NOON).heard) == MOST_HEARD


async def test_account_whose_conversations_may_not_be_read_is_swept_all_the_same(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    ticket = sim.person_creates_ticket("Export fails")
    sim.withheld_scopes = {"conversations.read"}
    clock.move(hours=1)
    pages, cursor = await sweep(world, want=Want(comments=True))
    assert list(seen_in(pages)) == [ticket]
    assert Cursor.parse(cursor, NOON).until is None
    assert world.helpdesk.missing_scopes == ("conversations.read",)


@pytest.mark.parametrize("status", [400, 404])
async def test_refused_list_of_conversations_holds_up_no_sweep(
    sim: HubSpotSimulator, clock: HandClock, world: World, status: int
) -> None:
    sim.faults.add(Fault(r"/conversations/threads\b", FaultKind.ANSWER, times=10**6, status=status))
    clock.move(hours=1)
    _, cursor = await sweep(world, want=Want(comments=True))
    assert Cursor.parse(cursor, NOON).until is None
    ticket = sim.person_creates_ticket("Export fails")
    clock.move(minutes=10)
    pages, _ = await sweep(world, cursor, want=Want(comments=True))
    assert list(seen_in(pages)) == [ticket]


async def test_notes_and_messages_are_not_asked_for_where_no_comment_is_wanted(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    clock.move(hours=1)
    await sweep(world)
    assert not [e for e in sim.calls if "/notes/search" in e.path or "/threads" in e.path]

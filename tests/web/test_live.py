"""Pages that follow changes: who is told, of what, and until when."""

from __future__ import annotations

import asyncio
import html
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from bridge.engine import signing_in
from bridge.engine.watching import KEEP_ALIVE, MOST_EACH, Watch
from bridge.kit.clock import to_ms
from bridge.store import history
from bridge.store.tables import records, sessions
from tests.api.doors import Doors, open_doors
from tests.web.people import browser_of, form_token, signed_in
from tests.web.streams import Stream, stream

POLL_S = 0.02


@pytest.fixture
async def doors(tmp_path: Path) -> AsyncIterator[Doors]:
    """Open doors whose figures are read fifty times a second."""
    async with open_doors(tmp_path) as opened:
        _watch(opened).poll_s = POLL_S
        yield opened
        assert _watch(opened).count == 0


def _watch(doors: Doors) -> Watch:
    watch = doors.app.state.watch
    assert isinstance(watch, Watch)
    return watch


async def _pass_over(doors: Doors, key: str) -> None:
    """What the end of a pass leaves in the record's row."""
    async with doors.hub.db.write() as connection:
        await connection.execute(
            sa.update(records)
            .where(records.c.key == key)
            .values(done_generation=records.c.done_generation + 1)
        )


async def _change(doors: Doors, key: str) -> None:
    async with doors.hub.db.write() as connection:
        await history.add_transition(
            connection, key, "stage", before="a", after="b", cause="test", now=doors.hub.now()
        )


@pytest.mark.parametrize("cookies", [{}, {"ticketbridge": "x"}])
async def test_stream_needs_a_session(doors: Doors, cookies: dict[str, str]) -> None:
    opened = Stream(doors, "/live?topic=health", cookies)
    await opened.ended()
    assert opened.status == 401
    assert opened.told() == []


@pytest.mark.parametrize(
    "query", ["", "?topic=", "?topic=secrets", "?topic=ticket:", "?topic=%00", "?topic=health" * 9]
)
async def test_topic_that_there_is_none_of_is_refused(doors: Doors, query: str) -> None:
    browser = await signed_in(doors, "viewer")
    assert (await browser.get(f"/live{query.replace('health?', 'health&')}")).status_code == 404


async def test_change_of_a_ticket_is_told_to_whoever_looks_at_it(doors: Doors) -> None:
    await doors.add_ticket("812")
    await doors.add_ticket("813")
    browser = await signed_in(doors, "viewer")
    async with stream(doors, browser, "/live?topic=ticket:hubspot:812") as opened:
        [first] = await opened.figures(1)
        assert (opened.status, opened.headers["content-type"]) == (
            200, "text/event-stream; charset=utf-8",
        )  # fmt: skip
        await _pass_over(doors, "hubspot:813")
        await _pass_over(doors, "hubspot:812")
        told = await opened.figures(2)
    assert [each["topic"] for each in told] == ["ticket:hubspot:812"] * 2
    assert told[1]["figure"] != first["figure"]


async def test_page_shows_the_figure_that_is_told(doors: Doors) -> None:
    await doors.add_ticket("812")
    browser = await signed_in(doors, "viewer")
    text = (await browser.get("/tickets/hubspot/812")).text
    async with stream(doors, browser, "/live?topic=ticket:hubspot:812&topic=tickets") as opened:
        told = {each["topic"]: each["figure"] for each in await opened.figures(2)}
    assert f'data-live-figure="{told["ticket:hubspot:812"]}"' in text
    assert f'data-live-figure="{told["tickets"]}"' in (await browser.get("/")).text


async def test_list_is_told_and_says_how_many_have_changed(doors: Doors) -> None:
    for id in ("1", "2", "3"):
        await doors.add_ticket(id)
    browser = await signed_in(doors, "viewer")
    [since] = await _hint(browser, "/")
    for nothing in ("/", since):
        assert "changed" not in (await browser.get(nothing)).text
    async with stream(doors, browser, "/live?topic=tickets") as opened:
        await opened.figures(1)
        for id in ("1", "2", "1"):
            await _change(doors, f"hubspot:{id}")
        await opened.figures(2)
    assert "2 tickets have changed" in (await browser.get(since)).text


async def _hint(browser: httpx.AsyncClient, path: str) -> list[str]:
    text = (await browser.get(path)).text
    begin = 'data-live-from="'
    return [html.unescape(each.partition('"')[0]) for each in text.split(begin)[1:]]


async def test_list_with_a_new_ticket_has_changed(doors: Doors) -> None:
    browser = await signed_in(doors, "viewer")
    [since] = await _hint(browser, "/")
    await doors.add_ticket("1")
    # As if a second had passed: until then the list is not counted again for whoever asks.
    doors.hub.list_seen = None
    assert "The list has changed" in (await browser.get(since)).text


async def test_list_is_counted_once_for_all_who_ask_within_a_second(doors: Doors) -> None:
    browser, other = await signed_in(doors, "viewer"), await signed_in(doors, "viewer", "Grace")
    [since] = await _hint(browser, "/")
    assert doors.hub.list_seen is not None
    newest, figure, at = doors.hub.list_seen
    doors.hub.list_seen = (newest, figure, at + 3600)
    await doors.add_ticket("1")
    for each in (browser, other):
        assert "changed" not in (await each.get(since)).text
    assert figure in (await other.get("/")).text
    # A page shows what has changed already, so its figure is never from before that.
    await _change(doors, "hubspot:1")
    assert figure not in (await other.get("/")).text
    assert "1 ticket has changed" in (await browser.get(since)).text


async def test_signing_out_ends_the_stream_and_says_so(doors: Doors) -> None:
    browser, other = await signed_in(doors, "viewer"), await signed_in(doors, "viewer", "Grace")
    async with (
        stream(doors, browser, "/live?topic=health") as opened,
        stream(doors, other, "/live?topic=health") as left,
    ):
        await opened.figures(1)
        await left.figures(1)
        await browser.post("/sign-out", data={"form_token": await form_token(browser)})
        await opened.ended()
        assert "event: signed-out" in opened.lines
        assert not left.serving.done()


async def test_stream_does_not_keep_a_session_alive_and_ends_with_it(doors: Doors) -> None:
    browser = await signed_in(doors, "viewer")
    async with stream(doors, browser, "/live?topic=health") as opened:
        await opened.figures(1)
        async with doors.hub.db.write() as connection:
            long_ago = to_ms(doors.hub.now() - signing_in.TOUCHED * 2)
            await connection.execute(sa.update(sessions).values(seen_at=long_ago))
        # What an open page asks for by itself is no use of the session either.
        await browser.get("/", headers={"X-Live": "1"})
        async with doors.hub.db.write() as connection:
            assert await connection.scalar(sa.select(sessions.c.seen_at)) == long_ago
            past = to_ms(doors.hub.now() - timedelta(seconds=1))
            await connection.execute(sa.update(sessions).values(expires_at=past))
        await opened.ended()


async def test_work_items_and_signals_have_no_topic(doors: Doors) -> None:
    await doors.add_link(await doors.add_ticket("812"), "991")
    browser = await signed_in(doors, "viewer")
    async with stream(doors, browser, "/live?topic=ticket:boards:991") as opened:
        [first] = await opened.figures(1)
        await _pass_over(doors, "boards:991")
        _watch(doors).poll_s = 0.001
        await opened.until("event: alive")
        assert opened.told() == [first]


async def test_silence_is_broken_by_signs_of_life(doors: Doors) -> None:
    browser = await signed_in(doors, "viewer")
    _watch(doors).poll_s = 0.001
    async with stream(doors, browser, "/live?topic=tickets") as opened:
        await opened.until(": still here", "event: alive")
        assert len(opened.told()) == 1
    assert KEEP_ALIVE > 1


async def test_store_that_is_away_for_a_while_ends_no_stream(doors: Doors) -> None:
    await doors.add_ticket("812")
    browser = await signed_in(doors, "viewer")
    async with stream(doors, browser, "/live?topic=ticket:hubspot:812") as opened:
        await opened.figures(1)
        for old, new in (("sessions", "away"), ("away", "sessions")):
            async with doors.hub.db.write() as connection:
                await connection.execute(sa.text(f"ALTER TABLE {old} RENAME TO {new}"))
            await asyncio.sleep(POLL_S * 5)
        await _pass_over(doors, "hubspot:812")
        await opened.figures(2)


async def test_closed_pages_leave_nothing_behind_and_polling_ends(doors: Doors) -> None:
    browser = await signed_in(doors, "viewer")
    for _ in range(3):
        async with stream(doors, browser, "/live?topic=health") as opened:
            await opened.figures(1)
            assert _watch(doors).count == 1
        assert _watch(doors).count == 0
    await asyncio.sleep(POLL_S * 5)
    assert [each.get_name() for each in asyncio.all_tasks() if each.get_name() == "watch"] == []


async def test_session_has_so_many_streams_and_no_more(doors: Doors) -> None:
    browser, other = await signed_in(doors, "viewer"), await signed_in(doors, "viewer")
    async with AsyncExitStack() as pages:
        for _ in range(MOST_EACH):
            opened = await pages.enter_async_context(stream(doors, browser, "/live?topic=health"))
            await opened.figures(1)
        assert (await browser.get("/live?topic=health")).status_code == 429
        async with stream(doors, other, "/live?topic=health") as opened:
            await opened.figures(1)
    async with stream(doors, browser, "/live?topic=health") as opened:
        await opened.figures(1)


async def test_hub_that_stops_waits_for_no_open_page(doors: Doors) -> None:
    browser = await signed_in(doors, "viewer")
    _watch(doors).poll_s = 60.0
    async with stream(doors, browser, "/live?topic=health") as opened:
        await opened.figures(1)
        doors.hub.leaving.set()
        await opened.ended()
        assert "event: signed-out" not in opened.lines
        late = Stream(doors, "/live?topic=health", dict(browser.cookies))
        await late.ended()


async def test_head_of_a_page_is_its_get_without_the_body(doors: Doors) -> None:
    await doors.add_ticket("812")
    browser = await signed_in(doors, "viewer")
    for path in ("/", "/tickets/hubspot/812", "/sign-in", "/changes", "/health"):
        told, shown = await browser.head(path), await browser.get(path)
        assert (told.status_code, told.content) == (200, b""), path
        assert told.headers["content-type"] == shown.headers["content-type"]
    assert (await browser_of(doors).head("/")).status_code == 401
    assert (await browser.head("/live?topic=health")).status_code == 405

"""A page that is left open follows the hub by itself, and says when it can't."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa
from playwright.async_api import Route, expect

from bridge.engine import signing_in
from bridge.engine.watching import Watch
from bridge.store import history, views
from bridge.store.tables import records, ticket_views
from tests.browser.conftest import Site


def _watch(site: Site) -> Watch:
    watch = site.doors.app.state.watch
    assert isinstance(watch, Watch)
    watch.poll_s = 0.05
    return watch


async def _move_on(site: Site, id: str, stage: str) -> None:
    """What a pass leaves behind that shows another stage."""
    key, hub = f"hubspot:{id}", site.doors.hub
    async with hub.db.write() as connection:
        before = await views.load(connection, key)
        assert before is not None
        changed = sa.update(ticket_views).where(ticket_views.c.ticket_key == key)
        await connection.execute(changed.values(stage_label=stage))
        await history.add_transition(
            connection, key, "stage", before=before["stage_label"], after=stage, cause="test",
            now=hub.now(),
        )  # fmt: skip
        done = records.c.done_generation + 1
        row = sa.update(records).where(records.c.key == key)
        await connection.execute(row.values(done_generation=done))


async def test_ticket_page_follows_changes_and_says_when_it_no_longer_does(site: Site) -> None:
    watch = _watch(site)
    page = await site.open()
    async with page.expect_response("**/live?*"):
        await page.goto("/tickets/hubspot/801")
    await _move_on(site, "801", "Released to you")
    await expect(page.locator(".large")).to_contain_text("Released to you")
    await page.route("**/live?*", lambda route: route.abort())
    site.doors.hub.leaving.set()
    await expect(page.get_by_text("Connection lost, shows the state of")).to_be_visible()
    assert watch.count == 0


async def test_nothing_is_taken_from_under_somebody_who_types(site: Site) -> None:
    _watch(site)
    page = await site.open()
    async with page.expect_response("**/live?*"):
        await page.goto("/tickets/hubspot/801")
    await page.evaluate(
        "document.getElementById('ticket').append(document.createElement('textarea'))"
    )
    typed = page.locator("#ticket > textarea")
    await typed.fill("Half a sen")
    await _move_on(site, "801", "Released to you")
    await page.wait_for_timeout(500)  # ten polls: it was told, and did nothing
    await expect(page.locator(".large")).to_contain_text("In testing")
    assert await typed.input_value() == "Half a sen"
    # Done typing: the page catches up.
    await typed.fill("")
    await typed.blur()
    await expect(page.locator(".large")).to_contain_text("Released to you")


async def test_list_says_how_much_has_changed_and_leaves_the_rows_alone(site: Site) -> None:
    _watch(site)
    page = await site.open()
    released = page.get_by_role("row").filter(has_text="Released to you")
    await expect(page.get_by_role("row").filter(has_text="Export number 0")).to_have_count(1)
    await _move_on(site, "801", "Released to you")
    await expect(page.get_by_text("1 ticket has changed.")).to_be_visible()
    await expect(released).to_have_count(0)
    await page.get_by_role("link", name="Reload").click()
    await expect(released).to_have_count(1)


async def test_page_of_somebody_signed_out_elsewhere_says_so(site: Site) -> None:
    _watch(site)
    page = await site.open("admin")
    async with page.expect_response("**/live?*"):
        await page.goto("/health")
    await signing_in.end_sessions(site.doors.hub, "Ada Lovelace", by="a test")
    await expect(page.get_by_text("You are signed out here.")).to_be_visible()


async def test_page_that_opens_its_stream_after_the_session_ended_says_so(site: Site) -> None:
    """The browser tells the page that the stream was refused, and not why."""
    page = await site.open("admin")
    held = asyncio.Event()

    async def hold(route: Route) -> None:
        await held.wait()
        await route.continue_()

    await page.route("**/live?*", hold)
    await page.goto("/health")
    await signing_in.end_sessions(site.doors.hub, "Ada Lovelace", by="a test")
    held.set()
    await expect(page.get_by_text("You are signed out here.")).to_be_visible()

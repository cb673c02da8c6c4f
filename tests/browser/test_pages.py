"""The pages as people use them: by mouse and keyboard, on a telephone, by day and by night."""

from __future__ import annotations

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Frame, Page, expect

from tests.browser.conftest import Site
from tests.browser.places import PAGES


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_no_page_shuts_anybody_out(site: Site, dark: bool) -> None:
    for role, paths in _by_role().items():
        page = await site.open(role, dark=dark)
        for path in paths:
            await page.goto(path)
            assert await barriers(page) == [], path
    stranger = await site.browser.new_page(
        base_url=site.address, color_scheme="dark" if dark else "light"
    )
    await stranger.goto("/")
    assert await barriers(stranger) == []


def _by_role() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path, role in PAGES:
        found.setdefault(role, []).append(path)
    return found


async def barriers(page: Page | Frame) -> list[tuple[str, str]]:
    """What shuts somebody out of the page that is shown."""
    found = await Axe().run(page)
    return [(each["id"], each["impact"]) for each in found.response["violations"]]


async def test_keyboard_alone_finds_a_ticket(site: Site) -> None:
    page = await site.open()
    await page.keyboard.press("/")
    await page.keyboard.type("812")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("row", name="Exactly 812")).to_be_visible()
    await expect(page.get_by_role("row")).to_have_count(3)
    ticket = page.get_by_role("link", name="Export number 11")
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await ticket.evaluate("it => it === document.activeElement"):
            break
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Export number 11")


async def test_filter_is_applied_as_soon_as_it_is_chosen_and_stands_in_the_address(
    site: Site,
) -> None:
    page = await site.open()
    await page.get_by_role("link", name="Gamma & Sons").first.click()
    await page.get_by_role("link", name="All tickets").click()
    await expect(page.get_by_text("Only tickets of Gamma & Sons")).to_be_visible()
    await page.get_by_role("link", name="Needs decision").click()
    assert "customer=Gamma" in page.url
    assert "needs=needs_decision" in page.url
    await page.go_back()
    await expect(page.get_by_text("Only tickets of Gamma & Sons")).to_be_visible()


async def test_every_page_fits_a_telephone(site: Site) -> None:
    for role, paths in _by_role().items():
        page = await site.open(role, width=390)
        for path in paths:
            await page.goto(path)
            wide = await page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 390, path


async def test_signing_out_everywhere_shows_the_way_in(site: Site) -> None:
    page = await site.open()
    await page.get_by_text("Ada Lovelace").first.click()
    await page.get_by_role("button", name="Sign out everywhere").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await page.goto("/")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_nothing_is_fetched_from_elsewhere_and_nothing_breaks_the_rules(site: Site) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    for role, paths in _by_role().items():
        page = await site.open(role)
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda said: complaints.append(said.text))
        for path in paths:
            answer = await page.goto(path)
            if answer is not None and answer.status == 404:
                complaints.clear()  # the browser's own remark about the page that is not there
    assert [each for each in asked if not each.startswith(site.address)] == []
    assert complaints == []

"""What is done about work items, by keyboard alone."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import Site
from tests.browser.test_pages import barriers


async def reach(page: Page, wanted: Locator) -> None:
    """Go there by the tabulator key."""
    for _ in range(40):
        if await wanted.evaluate("it => it === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError("the keyboard does not get there")


async def test_keyboard_alone_links_a_ticket_and_ends_the_link(site: Site) -> None:
    item = site.doors.boards.person_creates("Bug", "Export fails")
    page = await site.open("operator")
    await page.goto("/tickets/hubspot/803")
    await reach(page, page.get_by_role("link", name="Link existing…"))
    await page.keyboard.press("Enter")
    # The cursor stands in the field already.
    await expect(page.get_by_label("Key, number or address")).to_be_focused()
    await page.keyboard.type("nothing like a key")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("names no work item")
    await expect(page.get_by_label("Key, number or address")).to_have_value("nothing like a key")
    assert await barriers(page) == []
    await page.keyboard.press("Control+a")
    await page.keyboard.type(f"#{item}")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"Link to #{item}?")
    assert await barriers(page) == []
    await expect(page.get_by_role("button", name="Link them")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("Linked.")
    await reach(page, page.get_by_role("link", name="Unlink"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("End the link")
    assert await barriers(page) == []
    await reach(page, page.get_by_role("button", name="Unlink"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("Unlinked.")


async def test_all_tickets_of_a_page_are_ticked_by_keyboard_and_shown_before_the_check(
    site: Site,
) -> None:
    page = await site.open()
    await reach(page, page.get_by_label("All on this page"))
    await page.keyboard.press("Space")
    await expect(page.get_by_text("14 ticked")).to_be_visible()
    await reach(page, page.get_by_role("button", name="Check ticked now"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Check 14 tickets now?")
    await expect(page.get_by_role("button", name="Check 14 now")).to_be_focused()
    assert await barriers(page) == []

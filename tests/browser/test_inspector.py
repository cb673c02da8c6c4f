"""What only a browser shows of the inspector: presses, the reloading page, ticks for all."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.conftest import Site


async def test_payload_is_shown_by_a_press_and_the_way_back_is_whole(site: Site) -> None:
    page = await site.open("admin")
    await page.get_by_role("link", name="Inspector").click()
    row = page.get_by_role("row").filter(has_text="Applied")
    await row.get_by_role("link").first.click()
    await expect(page.get_by_text("Write what the ticket shows: done.")).to_be_visible()
    await page.get_by_role("button", name="Show the payload").click()
    await expect(page.get_by_text('"propertyName": "subject"')).to_be_visible()
    await page.get_by_text("Remove it for good").click()
    await page.get_by_label("It can't be undone").check()
    await page.get_by_role("button", name="Remove the payload").click()
    await expect(page.get_by_role("status")).to_contain_text("removed for good")
    await expect(page.get_by_role("button", name="Show the payload")).to_have_count(0)


async def test_all_are_ticked_at_once_and_the_retry_is_watched(site: Site) -> None:
    page = await site.open("operator")
    await page.goto("/findings/STATUS_UNMAPPED")
    await page.get_by_label("all shown").check()
    for tick in await page.get_by_role("row").get_by_role("checkbox").all():
        await expect(tick).to_be_checked()
    await page.get_by_role("button", name="Retry those ticked").click()
    await expect(page.get_by_role("heading", name="0 of 3")).to_be_visible()
    # Nobody works behind these doors: the page asks by itself, again and again.
    async with page.expect_response(lambda answer: "/findings/retries/" in answer.url):
        pass


async def test_held_text_is_said_anew_by_keyboard_and_the_refusal_keeps_the_words(
    site: Site,
) -> None:
    page = await site.open("operator")
    await page.goto("/held/a-text")
    words = page.get_by_label("What the ticket gets")
    await words.focus()
    await page.keyboard.type("See https://acme.sentry.io/issues/1")
    await page.keyboard.press("Tab")
    await page.keyboard.type("Because.")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Say it so that a customer")
    await expect(words).to_have_value("See https://acme.sentry.io/issues/1")
    await words.fill("The gate is guarded again from 4.2 on.")
    await page.get_by_role("button", name="Check and send my words").click()
    await expect(page.get_by_role("status")).to_contain_text("internal note, once")

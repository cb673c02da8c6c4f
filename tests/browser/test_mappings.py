"""Changing a mapping as an admin does: words, a look at what they do, and into force."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.conftest import Site


async def test_wording_is_changed_previewed_and_activated(site: Site) -> None:
    page = await site.open("admin")
    await page.locator(".admin summary").click()
    await page.get_by_role("link", name="Mappings").click()
    await page.get_by_role("link", name="small", exact=True).click()
    await page.get_by_role("link", name="Edit", exact=True).click()
    await page.get_by_role("link", name="Stages and wording").click()
    words = page.get_by_label("What customers read at reported")
    await words.fill("")
    await page.get_by_role("button", name="Keep as a draft").click()
    await expect(words).to_have_accessible_description("must not be empty: customers read it")
    await words.fill("With our engineers")
    await page.get_by_role("button", name="Keep as a draft").click()
    await expect(page.get_by_role("status")).to_contain_text("Your draft is kept")
    row = page.get_by_role("row", name=re.compile("701 .*With our engineers"))
    await expect(row).to_contain_text("work_stage")
    await page.get_by_label("Why").fill("clearer words")
    await page.get_by_role("button", name=re.compile("^Activate")).click()
    await expect(page.get_by_role("status")).to_contain_text("It is in force.")
    await expect(page.get_by_text("activated by Ada Lovelace: “clearer words”")).to_be_visible()
    label = site.doors.hub.mappings["hubspot"].data.stages[0].label
    assert label == "With our engineers"


async def test_message_is_seen_while_it_is_typed_and_names_are_put_in_by_a_press(
    site: Site,
) -> None:
    page = await site.open("admin")
    await page.goto("/mappings/small/edit/wording")
    await page.get_by_text("New wording…").click()
    await page.locator("select[name=new-for]").select_option("available")
    words = page.get_by_label("What is said")
    await words.fill("You can use it, ")
    await page.get_by_text("What a text may name").click()
    await page.get_by_role("button", name="{{ contact }}").click()
    await expect(words).to_have_value("You can use it, {{ contact }}")
    await expect(page.locator("#look-new")).to_contain_text("You can use it, Maria")
    await words.fill("It moved to {{ etta }}")
    await expect(page.locator("#look-new")).to_contain_text("etta is not known")


async def test_line_that_is_wrong_is_led_to(site: Site) -> None:
    page = await site.open("admin")
    await page.goto("/mappings/small/edit")
    text = page.get_by_label("The mapping as YAML")
    written = (await text.input_value()).replace("in: boards", "in: board")
    await text.fill(written)
    await page.get_by_role("button", name="Check only").click()
    number = written.split("\n").index("      in: board") + 1
    await page.get_by_role("link", name=f"line {number}").click()
    chosen = "it => it.value.slice(it.selectionStart, it.selectionEnd)"
    assert await text.evaluate(chosen) == "      in: board"

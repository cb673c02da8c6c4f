"""`make screenshots`: what the pages look like after the demo's support day, for the docs.

A page whose picture is taken must be there and must have something on it: a missing one ends the
command with a sentence, and the pictures of before stay.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page, async_playwright
from rich.console import Console

from bridge.cli.demo.acts import play
from bridge.cli.demo.narrator import Narrator
from bridge.cli.demo.scene import Scene
from bridge.cli.demo.world import World, logging_to, open_world
from tests.browser.conftest import CHROMIUM

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images"
PACE = 50.0
"""How fast the people of the demo act: nobody reads along."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its file, the address (`{ticket}` and the like are filled in), how it is seen.

    `needs`: a selector that must be on the page, so that no empty page is shown to readers.
    """

    name: str
    path: str
    needs: str
    width: int = 1280
    height: int = 820
    dark: bool = False


PICTURES = (
    Picture("page-tickets", "/", "tbody tr"),
    Picture("page-tickets-phone", "/", "tbody tr", width=390, height=780),
    Picture("page-ticket", "{ticket}", ".picture"),
    Picture("page-findings", "/findings", "main a"),
    Picture("page-delivery", "{delivery}", "main ol, main section", height=1000),
    Picture("page-health", "/health", "main section, main article"),
    Picture("page-mapping", "{mapping}", "table", height=1000),
    Picture("page-mapping-edit", "{mapping}/edit/stages", "form", dark=True),
)


async def take(folder: Path) -> None:
    """Play the day, sign in as its admin, and take every picture."""
    with tempfile.TemporaryDirectory() as made, logging_to(Path(made)):
        async with open_world(Path(made), 0) as world:
            scene = Scene(world.vendors, Narrator(Console(quiet=True)), PACE, hub=world.api)
            await play(scene)
            await _photograph(world, folder)


async def _photograph(world: World, folder: Path) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await browser.new_context(base_url=world.hub)
        page = await context.new_page()
        await page.goto(world.sign_in)
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url(f"{world.hub}/")
        places = await _places(page)
        for each in PICTURES:
            await page.set_viewport_size({"width": each.width, "height": each.height})
            await page.emulate_media(color_scheme="dark" if each.dark else "light")
            await page.goto(each.path.format_map(places))
            if await page.locator(each.needs).count() == 0:
                sys.exit(f"{each.name}: nothing on {page.url} is a {each.needs}")
            await page.screenshot(path=folder / f"{each.name}.png")
            print(f"{each.name}.png")  # noqa: T201 - the command's answer
        await browser.close()


async def _places(page: Page) -> Mapping[str, str]:
    """The addresses that the day has made: of a ticket with most work behind it and so on."""
    rows = page.locator("tbody tr")
    best = await rows.evaluate_all(
        "rows => rows.map(row => [row.querySelectorAll('a[href^=\"/work-items/\"]').length, "
        "row.querySelector('a[href^=\"/tickets/\"]').getAttribute('href')])"
        ".sort((a, b) => b[0] - a[0])[0][1]"
    )
    await page.goto("/deliveries")
    applied = page.get_by_role("row").filter(has_text="Applied").first
    delivery = applied.locator('a[href^="/deliveries/"]').first
    found = {"ticket": best, "delivery": await delivery.get_attribute("href") or ""}
    await page.goto("/mappings")
    mapping = page.locator('main a[href^="/mappings/"]:not([href*="@"])').first
    return {**found, "mapping": await mapping.get_attribute("href") or ""}


if __name__ == "__main__":
    asyncio.run(take(FOLDER))

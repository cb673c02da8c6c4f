"""The panel as it stands in Zendesk: in a frame of another site, which tells it the ticket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from html import escape
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Frame, Page, Route, async_playwright, expect

from bridge.cli.demo.servers import address_of, listening_socket
from tests.browser.conftest import CHROMIUM, Site
from tests.browser.test_pages import barriers
from tests.web.paneled import ZENDESK, Paneled, open_panels

_LOOPBACK = "--disable-features=LocalNetworkAccessChecks"
"""Here the hub stands on the browser's own machine, which pages of the internet may not reach."""
_HOST = """<!DOCTYPE html><html lang="en"><title>Ticket</title><main><h1>Ticket</h1>
<iframe name="app" title="App" width="{width}" height="600"></iframe>
<form method="post" action="{address}" target="app">
<input type="hidden" name="token" value="{token}"></form>
</main><script>
window.asked = [];
addEventListener("message", (event) => {{
  const said = JSON.parse(event.data), back = (it) => event.source.postMessage(it, event.origin);
  asked.push(said);
  const welcome = {{key: "zaf.app.registered", message: {{}}}};
  if (said.key === "iframe.handshake") back(JSON.stringify(welcome));
  if (said.request === "get") back({{id: said.id, result: {{"ticket.id": {ticket}}}}});
}});
document.forms[0].submit();
</script>"""
"""What Zendesk does, as its SDK for apps (zendesk/zendesk_app_framework_sdk) expects it."""


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[tuple[Site, Paneled]]:
    """A hub with a panel, and a browser."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here: install it, or name it in BRIDGE_TEST_CHROMIUM")
    async with open_panels(tmp_path) as panels:
        listening = listening_socket(0)
        server = uvicorn.Server(uvicorn.Config(panels.doors.app, log_config=None, lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        panels.doors.hub.public_url = address_of(listening)
        try:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(
                    executable_path=CHROMIUM, args=["--no-sandbox", _LOOPBACK]
                )
                yield Site(panels.doors, panels.doors.hub.public_url, browser), panels
                await browser.close()
        finally:
            server.should_exit = True
            await serving


async def _ticket_page(
    desk: tuple[Site, Paneled], *, at: str = "acme", width: int = 320, dark: bool = False
) -> Page:
    """A ticket's page of that account in Zendesk, with Acme's panel in it."""
    site, panels = desk
    context = await site.browser.new_context(color_scheme="dark" if dark else "light")
    page = await context.new_page()
    address = panels.acme.address(f"{site.address}{ZENDESK}")
    text = _HOST.format(
        width=width, address=escape(address), token=panels.acme.token(501), ticket=812
    )

    async def answer(route: Route) -> None:
        await route.fulfill(content_type="text/html", body=text)

    host = f"https://{at}.zendesk.com/agent/tickets/812"
    await page.route(host, answer)
    await page.goto(host)
    return page


def _frame(page: Page) -> Frame:
    frame = page.frame("app")
    assert frame is not None
    return frame


async def _full(panels: Paneled) -> None:
    ticket = await panels.doors.add_ticket(
        "812", connection="acme", stage_label="Waiting for the release of next month"
    )
    for item in ("991", "PLATFORM-" + "9" * 40):
        await panels.doors.add_link(ticket, item)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_panel_finds_its_ticket_fits_and_shuts_nobody_out(
    desk: tuple[Site, Paneled], dark: bool
) -> None:
    await _full(desk[1])
    page = await _ticket_page(desk, dark=dark)
    frame = _frame(page)
    await expect(frame.get_by_text("991")).to_be_visible()
    await frame.get_by_text("Why is this not updating?").click()
    await expect(frame.get_by_text("There are no rules yet")).to_be_visible()
    assert await frame.evaluate("document.documentElement.scrollWidth") <= 320
    assert await barriers(frame) == []
    assert "resize" in str(await page.evaluate("asked"))


async def test_panel_asks_nobody_else_and_breaks_no_rule(desk: tuple[Site, Paneled]) -> None:
    await _full(desk[1])
    site, _ = desk
    asked: list[str] = []
    complaints: list[str] = []
    page = await _ticket_page(desk)
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: complaints.append(said.text))
    await page.reload()
    await expect(_frame(page).get_by_text("991")).to_be_visible()
    own = (site.address, "https://acme.zendesk.com/agent/")
    assert [each for each in asked if not each.startswith(own)] == []
    assert complaints == []


async def test_frame_of_another_site_stays_empty(desk: tuple[Site, Paneled]) -> None:
    await _full(desk[1])
    page = await _ticket_page(desk, at="evil")
    async with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
        await page.reload()
    assert await page.evaluate("asked") == []

"""A hub behind a real socket, and Chromium in front of it."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Browser, Page, async_playwright

from bridge.cli.demo.servers import address_of, listening_socket
from bridge.domain.access import AccessRole, Actor
from bridge.engine import signing_in
from tests.api.doors import Doors, open_doors
from tests.browser import inspected
from tests.web.editing import TEXT, drafted, in_force, seen_bug
from tests.web.released import WAITS, learnt

CHROMIUM = os.environ.get("BRIDGE_TEST_CHROMIUM") or shutil.which("chromium")
"""Debian's; `.ci/run` installs it. Elsewhere the variable may name another."""


@dataclass
class Site:
    """The hub as a browser reaches it."""

    doors: Doors
    address: str
    browser: Browser

    async def open(self, role: str = "csm", *, width: int = 1280, dark: bool = False) -> Page:
        """A page of somebody who has signed in, by the link and its button."""
        scheme = "dark" if dark else "light"
        context = await self.browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=scheme,  # type: ignore[arg-type]  # one of its two words
            base_url=self.address,
        )
        page = await context.new_page()
        secret = await signing_in.invite(
            self.doors.hub, Actor("Ada Lovelace", AccessRole(role)), by="a test"
        )
        await page.goto(f"/sign-in/{secret}")
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url(f"{self.address}/")
        return page


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A hub with some tickets, and a browser that nobody has signed in with."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here: install it, or name it in BRIDGE_TEST_CHROMIUM")
    async with open_doors(tmp_path) as doors:
        await _fill(doors)
        await inspected.fill(doors)
        listening = listening_socket(0)
        server = uvicorn.Server(uvicorn.Config(doors.app, log_config=None, lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        doors.hub.public_url = address_of(listening)
        try:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(
                    executable_path=CHROMIUM, args=["--no-sandbox"]
                )
                yield Site(doors, doors.hub.public_url, browser)
                await browser.close()
        finally:
            server.should_exit = True
            await serving


async def _fill(doors: Doors) -> None:
    await in_force(doors)
    await seen_bug(doors, "701", "New")
    await seen_bug(doors, "702", "Triaged")
    await learnt(doors)
    await drafted(doors, TEXT.replace("label: Available", "label: There for you"))
    customers = ("Acme", "Beta Corporation", "Gamma & Sons")
    for number in range(12):
        linked = number % 3 != 2
        ticket = await doors.add_ticket(
            str(801 + number),
            subject=f"Export number {number} fails on tables with very many rows",
            customer=customers[number % 3],
            stage_id="in_testing" if linked else None,
            stage_label="In testing" if linked else None,
            needs=("with_engineering",) if linked else ("needs_decision",),
            **(WAITS | {"eta_told": "2026-03-12", "slip": "2026-03-12"} if number == 0 else {}),
        )
        if linked:
            await doors.add_link(ticket, str(991 + number // 4))
